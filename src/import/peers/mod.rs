//! Translates a command line of another scanner, or its options among ours, to a line of this
//! program. Pure; the tables are in `tables`.

mod tables;

use tables::{FLAGS, Flag, Means, Scanner, VERBS, Verb};

/// What another scanner's command line is here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What it is about: "`protect` is a command of gitleaks".
    pub what: String,
    /// The arguments that do the same here, without the program's name; None if no line does.
    pub line: Option<Vec<String>>,
    /// What the line leaves out, and why: one sentence each.
    pub remarks: Vec<String>,
}

/// Translates `rest`, the arguments behind `command`, which names one of our commands or is
/// empty. `ours`: whether that command has an option of this name, and whether a value follows.
/// Returns None if nothing in it is another scanner's.
pub fn answer(
    command: &[String],
    rest: &[String],
    ours: &dyn Fn(&str) -> Option<bool>,
) -> Option<Answer> {
    let Some((at, verb)) = find_verb(command, rest) else {
        return options(command, rest, ours);
    };
    let words = verb.words.len();
    let scanner = verb.scanner;
    let what = format!(
        "`{}` is a command of {}, not of stopleak",
        verb.words.join(" "),
        scanner.name()
    );
    let Some(ours) = verb.ours else {
        return Some(Answer {
            what,
            line: None,
            remarks: vec![verb.remark.to_owned()],
        });
    };
    let mut line = Line::of(ours);
    line.remarks
        .extend((!verb.remark.is_empty()).then(|| verb.remark.to_owned()));
    let args = [&rest[..at], &rest[at + words..]].concat();
    line.read(&args, &|name| flag(name, |s| s == scanner), &|_| None);
    Some(Answer {
        what,
        line: line.words(),
        remarks: line.remarks,
    })
}

/// Translates options of other scanners behind a command of ours, or without any command.
fn options(
    command: &[String],
    rest: &[String],
    ours: &dyn Fn(&str) -> Option<bool>,
) -> Option<Answer> {
    let foreign = |arg: &String| {
        let name = name(arg);
        (ours(name).is_none() && arg != "-" && arg != "--")
            .then(|| flag(name, |_| true))
            .flatten()
            .map(|flag| (name.to_owned(), flag))
    };
    let end = rest.iter().position(|arg| arg == "--");
    let (name, first) = rest[..end.unwrap_or(rest.len())].iter().find_map(foreign)?;
    // The values of other options are not read as options here: the line is checked afterwards.
    let mut line = Line::of("");
    line.command = command.to_vec();
    line.read(
        rest,
        &|name| flag(name, |s| s == first.scanner).or_else(|| flag(name, |_| true)),
        ours,
    );
    Some(Answer {
        what: format!(
            "`{name}` is an option of {}, not of stopleak",
            first.scanner.name()
        ),
        line: (!command.is_empty()).then(|| line.words()).flatten(),
        remarks: line.remarks,
    })
}

/// Returns the first word that is a command of another scanner, if no command of ours is there.
fn find_verb(command: &[String], rest: &[String]) -> Option<(usize, &'static Verb)> {
    if !command.is_empty() {
        return None;
    }
    let at = rest
        .iter()
        .position(|arg| !arg.starts_with('-') && VERBS.iter().any(|verb| verb.words[0] == arg))?;
    let fitting = |verb: &&Verb| {
        let words = rest[at..].iter().map(String::as_str);
        words.take(verb.words.len()).eq(verb.words.iter().copied())
    };
    let all: Vec<&Verb> = VERBS.iter().filter(fitting).collect();
    let long = all.iter().map(|verb| verb.words.len()).max()?;
    let mut all = all.into_iter().filter(|verb| verb.words.len() == long);
    // Several scanners have a command of this name: their options tell them apart.
    let score = |verb: &&Verb| {
        let known = rest.iter().filter(|arg| arg.starts_with('-'));
        let known = known.filter(|arg| flag(name(arg), |s| s == verb.scanner).is_some());
        let address = rest.iter().any(|arg| arg.contains("://"));
        known.count() + usize::from(address && verb.scanner == Scanner::Trufflehog)
    };
    let first = all.next()?;
    let best = all.fold(first, |best, verb| match score(&verb) > score(&best) {
        true => verb,
        false => best,
    });
    Some((at, best))
}

/// Returns the name of an option without its value.
fn name(arg: &str) -> &str {
    if arg.starts_with("--") {
        return arg.split_once('=').map_or(arg, |(name, _)| name);
    }
    match arg.char_indices().nth(2) {
        Some((end, _)) if arg.starts_with('-') => &arg[..end],
        _ => arg,
    }
}

fn flag(name: &str, of: impl Fn(Scanner) -> bool) -> Option<&'static Flag> {
    FLAGS
        .iter()
        .find(|flag| of(flag.scanner) && flag.names.contains(&name))
}

/// A line of ours that is put together.
struct Line {
    command: Vec<String>,
    options: Vec<String>,
    operands: Vec<String>,
    format: Option<String>,
    report: Option<String>,
    remarks: Vec<String>,
    /// Whether something was not understood, so that what follows it is unsure.
    lost: bool,
}

impl Line {
    fn of(command: &str) -> Self {
        Self {
            command: command.split_whitespace().map(str::to_owned).collect(),
            options: Vec::new(),
            operands: Vec::new(),
            format: None,
            report: None,
            remarks: Vec::new(),
            lost: false,
        }
    }

    /// Reads arguments: options that `theirs` knows are translated, and those of `ours` stay.
    fn read(
        &mut self,
        args: &[String],
        theirs: &dyn Fn(&str) -> Option<&'static Flag>,
        ours: &dyn Fn(&str) -> Option<bool>,
    ) {
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            let name = name(arg);
            let attached = || {
                let value = arg.get(name.len()..).filter(|value| !value.is_empty());
                value.map(|value| value.strip_prefix('=').unwrap_or(value).to_owned())
            };
            if arg == "--" {
                self.operands
                    .extend(std::iter::once(arg).chain(args).cloned());
                break;
            }
            if !arg.starts_with('-') || arg == "-" {
                self.operand(arg);
            } else if let Some(takes) = ours(name) {
                self.options.push(arg.clone());
                if takes && attached().is_none() {
                    self.options.extend(args.next().cloned());
                }
            } else if let Some(flag) = theirs(name) {
                let value = attached();
                let value = match flag.value {
                    true => value.or_else(|| args.next().cloned()).unwrap_or_default(),
                    false => value.unwrap_or_default(),
                };
                self.translate(name, &flag.means, &value);
            } else {
                self.lost = true;
                self.remarks.push(format!("`{name}` is not known here"));
            }
        }
    }

    /// Adds a path, or the address of a repository.
    fn operand(&mut self, arg: &str) {
        if self.lost {
            return;
        }
        match arg.split_once("://") {
            Some(("file", path)) => self.operands.push(path.to_owned()),
            Some(_) => {
                self.remarks.push(
                    "Clone the repository into DIR first: stopleak opens no network connection"
                        .to_owned(),
                );
                self.operands.push("DIR".to_owned());
            }
            None => self.operands.push(arg.to_owned()),
        }
    }

    fn translate(&mut self, name: &str, means: &Means, value: &str) {
        match means {
            Means::Flag(words) => words.split(' ').for_each(|word| self.add(&[word])),
            Means::Value(option) => self.add(&[option, value]),
            Means::Megabytes(option) => self.add(&[option, &format!("{value}M")]),
            Means::Command(words) => {
                self.command = words.split(' ').map(str::to_owned).collect();
            }
            Means::Source => self.operand(value),
            Means::Format => self.format = Some(value.to_owned()),
            Means::Report => self.report = Some(value.to_owned()),
            Means::ExitCode if value == "0" => self.add(&["--exit-zero"]),
            Means::ExitCode => self.remarks.push(format!(
                "`{name}`: the exit codes are fixed: 0 clean, 1 findings, 2 error or incomplete"
            )),
            Means::LogOptions => self.log_options(value),
            Means::Since => self.add(&["--range", &format!("{value}..HEAD")]),
            Means::Until => self.until(value),
            Means::Words(option) => {
                let words = value.split(',').filter(|word| !word.is_empty());
                words.for_each(|word| self.add(&[option, word]));
            }
            Means::Not(why) => self.remarks.push(format!("`{name}`: {why}")),
        }
    }

    fn add(&mut self, words: &[&str]) {
        self.options
            .extend(words.iter().map(|word| (*word).to_owned()));
    }

    /// Translates what gitleaks hands on to `git log`.
    fn log_options(&mut self, value: &str) {
        let mut words = value.split_whitespace();
        while let Some(word) = words.next() {
            let option = match word {
                "--all" | "--full-history" => continue,
                "-1" => words.next().map(|rev| ("--commit", rev)),
                _ if word.contains("..") => Some(("--range", word)),
                _ => word
                    .strip_prefix("--since=")
                    .or(word.strip_prefix("--after="))
                    .map(|date| ("--since", date)),
            };
            match option {
                Some((name, value)) => self.options.extend([name.to_owned(), value.to_owned()]),
                None => self
                    .remarks
                    .push(format!("`{word}` of `git log` has no counterpart")),
            }
        }
    }

    /// Ends the range that another option began.
    fn until(&mut self, end: &str) {
        let range = self.options.iter().position(|word| word == "--range");
        match range.and_then(|at| self.options.get_mut(at + 1)) {
            Some(range) if range.ends_with("..HEAD") => {
                range.truncate(range.len() - "HEAD".len());
                range.push_str(end);
            }
            _ => self.options.extend(["--range".to_owned(), end.to_owned()]),
        }
    }

    /// Returns the arguments of the line.
    fn words(&mut self) -> Option<Vec<String>> {
        let (format, report) = (self.format.take(), self.report.take());
        let format = format.map(|f| match f.as_str() {
            "json" | "csv" => format!("gitleaks-{f}"),
            _ => f,
        });
        match (format, report) {
            (format, Some(file)) if file == "-" => {
                let format = format.unwrap_or_else(|| "gitleaks-json".to_owned());
                self.options.extend(["--format".to_owned(), format]);
            }
            (Some(format), Some(file)) => {
                let wanted = match format == "sarif" && file.ends_with(".sarif") {
                    true => file,
                    false => format!("{format}={file}"),
                };
                self.options.extend(["-o".to_owned(), wanted]);
            }
            (None, Some(file)) => {
                let end = file.rsplit_once('.').map_or("", |(_, end)| end);
                let wanted = match end {
                    "sarif" => file,
                    "csv" => format!("gitleaks-csv={file}"),
                    "xml" => format!("junit={file}"),
                    _ => format!("gitleaks-json={file}"),
                };
                self.options.extend(["-o".to_owned(), wanted]);
            }
            (Some(format), None) => self.options.extend(["--format".to_owned(), format]),
            (None, None) => {}
        }
        let mut operands = std::mem::take(&mut self.operands);
        let command: Vec<&str> = self.command.iter().map(String::as_str).collect();
        match command[..] {
            // The present directory is their default.
            ["scan" | "history", ..] if operands == ["."] => operands.clear(),
            ["hook", "run", _, ..] if !operands.is_empty() => {
                operands.insert(0, "--".to_owned());
            }
            ["staged" | "ci"] => {
                let dirs = operands.drain(..).filter(|dir| dir != ".");
                let dirs = dirs.take(1).flat_map(|dir| ["-C".to_owned(), dir]);
                self.options.extend(dirs);
            }
            ["baseline" | "rules", ..] | ["hook", "install"] => operands.clear(),
            _ => {}
        }
        let mut all = self.command.clone();
        all.append(&mut self.options);
        all.extend(operands);
        Some(all)
    }
}

/// Returns every line that the tables lead to: for a test that all of them are understood.
#[doc(hidden)]
pub fn lines() -> Vec<Vec<String>> {
    let bare = VERBS.iter().filter_map(|verb| verb.ours);
    let commands = bare.map(|ours| ours.split(' ').map(str::to_owned).collect());
    let with = FLAGS.iter().map(|flag| {
        let mut line = Line::of("history");
        line.translate(flag.names[0], &flag.means, "1");
        line.words().unwrap_or_default()
    });
    commands.chain(with).collect()
}
