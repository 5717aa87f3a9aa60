//! zstd: one or more frames, skippable ones among them, each checked against its checksum.
//!
//! The decoder underneath takes whole blocks, so a block that lies across two inputs is gathered first: 128 KiB at most.

use structured_zstd::decoding::{ContentChecksum, FrameDecoder};

use super::{MIN_ROOM, Progress};

/// The largest window that a frame may ask for; what `zstd --long` uses, and the reference decoder's own limit.
const MAX_WINDOW: u64 = 128 << 20;
/// `28 B5 2F FD`.
pub(in crate::decode) const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
const CUT: &str = "the zstd stream breaks off";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Before a frame, or at the end.
    Magic,
    /// After the magic number: the byte that tells how long the header is.
    Descriptor,
    /// The whole header, of this many bytes with the magic number.
    Header(usize),
    /// The length of a skippable frame.
    SkipLength,
    /// Inside a skippable frame.
    Skip(u64),
    /// A block's header.
    BlockHeader,
    /// A block's content.
    Block { header: [u8; 3], len: usize },
    /// The frame's checksum.
    Checksum,
    /// After damage: looking for a frame.
    Seeking,
}

/// The decompressor.
pub(in crate::decode) struct Zstd {
    decoder: FrameDecoder,
    state: State,
    /// What was gathered of the next unit.
    held: Vec<u8>,
    frames: Frames,
    /// The one frame is over.
    is_done: bool,
    /// Bytes of the block that was damaged.
    n_failed: usize,
}

/// How many frames a stream has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::decode) enum Frames {
    /// One; what follows it is left alone.
    One,
    /// Any number.
    Many,
}

impl Zstd {
    /// Before a frame.
    pub(in crate::decode) fn new(frames: Frames) -> Self {
        let mut decoder = FrameDecoder::new();
        decoder.set_content_checksum(ContentChecksum::EmitOnly);
        // The limit is within what the decoder allows; where it were not, its own would stand.
        let _kept = decoder.set_max_window_size(MAX_WINDOW);
        Self { decoder, state: State::Magic, held: Vec::new(), frames, is_done: false, n_failed: 0 }
    }

    /// Ready for another stream.
    pub(in crate::decode) fn restart(&mut self) {
        self.state = State::Magic;
        self.held.clear();
        self.is_done = false;
        self.n_failed = 0;
    }

    /// Takes some of `input` and writes some of `output`, as [`super::Inflater::step`] does.
    pub(in crate::decode) fn step(&mut self, input: &[u8], output: &mut [u8]) -> Progress {
        let mut progress = Progress::default();
        let mut rest = input;
        while !self.is_done {
            let produced = progress.produced;
            let step = self.advance(&mut rest, output.get_mut(produced..).unwrap_or_default(), &mut progress.produced);
            progress.consumed = input.len() - rest.len();
            match step {
                Advance::Moved => {}
                Advance::NeedsInput => return progress,
                Advance::NeedsRoom => {
                    progress.is_full = true;
                    return progress;
                }
                Advance::Damaged(what) => {
                    progress.damage = Some(what);
                    self.state = State::Seeking;
                    return progress;
                }
            }
        }
        progress
    }

    fn advance(&mut self, rest: &mut &[u8], room: &mut [u8], produced: &mut usize) -> Advance {
        match self.state {
            State::Magic => {
                let Some(unit) = gather(&mut self.held, rest, 4) else { return Advance::NeedsInput };
                let magic = <[u8; 4]>::try_from(unit).unwrap_or_default();
                self.state = match magic {
                    // The header's parser wants the magic number too, so it stays.
                    MAGIC => State::Descriptor,
                    [0x50..=0x5f, 0x2a, 0x4d, 0x18] => State::SkipLength,
                    [_, tail @ ..] => {
                        // One may begin in them.
                        keep(&mut self.held, &tail);
                        return Advance::Damaged("bytes that are no zstd frame");
                    }
                };
                keep(&mut self.held, if magic == MAGIC { &MAGIC } else { &[] });
            }
            State::Descriptor => {
                let Some(&[.., descriptor]) = gather(&mut self.held, rest, 5) else { return Advance::NeedsInput };
                let is_single = descriptor >> 5 & 1 == 1;
                let dictionary = [0, 1, 2, 4].get(usize::from(descriptor & 3)).copied().unwrap_or(0);
                let size = match descriptor >> 6 {
                    0 => usize::from(is_single),
                    flag => 1 << flag,
                };
                self.state = State::Header(5 + usize::from(!is_single) + dictionary + size);
                let [m0, m1, m2, m3] = MAGIC;
                keep(&mut self.held, &[m0, m1, m2, m3, descriptor]);
            }
            State::Header(len) => {
                let Some(mut header) = gather(&mut self.held, rest, len) else { return Advance::NeedsInput };
                let result = self.decoder.reset(&mut header);
                keep(&mut self.held, &[]);
                if result.is_err() {
                    return Advance::Damaged("a zstd frame that asks for too large a window or a dictionary");
                }
                self.state = State::BlockHeader;
            }
            State::SkipLength => {
                let Some(unit) = gather(&mut self.held, rest, 4) else { return Advance::NeedsInput };
                let len = u32::from_le_bytes(<[u8; 4]>::try_from(unit).unwrap_or_default());
                keep(&mut self.held, &[]);
                self.state = State::Skip(u64::from(len));
            }
            State::Skip(0) => self.state = State::Magic,
            State::Skip(left) => {
                if rest.is_empty() {
                    return Advance::NeedsInput;
                }
                let skipped = rest.len().min(usize::try_from(left).unwrap_or(usize::MAX));
                *rest = rest.get(skipped..).unwrap_or_default();
                self.state = State::Skip(left - skipped as u64);
            }
            State::BlockHeader => {
                let Some(unit) = gather(&mut self.held, rest, 3) else { return Advance::NeedsInput };
                let header = <[u8; 3]>::try_from(unit).unwrap_or_default();
                keep(&mut self.held, &[]);
                let Ok((len, _)) = self.decoder.block_content_len(header) else { return Advance::Damaged("damaged zstd data") };
                self.state = State::Block { header, len };
            }
            State::Block { header, len } => {
                if room.len() < MIN_ROOM {
                    return Advance::NeedsRoom;
                }
                let Some(content) = gather(&mut self.held, rest, len) else { return Advance::NeedsInput };
                let result = self.decoder.decode_block(header, content, room);
                let Ok(bytes) = result else {
                    self.n_failed = len;
                    if self.frames == Frames::Many {
                        keep(&mut self.held, &[]);
                    }
                    return Advance::Damaged("damaged zstd data");
                };
                keep(&mut self.held, &[]);
                *produced += bytes;
                let is_last = header[0] & 1 == 1;
                self.state = match (is_last, self.decoder.awaits_checksum()) {
                    (false, _) => State::BlockHeader,
                    (true, false) => State::Magic,
                    (true, true) => State::Checksum,
                };
                self.is_done = self.state == State::Magic && self.frames == Frames::One;
            }
            State::Checksum => {
                let Some(unit) = gather(&mut self.held, rest, 4) else { return Advance::NeedsInput };
                let checksum = <[u8; 4]>::try_from(unit).unwrap_or_default();
                keep(&mut self.held, &[]);
                self.state = State::Magic;
                self.is_done = self.frames == Frames::One;
                let stored = u32::from_le_bytes(checksum);
                if self.decoder.get_calculated_checksum().is_some_and(|calculated| calculated != stored) {
                    return Advance::Damaged("zstd data that differs from its checksum");
                }
            }
            State::Seeking => {
                // `held` has up to three bytes: a magic number may lie across two inputs.
                let mut joined = std::mem::take(&mut self.held);
                let before = joined.len();
                joined.extend(rest.iter().take(3));
                let across = joined.windows(4).position(|window| window == MAGIC);
                if let Some(at) = across {
                    *rest = rest.get((at + 4).saturating_sub(before)..).unwrap_or_default();
                    self.held.extend_from_slice(&MAGIC);
                    self.state = State::Descriptor;
                    return Advance::Moved;
                }
                if let Some(at) = memchr::memmem::find(rest, &MAGIC) {
                    *rest = rest.get(at..).unwrap_or_default();
                    self.state = State::Magic;
                    return Advance::Moved;
                }
                if rest.len() <= 3 {
                    joined.drain(..joined.len().saturating_sub(3));
                    self.held = joined;
                } else {
                    self.held.extend_from_slice(rest.get(rest.len() - 3..).unwrap_or_default());
                }
                *rest = &[];
                return Advance::NeedsInput;
            }
        }
        Advance::Moved
    }

    /// Whether the one frame is over.
    pub(in crate::decode) fn is_done(&self) -> bool {
        self.is_done
    }

    /// How many of the last bytes taken were of a block that is damaged: if the frame was cut, another may begin among them.
    pub(in crate::decode) fn n_failed(&self) -> usize {
        self.n_failed
    }

    /// Bytes that were gathered and are not decoded.
    pub(in crate::decode) fn take_held(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.held)
    }

    pub(in crate::decode) fn damage_at_end(&self) -> Option<&'static str> {
        match self.state {
            State::Magic => (!self.held.is_empty()).then_some(CUT),
            State::Seeking => None,
            _ => Some(CUT),
        }
    }
}

enum Advance {
    Moved,
    NeedsInput,
    NeedsRoom,
    Damaged(&'static str),
}

/// The next `len` bytes as one slice: of the input where they lie in it, else gathered in `held`. Call [`keep`] after use.
fn gather<'a, 'b: 'a>(held: &'a mut Vec<u8>, rest: &mut &'b [u8], len: usize) -> Option<&'a [u8]> {
    if held.is_empty()
        && let Some((unit, tail)) = rest.split_at_checked(len)
    {
        *rest = tail;
        return Some(unit);
    }
    let missing = len.saturating_sub(held.len()).min(rest.len());
    let (more, tail) = rest.split_at_checked(missing)?;
    held.extend_from_slice(more);
    *rest = tail;
    held.get(..len)
}

/// Ends the use of what [`gather`] gave; `bytes` are to be read again.
fn keep(held: &mut Vec<u8>, bytes: &[u8]) {
    held.clear();
    held.extend_from_slice(bytes);
}
