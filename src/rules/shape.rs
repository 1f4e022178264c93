//! The shape notation: how a rule describes a credential without a regular expression.
//!
//! ```text
//! "ghp_" base62{36}              a literal, then 36 letters or digits
//! ("AKIA"|"ASIA") B32{16}        a choice
//! "key-" hex{32} ("-" low{2})?   an optional tail
//! i"bearer " [ b64u{20..} ]      a literal in any case; only the bracketed part is the secret
//! ```
//!
//! A shape is expanded into its linear alternatives ([`Sequence`]): literals and runs of one class.
//! A direct matcher walks them without an automaton.

use std::borrow::Cow;
use std::fmt;

use super::class::{self, ByteSet};

/// The longest run that `{a..}` without an upper bound may match, in bytes.
///
/// Bounded because windows, chunked reading and delta inheritance depend on it.
pub(crate) const OPEN_RUN_MAX: u16 = 4096;

/// The most alternatives one shape may expand into.
const MAX_SEQUENCES: usize = 128;

/// One step of a linear shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// These bytes; ASCII letters in either case when `fold` is set.
    Lit {
        /// The literal, lower-cased when `fold` is set.
        bytes: Cow<'static, [u8]>,
        /// Whether ASCII case is ignored.
        fold: bool,
    },
    /// Between `min` and `max` bytes of a class.
    Run {
        /// The class.
        set: ByteSet,
        /// The least number of bytes.
        min: u16,
        /// The greatest number of bytes.
        max: u16,
    },
}

impl Step {
    /// Returns the fewest and the most bytes that the step can match.
    pub fn len_bounds(&self) -> (usize, usize) {
        match self {
            Step::Lit { bytes, .. } => (bytes.len(), bytes.len()),
            Step::Run { min, max, .. } => (usize::from(*min), usize::from(*max)),
        }
    }
}

/// One linear alternative of a shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sequence {
    /// The steps, one after another.
    pub steps: Cow<'static, [Step]>,
    /// The steps that make the secret: from the first (included) to the second (excluded).
    pub secret: (u8, u8),
}

impl Sequence {
    /// Returns the fewest and the most bytes that the whole sequence can match.
    pub fn len_bounds(&self) -> (usize, usize) {
        self.steps.iter().fold((0, 0), |(lo, hi), step| {
            let (min, max) = step.len_bounds();
            (lo + min, hi + max)
        })
    }

    /// Returns the length of the literal that the secret starts with, 0 without one.
    pub fn public_prefix(&self) -> usize {
        match self.steps.get(usize::from(self.secret.0)) {
            Some(Step::Lit { bytes, .. }) => bytes.len(),
            _ => 0,
        }
    }
}

/// An error in a shape, with its position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShapeError {
    /// Byte offset in the notation.
    pub at: usize,
    /// What is wrong, and what would be right.
    pub message: String,
}

impl fmt::Display for ShapeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (at character {})", self.message, self.at + 1)
    }
}

impl std::error::Error for ShapeError {}

/// Parses a shape into its linear alternatives, in the order in which a regular expression would
/// try them.
///
/// # Errors
/// Fails if the notation is malformed, names an unknown class, repeats without bound in an
/// unsupported place, or expands into too many alternatives.
pub fn parse(text: &str) -> Result<Vec<Sequence>, ShapeError> {
    let mut parser = Parser {
        text: text.as_bytes(),
        at: 0,
    };
    let alternatives = parser.choice(0)?;
    parser.skip_space();
    if parser.at < parser.text.len() {
        return Err(parser.error(
            "unexpected character; a shape is made of \"literal\", class{n}, (a|b), [secret]",
        ));
    }
    alternatives
        .into_iter()
        .map(|items| finish(items, text))
        .collect()
}

/// A step, or a mark where the secret starts or ends.
#[derive(Clone, Debug)]
enum Item {
    Step(Step),
    Open,
    Close,
}

type Items = Vec<Item>;

fn finish(items: Items, text: &str) -> Result<Sequence, ShapeError> {
    let fail = |message: &str| ShapeError {
        at: text.len(),
        message: message.to_owned(),
    };
    let mut steps: Vec<Step> = Vec::new();
    let (mut open, mut close) = (None, None);
    for item in items {
        match item {
            Item::Open if open.is_some() => return Err(fail("only one [secret] part is allowed")),
            Item::Open => open = Some(steps.len()),
            Item::Close => close = Some(steps.len()),
            Item::Step(step) => {
                let at_mark = open == Some(steps.len()) || close == Some(steps.len());
                push(&mut steps, step, at_mark);
            }
        }
    }
    if steps.is_empty() || steps.len() > 40 {
        return Err(fail("a shape needs between 1 and 40 steps"));
    }
    let secret = (open.unwrap_or(0), close.unwrap_or(steps.len()));
    if secret.0 >= secret.1 {
        return Err(fail("the [secret] part is empty"));
    }
    Ok(Sequence {
        steps: steps.into(),
        secret: (secret.0 as u8, secret.1 as u8),
    })
}

/// Appends `step`, or merges it into the literal or run before it if the meaning is the same.
fn push(steps: &mut Vec<Step>, step: Step, at_mark: bool) {
    if step.len_bounds().1 == 0 {
        return;
    }
    if !at_mark {
        match (steps.last_mut(), &step) {
            (
                Some(Step::Lit { bytes, fold }),
                Step::Lit {
                    bytes: more,
                    fold: same,
                },
            ) if fold == same => {
                bytes.to_mut().extend_from_slice(more);
                return;
            }
            (
                Some(Step::Run { set, min, max }),
                Step::Run {
                    set: other,
                    min: more_min,
                    max: more_max,
                },
            ) if set == other => {
                // An open end stays open. A given bound is not reduced to the open one.
                let open = *max == OPEN_RUN_MAX || *more_max == OPEN_RUN_MAX;
                *min = min.saturating_add(*more_min);
                *max = if open {
                    OPEN_RUN_MAX.max(*min)
                } else {
                    max.saturating_add(*more_max)
                };
                return;
            }
            _ => {}
        }
    }
    steps.push(step);
}

struct Parser<'a> {
    text: &'a [u8],
    at: usize,
}

impl Parser<'_> {
    fn error(&self, message: impl Into<String>) -> ShapeError {
        ShapeError {
            at: self.at,
            message: message.into(),
        }
    }

    fn skip_space(&mut self) {
        while self.peek() == Some(b' ') {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    /// Parses `sequence ("|" sequence)*`.
    fn choice(&mut self, depth: usize) -> Result<Vec<Items>, ShapeError> {
        if depth > 8 {
            return Err(self.error("groups are nested too deeply (8 at most)"));
        }
        let mut all = self.sequence(depth)?;
        self.skip_space();
        while self.eat(b'|') {
            all.extend(self.sequence(depth)?);
            self.skip_space();
        }
        self.bounded(all)
    }

    fn bounded(&self, all: Vec<Items>) -> Result<Vec<Items>, ShapeError> {
        if all.len() > MAX_SEQUENCES {
            return Err(self.error(format!(
                "the shape expands into more than {MAX_SEQUENCES} alternatives"
            )));
        }
        Ok(all)
    }

    fn sequence(&mut self, depth: usize) -> Result<Vec<Items>, ShapeError> {
        let mut all: Vec<Items> = vec![Vec::new()];
        loop {
            self.skip_space();
            let next = match self.peek() {
                None | Some(b')' | b'|' | b']') => return Ok(all),
                _ => self.item(depth)?,
            };
            let mut product = Vec::with_capacity(all.len() * next.len());
            for head in &all {
                for tail in &next {
                    product.push(head.iter().chain(tail).cloned().collect());
                }
            }
            all = self.bounded(product)?;
        }
    }

    /// Parses one literal, class, group or secret part with its repetition, as alternatives.
    fn item(&mut self, depth: usize) -> Result<Vec<Items>, ShapeError> {
        match self.peek() {
            Some(b'"') => {
                let bytes = self.literal()?;
                self.repeat(vec![vec![lit(bytes, false)]])
            }
            Some(b'i') if self.text.get(self.at + 1) == Some(&b'"') => {
                self.at += 1;
                let bytes = self.literal()?.to_ascii_lowercase();
                self.repeat(vec![vec![lit(bytes, true)]])
            }
            Some(b'(') => {
                self.at += 1;
                let inner = self.choice(depth + 1)?;
                if !self.eat(b')') {
                    return Err(self.error("the group is not closed; add `)`"));
                }
                self.repeat(inner)
            }
            Some(b'[') => {
                self.at += 1;
                let mut inner = self.choice(depth + 1)?;
                if !self.eat(b']') {
                    return Err(self.error("the secret part is not closed; add `]`"));
                }
                for items in &mut inner {
                    items.insert(0, Item::Open);
                    items.push(Item::Close);
                }
                Ok(inner)
            }
            Some(b) if b.is_ascii_alphabetic() => self.class(),
            _ => Err(self.error(
                "unexpected character; a shape is made of \"literal\", class{n}, (a|b), [secret]",
            )),
        }
    }

    fn literal(&mut self) -> Result<Vec<u8>, ShapeError> {
        self.at += 1;
        let mut out = Vec::new();
        loop {
            match self.peek() {
                None => return Err(self.error("the literal is not closed; add `\"`")),
                Some(b'"') => {
                    self.at += 1;
                    return Ok(out);
                }
                Some(b'\\') => {
                    self.at += 1;
                    out.push(match self.peek() {
                        Some(b'n') => b'\n',
                        Some(b'r') => b'\r',
                        Some(b't') => b'\t',
                        Some(c @ (b'"' | b'\\' | b'/')) => c,
                        _ => {
                            return Err(
                                self.error("unknown escape; \\n \\r \\t \\\" \\\\ are known")
                            );
                        }
                    });
                }
                Some(byte) => out.push(byte),
            }
            self.at += 1;
        }
    }

    fn class(&mut self) -> Result<Vec<Items>, ShapeError> {
        let start = self.at;
        while self
            .peek()
            .is_some_and(|b| b.is_ascii_alphanumeric() || b == b'_')
        {
            self.at += 1;
        }
        if self.eat(b'.') {
            while self
                .peek()
                .is_some_and(|b| b.is_ascii_punctuation() && !b"{}()[]|\"?".contains(&b))
            {
                self.at += 1;
            }
        }
        let name = std::str::from_utf8(&self.text[start..self.at]).unwrap_or("");
        let word = |set: ByteSet, n: u16| {
            Item::Step(Step::Run {
                set,
                min: n,
                max: n,
            })
        };
        let hyphen = || lit(b"-".to_vec(), false);
        let uuid = |set: ByteSet| {
            vec![vec![
                word(set, 8),
                hyphen(),
                word(set, 4),
                hyphen(),
                word(set, 4),
                hyphen(),
                word(set, 4),
                hyphen(),
                word(set, 12),
            ]]
        };
        let b64u = class::named("b64u").unwrap_or_default();
        let part = |min| {
            Item::Step(Step::Run {
                set: b64u,
                min,
                max: OPEN_RUN_MAX,
            })
        };
        let dot = || lit(b".".to_vec(), false);
        match name {
            "uuid" => return self.repeat(uuid(class::HEX)),
            "UUID" => return self.repeat(uuid(class::named("HEX").unwrap_or_default())),
            "uuidi" => return self.repeat(uuid(class::named("hexi").unwrap_or_default())),
            "jwt" => {
                let head = || lit(b"ey".to_vec(), false);
                return self.repeat(vec![vec![
                    head(),
                    part(15),
                    dot(),
                    head(),
                    part(10),
                    dot(),
                    part(20),
                ]]);
            }
            _ => {}
        }
        let Some(set) = class::named(name) else {
            let known: Vec<_> = class::names().collect();
            self.at = start;
            return Err(self.error(format!(
                "unknown class `{name}`; known: {}, uuid, jwt",
                known.join(" ")
            )));
        };
        let (min, max) = self.bounds()?;
        Ok(vec![vec![Item::Step(Step::Run { set, min, max })]])
    }

    /// Parses `{n}`, `{a..b}`, `{a..}` or `?` after a class. Without any, the class matches one
    /// byte.
    fn bounds(&mut self) -> Result<(u16, u16), ShapeError> {
        if self.eat(b'?') {
            return Ok((0, 1));
        }
        if !self.eat(b'{') {
            return Ok((1, 1));
        }
        let min = self.number()?;
        let mut max = min;
        if self.eat(b'.') {
            if !self.eat(b'.') {
                return Err(self.error("a range is written {a..b} or {a..}"));
            }
            max = if self.peek() == Some(b'}') {
                OPEN_RUN_MAX.max(min)
            } else {
                self.number()?
            };
        }
        if !self.eat(b'}') {
            return Err(self.error("the count is not closed; add `}`"));
        }
        if max < min {
            return Err(self.error("the upper bound is below the lower bound"));
        }
        Ok((min, max))
    }

    fn number(&mut self) -> Result<u16, ShapeError> {
        let start = self.at;
        while self.peek().is_some_and(|b| b.is_ascii_digit()) {
            self.at += 1;
        }
        std::str::from_utf8(&self.text[start..self.at])
            .ok()
            .and_then(|digits| digits.parse().ok())
            .ok_or_else(|| self.error("expected a number of bytes, at most 65535"))
    }

    /// Parses `?`, `{n}` or `{a..b}` after a literal or a group.
    fn repeat(&mut self, inner: Vec<Items>) -> Result<Vec<Items>, ShapeError> {
        let (min, max) = match self.peek() {
            Some(b'?' | b'{') => self.bounds()?,
            _ => return Ok(inner),
        };
        if max > 16 {
            return Err(self.error("a group may repeat at most 16 times"));
        }
        let mut out = Vec::new();
        // Most repetitions first, as a greedy regular expression tries them.
        for count in (min..=max).rev() {
            let mut all: Vec<Items> = vec![Vec::new()];
            for _ in 0..count {
                let mut product = Vec::new();
                for head in &all {
                    for tail in &inner {
                        product.push(head.iter().chain(tail).cloned().collect::<Items>());
                    }
                }
                all = self.bounded(product)?;
            }
            out.extend(all);
        }
        self.bounded(out)
    }
}

fn lit(bytes: Vec<u8>, fold: bool) -> Item {
    Item::Step(Step::Lit {
        bytes: bytes.into(),
        fold,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lit(text: &str) -> Step {
        Step::Lit {
            bytes: text.as_bytes().to_vec().into(),
            fold: false,
        }
    }

    fn run(name: &str, min: u16, max: u16) -> Step {
        Step::Run {
            set: class::named(name).unwrap(),
            min,
            max,
        }
    }

    #[test]
    fn runs_that_are_joined_can_be_longer_than_an_open_one() {
        let bounds = |text: &str| parse(text).unwrap()[0].len_bounds();
        assert_eq!(bounds("hex{3000}hex{3000}"), (6000, 6000));
        assert_eq!(bounds("hex{0..4000}hex{10..4000}"), (10, 8000));
        assert_eq!(bounds("hex{20..}hex{10}"), (30, 4096));
        assert_eq!(bounds("hex{5000}hex{1..}"), (5001, 5001));
        assert_eq!(bounds("hex{4096}hex{4096}"), (8192, 8192));
    }

    #[test]
    fn literals_runs_and_choices_expand_in_order() {
        let all = parse(r#"("AKIA"|"ASIA") B32{16}"#).unwrap();
        assert_eq!(all.len(), 2);
        assert_eq!(all[0].steps.as_ref(), [lit("AKIA"), run("B32", 16, 16)]);
        assert_eq!(all[1].steps.as_ref(), [lit("ASIA"), run("B32", 16, 16)]);
    }

    #[test]
    fn an_optional_group_is_tried_present_first() {
        let all = parse(r#""a" ("-" dig)? "z""#).unwrap();
        assert_eq!(
            all[0].steps.as_ref(),
            [lit("a-"), run("dig", 1, 1), lit("z")]
        );
        assert_eq!(all[1].steps.as_ref(), [lit("az")]);
    }

    #[test]
    fn brackets_mark_the_secret() {
        let all = parse(r#""Key=" [ b64{86} "==" ] ";""#).unwrap();
        assert_eq!(all[0].secret, (1, 3));
        assert_eq!(all[0].len_bounds(), (93, 93));
        assert_eq!(all[0].public_prefix(), 0);
    }

    #[test]
    fn neighbouring_steps_join_unless_the_secret_starts_between_them() {
        assert_eq!(
            parse(r#""a" "b" hex{2} hex{3..4}"#).unwrap()[0]
                .steps
                .as_ref(),
            [lit("ab"), run("hex", 5, 6)]
        );
        assert_eq!(parse(r#""a" ["b" hex]"#).unwrap()[0].steps.len(), 3);
    }

    #[test]
    fn errors_name_the_place() {
        let error = parse(r#""a" nope{3}"#).unwrap_err();
        assert_eq!(error.at, 4);
        assert!(error.message.contains("unknown class `nope`"));
        assert!(parse(r#""a"#).unwrap_err().message.contains("not closed"));
        assert!(parse("hex{4..2}").unwrap_err().message.contains("below"));
        assert!(parse("(hex").is_err());
        assert!(parse("hex)").is_err());
        assert!(parse("").is_err());
    }

    #[test]
    fn expansion_is_bounded() {
        assert!(
            parse(r#"("a"|"b"){16}"#)
                .unwrap_err()
                .message
                .contains("alternatives")
        );
    }
}
