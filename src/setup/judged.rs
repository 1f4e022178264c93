//! What judges, as a digest: results of earlier runs count only if all that they depend on is the
//! same.

use std::path::{Path, PathBuf};

use super::Setup;
use crate::blob::BlobPath;
use crate::cache::{Cache, Judge, NewKey, place};
use crate::environment::Environment;
use crate::git::{GitError, OpenOptions, Store, index};
use crate::inside::Most;
use crate::named::{Last, way};
use crate::rules::builtin;
use crate::stop::Stop;

/// What a person asks for, about the cache.
#[derive(Clone, Debug, Default)]
pub struct Remembering {
    /// The directory; None: the one that the environment names, or the usual one.
    pub dir: Option<PathBuf>,
    /// Whether nothing is remembered.
    pub off: bool,
}

/// The fewest bytes of content for which a cache that nobody asked for is written: about a tenth
/// of a second of work.
const PAYS: u64 = 64 << 20;

/// A cache, and the fewest bytes of content for which it pays to write.
pub struct Remembered {
    /// The cache.
    pub cache: Cache,
    /// Zero if a person named the directory.
    pub pays: u64,
}

impl Remembering {
    /// Returns the directory, and whether a person named it; None if there is none.
    pub fn place(&self, environment: &Environment) -> Option<(PathBuf, bool)> {
        let named = self.dir.clone().or_else(|| place::named(environment));
        match named {
            Some(dir) => Some((dir, true)),
            None => place::usual(environment).map(|dir| (dir, false)),
        }
    }

    /// Opens the cache. `top` is the top of the working tree that is scanned. Without `trusted`,
    /// what is scanned may be made by somebody who must not write. Returns warnings as well: a
    /// cache that cannot be used costs time and nothing else.
    ///
    /// # Errors
    /// Fails if the key in the environment is too short to be one.
    pub fn open(
        &self,
        environment: &Environment,
        top: Option<&Path>,
        trusted: bool,
    ) -> Result<(Option<Remembered>, Vec<String>), Stop> {
        if self.off {
            return Ok((None, Vec::new()));
        }
        let Some((dir, is_named)) = self.place(environment) else {
            return Ok((None, Vec::new()));
        };
        let without = |why: String| {
            let told = format!("cache {}: not used: {why}", dir.display());
            Ok((None, if is_named { vec![told] } else { Vec::new() }))
        };
        if let Some(link) = top.and_then(|top| link_on_the_way(&dir, top)) {
            let link = link.display();
            return without(format!("{link} is a link that the scanned tree holds"));
        }
        let mut new_key = None;
        let key = match place::given_key(environment)? {
            Some(key) => key,
            None => {
                let Some(file) = place::key_file(environment) else {
                    let why = format!(
                        "no place for its key is known; set HOME, or give a key in {}",
                        place::KEY_VARIABLE
                    );
                    return without(why);
                };
                if top.is_some_and(|top| is_tracked(&file, top)) {
                    let file = file.display();
                    return without(format!(
                        "its key {file} is a file of the scanned repository"
                    ));
                }
                // Nobody asked for this cache, so a run that does not write it makes no key.
                let is_new = !is_named && trusted && is_missing(&file);
                let key = match is_new {
                    true => NewKey::of(&file).map(|(key, new)| {
                        new_key = Some(new);
                        key
                    }),
                    false => place::key_in(&file, trusted),
                };
                match key {
                    Ok(key) => key,
                    Err(why) => return without(format!("its key {}: {why}", file.display())),
                }
            }
        };
        let pays = if is_named { 0 } else { PAYS };
        let cache = Cache::new(dir, key, trusted);
        let cache = match new_key {
            Some(key) => cache.with_new_key(key),
            None => cache,
        };
        Ok((Some(Remembered { cache, pays }), Vec::new()))
    }
}

fn is_missing(file: &Path) -> bool {
    let found = std::fs::symlink_metadata(file);
    found.is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound)
}

/// Returns a link inside of the working tree `top` that leads to `dir`.
fn link_on_the_way(dir: &Path, top: &Path) -> Option<PathBuf> {
    let top = std::fs::canonicalize(top).ok()?;
    let way = way(dir, Last::Kept, &|dir: &Path| dir == top).ok()?;
    let full = way.full();
    let is_link = std::fs::symlink_metadata(&full).is_ok_and(|meta| meta.is_symlink());
    let last = (way.top.is_some() && is_link).then_some(full);
    way.linked_directory().or(last)
}

/// Whether git tracks `file` in the working tree `top`.
fn is_tracked(file: &Path, top: &Path) -> bool {
    let Ok(full) = std::fs::canonicalize(file) else {
        return false;
    };
    let top = std::fs::canonicalize(top).unwrap_or_else(|_| top.to_owned());
    let Ok(below) = full.strip_prefix(&top) else {
        return false;
    };
    let path = BlobPath::shown(below);
    let tracked = || {
        let store = Store::open(&top, &OpenOptions::default())?;
        let own = path.as_bytes();
        Ok::<_, GitError>(
            index::any(&store, |name| name == own)? || index::is_at_head(&store, own)?,
        )
    };
    tracked().unwrap_or(true)
}

impl Setup {
    /// Returns a digest of all on which the result for a single content depends.
    pub fn judge(&self, most: &Most) -> Judge {
        let detector = &self.engine.detector;
        let mut rules = String::new();
        let built_in = builtin::rules().as_ptr_range();
        for (_, rule) in detector.rules().iter() {
            // A rule that is built in is one of the program's sources.
            match built_in.contains(&std::ptr::from_ref(rule)) {
                true => rules.push_str(&rule.id),
                false => rules.push_str(&format!("{rule:?}")),
            }
            rules.push('\n');
        }
        let foreign = self.settings.gitleaks.as_ref();
        let foreign = foreign.map_or_else(String::new, |config| format!("{config:?}"));
        let depths = format!("{} {most:?}", self.settings.decode_depth());
        let policy = &self.engine.policy;
        let keeps = format!("{:?} {}", policy.min_confidence, self.engine.keep_dismissed);
        let (request, config) = (&self.settings.request, &self.settings.config);
        // A set of rules may name more than it runs.
        let chosen = format!(
            "{:?} {:?} {:?} {:?} {:?}",
            request.only, request.without, config.rules, config.overrides, config.custom
        );
        let fields = [
            env!("STOPLEAK_SOURCES"),
            chosen.as_str(),
            rules.as_str(),
            foreign.as_str(),
            depths.as_str(),
            keeps.as_str(),
        ];
        Judge::of(fields.map(str::as_bytes))
    }

    /// Returns a digest of that, and of all else on which the result for a whole history depends,
    /// but for the history itself and what people accepted. `chosen` names what else is chosen.
    pub fn judge_whole(&self, most: &Most, chosen: &[String]) -> Judge {
        let settings = &self.settings;
        let fields = [
            format!("{:?}", settings.config),
            format!("{:?}", settings.request),
            format!("{:?}", self.engine.base),
            // Whose ids these are.
            format!("{:?}", self.engine.key.secret_id(b"")),
            format!("{chosen:?}"),
        ];
        let fields = fields.iter().map(String::as_bytes);
        let judge = self.judge(most);
        fields.fold(judge, |judge, field| judge.and(field))
    }
}
