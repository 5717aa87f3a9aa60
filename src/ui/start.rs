//! The start page: what this is, and every way to open something.

use leptos::html;
use leptos::prelude::*;
use web_sys::SubmitEvent;

use crate::route::View;
use crate::scene::format;
use crate::ui::reactive::show;

use super::actions;
use super::file_inputs;
use super::parts::{Glyph, Icon};
use super::samples::{SAMPLES, Sample};
use super::state::{AppState, use_app};

/// The page.
#[component]
pub fn StartPage() -> impl IntoView {
    let app = use_app();
    view! {
        <div class="start">
            <div class="start__intro">
                <h1 class="start__title">"Read distributed traces, right here"</h1>
                <p class="start__lead">
                    "Spanwise opens OpenTelemetry exports and shows every trace in them as a waterfall, with every detail of every span. "
                    <strong>"Nothing you open leaves this browser."</strong>
                </p>
            </div>
            {show(move || pending(app))} <Ways /> {show(move || app.dataset.with(Option::is_some).then(|| resume(app)))}
            <Accepted />
        </div>
    }
    .into_any()
}

/// The address names a place in data that is not open.
fn pending(app: AppState) -> Option<AnyView> {
    let what = app.route.with(|route| match route.view {
        View::Start | View::OpenObserve => None,
        View::Traces | View::Map | View::Latency | View::Flame | View::Report => {
            Some("This address shows part of a data set.".to_owned())
        }
        View::Trace => Some(format!("This address shows trace {}.", route.trace.trace_id)),
    })?;
    (app.dataset.with(Option::is_none) && app.import.with(Option::is_none)).then(|| {
        view! {
            <p class="start__pending">
                <Icon glyph=Glyph::Info />
                <span>{what} " The data itself is never in an address: open the file that holds it, and it is shown."</span>
            </p>
        }
        .into_any()
    })
}

fn resume(app: AppState) -> impl IntoView {
    let traces = app.dataset.with(|dataset| dataset.as_ref().map_or(0, |dataset| dataset.totals.traces));
    view! {
        <p class="start__resume">
            <button class="button" type="button" on:click=move |_| actions::go(app, View::Traces)>
                {format!("Back to the {} that are open", format::counted(traces, "trace"))}
                <Icon glyph=Glyph::ChevronRight />
            </button>
        </p>
    }
}

/// Every way to open something.
#[component]
pub fn Ways() -> impl IntoView {
    let app = use_app();
    let address = NodeRef::<html::Input>::new();
    let submitted = move |event: SubmitEvent| {
        event.prevent_default();
        if let Some(address) = address.get_untracked() {
            actions::open_addresses(app, &[address.value()], app.open_mode.get_untracked());
        }
    };
    view! {
        <div class="ways">
            <button class="ways__drop" type="button" on:click=move |_| file_inputs::pick_files()>
                <Icon glyph=Glyph::Files />
                <span class="ways__drop-title">"Drop trace files here, or choose them"</span>
                <span class="ways__drop-note">"Anywhere on the page will do, at any time. Several files become one data set."</span>
            </button>
            <div class="ways__row">
                <button class="button" type="button" on:click=move |_| file_inputs::pick_files()>
                    <Icon glyph=Glyph::Files />
                    "Files…"
                </button>
                <button class="button" type="button" on:click=move |_| file_inputs::pick_folder()>
                    <Icon glyph=Glyph::Folder />
                    "Folder…"
                </button>
                <button class="button" type="button" on:click=move |_| actions::paste(app)>
                    <Icon glyph=Glyph::Paste />
                    "Paste"
                </button>
                <button class="button" type="button" on:click=move |_| actions::go(app, View::OpenObserve)>
                    <Icon glyph=Glyph::Search />
                    "OpenObserve…"
                </button>
                <form class="ways__address" on:submit=submitted>
                    <label class="visually-hidden" for="open-address">
                        "Address to fetch"
                    </label>
                    <input
                        id="open-address"
                        class="field"
                        type="text"
                        inputmode="url"
                        autocomplete="off"
                        spellcheck="false"
                        placeholder="https://… address of an export"
                        node_ref=address
                    />
                    <button class="button" type="submit">
                        <Icon glyph=Glyph::Link />
                        "Fetch"
                    </button>
                </form>
            </div>
            <section class="ways__samples" aria-label="Samples">
                <h2 class="ways__heading">"Or look at a sample"</h2>
                <ul class="ways__list">{SAMPLES.iter().map(|sample| sample_card(app, sample)).collect_view()}</ul>
            </section>
        </div>
    }
    .into_any()
}

fn sample_card(app: AppState, sample: &'static Sample) -> impl IntoView {
    view! {
        <li>
            <button
                class="ways__sample"
                type="button"
                data-sample=sample.name
                on:click=move |_| actions::open_sample(app, sample, app.open_mode.get_untracked())
            >
                <span class="ways__sample-title">{sample.title}</span>
                <span class="ways__sample-about">{sample.about}</span>
            </button>
        </li>
    }
}

/// What can be read.
#[component]
fn Accepted() -> impl IntoView {
    view! {
        <section class="accepted" aria-labelledby="accepted-title">
            <h2 id="accepted-title" class="accepted__title">
                "What it reads"
            </h2>
            <dl class="accepted__list">
                <div>
                    <dt>"OTLP JSON"</dt>
                    <dd>"One document, one per line, or several in a row: what the Collector’s file exporter and most SDKs write"</dd>
                </div>
                <div>
                    <dt>"OTLP protobuf"</dt>
                    <dd>"A bare message, or the Collector’s length-prefixed stream"</dd>
                </div>
                <div>
                    <dt>"Jaeger, Zipkin and others"</dt>
                    <dd>"Tempo and Grafana, SDK console output, X-Ray, Datadog, Elastic APM, CSV of spans; OTLP logs and exemplars beside them"</dd>
                </div>
                <div>
                    <dt>"gzip, zstd, zip and tar"</dt>
                    <dd>"Of any of these. What a file is shows in its content, whatever its name"</dd>
                </div>
            </dl>
        </section>
    }
    .into_any()
}
