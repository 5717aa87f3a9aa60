//! User Timing marks, which measurements rely on: the page's, and those that the worker sets for itself while it opens files.

/// The page stands and the engine hears questions.
pub const INTERACTIVE: &str = "spanwise:interactive";
/// Bytes were handed over.
pub const OPEN: &str = "spanwise:open";
/// All spans are sealed in the store.
pub const DECODED: &str = "spanwise:decoded";
/// The trace list is painted.
pub const READY: &str = "spanwise:ready";
/// The first rows of a waterfall are painted.
pub const WATERFALL: &str = "spanwise:waterfall";

/// In the worker: there is nothing to do until bytes come.
pub const WAITING: &str = "spanwise:waiting";
/// In the worker: bytes have come, or their end.
pub const BYTES: &str = "spanwise:bytes";
/// In the worker: all is read, and the trees are built.
pub const LINKING: &str = "spanwise:linking";

/// Sets a mark, in place of an older one of the same name.
pub fn mark(name: &str) {
    if let Some(performance) = super::window().and_then(|window| window.performance()) {
        performance.clear_marks_with_mark_name(name);
        // Throws only for names that the browser reserves.
        let _unthrown = performance.mark(name);
    }
}

/// Sets a mark unless it is set already: for "the first of".
pub fn mark_first(name: &str) {
    if let Some(performance) = super::window().and_then(|window| window.performance())
        && performance.get_entries_by_name(name).length() == 0
    {
        mark(name);
    }
}

/// Forgets all marks but that of the start: a new import begins.
pub fn clear() {
    if let Some(performance) = super::window().and_then(|window| window.performance()) {
        for name in [OPEN, DECODED, READY, WATERFALL] {
            performance.clear_marks_with_mark_name(name);
        }
    }
}
