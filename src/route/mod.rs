//! The address of what is shown.
