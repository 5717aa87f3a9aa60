//! The sheet.

use leptos::prelude::*;

use crate::browser::standalone;
use crate::protocol::{ExportChange, ExportFormat, ExportPreview, ExportRequest, ExportScope};
use crate::scene::format;
use crate::ui::parts::SheetFrame;
use crate::ui::reactive::{effect, show};
use crate::ui::state::{AppState, Sheet, use_app};

use super::formats;

/// The one choice that is no format of the engine's.
const PAGE: &str = "page";
/// Behind the names of formats that have a place for all that is written.
const NOTHING_LOST: &str = " – of spans and logs nothing is lost";
const PAGE_HINT: &str = "One file that opens in a browser, from disk and without a network, for whoever has no viewer.";

/// A part of the request that is on or off.
type Switch = fn(&mut ExportRequest) -> &mut bool;
/// A list of rules in the request.
type List = fn(&mut ExportRequest) -> &mut Vec<String>;

/// The sheet.
#[component]
pub fn ExportSheet() -> impl IntoView {
    let app = use_app();
    // It lives as long as this does.
    let _made = super::state();
    let open = Memo::new(move |_| app.sheet.get() == Some(Sheet::Export));
    effect(move |_| {
        if open.get() && app.epoch() != 0 {
            super::look(app);
        }
    });
    view! {
        <SheetFrame open title="Export" on_close=move |()| super::close(app)>
            {content(app)}
        </SheetFrame>
    }
    .into_any()
}

fn content(app: AppState) -> AnyView {
    let state = super::state();
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        super::save(app);
    };
    let is_writing = move || state.writing.with(Option::is_some);
    let is_empty = move || state.preview.with(|preview| preview.latest().is_none_or(|preview| preview.spans == 0));
    view! {
        <form class="export" data-testid="export" novalidate on:submit=submit>
            {show(move || super::part_words(app).map(|words| view! { <p class="export__part">{words}</p> }))}
            <fieldset class="export__what">
                <legend class="export__legend">"What"</legend>
                {show(choices)}
            </fieldset>
            {format_choice()}
            {show(marked)}
            {show(move || latest(losses))}
            <fieldset class="export__hide">
                <legend class="export__legend">"Hide"</legend>
                {switch("Personal data", |request| &mut request.redaction.personal)}
                {switch("Secrets", |request| &mut request.redaction.secrets)}
                {hash_switch()}
                {switch("Number masks, so that equal ones show", |request| &mut request.redaction.tells_equal)}
                <details class="export__rules">
                    <summary>"Rules of your own"</summary>
                    {rules("Leave out attributes", "http.request.header.*, internal.*", |request| &mut request.redaction.drop_keys)}
                    {rules("Mask values of attributes", "*.customer, tenant.id", |request| &mut request.redaction.mask_keys)}
                    {rules("Mask texts", "Acme Corp, project-x", |request| &mut request.redaction.mask_texts)}
                </details>
            </fieldset>
            {show(move || latest(changes))}
            {show(move || {
                state.preview.with(|preview| preview.failure().map(|failure| {
                    view! { <p class="export__failure" role="alert">{format!("{} {}", failure.headline, failure.remedy)}</p> }
                }))
            })}
            <div class="export__acts">
                {show(move || state.writing.get().map(|(_, spans)| progress(spans)))}
                <button class="button" type="button" on:click=move |_| super::close(app)>
                    "Cancel"
                </button>
                <button class="button button--primary" type="submit" disabled=move || is_writing() || is_empty()>
                    "Save"
                </button>
            </div>
        </form>
    }
    .into_any()
}

/// A part of the sheet that the preview tells.
fn latest(view: fn(&ExportPreview) -> AnyView) -> Option<AnyView> {
    super::state().preview.with(|preview| preview.latest().map(|preview| view(preview)))
}

fn choices() -> AnyView {
    let state = super::state();
    let choices = state.preview.with(|preview| preview.latest().map(|preview| preview.choices.clone()));
    let Some(choices) = choices else {
        return view! { <p class="export__hint">"Looking at the spans"</p> }.into_any();
    };
    let option = |(scope, spans, traces): (ExportScope, u64, u64)| {
        let many = if traces > 1 { format!(" in {}", format::counted(traces, "trace")) } else { String::new() };
        let count = format!("{}{many}", format::counted(spans, "span"));
        view! {
            <label class="choice__option">
                <input
                    type="radio"
                    name="export-what"
                    prop:checked=move || state.request.with(|request| request.scope == scope)
                    on:change=move |_| state.request.update(|request| request.scope = scope)
                />
                {formats::scope(scope)}
                <span class="export__count">{count}</span>
            </label>
        }
    };
    choices.into_iter().map(option).collect_view().into_any()
}

fn format_choice() -> AnyView {
    let state = super::state();
    let format = Memo::new(move |_| state.request.with(|request| request.format));
    let choose = move |event| {
        let value = event_target_value(&event);
        // What a page holds is the smallest of what has log records, too.
        let as_page = value == PAGE;
        state.as_page.set(as_page);
        let chosen = if as_page {
            ExportFormat::ALL.iter().position(|&format| format == ExportFormat::OtlpProtoFramed)
        } else {
            value.parse().ok()
        };
        let chosen = chosen.and_then(|at: usize| ExportFormat::ALL.get(at).copied());
        if let Some(format) = chosen {
            state.request.update(|request| request.format = format);
        }
    };
    let options = ExportFormat::ALL.into_iter().enumerate().map(|(at, format)| {
        let lossless = match format {
            ExportFormat::OtlpJson | ExportFormat::OtlpJsonLines | ExportFormat::OtlpProtoFramed => NOTHING_LOST,
            ExportFormat::OtlpProto => " – of spans nothing is lost",
            _ => "",
        };
        view! { <option value=at.to_string() selected=move || state.request.with_untracked(|request| request.format == format)>{formats::name(format)}{lossless}</option> }
    });
    view! {
        <div class="export__as">
            <label class="export__legend" for="export-format">"As"</label>
            <select id="export-format" class="field" on:change=choose>
                {options.collect_view()}
                {standalone::is_offered().then(|| view! { <option value=PAGE>"HTML page with its viewer"{NOTHING_LOST}</option> })}
            </select>
            {show(move || (!state.as_page.get()).then(|| switch("gzip", |request| &mut request.gzip)))}
            <p class="export__hint">{move || if state.as_page.get() { PAGE_HINT } else { formats::hint(format.get()) }}</p>
        </div>
    }
    .into_any()
}

fn check(words: &'static str, is_on: Signal<bool>, turn: Callback<()>) -> AnyView {
    view! {
        <label class="choice__option">
            <input type="checkbox" prop:checked=is_on on:change=move |_| turn.run(()) />
            {words}
        </label>
    }
    .into_any()
}

fn switch(words: &'static str, of: Switch) -> AnyView {
    let request = super::state().request;
    let is_on = Signal::derive(move || *of(&mut request.get()));
    check(words, is_on, Callback::new(move |()| request.update(|request| *of(request) ^= true)))
}

/// Whether pins and notes go along, where there are any.
fn marked() -> Option<AnyView> {
    let state = super::state();
    let marked = state.preview.with(|preview| preview.latest().map_or(0, |preview| preview.marked));
    let turn = Callback::new(move |()| state.with_notes.update(|with| *with = !*with));
    (marked > 0).then(|| {
        view! {
            <p class="export__notes">
                {check("With pins and notes", state.with_notes.into(), turn)}
                <span class="export__count">{format::count(marked)}</span>
            </p>
        }
        .into_any()
    })
}

fn hash_switch() -> AnyView {
    let request = super::state().request;
    let is_on = Signal::derive(move || request.with(|request| request.redaction.ids_key.is_some()));
    // The key of the file is drawn when it is written.
    let turn = Callback::new(move |()| {
        request.update(|request| {
            let key = &mut request.redaction.ids_key;
            *key = if key.is_some() { None } else { Some([0; 16]) };
        });
    });
    check("Ids, by hashing them", is_on, turn)
}

fn rules(words: &'static str, hint: &'static str, of: List) -> AnyView {
    let request = super::state().request;
    let change = move |event| {
        let text = event_target_value(&event);
        let rules = text.split(',').map(str::trim).filter(|rule| !rule.is_empty()).map(str::to_owned).collect();
        request.update(|request| *of(request) = rules);
    };
    let text = of(&mut request.get_untracked()).join(", ");
    view! {
        <label class="export__rule">
            {words}
            <input class="field" type="text" autocomplete="off" spellcheck="false" placeholder=hint value=text on:change=change />
        </label>
    }
    .into_any()
}

fn losses(preview: &ExportPreview) -> AnyView {
    if preview.losses.is_empty() {
        return view! { <p class="export__lossless" data-testid="export-losses">"Nothing is lost."</p> }.into_any();
    }
    let items = preview.losses.iter().map(|(count, words)| {
        view! { <li><span class="export__number">{format::count(*count)}</span>" "{words.clone()}</li> }
    });
    view! {
        <div class="export__losses" data-testid="export-losses">
            <p>"Not all of it fits into this format:"</p>
            <ul>{items.collect_view()}</ul>
        </div>
    }
    .into_any()
}

/// What is hidden: how often by which rule, and examples.
fn changes(preview: &ExportPreview) -> AnyView {
    if preview.rules.is_empty() {
        return ().into_any();
    }
    let rules = preview.rules.iter().map(|(words, hits)| {
        view! { <li>{words.clone()} " " <span class="export__number">{format::count(*hits)}</span></li> }
    });
    let row = |change: &ExportChange| {
        let after = match &change.after {
            Some(after) => view! { <td>{after.clone()}</td> }.into_any(),
            None => view! { <td class="export__gone">"left out"</td> }.into_any(),
        };
        view! { <tr><th scope="row">{change.place.clone()}</th><td>{change.before.clone()}</td>{after}</tr> }
    };
    let table = (!preview.changes.is_empty()).then(|| {
        view! {
            <div class="export__table" tabindex="0">
                <table>
                    <thead><tr><th scope="col">"Where"</th><th scope="col">"Before"</th><th scope="col">"After"</th></tr></thead>
                    <tbody>{preview.changes.iter().map(row).collect_view()}</tbody>
                </table>
            </div>
        }
    });
    view! {
        <div class="export__changes" data-testid="export-changes">
            <p>"Hidden:"</p>
            <ul>{rules.collect_view()}</ul>
            {table}
        </div>
    }
    .into_any()
}

fn progress(spans: u64) -> AnyView {
    let all = super::state().preview.with_untracked(|preview| preview.latest().map_or(0, |preview| preview.spans));
    let per_mille = spans.saturating_mul(1000).checked_div(all).unwrap_or(0);
    view! {
        <progress class="export__bar" aria-label="Written so far" max="1000" value=per_mille.to_string()></progress>
    }
    .into_any()
}
