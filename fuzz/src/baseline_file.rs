//! Baselines. Any text parses, or fails with line numbers. A parsed baseline is unchanged after
//! writing and reading it. Any rule and path that an entry may have survive the file.

use std::sync::OnceLock;

use super::input::Input;
use stopleak::suppress::baseline::{Baseline, Entry, Scope};

const HEAD: &str = "# stopleak baseline 1\n# salt: 000102030405060708090a0b0c0d0e0f\n";

/// Runs one input.
pub fn run(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    match input.byte() % 4 {
        0 => read(input.text()),
        1 => written(&mut input),
        _ => read(&[HEAD, input.text()].concat()),
    }
}

/// Reads any text as a baseline.
fn read(text: &str) {
    match Baseline::parse(text) {
        Ok(baseline) => {
            let written = baseline.to_text();
            let again = Baseline::parse(&written).expect("what was written can be read");
            assert_eq!(again.entries(), baseline.entries());
            assert_eq!(again.salt(), baseline.salt());
            assert_eq!(again.scope(), baseline.scope());
            assert_eq!(again.to_text(), written);
            assert!(baseline.salt().len() >= 16);
            assert_eq!(baseline.unused().count(), baseline.entries().len());
        }
        Err(errors) => super::check_lines(&errors, text),
    }
}

/// Writes entries with any path, one per line of the input.
fn written(input: &mut Input<'_>) {
    // Hashing a secret is slow on purpose, so all entries share one.
    static MODEL: OnceLock<Entry> = OnceLock::new();
    let model = MODEL.get_or_init(|| {
        Baseline::new(vec![7; 16], Scope::Files, []).entry("rule", b"path", b"value")
    });
    let scope = [Scope::Files, Scope::History][usize::from(input.byte() & 1)];
    let mut entries = Vec::new();
    while !input.is_empty() {
        let path = input.part();
        if !path.is_empty() {
            let mut entry = model.clone();
            entry.path = path.to_vec();
            entry.rule = format!("rule-{}", path.len() % 3);
            entries.push(entry);
        }
    }
    let baseline = Baseline::new(vec![7; 16], scope, entries.clone());
    let text = baseline.to_text();
    assert!(text.is_ascii() && text.lines().count() == 3 + baseline.entries().len());
    let again = Baseline::parse(&text).expect("what was written can be read");
    assert_eq!(again.scope(), scope);
    entries.sort();
    entries.dedup();
    assert_eq!(again.entries(), entries);
}
