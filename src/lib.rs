//! stopleak
pub mod blob;
pub mod check;
pub mod git;
pub mod secret;
