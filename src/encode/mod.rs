//! Model → bytes.
