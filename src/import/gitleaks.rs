//! Imports configurations and ignore files of gitleaks and betterleaks.

use std::path::Path;

use super::betterleaks::{self, Beyond};
use super::files::read_named;
use super::portable::portable;
use super::{Imported, glob};
use crate::config::gitleaks::{
    self, Allowlist, Builtin, Condition, Override, Pattern, Rule, Target, ids,
};
use crate::stop::{Stop, counted};
use crate::suppress::gitleaks::parse_ignore;

/// How far an imported pattern reaches before its keyword, and after it.
const BEFORE: u16 = 128;
const AFTER: u16 = 4096;
/// The shortest keyword that can trigger a pattern.
const SHORTEST: usize = 3;

/// Imports a file of gitleaks or, with `better`, of betterleaks.
pub(super) fn import(
    path: &Path,
    text: &str,
    better: bool,
    imported: &mut Imported,
) -> Result<(), Stop> {
    let name = path.display().to_string();
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    if file.ends_with("ignore") {
        ignore(&name, text, better, imported);
        return Ok(());
    }
    let (text, beyond) = if better {
        betterleaks::split(text, &name)?
    } else {
        (text.to_owned(), Beyond::default())
    };
    let read = |path: &str| {
        let bytes = read_named(Path::new(path)).map_err(|stop| stop.message)?;
        String::from_utf8(bytes).map_err(|_| "not UTF-8".to_owned())
    };
    let config = gitleaks::parse(&text, &name, &read).map_err(|mistakes| {
        let lines: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
        Stop::new(lines.join("\n")).help("correct it first: gitleaks rejects it too")
    })?;
    for warning in &config.warnings {
        imported.leave(warning.to_string());
    }
    if config.builtin == Builtin::Off {
        imported.leave(format!(
            "{name}: the limit to its own rules: the built-in rules run too; name them in \
             `disable` of [rules] if you want them off"
        ));
    }
    imported
        .disable
        .extend(config.disabled.iter().map(|id| (*id).to_owned()));
    for source in &config.rules {
        if let Err(why) = rule(source, imported) {
            let lists = match source.allowlists.len() {
                0 => String::new(),
                n => format!(" (with its {})", counted(n, "allowlist")),
            };
            imported.leave(format!("{name}: rule `{}`{lists}: {why}", source.id));
            continue;
        }
        if let (Some(level), Some(table)) =
            (beyond.confidence.get(&source.id), imported.rules.last_mut())
        {
            table.insert("confidence".to_owned(), level.as_str().into());
        }
        let rules = vec![id_of(source)];
        for list in &source.allowlists {
            allow(list, &rules, &name, imported);
        }
        if let Some(filters) = beyond.of_rules.get(&source.id) {
            let what = format!("{name}: rule `{}`", source.id);
            betterleaks::allow(filters, &rules, &what, imported);
        }
    }
    let what = format!("{name}: all rules");
    betterleaks::allow(&beyond.filters, &[], &what, imported);
    imported.left.extend(beyond.left);
    for list in &config.allowlists {
        allow(list, &[], &name, imported);
    }
    for of in &config.overrides {
        override_of(of, &name, imported);
        if let Some(filters) = beyond.of_rules.get(&of.id)
            && !of.rules.is_empty()
        {
            let rules: Vec<String> = of.rules.iter().map(|id| (*id).to_owned()).collect();
            let what = format!("{name}: rule `{}`", of.id);
            betterleaks::allow(filters, &rules, &what, imported);
        }
    }
    Ok(())
}

/// Returns an id in this program's form: lower-case words joined by `-`.
fn id_of(rule: &Rule) -> String {
    let mut id = String::new();
    for c in rule.id.to_ascii_lowercase().chars() {
        if c.is_ascii_alphanumeric() {
            id.push(c);
        } else if !id.ends_with('-') && !id.is_empty() {
            id.push('-');
        }
    }
    id.trim_end_matches('-').to_owned()
}

fn override_of(of: &Override, name: &str, imported: &mut Imported) {
    let rules: Vec<String> = of.rules.iter().map(|id| (*id).to_owned()).collect();
    if rules.is_empty() {
        imported.leave(format!(
            "{name}: `{}`: no built-in rule corresponds to it",
            of.id
        ));
        return;
    }
    if of.path.is_some() || of.entropy != 0.0 {
        imported.leave(format!(
            "{name}: `{}`: `path` and `entropy` of a built-in rule cannot be changed",
            of.id
        ));
    }
    for list in &of.allowlists {
        allow(list, &rules, name, imported);
    }
}

/// Converts a rule to a table, or returns why it cannot.
fn rule(source: &Rule, imported: &mut Imported) -> Result<(), String> {
    let Some(regex) = &source.regex else {
        return Err("it finds files by name, not by content".to_owned());
    };
    if source.skip_report {
        return Err("it only serves other rules (`skipReport`)".to_owned());
    }
    if !source.required.is_empty() {
        return Err(
            "`required` has no equivalent; write a [[rule.companion]] with a shape".to_owned(),
        );
    }
    let lower = regex.source.to_ascii_lowercase();
    let inside = |word: &&String| word.len() >= SHORTEST && lower.contains(word.as_str());
    let anchors: Vec<&str> = source
        .keywords
        .iter()
        .filter(inside)
        .map(String::as_str)
        .collect();
    if anchors.is_empty() || anchors.len() < source.keywords.len() {
        return Err(
            "its keywords are not part of the match, so nothing triggers it; run the file as it is \
             with GITLEAKS_CONFIG"
                .to_owned(),
        );
    }
    let paths = match &source.path {
        None => Vec::new(),
        Some(path) => vec![
            glob::of_regex(&path.source)
                .ok_or_else(|| format!("its `path` is not a glob: {}", path.source))?,
        ],
    };
    let mut table = toml::Table::new();
    let mut put = |key: &str, value: toml::Value| {
        table.insert(key.to_owned(), value);
    };
    let title = if source.description.is_empty() {
        &source.id
    } else {
        &source.description
    };
    put("id", id_of(source).into());
    put("title", title.as_str().into());
    put("secret_type", "api-key".into());
    put("severity", "high".into());
    put("pattern", pattern(regex, source.secret_group)?.into());
    put("anchors", anchors.into());
    put("ignore_case", true.into());
    put("before", i64::from(BEFORE).into());
    put("after", i64::from(AFTER).into());
    if source.entropy > 0.0 {
        put("entropy", source.entropy.into());
    }
    if !paths.is_empty() {
        put("paths", paths.into());
    }
    imported.rules.push(table);
    Ok(())
}

/// Converts the pattern to this program's syntax.
fn pattern(regex: &Pattern, group: usize) -> Result<String, String> {
    if group > 1 || (group == 0 && regex.groups > 1) {
        return regex.with_secret(group.max(1));
    }
    // Keep it as written if that means the same.
    Ok(portable(regex))
}

/// Converts an allowlist to tables, one per list kind if any criterion suffices: `rules`
/// would count as a criterion too.
fn allow(list: &Allowlist, rules: &[String], name: &str, imported: &mut Imported) {
    let of = match rules {
        [] => String::new(),
        rules => format!(" of {}", rules.join(", ")),
    };
    let what = format!("{name}: allowlist{of}");
    let mut kinds: Vec<(&str, Vec<String>)> = Vec::new();
    let mut lost = false;
    let (globs, others) = globs(list);
    for path in others {
        imported.leave(format!("{what}: the path `{path}` is not a glob"));
        lost = true;
    }
    kinds.push(("paths", globs));
    let regexes = list.regexes.as_ref().map(|joined| {
        let pattern = portable(joined);
        vec![pattern]
    });
    match (regexes, list.target) {
        (None, _) => {}
        (Some(regexes), Target::Secret) => kinds.push(("values", regexes)),
        (Some(regexes), Target::Line) => kinds.push(("lines", regexes)),
        (Some(_), Target::Match) => {
            imported.leave(format!(
                "{what}: `regexTarget = \"match\"`: a match is neither the secret nor its line"
            ));
            lost = true;
        }
    }
    kinds.push(("words", list.stopwords.clone()));
    kinds.push(("commits", list.commits.iter().cloned().collect()));
    kinds.retain(|(_, values)| !values.is_empty());
    let rules = ("rules", rules.to_vec());
    match list.condition {
        Condition::And if lost => {
            imported.leave(format!(
                "{what}: all criteria must match, but one cannot be imported"
            ));
        }
        Condition::And => {
            kinds.push(rules);
            imported.allow(list.reason(), &kinds);
        }
        Condition::Or => {
            for kind in kinds {
                imported.allow(list.reason(), &[kind, rules.clone()]);
            }
        }
    }
}

/// Splits the paths of a list into globs and patterns without a glob. Ignores a pattern's
/// flag that extends into the next one: globs keep their case.
fn globs(list: &Allowlist) -> (Vec<String>, Vec<String>) {
    let (mut globs, mut others) = (Vec::new(), Vec::new());
    let Some(paths) = &list.paths else {
        return (globs, others);
    };
    for path in &paths.parts {
        match glob::of_regex(path) {
            Some(glob) => globs.push(glob),
            None => others.push(path.clone()),
        }
    }
    (globs, others)
}

/// Imports an ignore file. gitleaks' fingerprints name lines, which move.
fn ignore(name: &str, text: &str, better: bool, imported: &mut Imported) {
    if better {
        let lines = text.lines().map(str::trim);
        let entries = lines
            .filter(|l| !l.is_empty() && !l.starts_with('#'))
            .count();
        imported.leave(format!(
            "{name}: {}: a hash does not reveal its value",
            counted(entries, "hashed value")
        ));
        return;
    }
    let (entries, bad) = parse_ignore(text.as_bytes());
    for (line, why) in bad {
        imported.leave(format!("{name}:{line}: {why}"));
    }
    for entry in entries {
        let rules: Vec<String> = match ids::ours(&entry.rule) {
            Some(ours) => ours.iter().map(|id| (*id).to_owned()).collect(),
            None => vec![entry.rule.clone()],
        };
        let place = format!("{name}:{}: line {} of {}", entry.at, entry.line, entry.path);
        match super::others::secrets_on(Path::new(&entry.path), entry.line, &rules, &imported.key) {
            found if found.is_empty() => imported.leave(format!(
                "{place}: `{}` finds nothing there now; stopleak also reads a .gitleaksignore \
                 as it is",
                entry.rule
            )),
            found => imported.allow(
                "accepted in .gitleaksignore",
                &[
                    ("paths", vec![format!("/{}", entry.path)]),
                    ("secrets", found),
                ],
            ),
        }
    }
}
