//! A validator for the subset of JSON Schema that the schemas in `docs/schema` use. It is stricter than the
//! standard in two ways: an unknown keyword is an error, and so is a property that no schema
//! describes.

use serde_json::{Map, Value};

/// Returns every violation by `value` of the definition at `pointer` of `root`.
pub(crate) fn errors(root: &Value, pointer: &str, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let schema = root.pointer(pointer).expect("the definition exists");
    check(root, schema, value, "", &mut found);
    found
}

fn check(root: &Value, schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    let schema = schema.as_object().expect("a schema is an object");
    for (keyword, rule) in schema {
        match keyword.as_str() {
            "$schema" | "$id" | "$defs" | "title" | "description" | "default" | "format" => {}
            "$ref" => {
                let pointer = rule
                    .as_str()
                    .and_then(|r| r.strip_prefix('#'))
                    .expect("a local reference");
                check(
                    root,
                    root.pointer(pointer)
                        .expect("the reference leads somewhere"),
                    value,
                    at,
                    found,
                );
            }
            "type" => {
                if !is_type(rule.as_str().expect("one type"), value) {
                    found.push(format!("{at}: not of type {rule}: {value}"));
                }
            }
            "const" if rule != value => found.push(format!("{at}: not {rule}: {value}")),
            "enum" if !rule.as_array().expect("a list").contains(value) => {
                found.push(format!("{at}: none of {rule}: {value}"));
            }
            "const" | "enum" => {}
            "minimum" => {
                if value.as_f64() < rule.as_f64() {
                    found.push(format!("{at}: below {rule}: {value}"));
                }
            }
            "minItems" => {
                let items = value.as_array().map_or(0, |items| items.len() as u64);
                if Some(items) < rule.as_u64() {
                    found.push(format!("{at}: fewer than {rule} items"));
                }
            }
            "required" => required(rule, value, at, found),
            "properties" => properties(root, schema, value, at, found),
            "additionalProperties" => {}
            "items" => {
                for (i, item) in value.as_array().into_iter().flatten().enumerate() {
                    check(root, rule, item, &format!("{at}/{i}"), found);
                }
            }
            "oneOf" => one_of(root, rule, value, at, found),
            other => panic!("the validator does not know the keyword {other}"),
        }
    }
    if let (Some(rest), Some(object), None) = (
        schema.get("additionalProperties"),
        value.as_object(),
        schema.get("properties"),
    ) {
        for (key, inner) in object {
            check(root, rest, inner, &format!("{at}/{key}"), found);
        }
    }
}

fn is_type(name: &str, value: &Value) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_u64() || value.is_i64(),
        "number" => value.is_number(),
        "null" => value.is_null(),
        other => panic!("unknown type {other}"),
    }
}

fn required(names: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    for name in names
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(Value::as_str)
    {
        if value.get(name).is_none() {
            found.push(format!("{at}: {name} is missing"));
        }
    }
}

fn properties(
    root: &Value,
    schema: &Map<String, Value>,
    value: &Value,
    at: &str,
    found: &mut Vec<String>,
) {
    let known = schema["properties"].as_object().expect("an object");
    for (key, inner) in value.as_object().into_iter().flatten() {
        match known.get(key) {
            Some(rule) => check(root, rule, inner, &format!("{at}/{key}"), found),
            None => found.push(format!("{at}: {key} is not described")),
        }
    }
}

fn one_of(root: &Value, rules: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    let attempts: Vec<Vec<String>> = rules
        .as_array()
        .expect("a list")
        .iter()
        .map(|rule| {
            let mut errors = Vec::new();
            check(root, rule, value, at, &mut errors);
            errors
        })
        .collect();
    if attempts.iter().filter(|errors| errors.is_empty()).count() != 1 {
        found.push(format!(
            "{at}: not exactly one alternative fits: {attempts:?}"
        ));
    }
}
