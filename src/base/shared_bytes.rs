//! Bytes that several hold and nobody changes.

use std::ops::Deref;
use std::rc::Rc;

/// Bytes that are passed on without a copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedBytes(Rc<Held>);

#[derive(Debug, PartialEq, Eq)]
struct Held(Vec<u8>);

impl From<Vec<u8>> for SharedBytes {
    fn from(bytes: Vec<u8>) -> Self {
        Self(Rc::new(Held(bytes)))
    }
}

impl Deref for SharedBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0.0
    }
}
