//! Archives: one source that holds several, each of which becomes a source of its own, told by its content as any file.
//!
//! ```text
//!   bytes ─▶ Zip | Tar ─▶ Begin, content, End; Begin, content, End; …      forwards, nothing is sought and no member is held
//!                               │
//!                               ▼
//!                            Import        a member may be compressed, or an archive: down to MAX_DEPTH
//! ```
//! A member that turns out to be no telemetry leaves nothing behind but a count.
//!
//! *Bounds.* Members, depth, lengths of names, and what may come out of how many stored bytes, of all layers together.

mod tar;
mod zip;

use super::detect;
use super::import::Import;
use super::inflate::{MAX_RATIO, is_bomb};
use crate::model::{Batch, Example, FindingKind, ImportReport, ReportMark, SourceIdx};

use tar::Tar;
pub(super) use tar::is_header as is_tar_header;
use zip::Zip;

/// Archives in archives: a zip of a zip happens; more is an attack.
const MAX_DEPTH: u32 = 3;
/// Members that are read, over all depths: each is a line of the report.
const MAX_MEMBERS: u32 = 10_000;
/// Bytes of a name that are kept.
const MAX_NAME: usize = 300;
/// Room for what a step inflates.
const ROOM: usize = 256 << 10;
/// What a name's parts are of files that systems put beside those of people.
const CLUTTER: [&str; 4] = ["__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini"];

/// How much was read and made of it around a member: what a bomb is judged by.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Meter {
    /// Bytes of the outermost source, as stored.
    pub(super) stored: u64,
    /// Bytes that came out of layers and members before.
    pub(super) inflated: u64,
}

/// Where a member stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Within {
    /// The outermost archive.
    pub(super) root: SourceIdx,
    /// How many archives are around it.
    pub(super) depth: u32,
    /// Up to what is being read.
    pub(super) meter: Meter,
}

/// Which kind of archive it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// zip.
    Zip,
    /// tar.
    Tar,
}

impl Kind {
    /// What it is called.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Zip => "zip archive",
            Self::Tar => "tar archive",
        }
    }
}

/// Reads one archive.
pub(super) struct Archive {
    kind: Kind,
    reader: Reader,
    source: SourceIdx,
    within: Within,
    member: Option<Box<Member>>,
    /// Where members inflate to.
    out: Vec<u8>,
    /// Bytes taken in.
    fed: u64,
    /// Bytes that came out of members that are done, and of all that is in them.
    done: u64,
    /// Members begun, folders included; those that became sources; and those lost.
    n_members: u64,
    n_kept: u64,
    n_lost: u64,
    is_over: bool,
    is_stuck: bool,
}

enum Reader {
    Zip(Box<Zip>),
    Tar(Box<Tar>),
}

/// A member that is being read.
struct Member {
    import: Import,
    source: SourceIdx,
    name: String,
    /// Where it stands in the archive.
    offset: u64,
    /// What the report was before it.
    mark: ReportMark,
}

/// What a step of a reader came to.
struct Step {
    /// Bytes taken from the input.
    consumed: usize,
    event: Event,
}

enum Event {
    /// All input was taken in, and more is needed.
    More,
    /// Something was passed over.
    Passed,
    /// A member begins.
    Begin(Name, Nature),
    /// The bytes taken are the member's.
    Stored,
    /// So many bytes at the beginning of the room are the member's.
    Inflated(usize),
    /// The member ends, and what is wrong with it.
    End(Option<&'static str>),
    /// Something is wrong between members.
    Damage(&'static str),
    /// The archive ends; what follows is no member.
    Over,
}

/// A name as it is written in an archive.
struct Name(Vec<u8>);

/// What a member is, as far as an archive tells.
enum Nature {
    File,
    /// A folder, a link, a device.
    NoFile(&'static str),
    /// What cannot be read, and why.
    Unread(&'static str),
}

impl Step {
    const fn new(consumed: usize, event: Event) -> Self {
        Self { consumed, event }
    }
}

impl Archive {
    /// For the source of this number, which stands inside `within` if it is a member itself.
    pub(super) fn new(kind: Kind, source: SourceIdx, within: Option<Within>) -> Self {
        let reader = match kind {
            Kind::Zip => Reader::Zip(Box::default()),
            Kind::Tar => Reader::Tar(Box::default()),
        };
        let outside = Within { root: source, depth: 0, meter: Meter::default() };
        Self {
            kind,
            reader,
            source,
            within: within.unwrap_or(outside),
            member: None,
            out: vec![0; ROOM],
            fed: 0,
            done: 0,
            n_members: 0,
            n_kept: 0,
            n_lost: 0,
            is_over: false,
            is_stuck: false,
        }
    }

    /// Whether an archive may stand inside `within`.
    pub(super) fn is_too_deep(within: Option<Within>) -> bool {
        within.is_some_and(|within| MAX_DEPTH <= within.depth)
    }

    /// How deep it may be.
    pub(super) const fn max_depth() -> u32 {
        MAX_DEPTH
    }

    /// What it is called.
    pub(super) const fn kind(&self) -> Kind {
        self.kind
    }

    /// Bytes that came out of members, and of all that is in them.
    pub(super) fn inflated(&self) -> u64 {
        self.done + self.member.as_ref().map_or(0, |member| member.import.weight())
    }

    /// Whether nothing more can come of it.
    pub(super) const fn is_stuck(&self) -> bool {
        self.is_stuck
    }

    /// Whether it holds anything worth a line of the report.
    pub(super) const fn is_telemetry(&self) -> bool {
        0 < self.n_kept || 0 < self.n_lost
    }

    /// Takes in bytes, with what was read around the archive so far.
    pub(super) fn feed(&mut self, bytes: &[u8], meter: Meter, batch: &mut Batch, report: &mut ImportReport) {
        self.within.meter = meter;
        let mut rest = bytes;
        while !self.is_over && !self.is_stuck {
            let step = match &mut self.reader {
                Reader::Zip(zip) => zip.step(rest, &mut self.out),
                Reader::Tar(tar) => tar.step(rest),
            };
            let (taken, after) = rest.split_at(step.consumed.min(rest.len()));
            rest = after;
            self.fed += taken.len() as u64;
            match step.event {
                Event::More => break,
                Event::Passed => {}
                Event::Begin(name, nature) => self.begin(&name, &nature, report),
                Event::Stored => self.pass_on(taken, batch, report),
                Event::Inflated(len) => {
                    let out = std::mem::take(&mut self.out);
                    self.pass_on(out.get(..len).unwrap_or_default(), batch, report);
                    self.out = out;
                }
                Event::End(damage) => self.end(damage, batch, report),
                Event::Damage(what) => self.damage(what, report),
                Event::Over => self.is_over = true,
            }
        }
        self.fed += rest.len() as u64;
    }

    /// Bytes are missing from here on, because a compression around this was damaged.
    pub(super) fn break_off(&mut self, batch: &mut Batch, report: &mut ImportReport) {
        self.end(Some("the archive is damaged here"), batch, report);
        match &mut self.reader {
            Reader::Zip(zip) => zip.seek(),
            Reader::Tar(tar) => tar.seek(),
        }
    }

    /// Ends the archive.
    pub(super) fn finish(&mut self, batch: &mut Batch, report: &mut ImportReport) {
        let damage = match &self.reader {
            _ if self.is_over || self.is_stuck => None,
            Reader::Zip(zip) => zip.damage_at_end(),
            Reader::Tar(tar) => tar.damage_at_end(),
        };
        if self.member.is_some() {
            self.end(damage, batch, report);
        } else if let Some(what) = damage {
            self.damage(what, report);
        }
        let note = match self.n_members {
            _ if self.is_telemetry() || self.is_stuck || self.within.depth != 0 => return,
            0 => format!("found a {} without members", self.kind.name()),
            n => format!("expected telemetry in the {}, but found none in its {n} members", self.kind.name()),
        };
        let kind = if self.n_members == 0 { FindingKind::EmptySource } else { FindingKind::NotTelemetry };
        report.add(kind, || self.example(0, note));
    }

    fn begin(&mut self, name: &Name, nature: &Nature, report: &mut ImportReport) {
        self.n_members += 1;
        let (name, offset) = (name.shown(), self.fed);
        let is_clutter = name.split('/').any(|part| CLUTTER.contains(&part) || part.starts_with("._"));
        let skipped = match nature {
            Nature::NoFile(what) => Some(*what),
            _ if is_clutter => Some("a system's own file"),
            Nature::Unread(why) => {
                self.n_lost += 1;
                report.add(FindingKind::UnreadMember, || self.example(offset, format!("{name}: {why}")));
                return;
            }
            Nature::File => None,
        };
        if let Some(what) = skipped {
            report.add(FindingKind::SkippedMember, || self.example(offset, format!("{name}: {what}")));
            return;
        }
        if MAX_MEMBERS < report.sources.end().0.saturating_sub(self.within.root.0) {
            self.n_lost += 1;
            report.add(FindingKind::TooManyMembers, || {
                self.example(offset, format!("expected at most {MAX_MEMBERS} members, but found {name} as well"))
            });
            return;
        }
        let mark = report.mark();
        let around = report.sources.row(self.source).map_or("", |source| source.name.as_str());
        let source = report.begin_source(&format!("{around} › {name}"));
        if let Some(entry) = report.sources.as_mut_slice().get_mut(source.0 as usize) {
            entry.is_member = true;
        }
        let within = Within { depth: self.within.depth + 1, ..self.within };
        self.member = Some(Box::new(Member { import: Import::of_member(source, within), source, name, offset, mark }));
    }

    fn pass_on(&mut self, bytes: &[u8], batch: &mut Batch, report: &mut ImportReport) {
        let Meter { stored, inflated } = self.within.meter;
        if let Some(member) = &mut self.member {
            member.import.feed_within(bytes, Meter { stored, inflated: inflated + self.done }, batch, report);
        }
        let inflated = inflated + self.inflated();
        if is_bomb(stored, inflated) {
            self.is_stuck = true;
            self.n_lost += 1;
            // First, or what is told here would go with a member that is none.
            self.end(None, batch, report);
            let mebibytes = inflated >> 20;
            let note =
                format!("expected at most {MAX_RATIO} times its size, but found {mebibytes} MiB in the first {stored} bytes");
            let offset = self.fed;
            report.add(FindingKind::ExpansionBomb, || self.example(offset, note));
        }
    }

    fn end(&mut self, damage: Option<&'static str>, batch: &mut Batch, report: &mut ImportReport) {
        let Some(member) = self.member.take() else { return };
        let Member { import, source, name, offset, mark } = *member;
        let is_empty = import.weight() == 0;
        self.done += import.weight();
        if import.conclude(batch, report) {
            self.n_kept += 1;
            if let Some(what) = damage {
                let end = report.sources.row(source).map_or(0, |entry| entry.bytes);
                report.add(FindingKind::BrokenCompression, || Example { source, ..self.example(end, what.to_owned()) });
            }
            return;
        }
        report.rewind(&mark);
        if let Some(what) = damage {
            self.n_lost += 1;
            report.add(FindingKind::BrokenCompression, || self.example(offset, format!("{name}: {what}")));
        } else {
            let what = if is_empty { "empty" } else { "no telemetry" };
            report.add(FindingKind::SkippedMember, || self.example(offset, format!("{name}: {what}")));
        }
    }

    fn damage(&mut self, what: &'static str, report: &mut ImportReport) {
        self.n_lost += 1;
        let offset = self.fed;
        report.add(FindingKind::BrokenCompression, || self.example(offset, what.to_owned()));
    }

    fn example(&self, offset: u64, note: String) -> Example {
        Example { source: self.source, offset: Some(offset), note, ..Example::default() }
    }
}

impl Name {
    /// The name as text, of a length that fits a line.
    fn shown(&self) -> String {
        let start = self.0.get(..MAX_NAME).unwrap_or(&self.0);
        let mut text: String = String::from_utf8_lossy(start)
            .chars()
            .map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c })
            .collect();
        if start.len() < self.0.len() {
            text.push('…');
        }
        text
    }
}

/// Whether a file that is known by `foreign` is worth telling where it is a member of an archive.
pub(super) fn is_worth_telling(foreign: &str) -> bool {
    !detect::NO_DATA.contains(&foreign)
}

/// Takes in bytes until `held` has `need`. The count of those taken.
fn gather(held: &mut Vec<u8>, input: &[u8], need: usize) -> usize {
    let missing = need.saturating_sub(held.len()).min(input.len());
    held.extend_from_slice(input.get(..missing).unwrap_or_default());
    missing
}

/// A little-endian number of two bytes.
fn u16_at(bytes: &[u8], at: usize) -> u16 {
    bytes.get(at..).and_then(|rest| rest.first_chunk()).map_or(0, |bytes| u16::from_le_bytes(*bytes))
}

/// A little-endian number of four bytes.
fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..).and_then(|rest| rest.first_chunk()).map_or(0, |bytes| u32::from_le_bytes(*bytes))
}

/// A little-endian number of eight bytes.
fn u64_at(bytes: &[u8], at: usize) -> u64 {
    bytes.get(at..).and_then(|rest| rest.first_chunk()).map_or(0, |bytes| u64::from_le_bytes(*bytes))
}
