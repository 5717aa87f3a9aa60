//! Files that the reader picked or dropped, folders walked, as one flat list.

use std::future::Future;

use js_sys::{Array, Function, Promise, Reflect};
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{DataTransfer, File, FileList, FileSystemDirectoryEntry, FileSystemEntry, FileSystemFileEntry};

use super::window;
use crate::base::sort_few;
use crate::protocol::{OpenMode, OpenRequest, Origin, Portion, SourceSpec};

/// A file, with its path inside the folder that it came in.
#[derive(Clone, Debug)]
pub struct Picked {
    /// Path, or the mere name for a single file.
    pub path: String,
    /// The file. Nothing of it has been read.
    pub file: File,
}

/// The files of an input or a clipboard.
pub fn from_list(list: &FileList) -> Vec<Picked> {
    let mut picked = Vec::new();
    for at in 0..list.length() {
        if let Some(file) = list.get(at) {
            // Set where a whole folder was picked.
            let path = Reflect::get(&file, &JsValue::from_str("webkitRelativePath"))
                .ok()
                .and_then(|path| path.as_string())
                .filter(|path| !path.is_empty())
                .unwrap_or_else(|| file.name());
            picked.push(Picked { path, file });
        }
    }
    picked
}

/// Whether a drag carries files, as far as a browser tells before the drop.
pub fn carries_files(transfer: &DataTransfer) -> bool {
    transfer.types().iter().any(|kind| kind.as_string().as_deref() == Some("Files"))
}

/// The text of a drop that carries no files: a selection or a link.
pub fn dropped_text(transfer: &DataTransfer) -> Option<String> {
    transfer.get_data("text/plain").ok().filter(|text| !text.is_empty())
}

/// The files of a drop, folders walked, by path. To be called while the drop is being handled, since the browser forgets
/// the items afterwards; the walk itself happens when the answer is awaited.
pub fn dropped(transfer: &DataTransfer) -> impl Future<Output = Vec<Picked>> + 'static {
    let mut entries = Vec::new();
    let items = transfer.items();
    for at in 0..items.length() {
        let entry = items.get(at).and_then(|item| item.webkit_get_as_entry().ok().flatten());
        entries.extend(entry);
    }
    let plain = transfer.files().map(|files| from_list(&files)).unwrap_or_default();
    async move {
        if entries.is_empty() {
            return plain;
        }
        walk(entries).await
    }
}

/// The request that opens these files, with the files in the order in which it names them.
pub fn request(mode: OpenMode, picked: Vec<Picked>) -> (OpenRequest, Vec<File>) {
    let mut sources = Vec::with_capacity(picked.len());
    let mut files = Vec::with_capacity(picked.len());
    for (at, Picked { path, file }) in (0..).zip(picked) {
        sources.push(SourceSpec {
            name: path,
            size_bytes: Some(bytes_from_size(file.size())),
            origin: Origin::File(at),
            remarks: Vec::new(),
        });
        files.push(file);
    }
    (OpenRequest { mode, sources, memory_bytes: memory_bytes(), portion: Portion::All }, files)
}

/// How much memory the device has, as far as the browser tells (in steps, and never above 8 GB); 0 if it does not.
pub fn memory_bytes() -> u64 {
    window()
        .and_then(|window| Reflect::get(&window.navigator(), &JsValue::from_str("deviceMemory")).ok())
        .and_then(|gigabytes| gigabytes.as_f64())
        .map_or(0, |gigabytes| bytes_from_size(gigabytes * 1e9))
}

/// A size as JavaScript has it. Such numbers are whole and below 2^53.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast saturates, which is what is wanted")]
pub const fn bytes_from_size(size: f64) -> u64 {
    size as u64
}

async fn walk(entries: Vec<FileSystemEntry>) -> Vec<Picked> {
    let mut picked = Vec::new();
    let mut waiting = entries;
    while let Some(entry) = waiting.pop() {
        if entry.is_directory() {
            waiting.extend(children(entry.unchecked_ref()).await);
        } else if let Some(file) = file(entry.unchecked_ref()).await {
            let path = entry.full_path().trim_start_matches('/').to_owned();
            picked.push(Picked { path, file });
        }
    }
    // The browser lists a folder in an order of its own.
    sort_few(&mut picked, |a, b| a.path.cmp(&b.path));
    picked
}

/// What is in a folder, hidden things aside: what a desktop leaves there is nobody's export.
async fn children(folder: &FileSystemDirectoryEntry) -> Vec<FileSystemEntry> {
    let reader = folder.create_reader();
    let mut children = Vec::new();
    loop {
        // A browser gives about a hundred at a time, and none at the end.
        let some = settle(&mut |resolve, reject| reader.read_entries_with_callback_and_callback(resolve, reject).is_ok());
        let Some(some) = some.await.and_then(|some| some.dyn_into::<Array>().ok()).filter(|some| some.length() > 0) else {
            return children;
        };
        for child in some.iter() {
            let child = child.unchecked_into::<FileSystemEntry>();
            if !child.name().starts_with('.') {
                children.push(child);
            }
        }
    }
}

async fn file(entry: &FileSystemFileEntry) -> Option<File> {
    settle(&mut |resolve, reject| {
        entry.file_with_callback_and_callback(resolve, reject);
        true
    })
    .await?
    .dyn_into()
    .ok()
}

/// A function with two callbacks as something to await; `None` if it fails.
fn settle(start: &mut dyn FnMut(&Function, &Function) -> bool) -> impl Future<Output = Option<JsValue>> + use<> {
    let promise = Promise::new(&mut |resolve, reject| {
        if !start(&resolve, &reject) {
            // Calling a promise's own function does not throw.
            let _unthrown = reject.call0(&JsValue::NULL);
        }
    });
    async move { JsFuture::from(promise).await.ok() }
}
