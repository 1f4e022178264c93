//! See `fleet_list` in `fuzz/src`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| stopleak_fuzz::fleet_list::run(bytes));
