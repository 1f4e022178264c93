//! What detection did, step by step, for people who ask why. Detection calls an observer at
//! every decision; the observer of a scan is `Silent`, and its calls compile to nothing.
//!
//! A trace decides nothing. It works out one thing by itself: in which respect a form was
//! missed (`misses`).

mod misses;
mod observer;
mod recorder;
mod steps;

pub(crate) use crate::detect::judge::overlaps::Lost;
pub(crate) use steps::{Attempt, Lead, Miss, Step, Trace};

pub(in crate::detect) use misses::{miss, no_assignment};
pub(in crate::detect) use observer::{Observer, Silent};
pub(in crate::detect) use recorder::Recorder;
