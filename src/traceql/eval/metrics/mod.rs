//! Metrics: series over time from the spans that a pipeline leaves.
