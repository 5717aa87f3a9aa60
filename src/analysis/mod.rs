//! Data set → derived tables: never stored in it, cached by the engine.
