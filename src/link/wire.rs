//! Messages as bytes, in one compact binary envelope.
//!
//! [`FromWorker::Ready`] is the first variant and holds one string, in every build: so a page can read the handshake of a
//! worker of another build, and only then find out that it understands nothing else.

use serde::{Deserialize, Serialize};

use crate::protocol::{FromWorker, ToWorker};

/// The bytes are no message of this build.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a message of this build, but found {len} bytes that are none")]
pub struct Garbled {
    /// How many bytes there were.
    pub len: usize,
}

/// A message to the worker, as bytes.
pub fn encode_to_worker(message: &ToWorker) -> Vec<u8> {
    encode(message)
}

/// A message to the worker, from its bytes.
pub fn decode_to_worker(bytes: &[u8]) -> Result<ToWorker, Garbled> {
    decode(bytes)
}

/// A message from the worker, as bytes.
pub fn encode_from_worker(message: &FromWorker) -> Vec<u8> {
    encode(message)
}

/// A message from the worker, from its bytes.
pub fn decode_from_worker(bytes: &[u8]) -> Result<FromWorker, Garbled> {
    decode(bytes)
}

fn encode(message: &impl Serialize) -> Vec<u8> {
    // Into a growing vector only a sequence of unknown length can fail, and the protocol has none. Were there ever one,
    // the empty message is garbled at the other end, which is reported there.
    postcard::to_allocvec(message).unwrap_or_default()
}

fn decode<'bytes, T: Deserialize<'bytes>>(bytes: &'bytes [u8]) -> Result<T, Garbled> {
    match postcard::take_from_bytes(bytes) {
        Ok((message, [])) => Ok(message),
        Ok(_) | Err(_) => Err(Garbled { len: bytes.len() }),
    }
}
