//! Readers of reports. Anything is refused, or becomes findings that show no secret of the
//! report; what is read and written is read again as the same.

use stopleak::finding::Event;
use stopleak::gather::{Form, Gathered, Reader};
use stopleak::identity::IdentityKey;
use stopleak::report::{self, Format, ReportOptions};

use super::input::Input;

/// Runs one input.
pub fn run(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let number = usize::from(input.byte());
    // The first numbers name a form; all others leave it to the content.
    let form = Form::ALL.get(number).copied();
    let text = input.rest();
    let mut reader = Reader::new(IdentityKey::default());
    let Ok(report) = reader.read("report", text, form) else {
        return;
    };
    let written = write(&reader, &report);
    let mut again = Reader::new(IdentityKey::default());
    let second = again.read("report", &written, Some(Form::Stopleak));
    let second = second.expect("what this program writes, it reads");
    assert_eq!(write(&again, &second), written, "read and written again");
    // What one finding would give away of another is masked by the run.
    if report.findings().count() != 1 {
        return;
    }
    for (finding, _) in report.findings() {
        let secret = finding.secret.expose();
        if secret.len() >= 16 && is_token(secret) {
            let shown = written.windows(secret.len()).any(|w| w == secret);
            assert!(!shown, "a secret of the report is shown");
        }
    }
}

/// Whether bytes are no word that stands in any report.
fn is_token(bytes: &[u8]) -> bool {
    bytes.iter().all(u8::is_ascii_alphanumeric)
        && bytes.iter().any(u8::is_ascii_digit)
        && bytes.iter().any(u8::is_ascii_uppercase)
}

/// Writes findings as JSON, without anything else.
fn write(reader: &Reader, report: &Gathered) -> Vec<u8> {
    let rules = reader.rules();
    let mut out = Vec::new();
    let options = ReportOptions {
        show_suppressed: true,
        ..ReportOptions::default()
    };
    let mut writer = report::new(Format::Jsonl, Box::new(&mut out), &rules, options);
    for entry in &report.entries {
        if let Event::Finding(_) = &entry.event {
            writer.event(&entry.event).expect("memory takes it");
        }
    }
    let outcome = report.summary.outcome(false);
    writer
        .finish(&report.summary, outcome)
        .expect("memory takes it");
    drop(writer);
    out
}
