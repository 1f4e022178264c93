//! Path globs with .gitignore syntax, many at a time. Finds the owners of the globs
//! that match a path, and maps displayed paths to paths below the top of a repository.
//! Reads no files and makes no decisions.

use std::borrow::Cow;

use globset::{Candidate, GlobBuilder, GlobSet, GlobSetBuilder};

/// Varied paths: globs that match all of them match everything.
const PROBES: &[&str] = &[
    "a",
    "Zq",
    "0.7z",
    ".hidden",
    "x/y.rs",
    "src/deep/er/na me.TXT",
    "_/9/-/q.w.e",
];

/// Globs in .gitignore syntax, each with the number of its owner.
///
/// A glob without `/` matches at any depth, a glob with `/` from the top. A match of a
/// directory also matches everything below it. `{a,b}` is an alternative. `!` is not
/// supported: no entry can undo another.
#[derive(Clone, Debug, Default)]
pub struct PathSet {
    set: GlobSet,
    owners: Vec<u32>,
    /// Directories in which every name matches, even if the directory itself does not.
    whole: GlobSet,
}

impl PathSet {
    /// Creates a set of `globs`, each with its owner.
    ///
    /// # Errors
    /// Returns an error if a glob does not parse, or if all together are too large.
    pub fn new<'g>(globs: impl IntoIterator<Item = (u32, &'g str)>) -> Result<Self, String> {
        let mut builder = GlobSetBuilder::new();
        let mut owners = Vec::new();
        let mut whole = GlobSetBuilder::new();
        for (owner, glob) in globs {
            for form in forms(glob)? {
                builder.add(compile(&form).map_err(|why| {
                    let glob = brief(glob);
                    format!("bad glob `{glob}`: {why}")
                })?);
                owners.push(owner);
                // Decided from the glob's text: no sample name can represent all
                // others, as `[!x]*` and `???` show.
                let dir = form.strip_suffix("/**").or(form.strip_suffix("/*"));
                if let Some(Ok(dir)) = dir.map(compile) {
                    whole.add(dir);
                }
            }
        }
        let large = |_| "the globs are too many or too large".to_owned();
        Ok(Self {
            set: builder.build().map_err(large)?,
            owners,
            whole: whole.build().map_err(large)?,
        })
    }

    /// Whether the set has no globs.
    pub(crate) fn is_empty(&self) -> bool {
        self.owners.is_empty()
    }

    /// Whether a glob matches `path`, which is relative to the top.
    pub fn is_match(&self, path: &[u8]) -> bool {
        !self.is_empty() && self.set.is_match_candidate(&candidate(path))
    }

    /// Whether the set matches everything below the directory `dir`.
    pub fn covers(&self, dir: &[u8]) -> bool {
        self.is_match(dir) || self.whole.is_match_candidate(&candidate(dir))
    }

    /// Returns the owners of the globs that match `path`, unordered and possibly
    /// repeated.
    // For tests and fuzzing.
    #[doc(hidden)]
    pub fn owners(&self, path: &[u8]) -> Vec<u32> {
        if self.is_empty() {
            return Vec::new();
        }
        let found = self.set.matches_candidate(&candidate(path));
        found
            .into_iter()
            .filter_map(|i| self.owners.get(i).copied())
            .collect()
    }
}

/// Checks whether `glob` is valid.
///
/// # Errors
/// Returns why it is not.
// For tests and fuzzing.
#[doc(hidden)]
pub fn check(glob: &str) -> Result<(), String> {
    forms(glob)?
        .iter()
        .try_for_each(|form| compile(form).map(|_| ()))
}

/// Whether `globs` together match every path.
// For tests and fuzzing.
#[doc(hidden)]
pub fn is_universal<'g>(globs: impl IntoIterator<Item = &'g str>) -> bool {
    // A glob that requires a letter somewhere cannot match everything; most globs do.
    let wide: Vec<_> = globs
        .into_iter()
        .filter(|glob| !asks_for_a_letter(glob))
        .map(|glob| (0, glob))
        .collect();
    if wide.is_empty() {
        return false;
    }
    let set = PathSet::new(wide);
    set.is_ok_and(|set| PROBES.iter().all(|probe| set.is_match(probe.as_bytes())))
}

/// Whether `glob` contains a letter or digit outside alternatives and classes.
fn asks_for_a_letter(glob: &str) -> bool {
    let mut depth = 0u32;
    glob.chars().any(|c| {
        match c {
            '[' | '{' => depth += 1,
            ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && c.is_alphanumeric()
    })
}

/// Returns globs of whole paths with the same meaning as `glob`.
fn forms(glob: &str) -> Result<Vec<String>, String> {
    if glob.starts_with('!') {
        return Err("`!` is not supported here; name the paths to match".to_owned());
    }
    let glob = glob.strip_prefix("./").map_or(glob, |rest| {
        // Like a leading `/`, this makes the glob relative to the top.
        if rest.contains('/') { rest } else { glob }
    });
    let (body, below_only) = match glob.strip_suffix('/') {
        Some(body) => (body, true),
        None => (glob, false),
    };
    if glob.is_empty() {
        return Err("an empty glob matches nothing".to_owned());
    }
    let body = match body.strip_prefix('/').or_else(|| body.strip_prefix("./")) {
        Some(anchored) => anchored.to_owned(),
        None if body.contains('/') => body.to_owned(),
        None => format!("**/{body}"),
    };
    if body.is_empty() || body == "**/" {
        return Ok(vec!["**".to_owned()]);
    }
    let below = format!("{body}/**");
    Ok(if below_only {
        vec![below]
    } else {
        vec![body, below]
    })
}

/// The most braces that may be open at once in a glob. globset and the parser of regular
/// expressions behind it recurse on them.
const MAX_NESTED: usize = 32;

/// Checks that the braces of `glob` are not nested too deeply.
///
/// # Errors
/// Returns why it is not usable.
pub(crate) fn is_shallow(glob: &str) -> Result<(), String> {
    let mut open = 0usize;
    let mut bytes = glob.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => drop(bytes.next()),
            b'{' => open += 1,
            b'}' => open = open.saturating_sub(1),
            _ => {}
        }
        if open > MAX_NESTED {
            return Err(format!("more than {MAX_NESTED} braces inside one another"));
        }
    }
    Ok(())
}

/// Returns `glob` for a message, or its length if it is long. Part of it could be half of a
/// secret, which nothing would recognise.
pub(crate) fn brief(glob: &str) -> Cow<'_, str> {
    const MOST: usize = 200;
    match glob.len() > MOST {
        true => Cow::Owned(format!("({} bytes)", glob.len())),
        false => Cow::Borrowed(glob),
    }
}

/// Compiles globs of names or whole paths, in which `*` also matches `/`.
///
/// # Errors
/// Returns why a glob does not parse, or that all together are too large.
pub(crate) fn set<'g>(globs: impl IntoIterator<Item = &'g str>) -> Result<GlobSet, String> {
    let mut builder = GlobSetBuilder::new();
    for glob in globs {
        is_shallow(glob)?;
        builder.add(globset::Glob::new(glob).map_err(|e| e.kind().to_string())?);
    }
    builder
        .build()
        .map_err(|_| "the glob is too large".to_owned())
}

fn compile(form: &str) -> Result<globset::Glob, String> {
    is_shallow(form)?;
    GlobBuilder::new(form)
        .literal_separator(true)
        .backslash_escape(true)
        .build()
        .map_err(|e| e.kind().to_string())
}

fn candidate(path: &[u8]) -> Candidate<'_> {
    Candidate::from_bytes(path)
}

/// Maps displayed paths to paths below the top of a repository.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PathMap {
    /// A directory or file as displayed, and its path below the top.
    roots: Vec<(Vec<u8>, Vec<u8>)>,
}

impl PathMap {
    /// Returns the map for paths that are already relative to the top.
    pub fn identity() -> Self {
        Self::new(vec![(Vec::new(), Vec::new())])
    }

    /// Creates a map of `roots`. Paths below the first of a pair, as displayed, lie
    /// below the second, as seen from the top. An empty first matches every relative
    /// path.
    pub fn new(mut roots: Vec<(Vec<u8>, Vec<u8>)>) -> Self {
        roots.sort_by_key(|(shown, _)| std::cmp::Reverse(shown.len()));
        roots.dedup();
        Self { roots }
    }

    /// Returns the entries of `set` with a glob that matches a path, as displayed, or the name of
    /// a `member` in a container there. Sorted, each once.
    pub(crate) fn owners(&self, set: &PathSet, path: &[u8], member: Option<&[u8]>) -> Vec<u32> {
        let below = self.below_top(path);
        let mut owners = below
            .as_deref()
            .map_or_else(Vec::new, |path| set.owners(path));
        if let Some(name) = member {
            owners.extend(set.owners(name));
            // The file itself may be what a person named.
            let whole = below.map(|path| [&path, &b"!"[..], name].concat());
            owners.extend(whole.into_iter().flat_map(|path| set.owners(&path)));
        }
        owners.sort_unstable();
        owners.dedup();
        owners
    }

    /// Returns the path below the top; `None` for a path elsewhere.
    pub(crate) fn below_top<'p>(&self, path: &'p [u8]) -> Option<Cow<'p, [u8]>> {
        self.roots.iter().find_map(|(shown, top)| {
            let rest = match path.strip_prefix(shown.as_slice())? {
                rest if shown.is_empty() && !rest.starts_with(b"/") => rest,
                rest if shown.ends_with(b"/") => rest,
                [] => &[],
                [b'/', rest @ ..] if !shown.is_empty() => rest,
                _ => return None,
            };
            Some(if top.is_empty() {
                Cow::Borrowed(rest)
            } else if rest.is_empty() {
                Cow::Owned(top.clone())
            } else {
                Cow::Owned([top, b"/".as_slice(), rest].concat())
            })
        })
    }
}

/// Which files of a tree are scanned at all.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// Maps paths to the top.
    pub map: PathMap,
    /// Excluded paths.
    pub exclude: PathSet,
    /// The only included paths; everything when empty.
    pub include: PathSet,
}

impl Scope {
    /// Whether the file at `path`, as displayed, is excluded. Paths outside the top are
    /// included, and so are messages and objects without a path, because globs do not
    /// apply to them. Names of references can be excluded, but need no include glob.
    pub(crate) fn leaves_out(&self, path: &[u8]) -> bool {
        if self.exclude.is_empty() && self.include.is_empty() {
            return false;
        }
        if names_an_object(path) {
            return false;
        }
        self.map.below_top(path).is_some_and(|path| {
            let asked_for = self.include.is_empty() || path.starts_with(b"refs/");
            self.exclude.is_match(&path) || !(asked_for || self.include.is_match(&path))
        })
    }

    /// Whether a member of the container at `file`, as displayed, is excluded: by its own name, by
    /// that of a container around it, or by its whole path.
    pub(crate) fn leaves_member_out(&self, file: &[u8], name: &[u8]) -> bool {
        /// A name may hold any number of the signs that stand between containers.
        const MOST: usize = 64;
        if self.exclude.is_empty() {
            return false;
        }
        let mut around = memchr::memchr_iter(b'!', name).take(MOST);
        self.exclude.is_match(name)
            || around.any(|at| self.exclude.is_match(&name[..at]))
            || self.map.below_top(file).is_some_and(|file| {
                let whole = [&file, &b"!"[..], name].concat();
                self.exclude.is_match(&whole)
            })
    }

    /// Whether everything below the directory at `path`, as displayed, is excluded.
    pub(crate) fn prunes(&self, path: &[u8]) -> bool {
        !self.exclude.is_empty()
            && self
                .map
                .below_top(path)
                .is_some_and(|path| !path.is_empty() && self.exclude.covers(&path))
    }
}

/// Whether `path` names the message of a commit or tag, or an object without a known
/// path, and not a file.
fn names_an_object(path: &[u8]) -> bool {
    let kinds: [&[u8]; 3] = [b"commit/", b"tag/", b"objects/"];
    let id = kinds.iter().find_map(|kind| path.strip_prefix(*kind));
    id.is_some_and(|id| matches!(id.len(), 40 | 64) && id.iter().all(u8::is_ascii_hexdigit))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(glob: &str, path: &str) -> bool {
        PathSet::new([(0, glob)]).unwrap().is_match(path.as_bytes())
    }

    #[test]
    fn globs_are_those_of_gitignore() {
        for (glob, path, expected) in [
            ("*.pem", "a/b.pem", true),
            ("*.pem", "b.pem", true),
            ("/*.pem", "a/b.pem", false),
            ("vendor/", "vendor/x", true),
            ("vendor/", "a/vendor/x/y", true),
            ("vendor/", "vendor", false),
            ("vendor", "vendor", true),
            ("vendor", "a/vendor/x", true),
            ("/vendor", "a/vendor/x", false),
            ("src/gen", "src/gen/a.c", true),
            ("src/gen", "x/src/gen/a.c", false),
            ("src/*.c", "src/a/b.c", false),
            ("src/**/*.c", "src/a/b.c", true),
            ("./src/a.c", "src/a.c", true),
            ("**/fixtures/**", "a/fixtures/b", true),
            ("{a,b}.txt", "x/b.txt", true),
            ("caf\u{e9}", "caf\u{e9}", true),
        ] {
            assert_eq!(matches(glob, path), expected, "{glob} {path}");
        }
    }

    #[test]
    fn what_matches_everything_is_known() {
        for glob in ["*", "**", "/", "/**", "**/*", "/*", "./**", "{*,a}"] {
            assert!(is_universal([glob]), "{glob}");
        }
        for glob in ["*.rs", "src/**", "*/*", "[a-z]*"] {
            assert!(!is_universal([glob]), "{glob}");
        }
        assert!(is_universal(["[!.]*", ".*"]));
        assert!(!is_universal([]));
    }

    #[test]
    fn bad_globs_say_why() {
        assert!(check("!a").unwrap_err().contains('!'));
        assert!(check("").is_err());
        assert!(check("a[").is_err());
        assert!(check("a{b").is_err());
        assert!(set(["a["]).is_err());
        assert!(set(["?".repeat(500_000).as_str()]).is_err_and(|why| why.contains("too large")));
    }

    #[test]
    fn nested_braces_are_no_deep_recursion() {
        let nested = |n: usize| format!("{}a{}", "{".repeat(n), "}".repeat(n));
        for n in [MAX_NESTED + 1, 200_000] {
            let why = check(&nested(n)).unwrap_err();
            assert!(why.contains("inside one another"), "{why}");
            assert!(set([nested(n).as_str()]).is_err());
            assert!(check(&"{".repeat(n)).is_err());
            assert!(check(&"{a,".repeat(n)).is_err());
        }
        assert!(matches(&nested(MAX_NESTED), "x/a"));
        assert!(check(&"\\{".repeat(1000)).is_ok());
        assert!(check(&"{a,b}".repeat(1000)).is_ok());
    }

    #[test]
    fn shown_paths_are_mapped_below_the_top() {
        let map = PathMap::new(vec![
            (b"".to_vec(), b"sub".to_vec()),
            (b"/repo".to_vec(), b"".to_vec()),
            (b"../other".to_vec(), b"other".to_vec()),
        ]);
        let below = |path: &str| {
            map.below_top(path.as_bytes())
                .map(|p| String::from_utf8(p.into_owned()).unwrap())
        };
        assert_eq!(below("a/b").as_deref(), Some("sub/a/b"));
        assert_eq!(below("/repo/a").as_deref(), Some("a"));
        assert_eq!(below("../other/x").as_deref(), Some("other/x"));
        assert_eq!(below("/repository/a"), None);
    }

    #[test]
    fn what_is_no_file_is_never_left_out() {
        let scope = Scope {
            map: PathMap::identity(),
            exclude: PathSet::new([(0, "commit/"), (0, "gen/")]).unwrap(),
            include: PathSet::new([(0, "src/"), (0, "gen/")]).unwrap(),
        };
        for (path, left_out) in [
            ("src/a", false),
            ("lib/a", true),
            ("gen/a", true),
            ("commit/a", true),
            ("commit/0123456789abcdef0123456789abcdef01234567", false),
            ("objects/0123456789abcdef0123456789abcdef01234567", false),
            ("refs/heads/main", false),
            ("/elsewhere/a", false),
        ] {
            assert_eq!(scope.leaves_out(path.as_bytes()), left_out, "{path}");
        }
    }

    #[test]
    fn a_directory_is_pruned_when_all_of_it_is_left_out() {
        let scope = |glob: &str| Scope {
            map: PathMap::identity(),
            exclude: PathSet::new([(0, glob)]).unwrap(),
            ..Scope::default()
        };
        assert!(scope("vendor/").prunes(b"a/vendor"));
        assert!(scope("vendor/*").prunes(b"vendor"));
        assert!(!scope("vendor/*.c").prunes(b"vendor"));
        assert!(!scope("vendor/x").prunes(b"vendor"));
    }

    #[test]
    fn no_directory_is_pruned_for_a_glob_that_spares_some_names() {
        let prunes = |glob: &str, dir: &str| {
            let exclude = PathSet::new([(0, glob)]).unwrap();
            exclude.covers(dir.as_bytes())
        };
        for glob in [
            "d/[!x]*",
            "d/???????",
            "d/*\u{2}*",
            "*\u{2}*",
            "d/\\*",
            "d/*/",
            "d/*/x",
        ] {
            assert!(!prunes(glob, "d"), "{glob}");
        }
        for glob in ["d/*", "d/", "d", "d/**", "*", "**", "/", "{d,e}/*", "**/*"] {
            assert!(prunes(glob, "d"), "{glob}");
        }
        assert!(prunes("d/*/", "d/e") && prunes("d/*", "d/e") && prunes("d/", "d/e/f"));
        assert!(prunes("d/", "a/d") && !prunes("/d/", "a/d"));
    }
}
