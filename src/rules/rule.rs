//! The types of a rule and of a set of rules.
//!
//! The build script also compiles this module, so it uses nothing outside `rules`.

use std::borrow::Cow;
use std::fmt;

use super::label::{Labels, Mark};
use super::shape::Sequence;

/// Text of a rule: borrowed for built-in rules, owned for the user's.
pub type Text = Cow<'static, str>;

/// One kind of credential.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// Unique name, lower-case words joined by `-`: `github-pat-classic`.
    pub id: Text,
    /// The name of a finding, in one line.
    pub title: Text,
    /// Why a leak matters, in one sentence; may be empty.
    pub rationale: Text,
    /// The issuer: `GitHub`.
    pub provider: Text,
    /// Where the issuer documents it; may be empty.
    pub docs: Text,
    /// How to make a leaked credential worthless; may be empty.
    pub revoke: Text,
    /// How long a credential lives by default; may be empty.
    pub lifetime: Text,
    /// What the credential opens. Decides the advice for storing it.
    pub secret_type: SecretType,
    /// How bad a leak is.
    pub severity: Severity,
    /// How certain a match is before any proof.
    pub confidence: Confidence,
    /// How a value is recognised.
    pub matcher: Matcher,
    /// Literals, at least one of which is in every match of a pattern. Empty for shapes, which
    /// contain their own.
    pub anchors: Cow<'static, [Anchor]>,
    /// Words that must stand near the value.
    pub context: Option<Context>,
    /// Further parts of the credential nearby.
    pub companions: Cow<'static, [Companion]>,
    /// The least Shannon entropy of the secret, in bits per byte; 0 for no minimum.
    pub min_entropy: f32,
    /// The offline check, by its name in `check`; empty for none.
    pub check: Text,
    /// What a failed check does.
    pub on_invalid: OnInvalid,
    /// Which ends of the value must not touch other word characters.
    pub boundary: Boundary,
    /// Whether the rule also reads binary content. Only for distinctive values.
    pub binary: bool,
    /// Globs, one of which must match the path; empty for any path.
    pub paths: Cow<'static, [Text]>,
    /// Whether the rule also searches inside base64.
    pub base64: bool,
    /// Whether the value is the whole content of a small file, found only by `paths`.
    pub whole_file: bool,
    /// Whether the value also counts without its context, if the check proves it.
    pub bare: bool,
    /// The labels of every value.
    pub labels: Labels,
    /// The labels of some values.
    pub marks: Cow<'static, [Mark]>,
}

/// How a rule recognises its value.
#[derive(Clone, Debug, PartialEq)]
pub enum Matcher {
    /// Linear alternatives of literals and runs, walked directly.
    Shape(Cow<'static, [Sequence]>),
    /// A regular expression (bytes, no Unicode classes) that runs only in a window around an
    /// anchor. The secret is the group `secret`, else the first group, else the whole match.
    Pattern {
        /// The regular expression.
        regex: Text,
        /// How many bytes before the anchor a match may start.
        before: u16,
        /// How many bytes after the anchor's start a match may end.
        after: u16,
    },
    /// The value of an assignment whose name suggests a credential.
    Assignment,
    /// A value under `data` (base64) or `stringData` of a Kubernetes Secret.
    Manifest,
    /// A rule of another scanner, which `detect` runs over whole fragments. The ruleset only has
    /// its name.
    Fragment,
}

/// A literal at which a pattern is tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// The literal, lower-cased when `fold` is set.
    pub bytes: Cow<'static, [u8]>,
    /// Whether ASCII case is ignored.
    pub fold: bool,
}

/// Words near a value that is not distinctive by itself. They make it credible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context {
    /// Lower-case words, compared in any case. One of them is enough.
    pub words: Cow<'static, [Text]>,
    /// Where the word must stand.
    pub within: Within,
}

/// Where a context word must stand, relative to the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Within {
    /// In the name that the value is assigned to.
    Assignment,
    /// On the same line, at most 400 bytes away.
    Line,
    /// At most this many bytes away, before or after, across lines.
    Bytes(u16),
}

/// A further part of a credential, such as the secret that belongs to an id.
#[derive(Clone, Debug, PartialEq)]
pub struct Companion {
    /// The name of the part: `secret access key`.
    pub name: Text,
    /// What it looks like.
    pub shape: Cow<'static, [Sequence]>,
    /// Its offline check, empty for none. A part that fails it is ignored.
    pub check: Text,
    /// The greatest distance from the main value in bytes, before or after it.
    pub within: u16,
    /// Whether a finding without this part is dropped.
    pub required: bool,
}

macro_rules! named_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$vdoc])* $variant,)* }

        impl $name {
            /// Every value, in ascending order.
            pub const ALL: &'static [$name] = &[$($name::$variant,)*];

            /// Returns the name used in rule files, options and reports.
            pub const fn id(self) -> &'static str {
                match self { $($name::$variant => $text,)* }
            }

            /// Returns the value called `id`.
            pub fn from_id(id: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.id() == id)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.id())
            }
        }
    };
}

named_enum! {
    /// How bad a leak is, by what the credential opens.
    Severity {
        /// An identifier, a public or test value.
        Low = "low",
        /// Limited or already expiring access.
        Medium = "medium",
        /// Access to one service's data or money.
        High = "high",
        /// Access to infrastructure, code or many services.
        Critical = "critical",
    }
}

named_enum! {
    /// How certain a finding is.
    Confidence {
        /// Plausible; shown only on request.
        Low = "low",
        /// Probable.
        Medium = "medium",
        /// Distinctive or proved.
        High = "high",
    }
}

named_enum! {
    /// The kind of secret, which decides where it should be stored instead.
    SecretType {
        /// A key or token of a service's API.
        ApiKey = "api-key",
        /// User name and password, or a URL, of a database.
        DatabaseCredential = "database-credential",
        /// A private key of a certificate or of unknown use.
        TlsKey = "tls-key",
        /// A private key that logs in to hosts.
        SshKey = "ssh-key",
        /// A key that protects stored data.
        EncryptionKey = "encryption-key",
        /// An OAuth, OpenID or session token, or a client secret.
        OauthToken = "oauth-token",
        /// A password of a person or service.
        Password = "password",
        /// A URL that is itself the permission to post.
        Webhook = "webhook",
        /// A key that signs tokens, packages or requests.
        SigningKey = "signing-key",
    }
}

impl SecretType {
    /// Returns whether people choose its values, so that some are ordinary words.
    pub(crate) fn is_password(self) -> bool {
        matches!(self, SecretType::Password | SecretType::DatabaseCredential)
    }
}

/// What a failed offline check does to a match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnInvalid {
    /// The match is not a secret: the check is proven for this form.
    Drop,
    /// The match stays, with low confidence.
    Downgrade,
}

/// Which ends of a value must not touch other letters or digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Boundary {
    /// Both ends.
    Token,
    /// Only its start.
    Left,
    /// Only its end.
    Right,
    /// Neither: the shape checks its ends itself.
    None,
}

impl Boundary {
    /// Returns whether the start is checked.
    pub fn left(self) -> bool {
        matches!(self, Boundary::Token | Boundary::Left)
    }

    /// Returns whether the end is checked.
    pub fn right(self) -> bool {
        matches!(self, Boundary::Token | Boundary::Right)
    }
}

/// Providers that are not issuers but forms, places and programs. They can revoke nothing. Sorted.
const NO_ISSUERS: &[&str] = &[
    ".NET",
    "Ansible",
    "Apache Kafka",
    "Apache Maven",
    "Bitcoin",
    "Cisco IOS",
    "Command line",
    "Connection URL",
    "Credential file",
    "Cryptocurrency",
    "Cryptographic key",
    "Django",
    "Erlang",
    "Ethereum",
    "Express",
    "Flask",
    "Generic",
    "Gradle",
    "HTTP",
    "Infrastructure code",
    "JSON Web Token",
    "Juniper Junos",
    "Kubernetes",
    "LDAP",
    "Laravel",
    "Monero",
    "OpenVPN",
    "PASETO",
    "PHPMailer",
    "Password hash",
    "Phoenix",
    "Private key",
    "Ruby on Rails",
    "SNMP",
    "Sigstore cosign",
    "Solana",
    "Source code",
    "Stellar",
    "Symfony",
    "Windows",
    "WireGuard",
    "WordPress",
    "XRP Ledger",
    "age",
    "minisign / signify",
];

impl Rule {
    /// Returns who can revoke what the rule finds, or an empty text if nobody can: for a password
    /// or key that its owner made, or if the issuer says that it cannot be revoked. Then
    /// [`revoke`](Rule::revoke) says in the imperative what to do instead.
    pub fn issuer(&self) -> &str {
        let nobody = NO_ISSUERS.binary_search(&&*self.provider).is_ok();
        if nobody || self.revoke.contains("cannot be revoked") {
            return "";
        }
        &self.provider
    }

    /// Returns whether the value alone is enough: it contains a literal of its own and needs no
    /// word near it.
    pub(crate) fn is_distinctive(&self) -> bool {
        let named = matches!(self.matcher, Matcher::Assignment | Matcher::Manifest);
        self.context.is_none() && !named && !self.whole_file
    }
}

/// The rules of a run, in a fixed order. The index of a rule is its identity inside the program.
#[derive(Clone, Debug)]
pub struct Ruleset {
    rules: Vec<Cow<'static, Rule>>,
}

/// The index of a rule in its [`Ruleset`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleIndex(pub u16);

impl Ruleset {
    /// Creates a set of the given rules, in that order. Rules after the first 65,535 are cut off.
    pub fn new(rules: Vec<Cow<'static, Rule>>) -> Self {
        let mut rules = rules;
        rules.truncate(usize::from(u16::MAX));
        Self { rules }
    }

    /// Appends rules to the set. The indexes of the existing rules stay.
    #[must_use]
    pub(crate) fn with(mut self, more: Vec<Cow<'static, Rule>>) -> Self {
        self.rules.extend(more);
        Self::new(self.rules)
    }

    /// Returns the rules with their indexes.
    pub fn iter(&self) -> impl Iterator<Item = (RuleIndex, &Rule)> {
        self.rules
            .iter()
            .enumerate()
            .map(|(i, rule)| (RuleIndex(i as u16), rule.as_ref()))
    }

    /// Returns the rule at `index`.
    ///
    /// # Panics
    /// Panics if `index` belongs to another set.
    pub fn get(&self, index: RuleIndex) -> &Rule {
        &self.rules[usize::from(index.0)]
    }

    /// Returns the rule called `id`.
    pub fn find(&self, id: &str) -> Option<(RuleIndex, &Rule)> {
        self.iter().find(|(_, rule)| rule.id == id)
    }

    /// Returns the number of rules.
    pub fn len(&self) -> usize {
        self.rules.len()
    }

    /// Returns whether the set has no rule. A scan with it would prove nothing.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }
}
