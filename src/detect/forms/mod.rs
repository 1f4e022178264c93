//! What a credential looks like: shapes, patterns, assignments, manifests, whole files, and
//! the rules of another scanner; and where a value ends.
//!
//! A form reads bytes and answers where a value stands. This room does not choose the
//! places to look at (that is `find`), decodes nothing (`layers`) and does not ask whether
//! a value is believed (`judge`). One exception has a reason: `foreign` runs gitleaks'
//! rules as gitleaks does, filters included, and so hands on candidates.

pub(in crate::detect) mod assignments;
mod attempt;
mod attempts;
pub(in crate::detect) mod ends;
pub(in crate::detect) mod foreign;
pub(in crate::detect) mod manifests;
pub(in crate::detect) mod matched;
mod needed;
mod parsed;
pub(in crate::detect) mod patterns;
pub(in crate::detect) mod shapes;
pub(in crate::detect) mod whole;
pub(in crate::detect) mod words;
mod yaml;
