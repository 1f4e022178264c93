//! Translates Go's regular expressions (RE2) for the `regex` crate, so that they match
//! the same bytes.
//!
//! Rewrites what differs. Classes are ASCII as in Go (`\s` has no vertical tab, `\w` no
//! umlaut). A `{` that opens no repetition is a literal. Inside a class, `[`, `&&`,
//! `--` and `~~` are literals. `.` and negated classes match a whole UTF-8 character,
//! or a byte that is not UTF-8. Source: the documentation of Go's `regexp/syntax`.

use std::sync::OnceLock;

use regex::bytes::{Regex, RegexBuilder};

use super::class::Class;

/// Go rejects repetitions, and products of nested ones, above this.
const MAX_REPEAT: u32 = 1000;
/// The longest expression that is read, in bytes, including joined lists of an
/// allowlist.
const MAX_LEN: usize = 256 * 1024;
/// The product of length and repetitions up to which an expression certainly compiles.
/// Each unit takes a few hundred bytes.
const SURELY_SMALL: usize = 100_000;
/// The most memory of one compiled expression.
const SIZE_LIMIT: usize = 64 << 20;
/// The most memory of its lazily built automaton, per thread.
const DFA_LIMIT: usize = 4 << 20;

/// An expression in both syntaxes; compiled on first use.
#[derive(Debug)]
pub struct Pattern {
    /// The expression as configured.
    pub source: String,
    /// The expression for the `regex` crate.
    pub translated: String,
    /// The expressions that it was joined from, if any.
    pub parts: Vec<String>,
    /// The number of capture groups.
    pub groups: usize,
    /// Whether case is ignored at its end, and so in an expression joined after it.
    pub leaks: bool,
    /// Its length times its repetitions: a rough measure of compiled size, some tens of
    /// bytes per unit.
    pub size: usize,
    compiled: OnceLock<Option<Regex>>,
}

impl Clone for Pattern {
    fn clone(&self) -> Self {
        Self {
            source: self.source.clone(),
            translated: self.translated.clone(),
            parts: self.parts.clone(),
            groups: self.groups,
            leaks: self.leaks,
            size: self.size,
            compiled: self.compiled.clone(),
        }
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl Pattern {
    /// Translates an expression in Go's syntax.
    ///
    /// # Errors
    /// Returns what is wrong with it.
    pub fn new(source: &str) -> Result<Self, String> {
        let translated = translate(source, 0)?;
        let size = translated
            .pattern
            .len()
            .saturating_mul(translated.repeat as usize);
        let pattern = Self {
            source: source.to_owned(),
            parts: vec![source.to_owned()],
            groups: translated.groups,
            leaks: translated.leaks,
            size,
            translated: translated.pattern,
            compiled: OnceLock::new(),
        };
        // Compiling a whole configuration takes longer than most scans. A small
        // expression that was read above is known to compile.
        if size > SURELY_SMALL {
            pattern.check()?;
        }
        Ok(pattern)
    }

    /// Returns the translated expression with group number `group`, from 1, named
    /// `secret`.
    ///
    /// # Errors
    /// Returns an error if there is no such group.
    pub(crate) fn with_secret(&self, group: usize) -> Result<String, String> {
        if group == 0 || group > self.groups {
            return Err(format!("the regex has no group {group}"));
        }
        translate(&self.source, group).map(|translated| translated.pattern)
    }

    /// Compiles the expression now.
    ///
    /// # Errors
    /// Returns an error if it exceeds the size limit or is invalid.
    pub fn check(&self) -> Result<(), String> {
        match compile(&self.translated) {
            Ok(regex) => {
                let _ = self.compiled.set(Some(regex));
                Ok(())
            }
            Err(why) => Err(why),
        }
    }

    /// Returns the compiled expression; `None` only if [`check`](Self::check) rejects
    /// it.
    pub(crate) fn regex(&self) -> Option<&Regex> {
        self.compiled
            .get_or_init(|| compile(&self.translated).ok())
            .as_ref()
    }

    /// Whether it matches in `text`.
    pub fn is_match(&self, text: &[u8]) -> bool {
        self.regex().is_some_and(|regex| regex.is_match(text))
    }
}

fn compile(pattern: &str) -> Result<Regex, String> {
    RegexBuilder::new(pattern)
        .unicode(false)
        .size_limit(SIZE_LIMIT)
        .dfa_size_limit(DFA_LIMIT)
        .build()
        .map_err(|e| match e {
            regex::Error::CompiledTooBig(_) => {
                "it takes too much memory; make its repetitions smaller".to_owned()
            }
            other => {
                let text = other.to_string();
                let last = text.lines().last().unwrap_or_default();
                last.trim_start_matches("error: ").to_owned()
            }
        })
}

/// A translated expression.
#[derive(Debug)]
struct Translated {
    pattern: String,
    groups: usize,
    leaks: bool,
    /// The largest product of nested repetitions.
    repeat: u32,
}

/// Translates an expression.
fn translate(source: &str, secret: usize) -> Result<Translated, String> {
    if source.len() > MAX_LEN {
        return Err(format!("it is longer than {MAX_LEN} bytes"));
    }
    let mut reader = Reader {
        rest: source,
        out: String::with_capacity(source.len() + 16),
        groups: 0,
        secret,
        fold: false,
        open: Vec::new(),
        atom: None,
        repeat: 1,
    };
    while let Some(c) = reader.next() {
        reader.token(c)?;
    }
    if reader.open.is_empty() {
        Ok(Translated {
            pattern: reader.out,
            groups: reader.groups,
            leaks: reader.fold,
            repeat: reader.repeat,
        })
    } else {
        Err("missing `)`".to_owned())
    }
}

/// A group that is not closed yet.
struct Open {
    fold: bool,
    /// The largest product of repetitions so far in the enclosing group.
    repeat: u32,
}

struct Reader<'a> {
    rest: &'a str,
    out: String,
    groups: usize,
    /// The number of the group to name `secret`; 0 for none.
    secret: usize,
    /// Whether case is ignored here.
    fold: bool,
    open: Vec<Open>,
    /// The product of repetitions inside the atom that a repetition would apply to;
    /// `None` if there is nothing to repeat.
    atom: Option<u32>,
    /// The largest product of repetitions so far in the group.
    repeat: u32,
}

impl Reader<'_> {
    fn next(&mut self) -> Option<char> {
        let c = self.rest.chars().next()?;
        self.rest = &self.rest[c.len_utf8()..];
        Some(c)
    }

    fn eat(&mut self, text: &str) -> bool {
        match self.rest.strip_prefix(text) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn token(&mut self, c: char) -> Result<(), String> {
        match c {
            '(' => self.group(),
            ')' => {
                let open = self.open.pop().ok_or("unexpected `)`")?;
                self.out.push(')');
                self.atom = Some(self.repeat);
                self.repeat = self.repeat.max(open.repeat);
                self.fold = open.fold;
                Ok(())
            }
            '|' => {
                self.out.push('|');
                self.atom = None;
                Ok(())
            }
            '[' => {
                let class = self.class()?;
                self.put_class(&class);
                Ok(())
            }
            '.' => {
                self.put(r"(?:(?u:.)|[\x80-\xFF])");
                Ok(())
            }
            '^' | '$' => {
                self.out.push(c);
                self.atom = Some(1);
                Ok(())
            }
            '*' | '+' | '?' => self.repetition(c.encode_utf8(&mut [0; 4]), 1),
            '{' => match counts(self.rest) {
                Some((text, least, most)) if least > most => {
                    Err(format!("`{{{text}`: the minimum exceeds the maximum"))
                }
                Some((text, _, most)) => {
                    self.rest = &self.rest[text.len()..];
                    self.repetition(&format!("{{{text}"), most)
                }
                None => {
                    self.literal('{');
                    Ok(())
                }
            },
            '\\' => self.escape(),
            c => {
                self.literal(c);
                Ok(())
            }
        }
    }

    fn put(&mut self, text: &str) {
        self.out.push_str(text);
        self.atom = Some(1);
    }

    fn literal(&mut self, c: char) {
        if c.is_ascii() {
            if c.is_ascii_alphanumeric() || matches!(c, ' ' | '_' | '/' | '"' | '\'' | '<' | '>') {
                self.out.push(c);
            } else {
                self.out.push_str(&format!("\\x{:02X}", c as u32));
            }
        } else {
            let mut buffer = [0; 4];
            self.out.push_str("(?:");
            for byte in c.encode_utf8(&mut buffer).bytes() {
                self.out.push_str(&format!("\\x{byte:02X}"));
            }
            self.out.push(')');
        }
        self.atom = Some(1);
    }

    fn group(&mut self) -> Result<(), String> {
        let open = Open {
            fold: self.fold,
            repeat: self.repeat,
        };
        if !self.eat("?") {
            self.capture();
        } else if self.eat("P<") || self.is_named() {
            // Group names do not affect matches.
            let end = self.rest.find('>').ok_or("a group name is not closed")?;
            self.rest = &self.rest[end + 1..];
            self.capture();
        } else if ["=", "!", "<=", "<!"].iter().any(|look| self.eat(look)) {
            return Err("look-around is not part of Go's syntax".to_owned());
        } else if self.flags()? {
            return Ok(());
        }
        // The flags of `(?i:` apply only inside; `open` keeps the outer ones.
        self.open.push(open);
        self.atom = None;
        self.repeat = 1;
        Ok(())
    }

    fn capture(&mut self) {
        self.groups += 1;
        self.out.push('(');
        if self.groups == self.secret {
            self.out.push_str("?P<secret>");
        }
    }

    fn is_named(&mut self) -> bool {
        let mut after = self.rest.chars();
        let named = after.next() == Some('<')
            && after
                .next()
                .is_some_and(|c| c.is_ascii_alphanumeric() || c == '_');
        if named {
            self.rest = &self.rest[1..];
        }
        named
    }

    /// Reads `i)` of `(?i)` or `i:` of `(?i:`; returns whether it was the former.
    fn flags(&mut self) -> Result<bool, String> {
        // Go allows a flag several times; the last one wins.
        let mut flags: Vec<(char, bool)> = Vec::new();
        let (mut on, mut missing) = (true, false);
        let end = loop {
            match self.next() {
                Some('-') if on => (on, missing) = (false, true),
                Some(c @ ('i' | 'm' | 's' | 'U')) => {
                    if c == 'i' {
                        self.fold = on;
                    }
                    flags.retain(|(known, _)| *known != c);
                    flags.push((c, on));
                    missing = false;
                }
                Some(end @ (':' | ')')) => break end,
                _ => return Err("unknown flag or group after `(?`".to_owned()),
            }
        };
        if missing {
            return Err("flags are missing after `-`".to_owned());
        }
        if flags.is_empty() && end == ')' {
            return Err("missing argument to `(?`".to_owned());
        }
        self.out.push_str("(?");
        let with = |on: bool| {
            flags
                .iter()
                .filter(move |(_, is)| *is == on)
                .map(|(c, _)| *c)
        };
        self.out.extend(with(true));
        if with(false).next().is_some() {
            self.out.push('-');
            self.out.extend(with(false));
        }
        self.out.push(end);
        // `(?i)*` repeats nothing.
        self.atom = None;
        Ok(end == ')')
    }

    fn repetition(&mut self, operator: &str, most: u32) -> Result<(), String> {
        let inside = self
            .atom
            .take()
            .ok_or_else(|| format!("`{operator}` has nothing to repeat"))?;
        let product = inside.saturating_mul(most.max(1));
        if product > MAX_REPEAT {
            return Err(format!(
                "repetitions multiply to more than {MAX_REPEAT}, which Go rejects"
            ));
        }
        self.repeat = self.repeat.max(product);
        self.out.push_str(operator);
        if self.eat("?") {
            self.out.push('?');
        }
        Ok(())
    }

    /// Reads the rest of an escape outside a class, after `\`.
    fn escape(&mut self) -> Result<(), String> {
        let Some(c) = self.next() else {
            return Err("a `\\` at the end".to_owned());
        };
        match c {
            'A' | 'z' | 'b' | 'B' => {
                self.out.push('\\');
                self.out.push(c);
                self.atom = Some(1);
            }
            'Q' => {
                let (text, rest) = self.rest.split_once("\\E").unwrap_or((self.rest, ""));
                self.rest = rest;
                text.chars().for_each(|c| self.literal(c));
            }
            'd' | 'D' | 's' | 'S' | 'w' | 'W' | 'p' | 'P' => {
                let mut class = Class::default();
                self.class_escape(c, &mut class)?;
                self.put_class(&class);
            }
            other => {
                let c = self.character(other)?;
                self.literal(c);
            }
        }
        Ok(())
    }

    /// Returns the character that `\` and `c` stand for, inside or outside a class.
    fn character(&mut self, c: char) -> Result<char, String> {
        Ok(match c {
            'a' => '\x07',
            'f' => '\x0C',
            't' => '\t',
            'n' => '\n',
            'r' => '\r',
            'v' => '\x0B',
            'x' => return self.hexadecimal(),
            '0' => self.octal(0),
            '1'..='7' if self.rest.starts_with(|c| matches!(c, '0'..='7')) => {
                self.octal(u32::from(c) - u32::from('0'))
            }
            '1'..='9' => return Err("backreferences are not part of Go's syntax".to_owned()),
            'Z' => return Err(r"`\Z` is not part of Go's syntax; `\z` is".to_owned()),
            c if c.is_ascii_punctuation() || !c.is_ascii() || c == ' ' => c,
            c => return Err(format!("unknown escape `\\{}`", c.escape_debug())),
        })
    }

    fn octal(&mut self, first: u32) -> char {
        let mut value = first;
        for _ in 0..2 {
            let Some(digit) = self.rest.chars().next().and_then(|c| c.to_digit(8)) else {
                break;
            };
            self.rest = &self.rest[1..];
            value = value * 8 + digit;
        }
        char::from_u32(value).unwrap_or('\0')
    }

    fn hexadecimal(&mut self) -> Result<char, String> {
        let bad = || r"`\x` needs two hexadecimal digits or {…}".to_owned();
        let digits = if self.eat("{") {
            let (digits, rest) = self.rest.split_once('}').ok_or_else(bad)?;
            self.rest = rest;
            digits
        } else {
            let digits = self.rest.get(..2).ok_or_else(bad)?;
            self.rest = &self.rest[2..];
            digits
        };
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(bad());
        }
        u32::from_str_radix(digits, 16)
            .ok()
            .and_then(char::from_u32)
            .ok_or_else(|| format!(r"`\x{{{digits}}}` is not a character"))
    }

    /// Reads a class after its `[`.
    fn class(&mut self) -> Result<Class, String> {
        let unclosed = || "missing `]`".to_owned();
        let mut class = Class::default();
        let negated = self.eat("^");
        let mut first = true;
        loop {
            let c = self.next().ok_or_else(unclosed)?;
            if c == ']' && !first {
                break;
            }
            first = false;
            if c == '[' && self.rest.starts_with(':') && self.posix(&mut class)? {
                continue;
            }
            let low = if c == '\\' {
                let c = self.next().ok_or_else(unclosed)?;
                if matches!(c, 'd' | 'D' | 's' | 'S' | 'w' | 'W' | 'p' | 'P') {
                    self.class_escape(c, &mut class)?;
                    continue;
                }
                self.character(c)?
            } else {
                c
            };
            let mut high = low;
            if self.rest.starts_with('-') && !self.rest.starts_with("-]") {
                self.eat("-");
                let c = self.next().ok_or_else(unclosed)?;
                high = if c == '\\' {
                    let c = self.next().ok_or_else(unclosed)?;
                    self.character(c)?
                } else {
                    c
                };
            }
            if high < low {
                return Err(format!(
                    "the range `{}-{}` is reversed",
                    low.escape_debug(),
                    high.escape_debug()
                ));
            }
            class.add(low, high);
        }
        if self.fold {
            class.fold();
        }
        if negated {
            class.negate();
        }
        Ok(class)
    }

    /// Reads `[:alpha:]` inside a class; returns false if there is none, so that `[` is
    /// a literal.
    fn posix(&mut self, class: &mut Class) -> Result<bool, String> {
        let after = &self.rest[1..];
        let Some((name, rest)) = after.split_once(":]") else {
            return Ok(false);
        };
        let (negated, name) = match name.strip_prefix('^') {
            Some(name) => (true, name),
            None => (false, name),
        };
        let test: fn(&u8) -> bool = match name {
            "alnum" => u8::is_ascii_alphanumeric,
            "alpha" => u8::is_ascii_alphabetic,
            "ascii" => u8::is_ascii,
            "blank" => |b| matches!(b, b' ' | b'\t'),
            "cntrl" => u8::is_ascii_control,
            "digit" => u8::is_ascii_digit,
            "graph" => u8::is_ascii_graphic,
            "lower" => u8::is_ascii_lowercase,
            "print" => |b| b.is_ascii_graphic() || *b == b' ',
            "punct" => u8::is_ascii_punctuation,
            "space" => |b| matches!(b, b'\t'..=b'\r' | b' '),
            "upper" => u8::is_ascii_uppercase,
            "word" => |b| b.is_ascii_alphanumeric() || *b == b'_',
            "xdigit" => u8::is_ascii_hexdigit,
            _ => return Err(format!("unknown class `[:{}:]`", name.escape_debug())),
        };
        let mut set = Class::of(test);
        if negated {
            set.negate();
        }
        class.join(&set);
        self.rest = rest;
        Ok(true)
    }

    /// Adds the class of `\d`, `\W` or `\pL` to `class`.
    fn class_escape(&mut self, c: char, class: &mut Class) -> Result<(), String> {
        let mut set = match c.to_ascii_lowercase() {
            'd' => Class::of(u8::is_ascii_digit),
            // Unlike in other dialects, `\s` has no vertical tab in Go.
            's' => Class::of(|b| matches!(b, b'\t' | b'\n' | 0x0c | b'\r' | b' ')),
            'w' => Class::of(|b| b.is_ascii_alphanumeric() || *b == b'_'),
            _ => self.unicode()?,
        };
        if c.is_ascii_uppercase() {
            set.negate();
        }
        class.join(&set);
        Ok(())
    }

    /// Reads `\pL` or `\p{Lu}` after its `p`. Letters beyond ASCII are not
    /// distinguished and belong to every letter class.
    fn unicode(&mut self) -> Result<Class, String> {
        let name = if self.eat("{") {
            let (name, rest) = self.rest.split_once('}').ok_or(r"`\p{` is not closed")?;
            self.rest = rest;
            name
        } else {
            let c = self.rest.chars().next().ok_or(r"`\p` needs a name")?;
            let (name, rest) = self.rest.split_at(c.len_utf8());
            self.rest = rest;
            name
        };
        let mut class = match name {
            "L" | "Latin" => Class::of(u8::is_ascii_alphabetic),
            "Lu" => Class::of(u8::is_ascii_uppercase),
            "Ll" => Class::of(u8::is_ascii_lowercase),
            "N" | "Nd" => return Ok(Class::of(u8::is_ascii_digit)),
            _ => {
                return Err(format!(
                    r"`\p{{{}}}` needs Unicode tables, which are not included; list its characters",
                    name.escape_debug()
                ));
            }
        };
        class.add('\u{80}', char::MAX);
        Ok(class)
    }

    fn put_class(&mut self, class: &Class) {
        let text = class.text();
        self.put(&text);
    }
}

/// Reads the counts between `{` and `}` as text and numbers. A missing second number
/// equals the first. Returns `None` if `{` opens no repetition and is a literal.
fn counts(rest: &str) -> Option<(&str, u32, u32)> {
    let end = rest.find('}')?;
    let inside = &rest[..end];
    let (low, high) = inside.split_once(',').unwrap_or((inside, inside));
    let number = |text: &str| -> Option<u32> {
        let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        // A number that does not fit exceeds every limit.
        digits.then(|| text.parse().unwrap_or(u32::MAX))
    };
    let low = number(low)?;
    let high = if high.is_empty() { low } else { number(high)? };
    Some((&rest[..=end], low, high))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(pattern: &str, text: &[u8]) -> Option<(usize, usize)> {
        let pattern = Pattern::new(pattern).unwrap_or_else(|e| panic!("{pattern}: {e}"));
        pattern.check().unwrap();
        pattern.regex()?.find(text).map(|m| (m.start(), m.end()))
    }

    fn is(pattern: &str, text: &str) -> bool {
        found(pattern, text.as_bytes()).is_some()
    }

    #[test]
    fn classes_are_ascii_as_in_go() {
        assert!(!is(r"^\w$", "ä"));
        assert!(!is(r"^\d$", "٣"));
        assert!(!is(r"^\s$", "\x0b"));
        assert!(is(r"^[[:space:]]$", "\x0b"));
        assert!(!is(r"^[\s]$", "\u{a0}"));
        assert!(is(r"\bkey\b", "äkeyä"));
        assert!(is(r"^[[:^alpha:]]$", "1"));
        assert!(is(r"^[^[:alpha:]]$", "ä"));
    }

    #[test]
    fn braces_without_counts_are_literals() {
        assert!(is(r"^\${[a-z]+}$", "${abc}"));
        assert!(is(r"^{{x}}$", "{{x}}"));
        assert!(is(r"^a{,3}$", "a{,3}"));
        assert!(is(r"^a{2,3}$", "aaa"));
        assert!(!is(r"^a{2}$", "aaa"));
        assert!(is(r"^a{x$", "a{x"));
    }

    #[test]
    fn operators_of_sets_are_literals_inside_classes() {
        assert!(is(r"^[a&&b]+$", "&ab"));
        assert!(is(r"^[a~~b]+$", "~"));
        assert!(is(r"^[[a]+$", "[["));
        assert!(is(r"^[\w--/]+$", "-./a"));
        assert!(is(r"^[]a]+$", "]a"));
        assert!(is(r"^[^]a]+$", "bc"));
        assert!(is(r"^[a\-z]+$", "-"));
        assert!(!is(r"^[a\-z]+$", "b"));
        assert!(is(r"^[\x60'\]]+$", "`]'"));
    }

    #[test]
    fn dots_and_negated_classes_take_whole_characters_or_stray_bytes() {
        assert_eq!(found("^..$", "äö".as_bytes()), Some((0, 4)));
        assert_eq!(found("^[^a]$", "ä".as_bytes()), Some((0, 2)));
        assert_eq!(found("^.$", b"\xe4"), Some((0, 1)));
        assert_eq!(found(r"^\W$", b"\xe4"), Some((0, 1)));
        assert!(is("^[ä-ü]$", "ö"));
        assert!(!is("^[ä-ü]$", "a"));
        assert!(!is("^[^ä]$", "ä"));
        assert!(is("^ä{2}$", "ää"));
        assert!(!is("^.$", "\n"));
        assert!(is("(?s)^.$", "\n"));
    }

    #[test]
    fn flags_hold_to_the_end_of_their_group() {
        assert!(is("^(?i)ab$", "AB"));
        assert!(is("^(?:(?i)a)b$", "Ab"));
        assert!(!is("^(?:(?i)a)b$", "AB"));
        assert!(!is("^(?i:a)b$", "AB"));
        assert!(is("^(?i:[a-c])$", "B"));
        assert!(!is("(?i)^[^a]$", "A"));
        assert!(is("(?i)^(?-i:a)b$", "aB"));
        assert!(!is("(?i)^(?-i:[a])b$", "AB"));
        assert!(is("(?:(?i)zzz|b)", "B"), "a flag goes on over `|`");
    }

    #[test]
    fn flags_may_be_said_more_than_once() {
        assert!(is("(?ii)^a$", "A") && is("(?i-ii:a)", "a") && is("^(?isi:a.)$", "A\n"));
        assert!(!is("(?i-i)^a$", "A") && !is("^(?i-i:a)$", "A"));
        assert!(Pattern::new("(?i-)a").is_err() && Pattern::new("(?-:a)").is_err());
    }

    #[test]
    fn the_end_of_text_is_written_as_in_go() {
        assert!(is(r"a\z", "a"));
        assert!(!is(r"a$", "a\n"));
        assert!(is(r"(?m)a$", "a\nb"));
        assert!(Pattern::new(r"a\Z").is_err());
    }

    #[test]
    fn escapes_are_those_of_go() {
        assert!(is(r"^\x41\x{42}\103\t\.\/\-\_$", "ABC\t./-_"));
        assert!(is(r"^\Qa.b*\E+$", "a.b**"));
        assert!(is(r"^\pL$", "ä"));
        assert!(is(r"^[\p{Lu}\d]$", "A"));
    }

    #[test]
    fn groups_are_counted_named_ones_as_well() {
        assert_eq!(Pattern::new("(a)(?:b)(?P<x>c)(?<y>d)").unwrap().groups, 3);
    }

    #[test]
    fn what_go_refuses_is_refused_in_words() {
        for (pattern, why) in [
            ("(", "missing `)`"),
            (")", "unexpected `)`"),
            ("[a", "missing `]`"),
            ("*a", "nothing to repeat"),
            ("a**", "nothing to repeat"),
            ("(?=a)", "look-around"),
            (r"(a)\1", "backreferences"),
            ("a{1001}", "1000"),
            ("(a{40}){40}", "1000"),
            ("[b-a]", "reversed"),
            (r"\y", "unknown escape"),
            (r"\p{Greek}", "Unicode tables"),
            ("(?x)a", "unknown flag"),
            (r"a\", "at the end"),
            (r"\x4", "hexadecimal"),
            ("[[:nothing:]]", "unknown class"),
        ] {
            let error = Pattern::new(pattern).expect_err(pattern);
            assert!(error.contains(why), "{pattern}: {error}");
        }
    }

    #[test]
    fn a_repetition_that_ends_before_it_begins_is_refused() {
        for pattern in ["x{5,3}", "(a|b){2,1}?", "a{10,9}"] {
            let error = Pattern::new(pattern).expect_err(pattern);
            assert!(error.contains("minimum exceeds the maximum"), "{error}");
        }
        assert!(is("^x{2,}$", "xxx") && is("^x{2,2}$", "xx") && is("^x{,3}$", "x{,3}"));
    }

    #[test]
    fn what_is_translated_compiles() {
        let mut seed = 7u64;
        let alphabet: Vec<char> = r"ab(|)[]{}1,3*+?.^$\dwsxQE-&~:iä ".chars().collect();
        let mut understood = 0;
        for _ in 0..20_000 {
            let mut text = String::new();
            for _ in 0..12 {
                seed ^= seed << 13;
                seed ^= seed >> 7;
                seed ^= seed << 17;
                text.push(alphabet[(seed % alphabet.len() as u64) as usize]);
            }
            if let Ok(pattern) = Pattern::new(&text) {
                understood += 1;
                if let Err(why) = pattern.check() {
                    panic!("{text} -> {}: {why}", pattern.translated);
                }
            }
        }
        assert!(understood > 1000, "{understood}");
    }
}
