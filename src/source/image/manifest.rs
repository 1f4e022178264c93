//! Which images the manifests name: their configurations, and their layers from the lowest to the
//! highest.
//!
//! Sources: OCI Image Format Specification 1.1 (index, manifest, configuration, layout); Docker Image
//! Specification 1.2 (`manifest.json` of `docker save`).

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use super::config::{self, Facts};
use super::contents::Contents;
use super::digest::Digest;
use super::node::Node;

/// The most layers that manifests may name together, and the most steps of all configurations.
const LAYERS: usize = 100_000;

/// A layer of an image.
pub(super) struct Layer {
    /// Its file; None if the image lacks it.
    pub(super) entry: Option<usize>,
    /// The command that made it; may be empty.
    pub(super) command: String,
}

/// An image.
pub(super) struct Image {
    /// Its tag or its platform.
    pub(super) name: String,
    /// The file of its configuration.
    pub(super) config: Option<usize>,
    pub(super) layers: Vec<Layer>,
}

/// What manifests say.
#[derive(Default)]
pub(super) struct Found {
    /// Whether there is a manifest or an index at all.
    pub(super) is_image: bool,
    pub(super) images: Vec<Image>,
    /// What they name and what is not there, with the reason.
    pub(super) missing: Vec<(String, &'static str)>,
    /// Manifests that are none.
    pub(super) broken: Vec<usize>,
    /// Whether there are more than [`LAYERS`].
    pub(super) is_cut: bool,
    /// What files have to be, where their names do not say it.
    pub(super) digests: HashMap<usize, Digest>,
    layers: usize,
    steps: usize,
    /// What configurations say, each read once.
    facts: HashMap<usize, Arc<Facts>>,
    lacking: HashSet<String>,
    known: HashSet<(Option<usize>, Vec<Option<usize>>)>,
}

/// What is wrong with [`Found::broken`].
pub(super) const BROKEN: &str = "it is no manifest of an image";
const NO_MANIFEST: &str = "an image that the index names is not in the file";
const NO_CONFIG: &str = "a configuration that the manifest names is not in the image";
const NO_LAYER: &str = "a layer that the manifest names is not in the image";

/// Returns what the manifests of an image say.
pub(super) fn find(contents: &Contents) -> Found {
    let mut found = Found::default();
    let mut left = VecDeque::new();
    for name in ["manifest.json", "index.json"] {
        let Some(entry) = contents.find(name.as_bytes()) else {
            continue;
        };
        found.is_image = true;
        match contents.document(entry) {
            Some(Node::List(images)) => {
                for image in &images {
                    found.saved(contents, image);
                }
            }
            _ => left.push_back(entry),
        }
    }
    let mut seen = HashSet::new();
    while let Some(entry) = left.pop_front() {
        if !seen.insert(entry) {
            continue;
        }
        match contents.document(entry) {
            Some(index) if index.get("manifests").is_some() => {
                for manifest in index.list("manifests") {
                    left.extend(found.file(contents, manifest, NO_MANIFEST));
                }
            }
            Some(manifest) if manifest.get("layers").is_some() => found.listed(contents, &manifest),
            _ => found.broken.push(entry),
        }
    }
    found
}

impl Found {
    fn lacks(&mut self, name: String, why: &'static str) {
        if self.lacking.insert(name.clone()) {
            self.missing.push((name, why));
        }
    }

    /// Returns the file of a descriptor.
    fn file(&mut self, contents: &Contents, descriptor: &Node, why: &'static str) -> Option<usize> {
        let text = descriptor.text("digest");
        let digest = Digest::parse(text);
        let names = digest.as_ref().map(Digest::names);
        let mut names = names.iter().flatten();
        let entry = names.find_map(|name| contents.find(name.as_bytes()));
        match (entry, digest) {
            (Some(entry), Some(digest)) => _ = self.digests.insert(entry, digest),
            (_, Some(digest)) => self.lacks(digest.short(), why),
            (_, None) => self.lacks(text.to_owned(), why),
        }
        entry
    }

    /// Returns what a configuration says; nothing once configurations have too many steps.
    fn facts(&mut self, contents: &Contents, config: Option<usize>) -> Arc<Facts> {
        let Some(config) = config else {
            return Arc::default();
        };
        if let Some(facts) = self.facts.get(&config) {
            return facts.clone();
        }
        let document = contents.document(config);
        let mut facts = document.as_ref().map(config::facts).unwrap_or_default();
        self.steps += facts.commands.len() + facts.sums.len();
        if self.steps > LAYERS {
            facts = Facts::default();
        }
        let facts = Arc::new(facts);
        self.facts.insert(config, facts.clone());
        facts
    }

    /// Adds the image of a manifest of OCI.
    fn listed(&mut self, contents: &Contents, manifest: &Node) {
        let config = manifest
            .get("config")
            .and_then(|config| self.file(contents, config, NO_CONFIG));
        let layers = manifest.list("layers").iter();
        let layers = layers
            .map(|layer| self.file(contents, layer, NO_LAYER))
            .collect();
        self.image(contents, config, layers, "");
    }

    /// Adds an image of `docker save`.
    fn saved(&mut self, contents: &Contents, image: &Node) {
        let config = image.text("Config");
        let file = contents.find(config.as_bytes());
        if file.is_none() {
            self.lacks(config.to_owned(), NO_CONFIG);
        }
        let names = image.list("Layers");
        let facts = self.facts(contents, file);
        let mut layers = Vec::new();
        for (at, name) in names.iter().enumerate() {
            let name = name.as_text().unwrap_or_default();
            let entry = contents.find(name.as_bytes());
            let fits = facts.sums.len() == names.len();
            let sum = facts.sums.get(at).filter(|_| fits);
            match (entry, sum.cloned().flatten()) {
                (Some(entry), Some(sum))
                    if Digest::of_name(&contents.entries[entry].name).is_none() =>
                {
                    self.digests.insert(entry, sum);
                }
                (Some(_), _) => {}
                (None, _) => self.lacks(name.to_owned(), NO_LAYER),
            }
            layers.push(entry);
        }
        let tag = image.list("RepoTags").first().and_then(Node::as_text);
        self.image(contents, file, layers, tag.unwrap_or_default());
    }

    fn image(
        &mut self,
        contents: &Contents,
        config: Option<usize>,
        layers: Vec<Option<usize>>,
        name: &str,
    ) {
        self.layers += layers.len();
        if self.layers > LAYERS {
            self.is_cut = true;
            return;
        }
        // `docker save` writes both kinds of manifests.
        if !self.known.insert((config, layers.clone())) {
            return;
        }
        let facts = self.facts(contents, config);
        let name = if name.is_empty() {
            &facts.platform
        } else {
            name
        };
        // A history of another length says nothing of single layers.
        let fits = facts.commands.len() == layers.len();
        let layers = layers.into_iter().enumerate().map(|(at, entry)| Layer {
            entry,
            command: facts
                .commands
                .get(at)
                .filter(|_| fits)
                .cloned()
                .unwrap_or_default(),
        });
        self.images.push(Image {
            name: name.to_owned(),
            config,
            layers: layers.collect(),
        });
    }
}
