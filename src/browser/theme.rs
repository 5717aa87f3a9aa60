//! Light, dark, or as the system has it: what is chosen, what is in force, and the style sheet's tokens for canvases.

use wasm_bindgen::JsCast as _;
use web_sys::{Element, Event, HtmlElement, MediaQueryList};

use super::event::{Listener, Passive};
use super::{document, storage, window};

/// Where the choice is kept. The page's head reads the same key before the first paint.
const KEY: &str = "spanwise-theme";

/// What the reader chose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the system has it.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Theme {
    /// Its name in storage and in `data-theme`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// The choice as stored.
pub fn chosen() -> Theme {
    match storage::get(KEY).as_deref() {
        Some("light") => Theme::Light,
        Some("dark") => Theme::Dark,
        _ => Theme::System,
    }
}

/// Stores the choice and puts it in force: `data-theme` on the root element, absent for the system's.
pub fn choose(theme: Theme) {
    storage::set(KEY, theme.name());
    let Some(root) = document().and_then(|document| document.document_element()) else {
        return;
    };
    // Both names are valid, so neither call throws.
    let _unthrown = match theme {
        Theme::System => root.remove_attribute("data-theme"),
        Theme::Light | Theme::Dark => root.set_attribute("data-theme", theme.name()),
    };
}

/// Whether dark is in force.
pub fn is_dark() -> bool {
    match chosen() {
        Theme::Light => false,
        Theme::Dark => true,
        Theme::System => query("(prefers-color-scheme: dark)").is_some_and(|query| query.matches()),
    }
}

/// Whether the reader asked for less motion.
pub fn is_motion_reduced() -> bool {
    query("(prefers-reduced-motion: reduce)").is_some_and(|query| query.matches())
}

/// Calls `changed` whenever the system changes between light and dark.
pub fn on_system_change(changed: impl Fn() + 'static) -> Option<Listener> {
    let query = query("(prefers-color-scheme: dark)")?;
    Some(Listener::new(&query, "change", Passive::Yes, move |_: Event| changed()))
}

/// The value of a custom property of the root element, `--service-0`, as the style sheet resolves it now.
pub fn token(name: &str) -> Option<String> {
    let root = document()?.document_element()?;
    let style = window()?.get_computed_style(&root).ok()??;
    let value = style.get_property_value(name).ok()?;
    let value = value.trim();
    (!value.is_empty()).then(|| value.to_owned())
}

/// What the style sheet has in force within an element, for what does not know tokens itself.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// The colors that were asked for, as the browser writes them.
    pub colors: Vec<String>,
    /// Of text.
    pub font_size: String,
    /// Of text.
    pub font_family: String,
}

/// Resolves tokens as they are in force within an element, for a child of this class. All at once: each look after a change has the
/// browser go over its styles.
pub fn resolve(within: &Element, class: &str, tokens: impl IntoIterator<Item = String>) -> Option<Resolved> {
    let (window, document) = (window()?, document()?);
    let span = || document.create_element("span").ok()?.dyn_into::<HtmlElement>().ok();
    let probe = span()?;
    probe.set_class_name(class);
    let mut parts = Vec::new();
    for token in tokens {
        let part = span()?;
        // A reference to a token is valid, whether there is such a token or not.
        let _unthrown = part.style().set_property("color", &format!("var({token})"));
        probe.append_child(&part).ok()?;
        parts.push(part);
    }
    within.append_child(&probe).ok()?;
    let read = |element: &HtmlElement, property: &str| {
        let style = window.get_computed_style(element).ok().flatten();
        style.and_then(|style| style.get_property_value(property).ok()).unwrap_or_default()
    };
    let resolved = Resolved {
        colors: parts.iter().map(|part| read(part, "color")).collect(),
        font_size: read(&probe, "font-size"),
        font_family: read(&probe, "font-family"),
    };
    probe.remove();
    Some(resolved)
}

fn query(text: &str) -> Option<MediaQueryList> {
    window()?.match_media(text).ok()?
}
