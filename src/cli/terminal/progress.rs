//! A progress line on a terminal, shown only during long runs.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressStyle};

use super::stream::{ColorChoice, Terminal};
use crate::environment::Environment;
use crate::scan::{Progress, RunOptions};

/// How long a run lasts before the line appears.
const PATIENCE: Duration = Duration::from_millis(700);
/// How often the line is redrawn.
const INTERVAL: Duration = Duration::from_millis(100);

/// How long a run lasts before the rest of it is estimated.
const SURE: Duration = Duration::from_secs(2);

/// What is counted if the source does not count in its own parts.
const FILE: &str = "file";

/// A progress line that lives until it is dropped.
pub(super) struct Line {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// The progress of a run that writes no report.
pub(in crate::cli) struct Watched(#[expect(dead_code, reason = "it ends with this")] Option<Line>);

impl Watched {
    /// Shows the progress of `run` if standard error is a terminal.
    pub(in crate::cli) fn start(run: &RunOptions, environment: &Environment) -> Self {
        let shown = Terminal::stderr(ColorChoice::Auto, environment).interactive;
        run.progress.shown.store(shown, Ordering::Relaxed);
        Self(shown.then(|| Line::start(run.progress.clone())))
    }
}

impl Line {
    /// Shows the progress on standard error after [`PATIENCE`].
    pub(super) fn start(progress: Arc<Progress>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let ended = Arc::clone(&stop);
        // If the thread does not start, the run continues without a progress line.
        let thread = std::thread::Builder::new().spawn(move || show(&progress, &ended));
        Self {
            stop,
            thread: thread.ok(),
        }
    }
}

/// Returns what is done, of how much, and about how long the rest takes. `noun`: what is counted.
fn message(done: u64, total: u64, noun: &str, bytes: u64, elapsed: Duration) -> String {
    let size = HumanBytes(bytes);
    // A walk can find more than was counted.
    if total == 0 || done > total {
        return format!("{} {noun}s, {size} scanned", HumanCount(done));
    }
    let percent = done * 100 / total;
    let text = format!(
        "{} of {} {noun}s ({percent} %), {size} scanned",
        HumanCount(done),
        HumanCount(total)
    );
    match done {
        _ if done == total && noun == FILE => format!("{text}, sorting"),
        _ if done == total => text,
        // The first files say little about the rest.
        _ if percent < 2 || elapsed < SURE => text,
        _ => {
            let left = elapsed.as_secs_f64() * (total - done) as f64 / done as f64;
            format!("{text}, about {} left", rounded(left.ceil() as u64))
        }
    }
}

/// Returns a time in its largest unit of which there are at least two.
fn rounded(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", (seconds + 30) / 60),
        _ => format!("{} h", (seconds + 1800) / 3600),
    }
}

fn show(progress: &Progress, ended: &AtomicBool) {
    let begun = Instant::now();
    std::thread::park_timeout(PATIENCE);
    if ended.load(Ordering::Relaxed) {
        return;
    }
    let style = ProgressStyle::with_template("{spinner} {msg}")
        .unwrap_or_else(|_| ProgressStyle::default_spinner());
    let bar = ProgressBar::new_spinner().with_style(style);
    while !ended.load(Ordering::Relaxed) {
        let bytes = progress.bytes.load(Ordering::Relaxed);
        let (done, total, noun) = match progress.parts.get() {
            Some(parts) => (&parts.done, parts.total, parts.noun),
            None => (
                &progress.files,
                progress.total.load(Ordering::Relaxed),
                FILE,
            ),
        };
        let done = done.load(Ordering::Relaxed);
        bar.set_message(message(done, total, noun, bytes, begun.elapsed()));
        bar.tick();
        std::thread::park_timeout(INTERVAL);
    }
    bar.finish_and_clear();
}

impl Drop for Line {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // The thread only draws; ignore how it ended.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_total_and_the_time_left_are_told_as_soon_as_they_are_known() {
        let at = |files, total, seconds| {
            message(files, total, FILE, 5 << 20, Duration::from_secs(seconds))
        };
        assert_eq!(at(1234, 0, 9), "1,234 files, 5.00 MiB scanned");
        assert_eq!(
            at(50, 10_000, 9),
            "50 of 10,000 files (0 %), 5.00 MiB scanned"
        );
        assert_eq!(
            at(2500, 10_000, 30),
            "2,500 of 10,000 files (25 %), 5.00 MiB scanned, about 90 s left"
        );
        assert_eq!(
            at(10, 10, 30),
            "10 of 10 files (100 %), 5.00 MiB scanned, sorting"
        );
        assert_eq!(at(11, 10, 30), "11 files, 5.00 MiB scanned");
        assert_eq!(
            message(3, 12, "layer", 5 << 20, Duration::from_secs(10)),
            "3 of 12 layers (25 %), 5.00 MiB scanned, about 30 s left"
        );
        assert!(at(1 << 40, 1 << 41, 3600).ends_with("about 60 min left"));
        assert!(at(1 << 40, 3 << 40, 3600).ends_with("about 2 h left"));
    }
}
