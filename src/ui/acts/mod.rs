//! What can be done with a value, wherever it is shown: filter by it, exclude it, group and color by its key, add a column.
//!
//! Whoever shows a value opens the list with [`open`]; the list itself ([`list`]) comes with the page's second part.

pub mod list;

use std::cell::OnceCell;

use leptos::prelude::*;

use super::later;
use super::reactive::show;
use super::state::use_app;
use crate::protocol::{AttributeOwner, AttributeValue, Condition, ConditionValue, Group, GroupBy, SpanKind, StatusCode};

/// Something that can be filtered by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// What it is, as a query has it: `span.http.route`.
    pub field: String,
    /// Its value, in words.
    pub value: String,
    /// Having it.
    pub condition: Condition,
    /// What spans with such values can be grouped by.
    pub by: Option<GroupBy>,
}

/// What the list is about, and where it is shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    /// What there is to choose from; the first is meant at first.
    pub subjects: Vec<Subject>,
    /// Where, in pixels of the window.
    pub at: (f64, f64),
}

thread_local! {
    /// Beside the page's state, which is handed around by value and as large as it may be.
    static WANTED: OnceCell<RwSignal<Option<Wanted>>> = const { OnceCell::new() };
}

/// Made by `App`, which is there as long as the page is.
pub fn wanted() -> RwSignal<Option<Wanted>> {
    WANTED.with(|wanted| *wanted.get_or_init(|| RwSignal::new(None)))
}

/// The list, once it is wanted for the first time, and from then on.
#[component]
pub fn Acts() -> impl IntoView {
    let app = use_app();
    // Made here: made by whoever reads it first, it would go with them.
    let wanted = wanted();
    let is_wanted = Memo::new(move |_| wanted.with(Option::is_some));
    let was_wanted = Memo::new(move |before: Option<&bool>| before.copied().unwrap_or(false) || is_wanted.get());
    show(move || was_wanted.get().then(|| later::with_it(move || list::acts(app))))
}

/// Shows what can be done with something.
pub fn open(subjects: Vec<Subject>, at: (f64, f64)) {
    if !subjects.is_empty() {
        wanted().set(Some(Wanted { subjects, at }));
    }
}

impl Subject {
    /// An attribute; none, if its value is not one that a query can be about.
    pub fn attribute(owner: AttributeOwner, key: &str, value: &AttributeValue) -> Option<Self> {
        let (words, value) = match value {
            AttributeValue::String { text, bytes } if text.len() as u64 == *bytes => {
                (text.clone(), ConditionValue::String(text.clone()))
            }
            AttributeValue::Bool(flag) => (flag.to_string(), ConditionValue::Bool(*flag)),
            AttributeValue::Int(number) => (number.to_string(), ConditionValue::Number(number.to_string())),
            AttributeValue::Double(number) if number.is_finite() => {
                // A float stays one: without digits after the point it would be read as an integer.
                let text = format!("{number:?}");
                let is_plain = !text.contains(['e', 'E']);
                (text.clone(), if is_plain { ConditionValue::Number(text) } else { ConditionValue::Any })
            }
            AttributeValue::String { .. }
            | AttributeValue::Double(_)
            | AttributeValue::Bytes { .. }
            | AttributeValue::Array { .. }
            | AttributeValue::KvList { .. }
            | AttributeValue::Empty => ("there".to_owned(), ConditionValue::Any),
        };
        let by = matches!(owner, AttributeOwner::Any | AttributeOwner::Span | AttributeOwner::Resource)
            .then(|| GroupBy::Attribute(key.to_owned()));
        let condition = Condition::Attribute { owner, key: key.to_owned(), value };
        Some(Self { field: format!("{}{key}", prefix(owner)), value: words, condition, by })
    }

    /// What a span is: its service, name, kind and status.
    pub fn of_span(service: &str, name: &str, kind: SpanKind, status: StatusCode) -> Vec<Self> {
        let group = |field: &str, value: &str, group: Group, by: GroupBy| Self {
            field: field.to_owned(),
            value: value.to_owned(),
            condition: Condition::Group(group),
            by: Some(by),
        };
        vec![
            group("resource.service.name", service, Group::Service(service.to_owned()), GroupBy::Service),
            group("name", name, Group::Operation { service: service.to_owned(), name: name.to_owned() }, GroupBy::Operation),
            group("kind", kind.word(), Group::Kind(kind), GroupBy::Kind),
            group("status", status.word(), Group::Status(status), GroupBy::Status),
        ]
    }
}

/// How a query names the attributes of an owner.
const fn prefix(owner: AttributeOwner) -> &'static str {
    match owner {
        AttributeOwner::Any => ".",
        AttributeOwner::Span => "span.",
        AttributeOwner::Resource => "resource.",
        AttributeOwner::Event => "event.",
        AttributeOwner::Link => "link.",
        AttributeOwner::Scope => "instrumentation.",
    }
}
