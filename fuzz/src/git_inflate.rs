//! Decompression. The whole-buffer and the streaming decoder agree on any
//! input. Neither writes more than its limit.
use std::cell::RefCell;
use std::io::Read;

use super::input::Input;
use stopleak::git::inflate::{InflateReader, Inflater};

thread_local! {
    static INFLATER: RefCell<Inflater> = RefCell::default();
}

/// Runs one input.
pub fn run(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let announced = input.short();
    let bytes = input.rest();
    let mut streamed = Vec::new();
    let whole = InflateReader::new(bytes)
        .take(1 << 20)
        .read_to_end(&mut streamed);
    INFLATER.with_borrow_mut(|inflater| {
        let mut out = vec![0; usize::from(announced)];
        if let Ok(used) = inflater.exact(bytes, &mut out) {
            assert!(used <= bytes.len());
            assert!(whole.is_ok() && out == streamed);
        }
        if whole.is_ok() && streamed.len() < 1 << 20 {
            let mut exact = vec![0; streamed.len()];
            assert!(inflater.exact(bytes, &mut exact).is_ok());
            assert!(exact == streamed);
        }
        let mut head = [0u8; 64];
        if let Ok(n) = inflater.prefix(bytes, &mut head) {
            let n = n.min(streamed.len());
            assert!(head[..n] == streamed[..n]);
        }
    });
}
