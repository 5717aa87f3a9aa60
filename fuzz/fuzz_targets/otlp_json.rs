//! See `spanwise_fuzz::otlp_json`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| spanwise_fuzz::otlp_json(data));
