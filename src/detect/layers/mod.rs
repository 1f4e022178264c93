//! What stands behind an encoding; today one layer of base64.
//!
//! A layer takes a place in content that holds something else and hands back what it holds,
//! with a map to the bytes it came from. It decodes only where a literal's image led, and
//! only as far as the rule may look. It neither searches nor judges what it decoded.

pub(in crate::detect) mod base64;
