//! What the palette lists: commands, places, and what the words typed may name.

use leptos::prelude::*;

use crate::protocol::{MapTarget, NodeId, NodeKind, TraceRow};
use crate::route::{Reference, View, reference};
use crate::scene::{format, fuzzy_score};
use crate::ui::actions;
use crate::ui::commands::{self, Command, GROUPS, Group};
use crate::ui::jump;
use crate::ui::notes;
use crate::ui::state::AppState;

use super::visited;

/// Entries of a group that are listed at most; the rest is found by typing.
const LISTED: usize = 12;
/// Where nothing is typed, pins and services only begin.
const LISTED_UNTYPED: usize = 5;
/// Digits of an id that tell it from others, for people.
const ID_CHARS: usize = 12;

/// What an entry does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Act {
    Run(Command),
    Jump(Reference),
    Service(String),
}

/// An entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) words: String,
    /// What stands beside it.
    pub(super) note: String,
    pub(super) keys: &'static [&'static str],
    pub(super) act: Act,
}

/// Entries under one heading, the best first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Section {
    pub(super) title: &'static str,
    pub(super) items: Vec<Item>,
}

/// All that fits what is typed; `traces` are what the engine found for it. Reactive.
pub(super) fn sections(app: AppState, typed: &str, traces: &[TraceRow]) -> Vec<Section> {
    let typed = typed.trim();
    if let Some(named) = reference(typed) {
        let mut sections = vec![Section { title: "By id", items: vec![item_of_reference(named)] }];
        sections.extend(section("Traces", of_traces(app, traces)));
        return sections;
    }
    let mut ranked: Vec<(u32, Section)> = Vec::new();
    let here = app.route.with(|route| (route.view == View::Trace).then(|| route.trace.trace_id.clone()));
    let visits = visited().into_iter().filter(|visit| Some(&visit.trace_id) != here.as_ref()).map(|visit| Item {
        note: short(&visit.trace_id),
        words: visit.title,
        keys: &[],
        act: Act::Jump(Reference { trace_id: Some(visit.trace_id), span_id: None }),
    });
    if app.dataset.with(Option::is_some) {
        ranked.extend(fitting("Visited", visits.collect(), typed, LISTED));
    }
    ranked.extend(fitting("Pinned", of_notes(), typed, if typed.is_empty() { LISTED_UNTYPED } else { LISTED }));
    let mut listed: Vec<Command> = vec![Command::Palette];
    // What can be done with what is on the screen comes first.
    let is_here = |group: &&Group| group.entries.iter().filter_map(|entry| entry.command).any(commands::is_of_view);
    let (here, elsewhere): (Vec<&Group>, Vec<&Group>) = GROUPS.iter().partition(is_here);
    for group in here.into_iter().chain(elsewhere) {
        let mut items = Vec::new();
        for entry in group.entries {
            // The same command may stand in several groups.
            let command = entry.command.filter(|command| !listed.contains(command) && commands::can(app, *command));
            if let Some(command) = command {
                listed.push(command);
                items.push(Item { words: entry.words.to_owned(), note: String::new(), keys: entry.keys, act: Act::Run(command) });
            }
        }
        ranked.extend(fitting(group.title, items, typed, usize::MAX));
    }
    if !typed.is_empty() {
        ranked.extend(fitting("On the service map", of_services(app), typed, LISTED));
        // The best of a list is on top.
        ranked.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    }
    let mut sections: Vec<Section> = ranked.into_iter().map(|(_, section)| section).collect();
    sections.extend(section("Traces", of_traces(app, traces)));
    sections
}

fn section(title: &'static str, items: Vec<Item>) -> Option<Section> {
    (!items.is_empty()).then_some(Section { title, items })
}

/// Those that fit, the best first, and how well the best does.
fn fitting(title: &'static str, items: Vec<Item>, typed: &str, most: usize) -> Option<(u32, Section)> {
    // The heading says what a thing is about, and is typed as well; but what is so called itself comes first.
    let score = |item: &Item| {
        fuzzy_score(typed, &item.words)
            .map(|score| score.saturating_mul(2))
            .or_else(|| fuzzy_score(typed, &format!("{title} {}", item.words)))
    };
    let mut scored: Vec<(u32, Item)> = items.into_iter().filter_map(|item| score(&item).map(|score| (score, item))).collect();
    if !typed.is_empty() {
        scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    }
    let best = scored.first()?.0;
    Some((best, Section { title, items: scored.into_iter().map(|(_, item)| item).take(most).collect() }))
}

fn item_of_reference(named: Reference) -> Item {
    let words = match &named {
        Reference { trace_id: Some(trace), span_id: Some(span) } => format!("Go to span {span} of trace {trace}"),
        Reference { trace_id: Some(id), .. } if named.is_vague() => format!("Go to span or trace {id}"),
        Reference { trace_id: Some(trace), .. } => format!("Go to trace {trace}"),
        Reference { span_id, .. } => format!("Go to span {}", span_id.as_deref().unwrap_or_default()),
    };
    Item { words, note: String::new(), keys: &["Enter"], act: Act::Jump(named) }
}

fn of_notes() -> Vec<Item> {
    let item = |entry: crate::notes::Entry| {
        let what = if entry.span_id.is_empty() { "trace" } else { "span" };
        let note = notes::first_line(&entry.note, what);
        let span_id = (!entry.span_id.is_empty()).then_some(entry.span_id);
        Item { words: entry.name, note, keys: &[], act: Act::Jump(Reference { trace_id: Some(entry.trace_id), span_id }) }
    };
    notes::newest(usize::MAX).into_iter().map(item).collect()
}

fn of_services(app: AppState) -> Vec<Item> {
    app.dataset.with(|dataset| {
        let services = dataset.as_ref().map(|dataset| dataset.services.as_slice()).unwrap_or_default();
        let item = |service: &crate::protocol::ServiceView| Item {
            words: service.name.clone(),
            note: format::counted(service.spans, "span"),
            keys: &[],
            act: Act::Service(service.name.clone()),
        };
        services.iter().map(item).collect()
    })
}

fn of_traces(app: AppState, traces: &[TraceRow]) -> Vec<Item> {
    let item = |row: &TraceRow| Item {
        words: format!("{} {}", app.service_name(row.root_service), row.root_name),
        note: format!("{} · {}", short(&row.trace_id), format::duration(row.duration)),
        keys: &[],
        act: Act::Jump(Reference { trace_id: Some(row.trace_id.clone()), span_id: None }),
    };
    traces.iter().map(item).collect()
}

fn short(id: &str) -> String {
    match id.char_indices().nth(ID_CHARS) {
        Some((end, _)) => format!("{}…", id.get(..end).unwrap_or_default()),
        None => id.to_owned(),
    }
}

/// Does what an entry does.
pub(super) fn act(app: AppState, act: Act) {
    match act {
        Act::Run(command) => commands::run(app, command),
        Act::Jump(named) => jump::to(app, named),
        Act::Service(name) => {
            actions::go(app, View::Map);
            app.route.update(|route| {
                route.map.trace_id = None;
                route.map.as_table = false;
                route.map.target = Some(MapTarget::Node(NodeId { kind: NodeKind::Service, name }));
            });
        }
    }
}
