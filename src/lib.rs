//! stopleak
pub mod blob;
pub mod check;
pub mod detect;
pub mod finding;
pub mod rules;
pub mod secret;
pub mod text;
