//! The prefilter of the built-in rules, which the build script computes.

use std::borrow::Cow;

use super::compile::{Role, Target};
use super::prefilter::{Lead, Prefilter};
use super::tables::Tables;
use crate::rules::RuleIndex;

include!(concat!(env!("OUT_DIR"), "/builtin_prefilter.rs"));

static FLAGS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/prefilter_flags.bin"));
static TABLES: &Aligned<[u8]> = &Aligned(*include_bytes!(concat!(
    env!("OUT_DIR"),
    "/prefilter_tables.bin"
)));

/// No number in it is in two cache lines.
#[repr(align(64))]
struct Aligned<T: ?Sized>(T);

/// The targets of each literal, by the literal's number.
type Targets = Cow<'static, [Cow<'static, [Target]>]>;

/// The filter and the targets of its literals.
pub(super) fn prefilter() -> Option<(Prefilter, Targets)> {
    let tables = Tables::from_bytes(FLAGS, &TABLES.0)?;
    Some((
        Prefilter::prebuilt(Cow::Borrowed(LEADS), tables),
        Cow::Borrowed(TARGETS),
    ))
}

#[cfg(test)]
mod tests {
    use super::super::compile;
    use super::*;

    #[test]
    fn tables_that_were_extended_are_those_of_all_literals() {
        let plan = compile::plan(&crate::rules::builtin::ruleset());
        let (some, others) = plan.literals.split_at(plan.literals.len() * 9 / 10);
        let extended = Tables::build(some).extended(others, some.len());
        assert!(extended == Tables::build(&plan.literals));
    }

    #[test]
    fn what_is_embedded_is_what_would_be_built() {
        let plan = compile::plan(&crate::rules::builtin::ruleset());
        let tables = Tables::from_bytes(FLAGS, &TABLES.0).unwrap();
        assert!(Tables::build(&plan.literals) == tables);
        assert!(plan.targets == TARGETS);
        assert!(
            plan.literals
                .iter()
                .zip(LEADS)
                .all(|(a, b)| a.bytes == b.bytes && a.fold == b.fold)
        );
    }
}
