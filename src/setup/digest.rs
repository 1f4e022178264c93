//! One hash for everything that decides what is reported of the same content.

use std::fmt::Debug;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use super::accepted;
use super::clock::today;
use super::settings::Settings;
use crate::rules::{Label, Labels};
use crate::stop::{Stop, describe};

/// The program: its version, commit and rules; and its sources, since a program may be built from
/// other ones than those of the commit.
const PROGRAM: &str = concat!(env!("STOPLEAK_VERSION"), " ", env!("STOPLEAK_SOURCES"));

/// Returns the hash of the effective policy.
pub(super) fn of(settings: &Settings) -> Result<String, Stop> {
    let mut all = Fields(Sha256::new());
    all.text(PROGRAM);
    all.debug(&settings.request);
    all.debug(&settings.config);
    all.debug(&settings.found);
    if settings.gitleaks.is_some() {
        // Its parts are compiled; what it says is in its file, whose name is not enough.
        all.debug(
            &settings
                .gitleaks
                .as_ref()
                .map(|config| format!("{config:?}")),
        );
    }
    for (name, value) in settings.environment().iter() {
        let name = name.to_string_lossy();
        // The key has a mark of its own, and must not be guessed from here.
        if name.starts_with("STOPLEAK_") && name != "STOPLEAK_ID_KEY" {
            all.debug(&(name, value));
        }
    }
    for file in &settings.request.rule_files {
        let text = std::fs::read(file).map_err(|e| {
            let why = describe(&e);
            Stop::new(format!("{}: {why}", file.display()))
        })?;
        all.bytes(&text);
    }
    let mut ends = format!("{:?}", settings.config).contains("until");
    let expired = Labels::of(Label::Expired);
    let mut read = settings.config.labels.iter().map(|at| at.value.0);
    ends |= read.any(|label| label == Label::Expired)
        || settings.request.labels.meets(expired)
        || settings.request.no_labels.meets(expired);
    if settings.request.suppressions {
        for (name, text) in accepted::texts(settings)? {
            ends |= text.contains("until");
            all.debug(&name.file_name());
            all.text(&text);
        }
    }
    if ends {
        // Tomorrow, an entry or a value may have expired.
        all.debug(&today());
    }
    Ok(HEXLOWER.encode(&all.0.finalize()[..16]))
}

struct Fields(Sha256);

impl Fields {
    fn bytes(&mut self, bytes: &[u8]) {
        self.0.update((bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
    }

    fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    fn debug(&mut self, value: &dyn Debug) {
        self.text(&format!("{value:?}"));
    }
}
