//! What a server says beside its answer, or in place of one: limits that it met, and errors.

use super::{Io, OtlpJsonReader};
use crate::decode::json::{Cursor, Stop, unescape};
use crate::model::{Example, FindingKind, ImportReport};

/// How much is kept of what a server says, in characters.
const MAX_WORDS: usize = 500;

impl OtlpJsonReader {
    /// A text or texts in which a server says what is missing, or what went wrong.
    pub(super) fn server_words(&mut self, io: &mut Io<'_>, cursor: &mut Cursor<'_>, is_limit: bool) -> Result<(), Stop> {
        let mut texts = Vec::new();
        let mut begun = false;
        let is_list = cursor.token()? == b'[';
        cursor.at += usize::from(is_list);
        while let Some(byte) = if is_list { cursor.next_element(&mut begun)? } else { Some(b'"') } {
            if byte == b'"' {
                let mut text = Vec::new();
                unescape(cursor.string()?.bytes, &mut text);
                texts.push(String::from_utf8_lossy(&text).chars().take(MAX_WORDS).collect::<String>());
            } else {
                cursor.skip_value()?;
            }
            if !is_list {
                break;
            }
        }
        for text in texts {
            if is_limit {
                self.document.limits_told = true;
                io.report.add(FindingKind::ServerLimit, || self.about_document(&text));
            } else {
                self.message = text;
            }
        }
        self.begin_in_frame();
        self.at = cursor.at;
        Ok(())
    }

    /// Tells what is true of the source as a whole.
    pub(super) fn tell_server_source(&self, report: &mut ImportReport) {
        let about = |note: String| Example { source: self.source, note, ..Example::default() };
        if self.rows != 0 {
            report.add(FindingKind::Flattened, || about(self.columns.loss()));
        } else if self.is_otlp {
            // Among OTLP it is a line of a log.
            return;
        }
        if let Some(refusal) = &self.refusal {
            report.add(FindingKind::NoSpansInAnswer, || refusal.clone());
        } else if self.rows == 0 && self.hints.has_hits() {
            report.add(FindingKind::NoSpansInAnswer, || about("expected rows that are spans, but found none".to_owned()));
        }
    }

    /// Tells what the document that ends was, where its server said something. `true`: it is a server's, with or without rows.
    pub(super) fn tell_server_words(&mut self, io: &mut Io<'_>) -> bool {
        let document = self.document;
        if document.is_limited && !document.limits_told {
            io.report.add(FindingKind::ServerLimit, || self.about_document("the answer says that it is partial"));
        }
        let is_refusal = document.has_code && !document.has_telemetry && !self.message.is_empty();
        if is_refusal && self.refusal.is_none() {
            self.refusal = Some(self.about_document(&self.message));
        }
        document.has_hits || is_refusal && self.rows != 0
    }
}
