//! The commands and options of other scanners. Sources: their `--help` and documentation of
//! gitleaks 8.30, betterleaks 2.0, trufflehog 3.97, detect-secrets 1.5, ggshield 1.56 and
//! kingfisher 2.14.

use Means::{
    Command, ExitCode, Format, LogOptions, Megabytes, Not, Report, Since, Source, Until, Value,
    Words,
};
use Scanner::{DetectSecrets, Ggshield, Gitleaks, Kingfisher, Trufflehog};

/// Another scanner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scanner {
    /// gitleaks, and betterleaks, which has its command line.
    Gitleaks,
    Trufflehog,
    DetectSecrets,
    Ggshield,
    Kingfisher,
}

impl Scanner {
    pub(super) fn name(self) -> &'static str {
        match self {
            Gitleaks => "gitleaks",
            Trufflehog => "trufflehog",
            DetectSecrets => "detect-secrets",
            Ggshield => "ggshield",
            Kingfisher => "kingfisher",
        }
    }
}

/// A command of another scanner.
#[derive(Debug)]
pub(super) struct Verb {
    pub(super) scanner: Scanner,
    pub(super) words: &'static [&'static str],
    /// Our command; None if nothing does this here.
    pub(super) ours: Option<&'static str>,
    /// What is different, or why nothing does it; may be empty.
    pub(super) remark: &'static str,
}

/// What an option means here.
#[derive(Debug)]
pub(super) enum Means {
    /// These words.
    Flag(&'static str),
    /// This option, with the same value.
    Value(&'static str),
    /// This option, with a size of megabytes.
    Megabytes(&'static str),
    /// This option for each word of a list.
    Words(&'static str),
    /// Another command.
    Command(&'static str),
    /// A path to scan.
    Source,
    /// The format of the report.
    Format,
    /// The file of the report.
    Report,
    /// The exit code for findings.
    ExitCode,
    /// Options of `git log`.
    LogOptions,
    /// The commit behind which the scan begins.
    Since,
    /// The branch or commit at which it ends.
    Until,
    /// Nothing: it is not needed, or something else does it.
    Not(&'static str),
}

/// An option of another scanner.
#[derive(Debug)]
pub(super) struct Flag {
    pub(super) scanner: Scanner,
    pub(super) names: &'static [&'static str],
    /// Whether a value follows.
    pub(super) value: bool,
    pub(super) means: Means,
}

const fn verb(
    scanner: Scanner,
    words: &'static [&'static str],
    ours: &'static str,
    remark: &'static str,
) -> Verb {
    Verb {
        scanner,
        words,
        ours: match ours.is_empty() {
            true => None,
            false => Some(ours),
        },
        remark,
    }
}

const fn flag(scanner: Scanner, names: &'static [&'static str], means: Means) -> Flag {
    let value = !matches!(means, Means::Flag(_) | Command(_) | Not(_));
    Flag {
        scanner,
        names,
        value,
        means,
    }
}

/// An option with a value that means nothing here.
const fn lost(scanner: Scanner, names: &'static [&'static str], why: &'static str) -> Flag {
    Flag {
        scanner,
        names,
        value: true,
        means: Not(why),
    }
}

const OFFLINE: &str = "stopleak opens no network connection. Fetch the content first, and scan \
                       the files, a clone or a saved image";
const MASKED: &str = "not needed: secrets are masked unless you pass `--show-secrets`";
const NO_BANNER: &str = "not needed: there is no banner";
const NOT_VERIFIED: &str = "not needed: stopleak opens no network connection, so it verifies \
                            nothing at the issuer";
const ONLY_VERIFIED: &str = "stopleak opens no network connection, so it verifies nothing at the \
                             issuer; `--confidence high` keeps what a checksum or its form proves";
const NO_TIMEOUT: &str = "not supported: an interrupted scan would be incomplete";
const REGEXES: &str = "regular expressions belong into [[allow]] of stopleak.toml; \
                       `--exclude GLOB` skips paths";
const ONE_LIST: &str = "`--rule ID` runs only this rule, `--disable-rule ID` all others; \
                        `stopleak rules list` lists the ids";

/// The commands. Of several for the same words, the first is meant unless options say otherwise.
pub(super) const VERBS: &[Verb] = &[
    verb(Gitleaks, &["detect"], "history", ""),
    verb(Gitleaks, &["protect"], "scan --changed", ""),
    verb(Gitleaks, &["git"], "history", ""),
    verb(Gitleaks, &["dir"], "scan", ""),
    verb(Gitleaks, &["directory"], "scan", ""),
    verb(Gitleaks, &["file"], "scan", ""),
    verb(Gitleaks, &["stdin"], "scan -", ""),
    verb(Gitleaks, &["completion"], "completions", ""),
    verb(Trufflehog, &["git"], "history", ""),
    verb(Trufflehog, &["filesystem"], "scan", ""),
    verb(Trufflehog, &["fs"], "scan", ""),
    verb(Trufflehog, &["stdin"], "scan -", ""),
    verb(
        Trufflehog,
        &["docker"],
        "",
        "Save the image first: `docker save IMAGE -o image.tar`, and `stopleak image image.tar`",
    ),
    verb(Trufflehog, &["analyze"], "", ONLY_VERIFIED),
    verb(Trufflehog, &["github"], "", OFFLINE),
    verb(Trufflehog, &["github-experimental"], "", OFFLINE),
    verb(Trufflehog, &["gitlab"], "", OFFLINE),
    verb(Trufflehog, &["bitbucket"], "", OFFLINE),
    verb(Trufflehog, &["huggingface"], "", OFFLINE),
    verb(Trufflehog, &["s3"], "", OFFLINE),
    verb(Trufflehog, &["gcs"], "", OFFLINE),
    verb(Trufflehog, &["postman"], "", OFFLINE),
    verb(Trufflehog, &["jenkins"], "", OFFLINE),
    verb(Trufflehog, &["elasticsearch"], "", OFFLINE),
    verb(Trufflehog, &["circleci"], "", OFFLINE),
    verb(Trufflehog, &["travisci"], "", OFFLINE),
    verb(Trufflehog, &["syslog"], "scan -", ""),
    verb(
        DetectSecrets,
        &["audit"],
        "triage --report",
        "Without `--report`, it asks about what a scan finds now",
    ),
    verb(DetectSecrets, &["hook"], "hook run pre-commit", ""),
    verb(Ggshield, &["secret", "scan", "path"], "scan", ""),
    verb(Ggshield, &["secret", "scan", "repo"], "history", ""),
    verb(
        Ggshield,
        &["secret", "scan", "changes"],
        "scan --changed",
        "",
    ),
    verb(
        Ggshield,
        &["secret", "scan", "commit-range"],
        "history --range",
        "",
    ),
    verb(
        Ggshield,
        &["secret", "scan", "pre-commit"],
        "hook run pre-commit",
        "",
    ),
    verb(
        Ggshield,
        &["secret", "scan", "pre-push"],
        "hook run pre-push",
        "",
    ),
    verb(
        Ggshield,
        &["secret", "scan", "pre-receive"],
        "hook run pre-receive",
        "",
    ),
    verb(Ggshield, &["secret", "scan", "ci"], "ci", ""),
    verb(
        Ggshield,
        &["secret", "scan", "docker"],
        "",
        "Save the image first: `docker save IMAGE -o image.tar`, and `stopleak image image.tar`",
    ),
    verb(Ggshield, &["secret", "scan", "archive"], "scan", ""),
    verb(Ggshield, &["secret", "scan"], "scan", ""),
    verb(
        Ggshield,
        &["secret", "ignore"],
        "",
        "`stopleak ignore add FINGERPRINT --reason REASON` accepts a finding",
    ),
    verb(Ggshield, &["secret"], "scan", ""),
    verb(Ggshield, &["install"], "hook install", ""),
    verb(
        Ggshield,
        &["auth"],
        "",
        "There is nothing to log in to: stopleak opens no network connection",
    ),
    verb(Kingfisher, &["validate"], "", ONLY_VERIFIED),
    verb(
        Kingfisher,
        &["view"],
        "",
        "`stopleak scan -o report.sarif` writes a report that SARIF viewers open",
    ),
];

/// The options.
pub(super) const FLAGS: &[Flag] = &[
    // gitleaks, betterleaks
    flag(Gitleaks, &["-c", "--config"], Value("--config")),
    flag(Gitleaks, &["-b", "--baseline-path"], Value("--baseline")),
    flag(
        Gitleaks,
        &["-i", "--gitleaks-ignore-path"],
        Value("--gitleaks-ignore"),
    ),
    flag(Gitleaks, &["-r", "--report-path"], Report),
    flag(Gitleaks, &["-f", "--report-format"], Format),
    lost(
        Gitleaks,
        &["--report-template"],
        "there are no templates; `--format json` has all fields",
    ),
    flag(Gitleaks, &["-s", "--source", "--path"], Source),
    flag(Gitleaks, &["--log-opts"], LogOptions),
    flag(Gitleaks, &["--no-git"], Command("scan")),
    flag(Gitleaks, &["--pipe"], Command("scan -")),
    flag(Gitleaks, &["--staged"], Command("staged")),
    flag(Gitleaks, &["--pre-commit"], Command("scan --changed")),
    flag(Gitleaks, &["--unstaged"], Command("scan --changed")),
    flag(
        Gitleaks,
        &["--pre-receive"],
        Command("hook run pre-receive"),
    ),
    flag(Gitleaks, &["--redact"], Not(MASKED)),
    flag(Gitleaks, &["--no-banner"], Not(NO_BANNER)),
    flag(Gitleaks, &["--no-color"], Means::Flag("--color never")),
    flag(
        Gitleaks,
        &["-v", "--verbose"],
        Not("not needed: text shows every finding"),
    ),
    flag(Gitleaks, &["--exit-code"], ExitCode),
    flag(Gitleaks, &["--leaks-exit-code"], ExitCode),
    flag(Gitleaks, &["--enable-rule"], Words("--rule")),
    flag(
        Gitleaks,
        &["--ignore-gitleaks-allow"],
        Means::Flag("--no-inline-allow"),
    ),
    flag(Gitleaks, &["--follow-symlinks"], Means::Flag("--follow")),
    flag(
        Gitleaks,
        &["--max-target-megabytes"],
        Megabytes("--max-file-size"),
    ),
    flag(
        Gitleaks,
        &["--max-decode-depth"],
        Value("--max-decode-depth"),
    ),
    flag(
        Gitleaks,
        &["--max-archive-depth"],
        Value("--max-archive-depth"),
    ),
    lost(Gitleaks, &["--timeout"], NO_TIMEOUT),
    lost(
        Gitleaks,
        &["-l", "--log-level"],
        "not supported: `-q` writes less, `-v` more",
    ),
    lost(
        Gitleaks,
        &["--platform"],
        "not needed: reports name commits, not addresses",
    ),
    lost(Gitleaks, &["--diagnostics"], "not supported"),
    lost(Gitleaks, &["--diagnostics-dir"], "not supported"),
    // trufflehog
    flag(Trufflehog, &["-j", "--json"], Means::Flag("--format jsonl")),
    flag(
        Trufflehog,
        &["--json-legacy"],
        Means::Flag("--format jsonl"),
    ),
    flag(
        Trufflehog,
        &["--github-actions"],
        Means::Flag("--format github"),
    ),
    flag(Trufflehog, &["--only-verified"], Not(ONLY_VERIFIED)),
    lost(Trufflehog, &["--results"], ONLY_VERIFIED),
    flag(Trufflehog, &["--no-verification"], Not(NOT_VERIFIED)),
    lost(Trufflehog, &["--verifier"], NOT_VERIFIED),
    flag(Trufflehog, &["--custom-verifiers-only"], Not(NOT_VERIFIED)),
    lost(Trufflehog, &["--detector-timeout"], NOT_VERIFIED),
    flag(
        Trufflehog,
        &["--fail"],
        Not("not needed: findings exit 1, and errors 2"),
    ),
    flag(
        Trufflehog,
        &["--fail-on-scan-errors"],
        Not("not needed: findings exit 1, and errors 2"),
    ),
    flag(
        Trufflehog,
        &["--no-update"],
        Not("not needed: stopleak never updates itself"),
    ),
    flag(Trufflehog, &["--no-color"], Means::Flag("--color never")),
    flag(Trufflehog, &["--no-fail"], Means::Flag("--exit-zero")),
    flag(Trufflehog, &["--concurrency"], Value("--jobs")),
    flag(Trufflehog, &["--since-commit"], Since),
    flag(Trufflehog, &["--branch"], Until),
    flag(
        Trufflehog,
        &["--bare"],
        Not("not needed: bare repositories are recognised"),
    ),
    lost(
        Trufflehog,
        &["--max-depth"],
        "not supported: `--since DATE` or `--range A..B` limits a history",
    ),
    lost(
        Trufflehog,
        &["-x", "--exclude-paths", "-i", "--include-paths"],
        "`stopleak import --from trufflehog FILE` converts the list to a stopleak.toml",
    ),
    lost(
        Trufflehog,
        &["--exclude-globs"],
        "`--exclude GLOB` skips paths that match",
    ),
    lost(Trufflehog, &["--include-detectors"], ONE_LIST),
    lost(Trufflehog, &["--exclude-detectors"], ONE_LIST),
    flag(Trufflehog, &["--directory"], Source),
    lost(
        Trufflehog,
        &["--image"],
        "save the image first: `docker save IMAGE -o image.tar`, and `stopleak image image.tar`",
    ),
    flag(
        Trufflehog,
        &["--filter-unverified", "--allow-verification-overlap"],
        Not(NOT_VERIFIED),
    ),
    lost(
        Trufflehog,
        &["--filter-entropy"],
        "not needed: each rule has its own bound",
    ),
    flag(
        Trufflehog,
        &["--print-avg-detector-time"],
        Not("not supported"),
    ),
    flag(
        Trufflehog,
        &["--force-skip-archives"],
        Means::Flag("--no-archives"),
    ),
    flag(
        Trufflehog,
        &["--force-skip-binaries"],
        Not("not supported: binary files are scanned for distinctive tokens"),
    ),
    flag(
        Trufflehog,
        &["--archive-max-size"],
        Value("--max-archive-size"),
    ),
    flag(
        Trufflehog,
        &["--archive-max-depth"],
        Value("--max-archive-depth"),
    ),
    lost(Trufflehog, &["--archive-timeout"], NO_TIMEOUT),
    lost(
        Trufflehog,
        &["--log-level"],
        "not supported: `-q` writes less, `-v` more",
    ),
    // detect-secrets
    flag(DetectSecrets, &["--all-files"], Means::Flag("--no-ignore")),
    lost(DetectSecrets, &["--exclude-files"], REGEXES),
    lost(DetectSecrets, &["--exclude-lines"], REGEXES),
    lost(DetectSecrets, &["--exclude-secrets"], REGEXES),
    lost(DetectSecrets, &["--word-list"], REGEXES),
    flag(DetectSecrets, &["-n", "--no-verify"], Not(NOT_VERIFIED)),
    flag(
        DetectSecrets,
        &["--slim"],
        Not("not needed: a baseline holds no lines"),
    ),
    flag(
        DetectSecrets,
        &["--force-use-all-plugins"],
        Not("not needed: all rules run"),
    ),
    flag(
        DetectSecrets,
        &["--list-all-plugins"],
        Command("rules list"),
    ),
    lost(DetectSecrets, &["-p", "--plugin"], ONE_LIST),
    lost(DetectSecrets, &["--disable-plugin"], ONE_LIST),
    lost(
        DetectSecrets,
        &["--disable-filter"],
        "not supported: `--confidence low` reports more",
    ),
    lost(
        DetectSecrets,
        &["--base64-limit"],
        "not needed: each rule has its own bound",
    ),
    lost(
        DetectSecrets,
        &["--hex-limit"],
        "not needed: each rule has its own bound",
    ),
    lost(
        DetectSecrets,
        &["--string"],
        "`stopleak explain --text -` explains a text from standard input",
    ),
    flag(DetectSecrets, &["--update"], Command("baseline update")),
    flag(DetectSecrets, &["--stats"], Command("baseline check")),
    flag(DetectSecrets, &["--report"], Command("baseline check")),
    flag(DetectSecrets, &["--cores"], Value("--jobs")),
    flag(DetectSecrets, &["--custom-root"], Value("-C")),
    // ggshield
    flag(
        Ggshield,
        &["--recursive"],
        Not("not needed: directories are scanned with all below them"),
    ),
    flag(
        Ggshield,
        &["-r"],
        Not("not needed: directories are scanned with all below them"),
    ),
    flag(Ggshield, &["-y", "--yes"], Not("not needed: nothing asks")),
    flag(Ggshield, &["--json"], Means::Flag("--format json")),
    flag(Ggshield, &["--output"], Report),
    flag(Ggshield, &["--exclude"], Value("--exclude")),
    flag(Ggshield, &["--show-secrets"], Means::Flag("--show-secrets")),
    flag(Ggshield, &["--exit-zero"], Means::Flag("--exit-zero")),
    flag(Ggshield, &["--format"], Value("--format")),
    lost(Ggshield, &["-b", "--banlist-detector"], ONE_LIST),
    flag(
        Ggshield,
        &["--ignore-known-secrets"],
        Not("`stopleak baseline create` accepts the findings of today"),
    ),
    flag(
        Ggshield,
        &["--use-gitignore"],
        Not("not needed: what git ignores is not scanned"),
    ),
    flag(
        Ggshield,
        &["--fail-on-server-error", "--no-fail-on-server-error"],
        Not("not needed: there is no server"),
    ),
    lost(
        Ggshield,
        &["-m", "--mode"],
        "`stopleak hook install --global` installs for all your repositories",
    ),
    lost(
        Ggshield,
        &["-t", "--hook-type"],
        "`stopleak hook install --stage STAGE` names the hook",
    ),
    lost(Ggshield, &["--instance"], "not needed: there is no server"),
    // kingfisher
    flag(Kingfisher, &["--no-validate"], Not(NOT_VERIFIED)),
    flag(Kingfisher, &["--only-valid"], Not(ONLY_VERIFIED)),
    lost(Kingfisher, &["--validation-timeout"], NOT_VERIFIED),
    lost(
        Kingfisher,
        &["--git-history"],
        "`stopleak history` scans the history, `stopleak scan` the files",
    ),
    flag(
        Kingfisher,
        &["--manage-baseline"],
        Command("baseline update"),
    ),
    flag(Kingfisher, &["--baseline-file"], Value("--baseline")),
    lost(
        Kingfisher,
        &["--rules-path"],
        "`--rules FILE` adds rules, in the format of stopleak",
    ),
    flag(
        Kingfisher,
        &["--load-builtins"],
        Not("not needed: the built-in rules run"),
    ),
    flag(
        Kingfisher,
        &["--max-file-size-mb"],
        Megabytes("--max-file-size"),
    ),
    flag(
        Kingfisher,
        &["--no-extract-archives"],
        Means::Flag("--no-archives"),
    ),
    flag(
        Kingfisher,
        &["--no-binary"],
        Not("not supported: binary files are scanned for distinctive tokens"),
    ),
    flag(
        Kingfisher,
        &["--no-base64"],
        Means::Flag("--max-decode-depth 0"),
    ),
    flag(
        Kingfisher,
        &["--no-dedup"],
        Not("not needed: every place is reported"),
    ),
    flag(
        Kingfisher,
        &["--no-update-check"],
        Not("not needed: stopleak never updates itself"),
    ),
    flag(
        Kingfisher,
        &["--self-update"],
        Not("stopleak never updates itself"),
    ),
    flag(
        Kingfisher,
        &["--turbo"],
        Not("not needed: it is always fast"),
    ),
    flag(Kingfisher, &["--rule-stats"], Not("not supported")),
];
