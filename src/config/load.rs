//! Loads a configuration with everything that it extends and all its rule files. Paths
//! are relative to the file that names them and must lie in the same tree.

use super::files::MAX_BYTES;
use super::parse::{Parsed, parse_file};
use super::{At, Config, ConfigError, Files, Place};
use crate::globs;
use crate::rules::spec;

/// The longest chain of `extend`: a file, the file it extends, and so on.
const MAX_DEPTH: usize = 3;
/// The most files that one configuration may consist of.
const MAX_FILES: usize = 64;
/// The most paths that expanding a glob of rule files may visit.
const MAX_LISTED: usize = 4096;

/// Reads the configuration at `path` and all files that it names.
///
/// # Errors
/// Returns every mistake of the first file that has any.
pub fn load(files: &dyn Files, path: &str) -> Result<Config, Vec<ConfigError>> {
    let mut loader = Loader {
        files,
        chain: Vec::new(),
        seen: Vec::new(),
        config: Config::default(),
    };
    loader.file(path, None)?;
    Ok(loader.config)
}

pub(super) fn too_large() -> String {
    format!("larger than {} KiB; not read", MAX_BYTES >> 10)
}

struct Loader<'f> {
    files: &'f dyn Files,
    /// The files being read, each extending the next.
    chain: Vec<String>,
    /// Every file whose reading started.
    seen: Vec<String>,
    config: Config,
}

impl Loader<'_> {
    /// Reads `path`; `named` is where another file names it.
    fn file(&mut self, path: &str, named: Option<&Place>) -> Result<(), Vec<ConfigError>> {
        let named = named.cloned();
        let wrong = |place: Option<Place>, message: String| {
            let place = place.unwrap_or_else(|| start(self.files, path));
            Err(vec![error(place, message)])
        };
        let shown = self.files.name(path);
        if let Some(from) = self.chain.iter().position(|known| known == path) {
            let ring = self.chain[from..].iter().map(|p| self.files.name(p));
            let ring: Vec<String> = ring.chain([shown]).collect();
            return wrong(
                named,
                format!("`extend` forms a cycle: {}", ring.join(" -> ")),
            );
        }
        if self.seen.iter().any(|known| known == path) {
            return Ok(());
        }
        if self.chain.len() > MAX_DEPTH {
            let message = format!("`extend` is nested deeper than {MAX_DEPTH} files");
            return wrong(named, message);
        }
        if self.seen.len() >= MAX_FILES {
            return wrong(
                named,
                format!("the configuration names more than {MAX_FILES} files"),
            );
        }
        let text = match self.text(path) {
            Ok(text) => text,
            // A missing file is reported at the place that names it.
            Err(why) if named.is_some() => return wrong(named, format!("{shown}: {why}")),
            Err(why) => return wrong(None, why),
        };
        self.seen.push(path.to_owned());
        self.chain.push(path.to_owned());
        let python = path.rsplit('/').next() == Some("pyproject.toml");
        let parsed = parse_file(shown.into(), &text, python)?;
        for at in &parsed.extend {
            let target =
                target(path, &at.value).map_err(|why| vec![error(at.place.clone(), why)])?;
            self.file(&target, Some(&at.place))?;
        }
        self.rule_files(path, &parsed)?;
        self.merge(parsed.config);
        self.chain.pop();
        Ok(())
    }

    fn text(&self, path: &str) -> Result<String, String> {
        let content = self.files.read(path)?;
        let content = content.ok_or_else(|| "no such file".to_owned())?;
        if content.len() as u64 > MAX_BYTES {
            return Err(too_large());
        }
        let text = String::from_utf8(content).map_err(|_| "not UTF-8".to_owned())?;
        Ok(text
            .strip_prefix('\u{feff}')
            .map(str::to_owned)
            .unwrap_or(text))
    }

    fn rule_files(&mut self, path: &str, parsed: &Parsed) -> Result<(), Vec<ConfigError>> {
        for at in &parsed.rule_files {
            let wrong = |why: String| vec![error(at.place.clone(), why)];
            let pattern = target(path, &at.value).map_err(wrong)?;
            let found = self.expand(&pattern).map_err(wrong)?;
            if found.is_empty() {
                return Err(wrong(format!("no file matches `{}`", at.value)));
            }
            for file in found {
                if self.seen.len() >= MAX_FILES {
                    return Err(wrong(format!(
                        "the configuration names more than {MAX_FILES} files"
                    )));
                }
                let name = self.files.name(&file);
                let text = self
                    .text(&file)
                    .map_err(|why| wrong(format!("{name}: {why}")))?;
                let rules = spec::parse(&text).map_err(|errors| {
                    let placed = errors.into_iter().map(|e| ConfigError {
                        place: Place {
                            file: name.as_str().into(),
                            line: e.line,
                            column: e.column,
                        },
                        message: e.message,
                        help: e.help,
                    });
                    placed.collect::<Vec<_>>()
                })?;
                let place = start(self.files, &file);
                let rules = rules.into_iter().map(|value| At {
                    value,
                    place: place.clone(),
                });
                self.config.custom.extend(rules);
                self.seen.push(file);
            }
        }
        Ok(())
    }

    /// Returns the files that `pattern` matches; `*` and `?` match within one name.
    fn expand(&self, pattern: &str) -> Result<Vec<String>, String> {
        if pattern.contains("**") {
            return Err("`**` is not supported here; name the directories".to_owned());
        }
        let mut found = vec![String::new()];
        let mut searched = false;
        for part in pattern.split('/') {
            searched |= part.contains(['*', '?', '[', '{']);
            let glob = globs::set([part])?;
            let mut next = Vec::new();
            for dir in found {
                let join = |name: &str| match dir.as_str() {
                    "" => name.to_owned(),
                    dir => format!("{dir}/{name}"),
                };
                if !searched {
                    next.push(join(part));
                    continue;
                }
                let names = self.files.list(&dir)?;
                // As in a shell, only a pattern with a leading dot matches a leading
                // dot.
                let meant = |name: &&String| {
                    glob.is_match(name) && (part.starts_with('.') || !name.starts_with('.'))
                };
                next.extend(names.iter().filter(meant).map(|name| join(name)));
                if next.len() > MAX_LISTED {
                    return Err(format!("`{pattern}` matches more than {MAX_LISTED} paths"));
                }
            }
            found = next;
        }
        Ok(found)
    }

    /// Adds the settings of a file to those of earlier files.
    fn merge(&mut self, from: Config) {
        let into = &mut self.config;
        into.files.extend(from.files);
        into.confidence = from.confidence.or(into.confidence.take());
        into.severity = from.severity.or(into.severity.take());
        into.fail_on = from.fail_on.or(into.fail_on.take());
        into.labels.extend(from.labels);
        into.report.sort = from.report.sort.or(into.report.sort.take());
        into.report.group = from.report.group.or(into.report.group.take());
        into.scan.exclude.extend(from.scan.exclude);
        into.scan.include.extend(from.scan.include);
        let scan = &mut into.scan;
        for (later, earlier) in [
            (from.scan.max_file_size, &mut scan.max_file_size),
            (from.scan.max_archive_depth, &mut scan.max_archive_depth),
            (from.scan.max_archive_size, &mut scan.max_archive_size),
            (from.scan.max_archive_ratio, &mut scan.max_archive_ratio),
            (from.scan.max_decode_depth, &mut scan.max_decode_depth),
        ] {
            *earlier = later.or(earlier.take());
        }
        let coverage = &mut into.coverage;
        coverage.opaque = from.coverage.opaque.or(coverage.opaque.take());
        coverage.damaged = from.coverage.damaged.or(coverage.damaged.take());
        coverage.accept.extend(from.coverage.accept);
        into.scan.follow = from.scan.follow.or(into.scan.follow.take());
        into.scan.no_ignore = from.scan.no_ignore.or(into.scan.no_ignore.take());
        into.rules.disable.extend(from.rules.disable);
        into.rules.only.extend(from.rules.only);
        into.custom.extend(from.custom);
        into.overrides.extend(from.overrides);
        into.allow.extend(from.allow);
        into.paths.extend(from.paths);
    }
}

fn start(files: &dyn Files, path: &str) -> Place {
    Place {
        file: files.name(path).into(),
        line: 1,
        column: 1,
    }
}

fn error(place: Place, message: String) -> ConfigError {
    ConfigError {
        place,
        message,
        help: String::new(),
    }
}

/// Resolves `name`, as written in the file at `from`, to a path in the tree.
fn target(from: &str, name: &str) -> Result<String, String> {
    if name.contains("://") {
        return Err(format!(
            "`{name}` is not a file; stopleak reads nothing from the network"
        ));
    }
    let absolute = name.starts_with(['/', '\\']) || name.as_bytes().get(1) == Some(&b':');
    if absolute || name.contains('\\') || name.contains('\0') {
        return Err(format!(
            "`{name}` must be relative to this file, with `/` between names"
        ));
    }
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in name.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                if parts.pop().is_none() {
                    return Err(format!("`{name}` leads out of the repository"));
                }
            }
            part => parts.push(part),
        }
    }
    if parts.is_empty() {
        return Err(format!("`{name}` is not a file"));
    }
    Ok(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    /// Files in memory.
    struct Memory(BTreeMap<&'static str, &'static str>);

    impl Files for Memory {
        fn read(&self, path: &str) -> Result<Option<Vec<u8>>, String> {
            Ok(self.0.get(path).map(|text| text.as_bytes().to_vec()))
        }

        fn list(&self, path: &str) -> Result<Vec<String>, String> {
            let below = |file: &&str| {
                let rest = file.strip_prefix(path)?;
                let rest = rest.strip_prefix('/').unwrap_or(rest);
                Some(rest.split('/').next()?.to_owned())
            };
            Ok(self.0.keys().filter_map(below).collect())
        }

        fn name(&self, path: &str) -> String {
            path.to_owned()
        }
    }

    fn loaded(files: &[(&'static str, &'static str)]) -> Result<Config, String> {
        let memory = Memory(files.iter().copied().collect());
        load(&memory, "stopleak.toml").map_err(|errors| errors[0].to_string())
    }

    #[test]
    fn what_is_extended_comes_first_and_the_last_word_counts() {
        let config = loaded(&[
            (
                "stopleak.toml",
                "extend = [\"a/base.toml\"]\nconfidence = \"low\"\n[scan]\nexclude = [\"x\"]\n",
            ),
            (
                "a/base.toml",
                "extend = [\"../b.toml\"]\nconfidence = \"high\"\n[scan]\nexclude = [\"y\"]\nfollow = true\n",
            ),
            ("b.toml", "[scan]\nexclude = [\"z\"]\n"),
        ])
        .unwrap();
        assert_eq!(config.confidence.unwrap().value.id(), "low");
        let globs: Vec<_> = config
            .scan
            .exclude
            .iter()
            .map(|at| at.value.as_str())
            .collect();
        assert_eq!(globs, ["z", "y", "x"]);
        assert_eq!(
            config.scan.follow.unwrap().place.to_string(),
            "a/base.toml:5:10"
        );
        assert_eq!(config.files.len(), 3);
    }

    #[test]
    fn rings_depth_and_outside_are_refused() {
        let ring = loaded(&[
            ("stopleak.toml", "extend = [\"a.toml\"]\n"),
            ("a.toml", "extend = [\"stopleak.toml\"]\n"),
        ]);
        assert_eq!(
            ring.unwrap_err(),
            "a.toml:1:11: `extend` forms a cycle: stopleak.toml -> a.toml -> stopleak.toml"
        );
        let deep = loaded(&[
            ("stopleak.toml", "extend = [\"a.toml\"]\n"),
            ("a.toml", "extend = [\"b.toml\"]\n"),
            ("b.toml", "extend = [\"c.toml\"]\n"),
            ("c.toml", "extend = [\"d.toml\"]\n"),
            ("d.toml", ""),
        ]);
        assert!(deep.unwrap_err().contains("deeper than 3 files"));
        for (name, why) in [
            ("../x.toml", "leads out of the repository"),
            ("/etc/x.toml", "must be relative"),
            (
                "https://example.com/x.toml",
                "reads nothing from the network",
            ),
            ("gone.toml", "no such file"),
        ] {
            let text: &'static str = format!("extend = [\"{name}\"]\n").leak();
            let error = loaded(&[("stopleak.toml", text)]).unwrap_err();
            assert!(error.starts_with("stopleak.toml:1:11:"), "{error}");
            assert!(error.contains(why), "{error}");
        }
    }

    #[test]
    fn rule_files_are_named_by_globs() {
        const RULE: &str = "[provider]\nname = \"A\"\n[[rule]]\nid = \"acme\"\ntitle = \"t\"\nsecret_type = \"api-key\"\nseverity = \"high\"\nshape = '\"acme_\" hex{8}'\n";
        let config = loaded(&[
            ("stopleak.toml", "[rules]\nfiles = [\"rules/*.toml\"]\n"),
            ("rules/a.toml", RULE),
            ("rules/note.md", "no rule"),
        ])
        .unwrap();
        assert_eq!(config.custom.len(), 1);
        let config = loaded(&[
            ("stopleak.toml", "[rules]\nfiles = [\"*/acme.toml\"]\n"),
            ("a/other.toml", "no rule"),
            ("b/acme.toml", RULE),
        ])
        .unwrap();
        assert_eq!(config.custom.len(), 1);
        let none = loaded(&[("stopleak.toml", "[rules]\nfiles = [\"r/*.toml\"]\n")]);
        assert!(none.unwrap_err().contains("no file matches"));
        let broken = loaded(&[
            ("stopleak.toml", "[rules]\nfiles = [\"rules/a.toml\"]\n"),
            ("rules/a.toml", "nonsense"),
        ]);
        assert!(broken.unwrap_err().starts_with("rules/a.toml:1:"));
    }
}
