//! The engine as a run without options has it, and a text as its only content. Benchmarks use
//! them, too (`#[path = "../tests/support/engine.rs"]`).

#![allow(dead_code, reason = "benchmarks use a part of it")]

use std::io::Cursor;

use stopleak::blob::BlobPath;
use stopleak::detect::Detector;
use stopleak::identity::IdentityKey;
use stopleak::rules::Confidence;
use stopleak::scan::Engine;
use stopleak::source::content::{ContentReader, Limits};
use stopleak::source::{Item, Sink, Source, UnitReader};
use stopleak::suppress::Policy;

/// The built-in rules, markers, and nothing else.
pub(crate) fn engine(least: Confidence) -> Engine {
    Engine {
        detector: Detector::builtin(),
        policy: Policy {
            min_confidence: least,
            inline: true,
            ..Policy::default()
        },
        key: IdentityKey::default(),
        base: None,
        keep_dismissed: false,
    }
}

/// A single text as a source, with its path. It takes the way of a file.
pub(crate) struct One(pub(crate) Vec<u8>, pub(crate) BlobPath);

/// Reads it.
pub(crate) struct OneReader<'a>(&'a One, ContentReader);

impl<'a> Source for &'a One {
    type Unit = ();
    type Reader = OneReader<'a>;
    fn list(&self, emit: &mut dyn FnMut(Item<()>) -> bool) {
        emit(Item::Unit(()));
    }
    fn reader(&self) -> OneReader<'a> {
        OneReader(self, ContentReader::default())
    }
}

impl UnitReader for OneReader<'_> {
    type Unit = ();
    fn read(&mut self, (): &(), sink: &mut dyn Sink) {
        let limits = Limits {
            size_hint: 0,
            most: stopleak::inside::Most::of(u64::MAX),
        };
        let mut bytes = Cursor::new(&self.0.0);
        self.1.read(&mut bytes, &self.0.1, limits, sink);
    }
    fn path_of(&self, (): &()) -> BlobPath {
        self.0.1.clone()
    }
}
