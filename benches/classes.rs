//! Measures what each class of content costs on one core, and prints the slow ones, each as
//! soon as it is measured, and at the end all of them again, sorted:
//! `cargo bench --bench classes`, or `cargo bench --bench classes -- 20 password` for the
//! classes below 20 MB/s whose name contains `password`. With a word, all classes are asked
//! for it; without, each literal is looked at in two of its forms, or with `all` in every one.
//! That takes some minutes, or up to an hour.
//!
//! Each class is a text that is repeated: every literal of every rule in ten forms, and what
//! opens, escapes and encodes, the latter also with a number behind each, so that no place is
//! like another; and these texts in any order. All but the literals also as UTF-16
//! (`tests/support/classes.rs`). A scan of each takes the same way as that of a file. What is
//! measured is the processor time of this thread, which other load hardly changes. A class with
//! which the detector panics is told, too.
//!
//! The last column makes figures of different machines comparable. It is the time per byte,
//! as a multiple of the time in which the same machine hashes a byte with FNV-1a: one `xor`
//! and one multiplication, each of which waits for the one before. The exit code is 1 if a
//! class is below the threshold.

#![expect(clippy::print_stdout, reason = "this is what a benchmark is for")]
#![expect(clippy::print_stderr, reason = "progress is no result")]
#![expect(clippy::unwrap_used, reason = "a benchmark may panic as tests do")]
#![allow(clippy::exit, reason = "the exit code is the answer")]

#[path = "../tests/support/classes.rs"]
mod classes;
#[path = "../tests/support/engine.rs"]
mod engine;

use std::hint::black_box;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use classes::{Class, FORMS};
use engine::One;
use stopleak::blob::BlobPath;
use stopleak::rules::Confidence;
use stopleak::scan::{Engine, RunOptions, run};

/// Bytes of a first look, which most classes pass.
const SHORT: usize = 32 << 10;
/// Bytes of a longer look.
const MIDDLE: usize = 256 << 10;
/// Bytes of a measurement.
const LONG: usize = 1 << 20;
/// Of so many forms of a literal, one is looked at.
const SOME: usize = 5;
/// The time between two lines about the progress.
const BETWEEN: Duration = Duration::from_secs(10);
/// The threshold in MB/s, if no other is given.
const LEAST: f64 = 10.0;

/// Returns the nanoseconds that this thread has run, or those that have passed if the system
/// does not say.
fn now(started: Instant) -> u64 {
    // The system updates the count when the scheduler is called.
    std::thread::yield_now();
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let first = text.split(' ').next().and_then(|n| n.parse().ok());
    first.unwrap_or_else(|| started.elapsed().as_nanos() as u64)
}

/// Returns the nanoseconds that `work` takes.
fn timed(work: impl FnOnce()) -> u64 {
    let started = Instant::now();
    let before = now(started);
    work();
    now(started).saturating_sub(before).max(1)
}

/// Returns the MB/s of a scan of `len` bytes.
fn rate(engine: &Engine, class: &Class, len: usize) -> f64 {
    let one = One(class.content(len), BlobPath::from("a.txt"));
    let options = RunOptions {
        jobs: 1,
        ..RunOptions::default()
    };
    let nanoseconds = timed(|| {
        run(&&one, engine, &options, &mut |event| {
            black_box(event);
            true
        });
    });
    len as f64 * 1e3 / nanoseconds as f64
}

/// Returns the MB/s of FNV-1a.
fn floor() -> f64 {
    let bytes = vec![b'x'; 4 << 20];
    let hash = |_| {
        timed(|| {
            let mix = |sum: u64, byte: &u8| (sum ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
            black_box(black_box(&bytes).iter().fold(0xcbf2_9ce4_8422_2325, mix));
        })
    };
    let least = (0..9).map(hash).min().unwrap();
    bytes.len() as f64 * 1e3 / least as f64
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // `cargo test --benches` also runs this. Then there is nothing to measure.
    if !arguments.iter().any(|a| a == "--bench") {
        return;
    }
    let given = || arguments.iter().filter(|a| !a.starts_with("--"));
    let least = given().find_map(|a| a.parse().ok()).unwrap_or(LEAST);
    let whole = given().any(|a| a == "all");
    let is_word = |a: &&String| *a != "all" && a.parse::<f64>().is_err();
    let wanted: Vec<&String> = given().filter(is_word).collect();
    let engine = engine::engine(Confidence::Medium);
    let mut all = classes::others();
    let leads = classes::leads(&engine.detector);
    all.extend(classes::shuffled(&leads));
    let wide: Vec<Class> = all.iter().map(Class::wide).collect();
    all.extend(wide);
    let of_leads = classes::of_leads(&leads);
    let every = if wanted.is_empty() && !whole { SOME } else { 1 };
    // Other forms of each literal, so that all forms come up.
    all.extend(of_leads.into_iter().enumerate().filter_map(|(i, class)| {
        let chosen = (i / FORMS + i).is_multiple_of(every);
        chosen.then_some(class)
    }));
    all.retain(|class| wanted.is_empty() || wanted.iter().any(|w| class.name.contains(*w)));
    let floor = floor();
    let started = Instant::now();
    let mut told = started;
    let mut slow = Vec::new();
    let mut panicked = 0;
    for (done, class) in all.iter().enumerate() {
        if told.elapsed() > BETWEEN {
            told = Instant::now();
            let (of, few, seconds) = (all.len(), slow.len(), started.elapsed().as_secs());
            eprintln!("{done} of {of} classes looked at in {seconds} s, {few} slow");
        }
        let looked = catch_unwind(AssertUnwindSafe(|| below(&engine, class, least)));
        let Ok(rate) = looked else {
            println!("panicked  {}", class.name);
            panicked += 1;
            continue;
        };
        if let Some(rate) = rate {
            slow.push((rate, class));
            show(rate, floor, class);
            std::io::stdout().flush().unwrap();
        }
    }
    slow.sort_by(|(a, _), (b, _)| a.total_cmp(b));
    println!("\nThe slowest first:");
    slow.iter()
        .for_each(|(rate, class)| show(*rate, floor, class));
    let (of, few) = (all.len(), slow.len());
    println!("{few} of {of} classes below {least} MB/s; FNV-1a: {floor:.0} MB/s");
    std::process::exit(i32::from(few + panicked > 0));
}

/// Returns the MB/s of a class that is below `least`. Most are not, which a short look shows.
fn below(engine: &Engine, class: &Class, least: f64) -> Option<f64> {
    let mut last = 0.0;
    // The first look also compiles patterns. What repeats itself costs less the longer it is,
    // but what is much too slow is not looked at for longer.
    for (len, enough) in [
        (SHORT, 0.0),
        (SHORT, 0.0),
        (MIDDLE, least / 4.0),
        (LONG, 0.0),
    ] {
        last = rate(engine, class, len);
        if last >= 2.0 * least {
            return None;
        }
        if last < enough {
            break;
        }
    }
    (last < least).then_some(last)
}

fn show(rate: f64, floor: f64, class: &Class) {
    let Class { name, .. } = class;
    println!("{rate:8.2} MB/s  {:8.0} x FNV-1a  {name}", floor / rate);
}
