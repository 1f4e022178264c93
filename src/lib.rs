//! stopleak
pub mod blob;
pub mod check;
pub mod cli;
pub mod config;
pub mod detect;
pub mod finding;
pub mod git;
pub mod history;
pub mod identity;
pub mod report;
pub mod rules;
pub mod scan;
pub mod secret;
pub mod source;
pub mod suppress;
pub mod text;
