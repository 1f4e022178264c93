//! What the path of a file says: the kind of file, and whether it belongs to tests, to
//! documentation or to translations. The name alone decides; nobody reads content.

use crate::blob::BlobPath;

/// The kind of file, which says what a bare word in it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::detect) enum Kind {
    /// A programming language: a bare word is an identifier.
    Code,
    /// Settings in lines: a bare word is a value.
    Config,
    /// JSON.
    Json,
    /// XML, HTML and templates of them.
    Markup,
    /// Documentation.
    Document,
    /// Scripts of a shell, build files.
    Shell,
    /// SQL.
    Sql,
    /// None of these.
    Other,
}

impl Kind {
    /// Every kind.
    pub(super) const ALL: [Kind; 8] = [
        Kind::Code,
        Kind::Config,
        Kind::Json,
        Kind::Markup,
        Kind::Document,
        Kind::Shell,
        Kind::Sql,
        Kind::Other,
    ];

    /// How many there are.
    pub(super) const COUNT: usize = 8;
}

/// How a line without quotes is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Lines {
    /// What follows the name is an expression of a program.
    Code,
    /// It may be anything.
    Loose,
    /// It is a word of a shell.
    Shell,
    /// It is the value of a setting.
    Settings,
}

/// What the path of a file says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::detect) struct Place {
    /// The kind of file.
    pub(super) kind: Kind,
    /// How its lines without quotes are read.
    pub(super) lines: Lines,
    /// Whether its values set something up, so that a word is a password there.
    pub(super) settings: bool,
    /// Tests, fixtures, mocks.
    pub(super) test: bool,
    /// Examples, samples, documentation.
    pub(super) example: bool,
    /// Translations: values are words of a language.
    pub(super) translation: bool,
}

impl Place {
    /// A file of this kind, if its path says nothing else.
    pub(super) fn of(kind: Kind) -> Self {
        Self {
            kind,
            lines: match kind {
                Kind::Config => Lines::Settings,
                Kind::Shell => Lines::Shell,
                Kind::Document | Kind::Other => Lines::Loose,
                Kind::Code | Kind::Json | Kind::Markup | Kind::Sql => Lines::Code,
            },
            settings: matches!(kind, Kind::Config | Kind::Shell | Kind::Json),
            test: false,
            example: false,
            translation: false,
        }
    }
}

/// Reads a path.
pub(in crate::detect) fn place(path: &BlobPath) -> Place {
    let lower = path.as_bytes().to_ascii_lowercase();
    let any = |words: &[&str]| {
        lower
            .split(|b| !b.is_ascii_alphanumeric())
            .any(|part| words.iter().any(|w| w.as_bytes() == part))
    };
    let name = lower.rsplit(|b| *b == b'/').next().unwrap_or(&lower);
    let ends = |suffix: &str| name.ends_with(suffix.as_bytes());
    let (kind, ending) = kind(name);
    Place {
        kind,
        lines: lines(name, kind, ending),
        settings: Place::of(kind).settings || [&b"tf"[..], b"hcl"].contains(&ending),
        test: any(&[
            "test",
            "tests",
            "testing",
            "testdata",
            "spec",
            "specs",
            "fixture",
            "fixtures",
            "mock",
            "mocks",
            "e2e",
            "cypress",
            "testutil",
            "integration",
        ]) || [
            "_test.go",
            "test.java",
            "tests.cs",
            "test.php",
            "spec.rb",
            "test.kt",
            "test.py",
        ]
        .iter()
        .any(|s| ends(s)),
        example: any(&[
            "example",
            "examples",
            "sample",
            "samples",
            "demo",
            "demos",
            "doc",
            "docs",
            "readme",
            "tutorial",
            "tutorials",
            "documentation",
        ]),
        translation: any(&[
            "i18n",
            "l10n",
            "locale",
            "locales",
            "lang",
            "translations",
            "translation",
            "languages",
        ]) || [".po", ".pot", ".xlf", ".resx", ".strings", ".arb"]
            .iter()
            .any(|s| ends(s))
            || is_bundle(name)
            || name == b"strings.xml" && lower.windows(8).any(|part| part == b"/values-"),
    }
}

/// Whether the file, in lower case, is a bundle of messages of Java: `Messages_es.properties`.
fn is_bundle(name: &[u8]) -> bool {
    const STEMS: [&[u8]; 7] = [
        b"message",
        b"mensaje",
        b"mensagens",
        b"messaggi",
        b"nachrichten",
        b"label",
        b"texts",
    ];
    name.ends_with(b".properties") && STEMS.iter().any(|stem| name.starts_with(stem))
}

/// How the lines of a file without quotes are read.
fn lines(name: &[u8], kind: Kind, ending: &[u8]) -> Lines {
    let is = |list: &[&[u8]]| list.contains(&ending);
    match kind {
        // Nothing stands without quotes there.
        Kind::Config if is(&[b"toml", b"tfvars", b"config"]) => Lines::Code,
        Kind::Shell if is(&[b"ps1", b"psm1"]) || name == b"jenkinsfile" => Lines::Code,
        Kind::Shell if is(&[b"mk", b"bat", b"cmd"]) || name == b"makefile" => Lines::Settings,
        kind => Place::of(kind).lines,
    }
}

/// Endings of programming languages.
const CODE: &[&str] = &[
    "c", "h", "cc", "cpp", "cxx", "hpp", "hh", "m", "mm", "cs", "java", "kt", "kts", "scala",
    "groovy", "gradle", "go", "rs", "py", "pyx", "rb", "rake", "php", "js", "jsx", "mjs", "cjs",
    "ts", "tsx", "vue", "svelte", "swift", "dart", "ex", "exs", "erl", "hs", "ml", "fs", "vb",
    "pl", "pm", "lua", "r", "jl", "clj", "cljs", "nim", "zig", "cr", "coffee", "proto", "thrift",
    "asm", "s", "pas", "bas", "f90", "sol", "graphql", "nix", "tf", "hcl", "jsonnet", "pyi", "ino",
    "pde", "mts", "cts", "hxx", "ipp", "inl", "cu", "hx", "vbs", "glsl", "hlsl",
];
/// Endings of settings in lines.
const CONFIG: &[&str] = &[
    "yml",
    "yaml",
    "env",
    "ini",
    "cfg",
    "conf",
    "config",
    "properties",
    "toml",
    "cnf",
    "dist",
    "netrc",
    "pgpass",
    "tfvars",
    "inc",
    "reg",
    "desktop",
    "service",
    "htpasswd",
    "npmrc",
    "pypirc",
    "credentials",
    "ldif",
    "tmpl",
];
/// Endings of scripts and build files.
const SHELL: &[&str] = &[
    "sh",
    "bash",
    "zsh",
    "fish",
    "ps1",
    "psm1",
    "bat",
    "cmd",
    "ksh",
    "mk",
    "dockerfile",
    "envrc",
];

/// The kind of the file called `name`, in lower case, and the ending that says so.
pub(in crate::detect::judge) fn kind(name: &[u8]) -> (Kind, &[u8]) {
    // In `config.yml.example` and in `config.yml.gz`, opened, the ending before the last one counts.
    let mut parts: Vec<&[u8]> = name.split(|b| *b == b'.').collect();
    while parts.len() > 2
        && parts.last().is_some_and(|p| {
            [
                &b"example"[..],
                b"sample",
                b"template",
                b"dist",
                b"default",
                b"local",
                b"erb",
                b"j2",
                b"bak",
                b"orig",
                b"old",
                b"gz",
                b"bz2",
                b"xz",
                b"zst",
                b"lz4",
                b"lzma",
                b"lz",
                b"z",
            ]
            .contains(p)
                // `main.pas.~3~`
                || p.len() >= 3 && p.starts_with(b"~") && p.ends_with(b"~")
        })
    {
        parts.pop();
    }
    let ending = parts.last().copied().unwrap_or(name);
    let Ok(last) = std::str::from_utf8(ending) else {
        return (Kind::Other, ending);
    };
    (kind_of(name, last), ending)
}

fn kind_of(name: &[u8], last: &str) -> Kind {
    let has = |list: &[&str]| list.contains(&last);
    if has(CODE) {
        Kind::Code
    } else if has(CONFIG) || name.starts_with(b".env") || last == "example" {
        Kind::Config
    } else if has(&[
        "json",
        "json5",
        "jsonc",
        "ipynb",
        "tfstate",
        "har",
        "webmanifest",
    ]) {
        Kind::Json
    } else if has(&[
        "xml", "html", "htm", "xhtml", "jsp", "cshtml", "svg", "xaml", "plist", "csproj", "ftl",
        "erb", "twig", "hbs", "haml",
    ]) {
        Kind::Markup
    } else if has(&[
        "md", "markdown", "rst", "adoc", "txt", "textile", "org", "mdx", "wiki", "tex", "log",
    ]) {
        Kind::Document
    } else if has(SHELL)
        || name.starts_with(b"dockerfile")
        || name == b"makefile"
        || name == b"jenkinsfile"
    {
        Kind::Shell
    } else if has(&["sql", "psql", "ddl"]) {
        Kind::Sql
    } else {
        Kind::Other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_say_what_a_file_is() {
        let of = |path: &str| {
            let p = place(&BlobPath::from(path));
            (p.kind, p.test, p.example, p.translation)
        };
        assert_eq!(of("src/main.go"), (Kind::Code, false, false, false));
        assert_eq!(of("a/.env.example"), (Kind::Config, false, true, false));
        assert_eq!(
            of("config/app.yml.sample"),
            (Kind::Config, false, true, false)
        );
        assert_eq!(of("src/i18n/de.json"), (Kind::Json, false, false, true));
        assert!(of("a/Mensajes_es.properties").3);
        assert!(!of("a/application.properties").3);
        assert_eq!(of("tests/Dockerfile"), (Kind::Shell, true, false, false));
        assert_eq!(of("LICENSE"), (Kind::Other, false, false, false));
    }
}
