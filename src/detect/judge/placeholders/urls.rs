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
    if before
        .strip_suffix(value)
        .is_some_and(|head| head.ends_with(b"/"))
    {
        return Some(Dismissal::Placeholder("the same as the user name"));
    }
    let end = after
        .iter()
        .take(256)
        .position(|b| !b.is_ascii_alphanumeric() && !b"-.".contains(b))
        .unwrap_or(after.len().min(256));
    let host = after[..end].to_ascii_lowercase();
    let reserved = RESERVED.iter().any(|name| {
        host.strip_suffix(name.as_bytes())
            .is_some_and(|head| head.is_empty() || head.ends_with(b"."))
    });
    reserved.then_some(Dismissal::Placeholder(
        "its host is reserved for documentation",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_of_documentation_hold_no_password() {
        let judge = |url: &str, password: &str| {
            let at = url.rfind(password).unwrap();
            in_url(url.as_bytes(), &(at..at + password.len()))
        };
        assert!(judge("http://bob:tR7kq9Lm2@example.com/x", "tR7kq9Lm2").is_some());
        assert!(judge("http://bob:tR7kq9Lm2@db.example.org:80", "tR7kq9Lm2").is_some());
        assert!(judge("amqp://tR7kq:tR7kq@host", "tR7kq").is_some());
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
