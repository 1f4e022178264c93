//! The architecture as a test: which module may use which, that nothing below the command line
//! prints or exits, and how long files and functions may be.
//!
//! A small lexer reads the sources as text. It blanks comments and literals and omits
//! `#[cfg(test)]` items. It does not use the compiler.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Every top-level module and what it may use, from the bottom up: each module is above all that it
/// uses. `docs/design.md` shows the same.
const ARROWS: &[(&str, &[&str])] = &[
    // Leaves: bytes in, facts out.
    ("stop", &[]),
    ("encoding", &[]),
    ("environment", &[]),
    ("links", &["environment"]),
    ("blob", &[]),
    ("calendar", &[]),
    ("globs", &[]),
    ("secret", &[]),
    ("text", &[]),
    // What content holds that is not read as it is stored.
    ("inside", &["blob"]),
    ("git", &["environment", "stop"]),
    // Results of earlier runs, by the names of contents.
    ("cache", &["environment", "stop"]),
    // What a person names, and who decides where it leads.
    ("named", &["git", "stop"]),
    // What credentials look like, and what is known about them.
    ("check", &["calendar"]),
    ("rules", &["check"]),
    ("config", &["calendar", "globs", "rules", "stop"]),
    (
        "finding",
        &["blob", "check", "encoding", "rules", "secret", "text"],
    ),
    ("identity", &["blob", "environment", "finding", "secret"]),
    // The stages of the pipeline.
    (
        "source",
        &[
            "blob",
            "calendar",
            "environment",
            "finding",
            "git",
            "globs",
            "inside",
            "stop",
            "text",
        ],
    ),
    (
        "detect",
        &[
            "blob", "check", "config", "finding", "globs", "inside", "rules", "secret", "text",
        ],
    ),
    (
        "suppress",
        &[
            "blob", "calendar", "config", "finding", "globs", "rules", "secret", "text",
        ],
    ),
    (
        "report",
        &[
            "blob", "calendar", "check", "finding", "rules", "secret", "stop", "text",
        ],
    ),
    // The drivers of the pipeline.
    (
        "scan",
        &[
            "blob", "detect", "finding", "identity", "inside", "report", "rules", "secret",
            "source", "suppress", "text",
        ],
    ),
    (
        "history",
        &[
            "blob", "cache", "detect", "finding", "git", "globs", "identity", "inside", "rules",
            "scan", "secret", "source", "stop", "suppress", "text",
        ],
    ),
    (
        "setup",
        &[
            "blob",
            "cache",
            "calendar",
            "check",
            "config",
            "detect",
            "environment",
            "finding",
            "git",
            "globs",
            "identity",
            "inside",
            "named",
            "rules",
            "scan",
            "secret",
            "stop",
            "suppress",
        ],
    ),
    // Capabilities: each works without a command line.
    ("ci", &["environment", "git", "report", "setup", "stop"]),
    (
        "hooks",
        &[
            "blob",
            "calendar",
            "environment",
            "finding",
            "git",
            "globs",
            "inside",
            "report",
            "rules",
            "scan",
            "source",
            "stop",
        ],
    ),
    (
        "import",
        &[
            "blob", "config", "detect", "globs", "identity", "report", "rules", "stop", "suppress",
        ],
    ),
    (
        "explain",
        &[
            "blob", "check", "config", "detect", "finding", "inside", "report", "rules", "scan",
            "secret", "setup", "source", "stop", "suppress", "text",
        ],
    ),
    (
        "triage",
        &[
            "blob",
            "calendar",
            "environment",
            "finding",
            "git",
            "history",
            "identity",
            "inside",
            "named",
            "report",
            "rules",
            "scan",
            "setup",
            "source",
            "stop",
            "suppress",
        ],
    ),
    (
        "gather",
        &[
            "blob", "config", "detect", "encoding", "finding", "identity", "named", "report",
            "rules", "scan", "secret", "stop", "text",
        ],
    ),
    (
        "fleet",
        &[
            "blob",
            "environment",
            "finding",
            "gather",
            "git",
            "named",
            "stop",
        ],
    ),
    // The command line: wiring, terminal, exit code.
    (
        "cli",
        &[
            "blob",
            "cache",
            "ci",
            "config",
            "detect",
            "environment",
            "explain",
            "finding",
            "fleet",
            "gather",
            "git",
            "history",
            "hooks",
            "identity",
            "import",
            "links",
            "named",
            "report",
            "rules",
            "scan",
            "setup",
            "source",
            "stop",
            "suppress",
            "triage",
        ],
    ),
    ("main", &["cli"]),
    // Declares the modules and uses none.
    ("lib", &[]),
];

/// The parts of modules with several parts, from the bottom up. Each may use those before it, and
/// the module's own `mod.rs` may use all.
const STOREYS: &[(&str, &[&str])] = &[
    (
        "git",
        &[
            // Bytes of git's formats.
            "error",
            "bits",
            "ignore",
            "inflate",
            "delta",
            "protocol",
            "tree",
            "pack",
            // A repository and its objects.
            "plain",
            "checkout",
            "store",
            "allowance",
            "config",
            "objects",
            "object",
            "budget",
            "commit",
            "diff",
            "reftable",
            "refs",
            "state",
            // All objects of a kind, and which commit brought what.
            "walk",
            "graph",
            // Names, files and changes.
            "index",
            "names",
            "revision",
            "range",
            "push",
            "worktree",
        ],
    ),
    (
        "detect",
        &[
            "content", // how content is read
            "find",    // where each rule may match
            "repeats", // what was found out before
            "forms",   // what a credential looks like
            "layers",  // what an encoding hides
            "judge",   // whether a match is credible
            "reach",   // how far all of these read
            "trace",   // what they did
            "verify",  // from a hit to candidates
            "through", // from what is encoded to candidates
            "prepare", // from rules to a detector
        ],
    ),
    ("cli", &["terminal", "args", "commands"]),
    (
        "setup",
        &[
            "clock",
            "rule_files",
            "trust",
            "request",
            "site",
            "files",
            "gitleaks",
            "overrule",
            "settings",
            "limits",
            "rules",
            "narrowed",
            "policy",
            "accepted",
            "digest",
            "standing",
            "review",
            "judged",
        ],
    ),
];

/// The most lines of the command line, without its tests. It has 19 commands, of which `report`,
/// `fleet` and `triage` have options and views of their own. Options on either side of a command,
/// answers to other scanners' lines and JSON for every listing took 400 more, `cache` and its options
/// 200. The choice of commits in `triage`, and its progress, took 50.
const CLI_LINES: usize = 5_900;
/// The most lines of a command's file.
const COMMAND_LINES: usize = 150;

/// Longest file, in lines without its tests.
const FILE_LINES: usize = 700;
/// Longest function, in lines from `fn` to its closing brace.
const FUNCTION_LINES: usize = 100;
/// Files and functions that may be longer, each with the reason and its own limit.
const LONGER: &[(&str, usize, &str)] = &[];

/// A source file below `src/`.
struct Source {
    /// Relative to `src/`, with `/` between names.
    path: String,
    /// The top-level module that it belongs to.
    module: String,
    /// The text of the file.
    text: String,
    /// The text with comments, literals and test items blanked. Offsets and lines are those of
    /// `text`.
    code: String,
    /// The number of lines in its test items.
    test_lines: usize,
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut todo = vec![root.clone()];
    let mut found = Vec::new();
    while let Some(dir) = todo.pop() {
        for entry in fs::read_dir(dir).unwrap() {
            let path: PathBuf = entry.unwrap().path();
            if path.is_dir() {
                todo.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                found.push(source(&root, &path));
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn source(root: &Path, path: &Path) -> Source {
    let relative = path.strip_prefix(root).unwrap();
    let names: Vec<&str> = relative.iter().map(|n| n.to_str().unwrap()).collect();
    let text = fs::read_to_string(path).unwrap();
    let (code, test_lines) = without_tests(&blank(&text));
    Source {
        path: names.join("/"),
        module: names[0].trim_end_matches(".rs").to_owned(),
        text,
        code,
        test_lines,
    }
}

/// Returns whether the file has only tests: `#[cfg(test)] mod name;` declares it.
fn is_test_file(all: &[Source], source: &Source) -> bool {
    let path = source.path.trim_end_matches(".rs");
    let Some((dir, name)) = path.rsplit_once('/') else {
        return false;
    };
    let parents = [format!("{dir}/mod.rs"), format!("{dir}.rs")];
    all.iter()
        .filter(|s| parents.contains(&s.path))
        .any(|parent| {
            let declared = format!("mod {name};");
            blank(&parent.text).contains(&declared) && !parent.code.contains(&declared)
        })
}

/// Returns `text` with every comment and literal replaced by blanks. Lines stay.
fn blank(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = bytes.to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let end = match &bytes[at..] {
            [b'/', b'/', ..] => find(bytes, at, b"\n"),
            [b'/', b'*', ..] => block_comment(bytes, at),
            [b'r' | b'b', ..] if at > 0 && is_word(bytes[at - 1]) => at,
            [b'r' | b'b', ..] => raw_string(bytes, at).unwrap_or(at),
            [b'"', ..] => string(bytes, at, b'"'),
            [b'\'', b'\\', ..] => string(bytes, at, b'\''),
            [b'\'', ..] => char_literal(text, at).unwrap_or(at),
            _ => at,
        };
        for byte in &mut out[at..end] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
        at = end.max(at + 1);
    }
    String::from_utf8(out).unwrap()
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Returns the next position of `needle`, or the end.
fn find(bytes: &[u8], from: usize, needle: &[u8]) -> usize {
    let rest = &bytes[from..];
    rest.windows(needle.len())
        .position(|w| w == needle)
        .map_or(bytes.len(), |i| from + i)
}

fn block_comment(bytes: &[u8], at: usize) -> usize {
    let (mut depth, mut i) = (0usize, at);
    while i < bytes.len() {
        match &bytes[i..] {
            [b'/', b'*', ..] => (depth, i) = (depth + 1, i + 2),
            [b'*', b'/', ..] => (depth, i) = (depth - 1, i + 2),
            _ => i += 1,
        }
        if depth == 0 {
            break;
        }
    }
    i
}

/// Returns the end of `r"…"` or `br#"…"#`, if one starts here.
fn raw_string(bytes: &[u8], at: usize) -> Option<usize> {
    let mut i = at + usize::from(bytes[at] == b'b');
    if bytes.get(i) != Some(&b'r') {
        return None;
    }
    i += 1;
    let hashes = bytes[i..].iter().take_while(|b| **b == b'#').count();
    if bytes.get(i + hashes) != Some(&b'"') {
        return None;
    }
    let mut close = vec![b'"'];
    close.resize(1 + hashes, b'#');
    Some((find(bytes, i + hashes + 1, &close) + close.len()).min(bytes.len()))
}

fn string(bytes: &[u8], at: usize, quote: u8) -> usize {
    let mut i = at + 1;
    while i < bytes.len() && bytes[i] != quote {
        i += 1 + usize::from(bytes[i] == b'\\');
    }
    (i + 1).min(bytes.len())
}

/// Returns the end of `'x'`, or nothing for a lifetime.
fn char_literal(text: &str, at: usize) -> Option<usize> {
    let mut chars = text[at + 1..].char_indices();
    chars.next()?;
    let (len, quote) = chars.next()?;
    (quote == '\'').then_some(at + 1 + len + 1)
}

/// Returns `code` with every item after `#[cfg(test)]` blanked, and the number of lines of these
/// items. Lines stay.
fn without_tests(code: &str) -> (String, usize) {
    const MARK: &str = "#[cfg(test)]";
    let mut out = code.to_owned();
    let mut lines = 0;
    while let Some(start) = out.find(MARK) {
        let body = start + MARK.len();
        let open = out[body..].find(['{', ';']).map_or(out.len(), |i| body + i);
        let end = match out.as_bytes().get(open) {
            Some(b'{') => closing_brace(out.as_bytes(), open),
            _ => (open + 1).min(out.len()),
        };
        lines += out[start..end].lines().count();
        let blanked: String = out[start..end]
            .chars()
            .map(|c| if c == '\n' { '\n' } else { ' ' })
            .collect();
        out.replace_range(start..end, &blanked);
    }
    (out, lines)
}

/// Returns the offset after the brace that closes the one at `open`.
fn closing_brace(code: &[u8], open: usize) -> usize {
    let mut depth = 0usize;
    for (i, byte) in code.iter().enumerate().skip(open) {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return i + 1;
        }
    }
    code.len()
}

/// Returns the top-level modules that `code` names after `prefix` (`crate::`), alone or in a brace
/// list.
fn named(code: &str, prefix: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices(prefix) {
        if at > 0 && (is_word(code.as_bytes()[at - 1]) || code.as_bytes()[at - 1] == b':') {
            continue;
        }
        let rest = &code[at + prefix.len()..];
        if let Some(list) = rest.strip_prefix('{') {
            let close = closing_brace(rest.as_bytes(), 0);
            let mut depth = 0;
            let mut item = String::new();
            for c in list[..close - 2].chars().chain([',']) {
                match c {
                    '{' => depth += 1,
                    '}' => depth -= 1,
                    ',' if depth == 0 => {
                        found.extend(first_word(item.trim()));
                        item.clear();
                        continue;
                    }
                    _ => {}
                }
                item.push(c);
            }
        } else {
            found.extend(first_word(rest));
        }
    }
    found
}

fn first_word(text: &str) -> Option<String> {
    let word: String = text
        .bytes()
        .take_while(|b| is_word(*b))
        .map(char::from)
        .collect();
    (!word.is_empty()).then_some(word)
}

/// Returns which module uses which, with one file as evidence.
fn uses(all: &[Source]) -> BTreeMap<(String, String), String> {
    let modules: BTreeSet<&str> = ARROWS.iter().map(|(module, _)| *module).collect();
    let mut found = BTreeMap::new();
    for source in all.iter().filter(|s| !is_test_file(all, s)) {
        // The binary sees the library as another crate.
        let prefix = if source.module == "main" {
            "stopleak::"
        } else {
            "crate::"
        };
        for to in named(&source.code, prefix) {
            let module = modules.contains(to.as_str());
            // Items of the crate's root (macros, re-exports) belong to `lib`.
            let to = if module { to } else { "lib".to_owned() };
            if to != source.module {
                found
                    .entry((source.module.clone(), to))
                    .or_insert_with(|| source.path.clone());
            }
        }
    }
    found
}

fn allowed(module: &str) -> Option<&'static [&'static str]> {
    ARROWS
        .iter()
        .find(|(known, _)| *known == module)
        .map(|(_, to)| *to)
}

#[test]
fn modules_use_only_what_the_plan_allows() {
    let all = sources();
    let mut wrong = Vec::new();
    for source in &all {
        if allowed(&source.module).is_none() {
            wrong.push(format!("src/{}: no row in ARROWS", source.path));
        }
    }
    for ((from, to), witness) in uses(&all) {
        if !allowed(&from).is_some_and(|list| list.contains(&to.as_str())) {
            wrong.push(format!("{from} -> {to} (src/{witness})"));
        }
    }
    assert!(wrong.is_empty(), "not in the plan:\n{}", wrong.join("\n"));
}

/// Returns everything in a cycle of arrows, or above one.
fn unordered<'a>(arrows: &BTreeMap<&'a str, BTreeSet<&'a str>>) -> Vec<&'a str> {
    // A module is placed once everything that it uses is placed.
    let mut placed: BTreeSet<&str> = BTreeSet::new();
    loop {
        let free = |(from, to): &(&&'a str, &BTreeSet<&str>)| {
            !placed.contains(**from) && to.is_subset(&placed)
        };
        let next: Vec<&str> = arrows.iter().filter(free).map(|(from, _)| *from).collect();
        if next.is_empty() {
            break;
        }
        placed.extend(next);
    }
    let rest = arrows.keys().filter(|from| !placed.contains(**from));
    rest.copied().collect()
}

#[test]
fn the_plan_has_no_cycle() {
    let arrows = ARROWS
        .iter()
        .map(|(from, to)| (*from, to.iter().copied().collect()));
    let rest = unordered(&arrows.collect());
    assert!(rest.is_empty(), "in or above a cycle: {rest:?}");
}

/// Files and directories side by side in a module have an order, too.
#[test]
fn siblings_use_each_other_one_way() {
    let all = sources();
    let all: Vec<&Source> = all.iter().filter(|s| !is_test_file(&all, s)).collect();
    let mut arrows: BTreeMap<&str, BTreeMap<&str, BTreeSet<String>>> = BTreeMap::new();
    for source in &all {
        let module = source.path.trim_end_matches(".rs");
        let module = module.strip_suffix("/mod").unwrap_or(module);
        for (cut, _) in module.match_indices('/') {
            let (parent, below) = (&module[..cut], &module[cut + 1..]);
            let mut used = named(&source.code, &"super::".repeat(below.split('/').count()));
            let whole = format!("crate::{}::", parent.replace('/', "::"));
            used.extend(named(&source.code, &whole));
            let name = below.split('/').next().unwrap();
            used.remove(name);
            let siblings = arrows.entry(parent).or_default();
            siblings.entry(name).or_default().extend(used);
        }
    }
    assert!(arrows["git"]["walk"].contains("pack"));
    let mut wrong = Vec::new();
    for (parent, siblings) in &arrows {
        let mut order: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (from, used) in siblings {
            // Other names are items of the parent itself.
            let used = used.iter().map(String::as_str);
            let used = used.filter(|to| siblings.contains_key(to));
            order.insert(from, used.collect());
        }
        let rest = unordered(&order);
        wrong.extend(rest.iter().map(|name| format!("src/{parent}/{name}")));
    }
    assert!(
        wrong.is_empty(),
        "in or above a cycle:\n{}",
        wrong.join("\n")
    );
}

/// A row may name only modules of earlier rows, so that the table reads from the bottom up.
#[test]
fn the_plan_is_written_from_the_ground_up() {
    let mut placed = BTreeSet::new();
    for (module, uses) in ARROWS {
        for used in *uses {
            assert!(
                placed.contains(used),
                "{module} -> {used}, which is above it"
            );
        }
        placed.insert(module);
    }
}

#[test]
fn rooms_of_a_module_have_storeys() {
    let all = sources();
    let (mut wrong, mut seen) = (Vec::new(), BTreeSet::new());
    for source in all.iter().filter(|s| !is_test_file(&all, s)) {
        let Some((module, storeys)) = STOREYS.iter().find(|(m, _)| *m == source.module) else {
            continue;
        };
        let below = source.path[module.len() + 1..].trim_end_matches(".rs");
        let below = below.strip_suffix("/mod").unwrap_or(below);
        let from = below.split('/').next().unwrap();
        let place = |name: &str| storeys.iter().position(|known| *known == name);
        let Some(at) = place(from) else {
            if from != "mod" {
                wrong.push(format!("src/{}: no place in STOREYS", source.path));
            }
            continue;
        };
        seen.insert((*module, from.to_owned()));
        let mut used = named(&source.code, &"super::".repeat(below.split('/').count()));
        used.extend(named(&source.code, &format!("crate::{module}::")));
        let later = used.iter().filter(|to| place(to).is_some_and(|to| to > at));
        wrong.extend(later.map(|to| format!("{module}: {from} -> {to} (src/{})", source.path)));
    }
    let rooms: usize = STOREYS.iter().map(|(_, storeys)| storeys.len()).sum();
    assert_eq!(seen.len(), rooms, "STOREYS names a room that is not there");
    assert!(wrong.is_empty(), "upwards:\n{}", wrong.join("\n"));
}

#[test]
fn the_command_line_stays_thin() {
    let all = sources();
    let of_cli = all.iter().filter(|s| s.module == "cli");
    let of_cli = of_cli.filter(|s| !is_test_file(&all, s));
    let mut total = 0;
    for source in of_cli {
        let lines = source.text.lines().count() - source.test_lines;
        total += lines;
        if source.path.starts_with("cli/commands/") {
            assert!(lines <= COMMAND_LINES, "src/{}: {lines} lines", source.path);
        }
    }
    assert!(total <= CLI_LINES, "src/cli: {total} lines");
}

#[track_caller]
fn nothing_below_the_command_line_has(words: &[&str]) {
    let all = sources();
    let below = all
        .iter()
        .filter(|s| !matches!(s.module.as_str(), "cli" | "main") && !is_test_file(&all, s));
    let mut wrong = Vec::new();
    for source in below {
        for word in words.iter().filter(|w| source.code.contains(**w)) {
            wrong.push(format!("src/{}: {word}", source.path));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Only the command line parses arguments and reads the environment of the process.
#[test]
fn arguments_and_environment_come_in_as_values() {
    nothing_below_the_command_line_has(&[
        "clap::",
        "env::var",
        "env::args",
        "set_current_dir",
        "indicatif",
    ]);
}

/// One file calls functions for processors that have more than the others, takes the bits of a
/// vector for bytes, and reads a table at places that are known to be in it. That is all that is unsafe.
#[test]
fn only_the_sieve_is_allowed_to_be_unsafe() {
    let mut found = Vec::new();
    for source in sources() {
        let words = source
            .code
            .split(|c: char| !c.is_alphanumeric() && c != '_');
        let unsafe_code = words.filter(|word| *word == "unsafe").count();
        if unsafe_code > 0 || source.code.contains("unsafe_code") {
            found.push((source.path.clone(), unsafe_code));
        }
    }
    assert_eq!(found, [("detect/find/sieve.rs".to_owned(), 5)]);
}

#[test]
fn nothing_below_the_command_line_prints_or_exits() {
    nothing_below_the_command_line_has(&[
        "println!",
        "print!",
        "eprintln!",
        "eprint!",
        "dbg!",
        "process::exit",
        "process::abort",
        "stdout()",
        "stderr()",
    ]);
}

#[test]
fn every_file_says_what_it_is_for() {
    for source in sources() {
        assert!(
            source.text.starts_with("//!"),
            "src/{} does not begin with //!",
            source.path
        );
    }
}

#[test]
fn files_and_functions_stay_short() {
    let limit = |name: &str, usual: usize| {
        let row = LONGER.iter().find(|(known, ..)| *known == name);
        row.map_or(usual, |(_, limit, _)| *limit)
    };
    let all = sources();
    let mut wrong = Vec::new();
    let mut used = BTreeSet::new();
    let mut judge = |name: String, lines: usize, usual: usize| {
        if lines > usual {
            used.insert(name.clone());
        }
        if lines > limit(&name, usual) {
            wrong.push(format!("{name}: {lines} lines"));
        }
    };
    for source in all.iter().filter(|s| !is_test_file(&all, s)) {
        judge(
            source.path.clone(),
            source.text.lines().count() - source.test_lines,
            FILE_LINES,
        );
        for (name, lines) in functions(&source.code) {
            judge(format!("{}::{name}", source.path), lines, FUNCTION_LINES);
        }
    }
    assert!(wrong.is_empty(), "too long:\n{}", wrong.join("\n"));
    for (name, _, why) in LONGER {
        assert!(
            used.contains(*name),
            "LONGER names {name} ({why}) for nothing"
        );
    }
}

/// Returns every function with its length in lines.
fn functions(code: &str) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("fn ") {
        if at > 0 && is_word(code.as_bytes()[at - 1]) {
            continue;
        }
        let Some(name) = first_word(&code[at + 3..]) else {
            continue;
        };
        let Some(open) = body(&code.as_bytes()[at..]) else {
            continue;
        };
        let end = closing_brace(code.as_bytes(), at + open);
        found.push((name, code[at..end].lines().count()));
    }
    found
}

/// Returns the start of the body of the function that starts here, or nothing for a declaration.
fn body(code: &[u8]) -> Option<usize> {
    let mut depth = 0usize;
    for (i, byte) in code.iter().enumerate() {
        match byte {
            b'(' | b'[' => depth += 1,
            b')' | b']' => depth = depth.checked_sub(1)?,
            b'{' if depth == 0 => return Some(i),
            b';' if depth == 0 => return None,
            _ => {}
        }
    }
    None
}

/// The lexer must not miss what the tests above search for.
#[test]
fn the_lexer_sees_code_and_nothing_else() {
    let text = r##"
        // crate::comment::x
        /* crate::block /* nested */ crate::still */
        const A: &str = "crate::string \" crate::escaped";
        const B: &str = r#"crate::raw " crate::raw2"#;
        const C: (char, char) = ('"', '\'');
        fn f<'a>(x: &'a crate::one::T) -> crate::two::U { x }
        use crate::{three::{V, W}, four};
        #[cfg(test)]
        mod tests { use crate::five; fn g() { { } } }
        #[cfg(test)]
        use crate::six::X;
        use crate::seven;
        use not_crate::eight;
    "##;
    let (code, test_lines) = without_tests(&blank(text));
    assert_eq!(test_lines, 4);
    let found: Vec<String> = named(&code, "crate::").into_iter().collect();
    assert_eq!(found, ["four", "one", "seven", "three", "two"]);
    assert_eq!(functions(&code), [("f".to_owned(), 1)]);
    assert_eq!(code.lines().count(), text.lines().count());
}
