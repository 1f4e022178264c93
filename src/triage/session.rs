//! A session: one secret after another, and what a person decides.

use std::collections::HashMap;
use std::path::PathBuf;

use super::ignores::{self, Accepted};
use super::state::State;
use crate::calendar::Day;
use crate::finding::{Fingerprint, SecretId};
use crate::named::Output;
use crate::report::card::card;
use crate::report::secrets::Group;
use crate::rules::Ruleset;
use crate::setup::{MAX_FILE, mistakes};
use crate::stop::{Stop, counted};
use crate::suppress::ignores::Ignores;

/// The keys, as the last line of each screen.
const KEYS: &str = "t real leak   f false alarm   a accept   s skip   u undo   e explain   q quit";

/// The reason of a false alarm, if the person gives none.
const FALSE_ALARM: &str = "false alarm";

/// Where a person sees and answers.
pub trait Screen {
    /// Shows text; with `fresh`, on an empty screen. It is masked.
    fn show(&mut self, text: &str, fresh: bool);
    /// Returns the next key; None if there will be none, or if it means to quit.
    fn key(&mut self) -> Option<char>;
    /// Asks for a line; None if the person takes the question back.
    fn line(&mut self, prompt: &str) -> Option<String>;
}

/// A secret to decide about.
pub struct Case<'f> {
    /// Its findings.
    pub group: Group<'f>,
    /// What an entry of the ignore file names; None if nothing identifies the secret.
    pub id: Option<String>,
}

impl<'f> Case<'f> {
    /// Returns the case of a group. `others` are the secrets that another scanner reported, and
    /// whether it identifies them.
    pub fn new(group: Group<'f>, others: &HashMap<SecretId, bool>) -> Self {
        let lead = group.lead;
        let same = |f: &&crate::finding::Finding| f.fingerprint.same_value(lead.fingerprint);
        let id = match others.get(&lead.secret_id) {
            Some(true) => Some(lead.secret_id.to_string()),
            Some(false) => None,
            // One entry for the secret, whichever rules find it.
            None if !group.findings.iter().all(same) => Some(lead.secret_id.to_string()),
            None => Some(lead.fingerprint.to_string()),
        };
        Self { group, id }
    }

    /// Whether an ignore file accepts it.
    fn is_in(&self, ignores: &Ignores) -> bool {
        let accepted = |print: Fingerprint, secret: SecretId| {
            let mut live = ignores.entries().iter().filter(|e| !ignores.is_expired(e));
            live.any(|entry| {
                let id = Fingerprint(entry.id);
                let same = !entry.only_here && id.same_value(print);
                same || id == print || entry.id == secret.0
            })
        };
        let mut all = self.group.findings.iter();
        all.all(|f| accepted(f.fingerprint, f.secret_id))
    }
}

/// What was decided.
enum Done {
    Real,
    Entry { id: String, accepted: bool },
    Skipped,
}

/// How a session ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Real leaks, those of earlier sessions included.
    pub real: usize,
    /// False alarms.
    pub wrong: usize,
    /// Accepted secrets.
    pub accepted: usize,
    /// What is left to decide.
    pub left: usize,
}

/// A session.
pub struct Session<'a> {
    /// The rules of the findings.
    pub rules: &'a Ruleset,
    /// The ignore file.
    pub file: PathBuf,
    /// What is known to be real.
    pub state: State,
    /// The day, if it is known.
    pub today: Option<Day>,
    /// Masks what a person types.
    pub clean: &'a dyn Fn(&str) -> String,
    /// Explains a rule.
    pub explain: &'a dyn Fn(&str) -> String,
}

impl Session<'_> {
    /// Asks about each case that is not decided yet, and writes each decision at once.
    ///
    /// # Errors
    /// Fails if a decision cannot be written.
    pub fn run(&mut self, cases: Vec<Case<'_>>, screen: &mut dyn Screen) -> Result<Count, Stop> {
        let text = Output::text(&self.file, MAX_FILE)?.unwrap_or_default();
        let known = Ignores::parse(&text, self.today).map_err(|e| mistakes(&self.file, &e))?;
        let all = cases.len();
        let is_real = |case: &Case<'_>| self.state.has(case.group.lead.secret_id);
        let before = cases.iter().filter(|case| is_real(case)).count();
        let open: Vec<Case<'_>> = cases
            .into_iter()
            .filter(|case| !self.state.has(case.group.lead.secret_id) && !case.is_in(&known))
            .collect();
        let earlier = all - open.len();
        let mut done: Vec<Done> = Vec::new();
        let mut message = match earlier {
            0 => String::new(),
            n => format!("{} decided before\n", counted(n, "secret")),
        };
        while let Some(case) = open.get(done.len()) {
            let place = format!("{} of {}", done.len() + 1, open.len());
            screen.show(&self.page(case, &place, &message), true);
            message.clear();
            let decided = match screen.key() {
                None | Some('q' | 'Q') => break,
                Some('t' | 'T') => self.real(case).map(Some),
                Some('f' | 'F') => self.wrong(case, screen, &mut message),
                Some('a' | 'A') => self.accept(case, screen, &mut message),
                Some('s' | 'S' | ' ') => Ok(Some(Done::Skipped)),
                Some('u' | 'U') => {
                    message = self.undo(&mut done, &open)?;
                    continue;
                }
                Some('e' | 'E') => {
                    let rule = &self.rules.get(case.group.lead.rule).id;
                    let text = (self.explain)(rule);
                    screen.show(&format!("{text}\nany key goes back\n"), true);
                    if screen.key().is_none() {
                        break;
                    }
                    continue;
                }
                Some(_) => {
                    message = format!("keys: {KEYS}\n");
                    continue;
                }
            };
            done.extend(decided?);
        }
        let of = |is: fn(&Done) -> bool| done.iter().filter(|d| is(d)).count();
        let count = Count {
            real: before + of(|d| matches!(d, Done::Real)),
            wrong: of(|d| {
                matches!(
                    d,
                    Done::Entry {
                        accepted: false,
                        ..
                    }
                )
            }),
            accepted: of(|d| matches!(d, Done::Entry { accepted: true, .. })),
            left: open.len() - done.len() + of(|d| matches!(d, Done::Skipped)),
        };
        screen.show(&self.end(count), false);
        Ok(count)
    }

    fn page(&self, case: &Case<'_>, place: &str, message: &str) -> String {
        let id = match &case.id {
            Some(id) => format!("  id        {id}\n"),
            None => {
                "  id        none: the report hides the secret and does not identify it\n".into()
            }
        };
        let card = card(&case.group, self.rules);
        let lines = if message.is_empty() { "" } else { "\n" };
        format!("{place}  {card}{id}{lines}{message}\n{KEYS}\n")
    }

    fn real(&mut self, case: &Case<'_>) -> Result<Done, Stop> {
        self.state.set(case.group.lead.secret_id, true)?;
        Ok(Done::Real)
    }

    fn wrong(
        &mut self,
        case: &Case<'_>,
        screen: &mut dyn Screen,
        message: &mut String,
    ) -> Result<Option<Done>, Stop> {
        let Some(id) = known(case, message) else {
            return Ok(None);
        };
        let Some(reason) = screen.line(&format!("why is it no secret? [{FALSE_ALARM}] ")) else {
            return Ok(None);
        };
        let reason = match reason.trim() {
            "" => FALSE_ALARM.to_owned(),
            reason => format!("{FALSE_ALARM}: {reason}"),
        };
        self.entry(id, &reason, None, None, false, message)
    }

    fn accept(
        &mut self,
        case: &Case<'_>,
        screen: &mut dyn Screen,
        message: &mut String,
    ) -> Result<Option<Done>, Stop> {
        let Some(id) = known(case, message) else {
            return Ok(None);
        };
        let reason = loop {
            match screen.line("why is it accepted? ") {
                None => return Ok(None),
                Some(reason) if reason.trim().is_empty() => {
                    screen.show("a reason is needed; Escape goes back\n", false);
                }
                Some(reason) => break reason,
            }
        };
        let owner = loop {
            match screen.line("who is responsible, in one word? [nobody] ") {
                None => return Ok(None),
                Some(owner) if owner.trim().contains(char::is_whitespace) => {
                    screen.show("one word: write a name as first.last\n", false);
                }
                Some(owner) => break owner,
            }
        };
        let until = loop {
            let Some(until) = screen.line("last day, YYYY-MM-DD? [no end] ") else {
                return Ok(None);
            };
            let day = Day::parse(until.trim());
            let is_over = day.is_some_and(|day| self.today.is_some_and(|today| day < today));
            match (until.trim().is_empty(), day.is_some(), is_over) {
                (true, ..) | (_, true, false) => break until,
                (_, true, true) => screen.show("that day is in the past\n", false),
                (_, false, _) => screen.show("a day looks like 2027-01-31\n", false),
            }
        };
        let given = |text: String| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        self.entry(id, &reason, given(owner), given(until), true, message)
    }

    /// Writes what `ignore add` writes.
    fn entry(
        &mut self,
        id: String,
        reason: &str,
        owner: Option<String>,
        until: Option<String>,
        accepted: bool,
        message: &mut String,
    ) -> Result<Option<Done>, Stop> {
        let entry = Accepted {
            fingerprint: id.clone(),
            reason: (self.clean)(reason),
            until,
            owner: owner.map(|owner| (self.clean)(&owner)),
            only_here: false,
        };
        // What a person typed may be refused; then the secret is asked about again.
        if let Err(stop) = ignores::check(&entry, self.today) {
            *message = format!("{stop}\n");
            return Ok(None);
        }
        ignores::add(&self.file, &entry, self.today)?;
        Ok(Some(Done::Entry { id, accepted }))
    }

    /// Takes the last decision back.
    fn undo(&mut self, done: &mut Vec<Done>, open: &[Case<'_>]) -> Result<String, Stop> {
        let Some(last) = done.pop() else {
            return Ok("nothing to undo\n".to_owned());
        };
        match last {
            Done::Skipped => {}
            Done::Real => {
                if let Some(case) = open.get(done.len()) {
                    self.state.set(case.group.lead.secret_id, false)?;
                }
            }
            Done::Entry { id, .. } => ignores::remove(&self.file, &id)?,
        }
        Ok("undone\n".to_owned())
    }

    fn end(&self, count: Count) -> String {
        let Count {
            real,
            wrong,
            accepted,
            left,
        } = count;
        if count == Count::default() {
            return "there is nothing to decide about\n".to_owned();
        }
        let mut text = format!(
            "{}, {}, {accepted} accepted, {left} left\n",
            counted(real, "real leak"),
            counted(wrong, "false alarm")
        );
        if wrong + accepted > 0 {
            text.push_str(&format!("entries are in {}\n", self.file.display()));
        }
        if real > 0 {
            text.push_str(
                "real leaks: revoke them, then remove them; `stopleak explain RULE` says how\n",
            );
        }
        match self.state.file() {
            Some(file) if left + real > 0 => text.push_str(&format!(
                "run it again to go on; what is real is noted in {}\n",
                file.display()
            )),
            None if real > 0 => text.push_str(
                "nothing notes what is real, because there is no directory for state: \
                 set XDG_STATE_HOME or use --state FILE\n",
            ),
            _ => {}
        }
        text
    }
}

/// Returns the id of a case, or says that it has none.
fn known(case: &Case<'_>, message: &mut String) -> Option<String> {
    if case.id.is_none() {
        message.push_str("it cannot be accepted: the report hides the secret; scan it here\n");
    }
    case.id.clone()
}
