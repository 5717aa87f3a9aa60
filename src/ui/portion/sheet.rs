//! The sheet that offers a part: how much there is, how much fits, and what to load of it.

use leptos::prelude::*;

use crate::protocol::{Excess, Portion};
use crate::scene::format::{self, TimeDigits};
use crate::scene::parse;
use crate::ui::actions;
use crate::ui::parts::SheetFrame;
use crate::ui::server::fields::{self, Field, Mistake};
use crate::ui::state::{AppState, Sheet, TimeZone, use_app};

use super::{Terms, load, terms};

/// The fields' names in the page.
const SHARE: &str = "part-share";
const FIRST: &str = "part-first";
const FROM: &str = "part-from";
const TO: &str = "part-to";

/// What is offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Offer {
    Share,
    First,
    Time,
    Errors,
    All,
}

/// The sheet.
#[component]
pub fn PortionSheet() -> impl IntoView {
    let app = use_app();
    let open = Memo::new(move |_| app.sheet.get() == Some(Sheet::Portion));
    let title = Signal::derive(move || if open.get() && terms(app).is_forced { "This is more than fits" } else { "Load a part" });
    view! {
        <SheetFrame open title on_close=move |()| actions::close_sheet_of(app, Sheet::Portion)>
            {move || content(app, terms(app))}
        </SheetFrame>
    }
    .into_any()
}

fn content(app: AppState, Terms { excess, is_forced }: Terms) -> AnyView {
    let chosen = RwSignal::new(Offer::Share);
    let mistake: Mistake = RwSignal::new(None);
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        match read(app, chosen.get_untracked()) {
            Ok(portion) => load(app, portion),
            Err(wrong) => {
                fields::focus(wrong.0);
                mistake.set(Some((wrong.0, wrong.1.to_owned())));
            }
        }
    };
    let first = if excess.spans_fit == 0 { 100_000 } else { excess.spans_fit };
    let number = |id: &str, label, value: u64| {
        let value = value.to_string();
        fields::field(Field { id: id.to_owned(), label, kind: "number", value, ..Field::default() }, mistake)
    };
    let time = |id: &str, label, nanos: u64| {
        let value = if nanos == 0 { String::new() } else { local_text(app, nanos) };
        fields::field(Field { id: id.to_owned(), label, kind: "datetime-local", value, ..Field::default() }, mistake)
    };
    let zone = match app.time_zone.get_untracked() {
        TimeZone::Local => "local time",
        TimeZone::Utc => "UTC",
    };
    let times = format!("Spans that run at some time of it, its ends included, in {zone}. Traces may be cut.");
    // The last second that was seen is part of the range.
    let end = if excess.end == 0 { 0 } else { excess.end.saturating_add(999_999_999) };
    let share = number(SHARE, "One in so many traces", u64::from(excess.fitting_share()));
    let first = number(FIRST, "So many spans", first);
    let times_fields = view! {
        {time(FROM, "From", excess.start)}
        {time(TO, "To", end)}
    };
    view! {
        <form class="part" novalidate on:submit=submit>
            {(is_forced || excess.spans > 0).then(|| how_much(excess, is_forced))}
            <fieldset class="part__offers">
                <legend class="part__legend">"What to load"</legend>
                {offer(chosen, Offer::Share, "A share of the traces", "Each of them whole, and the same ones from every file.", share)}
                {offer(chosen, Offer::First, "The first spans", "In the order of the files. Traces may be cut.", first)}
                {offer(chosen, Offer::Time, "A time range", times, times_fields.into_any())}
                {offer(
                    chosen,
                    Offer::Errors,
                    "Traces with errors",
                    "Each of them whole. The files are read twice, the first time to find them.",
                    ().into_any(),
                )}
                {(!is_forced).then(|| offer(chosen, Offer::All, "Everything", "If it fits.", ().into_any()))}
            </fieldset>
            <div class="part__acts">
                <button class="button" type="button" on:click=move |_| actions::close_sheet(app)>
                    "Cancel"
                </button>
                <button class="button button--primary" type="submit">
                    "Load"
                </button>
            </div>
        </form>
    }
    .into_any()
}

/// How much there is, and how much of it fits, with what that goes by.
fn how_much(excess: Excess, is_forced: bool) -> AnyView {
    let Excess { sources_bytes, needed_bytes, limit_bytes, held_bytes, read_bytes, spans, spans_fit, .. } = excess;
    if !is_forced {
        return view! { <p class="part__lead">{format!("There are {}.", format::counted(spans, "span"))}</p> }.into_any();
    }
    let about = if spans > 0 { format!(", about {}", format::counted(spans, "span")) } else { String::new() };
    let fit = if spans_fit > 0 { format!(" About {} fit.", format::counted(spans_fit, "span")) } else { String::new() };
    let lead = format!("There are {} to read{about}.{fit}", format::bytes(sources_bytes));
    let held = if held_bytes > 0 {
        format!(", {} of it taken by what is open until the new data is there", format::bytes(held_bytes))
    } else {
        String::new()
    };
    let basis = if read_bytes > 0 {
        format!(", going by the first {}", format::bytes(read_bytes))
    } else {
        ", going by the size".to_owned()
    };
    let memory = format!(
        "All of it needs about {} of memory{basis}; this browser has {}{held}.",
        format::bytes(needed_bytes),
        format::bytes(limit_bytes)
    );
    view! {
        <p class="part__lead">{lead}</p>
        <p class="part__hint">{memory}</p>
    }
    .into_any()
}

/// One of the choices; its fields are there while it is chosen.
fn offer(chosen: RwSignal<Offer>, offer: Offer, words: &'static str, hint: impl Into<String>, fields: AnyView) -> AnyView {
    view! {
        <div class="part__offer">
            <label class="choice__option">
                <input
                    type="radio"
                    name="part"
                    prop:checked=move || chosen.get() == offer
                    on:change=move |_| chosen.set(offer)
                />
                {words}
            </label>
            <p class="part__hint">{hint.into()}</p>
            <div class="part__fields" hidden=move || chosen.get() != offer>
                {fields}
            </div>
        </div>
    }
    .into_any()
}

/// What the fields say, or which of them says nothing that can be loaded.
fn read(app: AppState, offer: Offer) -> Result<Portion, (&'static str, &'static str)> {
    const NUMBER: &str = "Expected a number from 1 up";
    Ok(match offer {
        Offer::All => Portion::All,
        Offer::Errors => Portion::Errors,
        Offer::Share => match fields::value(SHARE).parse() {
            Ok(one_in) if one_in > 0 => Portion::Share { one_in },
            _ => return Err((SHARE, NUMBER)),
        },
        Offer::First => match fields::value(FIRST).parse() {
            Ok(spans) if spans > 0 => Portion::First { spans },
            _ => return Err((FIRST, NUMBER)),
        },
        Offer::Time => {
            let time = |id| untrack(|| parse::civil_at(&fields::value(id), |nanos| app.zone_offset_minutes(nanos)));
            let wrong = "Expected a date and a time";
            let from = time(FROM).ok_or((FROM, wrong))?;
            let to = time(TO).ok_or((TO, wrong))?;
            if to < from {
                return Err((TO, "Expected a time after the first one"));
            }
            Portion::Time { from, to }
        }
    })
}

/// A time as the browser's field has it, to the second.
fn local_text(app: AppState, nanos: u64) -> String {
    let offset = untrack(|| app.zone_offset_minutes(nanos));
    format::absolute(nanos, offset, TimeDigits::Seconds).replace(' ', "T")
}
