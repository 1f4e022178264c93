//! gitleaks' files through the command, and against gitleaks itself where it is here.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]
#![expect(
    clippy::print_stdout,
    reason = "says what was compared, and what was skipped"
)]

mod differential;
mod semantics;
mod suppression;
