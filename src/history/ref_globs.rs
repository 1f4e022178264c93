//! Globs that select references.

use globset::GlobSet;

use crate::globs;

/// A set of globs that select references.
pub struct RefGlobs(GlobSet);

impl RefGlobs {
    /// Compiles globs of full names. A glob without `refs/` matches branches, tags and
    /// remote-tracking branches.
    ///
    /// # Errors
    /// Fails if a glob is invalid.
    pub fn new(globs: &[String]) -> Result<Self, String> {
        let mut all = Vec::new();
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
                globs::set([form.as_str()]).map_err(|why| {
                    let glob = globs::brief(glob);
                    format!("bad glob `{glob}`: {why}")
                })?;
                all.push(form);
            }
        }
        globs::set(all.iter().map(String::as_str)).map(Self)
    }

    /// Returns whether a reference's full name matches one of the globs.
    pub fn matches(&self, name: &[u8]) -> bool {
        self.0.is_match(String::from_utf8_lossy(name).as_ref())
    }
}
