//! gitleaks' files through the program, and compared with gitleaks itself if it is installed.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]
#![expect(
    clippy::print_stdout,
    reason = "says what was compared, and what was skipped"
)]

mod differential;
mod semantics;
mod suppression;
