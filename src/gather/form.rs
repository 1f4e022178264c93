//! Whose report it is, by its content.

use std::fmt;

use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::json::{Wrong, start};

/// Whose form a report has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// This program's JSON, one document or one record per line.
    Stopleak,
    /// SARIF 2.1.0 of any scanner.
    Sarif,
    /// The JSON of gitleaks.
    Gitleaks,
    /// The JSON of betterleaks, one document or one finding per line.
    Betterleaks,
    /// The JSON of trufflehog, one finding per line.
    Trufflehog,
    /// The JSON of kingfisher, one document or one finding per line.
    Kingfisher,
    /// A baseline of detect-secrets.
    DetectSecrets,
    /// The JSON of ggshield.
    Ggshield,
}

impl Form {
    /// Every form.
    pub const ALL: [Form; 8] = [
        Form::Stopleak,
        Form::Sarif,
        Form::Gitleaks,
        Form::Betterleaks,
        Form::Trufflehog,
        Form::Kingfisher,
        Form::DetectSecrets,
        Form::Ggshield,
    ];

    /// Returns its name in options.
    pub fn id(self) -> &'static str {
        match self {
            Form::Stopleak => "stopleak",
            Form::Sarif => "sarif",
            Form::Gitleaks => "gitleaks",
            Form::Betterleaks => "betterleaks",
            Form::Trufflehog => "trufflehog",
            Form::Kingfisher => "kingfisher",
            Form::DetectSecrets => "detect-secrets",
            Form::Ggshield => "ggshield",
        }
    }

    /// Recognises a report by the members of its first object; None if no form has them.
    pub(super) fn of(text: &[u8]) -> Result<Option<Self>, Wrong> {
        let shape = Shape::of(text)?;
        let has = |name: &str| shape.names.iter().any(|n| n == name);
        let all = |names: &[&str]| names.iter().all(|name| has(name));
        let lines_of_ours = ["finding", "skipped", "failed", "summary"];
        Ok(if shape.is_empty_array {
            Some(Form::Gitleaks)
        } else if has("runs") {
            Some(Form::Sarif)
        } else if has("RuleID") {
            Some(Form::Gitleaks)
        } else if has("SourceMetadata") || all(&["level", "msg"]) {
            Some(Form::Trufflehog)
        } else if has("plugins_used") || all(&["results", "generated_at"]) {
            Some(Form::DetectSecrets)
        } else if has("entities_with_incidents") || all(&["total_incidents", "id"]) {
            Some(Form::Ggshield)
        } else if all(&["tool", "findings"])
            || (lines_of_ours.contains(&shape.kind.as_str()) && !has("rule"))
        {
            Some(Form::Stopleak)
        } else if all(&["rule", "finding"]) || all(&["findings", "metadata"]) || has("audit") {
            Some(Form::Kingfisher)
        } else if has("schema_version") && (has("finding") || has("findings") || has("scan")) {
            Some(Form::Betterleaks)
        } else {
            None
        })
    }
}

/// Returns which forms are known, as help.
pub(super) fn known() -> String {
    let all: Vec<&str> = Form::ALL.iter().map(|form| form.id()).collect();
    format!(
        "known are JSON and SARIF of {}; name the form with --from",
        all.join(", ")
    )
}

/// The most members whose names are looked at.
const NAMES: usize = 64;

/// What a text begins with.
#[derive(Default)]
struct Shape {
    /// The names of the members of the first object, or of the first object of an array.
    names: Vec<String>,
    /// The value of its member `type`.
    kind: String,
    is_empty_array: bool,
}

impl Shape {
    fn of(text: &[u8]) -> Result<Self, Wrong> {
        let mut shape = Shape::default();
        if start(text).is_none() {
            return Err(Wrong::new(
                "empty: a scanner that found nothing wrote this, or one that was interrupted",
            ));
        }
        let mut json = serde_json::Deserializer::from_slice(text);
        Look(&mut shape, true)
            .deserialize(&mut json)
            .map_err(Wrong::from)?;
        Ok(shape)
    }
}

/// Looks at a value; in an array, at its first element.
struct Look<'a>(&'a mut Shape, bool);

impl<'de> DeserializeSeed<'de> for Look<'_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Look<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or an array of objects")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<String>()? {
            if name == "type" {
                let value: serde_json::Value = map.next_value()?;
                value
                    .as_str()
                    .unwrap_or_default()
                    .clone_into(&mut self.0.kind);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
            if self.0.names.len() < NAMES {
                self.0.names.push(name);
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        if !self.1 {
            while seq.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(());
        }
        self.0.is_empty_array = seq.next_element_seed(Look(self.0, false))?.is_none();
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    /// What gitleaks before version 8 wrote for no findings.
    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        self.0.is_empty_array = true;
        Ok(())
    }
}
