//! Assignments in the syntax of any language or format: which value a name is given, and
//! which name a value has.
//!
//! There are two readers. `plain` serves rules that know their value and ask for a name
//! next to it. `site` serves the generic rule, which knows nothing but the name: it also
//! reads wrappers, fallbacks and prose, and says how it read the value. Both know syntax;
//! `judge` knows what a name or value means.

mod apart;
mod bytes;
mod calls;
mod cells;
mod columns;
mod declared;
mod fields;
mod found;
mod link;
mod lists;
mod literals;
mod next;
mod octets;
mod plain;
mod prose;
mod setting;
pub(in crate::detect) mod several;
mod site;
mod strings;
mod tuples;
mod users;
mod value;

pub(in crate::detect) use bytes::{VALUE_LONGEST, VALUE_MAX};
pub(in crate::detect) use found::{Among, Site, whole};
pub(in crate::detect) use link::Link;
pub(in crate::detect) use octets::digits;
pub(in crate::detect) use plain::{Value, name_before, value_after};
pub(in crate::detect) use prose::is_prose;
pub(in crate::detect) use setting::{Setting, has_signs, setting};
pub(in crate::detect) use site::{REACH, name_around, sites};
pub(in crate::detect) use strings::{Quote, ends_tag, ends_there, sign_in_string};
