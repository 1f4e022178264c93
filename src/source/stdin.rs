//! Standard input as one unit.

use std::io::{self, Read};
use std::sync::Mutex;

use super::content::{ContentReader, Limits};
use super::{Item, Sink, Source, UnitReader};
use crate::blob::BlobPath;
use crate::inside::Most;

/// One stream, with the path that the user gives it.
pub struct StreamSource {
    stream: Mutex<Option<Box<dyn Read + Send>>>,
    path: BlobPath,
    most: Most,
}

impl StreamSource {
    /// Creates a source for standard input. Reports and rules for paths see it as `path`.
    pub fn stdin(path: BlobPath, most: Most) -> Self {
        Self {
            stream: Mutex::new(Some(Box::new(io::stdin()))),
            path,
            most,
        }
    }
}

/// The stream, on its way to the one reader that takes it.
pub struct StreamUnit(Mutex<Box<dyn Read + Send>>);

/// Reads the stream.
pub struct StreamReader {
    path: BlobPath,
    most: Most,
    content: ContentReader,
}

impl Source for StreamSource {
    type Unit = StreamUnit;
    type Reader = StreamReader;

    fn list(&self, emit: &mut dyn FnMut(Item<StreamUnit>) -> bool) {
        let stream = self.stream.lock().ok().and_then(|mut s| s.take());
        if let Some(stream) = stream {
            emit(Item::Unit(StreamUnit(Mutex::new(stream))));
        }
    }

    fn reader(&self) -> StreamReader {
        StreamReader {
            path: self.path.clone(),
            most: self.most,
            content: ContentReader::default(),
        }
    }
}

impl UnitReader for StreamReader {
    type Unit = StreamUnit;

    fn read(&mut self, unit: &StreamUnit, sink: &mut dyn Sink) {
        let Ok(mut stream) = unit.0.lock() else {
            return;
        };
        let limits = Limits {
            size_hint: 0,
            most: self.most,
        };
        self.content.read(&mut **stream, &self.path, limits, sink);
    }

    fn path_of(&self, _: &StreamUnit) -> BlobPath {
        self.path.clone()
    }
}
