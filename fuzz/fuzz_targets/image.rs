//! See `image` in `fuzz/src`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| stopleak_fuzz::image::run(bytes));
