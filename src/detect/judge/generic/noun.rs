//! The kinds of credentials that names name.

/// The kind of credential that a name names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Noun {
    /// `password`, `passwd`, `pwd`, `passphrase`, `pass`.
    Password,
    /// `secret`.
    Secret,
    /// `token`, `bearer`, `jwt`.
    Token,
    /// `api_key`, `access_key` and other keys that let somebody in.
    AccessKey,
    /// `key` without more.
    Key,
    /// `auth`, `authorization`, `oauth_…`.
    Auth,
    /// `credential`, `creds`.
    Credential,
}

impl Noun {
    /// How many there are.
    pub(super) const COUNT: usize = 7;
}
