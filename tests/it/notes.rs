//! Pins and notes: what is kept comes back, whatever stands in it, and there is an end to how much is kept.

use spanwise::notes::{Entry, MAX_ENTRIES, MAX_NOTE_CHARS, Notebook};

use super::generate::Random;

fn entry(trace: &str, span: &str, pinned: bool, note: &str) -> Entry {
    Entry {
        trace_id: trace.to_owned(),
        span_id: span.to_owned(),
        name: format!("name of {trace}"),
        is_pinned: pinned,
        note: note.to_owned(),
    }
}

fn book(entries: &[Entry]) -> Notebook {
    let mut book = Notebook::default();
    for entry in entries {
        assert_eq!(book.put(entry.clone()), 0);
    }
    book
}

/// What is marked, the newest first.
fn told(book: &Notebook) -> Vec<String> {
    let told = |entry: &Entry| {
        format!("{}/{}{} {:?}", entry.trace_id, entry.span_id, if entry.is_pinned { " pinned" } else { "" }, entry.note)
    };
    book.newest().map(told).collect()
}

#[test]
fn what_is_kept_comes_back() {
    let book = book(&[
        entry("a", "1", true, ""),
        entry("a", "", false, "two\nlines\r\nand\ta tab, a \\ and \\n"),
        entry("odd\tid\n", "\\", true, "größe \u{2028} 🦀"),
        entry("", "", true, "the trace without an id"),
    ]);
    assert_eq!(Notebook::decode(&book.encode()), book);
    assert_eq!(book.encode().lines().count(), 4);
    assert_eq!(Notebook::decode(""), Notebook::default());
}

#[test]
fn no_text_is_too_odd_to_be_read() {
    let whole = book(&[entry("a", "1", true, "one\\two"), entry("b", "", false, "three\n")]).encode();
    for end in (0..whole.len()).filter(|&end| whole.is_char_boundary(end)) {
        let read = Notebook::decode(&whole[..end]);
        assert_eq!(Notebook::decode(&read.encode()), read, "{:?}", &whole[..end]);
    }
    let mut random = Random::new(7);
    for _ in 0..2000 {
        let text: String = (0..random.below(40)).map(|_| random.pick(&["\t", "\n", "\\", "1", "0", "n", "x", "\r"])).collect();
        let read = Notebook::decode(&text);
        assert_eq!(Notebook::decode(&read.encode()), read, "{text:?}");
    }
}

#[test]
fn a_later_entry_takes_the_place_of_an_earlier_one() {
    let mut book = book(&[entry("a", "1", true, ""), entry("a", "", true, ""), entry("b", "1", false, "why?")]);
    book.put(entry("a", "1", true, "slow"));
    assert_eq!(told(&book), ["a/1 pinned \"slow\"", "b/1 \"why?\"", "a/ pinned \"\""]);
    assert_eq!(book.get("a", "1").map(|entry| entry.note.as_str()), Some("slow"));
    assert_eq!(book.of_trace("a").count(), 2);
    // Neither pinned nor with a note: it is gone. A note of spaces is none.
    book.put(entry("a", "1", false, " \n"));
    book.put(entry("a", "", false, ""));
    assert_eq!(told(&book), ["b/1 \"why?\""]);
}

#[test]
fn the_oldest_go_when_it_is_too_much() {
    let mut book = Notebook::default();
    for at in 0..MAX_ENTRIES {
        assert_eq!(book.put(entry("t", &at.to_string(), true, "")), 0);
    }
    // Changing what is there drops nothing.
    assert_eq!(book.put(entry("t", "0", true, "kept, as it was touched")), 0);
    assert_eq!(book.put(entry("t", "new", true, "")), 1);
    assert_eq!(book.len(), MAX_ENTRIES);
    assert!(book.get("t", "1").is_none() && book.get("t", "0").is_some());

    let long = "ü".repeat(MAX_NOTE_CHARS + 5);
    book.put(entry("long", "", false, &long));
    assert_eq!(book.get("long", "").unwrap().note.chars().count(), MAX_NOTE_CHARS);
    // Long notes fill the place sooner than many entries do.
    let mut n_dropped = 0;
    for at in 0..600 {
        n_dropped += book.put(entry("long", &at.to_string(), false, &long));
    }
    assert!(n_dropped > MAX_ENTRIES && book.len() < 300, "{n_dropped} dropped, {} left", book.len());
    assert!(book.encode().len() <= 2 << 20);
    assert!(book.get("long", "599").is_some());
    assert_eq!(Notebook::decode(&book.encode()), book);
}
