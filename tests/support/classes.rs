//! Classes of content at the highest possible cost: made of what rules look for, again and
//! again. `benches/classes.rs` measures all of them; `tests/hostile` checks that the time for
//! the slow ones grows with the bytes.

use std::collections::BTreeSet;

use stopleak::detect::Detector;
use stopleak::rules::{Matcher, Step, builtin};

/// One class of content: a name, and the parts that it consists of.
#[derive(Clone, Debug)]
pub(crate) struct Class {
    pub(crate) name: String,
    parts: Vec<Vec<u8>>,
    order: Order,
    /// Whether it is UTF-16, with the lower byte first.
    wide: bool,
}

/// How the parts of a class follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    /// Again and again.
    Repeated,
    /// Each with its number behind it, so that no place is like another.
    Numbered,
    /// In an order that does not repeat itself.
    Shuffled,
}

impl Class {
    fn of(part: impl AsRef<[u8]>) -> Self {
        let part = part.as_ref();
        let shown: String = part.escape_ascii().to_string().chars().take(48).collect();
        Self::named(format!("`{shown}`"), part.to_vec())
    }

    fn named(name: impl Into<String>, part: Vec<u8>) -> Self {
        Self {
            name: name.into(),
            parts: vec![part],
            order: Order::Repeated,
            wide: false,
        }
    }

    /// The same class in UTF-16.
    pub(crate) fn wide(&self) -> Self {
        Self {
            name: format!("{} in UTF-16", self.name),
            wide: true,
            ..self.clone()
        }
    }

    /// The same class with a number behind each part.
    fn numbered(&self) -> Self {
        Self {
            name: format!("{} numbered", self.name),
            order: Order::Numbered,
            ..self.clone()
        }
    }

    /// Returns `len` bytes of this class.
    pub(crate) fn content(&self, len: usize) -> Vec<u8> {
        let narrow = if self.wide { len / 2 + 1 } else { len };
        let mut out = Vec::with_capacity(narrow + 64);
        let (mut number, mut state) = (0, 7u64);
        while out.len() < narrow {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            number += 1;
            let index = match self.order {
                Order::Shuffled => state as usize % self.parts.len(),
                _ => number % self.parts.len(),
            };
            out.extend_from_slice(&self.parts[index]);
            if self.order == Order::Numbered {
                out.extend_from_slice(number.to_string().as_bytes());
            }
        }
        if self.wide {
            out = out.iter().flat_map(|b| [*b, 0]).collect();
        }
        out.truncate(len);
        out
    }
}

/// Returns parts in an order that does not repeat itself: keywords, and all of `leads`.
pub(crate) fn shuffled(leads: &BTreeSet<Vec<u8>>) -> Vec<Class> {
    let words =
        |list: &[&str]| -> Vec<Vec<u8>> { list.iter().map(|w| w.as_bytes().to_vec()).collect() };
    let all: Vec<Vec<u8>> = leads.iter().cloned().collect();
    let keywords = words(&[
        "password",
        "secret",
        "token",
        "api_key",
        "passwd",
        "auth",
        "credential",
    ]);
    let class = |name: &str, parts: &[Vec<u8>], between: &str| Class {
        name: name.to_owned(),
        parts: parts
            .iter()
            .map(|part| [part, between.as_bytes()].concat())
            .collect(),
        order: Order::Shuffled,
        wide: false,
    };
    vec![
        class("literals, glued", &all, ""),
        class("literals, a line each", &all, "\n"),
        class("literals, assigned", &all, "="),
        class("keywords", &keywords, " "),
        class("keywords, glued", &keywords, ""),
        class("keywords, assigned", &keywords, "=\""),
        class("keywords, assigned a value", &keywords, "=a1B2c3D4\n"),
        class("letters, assigned", &words(&["a", "b", "c"]), "="),
        class(
            "words of mnemonics",
            &words(&["abandon", "ability", "able", "zoo"]),
            " ",
        ),
    ]
}

/// Returns everything in the rules that is a fixed text: what leads to a rule, in each form
/// that the detector looks for, and what a rule asks for beside it.
pub(crate) fn leads(detector: &Detector) -> BTreeSet<Vec<u8>> {
    let mut all: BTreeSet<Vec<u8>> = detector.leads().map(<[u8]>::to_vec).collect();
    for rule in builtin::rules() {
        all.extend(rule.anchors.iter().map(|a| a.bytes.to_vec()));
        let words = rule.context.iter().flat_map(|c| c.words.iter());
        all.extend(words.map(|w| w.as_bytes().to_vec()));
        let companions = rule.companions.iter().flat_map(|c| c.shape.iter());
        let own = match &rule.matcher {
            Matcher::Shape(sequences) => &sequences[..],
            _ => &[],
        };
        for step in own.iter().chain(companions).flat_map(|s| s.steps.iter()) {
            if let Step::Lit { bytes, .. } = step {
                all.insert(bytes.to_vec());
            }
        }
    }
    all
}

/// In how many forms each literal comes.
pub(crate) const FORMS: usize = 10;

/// What stands around a literal in each of its forms.
const AROUND: [(&[u8], &[u8]); FORMS] = [
    (b"", b""),
    (b"", b"a"),
    (b"", b"="),
    (b"\"", b"\": "),
    (b"", b" "),
    (b"", b"\n"),
    (b"", b"=\""),
    (b"", b": a1B2 "),
    (b"", b"=a1B2\n"),
    (b"", b" a1B2c3D4,"),
];

/// Returns what each of `leads` makes, in the forms in which an attacker or a program would
/// repeat it.
pub(crate) fn of_leads(leads: &BTreeSet<Vec<u8>>) -> Vec<Class> {
    let forms = |lead: &Vec<u8>| AROUND.map(|(before, after)| [before, lead, after].concat());
    leads.iter().flat_map(forms).map(Class::of).collect()
}

/// Returns what opens, closes, escapes and encodes, and words of known formats.
pub(crate) fn others() -> Vec<Class> {
    const PARTS: &[&str] = &[
        "A",
        "a",
        "0",
        " ",
        "\t",
        "\n",
        "\r\n",
        "\0",
        "{",
        "}",
        "[",
        "]",
        "(",
        ")",
        "\"",
        "'",
        "`",
        "``",
        "\"\"\"",
        "<",
        ">",
        "</",
        "%",
        "%3D",
        "%25",
        "\\",
        "\\\\",
        "\\n",
        "\\\"",
        "\\u0061",
        "&",
        "&quot;",
        "&#34;",
        "&amp;",
        "$",
        "$(",
        "${",
        "${{",
        "{{",
        "@",
        ":",
        ":@",
        "://",
        "=",
        "==",
        "=>",
        ",",
        ";",
        "|",
        "#",
        "//",
        "-",
        "--",
        ".",
        "_",
        "/",
        "+",
        "?",
        "!",
        "*",
        "-----BEGIN ",
        "-----BEGIN RSA ",
        "-----END ",
        "deadbeef",
        "0123456789abcdef",
        "0123456789abcdef\n",
        "0123456789abcdef ",
        "\"0123456789abcdef0123456789abcdef\",",
        "c29tZSBiYXNlNjQgdGV4dA==",
        "c29tZSBiYXNlNjQgdGV4dA==\n",
        "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo",
        "/+aZ09",
        "AAAA=",
        "550e8400-e29b-41d4-a716-446655440000 ",
        "https://",
        "https://a",
        "https://a:b",
        "https://a:b@",
        "https://a:b@c ",
        "https://user:a1B2c3D4@example.com/\n",
        "http://a.b/?token=c&key=d&",
        "postgres://a:b@c/d ",
        "ftp://a:",
        "a:b@",
        "a:b ",
        "a=b ",
        "a=b&",
        "a=b;",
        "a=b,",
        "a: b\n",
        "a = \"b\"\n",
        "\"a\": \"b\", ",
        // stopleak:allow-start made-up content
        "<a>b</a>",
        "<a b=\"c\">",
        "curl -u a:",
        "curl -u a:b ",
        "-u a:b ",
        "curl -H \"Authorization: ",
        "sshpass -p ",
        "sshpass -p a ",
        "mysql -p",
        "mysql -pa1B2c3 ",
        "--password ",
        "--password a1B2c3 ",
        "-p a1B2 ",
        "machine ",
        "machine x login y password ",
        "machine x login y password z\n",
        "machine x\nlogin y\npassword z\n",
        "login ",
        "default login ",
        "mnemonic ",
        "mnemonic: abandon ",
        "mnemonic abandon ability able about above absent ",
        "abandon ",
        "abandon ability able about ",
        "seed phrase abandon ",
        "zoo ",
        "password",
        "password ",
        "password=",
        "password:",
        "password: ",
        "password=\"",
        "password='",
        "password=a",
        "password=a1B2c3D4 ",
        "password=a1B2c3D4&",
        "password=a1B2c3D4;",
        "password=a1B2c3D4,",
        "password=a1B2c3D4\n",
        "password = \"a1B2c3D4\"\n",
        "password = \"a1B2c3D4\", ",
        "password = changeme\n",
        "password: |\n",
        "password: |\n  a1B2c3D4\n",
        "password=\\\\",
        "password=\\\"",
        "password = ${a} ",
        "password = os.getenv(\"a\") ",
        "password' => '",
        "password\", \"",
        "setPassword(\"",
        "<password>",
        "<password>a1B2c3D4</password>",
        "?password=a1B2c3&",
        "&password=a1B2c3",
        "`password` `",
        "${password}",
        "${password:-a1B2c3D4}",
        "a_password_",
        "the password is: a1B2c3D4 ",
        "{\"password\":",
        "{\"password\":\"a1B2c3D4\"},",
        "[[[\"secret\":",
        "secret ",
        "token ",
        "token:",
        "api_key=",
        "api_key ",
        "key=",
        "key: ",
        "key = ",
        "auth ",
        "Authorization: Basic ",
        "Authorization: Basic YTpiMQ== ",
        "Authorization: Bearer ",
        "Bearer ",
        "bearer a1B2c3D4 ",
        "identified by '",
        "identified by 'a1B2c3D4' ",
        "create user a identified by ",
        "chpasswd ",
        "echo a:b | chpasswd\n",
        ":5432:",
        "a:5432:b:c:d\n",
        "Pwd=a1B2c3D4;Uid=a;",
        "Server=a;User ID=b;Password=c;",
        // stopleak:allow-end
        "AccountKey=",
        "SharedAccessKey=",
        "sv=20",
        "sig=",
        "X-Amz-Signature=",
        "eyJ",
        "eyJhbGci.",
        "eyJhbGciOiJIUzI1NiJ9.eyJ",
        "AKIA",
        "AKIA0123456789ABCDEF ",
        "aws_secret_access_key ",
        "aws_secret_access_key=",
        "sk-",
        "sk_live_",
        "ghp_",
        "xoxb-",
        "AIza",
        "SG.",
        "discord ",
        "kind: Secret\n",
        "kind: Secret\ndata:\n  a: b\n",
        "kind: Secret\nstringData:\n  a: b\n",
        "\"kind\":\"Secret\",",
        "{\"kind\":\"Secret\",\"data\":{",
        "\"kty\": ",
        "\"kty\":\"RSA\",\"d\":\"",
        "\"service_account\" ",
        "\"private_key\": \"-----BEGIN ",
        "PuTTY-User-Key-File-",
        "$ANSIBLE_VAULT;",
        "\"auth\": \"",
        "_authToken=",
        "_auth=",
        "AUTH_KEY', '",
        "db_password = \"q8Zr7kQm2xW\" # stopleak:allow x\n",
        "# stopleak:allow ",
        "stopleak:allow\n",
        "gitleaks:allow\n",
        "\").concat(\"a",
        "-join ''=",
        "\".join(\"\")\": ",
        "%252",
        "\u{fc}",
        "\u{1f600}",
        "\u{5bc6}\u{7801}=",
        "\u{feff}",
        "\u{202e}",
    ];
    let mut all: Vec<Class> = PARTS.iter().map(Class::of).collect();
    let mut named = |name: &str, part: Vec<u8>| all.push(Class::named(name, part));
    let begin = ["-----BEGIN PRIV", "ATE KEY-----\n"].concat();
    named("a header of PEM", begin.clone().into_bytes());
    named("a header of PEM, coded text", {
        format!("{begin}{}\n", "MIIE".repeat(40)).into_bytes()
    });
    let lines = |len: usize| [&b"abc: 0x1234, ".repeat(len)[..], b"\n"].concat();
    named("lines of 130 bytes", lines(10));
    named("lines of 13 kB", lines(1_000));
    named("one long line", b"abc: 0x1234, ".to_vec());
    named("lines of one word", b"abc\n".to_vec());
    for (name, word) in [
        ("passwords", "password=a1B2c3D4 "), // stopleak:allow made-up
        ("tokens", "token: "),
        ("names", "api_key "),
    ] {
        let part = [&b"x".repeat(400)[..], word.as_bytes()].concat();
        named(&format!("{name} behind 400 letters"), part);
        let part = [&b"a, ".repeat(300)[..], word.as_bytes()].concat();
        named(&format!("{name} behind a long list"), part);
    }
    named("every byte", (0..=255).collect());
    let numbered: Vec<Class> = all.iter().map(Class::numbered).collect();
    all.extend(numbered);
    all
}
