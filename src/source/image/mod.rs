//! An image of containers, as `docker save` and the tools of OCI write it: a tar or a directory. Its
//! units are its files: layers, configurations, and everything else, whether or not a manifest
//! names it. Findings in a layer say which one it is, and what later layers do to the file.

mod config;
mod contents;
mod digest;
mod fate;
mod manifest;
mod node;
mod stream;

use std::collections::{HashMap, HashSet};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use self::contents::{Contents, failure};
use self::digest::{Digest, Summed};
use self::fate::{Fate, Names};
use self::manifest::{Found, Image};
use super::content::{ContentReader, Limits, decode};
use super::{Item, Origin, Parts, Piece, Sink, Source, UnitReader, Unopened, WithOrigin};
use crate::blob::{BlobPath, SkipReason, SourceError};
use crate::inside::Most;
use crate::stop::{Stop, describe};

/// An image as a source.
pub struct ImageSource {
    image: Arc<Shared>,
    items: Vec<Item<ImageUnit>>,
    parts: Arc<Parts>,
}

/// What all readers share.
struct Shared {
    most: Most,
    /// None if the image is read as a stream.
    contents: Option<Contents>,
    found: Found,
    /// Of each layer: the first image that has it, its place there, and how many have it.
    layers: HashMap<usize, (usize, usize, usize)>,
    /// Of each configuration: the first image that has it.
    configs: HashMap<usize, usize>,
    /// The names in layers, read when the first finding asks.
    names: HashMap<usize, OnceLock<Names>>,
}

/// A part of an image.
#[derive(Clone, Debug)]
pub struct ImageUnit {
    path: BlobPath,
    kind: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    /// A file of the image.
    Entry(usize),
    /// A file that is a configuration.
    Config(usize),
    /// What belongs to no file.
    Rest,
    /// Something that is not looked into.
    Shut(Unopened),
    /// All of it: a compressed file, or standard input if there is no path.
    Stream(Option<PathBuf>),
}

/// The most names of all layers that are kept to say what becomes of a file.
const NAMES: u64 = 8_000_000;
/// The most layers that are asked what they do to a file. No program makes as many.
const ABOVE: usize = 1000;

const NO_IMAGE: &str = "it is no image: neither manifest.json nor index.json is in it";

impl ImageSource {
    /// Reads which files a tar or directory has, and what its manifests say. Layers whose digest
    /// begins with one of `skip` are left out; `outputs` are files that this run writes.
    ///
    /// # Errors
    /// Fails if the image cannot be read, and if `skip` names a layer that it does not have.
    pub fn open(
        path: &Path,
        most: Most,
        skip: &[String],
        outputs: Vec<PathBuf>,
    ) -> Result<Self, Stop> {
        let path = &path.components().collect::<PathBuf>();
        let shown = BlobPath::shown(path);
        let stop = |e: io::Error| Stop::new(format!("{}: {}", shown.to_text(), describe(&e)));
        let meta = std::fs::metadata(path).map_err(stop)?;
        let contents = if meta.is_dir() {
            Some(Contents::of_dir(path, most, outputs))
        } else if meta.is_file() {
            Contents::of_tar(path, most).map_err(stop)?
        } else {
            let message = format!("{}: it is neither a file nor a directory", shown.to_text());
            return Err(Stop::new(message).help("pipe it into `stopleak image -`"));
        };
        match contents {
            Some(contents) => Self::of(shown, most, contents, skip),
            None if !skip.is_empty() => Err(unskippable()),
            None => Ok(Self::stream(shown, most, Some(path.to_owned()))),
        }
    }

    /// Reads an image from standard input, once and in order.
    ///
    /// # Errors
    /// Fails if `skip` names layers.
    pub fn stdin(path: BlobPath, most: Most, skip: &[String]) -> Result<Self, Stop> {
        match skip {
            [] => Ok(Self::stream(path, most, None)),
            _ => Err(unskippable()),
        }
    }

    fn with(image: Arc<Shared>, items: Vec<Item<ImageUnit>>) -> Self {
        let units = items.iter().filter(|item| matches!(item, Item::Unit(_)));
        let parts = Parts::new("part", units.count());
        Self {
            image,
            items,
            parts,
        }
    }

    fn stream(path: BlobPath, most: Most, file: Option<PathBuf>) -> Self {
        let kind = Kind::Stream(file);
        let unit = ImageUnit { path, kind };
        let image = Arc::new(Shared {
            most,
            contents: None,
            found: Found::default(),
            layers: HashMap::new(),
            configs: HashMap::new(),
            names: HashMap::new(),
        });
        let items = vec![Item::Unit(unit)];
        Self::with(image, items)
    }

    fn of(
        path: BlobPath,
        most: Most,
        mut contents: Contents,
        skip: &[String],
    ) -> Result<Self, Stop> {
        let found = manifest::find(&contents);
        let mut items: Vec<Item<ImageUnit>> = Vec::new();
        for left in std::mem::take(&mut contents.left) {
            items.push(match left {
                Item::Skipped { path, why } => Item::Skipped { path, why },
                Item::Failed(error) => Item::Failed(error),
                Item::Unit(_) => continue,
            });
        }
        if !found.is_image {
            let (path, why) = (path.clone(), NO_IMAGE.to_owned());
            items.push(Item::Failed(SourceError { path, why }));
        }
        let (mut layers, mut configs) = (HashMap::new(), HashMap::new());
        for (number, image) in found.images.iter().enumerate() {
            if let Some(config) = image.config {
                configs.entry(config).or_insert(number);
            }
            for (at, layer) in image.layers.iter().enumerate() {
                let Some(entry) = layer.entry else { continue };
                let known = layers.entry(entry).or_insert((number, at, 0));
                // One image may have a layer several times.
                known.2 += usize::from(known.2 == 0 || known.0 != number);
            }
        }
        let mut listing = Listing {
            path: &path,
            contents: &contents,
            found: &found,
            names: HashSet::new(),
            done: HashSet::new(),
            skip,
            skipped: vec![false; skip.len()],
            items,
        };
        listing.list();
        if let Some(at) = listing.skipped.iter().position(|done| !done) {
            let message = format!("--skip-layer {}: the image has no such layer", skip[at]);
            return Err(Stop::new(message).help("findings name the digests of layers"));
        }
        let items = listing.items;
        let names = layers.keys().map(|entry| (*entry, OnceLock::new()));
        let names = names.collect();
        let image = Arc::new(Shared {
            most,
            contents: Some(contents),
            found,
            layers,
            configs,
            names,
        });
        Ok(Self::with(image, items))
    }
}

fn unskippable() -> Stop {
    Stop::new("--skip-layer needs a directory or an uncompressed tar")
        .help("save the image to a file first, or scan all layers")
}

/// The list of units as it grows.
struct Listing<'a> {
    path: &'a BlobPath,
    contents: &'a Contents,
    found: &'a Found,
    /// The paths that units have.
    names: HashSet<BlobPath>,
    /// The files that units have.
    done: HashSet<usize>,
    skip: &'a [String],
    /// Which of `skip` named a layer.
    skipped: Vec<bool>,
    items: Vec<Item<ImageUnit>>,
}

impl Listing<'_> {
    /// Lists configurations and layers, image by image, then all other files.
    fn list(&mut self) {
        for trouble in self.contents.troubles() {
            self.shut(self.path.clone(), trouble);
        }
        if self.found.is_cut {
            let why = "its manifests name more layers than are read";
            self.tell(self.path.clone(), SkipReason::Limit, why);
        }
        for (name, why) in &self.found.missing {
            self.tell(self.path.inside(name.as_bytes()), SkipReason::Damaged, why);
        }
        for entry in &self.found.broken {
            let path = self.path.inside(&self.contents.entries[*entry].name);
            self.tell(path, SkipReason::Damaged, manifest::BROKEN);
        }
        for image in &self.found.images {
            self.image(image);
        }
        for (entry, file) in self.contents.entries.iter().enumerate() {
            if self.done.insert(entry) {
                let path = self.path_of(&file.name, &file.name);
                self.unit(path, Kind::Entry(entry));
            }
        }
        if !self.contents.rest.is_empty() {
            self.unit(self.path.clone(), Kind::Rest);
        }
    }

    fn image(&mut self, image: &Image) {
        if let Some(entry) = image.config.filter(|entry| self.done.insert(*entry)) {
            let digest = self.found.digest(self.contents, entry);
            let name = match &digest {
                Some(digest) if self.found.images.len() > 1 => format!("config:{}", digest.short()),
                _ => "config".to_owned(),
            };
            let path = self.path_of(name.as_bytes(), &self.contents.entries[entry].name);
            self.unit(path, Kind::Config(entry));
        }
        for entry in image.layers.iter().filter_map(|layer| layer.entry) {
            if !self.done.insert(entry) {
                continue;
            }
            let name = &self.contents.entries[entry].name;
            let Some(digest) = self.found.digest(self.contents, entry) else {
                let path = self.path_of(name, name);
                self.unit(path, Kind::Entry(entry));
                continue;
            };
            let path = self.path_of(digest.short().as_bytes(), digest.text().as_bytes());
            match self.skips(&digest) {
                true => self.items.push(Item::Skipped {
                    path,
                    why: SkipReason::Excluded,
                }),
                false => self.unit(path, Kind::Entry(entry)),
            }
        }
    }

    /// Whether a layer is left out.
    fn skips(&mut self, digest: &Digest) -> bool {
        let text = digest.text();
        let hex = text.split_once(':').map_or("", |(_, hex)| hex);
        let mut skips = false;
        for (wanted, done) in self.skip.iter().zip(&mut self.skipped) {
            let begins = text.starts_with(wanted.as_str()) || hex.starts_with(wanted.as_str());
            // `sha256:` alone would be every layer.
            if begins && wanted.len() >= 12 {
                (*done, skips) = (true, true);
            }
        }
        skips
    }

    /// Returns a path that no other unit has: of a name, of a longer one, or with a number.
    fn path_of(&mut self, name: &[u8], longer: &[u8]) -> BlobPath {
        for name in [name, longer] {
            let path = self.path.inside(name);
            if self.names.insert(path.clone()) {
                return path;
            }
        }
        let number = format!(" ({})", self.items.len());
        self.path.inside(&[longer, number.as_bytes()].concat())
    }

    fn unit(&mut self, path: BlobPath, kind: Kind) {
        self.items.push(Item::Unit(ImageUnit { path, kind }));
    }

    fn shut(&mut self, path: BlobPath, what: Unopened) {
        self.unit(path, Kind::Shut(what));
    }

    fn tell(&mut self, path: BlobPath, reason: SkipReason, why: &'static str) {
        let bytes = 0;
        self.shut(path, Unopened { reason, bytes, why });
    }
}

impl Found {
    /// Returns what a file has to be.
    fn digest(&self, contents: &Contents, entry: usize) -> Option<Digest> {
        let named = Digest::of_name(&contents.entries[entry].name);
        named.or_else(|| self.digests.get(&entry).cloned())
    }
}

impl Source for ImageSource {
    type Unit = ImageUnit;
    type Reader = ImageReader;

    fn list(&self, emit: &mut dyn FnMut(Item<ImageUnit>) -> bool) {
        let _ = self.items.iter().cloned().all(emit);
    }

    fn parts(&self) -> Option<Arc<Parts>> {
        self.parts.shared()
    }

    fn has_large_units(&self) -> bool {
        true
    }

    fn reader(&self) -> ImageReader {
        ImageReader {
            image: self.image.clone(),
            parts: self.parts.clone(),
            content: ContentReader::default(),
        }
    }
}

/// Reads the parts of an image.
pub struct ImageReader {
    image: Arc<Shared>,
    parts: Arc<Parts>,
    content: ContentReader,
}

impl UnitReader for ImageReader {
    type Unit = ImageUnit;

    fn read(&mut self, unit: &ImageUnit, sink: &mut dyn Sink) {
        let image = self.image.clone();
        let path = &unit.path;
        let read = match (&unit.kind, &image.contents) {
            (Kind::Shut(what), _) => {
                sink.unopened(path, *what);
                Ok(())
            }
            (Kind::Stream(file), _) => self.stream(file.as_deref(), path, sink),
            (Kind::Entry(entry), Some(contents)) => self.entry(contents, *entry, path, sink),
            (Kind::Config(entry), Some(contents)) => self.config(contents, *entry, path, sink),
            (Kind::Rest, Some(contents)) => {
                rest(contents, path, sink);
                Ok(())
            }
            (_, None) => Ok(()),
        };
        if let Err(error) = read {
            sink.failed(failure(path, &error));
        }
        self.parts.count();
    }

    fn path_of(&self, unit: &ImageUnit) -> BlobPath {
        unit.path.clone()
    }
}

impl ImageReader {
    fn limits(&self, size_hint: u64) -> Limits {
        let most = self.image.most;
        Limits { size_hint, most }
    }

    fn entry(
        &mut self,
        contents: &Contents,
        entry: usize,
        path: &BlobPath,
        sink: &mut dyn Sink,
    ) -> io::Result<()> {
        let (file, size) = contents.open(entry)?;
        let limits = self.limits(size);
        let image = self.image.clone();
        let wanted = image.found.digest(contents, entry);
        let mut summed = Summed::new(file, wanted.as_ref());
        let part = Part {
            image: &image,
            entry,
            path,
        };
        let mut sink = WithOrigin {
            origin: &part,
            sink,
        };
        self.content.read(&mut summed, path, limits, &mut sink);
        let Some(wanted) = wanted.filter(|_| size <= limits.most.file) else {
            return Ok(());
        };
        let is_blob = contents::is_blob(&contents.entries[entry].name);
        if (is_blob || !summed.is_packed()) && !summed.has(&wanted)? {
            sink.unopened(path, mismatch(size));
        }
        Ok(())
    }

    /// Passes a configuration on as a text.
    fn config(
        &mut self,
        contents: &Contents,
        entry: usize,
        path: &BlobPath,
        sink: &mut dyn Sink,
    ) -> io::Result<()> {
        let bytes = contents.bytes(entry)?;
        let Some(document) = bytes.as_deref().and_then(contents::parse) else {
            let (reason, why) = match bytes {
                Some(_) => (SkipReason::Damaged, "it is no configuration of an image"),
                None => (
                    SkipReason::Limit,
                    "it is a configuration that is too large to be parsed",
                ),
            };
            let bytes = 0;
            sink.unopened(path, Unopened { reason, bytes, why });
            return self.entry(contents, entry, path, sink);
        };
        let bytes = bytes.unwrap_or_default();
        let size = bytes.len() as u64;
        let image = self.image.clone();
        let wanted = image.found.digest(contents, entry);
        if let Some(wanted) = wanted
            && !Summed::new(&bytes[..], Some(&wanted)).has(&wanted)?
        {
            sink.unopened(path, mismatch(size));
        }
        let text = config::text(&document);
        let part = Part {
            image: &image,
            entry,
            path,
        };
        let mut sink = WithOrigin {
            origin: &part,
            sink,
        };
        let limits = self.limits(text.len() as u64);
        let mut text = text.as_bytes();
        self.content.read(&mut text, path, limits, &mut sink);
        Ok(())
    }

    /// Reads an image once.
    fn stream(
        &mut self,
        file: Option<&Path>,
        path: &BlobPath,
        sink: &mut dyn Sink,
    ) -> io::Result<()> {
        let mut input: (Box<dyn Read>, u64) = match file {
            Some(file) => {
                let (file, meta) = super::file::open(file)?;
                (Box::new(file), meta.len())
            }
            None => (Box::new(io::stdin()), 0),
        };
        let (most, content) = (self.image.most, &mut self.content);
        if let Some(contents) = stream::read(&mut input.0, (path, input.1), most, content, sink)? {
            rest(&contents, path, sink);
        }
        Ok(())
    }
}

/// Passes on what of a tar belongs to no file.
fn rest(contents: &Contents, path: &BlobPath, sink: &mut dyn Sink) {
    let mut text = Vec::new();
    let rest = decode(&contents.rest, &mut text);
    sink.piece(Piece {
        opened: true,
        ..Piece::whole(path, rest.bytes, rest.binary)
    });
}

fn mismatch(bytes: u64) -> Unopened {
    Unopened {
        reason: SkipReason::Damaged,
        bytes,
        why: "its content is not what its digest says",
    }
}

/// A file of an image that is read.
struct Part<'a> {
    image: &'a Shared,
    entry: usize,
    path: &'a BlobPath,
}

impl Origin for Part<'_> {
    fn evidence(&self, path: &BlobPath) -> Vec<String> {
        let images = &self.image.found.images;
        let several = |image: &Image| match images.len() > 1 && !image.name.is_empty() {
            true => format!(" of {}", image.name),
            false => String::new(),
        };
        let Some((number, at, count)) = self.image.layers.get(&self.entry) else {
            let image = self.image.configs.get(&self.entry);
            let image = image.map(|number| several(&images[*number]));
            let text = image.map(|image| format!("in the configuration{image}"));
            return text.into_iter().collect();
        };
        let image = &images[*number];
        let mut place = format!("in layer {} of {}", at + 1, image.layers.len());
        place += &several(image);
        if *count > 1 {
            place += &format!(", which {count} images have");
        }
        let command = &image.layers[*at].command;
        if !command.is_empty() {
            place = format!("{place}: {command}");
        }
        let mut evidence = vec![place];
        let own = self.path.as_bytes().len();
        if let Some(name) = path.as_bytes().get(own + 1..) {
            // Of what is in a container, the container itself.
            let name = name.split(|b| *b == b'!').next().unwrap_or(name);
            evidence.extend(self.image.fate(image, *at, name));
        }
        evidence
    }
}

impl Shared {
    /// Says what the layers above do to a file.
    fn fate(&self, image: &Image, at: usize, name: &[u8]) -> Option<String> {
        let above = image.layers.iter().enumerate().skip(at + 1).take(ABOVE);
        for (number, entry) in above.filter_map(|(at, layer)| Some((at + 1, layer.entry?))) {
            let what = match self.names(entry)?.fate(name) {
                Fate::Kept => continue,
                Fate::Overwritten => "overwritten",
                Fate::Deleted => "deleted",
            };
            return Some(format!("{what} in layer {number}"));
        }
        None
    }

    fn names(&self, entry: usize) -> Option<&Names> {
        let contents = self.contents.as_ref()?;
        let read = || match contents.open(entry) {
            Ok((mut file, size)) => {
                let most = Most {
                    members: self
                        .most
                        .members
                        .min(NAMES / self.layers.len().max(1) as u64),
                    ..self.most
                };
                Names::of(&mut file, most, size)
            }
            Err(_) => Names::default(),
        };
        Some(self.names.get(&entry)?.get_or_init(read))
    }
}
