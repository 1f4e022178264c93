//! Images of containers. An input is a tar, or names and contents of which one is made. Whatever they
//! are, nothing panics, and what is passed on has a limit and is inside of the image.
use std::path::Path;

use super::input::Input;
use super::repository::Repository;
use stopleak::blob::{BlobPath, SkipReason, SourceError};
use stopleak::inside::Most;
use stopleak::source::image::ImageSource;
use stopleak::source::{Item, Piece, Sink, Source, UnitReader, Unopened};

/// The most that is unpacked of a file, in bytes.
const UNPACKED: u64 = 256 << 10;
const FILES: u64 = 100;

/// Names that manifests give to files.
const NAMES: &[&str] = &[
    "manifest.json",
    "index.json",
    "oci-layout",
    "repositories",
    "config.json",
    "one/layer.tar",
    "one/json",
    "two/layer.tar",
    "blobs/sha256/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "blobs/sha256/bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
    "blobs/sha256/cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc",
    "../one/layer.tar",
];

struct Passed {
    image: BlobPath,
    size: u64,
}

impl Passed {
    fn inside(&self, path: &BlobPath) {
        assert!(path.as_bytes().starts_with(self.image.as_bytes()));
    }
}

impl Sink for Passed {
    fn piece(&mut self, piece: Piece<'_>) {
        self.inside(piece.path);
        let core = &piece.bytes[piece.core.clone()];
        self.size += core.len() as u64;
        // As a finding would be told.
        if let Some(origin) = piece.origin {
            origin.evidence(piece.path);
        }
    }

    fn skipped(&mut self, path: &BlobPath, _why: SkipReason) {
        self.inside(path);
    }

    fn failed(&mut self, error: SourceError) {
        self.inside(&error.path);
        assert!(!error.why.is_empty());
    }

    fn unopened(&mut self, path: &BlobPath, _what: Unopened) {
        self.inside(path);
    }
}

/// Runs one input: a tar behind 0, else files, each with the number of its name and its content.
pub fn run(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let is_tar = input.byte() == 0;
    let tar = match is_tar {
        true => input.rest().to_vec(),
        false => tar(&mut input),
    };
    let place = Repository::of("image");
    place.write("image.tar", &tar);
    read(&place.path().join("image.tar"), tar.len() as u64);
}

fn read(path: &Path, len: u64) {
    let most = Most {
        depth: 4,
        unpacked: Some(UNPACKED),
        members: FILES,
        ..Most::default()
    };
    let Ok(source) = ImageSource::open(path, most, &[], Vec::new()) else {
        return;
    };
    let mut units = Vec::new();
    let mut passed = Passed {
        image: BlobPath::shown(path),
        size: 0,
    };
    source.list(&mut |item| {
        match item {
            Item::Unit(unit) => units.push(unit),
            Item::Skipped { path, why } => passed.skipped(&path, why),
            Item::Failed(error) => passed.failed(error),
        }
        true
    });
    let mut reader = source.reader();
    for unit in &units {
        passed.inside(&reader.path_of(unit));
        reader.read(unit, &mut passed);
    }
    let most = (units.len() as u64 + 1) * 32 * (UNPACKED + len);
    assert!(passed.size <= most, "{} bytes of {len}", passed.size);
}

/// Makes a tar.
fn tar(input: &mut Input<'_>) -> Vec<u8> {
    let mut tar = Vec::new();
    while !input.is_empty() && tar.len() < 64 << 10 {
        let name = NAMES[usize::from(input.byte()) % NAMES.len()];
        let content = input.part();
        let mut header = [0; 512];
        header[..name.len()].copy_from_slice(name.as_bytes());
        header[100..108].copy_from_slice(b"0000644\0");
        header[124..136].copy_from_slice(format!("{:011o} ", content.len()).as_bytes());
        header[148..156].copy_from_slice(b"        ");
        header[156] = b'0';
        header[257..265].copy_from_slice(b"ustar\x0000");
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        tar.extend_from_slice(&header);
        tar.extend_from_slice(content);
        tar.resize(tar.len().next_multiple_of(512), 0);
    }
    tar.extend_from_slice(&[0; 1024]);
    tar
}
