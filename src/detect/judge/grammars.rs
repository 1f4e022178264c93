//! Which grammar the values of a file have. The path alone decides; nobody reads content.

use super::generic::{Kind, kind};
use crate::blob::BlobPath;
use crate::detect::forms::ends::Grammar;

/// The grammar of the file at `path`.
pub(super) fn grammar(path: &BlobPath) -> Grammar {
    let name = path.file_name().to_ascii_lowercase();
    let (kind, ending) = kind(&name);
    let is = |list: &[&str]| list.iter().any(|e| e.as_bytes() == ending);
    let starts = |head: &str| name.starts_with(head.as_bytes());
    match kind {
        _ if is(SHELL) => Grammar::Shell,
        Kind::Config if is(&["env"]) || starts(".env") => Grammar::Env,
        Kind::Config if is(&["properties"]) => Grammar::Properties,
        Kind::Config if is(&["yml", "yaml"]) => Grammar::Yaml,
        Kind::Config if is(INI) => Grammar::Ini,
        Kind::Config if is(&["toml", "tfvars"]) => Grammar::Data,
        Kind::Config if is(&["netrc", "pgpass", "htpasswd"]) => Grammar::Text,
        Kind::Config if is(&["config"]) && DOT_NET.iter().any(|n| starts(n)) => Grammar::Markup,
        Kind::Config => Grammar::Settings,
        Kind::Shell if is(&["ps1", "psm1"]) => Grammar::PowerShell,
        Kind::Shell if is(&["bat", "cmd"]) => Grammar::Batch,
        Kind::Shell if is(&["dockerfile"]) || starts("dockerfile") => Grammar::Docker,
        Kind::Shell if is(&["mk"]) || starts("makefile") => Grammar::Make,
        // Groovy: `Jenkinsfile`.
        Kind::Shell => Grammar::Code,
        Kind::Code if is(&["tf", "hcl", "clj", "cljs"]) => Grammar::Data,
        Kind::Code if is(LITERALS) => Grammar::Literals,
        Kind::Sql => Grammar::Literals,
        Kind::Markup => Grammar::Markup,
        Kind::Code | Kind::Json => Grammar::Code,
        Kind::Document => Grammar::Text,
        Kind::Other if is(SHELL_STARTS) => Grammar::Shell,
        Kind::Other if is(&["gitconfig"]) => Grammar::Ini,
        Kind::Other => Grammar::Unknown,
    }
}

/// Endings of INI files and of what is written like them.
const INI: &[&str] = &[
    "ini",
    "npmrc",
    "pypirc",
    "credentials",
    "desktop",
    "service",
    "cnf",
    "reg",
    "ldif",
];
/// Endings of languages in which strings in consecutive lines are one.
const LITERALS: &[&str] = &[
    "c", "h", "cc", "cpp", "cxx", "hpp", "hh", "m", "mm", "py", "pyx", "dart", "erl",
];
/// How the names of settings begin that .NET reads, which are XML: `web.Release.config`.
const DOT_NET: &[&str] = &["web.", "app.", "nuget.", "machine.", "connectionstrings."];
/// Endings of what shells read when they start.
const SHELL_STARTS: &[&str] = &[
    "bashrc",
    "bash_profile",
    "bash_login",
    "bash_aliases",
    "profile",
    "zshrc",
    "zshenv",
    "zprofile",
    "kshrc",
];
/// Endings of scripts for POSIX shells.
const SHELL: &[&str] = &["sh", "bash", "zsh", "fish", "ksh", "envrc"];
