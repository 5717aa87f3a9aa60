//! The one integration crate.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should say so; the in-tests switches do not reach helper functions"
)]

mod analysis;
mod archives;
mod axis;
mod budget;
mod charts;
mod columns;
mod completion;
mod connect;
mod corpus;
mod critical_path;
mod cuts;
mod dump;
mod engine;
mod export;
mod facets;
mod flame;
mod flame_scene;
mod floors;
mod format;
mod found;
mod fuzz;
mod generate;
mod hostile;
mod import;
mod latency;
mod link;
mod logs;
mod map_layout;
mod map_view;
mod naive;
mod notation;
mod notes;
mod open;
mod openobserve;
mod oracle;
mod otlp_json;
mod otlp_proto;
mod pack;
mod parse;
mod portion;
mod producers;
mod read;
mod red;
mod regex_tables;
mod resolve;
mod route;
mod scene;
mod selection;
mod series;
mod series_chart;
mod server_figures;
mod service_map;
mod shared_open;
mod skew;
mod slices;
mod source;
mod span_table;
mod tidy;
mod traceql_conformance;
mod traceql_edit;
mod traceql_eval;
mod traceql_text;
mod waterfall;
