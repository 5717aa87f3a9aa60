//! Batches sealed into a data set: rows ordered, parents found, subtrees measured.
