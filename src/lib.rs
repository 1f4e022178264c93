//! stopleak
pub mod blob;
pub mod check;
pub mod secret;
