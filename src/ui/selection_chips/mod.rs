//! What narrows all views, as chips: each says what it lets through, can be written into the query, and takes itself away.
//!
//! The chips themselves ([`list`]) come with the page's second part.

pub mod list;

use leptos::prelude::*;

use crate::protocol::Group;

use super::later;
use super::reactive::show;
use super::state::use_app;

/// The chips; nothing where nothing is brushed.
#[component]
pub fn SelectionChips() -> impl IntoView {
    let app = use_app();
    let is_brushed = Memo::new(move |_| app.route.with(|route| !route.selection.brushes.is_empty()));
    show(move || is_brushed.get().then(|| later::with_it(move || list::chips(app))))
}

/// A group in words, as charts, legends and tables have it.
pub fn group_words(group: &Group) -> String {
    match group {
        Group::All => "all".to_owned(),
        Group::Service(name) => name.clone(),
        Group::Operation { service, name } => format!("{service} {name}"),
        Group::Kind(kind) => kind.word().to_owned(),
        Group::Status(status) => status.word().to_owned(),
        Group::Attribute { key, value: Some(value) } => format!("{key} = {value}"),
        Group::Attribute { key, value: None } => format!("no {key}"),
        Group::Other => "other".to_owned(),
    }
}
