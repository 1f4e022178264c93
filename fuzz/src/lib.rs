//! The properties that fuzz targets check on one input. Each module has a function `run` that
//! panics on a violation. A target calls it with the fuzzer's inputs, `tests/corpus.rs` with every
//! file below `fuzz/seeds`, and with containers of every format.

pub mod baseline_file;
pub mod cache_file;
pub mod checks;
pub mod commit_message;
pub mod config_file;
pub mod containers;
pub mod content_reader;
pub mod detector;
pub mod encodings;
pub mod fleet_list;
pub mod fleet_manifest;
pub mod git_commit;
pub mod git_delta;
pub mod git_ignore;
pub mod git_index;
pub mod git_inflate;
pub mod git_loose;
pub mod git_pack;
pub mod git_pack_index;
pub mod git_refs;
pub mod git_reftable;
pub mod git_tree;
pub mod gitleaks_files;
pub mod hook_protocol;
pub mod ignore_file;
pub mod image;
pub mod import_files;
pub mod inline_marker;
mod input;
pub mod layers;
pub mod path_globs;
pub mod report_escape;
pub mod report_readers;
pub mod report_writers;
mod repository;
pub mod rule_file;
pub mod scan_items;
pub mod shape;
mod slow;
pub mod value_ends;
mod xml;

/// A target: its name and the function that runs an input.
pub type Target = (&'static str, fn(&[u8]));

/// All targets by name.
pub const TARGETS: &[Target] = &[
    ("baseline_file", baseline_file::run),
    ("cache_file", cache_file::run),
    ("checks", checks::run),
    ("commit_message", commit_message::run),
    ("config_file", config_file::run),
    ("containers", containers::run),
    ("content_reader", content_reader::run),
    ("detector", detector::run),
    ("encodings", encodings::run),
    ("fleet_list", fleet_list::run),
    ("fleet_manifest", fleet_manifest::run),
    ("git_commit", git_commit::run),
    ("git_delta", git_delta::run),
    ("git_ignore", git_ignore::run),
    ("git_index", git_index::run),
    ("git_inflate", git_inflate::run),
    ("git_loose", git_loose::run),
    ("git_pack", git_pack::run),
    ("git_pack_index", git_pack_index::run),
    ("git_refs", git_refs::run),
    ("git_reftable", git_reftable::run),
    ("git_tree", git_tree::run),
    ("gitleaks_files", gitleaks_files::run),
    ("hook_protocol", hook_protocol::run),
    ("ignore_file", ignore_file::run),
    ("image", image::run),
    ("import_files", import_files::run),
    ("inline_marker", inline_marker::run),
    ("layers", layers::run),
    ("path_globs", path_globs::run),
    ("report_escape", report_escape::run),
    ("report_readers", report_readers::run),
    ("report_writers", report_writers::run),
    ("rule_file", rule_file::run),
    ("scan_items", scan_items::run),
    ("shape", shape::run),
    ("value_ends", value_ends::run),
];

/// Checks that every error starts with the number of an existing line and has a message.
fn check_lines(errors: &[String], text: &str) {
    assert!(!errors.is_empty(), "refused without a reason");
    for error in errors {
        let (line, why) = error.split_once(": ").expect("`line: what`");
        let line: usize = line.parse().expect("`line: what`");
        assert!(line >= 1 && line <= text.lines().count().max(1));
        assert!(!why.is_empty());
    }
}
