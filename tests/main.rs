//! All tests that use the program, or the library as users see it, in one binary. Every binary
//! links the whole crate again, which costs more than most tests.
//!
//! A file of tests is a module here. `cargo test --test all config::` runs one of them. The tests
//! share the environment and directory of their process, so they change neither. They pass both to
//! the programs that they start.

mod action;
mod arch;
mod base;
mod cache;
mod cases;
mod ci;
mod cli;
mod config;
mod containers;
mod corpus;
mod dist;
mod docs;
mod encodings;
mod fleet;
mod formats;
mod gather;
mod generic;
mod git_changed;
mod git_history;
mod git_hooks;
mod git_news;
mod git_paths;
mod git_places;
mod git_staged;
mod gitleaks;
mod guide;
mod hostile;
mod html;
mod ignored;
mod image;
mod inside;
mod items;
mod joined;
mod layers;
mod leaks;
mod line;
mod masking;
mod names;
mod noise;
mod opened;
mod oracles;
mod order;
mod passwords;
mod properties;
mod receive;
mod regrown;
mod rules;
mod same_answer;
mod supply;
mod support;
mod suppression;
mod triage;
mod values;

/// A file without a module here would never be compiled, and its tests would never run.
#[test]
fn every_file_of_tests_is_a_module() {
    let top = concat!(env!("CARGO_MANIFEST_DIR"), "/tests");
    let main = include_str!("main.rs");
    for entry in std::fs::read_dir(top).expect("tests are in tests/") {
        let path = entry.expect("tests/ can be listed").path();
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        if path.extension().is_some_and(|e| e == "rs") && name != "main" {
            assert!(
                main.lines().any(|line| line == format!("mod {name};")),
                "tests/{name}.rs is no module of tests/main.rs"
            );
        }
    }
}
