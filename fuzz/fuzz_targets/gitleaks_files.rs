//! See `gitleaks_files` in `fuzz/src`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| stopleak_fuzz::gitleaks_files::run(bytes));
