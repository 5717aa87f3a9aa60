//! Fields with their labels. What is in one is read by its id when it is wanted: no signal per field, and a secret stays in its box.

use js_sys::Reflect;
use leptos::prelude::*;
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{Element, HtmlElement};

use crate::browser::document;
use crate::ui::reactive::show;

/// A field.
#[derive(Clone, Debug, Default)]
pub struct Field {
    /// Names it in the page.
    pub id: String,
    /// What it is called.
    pub label: &'static str,
    /// The input's type.
    pub kind: &'static str,
    /// What is in it at first, as an attribute: no place for a secret.
    pub value: String,
    /// What stands in it while it is empty.
    pub hint: &'static str,
    /// The list that proposes values.
    pub list: Option<&'static str>,
    /// What browsers may fill it with; empty: nothing.
    pub autocomplete: &'static str,
}

/// What is wrong with which field.
pub type Mistake = RwSignal<Option<(&'static str, String)>>;

/// A field under its label, with what is wrong with it.
pub fn field(field: Field, mistake: Mistake) -> AnyView {
    let Field { id, label, kind, value, hint, list, autocomplete } = field;
    let words = Memo::new({
        let id = id.clone();
        move |_| mistake.with(|mistake| mistake.as_ref().filter(|(of, _)| *of == id).map(|(_, words)| words.clone()))
    });
    let note = format!("{id}-mistake");
    let described = {
        let note = note.clone();
        move || words.with(Option::is_some).then(|| note.clone())
    };
    let shown =
        show(move || words.get().map(|words| view! { <p id=note.clone() class="server__mistake" role="alert">{words}</p> }));
    view! {
        <div class="server__field">
            <label for=id.clone()>{label}</label>
            <input
                id=id
                class="field"
                type=kind
                value=value
                placeholder=hint
                list=list
                autocomplete=if autocomplete.is_empty() { "off" } else { autocomplete }
                autocapitalize="off"
                spellcheck="false"
                step=(kind == "datetime-local").then_some("1")
                aria-invalid=move || words.with(Option::is_some).then_some("true")
                aria-describedby=described
            />
            {shown}
        </div>
    }
    .into_any()
}

/// A choice under its label. `more` are options that come and go.
pub fn select(id: String, label: &'static str, options: &[(&'static str, &'static str)], more: AnyView) -> AnyView {
    let options: Vec<_> = options.iter().map(|&(value, words)| view! { <option value=value>{words}</option> }).collect();
    view! {
        <div class="server__field">
            <label for=id.clone()>{label}</label>
            <select id=id class="field">
                {more}
                {options}
            </select>
        </div>
    }
    .into_any()
}

/// Values that a field proposes.
pub fn proposals(id: &'static str, values: RwSignal<Vec<String>>) -> AnyView {
    let options = show(move || values.get().into_iter().map(|value| view! { <option value=value></option> }).collect::<Vec<_>>());
    view! { <datalist id=id>{options}</datalist> }.into_any()
}

/// What is in a field, without the spaces around it.
pub fn value(id: &str) -> String {
    secret(id).trim().to_owned()
}

/// What is in a field, to the letter.
pub fn secret(id: &str) -> String {
    element(id).and_then(|element| get(&element, "value").as_string()).unwrap_or_default()
}

/// Puts a text into a field.
pub fn put(id: &str, text: &str) {
    set(id, "value", &JsValue::from_str(text));
}

/// Ticks a box, or not.
pub fn tick(id: &str, ticked: bool) {
    set(id, "checked", &JsValue::from_bool(ticked));
}

/// Whether a box is ticked.
pub fn is_ticked(id: &str) -> bool {
    element(id).is_some_and(|element| get(&element, "checked").is_truthy())
}

/// Puts the keyboard into a field.
pub fn focus(id: &str) {
    if let Some(element) = element(id).and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        // A field can be focused.
        _ = element.focus();
    }
}

/// Puts the keyboard into a field, if it is nowhere.
pub fn focus_if_lost(id: &str) {
    let active = document().and_then(|document| document.active_element());
    if active.is_none_or(|active| active.tag_name().eq_ignore_ascii_case("body")) {
        focus(id);
    }
}

fn element(id: &str) -> Option<Element> {
    document()?.get_element_by_id(id)
}

fn set(id: &str, name: &str, value: &JsValue) {
    if let Some(element) = element(id) {
        // An ordinary property of a field, which takes any value.
        _ = Reflect::set(&element, &JsValue::from_str(name), value);
    }
}

fn get(element: &Element, name: &str) -> JsValue {
    Reflect::get(element, &JsValue::from_str(name)).unwrap_or(JsValue::UNDEFINED)
}
