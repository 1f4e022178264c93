//! Resolves a file with the files that it extends. Merges them as gitleaks does,
//! including the settings that gitleaks loses.

use std::collections::{BTreeMap, BTreeSet};

use super::ids;
use super::syntax::{self, Extend, File, Global, Placed};
use super::{Builtin, Config, Override, Read, Remark, Rule};
use crate::config::gitleaks::Allowlist;

/// How many files a chain may have; the last one's `extend` is ignored.
const MAX_DEPTH: usize = 2;

/// Merged files.
#[derive(Default)]
struct Merged {
    rules: BTreeMap<String, Placed<Rule>>,
    /// The order in which ids first occurred.
    order: Vec<String>,
    allowlists: Vec<Allowlist>,
    /// Whether the default configuration is the base, and which of its rules are
    /// disabled.
    default: Option<BTreeSet<String>>,
    extended: bool,
}

struct Resolver<'r> {
    read: Read<'r>,
    mistakes: Vec<Remark>,
    warnings: Vec<Remark>,
}

fn remark(at: &Remark, what: impl Into<String>) -> Remark {
    Remark {
        what: what.into(),
        ..at.clone()
    }
}

/// Resolves a file with everything that it extends.
pub(super) fn resolve(mut file: File, read: Read<'_>) -> Result<Config, Vec<Remark>> {
    let mut resolver = Resolver {
        read,
        mistakes: Vec::new(),
        warnings: std::mem::take(&mut file.warnings),
    };
    let title = std::mem::take(&mut file.title);
    let name = file.name.clone();
    let mut targeted = Vec::new();
    let merged = resolver.load(file, 0, &mut targeted);
    let mut config = resolver.config(merged, targeted, &name);
    if resolver.mistakes.is_empty() {
        config.title = title;
        config.warnings = resolver.warnings;
        Ok(config)
    } else {
        Err(resolver.mistakes)
    }
}

impl Resolver<'_> {
    fn warn(&mut self, at: &Remark, what: impl Into<String>) {
        self.warnings.push(remark(at, what));
    }

    /// Loads a file with everything that it extends. `MAX_DEPTH` limits the depth.
    fn load(&mut self, file: File, depth: usize, targeted: &mut Vec<Global>) -> Merged {
        let mut merged = Merged::default();
        for placed in file.rules {
            let id = placed.what.id.clone();
            if let Some(earlier) = merged.rules.insert(id.clone(), placed) {
                let at = merged.rules.get(&id).map_or(&earlier.at, |rule| &rule.at);
                let (at, line) = (at.clone(), earlier.at.line);
                let what = format!(
                    "rule `{id}` is defined twice: the one on line {line} is lost, as in gitleaks"
                );
                self.warn(&at, what);
            } else {
                merged.order.push(id);
            }
        }
        self.check_required(&merged);
        for global in file.allowlists {
            if global.targets.is_empty() {
                merged.allowlists.push(global.list);
            } else if depth == 0 {
                targeted.push(global);
            } else if let Some(target) = global.targets.first() {
                self.warn(
                    &target.at,
                    "an allowlist with `targetRules` in an extended file is dropped, as in \
                     gitleaks: move it to the main file",
                );
            }
        }
        self.extend(&mut merged, file.extend, depth, targeted);
        merged
    }

    fn check_required(&mut self, merged: &Merged) {
        for rule in merged.rules.values() {
            for required in &rule.what.required {
                if !merged.rules.contains_key(&required.id) {
                    let what = format!(
                        "rule `{}`: `required` names `{}`, which is not a rule of this file; \
                         rules of extended files do not count",
                        rule.what.id, required.id
                    );
                    self.mistakes.push(remark(&rule.at, what));
                }
            }
        }
    }

    fn extend(
        &mut self,
        merged: &mut Merged,
        extend: Extend,
        depth: usize,
        targeted: &mut Vec<Global>,
    ) {
        if depth == MAX_DEPTH {
            if let Some(path) = &extend.path {
                self.warn(
                    &path.at,
                    "`extend` is ignored here: gitleaks follows at most two files",
                );
            }
            return;
        }
        let base = if let Some(path) = &extend.path {
            self.base(path, depth, targeted)
        } else if extend.use_default {
            Some(Merged {
                default: Some(BTreeSet::new()),
                ..Merged::default()
            })
        } else {
            None
        };
        if let Some(base) = base {
            self.merge(merged, base, &extend.disabled);
        } else if let Some(first) = extend.disabled.first() {
            self.warn(
                &first.at,
                "`disabledRules` without `useDefault` or `path` disables nothing",
            );
        }
    }

    fn base(
        &mut self,
        path: &Placed<String>,
        depth: usize,
        targeted: &mut Vec<Global>,
    ) -> Option<Merged> {
        let text = match (self.read)(&path.what) {
            Ok(text) => text,
            Err(why) => {
                let what = format!(
                    "`extend.path`: {}: {why}; the path is relative to the working directory, not \
                     to this file",
                    path.what
                );
                self.mistakes.push(remark(&path.at, what));
                return None;
            }
        };
        match syntax::read(&text, &path.what) {
            Ok(mut file) => {
                self.warnings.append(&mut file.warnings);
                Some(self.load(file, depth + 1, targeted))
            }
            Err(mut mistakes) => {
                self.mistakes.append(&mut mistakes);
                None
            }
        }
    }

    /// Merges `base` below `merged`.
    fn merge(&mut self, merged: &mut Merged, mut base: Merged, disabled: &[Placed<String>]) {
        merged.extended = true;
        for off in disabled {
            let mut known = base.rules.remove(&off.what).is_some();
            if let Some(default) = &mut base.default
                && ids::ours(&off.what).is_some()
            {
                default.insert(off.what.clone());
                known = true;
            }
            if !known {
                self.warn(
                    &off.at,
                    format!("`disabledRules`: no rule is called `{}`", off.what),
                );
            }
        }
        for (id, mut rule) in base.rules {
            match merged.rules.get_mut(&id) {
                None => {
                    merged.order.push(id.clone());
                    merged.rules.insert(id, rule);
                }
                Some(own) => {
                    let lost = inherit(&mut rule.what, &own.what);
                    let at = own.at.clone();
                    rule.at = at.clone();
                    *own = rule;
                    self.lost(&at, &id, &lost);
                }
            }
        }
        if let Some(default) = &base.default {
            self.below_default(merged, default);
        }
        merged.allowlists.append(&mut base.allowlists);
        merged.default = base.default;
    }

    /// Warns of settings that gitleaks loses for rules that its default configuration
    /// also has.
    fn below_default(&mut self, merged: &mut Merged, off: &BTreeSet<String>) {
        let mut remarks = Vec::new();
        for (id, own) in &mut merged.rules {
            if ids::ours(id).is_none() || off.contains(id) {
                continue;
            }
            let mut lost = Vec::new();
            if !own.what.required.is_empty() {
                own.what.required.clear();
                lost.push("required");
            }
            if own.what.skip_report {
                own.what.skip_report = false;
                lost.push("skipReport");
            }
            remarks.push((own.at.clone(), id.clone(), lost));
        }
        for (at, id, lost) in remarks {
            self.lost(&at, &id, &lost);
        }
    }

    fn lost(&mut self, at: &Remark, id: &str, lost: &[&str]) {
        for key in lost {
            let what = format!(
                "rule `{id}`: `{key}` is lost because the rule extends another one, as in \
                 gitleaks: give the rule its own id"
            );
            self.warn(at, what);
        }
    }

    fn config(&mut self, mut merged: Merged, targeted: Vec<Global>, name: &str) -> Config {
        let start = Remark {
            file: name.to_owned(),
            line: 1,
            column: 1,
            what: String::new(),
        };
        let builtin = match (&merged.default, merged.rules.is_empty()) {
            (Some(_), _) => Builtin::Extended,
            (None, true) => Builtin::AllowOnly,
            (None, false) => Builtin::Off,
        };
        if builtin == Builtin::AllowOnly {
            self.warn(
                &start,
                "no rules and no `useDefault = true`: gitleaks would find nothing; here all \
                 built-in rules stay enabled, and the allowlists apply to them",
            );
        }
        let off = merged.default.take().unwrap_or_default();
        let mut overrides = BTreeMap::new();
        self.overrides(&mut merged, builtin, &off, &mut overrides);
        for global in targeted {
            self.target(&mut merged, builtin, &global, &mut overrides);
        }
        if merged.extended {
            merged.order.sort();
        }
        let mut rules = Vec::new();
        for id in &merged.order {
            if let Some(placed) = merged.rules.remove(id) {
                self.check(&placed);
                rules.push(placed.what);
            }
        }
        Config {
            title: String::new(),
            rules,
            allowlists: merged.allowlists,
            builtin,
            disabled: self.disabled(&off, &start),
            overrides: overrides.into_values().collect(),
            warnings: Vec::new(),
        }
    }

    /// Moves rules that only change a default rule out of `merged`.
    fn overrides(
        &mut self,
        merged: &mut Merged,
        builtin: Builtin,
        off: &BTreeSet<String>,
        overrides: &mut BTreeMap<String, Override>,
    ) {
        if builtin != Builtin::Extended {
            return;
        }
        let ids: Vec<String> = merged.rules.keys().cloned().collect();
        for id in ids {
            let Some(rules) = ids::ours(&id).filter(|_| !off.contains(&id)) else {
                continue;
            };
            let Some(placed) = merged.rules.get(&id) else {
                continue;
            };
            if placed.what.regex.is_some() {
                let what = format!(
                    "rule `{id}` has its own regex: it runs in addition to the built-in rules; to \
                     run it alone, disable them with `disabledRules`"
                );
                let at = placed.at.clone();
                self.warn(&at, what);
                continue;
            }
            let Some(Placed { what: rule, at }) = merged.rules.remove(&id) else {
                continue;
            };
            if rules.is_empty() {
                self.warn(&at, format!("rule `{id}`: no built-in rule is equivalent"));
            }
            if rule.secret_group != 0 || !rule.keywords.is_empty() {
                let what = format!(
                    "rule `{id}`: `secretGroup` and `keywords` do not apply to a built-in rule"
                );
                self.warn(&at, what);
            }
            overrides.insert(
                id.clone(),
                Override {
                    id,
                    rules,
                    path: rule.path,
                    entropy: rule.entropy,
                    allowlists: rule.allowlists,
                },
            );
        }
    }

    /// Attaches an allowlist to the rules that it names.
    fn target(
        &mut self,
        merged: &mut Merged,
        builtin: Builtin,
        global: &Global,
        overrides: &mut BTreeMap<String, Override>,
    ) {
        for target in &global.targets {
            if let Some(rule) = merged.rules.get_mut(&target.what) {
                rule.what.allowlists.push(global.list.clone());
                continue;
            }
            match ids::ours(&target.what).filter(|_| builtin != Builtin::Off) {
                Some(rules) => overrides
                    .entry(target.what.clone())
                    .or_insert_with(|| Override {
                        id: target.what.clone(),
                        rules,
                        path: None,
                        entropy: 0.0,
                        allowlists: Vec::new(),
                    })
                    .allowlists
                    .push(global.list.clone()),
                None => self.mistakes.push(remark(
                    &target.at,
                    format!("`targetRules`: no rule is called `{}`", target.what),
                )),
            }
        }
    }

    fn check(&mut self, placed: &Placed<Rule>) {
        let rule = &placed.what;
        if rule.regex.is_none() && rule.path.is_none() {
            let what = format!(
                "rule `{}`: neither `regex` nor `path` is given, so it finds nothing",
                rule.id
            );
            self.mistakes.push(remark(&placed.at, what));
        }
        // A group that exists in the rule's own regex may not exist in the base's.
        let groups = rule.regex.as_ref().map_or(0, |regex| regex.groups);
        if rule.regex.is_some() && rule.secret_group > groups {
            let noun = if groups == 1 { "group" } else { "groups" };
            let what = format!(
                "rule `{}`: `secretGroup` is {}, but the regex has {groups} {noun}",
                rule.id, rule.secret_group
            );
            self.mistakes.push(remark(&placed.at, what));
        }
    }

    fn disabled(&mut self, off: &BTreeSet<String>, start: &Remark) -> Vec<&'static str> {
        let mut disabled = BTreeSet::new();
        for id in off {
            let rules = ids::ours(id).unwrap_or_default();
            disabled.extend(rules);
            if rules.is_empty() {
                self.warn(
                    start,
                    format!("`disabledRules`: no built-in rule is equivalent to `{id}`"),
                );
            }
        }
        disabled.into_iter().collect()
    }
}

/// Changes `base` as gitleaks does when `own` extends it. Returns the keys of `own`
/// that are lost.
fn inherit(base: &mut Rule, own: &Rule) -> Vec<&'static str> {
    if !own.description.is_empty() {
        base.description.clone_from(&own.description);
    }
    if own.entropy != 0.0 {
        base.entropy = own.entropy;
    }
    if own.secret_group != 0 {
        base.secret_group = own.secret_group;
    }
    if own.regex.is_some() {
        base.regex.clone_from(&own.regex);
    }
    if own.path.is_some() {
        base.path.clone_from(&own.path);
    }
    base.tags.extend(own.tags.iter().cloned());
    base.keywords.extend(own.keywords.iter().cloned());
    base.allowlists.extend(own.allowlists.iter().cloned());
    let mut lost = Vec::new();
    if !own.required.is_empty() {
        lost.push("required");
    }
    if own.skip_report {
        lost.push("skipReport");
    }
    lost
}
