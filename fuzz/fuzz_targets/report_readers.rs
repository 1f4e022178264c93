//! See `report_readers` in `fuzz/src`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| stopleak_fuzz::report_readers::run(bytes));
