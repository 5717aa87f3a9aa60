//! What could have been in std.
