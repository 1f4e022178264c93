//! Parses regular expressions of rules.

use regex_syntax::ParserBuilder;
use regex_syntax::hir::Hir;

/// Parses an expression as patterns are compiled. `None` if it is none.
pub(in crate::detect) fn parsed(pattern: &str) -> Option<Hir> {
    let mut parser = ParserBuilder::new();
    let parser = parser.unicode(false).utf8(false);
    parser.build().parse(pattern).ok()
}
