//! `stopleak cache`: shows, checks and empties the cache.

use std::path::Path;

use crate::cache::{self, Contents, place};
use crate::cli::args::{CacheCommand, CacheDirArgs};
use crate::cli::terminal::{FAILED, tell};
use crate::environment::Environment;
use crate::setup::Remembering;
use crate::stop::{Stop, counted, describe};

/// Runs the command and returns its exit code.
pub(in crate::cli) fn run(command: &CacheCommand, environment: &Environment) -> Result<u8, Stop> {
    match command {
        CacheCommand::Info(args) => info(args, environment),
        CacheCommand::Clear(args) => {
            let dir = dir_of(&args.asked(), environment)?;
            let (files, bytes) = cache::clear(&dir).map_err(|e| unread(&dir, &e))?;
            let files = counted(usize::try_from(files).unwrap_or(usize::MAX), "file");
            tell(&format!(
                "{}: {files} removed, {}\n",
                dir.display(),
                size(bytes)
            ));
            Ok(0)
        }
        CacheCommand::Verify(args) => {
            let (contents, dir) = contents(args, environment)?;
            let broken = broken(&contents);
            let (files, objects) = (contents.files.0, contents.objects);
            tell(&format!(
                "{}: {files} files are whole, {objects} objects\n",
                dir.display()
            ));
            broken.iter().for_each(|line| tell(line));
            match broken.is_empty() {
                true => Ok(0),
                false => Ok(FAILED),
            }
        }
    }
}

fn info(args: &CacheDirArgs, environment: &Environment) -> Result<u8, Stop> {
    let (contents, dir) = contents(args, environment)?;
    let key = match (
        environment.get(place::KEY_VARIABLE),
        place::key_file(environment),
    ) {
        (Some(_), _) => place::KEY_VARIABLE.to_owned(),
        (None, Some(file)) => file.display().to_string(),
        (None, None) => "none".to_owned(),
    };
    let (files, bytes) = contents.files;
    let rows = [
        ("directory", dir.display().to_string()),
        ("key", key),
        ("files", files.to_string()),
        (
            "size",
            format!("{} of at most {}", size(bytes), size(cache::MOST)),
        ),
        ("objects", contents.objects.to_string()),
        ("histories", contents.histories.to_string()),
    ];
    for (name, value) in rows {
        tell(&format!("{name:<10} {value}\n"));
    }
    broken(&contents).iter().for_each(|line| tell(line));
    if contents.parts > 0 {
        tell(&format!("parts of killed runs: {}\n", contents.parts));
    }
    Ok(0)
}

/// Reads and checks what the cache holds. Without a key, nothing in it is of this user.
fn contents(
    args: &CacheDirArgs,
    environment: &Environment,
) -> Result<(Contents, std::path::PathBuf), Stop> {
    let asked = args.asked();
    let dir = dir_of(&asked, environment)?;
    let (opened, _) = asked.open(environment, None, false)?;
    let contents = match opened {
        Some(opened) => opened.cache.contents(),
        None => cache::unproven(&dir),
    };
    Ok((contents.map_err(|e| unread(&dir, &e))?, dir))
}

fn broken(contents: &Contents) -> Vec<String> {
    let broken = contents.broken.iter();
    broken
        .map(|(why, count)| format!("not used: {count}, {}\n", why.why()))
        .collect()
}

fn dir_of(asked: &Remembering, environment: &Environment) -> Result<std::path::PathBuf, Stop> {
    let place = asked.place(environment).map(|(dir, _)| dir);
    place.ok_or_else(|| {
        Stop::new("no directory for the cache is known").help("name one with `--cache DIR`")
    })
}

fn unread(dir: &Path, error: &std::io::Error) -> Stop {
    Stop::new(format!("{}: {}", dir.display(), describe(error)))
}

/// Returns a size for people.
fn size(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} B"),
        1024..0x10_0000 => format!("{:.1} KiB", bytes as f64 / 1024.0),
        _ => format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20)),
    }
}
