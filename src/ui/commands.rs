//! Everything that can be done, in one table: the help sheet shows its keys, keys are looked up in it, the palette lists it.
//!
//! What a command does, and whether there is anything for it to do, is known where the thing is that it is done to: a view offers what
//! it can with [`offer`], for as long as it is there, and here is what can be done everywhere.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use leptos::prelude::{WithUntracked as _, on_cleanup};
use wasm_bindgen::JsCast as _;
use web_sys::HtmlElement;

use crate::browser::document;
use crate::browser::theme::Theme;
use crate::protocol::{FlameLayout, GroupBy, Population, SortColumn};
use crate::route::{HeatColor, TraceMode, View};

use super::actions;
use super::export;
use super::facets;
use super::file_inputs;
use super::state::{AppState, Sheet, TimeZone};
use super::traces::filter::FILTER_ID;

/// Something that can be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Shows all keys.
    Help,
    /// Shows all commands.
    Palette,
    /// Shows ways to open something.
    Open,
    /// Picks a folder.
    OpenFolder,
    /// Opens what is in the clipboard.
    Paste,
    /// Shows the sheet that saves.
    Export,
    /// From a trace to the list.
    Up,
    /// Goes to a view.
    Go(View),
    /// Light, dark, or as the system has it.
    Theme(Theme),
    /// The zone of times.
    Zone(TimeZone),
    /// Into the box that filters.
    Filter,
    /// Nothing is filtered or selected any more.
    ClearSelection,
    /// The facets beside the list, or no longer.
    Facets,
    /// Sorts the trace list.
    Sort(SortColumn),
    /// Pins what is selected, or no longer.
    Pin,
    /// Pins the trace, or no longer.
    PinTrace,
    /// Into the box for a note on the span.
    NoteOnSpan,
    /// Into the box for a note on the trace.
    NoteOnTrace,
    /// Shows the trace in another way.
    ShowAs(TraceMode),
    /// Into the box that finds.
    Find,
    /// To the next match.
    NextFound,
    /// To the one before.
    PreviousFound,
    /// Only matches, or all again.
    OnlyFound,
    /// What can be done with what is selected: filter, exclude, group, color by it.
    Acts,
    /// To the next span with an error.
    NextError,
    /// To the one before.
    PreviousError,
    /// The span fills the width.
    ZoomToSpan,
    /// Closer.
    ZoomIn,
    /// Further away.
    ZoomOut,
    /// All of the trace.
    FitTrace,
    /// All of the flame graph.
    FitFlame,
    /// All of the map.
    FitMap,
    /// The critical path, or no longer.
    Critical,
    /// Log records as rows under their spans, or no longer.
    LogRows,
    /// Only roots.
    FoldAll,
    /// All spans.
    UnfoldAll,
    /// Levels up to this one.
    FoldTo(u32),
    /// Like siblings as one row, or apart.
    Groups,
    /// Times as if the clocks agreed, or those of the file.
    Clocks,
    /// What bars are colored by.
    ColorBy(Coloring),
    /// The service map of the trace.
    TraceMap,
    /// The trace's id into the clipboard.
    CopyTraceId,
    /// The selected span's id into the clipboard.
    CopySpanId,
    /// Saves the selected span and all below it.
    ExportSpan,
    /// No span is selected any more.
    Deselect,
    /// How frames are laid out.
    Layout(FlameLayout),
    /// Into the box that highlights frames.
    Highlight,
    /// Into the box that finds nodes.
    FindNode,
    /// The map as tables, or as a picture.
    MapAsTable(bool),
    /// Nothing is left out of the map.
    MapAll,
    /// The details of the selected span, or no longer.
    Details,
    /// What charts tell apart; `None`: nothing.
    GroupBy(Option<Coloring>),
    /// What charts count.
    Count(Population),
    /// What the heatmap's colors carry.
    Heat(HeatColor),
}

/// What all spans have to be told apart by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coloring {
    /// The service.
    Service,
    /// Service and name.
    Operation,
    /// The kind.
    Kind,
    /// The status.
    Status,
}

impl Coloring {
    /// As questions have it.
    pub const fn group_by(self) -> GroupBy {
        match self {
            Self::Service => GroupBy::Service,
            Self::Operation => GroupBy::Operation,
            Self::Kind => GroupBy::Kind,
            Self::Status => GroupBy::Status,
        }
    }
}

/// Some commands and keys that belong together.
#[derive(Clone, Copy, Debug)]
pub struct Group {
    /// Where they work, or what they are about.
    pub title: &'static str,
    /// The commands.
    pub entries: &'static [Entry],
}

/// A command, or what some keys do that is none by itself.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// The keys, as they are on keyboards; none if it has none.
    pub keys: &'static [&'static str],
    /// What it does.
    pub words: &'static str,
    /// The command.
    pub command: Option<Command>,
}

const fn key(keys: &'static [&'static str], words: &'static str, command: Command) -> Entry {
    Entry { keys, words, command: Some(command) }
}

const fn keyless(words: &'static str, command: Command) -> Entry {
    Entry { keys: &[], words, command: Some(command) }
}

/// Keys that mean something only where the keyboard is.
const fn there(keys: &'static [&'static str], words: &'static str) -> Entry {
    Entry { keys, words, command: None }
}

/// All of them.
pub const GROUPS: &[Group] = &[
    Group {
        title: "Everywhere",
        entries: &[
            key(&["Ctrl K"], "All commands; a trace or span by its id", Command::Palette),
            key(&["?"], "Help: all keys", Command::Help),
            key(&["o"], "Open files", Command::Open),
            keyless("Open a folder", Command::OpenFolder),
            key(&["Ctrl V"], "Open the clipboard: telemetry, an id, a header", Command::Paste),
            key(&["x"], "Export what is shown", Command::Export),
            key(&["u"], "Up: from a trace to the list", Command::Up),
            there(&["Esc"], "Close what lies on top"),
        ],
    },
    Group {
        title: "Pins and notes",
        entries: &[
            key(&["p"], "Pin the selected span or trace, or no longer", Command::Pin),
            key(&["P"], "Pin the trace that is open, or no longer", Command::PinTrace),
            keyless("Write a note on the span", Command::NoteOnSpan),
            keyless("Write a note on the trace", Command::NoteOnTrace),
        ],
    },
    Group {
        title: "Trace list",
        entries: &[
            there(&["↑", "↓", "j", "k"], "Previous, next trace"),
            there(&["Page ↑", "Page ↓"], "A page up, down"),
            there(&["Home", "End"], "First, last trace"),
            there(&["Enter"], "Open the trace"),
            key(&["f", "/"], "Filter", Command::Filter),
            key(&["F"], "Facets: what there is of each kind", Command::Facets),
            keyless("Show all: no filter, no selection", Command::ClearSelection),
            keyless("Sort by duration", Command::Sort(SortColumn::Duration)),
            keyless("Sort by start", Command::Sort(SortColumn::Start)),
            keyless("Sort by errors", Command::Sort(SortColumn::Errors)),
            keyless("Sort by spans", Command::Sort(SortColumn::Spans)),
            keyless("Sort by services", Command::Sort(SortColumn::Services)),
            keyless("Sort by name", Command::Sort(SortColumn::Name)),
        ],
    },
    Group {
        title: "Charts",
        entries: &[
            there(&["←", "→", "↑", "↓"], "Read the chart bin by bin"),
            there(&["Shift →"], "Extend the region"),
            there(&["Enter"], "Select the region"),
            there(&["a"], "Filter, exclude, group, color by it"),
            key(&["f", "/"], "Filter", Command::Filter),
            keyless("Group by service", Command::GroupBy(Some(Coloring::Service))),
            keyless("Group by operation", Command::GroupBy(Some(Coloring::Operation))),
            keyless("Group by kind", Command::GroupBy(Some(Coloring::Kind))),
            keyless("Group by status", Command::GroupBy(Some(Coloring::Status))),
            keyless("Group by nothing", Command::GroupBy(None)),
            keyless("Count spans", Command::Count(Population::Spans)),
            keyless("Count traces", Command::Count(Population::Traces)),
            keyless("Heatmap of counts", Command::Heat(HeatColor::Count)),
            keyless("Heatmap of error shares", Command::Heat(HeatColor::ErrorShare)),
        ],
    },
    Group {
        title: "Trace",
        entries: &[
            there(&["↑", "↓", "j", "k"], "Previous, next span"),
            there(&["←", "→"], "Fold, unfold; to the parent, to the first child"),
            there(&["Enter"], "Details of the span"),
            key(&["f"], "Find in the trace", Command::Find),
            key(&["n"], "Next match", Command::NextFound),
            key(&["N"], "Previous match", Command::PreviousFound),
            keyless("Only matches, or all spans again", Command::OnlyFound),
            key(&["e"], "Next error", Command::NextError),
            key(&["E"], "Previous error", Command::PreviousError),
            key(&["a"], "Filter, exclude, group, color by it", Command::Acts),
            key(&["z"], "Zoom to the span", Command::ZoomToSpan),
            key(&["+"], "Zoom in", Command::ZoomIn),
            key(&["-"], "Zoom out", Command::ZoomOut),
            there(&["Shift ←", "Shift →"], "Earlier, later"),
            key(&["0"], "Fit the whole trace", Command::FitTrace),
            key(&["1"], "As a waterfall", Command::ShowAs(TraceMode::Waterfall)),
            key(&["2"], "As a flame graph", Command::ShowAs(TraceMode::Flame)),
            key(&["3"], "As a table", Command::ShowAs(TraceMode::Table)),
            key(&["4"], "As log records", Command::ShowAs(TraceMode::Logs)),
            key(&["c"], "The critical path, with its breakdown", Command::Critical),
            key(&["l"], "Log records as rows under their spans, or no longer", Command::LogRows),
            keyless("Fold all: roots only", Command::FoldAll),
            keyless("Fold to level 2", Command::FoldTo(2)),
            keyless("Fold to level 3", Command::FoldTo(3)),
            keyless("Fold to level 4", Command::FoldTo(4)),
            keyless("Unfold all", Command::UnfoldAll),
            keyless("Groups: fold like siblings into one row, or unfold them", Command::Groups),
            keyless("Clocks: adjusted times, or those of the file", Command::Clocks),
            keyless("Color by service", Command::ColorBy(Coloring::Service)),
            keyless("Color by operation", Command::ColorBy(Coloring::Operation)),
            keyless("Color by kind", Command::ColorBy(Coloring::Kind)),
            keyless("Color by status", Command::ColorBy(Coloring::Status)),
            keyless("Service map of this trace", Command::TraceMap),
            keyless("Details of the span: show or hide", Command::Details),
            keyless("Export the span and all below it", Command::ExportSpan),
            keyless("Clear the selection: no span", Command::Deselect),
            keyless("Copy the trace id", Command::CopyTraceId),
            keyless("Copy the span id", Command::CopySpanId),
        ],
    },
    Group {
        title: "Flame graph",
        entries: &[
            there(&["↑", "↓"], "To the parent, to the widest child"),
            there(&["←", "→"], "Previous, next frame on the level"),
            there(&["Enter"], "Zoom to the frame"),
            there(&["Esc"], "Zoom out to the frame above"),
            there(&["a"], "Filter, exclude, group, color by it"),
            key(&["/"], "Highlight frames by name", Command::Highlight),
            key(&["0"], "Show the whole graph", Command::FitFlame),
            keyless("In time order", Command::Layout(FlameLayout::Time)),
            keyless("By total time", Command::Layout(FlameLayout::Total)),
            keyless("By self time", Command::Layout(FlameLayout::SelfTime)),
        ],
    },
    Group {
        title: "Service map",
        entries: &[
            there(&["←", "→", "↑", "↓"], "To the nearest node that way"),
            there(&["Enter"], "Details of the node"),
            there(&["a"], "Filter, exclude, group, color by it"),
            key(&["/"], "Find a node", Command::FindNode),
            key(&["f"], "Filter", Command::Filter),
            key(&["+"], "Zoom in", Command::ZoomIn),
            key(&["-"], "Zoom out", Command::ZoomOut),
            key(&["0"], "Fit the whole map", Command::FitMap),
            keyless("Show all nodes", Command::MapAll),
            keyless("The map as tables", Command::MapAsTable(true)),
            keyless("The map as a picture", Command::MapAsTable(false)),
        ],
    },
    Group {
        title: "Go to",
        entries: &[
            keyless("Traces", Command::Go(View::Traces)),
            keyless("Service map", Command::Go(View::Map)),
            keyless("Latency", Command::Go(View::Latency)),
            keyless("Flame graph of many traces", Command::Go(View::Flame)),
            keyless("Import report", Command::Go(View::Report)),
            keyless("OpenObserve: connect and search", Command::Go(View::OpenObserve)),
            keyless("Start page", Command::Go(View::Start)),
        ],
    },
    Group {
        title: "Look",
        entries: &[
            keyless("Theme: light", Command::Theme(Theme::Light)),
            keyless("Theme: dark", Command::Theme(Theme::Dark)),
            keyless("Theme: as the system has it", Command::Theme(Theme::System)),
            keyless("Times in UTC", Command::Zone(TimeZone::Utc)),
            keyless("Times in local time", Command::Zone(TimeZone::Local)),
        ],
    },
];

/// What a view can do while it is there.
struct Offer {
    number: u32,
    can: Box<dyn Fn(Command) -> bool>,
    act: Rc<dyn Fn(Command)>,
}

thread_local! {
    /// The latest last: a part of a view comes after the view.
    static OFFERS: RefCell<Vec<Offer>> = const { RefCell::new(Vec::new()) };
    static OFFERED: Cell<u32> = const { Cell::new(0) };
}

/// Offers what a view can do for as long as the view is there. `can` says whether there is anything for it to do now.
pub fn offer(can: impl Fn(Command) -> bool + 'static, act: impl Fn(Command) + 'static) {
    let number = OFFERED.get().wrapping_add(1);
    OFFERED.set(number);
    OFFERS.with_borrow_mut(|offers| offers.push(Offer { number, can: Box::new(can), act: Rc::new(act) }));
    on_cleanup(move || OFFERS.with_borrow_mut(|offers| offers.retain(|offer| offer.number != number)));
}

fn offered(command: Command) -> Option<Rc<dyn Fn(Command)>> {
    OFFERS.with_borrow(|offers| offers.iter().rev().find(|offer| (offer.can)(command)).map(|offer| Rc::clone(&offer.act)))
}

/// Whether a view can do it now.
pub fn is_of_view(command: Command) -> bool {
    offered(command).is_some()
}

/// Whether it can be done now.
pub fn can(app: AppState, command: Command) -> bool {
    offered(command).is_some() || can_anywhere(app, command)
}

/// Does it, if it can be done now.
pub fn run(app: AppState, command: Command) {
    match offered(command) {
        Some(act) => act(command),
        None if can_anywhere(app, command) => run_anywhere(app, command),
        None => {}
    }
}

/// Does what a key does here and now. False if it does nothing. What a view offers goes before what can be done everywhere.
pub fn press(app: AppState, key: &str) -> bool {
    // On the same key as plus and minus, and with Caps Lock.
    let other = match key {
        "=" => "+",
        "_" => "-",
        "F" => "f",
        key => key,
    };
    let entries = || GROUPS.iter().flat_map(|group| group.entries);
    let meant = |key: &str| {
        let commands: Vec<Command> =
            entries().filter(|entry| entry.keys.contains(&key)).filter_map(|entry| entry.command).collect();
        let found = commands.iter().find(|&&command| offered(command).is_some());
        found.or_else(|| commands.iter().find(|&&command| can_anywhere(app, command))).copied()
    };
    let found = meant(key).or_else(|| meant(other));
    if let Some(command) = found {
        run(app, command);
    }
    found.is_some()
}

fn filter_box() -> Option<HtmlElement> {
    document()?.get_element_by_id(FILTER_ID)?.dyn_into().ok()
}

fn can_anywhere(app: AppState, command: Command) -> bool {
    let has_data = || app.dataset.with_untracked(Option::is_some);
    let view = || app.route.with_untracked(|route| route.view);
    match command {
        Command::Help | Command::Palette | Command::Open | Command::OpenFolder | Command::Paste => true,
        Command::Export => has_data(),
        Command::Up => view() != View::Start,
        Command::Go(to) => view() != to && (has_data() || matches!(to, View::Start | View::OpenObserve)),
        Command::Theme(theme) => app.theme.with_untracked(|now| *now != theme),
        Command::Zone(zone) => app.time_zone.with_untracked(|now| *now != zone),
        Command::Filter => filter_box().is_some(),
        Command::ClearSelection => app.route.with_untracked(|route| route.view.is_of_selection() && !route.selection.is_all()),
        Command::Sort(_) | Command::Facets => view() == View::Traces && has_data(),
        _ => false,
    }
}

fn run_anywhere(app: AppState, command: Command) {
    match command {
        Command::Help => actions::toggle_sheet(app, Sheet::Help),
        Command::Palette => actions::toggle_sheet(app, Sheet::Palette),
        Command::Open => actions::show_open(app),
        Command::OpenFolder => file_inputs::pick_folder(),
        Command::Paste => actions::paste(app),
        Command::Export => export::show(app, None),
        Command::Facets => facets::toggle(),
        Command::Up => actions::go(app, View::Traces),
        Command::Go(view) => actions::go(app, view),
        Command::Theme(theme) => actions::set_theme(app, theme),
        Command::Zone(zone) => actions::set_time_zone(app, zone),
        Command::Filter => {
            if let Some(input) = filter_box() {
                // The box is on the page, so it can be focused.
                _ = input.focus();
            }
        }
        Command::ClearSelection => actions::clear_selection(app),
        Command::Sort(column) => actions::sort_traces(app, column),
        _ => {}
    }
}
