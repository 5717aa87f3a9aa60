//! Spanwise: a distributed-trace viewer that is a static page.
//!
//! An engineer drops OpenTelemetry exports on the page and reads span trees as a waterfall. Every byte is decoded and every
//! question answered in the browser; nothing leaves the machine.
//!
//! # Codemap
//! A module imports only from floors below it; `tests/it/floors.rs` reads the imports and fails on any other.
//!
//! | floor | module | what lives there |
//! | --- | --- | --- |
//! | 0 | [`base`] | index newtypes, columns, interner, bit sets, hashing, text forms of numbers: could have been in std |
//! | 1 | [`model`] | OpenTelemetry's nouns as columns; [`model::Batch`] is what decoders write, [`model::Dataset`] what everyone reads |
//! | 2 | [`decode`] | bytes → batch and findings: detection, decompression, archives, one file or folder per format (`decode/foreign` for all that is not OTLP); slices that others read |
//! | 2 | [`encode`] | model → bytes: a writer for each format, what is lost in it, redaction before all of them |
//! | 2 | [`analysis`] | data set → derived tables: selections, service map, latency, critical path, flame graphs, clocks that are apart |
//! | 2 | [`protocol`] | what crosses the wire, and nothing else |
//! | 3 | [`job`] | how a request under way speaks with whoever runs it |
//! | 3 | [`traceql`] | the query language: lexer, parser, checker, evaluation to a set of rows, column at a time |
//! | 3 | [`scene`] | geometry without a screen: time scale, ruler, bars, labels, the map's layout |
//! | 3 | [`notes`] | pins and notes that a person puts on spans and traces, as the device keeps them |
//! | 3 | [`route`] | the address of what is shown: to and from the URL's hash |
//! | 4 | [`charts`] | charts of latency and of metrics queries, drawn with plotters on any backend or laid out for a page |
//! | 4 | [`connect`] | remote sources: plans calls, reads answers, page by page; runs in a worker of its own, loaded when it is needed |
//! | 4 | [`engine`] | the open data set, jobs that run in steps, caches; the one door to all below |
//! | 5 | [`link`] | both ends of the wire: request table, latest-wins slots, cancel, exactly one answer |
//! | 6 | `browser` | wasm only: worker port, helper workers, files, fetch, frame loop, storage; no decisions |
//! | 7 | `ui` | wasm only: Leptos |
//! | 8 | `main.rs`, `bin/engine.rs`, `bin/connector.rs` | mount the page; start the workers |
//!
//! Before any of it runs there is `public/boot.js`, which starts the engine while the page is loading, and `public/sw.js`, which keeps
//! both for the next visit. `tools/postbuild.mjs` names all files by their content and tells the service worker which they are.
//!
//! A release build cuts page and engine in two (`tools/split.mjs`, by a table of modules): a first visit loads what the start, the trace
//! list and a waterfall need, and the rest follows once the page rests. A view whose code is in the second part is shown through
//! `ui::later`, which waits for it; the engine fetches its own when a question needs it sooner.
//!
//! # The one idea
//! A trace is a slice, and a subtree is a slice of it. When a data set is sealed, rows are ordered so that each trace is
//! contiguous and inside it spans stand in pre-order. With `depth` and `subtree_end`, every tree question is arithmetic
//! on an index, and nothing recurses.

pub mod analysis;
pub mod base;
pub mod charts;
pub mod connect;
pub mod decode;
pub mod encode;
pub mod engine;
pub mod job;
pub mod link;
pub mod model;
pub mod notes;
pub mod protocol;
pub mod route;
pub mod scene;
pub mod traceql;

#[cfg(target_arch = "wasm32")]
pub mod browser;
#[cfg(all(target_arch = "wasm32", feature = "page"))]
pub mod ui;
