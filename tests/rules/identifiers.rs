//! Names of programs that have the length and the alphabet of a provider's key. No rule that is led
//! by a name takes them for one.

use std::collections::BTreeSet;

use stopleak::check::mint::Rng;
use stopleak::rules::{Confidence, Rule, Sequence, Step};

use super::{live, path_of, seed_of, shapes, syntax};

/// Words of programs.
const WORDS: &[&str] = &[
    "account",
    "active",
    "address",
    "agent",
    "archive",
    "balance",
    "banner",
    "billing",
    "booking",
    "branch",
    "bucket",
    "builder",
    "calendar",
    "campaign",
    "channel",
    "checkout",
    "cluster",
    "column",
    "comment",
    "component",
    "connection",
    "consumer",
    "content",
    "context",
    "counter",
    "country",
    "currency",
    "customer",
    "dashboard",
    "default",
    "delivery",
    "deployment",
    "device",
    "document",
    "domain",
    "element",
    "engine",
    "entity",
    "existing",
    "factory",
    "feature",
    "filter",
    "folder",
    "format",
    "gateway",
    "handler",
    "history",
    "index",
    "initial",
    "instance",
    "integration",
    "inventory",
    "invoice",
    "item",
    "language",
    "layout",
    "ledger",
    "listener",
    "loader",
    "location",
    "manager",
    "member",
    "merchant",
    "message",
    "metric",
    "model",
    "monitor",
    "network",
    "node",
    "notification",
    "object",
    "option",
    "order",
    "organization",
    "package",
    "parent",
    "partner",
    "payment",
    "pipeline",
    "policy",
    "product",
    "profile",
    "project",
    "provider",
    "queue",
    "record",
    "region",
    "report",
    "request",
    "resource",
    "response",
    "result",
    "route",
    "schedule",
    "schema",
    "section",
    "selected",
    "service",
    "session",
    "setting",
    "shipping",
    "status",
    "storage",
    "subscription",
    "table",
    "target",
    "template",
    "timeline",
    "transfer",
    "update",
    "upload",
    "version",
    "vendor",
    "widget",
    "worker",
    "workspace",
];

/// How a name is written.
#[derive(Clone, Copy, Debug)]
enum Style {
    Camel,
    Pascal,
    Snake,
    Screaming,
    Kebab,
    Together,
}

const STYLES: [Style; 6] = [
    Style::Camel,
    Style::Pascal,
    Style::Snake,
    Style::Screaming,
    Style::Kebab,
    Style::Together,
];

fn written(words: &[&str], style: Style) -> String {
    let title = |word: &str| word[..1].to_uppercase() + &word[1..];
    match style {
        Style::Camel => {
            words[..1]
                .iter()
                .map(|w| (*w).to_owned())
                .collect::<String>()
                + &words[1..].iter().map(|w| title(w)).collect::<String>()
        }
        Style::Pascal => words.iter().map(|w| title(w)).collect(),
        Style::Snake => words.join("_"),
        Style::Screaming => words.join("_").to_uppercase(),
        Style::Kebab => words.join("-"),
        Style::Together => words.concat(),
    }
}

/// Returns the one run that a shape is made of, with its bounds.
fn only_run(sequences: &[Sequence]) -> Option<(usize, usize)> {
    let [sequence] = sequences else { return None };
    match &sequence.steps[..] {
        [Step::Run { set, min, max }] if set.len() > 22 => {
            Some((usize::from(*min), usize::from(*max)))
        }
        _ => None,
    }
}

/// Returns a name that the shape matches, if words can be chosen so.
fn name(sequences: &[Sequence], style: Style, rng: &mut Rng) -> Option<String> {
    let (min, max) = only_run(sequences)?;
    (0..300).find_map(|_| {
        let mut words = Vec::new();
        loop {
            words.push(rng.pick(WORDS));
            let name = written(&words, style);
            if name.len() > max {
                return None;
            }
            if name.len() >= min {
                return super::generate::matches(sequences, name.as_bytes()).then_some(name);
            }
        }
    })
}

/// Returns the texts in which a program gives `value` to something of a provider.
fn texts(rule: &Rule, value: &str, n: usize) -> [String; 4] {
    let name = syntax::name(rule, n);
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    [
        format!("const {plain} = {value};\n"),
        format!("  {name}: \"{value}\",\n"),
        format!("{}={value}\n", name.to_uppercase()),
        format!("{plain}.assign({value}, options);\n"),
    ]
}

#[test]
fn names_of_programs_are_no_keys_of_a_provider() {
    let (mut tried, mut wrong) = (0, BTreeSet::new());
    let mut rules = BTreeSet::new();
    let named = shapes().filter(|(rule, _)| rule.context.is_some() && !rule.whole_file);
    for (rule, sequences) in named {
        if rule.secret_type.id() == "password" || rule.secret_type.id() == "database-credential" {
            continue;
        }
        let mut rng = Rng::new(seed_of(rule, 17));
        for (n, style) in STYLES.into_iter().cycle().take(12).enumerate() {
            let Some(value) = name(sequences, style, &mut rng) else {
                continue;
            };
            rules.insert(&rule.id);
            for text in texts(rule, &value, n) {
                tried += 1;
                let found = live(text.as_bytes(), &path_of(rule));
                let bad =
                    |f: &super::Reported| f.rule == *rule.id && f.confidence >= Confidence::Medium;
                if found.iter().any(bad) {
                    wrong.insert(format!("{}: {text}", rule.id));
                }
            }
        }
    }
    println!("{tried} texts of {} rules", rules.len());
    assert!(
        tried > 5_000 && rules.len() > 200,
        "{tried} {}",
        rules.len()
    );
    let share = wrong.len() * 1_000 / tried;
    for text in wrong.iter().take(30) {
        print!("{text}");
    }
    // Short names of rare words have too little to tell.
    assert!(share <= 3, "{} of {tried} are reported", wrong.len());
}
