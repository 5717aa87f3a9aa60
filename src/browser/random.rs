//! Random bytes, as good as the browser has.

use super::window;

/// Sixteen of them; `None` where the browser gives none.
pub fn key() -> Option<[u8; 16]> {
    let mut key = [0; 16];
    window()?.crypto().ok()?.get_random_values_with_u8_array(&mut key).ok()?;
    Some(key)
}
