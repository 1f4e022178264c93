//! See `git_pack_index` in `fuzz/src`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| stopleak_fuzz::git_pack_index::run(bytes));
