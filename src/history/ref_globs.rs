//! Globs of references.

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

/// References that are chosen by globs.
pub struct RefGlobs(GlobSet);

impl RefGlobs {
    /// Globs of full names; one without `refs/` names a branch, a tag or a remote's branch.
    ///
    /// # Errors
    /// When a glob does not parse.
    pub fn new(globs: &[String]) -> Result<Self, globset::Error> {
        let mut builder = GlobSetBuilder::new();
        for glob in globs {
            let full =
                glob == "HEAD" || glob.starts_with("refs/") || glob.starts_with("worktrees/");
            let forms = if full {
                vec![glob.clone()]
            } else {
                ["heads", "tags", "remotes"]
                    .iter()
                    .map(|kind| format!("refs/{kind}/{glob}"))
                    .collect()
            };
            for form in forms {
                builder.add(GlobBuilder::new(&form).build()?);
            }
        }
        builder.build().map(Self)
    }

    /// Whether a reference's full name is one of them.
    pub fn matches(&self, name: &[u8]) -> bool {
        self.0.is_match(String::from_utf8_lossy(name).as_ref())
    }
}
