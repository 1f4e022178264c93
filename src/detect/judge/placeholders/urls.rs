//! Recognises passwords in URLs that are samples.

use std::ops::Range;

use crate::finding::Dismissal;

/// Why the password of a URL is a sample: by the user name before it or the host after it.
pub(in crate::detect) fn in_url(bytes: &[u8], password: &Range<usize>) -> Option<Dismissal> {
    const RESERVED: &[&str] = &[
        "example.com",
        "example.org",
        "example.net",
        "example",
        "invalid",
    ];
    let value = bytes.get(password.clone())?;
    let before = bytes.get(..password.start)?.strip_suffix(b":")?;
    let after = bytes.get(password.end..)?.strip_prefix(b"@")?;
    let end = after
        .iter()
        .take(256)
        .position(|b| !b.is_ascii_alphanumeric() && !b"-.".contains(b))
        .unwrap_or(after.len().min(256));
    let host = after[..end].to_ascii_lowercase();
    if is_pattern(value) {
        return Some(Dismissal::Placeholder("words that say what stands there"));
    }
    if is_port(value) {
        return Some(Dismissal::LookAlike("a port with parameters"));
    }
    let same = before
        .strip_suffix(value)
        .is_some_and(|head| head.ends_with(b"/"));
    if same && !(value.len() >= CHOSEN && is_public(&host)) {
        return Some(Dismissal::Placeholder("the same as the user name"));
    }
    let reserved = RESERVED.iter().any(|name| {
        host.strip_suffix(name.as_bytes())
            .is_some_and(|head| head.is_empty() || head.ends_with(b"."))
    });
    reserved.then_some(Dismissal::Placeholder(
        "its host is reserved for documentation",
    ))
}

/// Whether `value` is words with colons that say what stands where, as documents of URLs with more than
/// two parts do: `imap://auth:user:password@server`.
fn is_pattern(value: &[u8]) -> bool {
    const PARTS: &[&[u8]] = &[
        b"auth",
        b"login",
        b"name",
        b"pass",
        b"passwd",
        b"password",
        b"pwd",
        b"secret",
        b"token",
        b"type",
        b"user",
        b"username",
    ];
    value.contains(&b':')
        && value
            .split(|b| *b == b':')
            .all(|part| PARTS.contains(&part))
}

/// Whether `value` begins with the number of a port, and parameters follow: what stands before it is
/// a host, as in `sqlserver://db:1433;user=app;password=`.
fn is_port(value: &[u8]) -> bool {
    let digits = value.iter().take_while(|b| b.is_ascii_digit()).count();
    let ends = value.get(digits).is_some_and(|b| b";?/".contains(b));
    (2..=5).contains(&digits) && ends && value.contains(&b'=')
}

/// The shortest user name that counts as a password, too. Shorter ones are samples.
const CHOSEN: usize = 4;

/// Whether anybody may reach a host of this name: it is no machine of a private network, and no
/// service of a cluster. Whoever knows the user of a login there knows its password.
fn is_public(host: &[u8]) -> bool {
    const PRIVATE: &[&str] = &[
        "local",
        "localhost",
        "localdomain",
        "internal",
        "intranet",
        "lan",
        "home",
        "corp",
        "private",
        "test",
        "svc",
        "cluster",
        "docker",
    ];
    let parts: Vec<&[u8]> = host.split(|b| *b == b'.').collect();
    let [.., second, last] = parts[..] else {
        return false;
    };
    let number = |part: &[u8]| {
        std::str::from_utf8(part)
            .ok()
            .and_then(|p| p.parse::<u8>().ok())
    };
    if let (Some(first), Some(next), Some(_)) = (number(parts[0]), number(parts[1]), number(last)) {
        let shared = match first {
            0 | 10 | 127 => true,
            169 => next == 254,
            172 => (16..32).contains(&next),
            192 => next == 168,
            _ => false,
        };
        return parts.len() == 4 && !shared;
    }
    let domain = last.len() >= 2 && last.iter().all(u8::is_ascii_lowercase) && !second.is_empty();
    let private = |part: &&[u8]| PRIVATE.iter().any(|word| word.as_bytes() == *part);
    domain && !parts.iter().any(private)
}

/// Why a value whose form fixes only `prefix` bytes is a part of a path or of the address of a page: a
/// dot glues it to a word, as in `favicon.ico-…`, or it is a digest behind a slash, as in `docs/API-…`.
pub(in crate::detect) fn in_path(
    bytes: &[u8],
    value: &Range<usize>,
    prefix: usize,
) -> Option<Dismissal> {
    /// Longer prefixes are met nowhere by chance.
    const SHORT: usize = 4;
    let body = bytes.get(value.start + prefix..value.end)?;
    let glued = match bytes.get(..value.start)? {
        [.., before, b'.'] => before.is_ascii_alphanumeric(),
        [.., before, b'/'] => {
            before.is_ascii_alphanumeric() && body.iter().all(u8::is_ascii_hexdigit)
        }
        _ => false,
    };
    (glued && (1..=SHORT).contains(&prefix))
        .then_some(Dismissal::LookAlike("a part of a path or of an address"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_prefixes_in_paths_begin_no_token() {
        let judge = |text: &str, value: &str, prefix: usize| {
            let at = text.find(value).unwrap();
            in_path(text.as_bytes(), &(at..at + value.len()), prefix).is_some()
        };
        assert!(judge("img/favicon.ico-0a1b.png", "ico-0a1b", 4));
        assert!(judge("https://docs.acme.io/API-0A1B", "API-0A1B", 4));
        assert!(!judge("https://docs.acme.io/ghp2_0A1B", "ghp2_0A1B", 5));
        assert!(!judge("https://hooks.acme.io/API-0A1Z/run", "API-0A1Z", 4));
        assert!(!judge("https://API-0A1B@docs.acme.io", "API-0A1B", 4));
        assert!(!judge("key=API-0A1B", "API-0A1B", 4));
    }

    #[test]
    fn urls_of_documentation_hold_no_password() {
        let judge = |url: &str, password: &str| {
            let at = url.rfind(password).unwrap();
            in_url(url.as_bytes(), &(at..at + password.len()))
        };
        assert!(judge("http://bob:tR7kq9Lm2@example.com/x", "tR7kq9Lm2").is_some());
        assert!(judge("http://bob:tR7kq9Lm2@db.example.org:80", "tR7kq9Lm2").is_some());
        let at_host = |password: &str| ["x://bob:", password, "@db.acme.io"].concat();
        let parameters = ["1433;user=app;pass", "word="].concat();
        assert!(judge(&at_host(&parameters), &parameters).is_some());
        assert!(judge(&at_host("1433;tR7kq9"), "1433;tR7kq9").is_none());
        for host in [
            "host",
            "db.local",
            "10.1.2.3",
            "172.20.0.2",
            "queue.prod.svc.cluster.local",
            "db.example.com",
        ] {
            let url = ["amqp://tR7kq:", "tR7kq@", host].concat();
            assert!(judge(&url, "tR7kq").is_some(), "{host}");
        }
        for host in ["c0.k2p9.acme.net/x", "8.41.20.9:5432", "db.acme.io"] {
            let url = ["amqp://tR7kq:", "tR7kq@", host].concat();
            assert!(judge(&url, "tR7kq").is_none(), "{host}");
        }
        assert!(
            judge(
                &["http://bob:", "tR7kq9Lm2@myexample.com/x"].concat(),
                "tR7kq9Lm2"
            )
            .is_none()
        );
        assert!(
            judge(
                &["http://atR7kq9Lm2:", "tR7kq9Lm2@host"].concat(),
                "tR7kq9Lm2"
            )
            .is_none()
        );
    }
}
