//! Which findings are left out and which only warn, by severity and by label. These limits
//! come last: what an entry or a marker accepts is accepted first, so that it is used.

use crate::config::Action;
use crate::finding::{SuppressedBy, Verdict};
use crate::rules::{Label, Labels, Severity};

/// Limits by severity and label. The default reports everything.
#[derive(Clone, Debug, Default)]
pub struct Limits {
    /// The least severity that is reported; None for all.
    pub least: Option<Severity>,
    /// The least severity that fails the run; None for all.
    pub fail_on: Option<Severity>,
    /// Only findings with one of these labels are reported; all if it is empty.
    pub only: Labels,
    /// Findings with one of these labels are left out.
    pub without: Labels,
    /// What the configuration says about labels.
    pub actions: Vec<(Label, Action)>,
    /// The time in seconds since 1970, for labels that depend on it; None if no clock is right.
    pub now: Option<i64>,
}

impl Limits {
    /// Whether every finding is reported and fails the run.
    fn is_open(&self) -> bool {
        self.least.is_none()
            && self.fail_on.is_none()
            && self.only.is_empty()
            && self.without.is_empty()
            && self.actions.is_empty()
    }

    /// Whether a label decides anything.
    pub(crate) fn reads_labels(&self) -> bool {
        !(self.only.is_empty() && self.without.is_empty() && self.actions.is_empty())
    }

    /// Whether the policy wants to see published samples.
    pub fn wants_samples(&self) -> bool {
        let sample = Label::DocumentedSample;
        let said = self.actions.iter().find(|(label, _)| *label == sample);
        let wanted = self.only.has(sample) || said.is_some_and(|(_, a)| *a != Action::Ignore);
        wanted && !self.without.has(sample)
    }

    /// Adds the label of a value that has expired.
    pub(crate) fn with_expiry(&self, labels: Labels, expiry: Option<i64>) -> Labels {
        match (expiry, self.now) {
            (Some(at), Some(now)) if at < now => labels.and(Labels::of(Label::Expired)),
            _ => labels,
        }
    }

    /// Applies the limits to a verdict. Reads severity and labels only if they matter.
    pub(super) fn apply(
        &self,
        verdict: Verdict,
        severity: impl FnOnce() -> Severity,
        labels: Labels,
    ) -> Verdict {
        if self.is_open() || !verdict.is_report() {
            return verdict;
        }
        let left_out = |by, reason| Verdict::Suppressed { by, reason };
        let severity = severity();
        if let Some(least) = self.least.filter(|least| severity < *least) {
            let reason = format!("{severity} severity, below {least}");
            return left_out(SuppressedBy::Severity, reason);
        }
        if labels.meets(self.without) {
            let reason = format!("labelled {}", labels.names());
            return left_out(SuppressedBy::Label, reason);
        }
        if !self.only.is_empty() && !labels.meets(self.only) {
            let reason = format!("not labelled {}", self.only.names());
            return left_out(SuppressedBy::Label, reason);
        }
        // Who asks for a label sees what has it.
        let asked = labels.meets(self.only);
        let action = self.action(labels);
        let action = action.map(|action| {
            if asked {
                action.max(Action::Warn)
            } else {
                action
            }
        });
        match action {
            Some(Action::Ignore) => {
                let reason = format!("labelled {}", labels.names());
                return left_out(SuppressedBy::Label, reason);
            }
            Some(Action::Warn) if matches!(verdict, Verdict::Report) => {
                let reason = format!("labelled {}", labels.names());
                return Verdict::Warn { reason };
            }
            _ => {}
        }
        match self.fail_on {
            Some(least) if severity < least && matches!(verdict, Verdict::Report) => {
                let reason = format!("{severity} severity; findings fail from {least} on");
                Verdict::Warn { reason }
            }
            _ => verdict,
        }
    }

    /// What the configuration says about a value with these labels: of several, what reports
    /// most.
    fn action(&self, labels: Labels) -> Option<Action> {
        let said = self.actions.iter().filter(|(label, _)| labels.has(*label));
        said.map(|(_, action)| *action).max()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(limits: &Limits, severity: Severity, labels: &[Label]) -> Verdict {
        let labels = labels.iter().copied().collect();
        limits.apply(Verdict::Report, || severity, labels)
    }

    #[test]
    fn severities_are_left_out_or_warn() {
        let limits = Limits {
            least: Some(Severity::Medium),
            fail_on: Some(Severity::Critical),
            ..Limits::default()
        };
        let by = |severity| judged(&limits, severity, &[]);
        assert!(matches!(
            by(Severity::Low),
            Verdict::Suppressed {
                by: SuppressedBy::Severity,
                ..
            }
        ));
        assert!(matches!(by(Severity::Medium), Verdict::Warn { .. }));
        assert!(matches!(by(Severity::High), Verdict::Warn { .. }));
        assert_eq!(by(Severity::Critical), Verdict::Report);
    }

    #[test]
    fn of_several_labels_the_one_that_reports_most_decides() {
        let limits = Limits {
            actions: vec![
                (Label::Test, Action::Ignore),
                (Label::Expired, Action::Warn),
                (Label::Canary, Action::Report),
            ],
            ..Limits::default()
        };
        let of = |labels: &[Label]| judged(&limits, Severity::High, labels);
        assert!(matches!(
            of(&[Label::Test]),
            Verdict::Suppressed {
                by: SuppressedBy::Label,
                ..
            }
        ));
        assert!(matches!(
            of(&[Label::Test, Label::Expired]),
            Verdict::Warn { .. }
        ));
        assert_eq!(of(&[Label::Test, Label::Canary]), Verdict::Report);
        assert_eq!(of(&[Label::Identifier]), Verdict::Report);
        assert_eq!(of(&[]), Verdict::Report);
    }

    #[test]
    fn an_option_outranks_the_configuration() {
        let limits = Limits {
            only: Labels::of(Label::Test),
            without: Labels::of(Label::Canary),
            actions: vec![
                (Label::Test, Action::Ignore),
                (Label::Canary, Action::Report),
            ],
            ..Limits::default()
        };
        let of = |labels: &[Label]| judged(&limits, Severity::Low, labels);
        assert!(of(&[Label::Test]).is_report());
        assert!(!of(&[Label::Test, Label::Canary]).is_report());
        assert!(!of(&[]).is_report());
    }

    #[test]
    fn what_expired_is_known_only_with_a_clock() {
        let expired = Labels::of(Label::Expired);
        let at = |now| Limits {
            now,
            ..Limits::default()
        };
        assert_eq!(at(Some(10)).with_expiry(Labels::NONE, Some(9)), expired);
        assert_eq!(
            at(Some(10)).with_expiry(Labels::NONE, Some(10)),
            Labels::NONE
        );
        assert_eq!(at(Some(10)).with_expiry(Labels::NONE, None), Labels::NONE);
        assert_eq!(at(None).with_expiry(Labels::NONE, Some(9)), Labels::NONE);
    }
}
