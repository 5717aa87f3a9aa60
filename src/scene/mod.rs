//! Geometry without a screen.
