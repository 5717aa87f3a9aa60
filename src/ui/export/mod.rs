//! What is open, given back as a file: the sheet that asks what, as what and what is hidden, and says what would be lost.

mod formats;
pub mod sheet;

pub use sheet::ExportSheet;

use std::cell::OnceCell;
use std::sync::Arc;

use leptos::prelude::*;
use leptos::task::spawn_local;
use web_sys::Blob;

use crate::browser::{download, random, standalone};
use crate::link::Slot;
use crate::protocol::{Answer, ExportFormat, ExportPreview, ExportRequest, ExportScope, ExportedView, Reply, Request, RequestId};
use crate::route::View;
use crate::scene::format;

use super::actions;
use super::notes;
use super::remote::Remote;
use super::state::{AppState, Manner, Sheet};

/// What the sheet goes by; made once, so that what was chosen last is there again.
#[derive(Clone, Copy)]
struct ExportState {
    /// What is asked for.
    request: RwSignal<ExportRequest>,
    /// Whether the viewer comes along: one HTML file, of OTLP protobuf.
    as_page: RwSignal<bool>,
    /// What it would be.
    preview: RwSignal<Remote<ExportPreview>>,
    /// Whether pins and notes are written along.
    with_notes: RwSignal<bool>,
    /// The export that is being written, with the spans so far.
    writing: RwSignal<Option<(RequestId, u64)>>,
}

impl Default for ExportState {
    fn default() -> Self {
        Self {
            request: RwSignal::new(ExportRequest { gzip: true, ..ExportRequest::default() }),
            as_page: RwSignal::new(false),
            with_notes: RwSignal::new(true),
            preview: RwSignal::new(Remote::Idle),
            writing: RwSignal::new(None),
        }
    }
}

thread_local! {
    /// Beside the page's state, which is handed around by value and as large as it may be.
    static STATE: OnceCell<ExportState> = const { OnceCell::new() };
}

/// Made by the sheet, which is there as long as the page is.
fn state() -> ExportState {
    STATE.with(|state| *state.get_or_init(ExportState::default))
}

/// Shows the sheet for what the page shows: a trace, of which `span` is selected, or the list.
pub fn show(app: AppState, span: Option<u32>) {
    show_for(app, span, None);
}

/// Shows the sheet for a span and all below it.
pub fn show_span(app: AppState, span: u32) {
    show_for(app, Some(span), Some(ExportScope::Subtree));
}

fn show_for(app: AppState, span: Option<u32>, scope: Option<ExportScope>) {
    if app.dataset.with_untracked(Option::is_none) {
        return;
    }
    let (trace_id, selection) = app
        .route
        .with_untracked(|route| ((route.view == View::Trace).then(|| route.trace.trace_id.clone()), route.selection.clone()));
    let scope = match (scope, &trace_id) {
        (Some(scope), _) => scope,
        (None, Some(_)) => ExportScope::Trace,
        (None, None) if !selection.is_all() => ExportScope::Traces,
        (None, None) => ExportScope::Everything,
    };
    state().request.update(|request| {
        request.scope = scope;
        request.span = span;
        request.trace_id = trace_id;
        request.selection = selection;
    });
    app.sheet.set(Some(Sheet::Export));
}

/// Gives up on what is being written, and takes the sheet away.
fn close(app: AppState) {
    cancel(app);
    actions::close_sheet_of(app, Sheet::Export);
}

fn cancel(app: AppState) {
    let writing = state().writing.try_update(Option::take).flatten();
    if let (Some((id, _)), Some(port)) = (writing, app.port.get_value()) {
        port.cancel(id);
    }
}

/// Asks again what the file would be.
fn look(app: AppState) {
    let mut request = state().request.get();
    (request.notes, request.with_notes) = (notes::to_export(), state().with_notes.get());
    // It changes nothing of what is shown, and is drawn anew for the file.
    request.redaction.ids_key = request.redaction.ids_key.map(|_| [0; 16]);
    let request = Request::PreviewExport(Box::new(request));
    app.ask_into(Slot::ExportPreview, request, state().preview, |reply| match reply {
        Reply::ExportPreview(preview) => Some(*preview),
        _ => None,
    });
}

/// Writes the file, and offers it to be saved.
fn save(app: AppState) {
    let mut request = state().request.get_untracked();
    (request.notes, request.with_notes) = (untrack(notes::to_export), state().with_notes.get_untracked());
    let as_page = state().as_page.get_untracked();
    if as_page {
        (request.format, request.gzip) = (ExportFormat::OtlpProtoFramed, true);
    }
    if request.redaction.ids_key.is_some() {
        request.redaction.ids_key = random::key();
        if request.redaction.ids_key.is_none() {
            app.announce("The browser gives no random numbers, without which ids cannot be hashed.", Manner::Shown);
            return;
        }
    }
    let Some(port) = app.port.get_value() else {
        return;
    };
    let is_part = app.dataset.with_untracked(|dataset| dataset.as_ref().is_some_and(|dataset| dataset.part.is_some()));
    let name = formats::file_name(&request, is_part);
    let media_type = formats::media_type(&request);
    let state = state();
    let id = port.ask_long(
        Slot::Other,
        Request::Export(Box::new(request)),
        move |progress| state.writing.update(|writing| *writing = writing.map(|(id, _)| (id, progress.spans))),
        move |answer, blobs| {
            state.writing.set(None);
            match answer {
                Answer::Reply(Reply::Exported(view)) if as_page => offer_page(app, &name, &blobs, view),
                Answer::Reply(Reply::Exported(view)) => offer(app, &name, media_type, &blobs, view),
                Answer::Failed(failure) => app.announce(failure.headline, Manner::Shown),
                Answer::Reply(_) | Answer::Cancelled => {}
            }
        },
    );
    state.writing.set(Some((id, 0)));
}

/// Puts the viewer and the data under `data_name` into one file, and offers that.
fn offer_page(app: AppState, data_name: &str, blobs: &[Blob], view: ExportedView) {
    let made = standalone::make(blobs, data_name);
    let name = format!("{}.html", data_name.split('.').next().unwrap_or("spans"));
    spawn_local(async move {
        let words = match made {
            Ok(file) => file.await,
            Err(words) => Err(words),
        };
        match words {
            Ok(file) if download::blob(&name, &file) => {
                actions::close_sheet_of(app, Sheet::Export);
                app.announce(format!("{} saved with their viewer", format::counted(view.spans, "span")), Manner::Shown);
            }
            Ok(_) => app.announce("The browser refused to save the file.", Manner::Shown),
            Err(words) => app.announce(format!("The page could not be saved: {words}"), Manner::Shown),
        }
    });
}

fn offer(app: AppState, name: &str, media_type: &str, blobs: &[Blob], view: ExportedView) {
    if !download::blobs(name, media_type, blobs) {
        app.announce("The browser refused to save the file.", Manner::Shown);
        return;
    }
    actions::close_sheet_of(app, Sheet::Export);
    let words = format!("{} saved in {}", format::counted(view.spans, "span"), format::bytes(view.bytes));
    app.announce(words, Manner::Shown);
}

/// What is missing from what is open, if it is a part.
fn part_words(app: AppState) -> Option<String> {
    app.dataset.with(|dataset| {
        let dataset: &Arc<_> = dataset.as_ref()?;
        let part = dataset.part.as_ref()?;
        Some(format!("A part is open, and only that is saved: {}.", super::portion::loaded(app, dataset, part)))
    })
}
