//! Which lines are shown: all of them, some alone, or all but some.

use std::collections::BTreeSet;

/// Lines by what they are called, so that an answer with other lines finds the choice as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// These alone; never none.
    Only(BTreeSet<String>),
    /// All but these.
    AllBut(BTreeSet<String>),
}

impl Default for Shown {
    fn default() -> Self {
        Self::AllBut(BTreeSet::new())
    }
}

impl Shown {
    /// Whether a line is.
    pub fn has(&self, label: &str) -> bool {
        match self {
            Self::Only(labels) => labels.contains(label),
            Self::AllBut(labels) => !labels.contains(label),
        }
    }

    /// Shows a line alone; all again, if it is alone already.
    #[must_use]
    pub fn isolated(&self, label: &str) -> Self {
        let is_alone = matches!(self, Self::Only(labels) if labels.len() == 1 && labels.contains(label));
        if is_alone { Self::default() } else { Self::Only(BTreeSet::from([label.to_owned()])) }
    }

    /// Hides a line, or shows it again; all again, if it was the last one.
    #[must_use]
    pub fn toggled(&self, label: &str) -> Self {
        let mut toggled = self.clone();
        let (Self::Only(labels) | Self::AllBut(labels)) = &mut toggled;
        if !labels.remove(label) {
            labels.insert(label.to_owned());
        }
        if toggled == Self::Only(BTreeSet::new()) { Self::default() } else { toggled }
    }
}
