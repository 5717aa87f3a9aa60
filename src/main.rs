//! Mounts the page.

#[cfg(all(target_arch = "wasm32", feature = "page"))]
fn main() {
    spanwise::ui::mount();
}

#[cfg(not(all(target_arch = "wasm32", feature = "page")))]
fn main() {}
