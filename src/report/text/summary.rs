//! The coverage summary in one line.

use crate::blob::SkipReason;
use crate::finding::{Outcome, Summary};

/// Returns the coverage summary in one line.
pub(in crate::report) fn summary_line(summary: &Summary, outcome: Outcome) -> String {
    let found = summary.found();
    let findings = findings(summary);
    let mut line = match outcome {
        // Clean is what has no findings at all, not what is not looked at.
        Outcome::Clean if summary.lets_pass() => {
            format!("nothing that fails: {findings}")
        }
        Outcome::Clean => format!("clean: {findings}"),
        Outcome::Findings => findings,
        Outcome::Incomplete if found > 0 => findings,
        Outcome::Incomplete if summary.failed > 0 => format!(
            "incomplete: {} of {} could not be scanned; {findings}",
            summary.failed,
            count(summary.files + summary.failed, unit(summary)),
        ),
        Outcome::Incomplete if !summary.policy_errors.is_empty() => {
            let errors = summary.policy_errors.len() as u64;
            format!("{} in the policy; {findings}", count(errors, "error"))
        }
        Outcome::Incomplete if summary.unread > 0 => format!(
            "incomplete: {} not read to its end; {findings}",
            count(summary.unread, "container"),
        ),
        Outcome::Incomplete => format!("incomplete: {findings}"),
    };
    line.push_str(" in ");
    line.push_str(&coverage(summary));
    if summary.skipped_total() > 0 {
        let reasons = summary.skipped.iter();
        let reasons = reasons.filter(|(why, _)| **why != SkipReason::Ignored);
        let reasons = reasons.map(|(why, n)| (*n, why.id()));
        line.push_str(&format!(
            "; {} skipped ({})",
            summary.skipped_total(),
            list(reasons)
        ));
    }
    if summary.ignored() > 0 {
        line.push_str(&format!("; {} ignored by git", summary.ignored()));
    }
    let suppressed = summary.suppressed.iter();
    let suppressed = suppressed.filter(|(by, _)| !by.by_filter());
    let suppressed: u64 = suppressed.map(|(_, n)| n).sum();
    if suppressed > 0 {
        let by = summary.suppressed.iter();
        let by = by
            .filter(|(by, _)| !by.by_filter())
            .map(|(by, n)| (*n, by.id()));
        line.push_str(&format!("; {suppressed} suppressed ({})", list(by)));
    }
    if summary.failed > 0 && found > 0 {
        line.push_str(&format!("; {} failed", summary.failed));
    }
    if outcome == Outcome::Incomplete && found > 0 {
        line.push_str(match summary.policy_errors.len() {
            0 => ": incomplete",
            _ => ": the policy has errors",
        });
    }
    line
}

/// Returns how many findings, warnings and findings that are left out there are.
fn findings(summary: &Summary) -> String {
    let found = summary.found();
    let by_severity = summary.findings.iter().rev().filter(|(_, n)| **n > 0);
    let by_severity = list(by_severity.map(|(severity, n)| (*n, severity.id())));
    let mut text = match (found, summary.fail_on) {
        (0, Some(least)) if summary.warnings > 0 => format!("no findings from {least} on"),
        (0, _) => "no findings".to_owned(),
        _ => format!("{} ({by_severity})", count(found, "finding")),
    };
    if summary.warnings > 0 {
        text.push_str(&format!(", {}", count(summary.warnings, "warning")));
    }
    let left_out = summary.left_out();
    if left_out > 0 {
        let by = summary.suppressed.iter().filter(|(by, _)| by.by_filter());
        let by = list(by.map(|(by, n)| (*n, by.id())));
        text.push_str(&format!(", {left_out} left out (by {by})"));
    }
    text
}

/// What a scanned thing is called: a history is counted in blobs.
fn unit(summary: &Summary) -> &'static str {
    if summary.commits > 0 { "blob" } else { "file" }
}

fn coverage(summary: &Summary) -> String {
    let mut text = count(summary.files, unit(summary));
    if summary.members > 0 {
        text.push_str(&format!(" and {} inside", count(summary.members, "member")));
    }
    if summary.commits > 0 {
        text.push_str(&format!(" of {}", count(summary.commits, "commit")));
    }
    if summary.binary > 0 {
        text.push_str(&format!(" ({} binary)", summary.binary));
    }
    text.push_str(&format!(", {}", bytes(summary.bytes)));
    if !summary.elapsed.is_zero() {
        // What is joined from several runs has no time of its own.
        text.push_str(&format!(", {}", elapsed(summary.elapsed)));
    }
    text
}

fn count(n: u64, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}

/// `1 symlink, 2 too large`; zero counts are left out.
fn list<'a>(counts: impl Iterator<Item = (u64, &'a str)>) -> String {
    counts
        .filter(|(n, _)| *n > 0)
        .map(|(n, name)| format!("{n} {}", name.replace('-', " ")))
        .collect::<Vec<_>>()
        .join(", ")
}

/// A size in decimal units: `1.3 MB`.
fn bytes(n: u64) -> String {
    const UNITS: [&str; 5] = ["kB", "MB", "GB", "TB", "PB"];
    if n < 1000 {
        return count(n, "byte");
    }
    let mut value = n as f64 / 1000.0;
    let mut unit = 0;
    while value >= 999.95 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    format!("{value:.1} {}", UNITS[unit])
}

fn elapsed(time: std::time::Duration) -> String {
    let ms = time.as_millis();
    match ms {
        0..1000 => format!("{ms} ms"),
        1000..60_000 => format!("{}.{} s", ms / 1000, ms % 1000 / 100),
        _ => format!("{} min {} s", ms / 60_000, ms % 60_000 / 1000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::SuppressedBy;
    use crate::rules::Severity;
    use std::time::Duration;

    fn summary() -> Summary {
        Summary {
            files: 214,
            bytes: 1_300_000,
            elapsed: Duration::from_millis(12),
            ..Summary::default()
        }
    }

    #[test]
    fn the_summary_line_is_a_receipt() {
        let mut s = summary();
        assert_eq!(
            summary_line(&s, Outcome::Clean),
            "clean: no findings in 214 files, 1.3 MB, 12 ms"
        );
        s.findings.insert(Severity::High, 2);
        s.findings.insert(Severity::Critical, 1);
        s.skipped.insert(SkipReason::Symlink, 1);
        s.skipped.insert(SkipReason::TooLarge, 1);
        assert_eq!(
            summary_line(&s, Outcome::Findings),
            "3 findings (1 critical, 2 high) in 214 files, 1.3 MB, 12 ms; 2 skipped (1 symlink, 1 too large)"
        );
        s.failed = 1;
        assert_eq!(
            summary_line(&s, Outcome::Incomplete),
            "3 findings (1 critical, 2 high) in 214 files, 1.3 MB, 12 ms; 2 skipped (1 symlink, 1 too large); 1 failed: incomplete"
        );
    }

    #[test]
    fn an_incomplete_run_is_never_called_clean() {
        let mut s = summary();
        s.files = 213;
        s.failed = 1;
        let line = summary_line(&s, Outcome::Incomplete);
        assert!(
            line.starts_with("incomplete: 1 of 214 files could not be scanned"),
            "{line}"
        );
        s.failed = 0;
        s.skipped.insert(SkipReason::Symlink, 1);
        let line = summary_line(&s, Outcome::Incomplete);
        assert!(
            line.starts_with("incomplete: ") && !line.contains("clean"),
            "{line}"
        );
    }

    #[test]
    fn what_a_person_leaves_out_is_not_called_clean() {
        let mut s = summary();
        s.suppressed.insert(SuppressedBy::Severity, 3);
        s.suppressed.insert(SuppressedBy::Label, 2);
        assert_eq!(
            summary_line(&s, Outcome::Clean),
            "nothing that fails: no findings, 5 left out (by 3 severity, 2 label) in 214 files, 1.3 MB, 12 ms"
        );
        let mut s = summary();
        s.fail_on = Some(Severity::Critical);
        assert!(summary_line(&s, Outcome::Clean).starts_with("clean: "));
        s.warnings = 4;
        assert_eq!(
            summary_line(&s, Outcome::Clean),
            "nothing that fails: no findings from critical on, 4 warnings in 214 files, 1.3 MB, 12 ms"
        );
    }

    #[test]
    fn sizes_and_times_are_rounded_to_read() {
        assert_eq!(bytes(1), "1 byte");
        assert_eq!(bytes(999_999), "1.0 MB");
        assert_eq!(bytes(u64::MAX), "18446.7 PB");
        assert_eq!(elapsed(Duration::from_millis(1999)), "1.9 s");
        assert_eq!(elapsed(Duration::from_secs(125)), "2 min 5 s");
    }
}
