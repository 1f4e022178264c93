//! What looks like a credential where a repository should be named. A manifest, its ids and the
//! messages of a run are files and logs that many people read.

use crate::gather;

/// Looks at names, addresses and paths with the built-in rules.
#[derive(Default)]
pub(super) struct Clear(Option<gather::Clear>);

impl Clear {
    fn rules(&mut self) -> &mut gather::Clear {
        self.0.get_or_insert_with(gather::Clear::default)
    }

    /// Whether a text holds what a rule knows to be a credential, or a password before an `@`.
    pub(super) fn is_secret(&mut self, text: &str) -> bool {
        has_password(text) || !self.rules().credentials(text.as_bytes()).is_empty()
    }

    /// Whether a line of a list, which is no address and leads to nothing, may be a value that was
    /// pasted in the wrong place: a credential, a single word that looks like a token, or an
    /// address without its beginning that has a query.
    pub(super) fn may_be_secret(&mut self, text: &str) -> bool {
        let is_word = !text.contains(['/', '\\']);
        let query = text.split_once('?').map_or("", |(_, query)| query);
        self.is_secret(text)
            || query.contains('=')
            || (is_word && !self.rules().hidden(text.as_bytes()).is_empty())
    }

    /// Returns a text with its credentials masked.
    pub(super) fn masked(&mut self, text: &str) -> String {
        let shown = match text.rfind('@').filter(|_| has_password(text)) {
            Some(at) => format!("…{}", &text[at..]),
            None => text.to_owned(),
        };
        self.rules().name(&shown)
    }
}

/// Whether a text has a user and a password before an `@`, with or without a scheme: in
/// `user:password@host:owner/name`, what stands before the `@` would become a part of a name.
fn has_password(text: &str) -> bool {
    text.match_indices('@').any(|(at, _)| {
        let before = text[..at].rsplit(['/', '\n']).next().unwrap_or_default();
        let user = before.split_once(':');
        user.is_some_and(|(_, password)| !password.is_empty() && !before.contains('\\'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_paths_are_no_credentials() {
        let mut clear = Clear::default();
        let hash = "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b";
        for text in [
            "acme/api",
            "acme/password-manager",
            "git.example:owner/name.git",
            "https://git.example:8443/acme/@scope/api.git",
            "C:\\clones\\a@b",
            &format!("/srv/@hashed/6b/86/{hash}.git"),
        ] {
            assert!(!clear.is_secret(text), "{text}");
            assert_eq!(clear.masked(text), text);
        }
        assert!(!clear.may_be_secret(&format!("@hashed/6b/86/{hash}.git")));
    }

    #[test]
    fn passwords_are_seen_with_and_without_a_scheme() {
        let mut clear = Clear::default();
        let value = ["Zx81", "kqv0"].concat();
        for (before, after) in [
            ("https://me:", "@h.example/o/r"),
            ("me:", "@h.example:o/r"),
            ("https:/me:", "@h.example/o/r"),
            ("me:", "@h.example/o/r"),
        ] {
            let text = [before, &value, after].concat();
            assert!(clear.is_secret(&text), "{text}");
            assert!(!clear.masked(&text).contains(&value), "{text}");
        }
        assert!(clear.may_be_secret(&format!("h.example/o/r?private_token={value}")));
        assert!(clear.may_be_secret(&value.repeat(4)));
    }
}
