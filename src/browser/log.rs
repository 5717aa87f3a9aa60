//! The last lines that the worker logged, for the report of a crash.

use std::cell::RefCell;
use std::collections::VecDeque;

/// How many are kept.
const LINES: usize = 64;

thread_local! {
    static LOG: RefCell<VecDeque<String>> = const { RefCell::new(VecDeque::new()) };
}

/// Logs a line. It must not quote what is in a file or its name: crash reports are passed on.
pub fn line(text: impl Into<String>) {
    // A panic inside the log itself must not hide the panic that is being reported.
    LOG.with(|log| {
        if let Ok(mut log) = log.try_borrow_mut() {
            if log.len() == LINES {
                log.pop_front();
            }
            log.push_back(text.into());
        }
    });
}

/// The lines, oldest first.
pub fn lines() -> Vec<String> {
    LOG.with(|log| log.try_borrow().map(|log| log.iter().cloned().collect()).unwrap_or_default())
}
