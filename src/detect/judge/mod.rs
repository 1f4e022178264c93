//! Whether a value is believed.
//!
//! Judges look at a value that a form found, and say how sure it is, how bad, and why it may
//! be none: `values` for shapes and patterns, `generic` for assignments, `manifests` for
//! Kubernetes Secrets. `overlaps` decides among the candidates of one blob. This room
//! searches no content. It knows no allowlists, markers or baselines; `suppress` does.

mod addresses;
pub(in crate::detect) mod embedded;
pub(in crate::detect) mod encoded;
pub(in crate::detect) mod entropy;
pub(in crate::detect) mod generic;
mod grammars;
mod identifiers;
pub(in crate::detect) mod labels;
pub(in crate::detect) mod lengths;
mod made;
pub(in crate::detect) mod manifests;
pub(in crate::detect) mod overlaps;
pub(in crate::detect) mod paths;
pub(in crate::detect) mod placeholders;
mod samples;
pub(in crate::detect) mod values;
