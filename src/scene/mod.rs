//! Geometry without a screen.

pub mod format;
