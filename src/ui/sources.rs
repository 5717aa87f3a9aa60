//! What the reader opened, kept so that it can be opened again after a crash.

use web_sys::File;

use crate::browser::files::{self, Picked};
use crate::protocol::{OpenMode, OpenRequest, Origin, Portion, SourceSpec};
use crate::scene::format;

use super::portion::Waiting;

/// One thing to read.
#[derive(Clone, Debug)]
pub struct Source {
    /// The name to show.
    pub name: String,
    /// Its bytes.
    pub content: Content,
    /// What is known to be missing from it, as sentences.
    pub remarks: Vec<String>,
}

/// Where the bytes of a source are.
#[derive(Clone, Debug)]
pub enum Content {
    /// On this device; nothing of it has been read.
    File(File),
    /// At this address, absolute or relative to the page.
    Address(String),
    /// Here.
    Text(String),
}

impl From<Picked> for Source {
    fn from(Picked { path, file }: Picked) -> Self {
        Self { name: path, content: Content::File(file), remarks: Vec::new() }
    }
}

/// What the open data set was read from, in order.
#[derive(Clone, Debug, Default)]
pub struct Opened {
    /// The sources.
    pub sources: Vec<Source>,
    /// The part of the page's address that opens the same again, `?sample=shop`; empty for files and text.
    pub search: String,
    /// Which part of it.
    pub portion: Portion,
    /// What waits for the choice of a part of it, and is not open yet.
    pub waiting: Option<Box<Waiting>>,
}

impl Opened {
    /// The request that reads these, with the files in the order in which it names them.
    pub fn request(&self, mode: OpenMode) -> (OpenRequest, Vec<File>) {
        let mut files = Vec::new();
        let mut specs = Vec::with_capacity(self.sources.len());
        for source in &self.sources {
            let (size_bytes, origin) = match &source.content {
                Content::File(file) => {
                    let number = u32::try_from(files.len()).unwrap_or(u32::MAX);
                    files.push(file.clone());
                    (Some(files::bytes_from_size(file.size())), Origin::File(number))
                }
                Content::Address(address) => (None, Origin::Url(address.clone())),
                Content::Text(text) => (Some(text.len() as u64), Origin::Text(text.clone())),
            };
            specs.push(SourceSpec { name: source.name.clone(), size_bytes, origin, remarks: source.remarks.clone() });
        }
        let request = OpenRequest { mode, sources: specs, memory_bytes: files::memory_bytes(), portion: self.portion };
        (request, files)
    }

    /// What these are, in few words.
    pub fn what(&self) -> String {
        match self.sources.as_slice() {
            [only] => only.name.clone(),
            all => format::counted(all.len() as u64, "source"),
        }
    }

    /// Where these are fetched from, if one does not lie on this device.
    pub fn address(&self) -> Option<String> {
        self.sources.iter().find_map(|source| match &source.content {
            Content::Address(address) => Some(address.clone()),
            Content::File(_) | Content::Text(_) => None,
        })
    }

    /// These, and then `more`.
    #[must_use]
    pub fn joined(mut self, mut more: Self) -> Self {
        self.sources.append(&mut more.sources);
        // Two openings have no one address that opens both.
        self.search = String::new();
        // Read again at once, they are read as one: all of it might be too much.
        if self.portion == Portion::All {
            self.portion = more.portion;
        }
        self
    }
}
