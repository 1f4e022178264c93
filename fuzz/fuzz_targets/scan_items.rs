//! See `scan_items` in `fuzz/src`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| stopleak_fuzz::scan_items::run(bytes));
