//! Converts other programs' expressions to this program's syntax.

use crate::config::gitleaks::Pattern;
use crate::detect::compile_pattern;

/// Returns the expression in this program's syntax: as written, if that compiles.
pub(super) fn portable(regex: &Pattern) -> String {
    match compile_pattern(&regex.source) {
        Ok(_) => regex.source.clone(),
        Err(_) => regex.translated.clone(),
    }
}
