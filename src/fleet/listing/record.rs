//! What one entry of a list says: as gh, glab, Gitea, Azure, Bitbucket and the interfaces of hosts
//! write it.

use std::path::PathBuf;

use serde_json::Value;

/// A repository as a list has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::fleet) struct Listed {
    /// Its name with that of its owner: `acme/api`; empty if only a path is known.
    pub(in crate::fleet) name: String,
    /// The host of its address; empty if unknown.
    pub(in crate::fleet) host: String,
    /// Its address without user, password and query; empty if unknown.
    pub(in crate::fleet) url: String,
    /// Its clone, if the list names one.
    pub(in crate::fleet) path: Option<PathBuf>,
    /// Its size, as the host says.
    pub(in crate::fleet) bytes: u64,
}

/// Whether a text is an address and no path.
pub(super) fn is_url(text: &str) -> bool {
    let scheme = |scheme: &str| {
        !scheme.is_empty()
            && scheme
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'+')
    };
    match text.split_once("://") {
        Some((before, _)) => scheme(before),
        // `git@host:owner/name`; not `C:\clones`.
        None => text.split_once(':').is_some_and(|(before, after)| {
            before.contains('@') && !before.contains('/') && !after.is_empty()
        }),
    }
}

/// Returns the host, the path and the address without what is secret in it.
fn parts(url: &str) -> Option<(String, String, String)> {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    let (scheme, host, path) = match url.split_once("://") {
        Some((scheme, rest)) => {
            let (host, path) = rest.split_once('/')?;
            (Some(scheme), host, path)
        }
        None => {
            let (host, path) = url.split_once(':')?;
            (None, host, path)
        }
    };
    let host = host.rsplit('@').next().unwrap_or_default();
    let path = path.trim_matches('/');
    if is_cut_password(host, path) {
        return None;
    }
    let name = path.strip_suffix(".git").unwrap_or(path);
    if name.is_empty() {
        return None;
    }
    let address = match scheme {
        Some(scheme) => format!("{scheme}://{host}/{path}"),
        None => format!("{host}:{path}"),
    };
    let host = host.split(':').next().unwrap_or_default();
    Some((host.to_ascii_lowercase(), name.to_owned(), address))
}

/// Whether a password with a `/` in it was cut there, so that a part of it would be a name.
fn is_cut_password(host: &str, path: &str) -> bool {
    let after = host.rsplit(']').next().unwrap_or_default();
    let Some((_, port)) = after.split_once(':') else {
        return false;
    };
    let first = path.split('/').next().unwrap_or_default();
    !port.bytes().all(|b| b.is_ascii_digit()) || first.find('@').is_some_and(|at| at > 0)
}

impl Listed {
    /// Returns what an address says; None if it names no repository.
    pub(super) fn of_url(url: &str) -> Option<Self> {
        let (host, name, url) = parts(url)?;
        Some(Self {
            name,
            host,
            url,
            ..Self::default()
        })
    }

    /// Returns what a record says; None if it names no repository.
    pub(super) fn of_record(record: &Value) -> Option<Self> {
        let text = |path: &[&str]| {
            let value = path.iter().try_fold(record, |value, key| value.get(key))?;
            value.as_str().filter(|text| !text.is_empty())
        };
        let number = |path: &[&str]| {
            let value = path.iter().try_fold(record, |value, key| value.get(key))?;
            value.as_u64()
        };
        let url = [
            "clone_url",
            "http_url_to_repo",
            "remoteUrl",
            "cloneUrl",
            "url",
            "html_url",
            "web_url",
            "ssh_url",
            "sshUrl",
            "ssh_url_to_repo",
        ];
        // The address of a record in an interface is none to clone from.
        let is_good =
            |url: &&str| is_url(url) && !url.contains("/_apis/") && !url.contains("/api/v");
        let url = url.iter().filter_map(|key| text(&[key])).find(is_good);
        let links = record.get("links").and_then(|links| links.get("clone"));
        let link = links.and_then(Value::as_array).and_then(|links| {
            links
                .iter()
                .filter_map(|link| link.get("href")?.as_str())
                .find(is_good)
        });
        let of_url = url.or(link).and_then(Self::of_url);
        let joined =
            |owner: Option<&str>, name: Option<&str>| Some(format!("{}/{}", owner?, name?));
        let name = text(&["nameWithOwner"])
            .or(text(&["full_name"]))
            .or(text(&["path_with_namespace"]))
            .or(text(&["fullName"]))
            .map(str::to_owned)
            .or_else(|| joined(text(&["owner", "login"]), text(&["name"])))
            .or_else(|| joined(text(&["project", "name"]), text(&["name"])))
            .or_else(|| joined(text(&["project", "key"]), text(&["slug"])))
            .or_else(|| of_url.as_ref().map(|listed| listed.name.clone()));
        let path = text(&["clone"]).map(PathBuf::from);
        // GitHub and Gitea count in KiB, the others in bytes.
        let in_kib = record.get("remoteUrl").is_none() && record.get("links").is_none();
        let bytes = number(&["diskUsage"])
            .map(|kib| kib.saturating_mul(1024))
            .or(number(&["statistics", "repository_size"]))
            .or(number(&["size"]).map(|size| match in_kib {
                true => size.saturating_mul(1024),
                false => size,
            }));
        if name.is_none() && path.is_none() {
            return None;
        }
        let of_url = of_url.unwrap_or_default();
        Some(Self {
            name: name.unwrap_or_default(),
            path,
            bytes: bytes.unwrap_or(0),
            ..of_url
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn addresses_lose_what_is_secret() {
        for (url, name, kept) in [
            (
                "https://h.example/o/r.git",
                "o/r",
                "https://h.example/o/r.git",
            ),
            (
                "https://me:pw@h.example:8443/g/s/r",
                "g/s/r",
                "https://h.example:8443/g/s/r",
            ),
            (
                "https://h.example/o/r?private_token=x#y",
                "o/r",
                "https://h.example/o/r",
            ),
            ("git@h.example:o/r.git", "o/r", "h.example:o/r.git"),
            (
                "ssh://git@h.example/o/r.git/",
                "o/r",
                "ssh://h.example/o/r.git",
            ),
            (
                "file:///srv/git/r.git",
                "srv/git/r",
                "file:///srv/git/r.git",
            ),
        ] {
            let listed = Listed::of_url(url).expect("it names a repository");
            assert_eq!((&*listed.name, &*listed.url), (name, kept));
        }
        for none in [
            "https://h.example/",
            "https://me:pa/ss@h.example/o/r",
            "https://me:12/34@h.example/o/r",
        ] {
            assert_eq!(Listed::of_url(none), None, "{none}");
        }
        let local = Listed::of_url("http://[::1]:8080/o/r").expect("it names a repository");
        assert_eq!(local.name, "o/r");
        assert!(is_url("git@h:o/r") && !is_url("C:\\x") && !is_url("a/b:c@d") && !is_url("./a://"));
    }

    #[test]
    fn the_records_of_hosts_are_read() {
        for (record, name, url, bytes) in [
            // gh repo list --json nameWithOwner,url,diskUsage
            (
                json!({"nameWithOwner": "o/r", "url": "https://github.com/o/r", "diskUsage": 2}),
                "o/r",
                "https://github.com/o/r",
                2048,
            ),
            (
                json!({"name": "r", "owner": {"login": "o"}, "sshUrl": "git@github.com:o/r.git"}),
                "o/r",
                "github.com:o/r.git",
                0,
            ),
            // glab repo list --output json
            (
                json!({"path_with_namespace": "g/s/r", "name": "R", "http_url_to_repo": "https://gl.example/g/s/r.git", "statistics": {"repository_size": 5}}),
                "g/s/r",
                "https://gl.example/g/s/r.git",
                5,
            ),
            // Gitea, Forgejo, and GitHub's interface
            (
                json!({"full_name": "o/r", "url": "https://api.example/api/v1/repos/o/r", "clone_url": "https://gt.example/o/r.git", "size": 3}),
                "o/r",
                "https://gt.example/o/r.git",
                3072,
            ),
            // az repos list
            (
                json!({"name": "r", "project": {"name": "p x"}, "remoteUrl": "https://org@dev.azure.com/org/p%20x/_git/r", "url": "https://dev.azure.com/org/_apis/git/repositories/1", "size": 9}),
                "p x/r",
                "https://dev.azure.com/org/p%20x/_git/r",
                9,
            ),
            // Bitbucket
            (
                json!({"full_name": "w/r", "size": 4, "links": {"clone": [{"name": "https", "href": "https://me@bitbucket.org/w/r.git"}]}}),
                "w/r",
                "https://bitbucket.org/w/r.git",
                4,
            ),
            (
                json!({"url": "https://h.example/o/r"}),
                "o/r",
                "https://h.example/o/r",
                0,
            ),
        ] {
            let listed = Listed::of_record(&record).expect("it names a repository");
            assert_eq!(
                (&*listed.name, &*listed.url, listed.bytes),
                (name, url, bytes)
            );
        }
        for record in [
            json!({}),
            json!(5),
            json!({"name": "r"}),
            json!({"url": "x"}),
            json!([]),
        ] {
            assert_eq!(Listed::of_record(&record), None, "{record}");
        }
    }
}
