//! See `spanwise_fuzz::route`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| spanwise_fuzz::route(data));
