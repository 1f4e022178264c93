//! stopleak
pub mod blob;
pub mod check;
pub mod cli;
pub mod finding;
pub mod report;
pub mod rules;
pub mod secret;
pub mod text;
