//! See `hook_protocol` in `fuzz/src`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| stopleak_fuzz::hook_protocol::run(bytes));
