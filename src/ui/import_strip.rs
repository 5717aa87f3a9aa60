//! An import that is under way: how far it is, and the way to stop it.

use leptos::prelude::*;

use crate::protocol::OpenStage;
use crate::scene::format;
use crate::ui::reactive::show;

use super::actions;
use super::state::{Import, use_app};

/// The strip, which is there only while something is being read.
#[component]
pub fn ImportStrip() -> impl IntoView {
    let app = use_app();
    let under_way = Memo::new(move |_| app.import.with(Option::is_some));
    move || {
        {
            under_way.get().then(|| {
                let import = move || app.import.get();
                view! {
                    <section class="import-strip" aria-label="Reading">
                        <progress
                            class="import-strip__bar"
                            aria-label="Read so far"
                            max="1000"
                            value=move || per_mille(import().as_ref())
                        ></progress>
                        <p class="import-strip__what">{show(move || import().map(|import| what(&import)))}</p>
                        <p class="import-strip__numbers">{show(move || import().map(|import| numbers(&import)))}</p>
                        <button class="button" type="button" on:click=move |_| actions::cancel_open(app)>
                            "Cancel"
                        </button>
                    </section>
                }
            })
        }
        .into_any()
    }
}

/// How far it is, in thousandths; `None` where nobody knows, which the bar shows as such.
fn per_mille(import: Option<&Import>) -> Option<String> {
    let progress = import?.progress.as_ref()?;
    match (progress.stage, progress.bytes_total) {
        (OpenStage::Reading | OpenStage::Seeking, Some(total)) if total > 0 => {
            Some((progress.bytes.min(total).saturating_mul(1000) / total).to_string())
        }
        _ => None,
    }
}

fn what(import: &Import) -> String {
    match import.progress.as_ref() {
        Some(progress) if progress.stage == OpenStage::Linking => "Building the trees".to_owned(),
        Some(progress) if progress.stage == OpenStage::Seeking => {
            format!("{}, first of two times: looking for errors", verb(import, &progress.source))
        }
        Some(progress) if !progress.source.is_empty() => verb(import, &progress.source),
        Some(_) | None => verb(import, &import.what),
    }
}

fn verb(import: &Import, what: &str) -> String {
    if import.address.is_some() { format!("Fetching {what}") } else { format!("Reading {what}") }
}

fn numbers(import: &Import) -> String {
    let Some(progress) = &import.progress else {
        return String::new();
    };
    let bytes = match progress.bytes_total {
        Some(total) => format!("{} of {}", format::bytes(progress.bytes), format::bytes(total)),
        None => format::bytes(progress.bytes),
    };
    if progress.stage == OpenStage::Seeking {
        return bytes;
    }
    format!("{bytes} · {}", format::counted(progress.spans, "span"))
}
