//! See `spanwise_fuzz::import`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| spanwise_fuzz::import(data));
