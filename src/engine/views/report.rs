//! The data set in numbers and names, and the import report.

use crate::base::StrId;
use crate::engine::{OpenData, portion};
use crate::model::{Dataset, FindingKind, Severity, Source, StatusCode};
use crate::protocol::{self, DatasetView, FindingExample, FindingView, MoreSources, ReportView, ServiceView, SourceView, Totals};

/// Sources in a report, at most: more than anybody reads.
const MAX_SOURCES: usize = 500;

/// The data set in numbers and names.
pub(in crate::engine) fn dataset_view(data: &OpenData) -> DatasetView {
    let dataset = &data.dataset;
    let traces = &dataset.traces;
    let starts = || traces.start.as_slice().iter().copied().filter(|&start| start != 0);
    DatasetView {
        epoch: data.epoch,
        totals: data.totals,
        start: starts().min(),
        end: starts().max().and_then(|_| traces.end.as_slice().iter().copied().max()),
        longest_trace: traces.key.iter().map(|(trace, _)| traces.duration(trace)).max().unwrap_or(0),
        services: dataset
            .services
            .spans
            .iter()
            .map(|(service, &spans)| (dataset.service_name(service), spans))
            .chain(data.told.extra_names().map(|name| (name, 0)))
            .zip(&data.palette)
            .map(|((name, spans), &color)| ServiceView { name: name.to_owned(), color, spans: u64::from(spans) })
            .collect(),
        found: data.told.listed.len() as u64,
        sources: dataset
            .report
            .sources
            .as_slice()
            .iter()
            .filter(|source| !source.is_member)
            .map(|source| source.name.clone())
            .collect(),
        findings_lost: dataset.report.count_of(Severity::DataLoss),
        findings_repaired: dataset.report.count_of(Severity::Repaired),
        part: portion::part_view(&dataset.report),
    }
}

/// The import report.
pub(in crate::engine) fn report(data: &OpenData) -> ReportView {
    let report = &data.dataset.report;
    let sources = report.sources.as_slice();
    let more = sources.get(MAX_SOURCES..).unwrap_or_default();
    ReportView {
        totals: data.totals,
        sources: sources.iter().take(MAX_SOURCES).map(source_view).collect(),
        more: MoreSources {
            count: more.len() as u64,
            bytes: more.iter().map(|source| source.bytes).sum(),
            spans: more.iter().map(|source| source.spans).sum(),
        },
        findings: report
            .findings()
            .map(|(kind, finding)| FindingView {
                kind: kind.slug().to_owned(),
                severity: severity(kind.severity()),
                count: finding.count,
                summary: kind.summary().to_owned(),
                remedy: kind.remedy().to_owned(),
                examples: finding
                    .examples
                    .iter()
                    .map(|example| FindingExample {
                        source: report.sources.row(example.source).map(|source| source.name.clone()).unwrap_or_default(),
                        offset: example.offset,
                        line: example.line,
                        path: example.path.clone(),
                        note: example.note.clone(),
                    })
                    .collect(),
            })
            .collect(),
    }
}

/// What the data set holds, counted.
pub(in crate::engine) fn totals(dataset: &Dataset) -> Totals {
    let (spans, traces, report) = (&dataset.spans, &dataset.traces, &dataset.report);
    let sum = |column: &[u32]| column.iter().map(|&count| u64::from(count)).sum();
    let sum_sources = |count: fn(&Source) -> u64| report.sources.as_slice().iter().map(count).sum();
    Totals {
        spans: spans.len() as u64,
        traces: traces.len() as u64,
        services: dataset.services.name.as_slice().iter().filter(|&&name| name != StrId::EMPTY).count() as u64,
        errors: spans.status.as_slice().iter().filter(|&&status| status == StatusCode::Error).count() as u64,
        roots: sum(traces.roots.as_slice()),
        orphans: sum(traces.orphans.as_slice()),
        events: spans.events.as_slice().iter().map(|events| u64::from(events.len())).sum(),
        links: spans.links.as_slice().iter().map(|links| u64::from(links.len())).sum(),
        merged: report.count(FindingKind::DuplicateSpan) + report.count(FindingKind::ConflictingSpan),
        repaired: report.count_of(Severity::Repaired),
        skipped: report.count_of(Severity::DataLoss),
        log_records: sum_sources(|source| source.log_records),
        metric_points: sum_sources(|source| source.metric_points),
        bytes: sum_sources(|source| if source.is_member { 0 } else { source.bytes }),
        bytes_stored: dataset.heap_bytes() as u64,
    }
}

fn source_view(source: &Source) -> SourceView {
    SourceView {
        name: source.name.clone(),
        bytes: source.bytes,
        bytes_inflated: source.bytes_inflated,
        format: source.format.clone(),
        spans: source.spans,
        log_records: source.log_records,
        metric_points: source.metric_points,
    }
}

const fn severity(severity: Severity) -> protocol::Severity {
    match severity {
        Severity::Info => protocol::Severity::Info,
        Severity::Repaired => protocol::Severity::Repaired,
        Severity::DataLoss => protocol::Severity::DataLoss,
    }
}
