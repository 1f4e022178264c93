//! Embeds the rules under `rules/` and the prefilter's tables as Rust constants, so that the
//! program parses nothing at start-up.

use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::process::Command;
use std::{env, fs};

#[path = "src/rules"]
#[allow(dead_code, unreachable_pub, missing_docs)]
mod rules {
    pub mod class;
    pub mod label;
    pub mod mistake;
    pub mod rule;
    pub mod shape;
    pub mod spec;
    pub use label::{Label, Labels, Mark};
    pub use rule::*;
    pub use shape::{Sequence, Step};
}

/// The modules of detection that turn rules into the prefilter's tables.
#[path = "src/detect"]
#[allow(dead_code, unreachable_pub, missing_docs)]
mod detect {
    pub mod find {
        pub mod base85;
        pub mod coded;
        pub mod codes;
        pub mod compile;
        pub mod cut;
        pub mod literal;
        pub mod names;
        pub mod rarity;
        pub mod tables;
        pub mod turned;
        pub mod windows;

        use std::borrow::Cow;
        use std::fmt::Write as _;
        use std::path::Path;

        use crate::rules::{Rule, Ruleset};

        /// Writes the prefilter of `rules`. The rules must be in their final order.
        pub fn embed(rules: Vec<Rule>, out: &Path) -> std::io::Result<()> {
            let plan = compile::plan(&Ruleset::new(rules.into_iter().map(Cow::Owned).collect()));
            let tables = tables::Tables::build(&plan.literals);
            std::fs::write(out.join("prefilter_flags.bin"), &tables.flags)?;
            std::fs::write(out.join("prefilter_tables.bin"), tables.to_bytes())?;
            let mut source = String::from("static LEADS: &[Lead] = &[\n");
            for literal in &plan.literals {
                let bytes = literal.bytes.escape_ascii();
                let _ = writeln!(
                    source,
                    "Lead {{ bytes: Cow::Borrowed(b\"{bytes}\"), fold: {} }},",
                    literal.fold
                );
            }
            source.push_str("];\nstatic TARGETS: &[Cow<'static, [Target]>] = &[\n");
            for targets in &plan.targets {
                source.push_str("Cow::Borrowed(&[");
                for target in targets.iter() {
                    let role = format!("{:?}", target.role);
                    let _ = write!(
                        source,
                        "Target {{ rule: RuleIndex({}), role: Role::{role} }}, ",
                        target.rule.0
                    );
                }
                source.push_str("]),\n");
            }
            source.push_str("];\n");
            std::fs::write(out.join("builtin_prefilter.rs"), source)
        }
    }

    pub mod forms {
        pub mod attempt;
        pub mod parsed;

        use std::collections::BTreeMap;
        use std::fmt::Write as _;
        use std::path::Path;

        use crate::rules::{Matcher, Rule};
        use attempt::Attempt;

        /// Writes the steps of the patterns of `rules`.
        pub fn embed(rules: &[Rule], out: &Path) -> std::io::Result<()> {
            let patterns = rules.iter().filter_map(|rule| match &rule.matcher {
                Matcher::Pattern { regex, .. } => Some(&**regex),
                _ => None,
            });
            let attempts = patterns.filter_map(|regex| {
                let attempt = Attempt::of(&parsed::parsed(regex)?)?;
                Some((regex, attempt))
            });
            let mut source = String::from("static ATTEMPTS: &[(&str, Attempt)] = &[\n");
            for (regex, attempt) in attempts.collect::<BTreeMap<_, _>>() {
                let ops: String = attempt
                    .ops
                    .iter()
                    .map(|op| format!("Op::{op:?}, "))
                    .collect();
                let ops = ops.replace("Look(", "Look(Condition::");
                let sets: String = attempt
                    .sets
                    .iter()
                    .map(|set| format!("ByteSet({:?}), ", set.0))
                    .collect();
                let _ = writeln!(
                    source,
                    "({regex:?}, Attempt {{ ops: Cow::Borrowed(&[{ops}]), sets: Cow::Borrowed(&[{sets}]), \
                     text: Cow::Borrowed(b\"{}\") }}),",
                    attempt.text.escape_ascii(),
                );
            }
            source.push_str("];\n");
            std::fs::write(out.join("builtin_attempts.rs"), source)
        }
    }
}

use rules::{Matcher, Rule, Sequence, Step, Within};

fn main() {
    println!("cargo::rerun-if-changed=rules");
    let root = env::var("CARGO_MANIFEST_DIR").expect("cargo sets CARGO_MANIFEST_DIR");
    let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    println!("cargo::rerun-if-changed=src");
    println!("cargo::rerun-if-changed=Cargo.lock");
    println!(
        "cargo::rustc-env=STOPLEAK_SOURCES={}",
        sources(Path::new(&root))
    );
    let out = Path::new(&out);
    match embed(&Path::new(&root).join("rules")) {
        Ok((source, rules)) => {
            let commit = commit(Path::new(&root));
            let date = commit.as_deref().and_then(|c| c.split(' ').nth(1));
            let version = version(commit.as_deref(), rules.len());
            println!("cargo::rustc-env=STOPLEAK_VERSION={version}");
            println!(
                "cargo::rustc-env=STOPLEAK_DATE={}",
                date.unwrap_or("undated")
            );
            fs::write(out.join("builtin_rules.rs"), source)
                .expect("the build directory is writable");
            detect::forms::embed(&rules, out).expect("the build directory is writable");
            detect::find::embed(rules, out).expect("the build directory is writable");
        }
        Err(errors) => {
            for error in errors.lines() {
                println!("cargo::error={error}");
            }
        }
    }
}

/// Returns a digest of everything that the program is made of. A result that another build kept in
/// a cache is not a result of this one.
fn sources(root: &Path) -> String {
    let mut todo = ["src", "rules", "Cargo.lock", "build.rs"]
        .map(|name| root.join(name))
        .to_vec();
    let mut files = Vec::new();
    while let Some(path) = todo.pop() {
        match fs::read_dir(&path) {
            Ok(entries) => todo.extend(entries.flatten().map(|entry| entry.path())),
            Err(_) => files.push(path),
        }
    }
    files.sort();
    let (mut one, mut two) = (DefaultHasher::new(), DefaultHasher::new());
    2u8.hash(&mut two);
    for file in files {
        let name = file.strip_prefix(root).unwrap_or(&file);
        let text = fs::read(&file).unwrap_or_default();
        (name, &text).hash(&mut one);
        (name, &text).hash(&mut two);
    }
    format!("{:016x}{:016x}", one.finish(), two.finish())
}

/// Returns what `--version` prints after the name: `0.2.0 (0123456789 2026-11-28, 1262 rules)`.
fn version(commit: Option<&str>, rules: usize) -> String {
    let version = env::var("CARGO_PKG_VERSION").expect("cargo sets CARGO_PKG_VERSION");
    match commit {
        Some(commit) => format!("{version} ({commit}, {rules} rules)"),
        None => format!("{version} ({rules} rules)"),
    }
}

/// Returns the commit that is built, and its date where it is known.
///
/// `STOPLEAK_COMMIT` comes first, for builds without git. A published package names its commit in
/// `.cargo_vcs_info.json`. A checkout is asked through git, for optimised builds only: each new
/// commit compiles the crate again, which would slow down its development.
fn commit(root: &Path) -> Option<String> {
    println!("cargo::rerun-if-env-changed=STOPLEAK_COMMIT");
    if let Some(given) = env::var("STOPLEAK_COMMIT").ok().filter(|c| !c.is_empty()) {
        let plain = given
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b" -".contains(&b));
        return plain.then_some(given);
    }
    if let Ok(text) = fs::read_to_string(root.join(".cargo_vcs_info.json")) {
        let (_, rest) = text.split_once("\"sha1\"")?;
        let id = rest.split('"').nth(1)?;
        return id.get(..10).map(str::to_owned);
    }
    if env::var("PROFILE").is_ok_and(|profile| profile != "release") {
        return None;
    }
    let git = |args: &[&str]| {
        let out = Command::new("git")
            .arg("-C")
            .arg(root)
            .args(args)
            .output()
            .ok()?;
        let text = String::from_utf8(out.stdout).ok()?;
        out.status.success().then(|| text.trim().to_owned())
    };
    // A package that lies in somebody else's repository is none of its commits.
    let top = git(&["rev-parse", "--show-toplevel"])?;
    if fs::canonicalize(top).ok()? != fs::canonicalize(root).ok()? {
        return None;
    }
    // A file that is not there would run this script in every build.
    let logs = root.join(git(&["rev-parse", "--git-path", "logs/HEAD"])?);
    if logs.is_file() {
        println!("cargo::rerun-if-changed={}", logs.display());
    }
    git(&["log", "-1", "--abbrev=10", "--format=%h %cs"])
}

/// Returns all rules, sorted by id, and the source of the constant that contains them.
fn embed(folder: &Path) -> Result<(String, Vec<Rule>), String> {
    let mut all: Vec<(String, Rule)> = Vec::new();
    let mut errors = String::new();
    let entries = fs::read_dir(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let mut paths: Vec<_> = entries.flatten().map(|e| e.path()).collect();
    paths.sort();
    for path in paths
        .iter()
        .filter(|p| p.extension().is_some_and(|e| e == "toml"))
    {
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let text = fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
        match rules::spec::parse(&text) {
            Ok(parsed) => all.extend(parsed.into_iter().map(|rule| (name.clone(), rule))),
            Err(found) => {
                for error in found {
                    let _ = writeln!(errors, "rules/{name}:{error}");
                }
            }
        }
    }
    all.sort_by(|a, b| a.1.id.cmp(&b.1.id));
    for pair in all.windows(2).filter(|w| w[0].1.id == w[1].1.id) {
        let _ = writeln!(
            errors,
            "rules/{}: id `{}` is also in rules/{}",
            pair[1].0, pair[1].1.id, pair[0].0
        );
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let mut source = String::from("static BUILTIN: &[Rule] = &[\n");
    for (_, rule) in &all {
        rule_source(&mut source, rule);
    }
    source.push_str("];\n");
    Ok((source, all.into_iter().map(|(_, rule)| rule).collect()))
}

fn rule_source(out: &mut String, rule: &Rule) {
    let matcher = match &rule.matcher {
        Matcher::Shape(sequences) => format!("Matcher::Shape({})", sequences_source(sequences)),
        Matcher::Pattern {
            regex,
            before,
            after,
        } => {
            format!(
                "Matcher::Pattern {{ regex: {}, before: {before}, after: {after} }}",
                text(regex)
            )
        }
        Matcher::Assignment => "Matcher::Assignment".to_owned(),
        Matcher::Manifest => "Matcher::Manifest".to_owned(),
        Matcher::Fragment => "Matcher::Fragment".to_owned(),
    };
    let anchors = list(
        rule.anchors
            .iter()
            .map(|a| format!("Anchor {{ bytes: {}, fold: {} }}", bytes(&a.bytes), a.fold)),
    );
    let context = match &rule.context {
        None => "None".to_owned(),
        Some(c) => {
            let within = match c.within {
                Within::Bytes(n) => format!("Within::Bytes({n})"),
                other => format!("Within::{other:?}"),
            };
            let words = list(c.words.iter().map(|w| text(w)));
            format!("Some(Context {{ words: {words}, within: {within} }})")
        }
    };
    let companions = list(rule.companions.iter().map(|c| {
        format!(
            "Companion {{ name: {}, shape: {}, check: {}, within: {}, required: {} }}",
            text(&c.name),
            sequences_source(&c.shape),
            text(&c.check),
            c.within,
            c.required,
        )
    }));
    let _ = writeln!(
        out,
        "Rule {{ id: {}, title: {}, rationale: {}, provider: {}, docs: {}, revoke: {}, lifetime: {}, \
         secret_type: SecretType::{:?}, severity: Severity::{:?}, confidence: Confidence::{:?}, \
         matcher: {matcher}, anchors: {anchors}, context: {context}, companions: {companions}, \
         min_entropy: {:?}, check: {}, on_invalid: OnInvalid::{:?}, boundary: Boundary::{:?}, \
         binary: {}, paths: {}, base64: {}, whole_file: {}, bare: {}, labels: Labels({}), \
         marks: {} }},",
        text(&rule.id),
        text(&rule.title),
        text(&rule.rationale),
        text(&rule.provider),
        text(&rule.docs),
        text(&rule.revoke),
        text(&rule.lifetime),
        rule.secret_type,
        rule.severity,
        rule.confidence,
        rule.min_entropy,
        text(&rule.check),
        rule.on_invalid,
        rule.boundary,
        rule.binary,
        list(rule.paths.iter().map(|p| text(p))),
        rule.base64,
        rule.whole_file,
        rule.bare,
        rule.labels.0,
        list(rule.marks.iter().map(|mark| {
            let (label, text, near) = (mark.label, text(&mark.text), mark.near);
            format!("Mark {{ label: Label::{label:?}, text: {text}, near: {near} }}")
        })),
    );
}

fn sequences_source(sequences: &[Sequence]) -> String {
    list(sequences.iter().map(|s| {
        let steps = list(s.steps.iter().map(|step| match step {
            Step::Lit { bytes: b, fold } => {
                format!("Step::Lit {{ bytes: {}, fold: {fold} }}", bytes(b))
            }
            Step::Run { set, min, max } => {
                format!(
                    "Step::Run {{ set: ByteSet({:?}), min: {min}, max: {max} }}",
                    set.0
                )
            }
        }));
        format!("Sequence {{ steps: {steps}, secret: {:?} }}", s.secret)
    }))
}

fn list(items: impl Iterator<Item = String>) -> String {
    format!("Cow::Borrowed(&[{}])", items.collect::<Vec<_>>().join(", "))
}

fn text(text: &str) -> String {
    format!("Cow::Borrowed({text:?})")
}

fn bytes(bytes: &[u8]) -> String {
    format!("Cow::Borrowed(b\"{}\")", bytes.escape_ascii())
}
