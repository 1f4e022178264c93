//! What happens, for who watches.

use std::fmt;

use serde_json::{Value, json};

use super::manifest::Repo;
use super::results::Receipt;

/// The longest text of a line, in characters.
const LONGEST: usize = 200;

/// How a repository ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Done {
    /// It was scanned.
    Scanned(Receipt),
    /// Nothing changed since it was scanned.
    Same(Receipt),
    /// There is no result.
    Failed(String),
}

/// What happens, for who watches.
#[derive(Clone, Debug)]
pub struct Progress<'a> {
    /// The repository.
    pub repo: &'a Repo,
    /// How many of the share are done, this one included.
    pub done: usize,
    /// How many there are.
    pub of: usize,
    /// How it ended.
    pub how: Done,
}

impl Progress<'_> {
    /// Returns it as JSON. The texts are not masked.
    pub fn fields(&self) -> Value {
        let mut fields = json!({
            "type": "repository",
            "id": self.repo.id,
            "name": short(&self.repo.name),
            "done": self.done,
            "of": self.of,
            "status": match self.how {
                Done::Scanned(_) => "scanned",
                Done::Same(_) => "unchanged",
                Done::Failed(_) => "failed",
            },
        });
        match &self.how {
            Done::Scanned(receipt) | Done::Same(receipt) => {
                fields["exit_code"] = json!(receipt.exit_code);
                fields["findings"] = json!(receipt.findings);
                fields["bytes"] = json!(receipt.bytes);
                fields["elapsed_ms"] = json!(receipt.elapsed_ms);
            }
            Done::Failed(why) => {
                fields["exit_code"] = json!(2);
                fields["error"] = json!(short(why));
            }
        }
        fields
    }
}

impl fmt::Display for Progress<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (done, of, name) = (self.done, self.of, short(&self.repo.name));
        write!(f, "[{done}/{of}] {name}: ")?;
        let (receipt, how) = match &self.how {
            Done::Scanned(receipt) => (receipt, ""),
            Done::Same(receipt) => (receipt, ", unchanged"),
            Done::Failed(why) => return write!(f, "no result: {}", short(why)),
        };
        let found = match receipt.findings {
            0 if receipt.exit_code == 2 => "incomplete".to_owned(),
            0 => "clean".to_owned(),
            1 => "1 finding".to_owned(),
            n => format!("{n} findings"),
        };
        let incomplete = match (receipt.exit_code, receipt.findings) {
            (2, 1..) => ", incomplete",
            _ => "",
        };
        let (megabytes, ms) = (receipt.bytes.div_ceil(1_000_000), receipt.elapsed_ms);
        write!(f, "{found}{incomplete}, {megabytes} MB, {ms} ms{how}")
    }
}

fn short(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}
