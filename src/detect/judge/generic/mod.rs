//! The generic rule: the value of an assignment whose name says that it is a secret.
//!
//! ```text
//! word of a name -> forms::assignments: where the value stands
//!   -> name: what is named -> text, ladder, phrase: why it is no credential
//!   -> features -> score, together with the path
//! ```
//!
//! [`judge`] looks at bytes and not at the path; [`decide`] looks at the path and not at
//! bytes. Verdicts can therefore be inherited between versions and between paths.

mod around;
mod asides;
mod beside;
mod features;
mod ladder;
mod languages;
mod letters;
mod lookalikes;
mod marks;
mod members;
mod name;
mod near;
mod noun;
mod phrase;
mod pieces;
mod place;
mod program;
mod public;
mod score;
mod syntax;
mod table;
mod text;
mod value;
mod vocabulary;
mod weights;

use std::ops::Range;

use name::Name;
pub(in crate::detect) use name::Names;
pub(in crate::detect::judge) use place::{Kind, kind};
pub(in crate::detect) use place::{Place, place};
pub(in crate::detect) use score::{decide, stands_at};
pub use score::{generic_features, generic_reasons};
pub(in crate::detect) use text::{is_name, look_alike};

use crate::detect::forms::assignments::{self, Among, Link, Quote, Setting, Site};
use crate::finding::{Dismissal, Open, Traits};
use crate::rules::Confidence;
use value::Tally;

/// How much likelier a letter is behind another one in words than among random letters: 16 times
/// the binary logarithm. Letters count from 0; `row` is 0 at the start of a word, else one more
/// than the letter before.
pub(in crate::detect::judge) fn follows(row: usize, letter: usize) -> i32 {
    i32::from(letters::PAIRS[row][letter])
}

/// A value that is a credential by its name.
#[derive(Clone)]
pub(in crate::detect) struct Generic {
    /// The value.
    pub(in crate::detect) value: Range<usize>,
    /// The name, or the part of it that is on this line.
    pub(in crate::detect) name: Range<usize>,
    /// The confidence at the path that speaks most for the value.
    pub(in crate::detect) confidence: Confidence,
    /// Why the value is no credential, if it is none.
    pub(in crate::detect) dismissed: Option<Dismissal>,
    /// Why everybody may know the value, if it is made for that.
    pub(in crate::detect) public: Option<&'static str>,
    /// The features that make up the score.
    pub(in crate::detect) traits: Traits,
    /// Where the value may go on, and what it begins with there.
    pub(in crate::detect) open: Open,
}

/// Appends the values that the name at `name` is given, as far as they may be credentials. A word
/// of `find::names` stands in it. A function of the bytes within [`assignments::REACH`] of that
/// word.
pub(in crate::detect) fn judge(
    bytes: &[u8],
    name: Range<usize>,
    names: &mut Names,
    out: &mut Vec<Generic>,
) {
    // No credential is a word in lower case behind nothing but a blank.
    if assignments::is_prose(bytes, &name) {
        return;
    }
    let from = out.len();
    let mut sites = Vec::new();
    assignments::sites(bytes, name.clone(), &mut sites);
    let judged = sites
        .into_iter()
        .filter_map(|site| weigh(bytes, site, names));
    out.extend(judged);
    if let Some((setting, link)) = assignments::setting(bytes, &name) {
        let quoted = |found: &Generic| found.value.start > setting.value.start;
        let known = |found: &Generic| {
            found.value.end >= setting.value.end || quoted(found) && found.dismissed.is_none()
        };
        if !out[from..].iter().any(known) {
            out.extend(judge_setting(bytes, (name, link), setting, names));
        }
    }
}

/// Judges one value of a name.
fn weigh(bytes: &[u8], site: Site, names: &mut Names) -> Option<Generic> {
    let site = assignments::whole(bytes, site);
    let value = &bytes[site.value.clone()];
    if site.place == Among::Octets {
        return weigh_octets(bytes, site, names);
    }
    if !text::LENGTHS.contains(&value.len()) {
        return None;
    }
    let tally = Tally::of(value);
    let one_word = tally.only(&text::GRAPHIC);
    if one_word && !text::may_be_any(value, &tally) {
        return None;
    }
    if !one_word && site.quote == Quote::Bare {
        return None;
    }
    let name = names.read(&bytes[site.name.clone()])?;
    if !ladder::may_stand_alone(value, &site, name, &tally) {
        return None;
    }
    let may_be = if one_word {
        ladder::may_be_value
    } else {
        phrase::may_be_value
    };
    if !members::may_be_value(bytes, &site, name, &tally) || !may_be(bytes, &site, name, &tally) {
        return None;
    }
    let marks = match one_word {
        true => marks::of_value(value, &tally, name, site.link),
        false if phrase::fills_line(value, name) => marks::PHRASE,
        false => 0,
    };
    Some(believed(bytes, &site, name, &tally, marks))
}

/// Judges the numbers of bytes at a site like the string of their hexadecimal digits under the same
/// name.
fn weigh_octets(bytes: &[u8], site: Site, names: &mut Names) -> Option<Generic> {
    let digits = assignments::digits(&bytes[site.value.clone()])?;
    let opens = names.read(&bytes[site.name.clone()])?.opens_alone();
    let name = &bytes[site.name.clone()];
    if !opens {
        return None;
    }
    let written = [name, b" = \"", &digits, b"\""].concat();
    let start = name.len() + 4;
    let named = Site {
        name: 0..name.len(),
        value: start..start + digits.len(),
        place: Among::None,
        ..site.clone()
    };
    let found = weigh(&written, named, names)?;
    Some(Generic {
        open: Open::Head(site.name.start.min(site.value.start)..site.value.end),
        value: site.value,
        name: site.name,
        ..found
    })
}

/// How far the value of a site is believed, on which `marks` stand.
fn believed(bytes: &[u8], site: &Site, name: &Name, tally: &Tally, marks: u16) -> Generic {
    let value = &bytes[site.value.clone()];
    // A number under another name than a password's counts something.
    let counts = tally.digits == value.len() && name.noun != name::Noun::Password;
    let stock = counts || text::is_stock(value);
    let mut traits = features::of(bytes, site, name, tally);
    traits.marks = marks;
    if stock {
        features::mark_stock(&mut traits);
    }
    let dismissed = ladder::dismissal(value, tally, name, stock)
        .or_else(|| around::explained(bytes, site, name, tally))
        .or_else(|| beside::settled(bytes, site, name, tally));
    let public = match dismissed {
        None => public::made_for_all(bytes, site, name),
        Some(_) => None,
    };
    let mut confidence = if public.is_some() || stock && !marks::is_default(marks) {
        Confidence::Low
    } else if stock {
        Confidence::Medium
    } else {
        score::most_anywhere(&traits)
    };
    // Few values get here, so that the words of many languages are compared with few.
    let doubtful = confidence > Confidence::Low && dismissed.is_none();
    if doubtful && languages::is_word_for_secret(value, tally) {
        features::mark_stock(&mut traits);
        confidence = Confidence::Low;
    } else if doubtful {
        let sure = marks::is_sure(marks);
        let named = !sure && table::is_identifier(value, tally, name);
        let row = named || table::finds_rows(bytes, site, name);
        if row || table::is_entry(bytes, site, name, tally, sure) {
            confidence = Confidence::Low;
        }
    }
    Generic {
        confidence,
        dismissed,
        public,
        traits,
        open: open(site),
        value: site.value.clone(),
        name: site.name.clone(),
    }
}

/// Judges the value of a setting that fills its line. Where lines are not read like this, another
/// value counts, or none.
fn judge_setting(
    bytes: &[u8],
    (name_at, link): (Range<usize>, Link),
    setting: Setting,
    names: &mut Names,
) -> Option<Generic> {
    let name = names.read(&bytes[name_at.clone()])?;
    let line = &bytes[setting.line.clone()];
    // `SMTP_PASSWORD=<password of the mailbox>`
    if line.starts_with(b"<") && line.ends_with(b">") {
        return None;
    }
    let assigned = matches!(link, Link::Equals | Link::Colon);
    let spoken = assigned && !setting.ends_line && phrase::fills_line(line, name);
    let value = match spoken {
        true => setting.line.clone(),
        false => setting.value.clone(),
    };
    let text = &bytes[value.clone()];
    let tally = Tally::of(text);
    let may_be = spoken
        || tally.only(&text::GRAPHIC)
            && text::LENGTHS.contains(&text.len())
            && ladder::may_be_setting(text, &tally, &setting, name, link);
    if !may_be {
        return None;
    }
    let site = Site {
        name: name_at,
        value: value.clone(),
        quote: Quote::Bare,
        link,
        callee: None,
        fallback: false,
        place: Among::None,
    };
    let said = match spoken {
        true => marks::PHRASE,
        false => marks::of_value(text, &tally, name, link),
    };
    let marks = marks::of_setting(text, &setting) | said;
    let mut found = believed(bytes, &site, name, &tally, marks);
    found.traits.judged = (value.end - setting.head.end).min(u16::MAX.into()) as u16;
    found.open = Open::Head(found.name.start..setting.head.end);
    found.value = setting.head;
    Some(found)
}

/// What says where the value goes on: its name before it, or nothing but itself.
fn open(site: &Site) -> Open {
    match site.place {
        Among::None => {
            let start = site.name.start.min(site.value.start);
            Open::Head(start..site.value.end.max(site.name.end))
        }
        Among::Apart | Among::List | Among::Map(_) | Among::Deep(_) => {
            Open::Head(site.value.clone())
        }
        Among::Column | Among::Octets => Open::No,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use assignments::{REACH, name_around};

    fn judge(bytes: &[u8], word: Range<usize>, names: &mut Names) -> Vec<Generic> {
        let mut out = Vec::new();
        super::judge(bytes, name_around(bytes, &word), names, &mut out);
        out
    }

    /// Text made of what the reader of syntax looks for, in any order.
    fn noise(state: &mut u64, pieces: usize) -> Vec<u8> {
        const PIECES: &[&str] = &[
            "password",
            "token",
            "key = \"",
            "\"",
            "'",
            "`",
            "\\\"",
            "&quot;",
            "&#34;",
            "=",
            ":",
            ": ",
            " => ",
            ", ",
            "(",
            ")",
            "{",
            "}",
            "[",
            "]",
            ".",
            "-",
            "\n",
            " ",
            "<",
            ">",
            "Some(",
            "new X(",
            "os.getenv(",
            " or ",
            " || ",
            "with: ",
            "value=",
            "Basic ",
            "$",
            "%",
            "\\n",
            "abc",
            "Zq9",
            "0x",
            "user",
            "https://",
            "?",
            "&",
            "#",
            "\u{fc}",
            "*",
            "/",
            "identified by ",
            "name: ",
            "value",
            "tokens",
            "passwords:\n  ",
            "- ",
            "\n    ",
            "--",
            "||",
            "%w[",
            "<key>",
            "</key>",
            "<array>",
            "<string>",
            "my (",
            " = ",
            "[]string{",
            "buildConfigField",
            "variable ",
            "=>",
            ";",
        ];
        (0..pieces)
            .flat_map(|_| {
                *state ^= *state << 13;
                *state ^= *state >> 7;
                *state ^= *state << 17;
                PIECES[(*state % PIECES.len() as u64) as usize].bytes()
            })
            .collect()
    }

    fn words_in(text: &[u8]) -> impl Iterator<Item = Range<usize>> + '_ {
        ["password", "token", "key = ", "identified by"]
            .into_iter()
            .flat_map(|w| {
                memchr::memmem::find_iter(text, w.as_bytes())
                    .map(move |at| at..at + w.len())
                    .collect::<Vec<_>>()
            })
    }

    #[test]
    fn nothing_panics_on_any_bytes() {
        let mut state = 88_172_645_463_325_252;
        let mut judged = 0;
        for _ in 0..8_000 {
            let text = noise(&mut state, 24);
            for word in words_in(&text) {
                judged += judge(&text, word, &mut Names::default()).len();
            }
            for at in 0..text.len() {
                let _ = judge(&text, at..(at + 3).min(text.len()), &mut Names::default());
            }
        }
        assert!(judged > 100, "{judged}");
    }

    #[test]
    fn a_verdict_depends_on_the_bytes_within_reach_only() {
        let mut state = 0x9e37_79b9_7f4a_7c15;
        let mut names = Names::default();
        let mut judged = 0;
        for _ in 0..60 {
            let text = noise(&mut state, 4_000);
            for word in words_in(&text) {
                let from = word.start.saturating_sub(REACH);
                let to = text.len().min(word.end + REACH);
                // What is remembered of names changes nothing.
                let whole = judge(&text, word.clone(), &mut names);
                let cut = word.start - from..word.end - from;
                let cut = judge(&text[from..to], cut, &mut Names::default());
                let shape = |all: Vec<Generic>, by: usize| {
                    let all = all.into_iter();
                    let shape =
                        |g: Generic| (g.value.start + by, g.value.end + by, g.traits, g.dismissed);
                    all.map(shape).collect::<Vec<_>>()
                };
                judged += whole.len();
                assert_eq!(shape(whole, 0), shape(cut, from));
            }
        }
        assert!(judged > 100, "{judged}");
    }
}
