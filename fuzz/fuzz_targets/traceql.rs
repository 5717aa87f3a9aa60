//! See `spanwise_fuzz::traceql`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| spanwise_fuzz::traceql(data));
