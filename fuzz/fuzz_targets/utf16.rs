//! See `spanwise_fuzz::utf16`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| spanwise_fuzz::utf16(data));
