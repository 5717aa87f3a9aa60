//! The open data set and the one door to it: a request in, exactly one answer out.
