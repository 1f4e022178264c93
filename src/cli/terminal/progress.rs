//! A progress line on a terminal, shown only during long runs.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressStyle};

use crate::scan::Progress;

/// How long a run lasts before the line appears.
const PATIENCE: Duration = Duration::from_millis(700);
/// How often the line is redrawn.
const INTERVAL: Duration = Duration::from_millis(100);

/// A progress line that lives until it is dropped.
pub(super) struct Line {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
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

fn show(progress: &Progress, ended: &AtomicBool) {
    std::thread::park_timeout(PATIENCE);
    if ended.load(Ordering::Relaxed) {
        return;
    }
    let style = ProgressStyle::with_template("{spinner} {msg}")
        .unwrap_or_else(|_| ProgressStyle::default_spinner());
    let bar = ProgressBar::new_spinner().with_style(style);
    while !ended.load(Ordering::Relaxed) {
        let files = HumanCount(progress.files.load(Ordering::Relaxed));
        let bytes = HumanBytes(progress.bytes.load(Ordering::Relaxed));
        bar.set_message(format!("{files} files, {bytes} scanned"));
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
