//! What a name says: its words, the kind of credential that it names, and whether it
//! names the credential or something about it.

/// Last words of names that hold something about a secret, not the secret.
const ABOUT: &[&str] = &[
    "alg",
    "algorithm",
    "arn",
    "attempts",
    "attribute",
    "attributes",
    "bits",
    "box",
    "button",
    "bytes",
    "callback",
    "case",
    "chars",
    "charset",
    "class",
    "cls",
    "column",
    "complexity",
    "config",
    "count",
    "description",
    "dialog",
    "dir",
    "directory",
    "disabled",
    "element",
    "email",
    "enabled",
    "encoder",
    "encoding",
    "endpoint",
    "env",
    "error",
    "errors",
    "event",
    "exists",
    "expiration",
    "expired",
    "expires",
    "expiry",
    "expression",
    "extractor",
    "factory",
    "field",
    "fields",
    "file",
    "filename",
    "filter",
    "flag",
    "form",
    "format",
    "function",
    "generator",
    "group",
    "guid",
    "handler",
    "header",
    "headers",
    "help",
    "helper",
    "hint",
    "host",
    "icon",
    "id",
    "ids",
    "idx",
    "in",
    "index",
    "info",
    "input",
    "issuer",
    "item",
    "items",
    "keeper",
    "kind",
    "label",
    "len",
    "length",
    "level",
    "lifetime",
    "link",
    "list",
    "location",
    "manager",
    "max",
    "message",
    "messages",
    "method",
    "min",
    "minutes",
    "mode",
    "model",
    "module",
    "msg",
    "name",
    "named",
    "names",
    "num",
    "number",
    "offset",
    "option",
    "options",
    "page",
    "param",
    "parameter",
    "parameters",
    "params",
    "path",
    "paths",
    "pattern",
    "permission",
    "permissions",
    "placeholder",
    "policy",
    "port",
    "position",
    "prefix",
    "prompt",
    "property",
    "provider",
    "ref",
    "reference",
    "regex",
    "regexp",
    "region",
    "request",
    "required",
    "requirements",
    "reset",
    "resolver",
    "response",
    "role",
    "rotation",
    "route",
    "rules",
    "schema",
    "scheme",
    "scope",
    "scopes",
    "screen",
    "seconds",
    "selector",
    "separator",
    "server",
    "service",
    "settings",
    "size",
    "source",
    "state",
    "status",
    "store",
    "strategy",
    "strength",
    "suffix",
    "support",
    "tag",
    "template",
    "text",
    "timeout",
    "timestamp",
    "title",
    "ttl",
    "type",
    "types",
    "uri",
    "url",
    "usage",
    "user",
    "username",
    "util",
    "utils",
    "uuid",
    "validation",
    "validator",
    "validity",
    "var",
    "variable",
    "verified",
    "version",
    "view",
    "warning",
    "width",
];

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

/// What is known of a name.
#[derive(Clone, Debug)]
pub(super) struct Name {
    /// What it names.
    pub(super) noun: Noun,
    /// Its lower-case words.
    pub(super) words: Vec<String>,
    /// Whether the word that says so is the last one.
    pub(super) last: bool,
    /// Whether the last word names something about a credential.
    pub(super) about: bool,
    /// Whether it is written in upper case.
    pub(super) upper: bool,
}

/// Reads a name; `None` when it names nothing that lets somebody in.
pub(super) fn read(name: &[u8]) -> Option<Name> {
    let words = words(name);
    let noun_at = |word: &String| noun_of(word).is_some();
    let at = words.iter().rposition(noun_at)?;
    let noun = match noun_of(&words[at])? {
        Noun::Key if at > 0 && ACCESS.contains(&words[at - 1].as_str()) => Noun::AccessKey,
        Noun::Key if words.iter().any(|w| w.starts_with("secret")) => Noun::Secret,
        noun => noun,
    };
    let plain = matches!(noun, Noun::Key) && at > 0 && PLAIN.contains(&words[at - 1].as_str());
    if plain {
        return None;
    }
    let negated = [
        "csrf",
        "xsrf",
        "antiforgery",
        "public",
        "no",
        "is",
        "has",
        "pub",
        "forgot",
        "forgotten",
        "show",
        "hide",
        "allow",
        "use",
    ];
    if words.iter().any(|w| negated.contains(&w.as_str())) {
        return None;
    }
    if memchr::memmem::find(&name.to_ascii_lowercase(), b"websocket").is_some() {
        return None;
    }
    let last = words.last()?;
    Some(Name {
        noun,
        last: at + 1 == words.len()
            || words[at + 1..]
                .iter()
                .all(|w| w.bytes().all(|b| b.is_ascii_digit())),
        about: ABOUT.binary_search(&last.as_str()).is_ok() || ends_in_about(last),
        upper: name.iter().any(u8::is_ascii_uppercase) && !name.iter().any(u8::is_ascii_lowercase),
        words,
    })
}

/// `passwordfile`, `tokenlength`: words without a boundary between them.
fn ends_in_about(last: &str) -> bool {
    [
        "name", "file", "path", "hash", "field", "length", "type", "hint", "reset", "url", "text",
        "label", "input", "store",
    ]
    .iter()
    .filter_map(|about| last.strip_suffix(about))
    .any(|head| noun_of(head).is_some())
}

/// Words before `key` that make it one that lets somebody in.
const ACCESS: &[&str] = &[
    "api",
    "access",
    "auth",
    "private",
    "encryption",
    "signing",
    "account",
    "master",
    "consumer",
    "app",
    "application",
    "client",
    "service",
    "subscription",
    "license",
    "deploy",
    "ssh",
    "write",
    "validation",
    "secret",
    "security",
    "session",
    "storage",
    "sas",
    "shared",
    "admin",
];

/// Words before `key` that make it one that opens nothing.
const PLAIN: &[&str] = &[
    "cache",
    "column",
    "composite",
    "config",
    "dedup",
    "dict",
    "event",
    "feature",
    "field",
    "filter",
    "foreign",
    "form",
    "group",
    "header",
    "host",
    "hot",
    "i18n",
    "idempotency",
    "index",
    "item",
    "json",
    "label",
    "locale",
    "lookup",
    "map",
    "menu",
    "message",
    "metadata",
    "natural",
    "object",
    "option",
    "order",
    "parent",
    "partition",
    "preference",
    "primary",
    "prop",
    "property",
    "query",
    "range",
    "redis",
    "registry",
    "resource",
    "routing",
    "row",
    "s3",
    "setting",
    "settings",
    "shard",
    "shortcut",
    "sort",
    "state",
    "tab",
    "tag",
    "text",
    "title",
    "translation",
    "unique",
    "value",
];

/// Words and parts of words without a boundary, longest and surest first.
const NOUNS: &[(&str, Noun)] = &[
    ("passphrase", Noun::Password),
    ("passw", Noun::Password),
    ("pwd", Noun::Password),
    ("kennwort", Noun::Password),
    ("senha", Noun::Password),
    ("contrasen", Noun::Password),
    ("motdepasse", Noun::Password),
    ("wachtwoord", Noun::Password),
    ("identified", Noun::Password),
    ("secret", Noun::Secret),
    ("apitoken", Noun::Token),
    ("token", Noun::Token),
    ("bearer", Noun::Token),
    ("apikey", Noun::AccessKey),
    ("accesskey", Noun::AccessKey),
    ("authkey", Noun::AccessKey),
    ("privatekey", Noun::AccessKey),
    ("encryptionkey", Noun::AccessKey),
    ("signingkey", Noun::AccessKey),
    ("credential", Noun::Credential),
    ("authorization", Noun::Auth),
    ("oauth", Noun::Auth),
];

fn noun_of(word: &str) -> Option<Noun> {
    let whole = match word {
        "pass" | "pw" | "passwd" => Some(Noun::Password),
        "auth" | "authcode" => Some(Noun::Auth),
        "creds" | "cred" => Some(Noun::Credential),
        "jwt" => Some(Noun::Token),
        "key" | "keys" | "nkey" => Some(Noun::Key),
        _ => None,
    };
    let not_pass = ["bypass", "compass", "trespass", "surpass", "encompass"];
    let pass = word.len() > 4 && word.ends_with("pass") && !not_pass.contains(&word);
    whole
        .or_else(|| {
            NOUNS
                .iter()
                .find(|(part, _)| word.contains(part))
                .map(|(_, noun)| *noun)
        })
        .or(pass.then_some(Noun::Password))
        .or((word.len() > 3
            && word.ends_with("key")
            && word != "monkey"
            && word != "hotkey"
            && word != "turkey")
            .then_some(Noun::Key))
}

/// The lower-case words of a name: camelCase, snake_case and kebab-case are split.
pub(super) fn words(name: &[u8]) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut previous = b'_';
    for (i, &byte) in name.iter().enumerate() {
        let next_is_lower = name.get(i + 1).is_some_and(u8::is_ascii_lowercase);
        let starts = byte.is_ascii_uppercase()
            && (previous.is_ascii_lowercase() || (previous.is_ascii_uppercase() && next_is_lower));
        let digit = byte.is_ascii_digit() && previous.is_ascii_alphabetic();
        if !byte.is_ascii_alphanumeric() || starts || digit {
            words.push(String::new());
        }
        if byte.is_ascii_alphanumeric()
            && let Some(last) = words.last_mut()
        {
            last.push(char::from(byte.to_ascii_lowercase()));
        }
        previous = byte;
    }
    words.retain(|w| !w.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted() {
        assert!(
            ABOUT.windows(2).all(|w| w[0] < w[1]),
            "{:?}",
            ABOUT.windows(2).find(|w| w[0] >= w[1])
        );
    }

    #[test]
    fn names_are_split_into_words() {
        assert_eq!(words(b"DBPassword_2"), ["db", "password", "2"]);
        assert_eq!(words(b"X-Api-Key"), ["x", "api", "key"]);
        assert_eq!(words(b"clientSecretID"), ["client", "secret", "id"]);
    }

    #[test]
    fn names_say_what_they_name() {
        let noun = |name: &str| read(name.as_bytes()).map(|n| (n.noun, n.about));
        assert_eq!(noun("DB_PASS"), Some((Noun::Password, false)));
        assert_eq!(noun("accessKey"), Some((Noun::AccessKey, false)));
        assert_eq!(noun("secretName"), Some((Noun::Secret, true)));
        assert_eq!(noun("aesKey"), Some((Noun::Key, false)));
        assert_eq!(noun("sortKey"), None);
        assert_eq!(noun("bypass"), None);
        assert_eq!(noun("publicKey"), None);
    }
}
