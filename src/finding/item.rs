//! Where a finding is, beyond its path: texts that are no files, repositories of many.

/// Returns the address, if it is one that a program may offer to open: of the web, and nothing in
/// it ends it early where it is quoted.
pub fn openable(url: &str) -> Option<&str> {
    let scheme = ["https://", "http://"];
    let is_link = scheme.iter().any(|scheme| url.starts_with(scheme))
        && url.bytes().all(|b| b.is_ascii_graphic())
        && !url.contains(['"', '<', '>', '\\', '^', '`', '{', '|', '}']);
    is_link.then_some(url)
}

/// Where a text comes from that is no file: an issue, a page of a wiki, a message. Texts are
/// as its list has them, cut if they are very long; empty if it does not say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ItemInfo {
    /// The address at which a person can read it.
    pub url: String,
    /// Who wrote it.
    pub author: String,
    /// When it was written.
    pub time: String,
}

impl ItemInfo {
    /// Returns the address, if it is one that a program may offer to open.
    pub fn link(&self) -> Option<&str> {
        openable(&self.url)
    }

    /// Returns what is known in one line.
    pub fn describe(&self) -> String {
        let by = match self.author.as_str() {
            "" => String::new(),
            author => format!("by {author}"),
        };
        let said = [&self.url, &by, &self.time];
        let said: Vec<&str> = said
            .iter()
            .map(|s| s.as_str())
            .filter(|s| !s.is_empty())
            .collect();
        said.join(" ")
    }
}

/// A repository of several, and where else the same secret is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RepositoryInfo {
    /// Its name.
    pub name: String,
    /// In how many repositories the secret is, this one included.
    pub repositories: u64,
    /// The names of a few of the others.
    pub others: Vec<String>,
}
