//! See `spanwise_fuzz::otlp_proto`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| spanwise_fuzz::otlp_proto(data));
