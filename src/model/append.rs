//! A batch appended to another: its symbols mapped, its rows moved up.
