//! Rows of an answer to SQL, and the question that they answer.

/// A value in a row.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cell {
    /// A whole number, exact.
    Integer(i128),
    /// Any other number.
    Float(f64),
    /// Text.
    Text(String),
    /// True or false.
    Bool(bool),
}

/// A row: columns by name; those that are null are not there.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Row(pub(super) Vec<(String, Cell)>);

/// A question in SQL.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct SqlQuery {
    /// The text.
    pub(super) sql: String,
    /// Microseconds; the first included, the second not.
    pub(super) window: (u64, u64),
    /// Rows, at most.
    pub(super) size: u32,
}

/// Its answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct SqlAnswer {
    /// The rows.
    pub(super) rows: Vec<Row>,
    /// How long the server took, milliseconds.
    pub(super) took_millis: u64,
    /// Records that it read.
    pub(super) scanned: u64,
    /// The window that it cut the question down to, microseconds.
    pub(super) cut_to: Option<(u64, u64)>,
    /// What it said beside the rows, as sentences.
    pub(super) remarks: Vec<String>,
}

impl Row {
    /// The column of this name.
    pub(super) fn get(&self, name: &str) -> Option<&Cell> {
        self.0.iter().find_map(|(column, cell)| (column == name).then_some(cell))
    }
}
