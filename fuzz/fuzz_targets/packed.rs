//! See `spanwise_fuzz::packed`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| spanwise_fuzz::packed(data));
