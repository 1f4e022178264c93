//! Addresses at which a host of repositories shows a line of a file: permalinks.
//!
//! The address comes from the URL of a remote, without the credentials that may stand in it.

use std::fmt::Write;

use crate::environment::Environment;

/// Which addresses a host has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// GitHub and GitHub Enterprise.
    Github,
    /// GitLab.
    Gitlab,
    /// Gitea, Forgejo and Codeberg.
    Gitea,
    /// bitbucket.org.
    Bitbucket,
    /// Bitbucket Data Center.
    BitbucketServer,
    /// Azure DevOps.
    Azure,
    /// SourceHut.
    Sourcehut,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Kind; 7] = [
        Kind::Github,
        Kind::Gitlab,
        Kind::Gitea,
        Kind::Bitbucket,
        Kind::BitbucketServer,
        Kind::Azure,
        Kind::Sourcehut,
    ];

    /// Returns the name in options.
    pub fn id(self) -> &'static str {
        match self {
            Kind::Github => "github",
            Kind::Gitlab => "gitlab",
            Kind::Gitea => "gitea",
            Kind::Bitbucket => "bitbucket",
            Kind::BitbucketServer => "bitbucket-server",
            Kind::Azure => "azure",
            Kind::Sourcehut => "sourcehut",
        }
    }

    /// Returns the kind of a host that the variables of a CI job name as its own.
    pub fn in_job(host: &str, environment: &Environment) -> Option<Self> {
        let is = |variable: &str| {
            let value = environment.text(variable)?;
            let name = value.split("://").last().unwrap_or_default();
            let name = name.split('/').next().unwrap_or_default();
            (name.eq_ignore_ascii_case(host)).then_some(())
        };
        let gitea = ["GITEA_ACTIONS", "FORGEJO_ACTIONS"];
        let on_gitea = gitea.iter().any(|name| environment.get(name).is_some());
        let github = if on_gitea { Kind::Gitea } else { Kind::Github };
        is("GITHUB_SERVER_URL")
            .map(|()| github)
            .or_else(|| is("CI_SERVER_URL").map(|()| Kind::Gitlab))
            .or_else(|| is("BITBUCKET_GIT_HTTP_ORIGIN").map(|()| Kind::Bitbucket))
            .or_else(|| is("SYSTEM_COLLECTIONURI").map(|()| Kind::Azure))
    }

    /// Returns the kind of a host, by its name.
    pub fn of_host(host: &str) -> Option<Self> {
        let name = host.split(':').next().unwrap_or(host);
        let is = |known: &str| name == known || name.ends_with(&format!(".{known}"));
        let says = |word: &str| name.split(['.', '-']).any(|part| part == word);
        if is("dev.azure.com") || is("visualstudio.com") {
            Some(Kind::Azure)
        } else if is("bitbucket.org") {
            Some(Kind::Bitbucket)
        } else if says("bitbucket") || says("stash") {
            Some(Kind::BitbucketServer)
        } else if says("github") || says("ghe") {
            Some(Kind::Github)
        } else if says("gitlab") {
            Some(Kind::Gitlab)
        } else if says("gitea") || says("forgejo") || is("codeberg.org") {
            Some(Kind::Gitea)
        } else if is("git.sr.ht") {
            Some(Kind::Sourcehut)
        } else {
            None
        }
    }
}

/// The address of a repository, below which its files are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Links {
    kind: Kind,
    /// Without a slash at the end.
    base: String,
}

impl Links {
    /// Returns the address of the repository that a remote names. `kind` knows hosts whose names
    /// say nothing. None for a path, and for a host of unknown kind.
    pub fn of_remote(url: &str, kind: impl Fn(&str) -> Option<Kind>) -> Option<Self> {
        let (scheme, host, path) = parts(url)?;
        let kind = kind(&host).or_else(|| Kind::of_host(&host))?;
        let base = match kind {
            Kind::Azure => azure(&host, &path)?,
            Kind::BitbucketServer => format!("{scheme}://{host}/{}", server(&path)?),
            _ => format!("{scheme}://{host}/{path}"),
        };
        Some(Self { kind, base })
    }

    /// Parses `URL` or `KIND=URL`, the address of a repository on the web.
    ///
    /// # Errors
    /// Says what is missing.
    pub fn parse(text: &str) -> Result<Self, String> {
        let named = text.split_once('=').and_then(|(name, url)| {
            let kind = Kind::ALL.into_iter().find(|kind| kind.id() == name)?;
            Some((kind, url))
        });
        let (kind, url) = match named {
            Some((kind, url)) => (Some(kind), url),
            None => (None, text),
        };
        if !url.starts_with("https://") && !url.starts_with("http://") {
            return Err("not an address: it begins with https://".to_owned());
        }
        let of = |host: &str| kind.or_else(|| Kind::of_host(host));
        Self::of_remote(url, of).ok_or_else(|| {
            let kinds: Vec<&str> = Kind::ALL.iter().map(|kind| kind.id()).collect();
            format!(
                "unknown kind of host; write KIND=URL, with {}",
                kinds.join(", ")
            )
        })
    }

    /// Returns the address of what a finding of a history names: lines of a file, or the message
    /// of a commit, which has the path `commit/ID`. None for other messages and for references.
    pub fn find(&self, commit: &str, path: &[u8], lines: (u64, u64)) -> Option<String> {
        let of_commit = [b"commit/", commit.as_bytes()].concat();
        let rest = path.strip_prefix(&of_commit[..]);
        if matches!(rest, Some(b"" | b"/header")) {
            let middle = match self.kind {
                Kind::Gitlab => "/-/commit/",
                Kind::Bitbucket | Kind::BitbucketServer => "/commits/",
                Kind::Github | Kind::Gitea | Kind::Azure | Kind::Sourcehut => "/commit/",
            };
            return Some(format!("{}{middle}{commit}", self.base));
        }
        let is_tag = |rest: &[u8]| rest.len() >= 40 && rest[..40].iter().all(u8::is_ascii_hexdigit);
        if path.starts_with(b"refs/") || path.strip_prefix(b"tag/").is_some_and(is_tag) {
            return None;
        }
        self.link(commit, path, lines)
    }

    /// Returns the address of lines of a file as a commit has it. None if `commit` is no id or
    /// the path leads out of the repository.
    pub fn link(&self, commit: &str, path: &[u8], lines: (u64, u64)) -> Option<String> {
        let is_id = commit.len() >= 7 && commit.bytes().all(|b| b.is_ascii_hexdigit());
        let odd = |name: &[u8]| matches!(name, b"" | b"." | b"..");
        if !is_id || path.split(|b| *b == b'/').any(odd) {
            return None;
        }
        let path = encoded(path);
        let (first, last) = lines;
        let many = last > first;
        let base = &self.base;
        let range = |before: &str, between: &str| match many {
            _ if first == 0 => String::new(),
            true => format!("{before}{first}{between}{last}"),
            false => format!("{before}{first}"),
        };
        Some(match self.kind {
            Kind::Github => {
                let plain = if is_rendered(&path) { "?plain=1" } else { "" };
                format!("{base}/blob/{commit}/{path}{plain}{}", range("#L", "-L"))
            }
            Kind::Gitlab => {
                let plain = if is_rendered(&path) { "?plain=1" } else { "" };
                format!("{base}/-/blob/{commit}/{path}{plain}{}", range("#L", "-"))
            }
            Kind::Gitea => {
                let plain = if is_rendered(&path) {
                    "?display=source"
                } else {
                    ""
                };
                format!(
                    "{base}/src/commit/{commit}/{path}{plain}{}",
                    range("#L", "-L")
                )
            }
            Kind::Bitbucket => format!("{base}/src/{commit}/{path}{}", range("#lines-", ":")),
            Kind::BitbucketServer => format!("{base}/browse/{path}?at={commit}{}", range("#", "-")),
            Kind::Azure => {
                let lines = match first {
                    0 => String::new(),
                    // Azure marks to a column of a line: to the start of the next one.
                    _ => format!(
                        "&line={first}&lineEnd={}&lineStartColumn=1&lineEndColumn=1&lineStyle=plain",
                        last.max(first) + 1
                    ),
                };
                format!("{base}?path=/{path}&version=GC{commit}{lines}")
            }
            Kind::Sourcehut => format!("{base}/tree/{commit}/item/{path}{}", range("#L", "-")),
        })
    }
}

/// Whether a host shows a file as a document, without lines.
fn is_rendered(path: &str) -> bool {
    let name = path.to_ascii_lowercase();
    [
        ".md",
        ".markdown",
        ".rst",
        ".adoc",
        ".org",
        ".textile",
        ".ipynb",
    ]
    .iter()
    .any(|end| name.ends_with(end))
}

/// Returns scheme, host with port, and path of the URL of a remote, without credentials, `.git`
/// and slashes around it.
fn parts(url: &str) -> Option<(&'static str, String, String)> {
    let url = url.trim();
    let (scheme, rest) = match url.split_once("://") {
        Some((scheme, rest)) => (scheme.to_ascii_lowercase(), rest),
        // `git@host:path`; a drive of Windows has one letter.
        None => {
            let (host, path) = url.split_once(':').filter(|(host, _)| host.len() > 1)?;
            if host.contains('/') || path.starts_with('/') && !host.contains('@') {
                return None;
            }
            return finish("https", host, path, false);
        }
    };
    let (host, path) = rest.split_once('/')?;
    match scheme.as_str() {
        "https" => finish("https", host, path, true),
        "http" => finish("http", host, path, true),
        // The port is that of another service.
        "ssh" | "git" | "git+ssh" | "ssh+git" => finish("https", host, path, false),
        _ => None,
    }
}

fn finish(
    scheme: &'static str,
    host: &str,
    path: &str,
    keeps_port: bool,
) -> Option<(&'static str, String, String)> {
    // A password may contain `@`.
    let host = host.rsplit('@').next().unwrap_or(host).to_ascii_lowercase();
    let host = match keeps_port {
        true => host,
        false => host.split(':').next().unwrap_or_default().to_owned(),
    };
    let is_host = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':');
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let path = path.trim_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    let odd = |name: &str| matches!(name, "" | "." | "..");
    if host.is_empty() || !host.bytes().all(is_host) || path.split('/').any(odd) {
        return None;
    }
    // It may be encoded already.
    let decoded: Vec<u8> = percent_encoding::percent_decode_str(path).collect();
    Some((scheme, host, encoded(&decoded)))
}

/// `ORG/PROJECT/_git/REPO`, or `v3/ORG/PROJECT/REPO` over ssh.
fn azure(host: &str, path: &str) -> Option<String> {
    let names: Vec<&str> = path.split('/').collect();
    match names.as_slice() {
        ["v3", org, project, repo] => {
            Some(format!("https://dev.azure.com/{org}/{project}/_git/{repo}"))
        }
        _ if names.contains(&"_git") => Some(format!("https://{host}/{path}")),
        _ => None,
    }
}

/// `scm/PROJECT/REPO` over http, `PROJECT/REPO` over ssh, or the address of the page itself.
fn server(path: &str) -> Option<String> {
    let names: Vec<&str> = path.split('/').collect();
    match names.as_slice() {
        ["projects" | "users", _, "repos", _] => Some(path.to_owned()),
        ["scm", owner, repo] | [owner, repo] => Some(match owner.strip_prefix('~') {
            Some(user) => format!("users/{user}/repos/{repo}"),
            None => format!("projects/{owner}/repos/{repo}"),
        }),
        _ => None,
    }
}

/// Encodes everything but unreserved characters, `/` and the `~` of owners.
fn encoded(path: &[u8]) -> String {
    let mut out = String::new();
    for byte in path {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                out.push(char::from(*byte));
            }
            // Writing to a string cannot fail.
            other => drop(write!(out, "%{other:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0123456789abcdef0123456789abcdef01234567";

    fn of(url: &str) -> Option<Links> {
        Links::of_remote(url, |_| None)
    }

    #[test]
    fn each_host_has_its_addresses() {
        for (url, want) in [
            (
                "https://github.com/o/r.git",
                "https://github.com/o/r/blob/ID/a%20b/c.py#L3-L5",
            ),
            (
                "git@github.com:o/r.git",
                "https://github.com/o/r/blob/ID/a%20b/c.py#L3-L5",
            ),
            (
                "ssh://git@ghe.example.com:2222/o/r",
                "https://ghe.example.com/o/r/blob/ID/a%20b/c.py#L3-L5",
            ),
            (
                "https://gitlab.com/g/sub/r.git",
                "https://gitlab.com/g/sub/r/-/blob/ID/a%20b/c.py#L3-5",
            ),
            (
                "https://codeberg.org/o/r",
                "https://codeberg.org/o/r/src/commit/ID/a%20b/c.py#L3-L5",
            ),
            (
                "http://gitea.local:3000/o/r",
                "http://gitea.local:3000/o/r/src/commit/ID/a%20b/c.py#L3-L5",
            ),
            (
                "git@bitbucket.org:o/r.git",
                "https://bitbucket.org/o/r/src/ID/a%20b/c.py#lines-3:5",
            ),
            (
                "https://bitbucket.corp.example/scm/pr/r.git",
                "https://bitbucket.corp.example/projects/pr/repos/r/browse/a%20b/c.py?at=ID#3-5",
            ),
            (
                "ssh://git@bitbucket.corp.example:7999/~me/r.git",
                "https://bitbucket.corp.example/users/me/repos/r/browse/a%20b/c.py?at=ID#3-5",
            ),
            (
                "https://org@dev.azure.com/org/my%20p/_git/r",
                "https://dev.azure.com/org/my%20p/_git/r?path=/a%20b/c.py&version=GCID&line=3&lineEnd=6&lineStartColumn=1&lineEndColumn=1&lineStyle=plain",
            ),
            (
                "git@ssh.dev.azure.com:v3/org/p/r",
                "https://dev.azure.com/org/p/_git/r?path=/a%20b/c.py&version=GCID&line=3&lineEnd=6&lineStartColumn=1&lineEndColumn=1&lineStyle=plain",
            ),
            (
                "https://git.sr.ht/~me/r",
                "https://git.sr.ht/~me/r/tree/ID/item/a%20b/c.py#L3-5",
            ),
        ] {
            let link = of(url).unwrap().link(ID, b"a b/c.py", (3, 5)).unwrap();
            assert_eq!(link.replace(ID, "ID"), want, "{url}");
        }
        let github = of("https://github.com/o/r").unwrap();
        assert!(
            github
                .link(ID, b"x.md", (1, 1))
                .unwrap()
                .ends_with("/x.md?plain=1#L1")
        );
        assert!(github.link(ID, b"x", (0, 0)).unwrap().ends_with("/x"));
        let message = [b"commit/", ID.as_bytes(), b"/header"].concat();
        let found = github.find(ID, &message, (1, 1)).unwrap();
        assert_eq!(found, format!("https://github.com/o/r/commit/{ID}"));
        assert_eq!(github.find(ID, b"refs/tags/v1", (1, 1)), None);
        assert!(
            github
                .find(ID, b"a/x", (1, 1))
                .unwrap()
                .ends_with("/a/x#L1")
        );
    }

    #[test]
    fn credentials_never_stay() {
        let secret = ["hunter2", "-x9Zq"].concat();
        for url in [
            format!("https://me:{secret}@github.com/o/r"),
            format!("https://{secret}@github.com/o/r.git"),
            format!("https://me:p@{secret}@github.com/o/r"),
            format!("ssh://me:{secret}@github.com/o/r"),
            format!("https://github.com/o/r?private_token={secret}"),
            format!("https://github.com/o/r#{secret}"),
            format!("{secret}@github.com:o/r"),
        ] {
            let links = of(&url).unwrap();
            assert_eq!(links.base, "https://github.com/o/r", "{url}");
        }
    }

    #[test]
    fn what_is_no_host_or_no_file_has_no_link() {
        for url in [
            "/srv/github/r.git",
            "../github.com/r",
            "C:/github.com/r",
            "file:///github.com/o/r",
            "https://example.com/o/r",
            "https://github.com/",
            "https://github.com/../r",
            "https://git\u{7}hub.com/o/r",
            "ext::sh -c github.com/%S",
            "",
        ] {
            assert_eq!(of(url), None, "{url}");
        }
        let links = of("https://github.com/o/r").unwrap();
        for path in [&b"../x"[..], b"/etc/x", b"", b"a//b", b"a/."] {
            assert_eq!(links.link(ID, path, (1, 1)), None);
        }
        assert_eq!(links.link("HEAD", b"x", (1, 1)), None);
        let hostile = links.link(ID, b"a\"><script>\n)", (1, 1)).unwrap();
        assert!(
            hostile
                .bytes()
                .all(|b| b.is_ascii_graphic() && !b"\"<>() ".contains(&b)),
            "{hostile}"
        );
    }

    #[test]
    fn a_job_says_what_its_host_is() {
        let job = |pairs: &[(&str, &str)]| -> Environment {
            pairs
                .iter()
                .map(|(k, v)| ((*k).into(), (*v).into()))
                .collect()
        };
        let host = "code.example:8443";
        for (pairs, want) in [
            (
                &[("CI_SERVER_URL", "https://code.example:8443")][..],
                Some(Kind::Gitlab),
            ),
            (
                &[("GITHUB_SERVER_URL", "https://code.example:8443")],
                Some(Kind::Github),
            ),
            (
                &[
                    ("GITHUB_SERVER_URL", "https://code.example:8443"),
                    ("GITEA_ACTIONS", "true"),
                ],
                Some(Kind::Gitea),
            ),
            (&[("CI_SERVER_URL", "https://other.example")], None),
            (&[], None),
        ] {
            assert_eq!(Kind::in_job(host, &job(pairs)), want, "{pairs:?}");
        }
    }

    #[test]
    fn an_option_names_the_address() {
        let links = Links::parse("gitea=https://code.example/o/r/").unwrap();
        assert_eq!(
            (links.kind, &*links.base),
            (Kind::Gitea, "https://code.example/o/r")
        );
        assert_eq!(
            Links::parse("https://gitlab.com/o/r").unwrap().kind,
            Kind::Gitlab
        );
        assert!(
            Links::parse("https://code.example/o/r")
                .unwrap_err()
                .contains("KIND=URL")
        );
        assert!(Links::parse("git@github.com:o/r").is_err());
    }
}
