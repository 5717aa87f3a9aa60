//! What the engine was asked for, from nothing to there; old data stays while new data loads.

use std::sync::Arc;

use crate::protocol::Failure;

/// Data that comes from the engine.
#[derive(Debug, Default)]
pub enum Remote<T> {
    /// Nothing was asked yet.
    #[default]
    Idle,
    /// Under way; `previous` is what was there before and stays on the screen.
    Loading {
        /// What was there before.
        previous: Option<Arc<T>>,
    },
    /// There.
    Ready(Arc<T>),
    /// It could not be had.
    Failed {
        /// Why.
        failure: Failure,
        /// What was there before.
        previous: Option<Arc<T>>,
    },
}

// By hand, since a derive would ask for `T: Clone`.
impl<T> Clone for Remote<T> {
    fn clone(&self) -> Self {
        match self {
            Self::Idle => Self::Idle,
            Self::Loading { previous } => Self::Loading { previous: previous.clone() },
            Self::Ready(value) => Self::Ready(Arc::clone(value)),
            Self::Failed { failure, previous } => Self::Failed { failure: failure.clone(), previous: previous.clone() },
        }
    }
}

impl<T> Remote<T> {
    /// The newest data that there is, be it old.
    pub fn latest(&self) -> Option<&Arc<T>> {
        match self {
            Self::Idle => None,
            Self::Loading { previous } | Self::Failed { previous, .. } => previous.as_ref(),
            Self::Ready(value) => Some(value),
        }
    }

    /// Under way.
    pub fn is_loading(&self) -> bool {
        matches!(self, Self::Loading { .. })
    }

    /// Why it could not be had.
    pub fn failure(&self) -> Option<&Failure> {
        match self {
            Self::Failed { failure, .. } => Some(failure),
            Self::Idle | Self::Loading { .. } | Self::Ready(_) => None,
        }
    }

    /// The same, now under way.
    #[must_use]
    pub fn loading(&self) -> Self {
        Self::Loading { previous: self.latest().cloned() }
    }

    /// The same, no longer under way: what was there stays.
    #[must_use]
    pub fn settled(&self) -> Self {
        self.latest().map_or(Self::Idle, |value| Self::Ready(Arc::clone(value)))
    }

    /// The same, failed.
    #[must_use]
    pub fn failed(&self, failure: Failure) -> Self {
        Self::Failed { failure, previous: self.latest().cloned() }
    }
}
