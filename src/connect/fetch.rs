//! All spans of a trace: pages of rows, as the server wrote them.
//!
//! A server gives a trace by time and id, at most so many rows at once, and does not say when there are more. So pages are
//! asked for until one is not full, and what more than one page brought is counted again by the server. The time is widened
//! beyond what is known of it: the list of traces knows only the spans inside the window that was searched.

use std::collections::VecDeque;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::answer::{self, Beside, Body, FAR_FUTURE, integer};
use super::client::{Client, Patience, Question, SPANS_LIMIT};
use super::rows::{Cell, SqlQuery};
use super::search;
use super::sql::{self, Asking};
use super::trouble::Trouble;
use crate::protocol::{Failure, FailureCode, FetchTraceRequest, FetchedView};
use crate::scene::format;

/// Rows of a page: what OpenObserve's own viewer asks for.
const PAGE_ROWS: u32 = 50_000;
/// Pages, at most: more spans than any browser holds.
const MAX_PAGES: u32 = 1_000;
/// How far around its known spans a trace is looked for, microseconds: an hour.
const FAR_AROUND: u64 = 3_600_000_000;
/// The same where the stream does not allow so much: what OpenObserve's own viewer takes.
const NEAR_AROUND: u64 = 10_000;

/// Fetches a trace: what is to be said of it, and the bodies of the answers, each followed by a line break.
pub(super) async fn trace(client: &Client, request: &FetchTraceRequest) -> Result<(FetchedView, Vec<u8>), Failure> {
    let Some(trace_id) = search::trace_id(&request.trace_id) else {
        return Err(Failure {
            code: FailureCode::BadQuery,
            headline: "This is no trace id.".to_owned(),
            detail: "Expected 32 hex digits.".to_owned(),
            remedy: "Copy the id again; of a traceparent it is the second part.".to_owned(),
        });
    };
    let mut fetch = Fetch { client, trace_id, view: FetchedView::default(), spans: Vec::new() };
    match fetch.run(request.window).await {
        Ok(Found::Here) => Ok((fetch.view, fetch.spans)),
        Ok(Found::Nowhere { elsewhere, cut }) => Err(fetch.not_found(&elsewhere, cut)),
        Err(trouble) => Err(trouble.failure()),
    }
}

/// What came of looking for a trace.
enum Found {
    Here,
    Nowhere {
        /// Other streams that have spans of it.
        elsewhere: Vec<String>,
        /// The server looked only in a part of the time.
        cut: bool,
    },
}

struct Fetch<'a> {
    client: &'a Client,
    trace_id: String,
    view: FetchedView,
    /// Bodies of answers.
    spans: Vec<u8>,
}

/// A page of spans.
struct Page {
    body: Vec<u8>,
    marks: Marks,
    /// The rows that the server would have given, at most.
    size: Option<u64>,
    beside: Beside,
}

impl Fetch<'_> {
    async fn run(&mut self, hint: Option<(u64, u64)>) -> Result<Found, Trouble> {
        let mut windows: VecDeque<(u64, u64)> = hint.into_iter().flat_map(around).collect();
        let mut elsewhere = Vec::new();
        let mut is_looked_up = false;
        let mut is_cut = false;
        loop {
            let Some(window) = windows.pop_front() else {
                if is_looked_up {
                    return Ok(Found::Nowhere { elsewhere, cut: is_cut });
                }
                is_looked_up = true;
                let (known, others) = self.look_up().await;
                elsewhere = others;
                windows.extend(known.into_iter().flat_map(around));
                windows.push_back((1, FAR_FUTURE));
                continue;
            };
            let page = self.page(window, 0).await?;
            is_cut |= page.beside.cut_to.is_some();
            // A server that shortens the question may have dropped the very time that was meant: ask for less.
            let may_lack = page.beside.cut_to.is_some() && !windows.is_empty();
            if page.marks.rows == 0 || may_lack {
                continue;
            }
            self.pages(window, page).await;
            return Ok(Found::Here);
        }
    }

    /// Takes in the first page, and asks for all others. What has come is kept, whatever happens then.
    async fn pages(&mut self, window: (u64, u64), first: Page) {
        let mut page = first;
        loop {
            let is_full = u64::from(PAGE_ROWS) <= page.marks.rows;
            let is_short = page.size.is_some_and(|size| size < u64::from(PAGE_ROWS) && size <= page.marks.rows);
            let goes_on = page.marks.rows != 0 && (is_full || is_short || page.beside.is_capped);
            let marks = self.take(page);
            if !goes_on {
                break;
            }
            if self.view.pages == MAX_PAGES {
                self.view.remarks.push(format!("Only the first {} spans were asked for.", format::count(self.view.rows)));
                break;
            }
            page = match self.page(window, self.view.rows).await {
                Ok(page) => page,
                Err(trouble) => {
                    let from = format::count(self.view.rows + 1);
                    let why = trouble.brief();
                    self.view.remarks.push(format!("Spans from the {from}th on are missing, if there are any: {why}."));
                    break;
                }
            };
            if page.marks.rows != 0 && page.marks == marks {
                let rows = format::counted(self.view.rows, "span");
                self.view
                    .remarks
                    .push(format!("The server gives the same page again and again; only its first {rows} are here."));
                break;
            }
            if page.marks.rows == 0 {
                // Nothing but what it says beside is of interest.
                self.remark(&page.beside);
                break;
            }
        }
        if self.view.pages > 1 {
            self.verify(window).await;
        }
    }

    fn take(&mut self, page: Page) -> Marks {
        let Page { mut body, marks, beside, .. } = page;
        self.remark(&beside);
        self.view.rows += marks.rows;
        self.view.pages += 1;
        body.push(b'\n');
        if self.spans.is_empty() {
            self.spans = body;
        } else {
            self.spans.append(&mut body);
        }
        marks
    }

    fn remark(&mut self, beside: &Beside) {
        for remark in &beside.remarks {
            if !self.view.remarks.contains(remark) {
                self.view.remarks.push(remark.clone());
            }
        }
    }

    async fn page(&self, window: (u64, u64), from: u64) -> Result<Page, Trouble> {
        let client = self.client;
        // Pages need a total order: spans may well start in the same nanosecond.
        let sql = format!("SELECT * {} ORDER BY start_time, span_id", self.from_where(&client.stream));
        let body = sql::body(&sql, window, from, PAGE_ROWS);
        let path = ["api", &client.org, "_search"];
        let received = self.spans.len() as u64;
        let question = Question {
            body: Some(&body),
            limit: SPANS_LIMIT.saturating_sub(received),
            before: (received, self.view.rows),
            ..Question::get(&path, &[("type", "traces")], "spans")
        };
        let body = client.ask(question).await?;
        let answer: Body<Marks> = answer::read(client, &body, "spans of a trace")?;
        let beside = answer.beside(client, window);
        Ok(Page { size: integer(&answer.size), marks: answer.hits, beside, body })
    }

    fn from_where(&self, stream: &str) -> String {
        format!("FROM {} WHERE trace_id = {}", sql::name(stream), sql::text(&self.trace_id))
    }

    /// Has the server count what it gave in several pages.
    async fn verify(&mut self, window: (u64, u64)) {
        let sql = format!("SELECT count(*) AS n {}", self.from_where(&self.client.stream));
        let query = SqlQuery { sql, window, size: 1 };
        let before = (self.spans.len() as u64, self.view.rows);
        let asking = Asking { patience: Patience::None, what: "the number of spans", before };
        let answer = sql::ask(self.client, &query, asking).await;
        let n = match answer.ok().and_then(|answer| answer.rows.first().and_then(|row| row.get("n")).cloned()) {
            Some(Cell::Integer(n)) => u64::try_from(n).ok(),
            _ => None,
        };
        let rows = self.view.rows;
        if let Some(n) = n.filter(|&n| n > rows) {
            let (counted, missing) = (format::counted(n, "span"), format::count(n - rows));
            self.view
                .remarks
                .push(format!("The server counts {counted}, but gave only {}: {missing} are missing.", format::count(rows)));
        }
    }

    /// The time of the trace and the other streams that have it, from the server's own index of traces. Not every version has
    /// one, so whatever goes wrong means only that nothing is known.
    async fn look_up(&self) -> (Option<(u64, u64)>, Vec<String>) {
        let client = self.client;
        let sql = format!(
            "SELECT stream_name, min(_timestamp) AS first_us, max(_timestamp) AS last_us {} GROUP BY stream_name",
            self.from_where("trace_list_index")
        );
        let body = sql::body(&sql, (1, FAR_FUTURE), 0, 100);
        let path = ["api", &client.org, "_search"];
        let question = Question {
            body: Some(&body),
            patience: Patience::None,
            ..Question::get(&path, &[("type", "metadata")], "the time of the trace")
        };
        let Ok(bytes) = client.ask(question).await else { return (None, Vec::new()) };
        let Ok(answer) = answer::read::<Body<Vec<IndexRow>>>(client, &bytes, "rows of an index") else {
            return (None, Vec::new());
        };
        let mut window: Option<(u64, u64)> = None;
        let mut elsewhere = Vec::new();
        for row in answer.hits {
            let (Some(first), Some(last)) = (row.first_us.or(row.timestamp), row.last_us.or(row.timestamp)) else { continue };
            if row.stream_name == client.stream {
                window = Some(window.map_or((first, last), |window| (window.0.min(first), window.1.max(last))));
            } else if elsewhere.len() < 10 {
                elsewhere.push(client.words(&row.stream_name));
            }
        }
        elsewhere.sort_unstable();
        elsewhere.dedup();
        (window, elsewhere)
    }

    fn not_found(&self, elsewhere: &[String], cut: bool) -> Failure {
        let mut detail = format!("The stream “{}” has no span of trace {}", self.client.stream, self.trace_id);
        if cut {
            detail.push_str(" in the time that the server lets one query span");
        }
        detail.push('.');
        let remedy = if elsewhere.is_empty() {
            "It may not have arrived yet, be older than the server keeps, or be in another stream.".to_owned()
        } else {
            format!("Choose another stream in the connection: it is in {}.", elsewhere.join(", "))
        };
        Failure { code: FailureCode::NotFound, headline: "The server does not have this trace.".to_owned(), detail, remedy }
    }
}

/// The windows to look in, given when spans start: a wide one, and one for streams that do not allow it.
fn around((first, last): (u64, u64)) -> [(u64, u64); 2] {
    let (first, last) = (first.min(last), first.max(last));
    [FAR_AROUND, NEAR_AROUND].map(|by| {
        let start = first.saturating_sub(by).clamp(1, FAR_FUTURE - 1);
        // The end of a window is not in it.
        (start, last.saturating_add(by).saturating_add(1).clamp(start + 1, FAR_FUTURE))
    })
}

#[derive(Deserialize)]
struct IndexRow {
    stream_name: String,
    #[serde(default)]
    first_us: Option<u64>,
    #[serde(default)]
    last_us: Option<u64>,
    #[serde(default, rename = "_timestamp")]
    timestamp: Option<u64>,
}

/// How many rows there are, and which are the outermost: enough to tell a page from the next one.
#[derive(Debug, Default, PartialEq, Eq)]
struct Marks {
    rows: u64,
    first: Option<RowMark>,
    last: Option<RowMark>,
}

/// The span that a row is of.
#[derive(Clone, Debug, PartialEq, Eq)]
struct RowMark(Option<String>);

impl<'de> Deserialize<'de> for Marks {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Rows;

        impl<'de> Visitor<'de> for Rows {
            type Value = Marks;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of rows")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Marks, A::Error> {
                let mut marks = Marks::default();
                while let Some(row) = seq.next_element::<RowMark>()? {
                    marks.rows += 1;
                    if marks.rows == 1 {
                        marks.first = Some(row);
                    } else {
                        marks.last = Some(row);
                    }
                }
                Ok(marks)
            }
        }

        deserializer.deserialize_seq(Rows)
    }
}

impl<'de> Deserialize<'de> for RowMark {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Columns;

        impl<'de> Visitor<'de> for Columns {
            type Value = RowMark;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a row of columns")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RowMark, A::Error> {
                let mut mark = RowMark(None);
                while let Some(column) = map.next_key::<String>()? {
                    if column == "span_id" {
                        mark.0 = map.next_value::<serde_json::Value>()?.as_str().map(str::to_owned);
                    } else {
                        map.next_value::<IgnoredAny>()?;
                    }
                }
                Ok(mark)
            }
        }

        deserializer.deserialize_map(Columns)
    }
}
