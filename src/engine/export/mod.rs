//! An export: spans are looked at, then written, in steps; what is written goes over as soon as there is enough of it.
//!
//! ```text
//!   request ─▶ rows ─▶ survey (if anything is hidden, or only looked at) ─▶ write ─▶ pieces ─▶ the answer
//! ```

mod words;

use crate::encode::{Export, Format, MAX_RULES, Mark, Masks, Notes, Redaction, Rule, Shown, SpanRows, Survey, losses};
use crate::job::Outcome;
use crate::model::SpanIdx;
use crate::protocol::{
    Answer, Epoch, ExportChange, ExportFormat, ExportNote, ExportPreview, ExportRedaction, ExportRequest, ExportScope,
    ExportedView, Failure, OpenStage, Progress, Reply,
};

use super::{Engine, OpenData, present, views};
use crate::base::IdxRange;

/// Bytes in a piece, about: enough that few blobs are made, and little that is held twice.
const PIECE_BYTES: usize = 4 << 20;

/// An export under way.
pub(super) struct ExportJob {
    epoch: Epoch,
    request: ExportRequest,
    /// Whether it ends with what a file would be.
    is_preview: bool,
    /// What is marked of the rows.
    notes: Notes,
    stage: Stage,
}

enum Stage {
    Asked,
    Looking { rows: SpanRows, masks: Box<Masks>, survey: Box<Survey> },
    Writing { rows: SpanRows, masks: Option<Box<Masks>>, export: Box<Export>, piece: Vec<u8>, bytes: u64 },
    Over,
}

impl ExportJob {
    pub(super) fn new(epoch: Epoch, request: ExportRequest) -> Self {
        Self::asked(epoch, request, false)
    }

    pub(super) fn preview(epoch: Epoch, request: ExportRequest) -> Self {
        Self::asked(epoch, request, true)
    }

    fn asked(epoch: Epoch, request: ExportRequest, is_preview: bool) -> Self {
        Self { epoch, request, is_preview, notes: Notes::default(), stage: Stage::Asked }
    }

    /// What is written along of what is marked.
    fn notes(&self) -> Option<&Notes> {
        self.request.with_notes.then_some(&self.notes)
    }
}

impl Engine {
    /// Works on an export for as long as there is time.
    #[inline(never)]
    pub(super) fn step_export(&mut self, job: &mut ExportJob, has_time: &dyn Fn() -> bool) -> Outcome {
        let data = match self.open.as_mut() {
            None => Err(present::empty()),
            Some(data) if data.epoch != job.epoch => Err(present::stale(job.epoch, data.epoch)),
            Some(data) => Ok(data),
        };
        data.and_then(|data| step(data, job, has_time)).unwrap_or_else(|failure| Outcome::Done(Answer::Failed(failure)))
    }
}

fn step(data: &mut OpenData, job: &mut ExportJob, has_time: &dyn Fn() -> bool) -> Result<Outcome, Failure> {
    loop {
        job.stage = match std::mem::replace(&mut job.stage, Stage::Over) {
            Stage::Asked => begin(data, job)?,
            Stage::Looking { rows, mut masks, mut survey } => {
                if !survey.step(&data.dataset, &rows, &mut masks, has_time) {
                    let progress = progress(OpenStage::Looking, survey.done());
                    job.stage = Stage::Looking { rows, masks, survey };
                    return Ok(Outcome::Working(Some(progress)));
                }
                if job.is_preview {
                    return Ok(preview(data, job, &rows, &masks, *survey));
                }
                writing(data, job, rows, Some(masks))
            }
            Stage::Writing { rows, masks, mut export, mut piece, mut bytes } => {
                let shown = shown(data, masks.as_deref()).with_notes(job.notes());
                let is_over = loop {
                    let is_over = export.step(&shown, &rows, &mut piece);
                    if is_over || PIECE_BYTES <= piece.len() || !has_time() {
                        break is_over;
                    }
                };
                let spans = export.done();
                if is_over {
                    let view = ExportedView { spans, bytes: bytes + piece.len() as u64 };
                    return Ok(Outcome::Handing(Answer::Reply(Reply::Exported(view)), vec![piece]));
                }
                let progress = progress(OpenStage::Writing, spans);
                let full = if PIECE_BYTES <= piece.len() { std::mem::take(&mut piece) } else { Vec::new() };
                bytes += full.len() as u64;
                job.stage = Stage::Writing { rows, masks, export, piece, bytes };
                return Ok(if full.is_empty() {
                    Outcome::Working(Some(progress))
                } else {
                    Outcome::Passing(progress, vec![full])
                });
            }
            // Nobody asks for a step of what is over.
            Stage::Over => return Ok(Outcome::Done(Answer::Cancelled)),
        };
        if !has_time() {
            return Ok(Outcome::Working(None));
        }
    }
}

fn begin(data: &mut OpenData, job: &mut ExportJob) -> Result<Stage, Failure> {
    let rows = rows(data, &job.request, job.request.scope)?;
    job.notes = Notes::find(&data.dataset, &rows, job.request.notes.iter().map(mark));
    let redaction = redaction(&job.request.redaction);
    if MAX_RULES < redaction.rules.len() {
        return Err(present::too_many_rules(redaction.rules.len(), MAX_RULES));
    }
    if redaction.is_none() && !job.is_preview {
        return Ok(writing(data, job, rows, None));
    }
    let mut masks = Box::new(Masks::new(&redaction, &data.dataset));
    let mut survey = Box::new(Survey::new(&data.dataset, &masks));
    if job.request.with_notes {
        survey.look_at_notes(&mut job.notes, &mut masks);
    }
    Ok(Stage::Looking { rows, masks, survey })
}

fn mark(note: &ExportNote) -> Mark<'_> {
    let ExportNote { trace_id, span_id, is_pinned, note } = note;
    Mark { trace_id, span_id, is_pinned: *is_pinned, note }
}

fn writing(data: &OpenData, job: &ExportJob, rows: SpanRows, masks: Option<Box<Masks>>) -> Stage {
    let shown = shown(data, masks.as_deref()).with_notes(job.notes());
    let export = Box::new(Export::new(format_of(job.request.format), job.request.gzip, &shown));
    Stage::Writing { rows, masks, export, piece: Vec::new(), bytes: 0 }
}

fn shown<'a>(data: &'a OpenData, masks: Option<&'a Masks>) -> Shown<'a> {
    masks.map_or_else(|| Shown::plain(&data.dataset), |masks| Shown::through(&data.dataset, masks))
}

const fn progress(stage: OpenStage, spans: u64) -> Progress {
    Progress { stage, source: String::new(), bytes: 0, bytes_total: None, spans }
}

/// The rows that a scope means.
fn rows(data: &mut OpenData, request: &ExportRequest, scope: ExportScope) -> Result<SpanRows, Failure> {
    let OpenData { dataset, caches, .. } = data;
    Ok(match scope {
        ExportScope::Subtree => {
            let span = request.span.unwrap_or(u32::MAX);
            let end = dataset.spans.subtree_end.row(SpanIdx(span)).copied().ok_or_else(|| present::no_span(&span.to_string()))?;
            SpanRows::range(IdxRange::new(span, end))
        }
        ExportScope::Trace => {
            let trace_id = request.trace_id.as_deref().unwrap_or_default();
            let trace = dataset.find_trace_by_text(trace_id).ok_or_else(|| present::no_trace(trace_id))?;
            SpanRows::of_traces(dataset, &[trace])
        }
        ExportScope::Traces => SpanRows::of_traces(dataset, &views::select(dataset, caches, &request.selection).traces),
        ExportScope::Spans => {
            let selected = views::select(dataset, caches, &request.selection);
            match &selected.spans {
                Some(spans) => SpanRows::of_set(dataset, &selected.traces, spans),
                None => SpanRows::of_traces(dataset, &selected.traces),
            }
        }
        ExportScope::Everything => SpanRows::all(dataset),
    })
}

/// What could be written, where it is there and not the same as what comes after it.
fn choices(data: &mut OpenData, request: &ExportRequest) -> Vec<(ExportScope, u64, u64)> {
    let mut choices = Vec::new();
    let mut add = |data: &mut OpenData, scope| {
        if let Ok(rows) = rows(data, request, scope) {
            choices.push((scope, rows.len(), rows.traces(&data.dataset)));
        }
    };
    if request.span.is_some() {
        add(data, ExportScope::Subtree);
    }
    if request.trace_id.is_some() {
        add(data, ExportScope::Trace);
    }
    if !request.selection.is_all() {
        add(data, ExportScope::Traces);
        if views::select(&data.dataset, &mut data.caches, &request.selection).spans.is_some() {
            add(data, ExportScope::Spans);
        }
    }
    add(data, ExportScope::Everything);
    choices
}

/// What is marked, where the format has no place for it.
fn notes_left_out(job: &ExportJob) -> Option<(u64, String)> {
    let has_place = matches!(
        format_of(job.request.format),
        Format::OtlpJson | Format::OtlpJsonLines | Format::OtlpProto | Format::OtlpProtoFramed
    );
    let marked = job.notes().map_or(0, Notes::marked);
    (!has_place && marked != 0).then(|| (marked, "pins and notes, for which only OTLP has a place".to_owned()))
}

fn preview(data: &mut OpenData, job: &ExportJob, rows: &SpanRows, masks: &Masks, survey: Survey) -> Outcome {
    let findings = survey.finish();
    let rules: Vec<&Rule> = masks.rules().collect();
    let hit = rules.iter().zip(&findings.hits).filter(|(_, hits)| **hits != 0);
    let mut hits: Vec<(String, u64)> = hit.map(|(rule, &hits)| (words::rule(rule), hits)).collect();
    if findings.facts.ids_hashed != 0 {
        hits.push(("Ids, hashed".to_owned(), findings.facts.ids_hashed));
    }
    let preview = ExportPreview {
        choices: choices(data, &job.request),
        spans: rows.len(),
        losses: losses(format_of(job.request.format), &findings.facts)
            .into_iter()
            .map(|loss| (loss.count, loss.words.to_owned()))
            .chain(notes_left_out(job))
            .collect(),
        rules: hits,
        changes: findings
            .changes
            .into_iter()
            .map(|change| ExportChange {
                place: if change.key.is_empty() { words::place(change.place).to_owned() } else { change.key },
                before: change.before,
                after: change.after,
            })
            .collect(),
        marked: job.notes.marked(),
    };
    Outcome::Done(Answer::Reply(Reply::ExportPreview(Box::new(preview))))
}

fn redaction(asked: &ExportRedaction) -> Redaction {
    let mut rules = Vec::new();
    if asked.secrets {
        rules.extend(Rule::SECRETS);
    }
    if asked.personal {
        rules.extend(Rule::PERSONAL);
    }
    rules.extend(asked.drop_keys.iter().cloned().map(Rule::DropKey));
    rules.extend(asked.mask_keys.iter().cloned().map(Rule::MaskKey));
    rules.extend(asked.mask_texts.iter().cloned().map(Rule::MaskText));
    Redaction { rules, ids_key: asked.ids_key, tells_equal: asked.tells_equal }
}

const fn format_of(format: ExportFormat) -> Format {
    match format {
        ExportFormat::OtlpJson => Format::OtlpJson,
        ExportFormat::OtlpJsonLines => Format::OtlpJsonLines,
        ExportFormat::OtlpProto => Format::OtlpProto,
        ExportFormat::OtlpProtoFramed => Format::OtlpProtoFramed,
        ExportFormat::Jaeger => Format::Jaeger,
        ExportFormat::Zipkin => Format::Zipkin,
        ExportFormat::Chrome => Format::Chrome,
        ExportFormat::Csv => Format::Csv,
        ExportFormat::Mermaid => Format::Mermaid,
    }
}
