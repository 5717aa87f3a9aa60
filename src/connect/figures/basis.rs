//! On what figures stand: the server's own words, what was cut, and the services that they name.

use std::collections::BTreeMap;

use crate::base::len_u32;
use crate::connect::rows::SqlAnswer;
use crate::protocol::{ServerBasis, ServiceView};
use crate::scene::palette::slot_of_text;

/// Remarks of an answer, at most: a server may say anything.
const REMARKS_MAX: usize = 20;
/// Longer remarks of a server are cut.
const REMARK_CHARS_MAX: usize = 500;

/// What is gathered on the way.
#[derive(Debug, Default)]
pub(super) struct Basis {
    services: Vec<ServiceView>,
    by_name: BTreeMap<String, u32>,
    queries: u32,
    took_millis: u64,
    scanned: u64,
    remarks: Vec<String>,
    /// Cells that were not what was asked for.
    odd: u64,
    /// How many rows each of the questions that were asked last takes.
    sizes: Vec<usize>,
}

impl Basis {
    /// Notes what is asked.
    pub(super) fn asked(&mut self, questions: &[(String, usize)]) {
        self.sizes = questions.iter().map(|(_, size)| *size).collect();
    }

    /// Notes what answers say beside their rows.
    pub(super) fn take(&mut self, answers: &[SqlAnswer]) {
        for answer in answers {
            self.queries += 1;
            self.took_millis = self.took_millis.saturating_add(answer.took_millis);
            self.scanned = self.scanned.saturating_add(answer.scanned);
            for remark in &answer.remarks {
                self.remark(remark.chars().take(REMARK_CHARS_MAX).collect());
            }
            if answer.cut_to.is_some() {
                self.remark("The server shortened the time range, so the figures are of a part of it".to_owned());
            }
        }
    }

    /// Says something, once.
    pub(super) fn remark(&mut self, remark: String) {
        if self.remarks.len() < REMARKS_MAX && !self.remarks.contains(&remark) {
            self.remarks.push(remark);
        }
    }

    /// Says several things.
    pub(super) fn remarks(&mut self, remarks: Vec<String>) {
        for remark in remarks {
            self.remark(remark);
        }
    }

    /// Says that there may be more than came, where as many rows came as the question takes. `answer` is its place among those
    /// that were asked last.
    pub(super) fn note_cut(&mut self, answer: usize, rows: usize, what: &str) {
        // A question for one row is for all together.
        if self.sizes.get(answer).is_some_and(|&size| 1 < size && size <= rows) {
            self.remark(format!("There are {rows} {what} or more; what comes after the first {rows} is left out"));
        }
    }

    /// Counts a row that was passed over.
    pub(super) fn note_odd(&mut self) {
        self.odd += 1;
    }

    /// The position of a service, which so becomes one of those that are named.
    pub(super) fn service(&mut self, name: &str) -> u32 {
        if let Some(&at) = self.by_name.get(name) {
            return at;
        }
        let at = len_u32(self.services.len());
        self.by_name.insert(name.to_owned(), at);
        self.services.push(ServiceView { name: name.to_owned(), color: slot_of_text(name), spans: 0 });
        at
    }

    /// The name at a position.
    pub(super) fn name(&self, service: u32) -> &str {
        let service = usize::try_from(service).unwrap_or(usize::MAX);
        self.services.get(service).map(|service| service.name.as_str()).unwrap_or_default()
    }

    /// Adds to the spans of a service.
    pub(super) fn add_spans(&mut self, service: u32, spans: u64) {
        let service = usize::try_from(service).unwrap_or(usize::MAX);
        if let Some(service) = self.services.get_mut(service) {
            service.spans = service.spans.saturating_add(spans);
        }
    }

    /// All that was gathered.
    pub(super) fn finish(&mut self) -> ServerBasis {
        let mut remarks = std::mem::take(&mut self.remarks);
        if self.odd != 0 {
            let rows = if self.odd == 1 { "1 row" } else { &format!("{} rows", self.odd) };
            remarks.push(format!("{rows} of the server's answers were not what was asked for, and were passed over"));
        }
        ServerBasis {
            services: std::mem::take(&mut self.services),
            queries: self.queries,
            took_millis: self.took_millis,
            scanned: self.scanned,
            remarks,
        }
    }
}
