//! What stands behind an encoding, or is put together from pieces.
//!
//! A layer takes a place in content that holds something else and hands back a [`View`]: the
//! stretch around it with that part decoded, and a map to the bytes it came from. It neither
//! searches nor judges what it decoded: `verify` looks at the view as at any content, and a view
//! may hold something encoded again.
//!
//! - [`spans`]: long runs of base64, base32, hexadecimal digits; and what is packed in them.
//! - [`written`]: single characters that are written otherwise.
//! - [`joints`]: texts that a program puts together from several strings.
//! - [`listed`]: lists of numbers, Ascii85, tokens that are turned.
//! - [`base64`]: the image of a literal in base64 of any length, one layer deep.

pub(in crate::detect) mod base64;
pub(in crate::detect) mod joints;
pub(in crate::detect) mod listed;
pub(in crate::detect) mod spans;
mod view;
pub(in crate::detect) mod written;

pub(in crate::detect) use view::View;
