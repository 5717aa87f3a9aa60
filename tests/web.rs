//! Runs in a real browser.
