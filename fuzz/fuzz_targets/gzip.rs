//! See `spanwise_fuzz::gzip`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| spanwise_fuzz::gzip(data));
