//! Writes protobuf's wire format (protobuf.dev, "Encoding"), front to back: a message's length is put before it once it is known.

/// A message in the making.
#[derive(Default)]
pub(super) struct ProtoWriter {
    bytes: Vec<u8>,
    /// Where the contents of each message that is open begin; a byte is kept free before them.
    open: Vec<usize>,
}

/// Wire types.
const VARINT: u32 = 0;
const FIXED64: u32 = 1;
const LEN: u32 = 2;
const FIXED32: u32 = 5;

impl ProtoWriter {
    /// Moves what is written to `out`; no message is open.
    pub(super) fn drain_into(&mut self, out: &mut Vec<u8>) {
        out.append(&mut self.bytes);
    }

    /// Bytes that are written.
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Begins a message in a field.
    pub(super) fn open(&mut self, field: u32) {
        self.tag(field, LEN);
        self.bytes.push(0);
        self.open.push(self.bytes.len());
    }

    /// Ends the innermost message.
    pub(super) fn close(&mut self) {
        let Some(start) = self.open.pop() else { return };
        let len = self.bytes.len() - start;
        let mut prefix = [0; MAX_VARINT];
        let n = varint(len as u64, &mut prefix);
        // Contents move up where one byte is too few.
        self.bytes.splice(start - 1..start, prefix.into_iter().take(n));
    }

    /// How many messages are open.
    pub(super) fn depth(&self) -> usize {
        self.open.len()
    }

    pub(super) fn bytes(&mut self, field: u32, bytes: &[u8]) {
        self.tag(field, LEN);
        self.varint(bytes.len() as u64);
        self.bytes.extend_from_slice(bytes);
    }

    /// Where it is not empty, as an empty one is what is meant where there is none.
    pub(super) fn text(&mut self, field: u32, text: &str) {
        if !text.is_empty() {
            self.bytes(field, text.as_bytes());
        }
    }

    /// Where it is not 0.
    pub(super) fn count(&mut self, field: u32, number: u32) {
        if number != 0 {
            self.number(field, u64::from(number));
        }
    }

    pub(super) fn number(&mut self, field: u32, number: u64) {
        self.tag(field, VARINT);
        self.varint(number);
    }

    pub(super) fn fixed64(&mut self, field: u32, number: u64) {
        self.tag(field, FIXED64);
        self.bytes.extend_from_slice(&number.to_le_bytes());
    }

    pub(super) fn fixed32(&mut self, field: u32, number: u32) {
        self.tag(field, FIXED32);
        self.bytes.extend_from_slice(&number.to_le_bytes());
    }

    fn tag(&mut self, field: u32, wire: u32) {
        self.varint(u64::from(field << 3 | wire));
    }

    fn varint(&mut self, number: u64) {
        let mut digits = [0; MAX_VARINT];
        let n = varint(number, &mut digits);
        self.bytes.extend(digits.iter().take(n));
    }
}

/// Bytes of 64 bits in groups of seven.
const MAX_VARINT: usize = 10;

/// Writes a number in groups of seven bits, the lowest first; gives how many.
fn varint(number: u64, digits: &mut [u8; MAX_VARINT]) -> usize {
    let mut rest = number;
    let mut n = 0;
    for digit in digits {
        let low = (rest & 0x7f) as u8;
        rest >>= 7;
        n += 1;
        *digit = if rest == 0 { low } else { low | 0x80 };
        if rest == 0 {
            break;
        }
    }
    n
}
