//! The JSON Schema of the configuration: what `stopleak config schema` prints, for editors.

use serde_json::{Map, Value};

use super::*;
use crate::support::schema::errors;

/// Returns the schema as the program prints it.
fn schema() -> Value {
    let ran = Dir::new().run(&["config", "schema"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    serde_json::from_str(&ran.stdout).unwrap()
}

/// Returns a document as editors see it: a date is a string.
fn as_json(value: toml::Value) -> Value {
    match value {
        toml::Value::Datetime(date) => Value::String(date.to_string()),
        toml::Value::Array(items) => items.into_iter().map(as_json).collect(),
        toml::Value::Table(table) => {
            let entries = table.into_iter().map(|(key, value)| (key, as_json(value)));
            Value::Object(entries.collect::<Map<_, _>>())
        }
        other => serde_json::to_value(other).unwrap(),
    }
}

/// Returns the mistakes that an editor would show in a text.
fn mistakes(schema: &Value, text: &str) -> Vec<String> {
    let mut document = as_json(toml::Value::Table(toml::from_str(text).unwrap()));
    if let Some(ours) = document.pointer("/tool/stopleak") {
        document = ours.clone();
    }
    errors(schema, "", &document)
}

#[test]
fn it_describes_every_key_and_no_other() {
    let schema = schema();
    let mut described = BTreeSet::new();
    let mut add = |table: &str, definition: &Value| {
        for (name, key) in definition["properties"].as_object().unwrap() {
            described.insert((table.to_owned(), name.clone()));
            let explained = key.get("description").or_else(|| {
                let definition = key["$ref"].as_str()?.strip_prefix('#')?;
                schema.pointer(definition)?.get("description")
            });
            assert!(explained.is_some(), "{table} {name}");
        }
    };
    add("", &schema);
    for (table, definition) in [
        ("labels", "labels"),
        ("report", "report"),
        ("scan", "scan"),
        ("coverage", "coverage"),
        ("rules", "rules"),
        ("override.RULE-ID", "override"),
        ("[allow]", "allow"),
        ("[paths]", "paths"),
    ] {
        add(table, &schema["$defs"][definition]);
    }
    let known = KEYS
        .iter()
        .map(|key| (key.table.to_owned(), key.name.to_owned()));
    assert_eq!(described, known.collect());
}

#[test]
fn every_example_of_the_documentation_is_valid() {
    let schema = schema();
    for page in ["README.md", "docs/configuration.md", "docs/rules-format.md"] {
        for example in blocks(page) {
            // A single key of a rule is no document.
            if example.contains('[') && !example.starts_with("context") {
                assert_eq!(
                    mistakes(&schema, &example),
                    Vec::<String>::new(),
                    "{example}"
                );
            }
        }
    }
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("stopleak.toml");
    let own = std::fs::read_to_string(own).unwrap();
    assert_eq!(mistakes(&schema, &own), Vec::<String>::new());
}

/// All rule files of the project have keys and values that the schema knows.
#[test]
fn every_built_in_rule_is_valid() {
    let schema = schema();
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    let files = std::fs::read_dir(rules)
        .unwrap()
        .map(|file| file.unwrap().path());
    let files = files.filter(|file| file.extension().is_some_and(|end| end == "toml"));
    let mut count = 0;
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        assert_eq!(
            mistakes(&schema, &text),
            Vec::<String>::new(),
            "{}",
            file.display()
        );
        count += 1;
    }
    assert!(count > 500, "{count}");
}

/// An editor shows no mistake in what the program accepts.
#[test]
fn what_the_program_accepts_is_valid() {
    let schema = schema();
    let mut accepted = 0;
    for text in mutated(11, 4000) {
        if stopleak::config::parse("f", &text, false).is_ok() {
            accepted += 1;
            assert_eq!(mistakes(&schema, &text), Vec::<String>::new(), "{text}");
        }
    }
    assert!(accepted > 200, "{accepted}");
}

/// An editor shows what a schema can tell: unknown keys, wrong types, values that do not exist.
#[test]
fn mistakes_of_form_are_shown() {
    let schema = schema();
    for text in [
        "confidense = 'low'",
        "confidence = 'sure'",
        "confidence = 1",
        "scan = []",
        "allow = 3",
        "[scan]\nexclud = ['x']",
        "[scan]\nexclude = []",
        "[scan]\nfollow = 'yes'",
        "[scan]\nmax-file-size = true",
        "[rules]\nonly = 'x'",
        "[rules]\nfiles = [1]",
        "[override.x]\nseverity = 'huge'",
        "[override.x]\nactive = true",
        "[[allow]]\npaths = ['x']",
        "[[allow]]\nreason = 'r'\nmatch = 'none'",
        "[[paths]]\naction = 'warn'",
        "[[paths]]\npaths = ['x']\naction = 'skip'",
        "[[rule]]\nshape = 'x'",
        "[[rule]]\nid = 'b'\nentropi = 1",
        "[[rule]]\nid = 'b'\nboundary = 'both'",
        "[provider]\nrevoke = 'x'",
    ] {
        assert!(!mistakes(&schema, text).is_empty(), "{text}");
        assert!(stopleak::config::parse("f", text, false).is_err(), "{text}");
    }
}
