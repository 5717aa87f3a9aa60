//! The repository's own files as the guards see them: Rust split into code, comments and texts, without a parser's weight.

use std::fs;
use std::path::{Path, PathBuf};

/// The repository's root.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// One file of the repository.
pub(crate) struct SourceFile {
    /// Path from the root, with `/`.
    pub(crate) path: String,
    /// Its text.
    pub(crate) text: String,
}

/// The file at a path from the root, if it is there.
pub(crate) fn file_at(path: &str) -> Option<SourceFile> {
    let text = fs::read_to_string(root().join(path)).ok()?;
    Some(SourceFile { path: path.to_owned(), text })
}

/// The files under `folder` whose names end in `suffix`, sorted; none if the folder is not there.
pub(crate) fn files_under(folder: &str, suffix: &str) -> Vec<SourceFile> {
    paths_under(&root().join(folder), suffix)
        .into_iter()
        .map(|path| {
            let text = fs::read_to_string(&path).unwrap();
            let path = path.strip_prefix(root()).unwrap().to_str().unwrap().replace('\\', "/");
            SourceFile { path, text }
        })
        .collect()
}

/// The paths under `folder` whose names end in `suffix`, sorted; none if the folder is not there.
pub(crate) fn paths_under(folder: &Path, suffix: &str) -> Vec<PathBuf> {
    let mut pending = vec![folder.to_path_buf()];
    let mut found = Vec::new();
    while let Some(folder) = pending.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries {
            let path = entry.unwrap().path();
            if path.is_dir() {
                pending.push(path);
            } else if path.to_str().unwrap().ends_with(suffix) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Rust taken apart.
pub(crate) struct Rust {
    /// The code, in which comments and the insides of texts are blanks; line breaks stand where they stood.
    pub(crate) code: String,
    /// Each text literal: byte offset of its first quote, and what stands between the quotes, escapes as written.
    pub(crate) texts: Vec<(usize, String)>,
}

impl Rust {
    /// Takes Rust apart.
    pub(crate) fn of(source: &str) -> Self {
        let bytes = source.as_bytes();
        let mut code = bytes.to_vec();
        let mut texts = Vec::new();
        let mut at = 0;
        while at < bytes.len() {
            let rest = &bytes[at..];
            let end = if rest.starts_with(b"//") {
                at + find(rest, b"\n").unwrap_or(rest.len())
            } else if rest.starts_with(b"/*") {
                at + block_comment(rest)
            } else if rest[0] == b'"' || is_raw_text(bytes, at) {
                let hashes = rest.iter().skip(1).take_while(|&&byte| byte == b'#').count() * usize::from(rest[0] == b'r');
                let open = if rest[0] == b'r' { 2 + hashes } else { 1 };
                let close = if rest[0] == b'r' {
                    let mark = [b"\"".as_slice(), &vec![b'#'; hashes]].concat();
                    open + find(&rest[open..], &mark).unwrap_or(rest.len() - open)
                } else {
                    plain_text(rest)
                };
                texts.push((at, source[at + open..at + close].to_owned()));
                blank(&mut code[at + open..at + close]);
                at += close + 1 + hashes;
                continue;
            } else if rest[0] == b'\'' {
                at += char_or_lifetime(rest);
                continue;
            } else {
                at += 1;
                continue;
            };
            blank(&mut code[at..end]);
            at = end;
        }
        Self { code: String::from_utf8(code).unwrap(), texts }
    }
}

/// The line, from 1, on which a byte stands.
pub(crate) fn line_of(text: &str, offset: usize) -> usize {
    text[..offset].matches('\n').count() + 1
}

/// Whether a byte may stand in a Rust name.
pub(crate) fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

fn blank(bytes: &mut [u8]) {
    for byte in bytes {
        if *byte != b'\n' {
            *byte = b' ';
        }
    }
}

fn is_raw_text(bytes: &[u8], at: usize) -> bool {
    let after_name = at.checked_sub(1).is_some_and(|before| is_name_byte(bytes[before]) && bytes[before] != b'b');
    let hashes = bytes[at + 1..].iter().take_while(|&&byte| byte == b'#').count();
    bytes[at] == b'r' && !after_name && bytes.get(at + 1 + hashes) == Some(&b'"')
}

fn block_comment(rest: &[u8]) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < rest.len() {
        match &rest[at..] {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

/// Where the closing quote of a plain text stands.
fn plain_text(rest: &[u8]) -> usize {
    let mut at = 1;
    while at < rest.len() && rest[at] != b'"' {
        at += if rest[at] == b'\\' { 2 } else { 1 };
    }
    at.min(rest.len() - 1)
}

fn char_or_lifetime(rest: &[u8]) -> usize {
    if rest.get(1) == Some(&b'\\') {
        return 3 + rest.get(3..).and_then(|tail| find(tail, b"'")).map_or(0, |end| end + 1);
    }
    // 'x' or 'é' closes within a character; a lifetime does not.
    let close = (2..6).find(|&at| rest.get(at) == Some(&b'\''));
    let is_char = close.is_some_and(|close| str::from_utf8(&rest[1..close]).is_ok_and(|text| text.chars().count() == 1));
    if is_char { close.unwrap_or(0) + 1 } else { 1 }
}

#[test]
fn takes_rust_apart() {
    let source =
        "let a = \"x{y\"; // \"no\"\nlet b = r#\"z\"q\"#; /* /* \"n\" */ */ let c = '\"'; fn f<'a>(d: &'a str) { '\\'' }";
    let rust = Rust::of(source);
    assert_eq!(rust.texts.iter().map(|text| text.1.as_str()).collect::<Vec<_>>(), ["x{y", "z\"q"]);
    assert!(rust.code.contains("let c = '\"'; fn f<'a>(d: &'a str) { '\\'' }"), "{}", rust.code);
    assert!(!rust.code.contains("no") && !rust.code.contains("\"n"), "{}", rust.code);
    assert_eq!(rust.code.len(), source.len());
}
