//! The import report: what was read, what was odd about it, and what to do about that.

use std::fmt::Write as _;

use leptos::prelude::*;

use crate::link::Slot;
use crate::protocol::{FindingExample, FindingView, MoreSources, Reply, ReportView, Request, Severity, SourceView, Totals};
use crate::scene::format;
use crate::ui::reactive::{effect, show};

use super::actions;
use super::failure_panel::FailureNote;
use super::parts::{Glyph, Icon};
use super::remote::Remote;
use super::state::{AppState, use_app};

/// The page.
#[component]
pub fn ReportPage() -> impl IntoView {
    let app = use_app();
    let report: RwSignal<Remote<ReportView>> = RwSignal::new(Remote::Idle);
    effect(move |_| {
        if app.epoch() > 0 {
            app.ask_into(Slot::Report, Request::Report, report, |reply| match reply {
                Reply::Report(report) => Some(report),
                _ => None,
            });
        }
    });
    view! {
        <div class="report">
            {show(move || {
                report
                    .with(|report| match (report.latest(), report.failure()) {
                        (Some(report), _) => Some(content(app, report)),
                        (None, Some(failure)) => {
                            let failure = failure.clone();
                            Some(view! { <FailureNote failure>""</FailureNote> }.into_any())
                        }
                        (None, None) => None,
                    })
            })}
        </div>
    }
    .into_any()
}

fn content(app: AppState, report: &ReportView) -> AnyView {
    let text = as_text(report);
    view! {
        <header class="report__head">
            <h1 class="report__title">"Import report"</h1>
            <button class="button" type="button" on:click=move |_| actions::copy_text(app, "Report", &text)>
                <Icon glyph=Glyph::Copy />
                "Copy as text"
            </button>
        </header>
        {figures(&report.totals)}
        {beside_traces(&report.totals)}
        <section class="report__part">
            <h2 class="report__heading">
                "Findings"
            </h2>
            {findings(&report.findings)}
        </section>
        <section class="report__part">
            <h2 class="report__heading">
                "Sources"
            </h2>
            {sources(report)}
        </section>
    }
    .into_any()
}

/// The counts, each with its name.
fn named(totals: &Totals) -> [(&'static str, u64); 11] {
    [
        ("Spans", totals.spans),
        ("Traces", totals.traces),
        ("Services", totals.services),
        ("Error spans", totals.errors),
        ("Root spans", totals.roots),
        ("Orphans", totals.orphans),
        ("Events", totals.events),
        ("Links", totals.links),
        ("Merged", totals.merged),
        ("Repaired", totals.repaired),
        ("Skipped", totals.skipped),
    ]
}

fn figures(totals: &Totals) -> AnyView {
    let figures = named(totals).map(|(name, number)| {
        view! {
            <div class="report__figure" data-zero=(number == 0).to_string()>
                <dt>{name}</dt>
                <dd>{format::count(number)}</dd>
            </div>
        }
    });
    let memory = (totals.bytes_stored > 0)
        .then(|| format!("{} read, {} held in memory", format::bytes(totals.bytes), format::bytes(totals.bytes_stored)));
    view! {
        <dl class="report__figures">{figures.collect_view()}</dl>
        <p class="report__memory">{memory}</p>
    }
    .into_any()
}

/// What was read beside spans.
fn beside_traces(totals: &Totals) -> Option<AnyView> {
    let mut kinds = Vec::new();
    if totals.log_records > 0 {
        kinds.push(format::counted(totals.log_records, "log record"));
    }
    if totals.metric_points > 0 {
        kinds.push(format::counted(totals.metric_points, "metric data point"));
    }
    (!kinds.is_empty()).then(|| {
        view! {
            <p class="report__beside">
                <Icon glyph=Glyph::Info />
                <span>{format!("{} read. Spanwise shows traces: log records and exemplars that name a trace are shown in it, the rest is counted.", kinds.join(" and "))}</span>
            </p>
        }
        .into_any()
    })
}

fn findings(findings: &[FindingView]) -> AnyView {
    if findings.is_empty() {
        return view! {
            <p class="report__clean">
                <Icon glyph=Glyph::Check />
                "Everything was read as it stands. Nothing was repaired, nothing was skipped."
            </p>
        }
        .into_any();
    }
    let list = findings.iter().map(finding).collect_view();
    view! { <ul class="report__findings">{list}</ul> }.into_any()
}

const fn severity(severity: Severity) -> (&'static str, &'static str, Glyph) {
    match severity {
        Severity::DataLoss => ("data-loss", "Skipped", Glyph::Warning),
        Severity::Repaired => ("repaired", "Repaired", Glyph::Check),
        Severity::Info => ("info", "Worth knowing", Glyph::Info),
    }
}

fn finding(finding: &FindingView) -> impl IntoView + use<> {
    let (name, words, glyph) = severity(finding.severity);
    let shown = finding.examples.len() as u64;
    let more = (finding.count > shown && shown > 0).then(|| format!("The first {} of {}.", shown, format::count(finding.count)));
    let examples = finding.examples.iter().map(example).collect_view();
    let summary = format!("{} {}", format::count(finding.count), finding.summary);
    let (kind, slug, remedy) = (finding.kind.clone(), finding.kind.clone(), finding.remedy.clone());
    view! {
        <li class="report__finding" data-severity=name data-kind=slug>
            <Icon glyph />
            <div class="report__words">
                <p class="report__summary">
                    <strong>{summary}</strong>
                    <span class="badge">{words}</span>
                    <code class="report__kind">{kind}</code>
                </p>
                <p class="report__remedy">{remedy}</p>
                {(shown > 0)
                    .then(|| {
                        view! {
                            <details class="report__details">
                                <summary>{if shown == 1 { "Example".to_owned() } else { format!("{shown} examples") }}</summary>
                                <ul class="report__examples">{examples}</ul>
                                <p class="report__remedy">{more}</p>
                            </details>
                        }
                    })}
            </div>
        </li>
    }
}

fn example(example: &FindingExample) -> impl IntoView + use<> {
    let (place, path, note) = (place(example), example.path.clone(), example.note.clone());
    view! {
        <li class="report__example">
            <span>{note}</span>
            <code class="report__path">{path}</code>
            <span class="report__place">{place}</span>
        </li>
    }
}

/// Where an example is: line or byte, and source.
fn place(example: &FindingExample) -> String {
    let mut parts = Vec::new();
    if let Some(line) = example.line {
        parts.push(format!("line {}", format::count(line)));
    }
    if let Some(offset) = example.offset {
        parts.push(format!("byte {}", format::count(offset)));
    }
    if !example.source.is_empty() {
        parts.push(example.source.clone());
    }
    parts.join(", ")
}

fn sources(report: &ReportView) -> AnyView {
    let rows = report.sources.iter().map(|source: &SourceView| {
        let inflated = (source.bytes_inflated != source.bytes && source.bytes_inflated > 0)
            .then(|| format!(" → {}", format::bytes(source.bytes_inflated)));
        let mut others = Vec::new();
        if source.log_records > 0 {
            others.push(format::counted(source.log_records, "log record"));
        }
        if source.metric_points > 0 {
            others.push(format::counted(source.metric_points, "metric point"));
        }
        view! {
            <tr>
                <th scope="row" class="report__source">
                    {source.name.clone()}
                </th>
                <td>{source.format.clone()}</td>
                <td class="report__number">{format::bytes(source.bytes)}{inflated}</td>
                <td class="report__number">{format::count(source.spans)}</td>
                <td>{others.join(", ")}</td>
            </tr>
        }
    });
    view! {
        <div class="report__scroll" role="region" aria-label="Sources" tabindex="0">
            <table class="report__table">
                <thead>
                    <tr>
                        <th scope="col">"Name"</th>
                        <th scope="col">"Format"</th>
                        <th scope="col" class="report__number">
                            "Size"
                        </th>
                        <th scope="col" class="report__number">
                            "Spans"
                        </th>
                        <th scope="col">"Beside spans"</th>
                    </tr>
                </thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
            {more_words(report.more).map(|words| view! { <p class="report__rest" data-testid="more-sources">{words}</p> })}
        </div>
    }
    .into_any()
}

/// What the sources come to that are not listed.
fn more_words(more: MoreSources) -> Option<String> {
    let MoreSources { count, bytes, spans } = more;
    (count > 0).then(|| {
        let (count, spans) = (format::counted(count, "more source"), format::counted(spans, "span"));
        format!("And {count} with {} and {spans} in all.", format::bytes(bytes))
    })
}

/// The report as plain text, for an issue or a chat.
fn as_text(report: &ReportView) -> String {
    let mut text = format!("Spanwise {} import report\n\n", env!("CARGO_PKG_VERSION"));
    // Writing to a string cannot fail.
    for (name, number) in named(&report.totals) {
        _ = writeln!(text, "{name}: {number}");
    }
    text.push_str("\nFindings\n");
    for finding in &report.findings {
        let (_, words, _) = severity(finding.severity);
        _ = writeln!(text, "- {} {} ({words}, {})", finding.count, finding.summary, finding.kind);
        _ = writeln!(text, "  {}", finding.remedy);
        for example in &finding.examples {
            _ = writeln!(text, "  · {} {} ({})", example.note, example.path, place(example));
        }
    }
    text.push_str("\nSources\n");
    for source in &report.sources {
        _ = writeln!(text, "- {}: {}, {} bytes, {} spans", source.name, source.format, source.bytes, source.spans);
    }
    if let Some(words) = more_words(report.more) {
        _ = writeln!(text, "{words}");
    }
    text
}
