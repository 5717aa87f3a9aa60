//! The open data set, and the one door to all that is asked about it: a request in, exactly one answer out.
//!
//! ```text
//!   request ─▶ begin ─▶ Job ─▶ step, step, … ─▶ answer
//!                        ▲ bytes of sources, for an import
//! ```
//! A question is answered in one step: what takes a pass over all rows is kept in caches, so that a window costs what is in it.
//! An import takes as many steps as its bytes do, and an export as its spans do; the open data set answers questions meanwhile,
//! and dropping the job leaves everything as it was.
//!
//! *Invariants.* Knows no worker, no message and no clock: bytes come in through [`Input`], and whether there is time left for
//! more is asked of whoever runs the step.

mod caches;
mod export;
mod memory;
mod open;
mod palette;
mod portion;
mod present;
mod rehearsal;
mod told;
mod views;

pub use crate::job::{Help, Input, Outcome, SourceError};
pub use palette::SLOTS;
pub use rehearsal::{REHEARSAL_TURNS, rehearse};

use caches::Caches;
use export::ExportJob;
use open::OpenJob;
use told::Told;

use crate::model::{Batch, Dataset, ImportReport};
use crate::protocol::{Answer, DatasetView, Epoch, Failure, FoundRequest, Reply, Request, Totals};

/// Answers requests.
#[derive(Debug, Default)]
pub struct Engine {
    /// The generation of the last data set that was opened.
    epoch: Epoch,
    open: Option<OpenData>,
}

/// The open data set, with what is computed from it.
#[derive(Debug)]
struct OpenData {
    epoch: Epoch,
    dataset: Dataset,
    totals: Totals,
    /// Traces that a server tells of.
    told: Told,
    /// The palette slot of each service, also of those that only a server tells of.
    palette: Vec<u8>,
    caches: Caches,
}

/// Both kinds of traces: those whose spans are here, and those that a server tells of.
#[derive(Clone, Copy)]
struct Both<'a> {
    dataset: &'a Dataset,
    told: &'a Told,
}

/// A request under way. Dropping it gives it up and leaves no trace.
pub struct Job(Work);

enum Work {
    Ask { epoch: Epoch, request: Request },
    Open(Box<OpenJob>),
    Export(Box<ExportJob>),
}

impl Engine {
    /// Takes a request on. Does no work yet.
    pub fn begin(&mut self, epoch: Epoch, request: Request) -> Job {
        Job(match request {
            Request::Open(request) => Work::Open(Box::new(OpenJob::new(request))),
            Request::PreviewExport(request) => Work::Export(Box::new(ExportJob::preview(epoch, *request))),
            Request::Export(request) => Work::Export(Box::new(ExportJob::new(epoch, *request))),
            request => Work::Ask { epoch, request },
        })
    }

    /// Works on a job for as long as `has_time` says so, give or take an indivisible piece of work.
    pub fn step(&mut self, job: &mut Job, has_time: &dyn Fn() -> bool) -> Outcome {
        match &mut job.0 {
            Work::Open(open) => self.step_open(open, has_time),
            Work::Export(export) => self.step_export(export, has_time),
            Work::Ask { epoch, request } => Outcome::Done(match self.answer(*epoch, request) {
                Ok(reply) => Answer::Reply(reply),
                Err(failure) => Answer::Failed(failure),
            }),
        }
    }

    /// Hands a job what it waited for.
    pub fn input(&mut self, job: &mut Job, input: Input) {
        match &mut job.0 {
            Work::Open(open) => open.input(input),
            Work::Export(_) | Work::Ask { .. } => {}
        }
    }

    /// Reads a slice of a source for another engine, whose import hands it out: see [`Help::Slice`].
    pub fn read_slice(start: u32, bytes: &[u8]) -> Vec<u8> {
        crate::decode::read_slice(start, bytes)
    }

    /// Answers a question at once; an import is none.
    fn answer(&mut self, epoch: Epoch, request: &Request) -> Result<Reply, Failure> {
        match request {
            Request::Close => {
                self.open = None;
                return Ok(Reply::Closed);
            }
            Request::Found(request) => return Ok(Reply::Opened(self.found(request))),
            Request::Crash => return Err(crash()),
            _ => {}
        }
        let data = self.open.as_mut().ok_or_else(present::empty)?;
        if data.epoch != epoch {
            return Err(present::stale(epoch, data.epoch));
        }
        let OpenData { dataset, told, palette, caches, .. } = data;
        Ok(match request {
            Request::Open(_) | Request::PreviewExport(_) | Request::Export(_) | Request::Close | Request::Crash => Reply::Closed,
            Request::Report => Reply::Report(views::report(data)),
            Request::Traces(request) => Reply::Traces(views::traces(Both { dataset, told }, caches, request)),
            Request::Scatter(request) => Reply::Scatter(views::scatter(Both { dataset, told }, caches, request)),
            Request::Trace { trace_id } => Reply::Trace(views::trace(dataset, caches, trace_id)?),
            Request::Rows(request) => Reply::Rows(views::rows(dataset, palette, caches, request)?),
            Request::Minimap(request) => Reply::Minimap(views::minimap(dataset, palette, caches, request)?),
            Request::Locate(request) => Reply::Locate(views::locate(dataset, caches, request)?),
            Request::Step(request) => Reply::Step(views::step(dataset, caches, request)?),
            Request::Span { span, log } => Reply::Span(Box::new(views::span(dataset, caches, *span, *log)?)),
            Request::Map(request) => Reply::Map(views::map(dataset, caches, request)?),
            Request::MapDetail(request) => Reply::MapDetail(Box::new(views::map_detail(dataset, caches, request)?)),
            Request::Latency(request) => Reply::Latency(Box::new(views::latency(dataset, palette, caches, request))),
            Request::Red(request) => Reply::Red(Box::new(views::red(dataset, caches, request))),
            Request::Critical(request) => Reply::Critical(views::critical(dataset, caches, request)?),
            Request::Flame(request) => Reply::Flame(views::flame(dataset, caches, request)?),
            Request::Table(request) => Reply::Table(views::table(dataset, caches, request)?),
            Request::Legend(request) => Reply::Legend(views::legend(dataset, palette, request)?),
            Request::Found(_)
            | Request::Connect(_)
            | Request::Search(_)
            | Request::FetchTrace(_)
            | Request::Columns(_)
            | Request::Values(_)
            | Request::OnServer(_) => return Err(present::not_mine()),
            Request::Logs(request) => Reply::Logs(views::logs(dataset, caches, request)?),
            Request::Resolve(request) => Reply::Resolved(views::resolve(dataset, request)),
            Request::Keys(request) => Reply::Keys(views::keys(dataset, request)?),
            Request::Query(request) => Reply::Query(views::query(dataset, caches, request)),
            Request::Rewrite(request) => Reply::Rewritten(views::rewritten(dataset, request)),
            Request::Facets(request) => Reply::Facets(views::facets(dataset, palette, caches, request)),
            Request::Series(request) => Reply::Series(Box::new(views::series(dataset, palette, caches, request)?)),
            Request::Text(request) => Reply::Text(views::text(dataset, request)?),
        })
    }

    /// Takes in what a server tells of. The spans stay what they are, and so does all that was computed from them.
    fn found(&mut self, request: &FoundRequest) -> DatasetView {
        let Some(data) = &mut self.open else {
            let mut told = Told::default();
            told.take(request);
            return self.adopt_beside(Dataset::seal(Batch::default(), ImportReport::default()), told);
        };
        self.epoch = self.epoch.wrapping_add(1).max(1);
        data.epoch = self.epoch;
        data.told.take(request);
        data.palette = data.told.settle(&data.dataset);
        data.caches.lists = caches::Recent::default();
        views::dataset_view(data)
    }

    /// Puts a data set in the place of the open one.
    pub fn adopt(&mut self, dataset: Dataset) -> DatasetView {
        self.adopt_beside(dataset, Told::default())
    }

    /// Puts a data set in the place of the open one, beside what a server told of.
    fn adopt_beside(&mut self, dataset: Dataset, mut told: Told) -> DatasetView {
        self.epoch = self.epoch.wrapping_add(1).max(1);
        let data = OpenData {
            epoch: self.epoch,
            totals: views::totals(&dataset),
            palette: told.settle(&dataset),
            told,
            caches: Caches::default(),
            dataset,
        };
        let view = views::dataset_view(&data);
        self.open = Some(data);
        view
    }
}

#[cold]
#[expect(clippy::panic, reason = "the crash path needs something to test it with")]
fn crash() -> Failure {
    panic!("crashed on request")
}
