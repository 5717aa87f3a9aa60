//! See `spanwise_fuzz::framed`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| spanwise_fuzz::framed(data));
