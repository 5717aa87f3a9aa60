//! gzip: one or more members, checked against their checksums, with padding or damage in between.

use flate2::{Decompress, FlushDecompress, Status};

use super::Progress;

/// A member's header without its optional parts.
const HEADER: usize = 10;
const MAGIC: u8 = 0x1f;

enum State {
    /// Before a member, or at the end.
    Between,
    Inside(Box<Decompress>),
    /// After damage: looking for a header. Holds the last bytes seen, fewer than a header has.
    Seeking(Vec<u8>),
    /// After bytes that belong to no member; nothing more is expected.
    Trailing,
}

/// The decompressor.
pub(in crate::decode) struct Gzip {
    state: State,
    /// Header bytes that were found by seeking, to be read before the input.
    found: Vec<u8>,
    members: u64,
}

impl Default for Gzip {
    fn default() -> Self {
        Self { state: State::Between, found: Vec::new(), members: 0 }
    }
}

impl Gzip {
    pub(super) fn step(&mut self, input: &[u8], output: &mut [u8]) -> Progress {
        if !self.found.is_empty() {
            // A header that lies across two inputs goes in first; it yields no output.
            let found = std::mem::take(&mut self.found);
            let progress = self.step_plain(&found, output);
            return Progress { consumed: 0, is_full: true, ..progress };
        }
        self.step_plain(input, output)
    }

    fn step_plain(&mut self, input: &[u8], output: &mut [u8]) -> Progress {
        let mut progress = Progress::default();
        loop {
            let rest = input.get(progress.consumed..).unwrap_or_default();
            match &mut self.state {
                State::Between => match rest.first() {
                    None => return progress,
                    Some(&MAGIC) => {
                        self.members += 1;
                        self.state = State::Inside(Box::new(Decompress::new_gzip(15)));
                    }
                    // tar and tape programs pad with zeros.
                    Some(0) => progress.consumed += rest.iter().take_while(|&&byte| byte == 0).count(),
                    Some(_) => {
                        self.state = State::Trailing;
                        progress.damage = Some("bytes after the end of the gzip stream");
                        return progress;
                    }
                },
                State::Inside(member) => {
                    let room = output.get_mut(progress.produced..).unwrap_or_default();
                    let (before_in, before_out) = (member.total_in(), member.total_out());
                    let status = member.decompress(rest, room, FlushDecompress::None);
                    progress.consumed += usize::try_from(member.total_in() - before_in).unwrap_or_default();
                    progress.produced += usize::try_from(member.total_out() - before_out).unwrap_or_default();
                    match status {
                        Ok(Status::StreamEnd) => self.state = State::Between,
                        Ok(Status::Ok | Status::BufError) => {
                            progress.is_full = progress.produced == output.len();
                            return progress;
                        }
                        Err(_) => {
                            self.state = State::Seeking(Vec::new());
                            progress.damage = Some("damaged gzip data");
                            return progress;
                        }
                    }
                }
                State::Seeking(tail) => {
                    progress.consumed = input.len();
                    let before = tail.len();
                    tail.extend_from_slice(rest);
                    if let Some(at) = tail.windows(HEADER).position(is_header) {
                        // Up to a header's bytes are from earlier inputs; those after them are read from this one.
                        if at < before {
                            self.found = tail.get(at..before).unwrap_or_default().to_vec();
                        }
                        progress.consumed = input.len() - rest.len() + at.saturating_sub(before);
                        self.state = State::Between;
                        progress.is_full = true;
                        return progress;
                    }
                    tail.drain(..tail.len().saturating_sub(HEADER - 1));
                    return progress;
                }
                State::Trailing => {
                    progress.consumed = input.len();
                    return progress;
                }
            }
        }
    }

    pub(super) fn damage_at_end(&self) -> Option<&'static str> {
        match self.state {
            State::Inside(_) => Some("the gzip stream breaks off"),
            _ => None,
        }
    }
}

/// Whether ten bytes look like a member's header: magic, deflate, known flags, and the two bytes that few values are used for.
/// By chance that is so once in 2^37 bytes.
fn is_header(window: &[u8]) -> bool {
    let &[0x1f, 0x8b, 8, flags, _, _, _, _, extra, system] = window else { return false };
    flags & 0xe0 == 0 && matches!(extra, 0 | 2 | 4) && (system <= 13 || system == 255)
}
