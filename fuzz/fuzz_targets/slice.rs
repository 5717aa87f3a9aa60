//! See `spanwise_fuzz::slice`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| spanwise_fuzz::slice(data));
