//! Why a container, or a part of it, was not read to its end.

use std::fmt;
use std::io;

/// The kind of content that was not looked into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Class {
    /// Compressed by a method that nothing here reads.
    Compressed,
    /// Encrypted.
    Encrypted,
    /// Cut off, or not as its format wants it.
    Damaged,
    /// Larger, deeper or more than a limit allows.
    Limit,
}

/// Why reading ended early: an error that walks up through readers inside each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Trouble {
    /// What kind of trouble it is.
    pub(crate) class: Class,
    /// What is wrong, as the end of a sentence: `the stream is cut off`.
    pub(crate) why: &'static str,
    /// How deep the container lies that has the trouble: 0 for the outermost one.
    pub(crate) level: u32,
}

impl Trouble {
    /// Returns the trouble that `error` carries; None if the source itself could not be read.
    pub(crate) fn of(error: &io::Error) -> Option<Self> {
        let mut cause: &(dyn std::error::Error + 'static) = error;
        // Decoders wrap errors of their source.
        for _ in 0..8 {
            if let Some(trouble) = cause.downcast_ref::<Self>() {
                return Some(*trouble);
            }
            let wrapped = cause
                .downcast_ref::<io::Error>()
                .and_then(io::Error::get_ref);
            cause = match wrapped {
                Some(wrapped) => wrapped,
                None => cause.source()?,
            };
        }
        None
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.why)
    }
}

impl std::error::Error for Trouble {}

impl From<Trouble> for io::Error {
    fn from(trouble: Trouble) -> Self {
        io::Error::other(trouble)
    }
}
