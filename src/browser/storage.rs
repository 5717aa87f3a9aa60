//! The browser's small storage, which may be full, blocked or missing, and then simply holds nothing.

use web_sys::Storage;

/// What is stored for good under this key.
pub fn get(key: &str) -> Option<String> {
    local()?.get_item(key).ok()?
}

/// Stores for good. False if the browser refuses.
pub fn set(key: &str, value: &str) -> bool {
    local().is_some_and(|storage| storage.set_item(key, value).is_ok())
}

/// Forgets what is stored for good under this key.
pub fn remove(key: &str) {
    if let Some(storage) = local() {
        let _refused = storage.remove_item(key);
    }
}

/// What is stored for this tab.
pub fn get_for_tab(key: &str) -> Option<String> {
    tab()?.get_item(key).ok()?
}

/// Stores for this tab. False if the browser refuses.
pub fn set_for_tab(key: &str, value: &str) -> bool {
    tab().is_some_and(|storage| storage.set_item(key, value).is_ok())
}

/// Forgets what is stored for this tab.
pub fn remove_for_tab(key: &str) {
    if let Some(storage) = tab() {
        let _refused = storage.remove_item(key);
    }
}

fn local() -> Option<Storage> {
    super::window()?.local_storage().ok()?
}

fn tab() -> Option<Storage> {
    super::window()?.session_storage().ok()?
}
