//! OpenTelemetry nouns as columns.
