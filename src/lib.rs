//! stopleak
pub mod blob;
pub mod check;
pub mod rules;
pub mod secret;
