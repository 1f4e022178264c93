//! One pattern with wildcards.
//!
//! The pattern becomes a list of steps. A match keeps the set of steps that it may be at,
//! byte by byte, so its time is bounded by the length of the pattern times that of the
//! path, and usually close to that of the path.

/// A compiled pattern.
pub(super) struct Wild {
    /// What a path or name must start with.
    literal: Box<[u8]>,
    steps: Box<[Step]>,
    classes: Vec<Class>,
    /// Whether the pattern is compared with a path. Otherwise it is compared with a name.
    is_path: bool,
}

/// The set of bytes in a class: `[a-z]`.
type Class = [u64; 4];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Byte(u8),
    /// `?`: any byte but `/`.
    Any,
    Class(u32),
    /// `*`: any bytes but `/`.
    Star,
    /// `**`: any bytes.
    Deep,
    /// The two steps after it, `**` and `/`, may match nothing.
    Optional,
    /// Matches nothing: the pattern is malformed from here on.
    Never,
}

/// Memory that matches share.
#[derive(Default)]
pub struct Scratch {
    now: Vec<u32>,
    next: Vec<u32>,
    /// By step: the round in which it was added last.
    added: Vec<u64>,
    round: u64,
}

impl Wild {
    /// Compiles `text`, whose first `literal` bytes are not special. `starts` says whether
    /// `**` at the end of these bytes is at the start of a name. `fold` expects paths in
    /// lower case.
    pub(super) fn new(
        text: &[u8],
        literal: usize,
        is_path: bool,
        starts: bool,
        fold: bool,
    ) -> Self {
        let mut wild = Self {
            literal: super::key(&text[..literal], fold),
            steps: Box::default(),
            classes: Vec::new(),
            is_path,
        };
        let mut steps = Vec::new();
        let text = &text[literal..];
        let mut at = 0;
        while let Some(byte) = text.get(at) {
            at += 1;
            match byte {
                // git does not fold an escaped letter.
                b'\\' => {
                    steps.push(text.get(at).map_or(Step::Never, |byte| Step::Byte(*byte)));
                    at += 1;
                }
                b'?' => steps.push(Step::Any),
                b'*' => {
                    let before = at - 1;
                    at += text[at..].iter().take_while(|byte| **byte == b'*').count();
                    let rest = &text[at..];
                    let starts = match before {
                        0 => starts,
                        _ => text[before - 1] == b'/',
                    };
                    let ends = rest.is_empty() || rest[0] == b'/' || rest.starts_with(b"\\/");
                    let deep = at - before > 1 && starts && ends;
                    let dirs = [Step::Optional, Step::Deep, Step::Byte(b'/')];
                    match (deep, rest.first()) {
                        // `**/**/` is `**/`: otherwise, each would be a step to keep.
                        (true, Some(b'/')) if steps.ends_with(&dirs) => at += 1,
                        (true, Some(b'/')) => steps.extend([Step::Optional, Step::Deep]),
                        (true, _) => steps.push(Step::Deep),
                        (false, _) => steps.push(Step::Star),
                    }
                }
                b'[' => match class(&text[at..], fold) {
                    Some((class, length)) => {
                        steps.push(Step::Class(wild.classes.len() as u32));
                        wild.classes.push(class);
                        at += length;
                    }
                    None => {
                        steps.push(Step::Never);
                        break;
                    }
                },
                byte if fold => steps.push(Step::Byte(byte.to_ascii_lowercase())),
                byte => steps.push(Step::Byte(*byte)),
            }
        }
        wild.steps = steps.into();
        wild
    }

    /// Whether the pattern matches all of `path`, or of `name` if it has no `/`.
    pub(super) fn matches(&self, path: &[u8], name: &[u8], scratch: &mut Scratch) -> bool {
        let text = if self.is_path { path } else { name };
        let Some(text) = text.strip_prefix(&*self.literal) else {
            return false;
        };
        // Most patterns fail here, without any set.
        if let (Some(Step::Byte(last)), Some(end)) = (self.steps.last(), text.last())
            && last != end
        {
            return false;
        }
        scratch.begin(self.steps.len() + 1);
        self.enter(0, scratch);
        for byte in text {
            std::mem::swap(&mut scratch.now, &mut scratch.next);
            scratch.next.clear();
            scratch.round += 1;
            let now = std::mem::take(&mut scratch.now);
            for at in &now {
                let at = *at as usize;
                match self.steps.get(at) {
                    Some(Step::Byte(wanted)) if wanted == byte => self.enter(at + 1, scratch),
                    Some(Step::Any) if *byte != b'/' => self.enter(at + 1, scratch),
                    Some(Step::Class(class))
                        if *byte != b'/' && has(&self.classes[*class as usize], *byte) =>
                    {
                        self.enter(at + 1, scratch);
                    }
                    Some(Step::Star) if *byte != b'/' => self.enter(at, scratch),
                    Some(Step::Deep) => self.enter(at, scratch),
                    _ => {}
                }
            }
            scratch.now = now;
            if scratch.next.is_empty() {
                return false;
            }
        }
        scratch.next.contains(&(self.steps.len() as u32))
    }

    /// Adds a step to the next set, and the steps after it that nothing need come before.
    fn enter(&self, at: usize, scratch: &mut Scratch) {
        let mut at = at;
        let mut also = None;
        loop {
            let step = self.steps.get(at);
            if scratch.added[at] != scratch.round {
                scratch.added[at] = scratch.round;
                match step {
                    // What follows is another kind of step, so there is only one.
                    Some(Step::Optional) => also = Some(at + 3),
                    _ => scratch.next.push(at as u32),
                }
                if let Some(Step::Optional | Step::Star | Step::Deep) = step {
                    at += 1;
                    continue;
                }
            }
            match also.take() {
                Some(next) => at = next,
                None => return,
            }
        }
    }
}

impl Scratch {
    fn begin(&mut self, steps: usize) {
        self.now.clear();
        self.next.clear();
        self.round += 1;
        if self.added.len() < steps {
            self.added.resize(steps, 0);
        }
    }
}

fn has(class: &Class, byte: u8) -> bool {
    class[usize::from(byte >> 6)] >> (byte & 63) & 1 == 1
}

fn put(class: &mut Class, byte: u8) {
    class[usize::from(byte >> 6)] |= 1 << (byte & 63);
}

/// Reads a class after its `[`; returns it and its length with the `]`. None if it does not
/// end, or names an unknown kind: git then matches nothing.
fn class(text: &[u8], fold: bool) -> Option<(Class, usize)> {
    let mut members = Class::default();
    let mut ranges = Class::default();
    let negated = matches!(text.first(), Some(b'!' | b'^'));
    let mut at = usize::from(negated);
    let mut before = None;
    // A `]` at the start is a member.
    loop {
        let byte = *text.get(at)?;
        at += 1;
        let mut this = Some(byte);
        match byte {
            b'\\' => {
                let escaped = *text.get(at)?;
                at += 1;
                put(&mut members, escaped);
                this = Some(escaped);
            }
            b'-' if before.is_some() && text.get(at).is_some_and(|next| *next != b']') => {
                let mut to = text[at];
                at += 1;
                if to == b'\\' {
                    to = *text.get(at)?;
                    at += 1;
                }
                for byte in before.unwrap_or(to)..=to {
                    put(&mut ranges, byte);
                }
                this = None;
            }
            b'[' if text.get(at) == Some(&b':') => {
                let start = at + 1;
                let end = start + memchr::memchr(b']', &text[start..])?;
                if end > start && text[end - 1] == b':' {
                    kind(&text[start..end - 1], fold, &mut members)?;
                    at = end + 1;
                    this = None;
                } else {
                    put(&mut members, b'[');
                }
            }
            byte => put(&mut members, byte),
        }
        before = this;
        if *text.get(at)? == b']' {
            break;
        }
    }
    let mut class = Class::default();
    for byte in 0..=u8::MAX {
        let upper = fold && byte.is_ascii_lowercase() && has(&ranges, byte.to_ascii_uppercase());
        if (has(&members, byte) || has(&ranges, byte) || upper) != negated {
            put(&mut class, byte);
        }
    }
    Some((class, at + 1))
}

/// Adds the bytes of a kind, as in `[[:space:]]`. None if there is no such kind.
fn kind(name: &[u8], fold: bool, class: &mut Class) -> Option<()> {
    let is: fn(&u8) -> bool = match name {
        b"alnum" => u8::is_ascii_alphanumeric,
        b"alpha" => u8::is_ascii_alphabetic,
        b"blank" => |byte| matches!(byte, b' ' | b'\t'),
        b"cntrl" => u8::is_ascii_control,
        b"digit" => u8::is_ascii_digit,
        b"graph" => u8::is_ascii_graphic,
        b"lower" => u8::is_ascii_lowercase,
        b"print" => |byte| matches!(byte, 0x20..=0x7e),
        b"punct" => u8::is_ascii_punctuation,
        // git knows no vertical tab and no form feed here.
        b"space" => |byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'),
        b"upper" if fold => u8::is_ascii_lowercase,
        b"upper" => u8::is_ascii_uppercase,
        b"xdigit" => u8::is_ascii_hexdigit,
        _ => return None,
    };
    (0..=u8::MAX).filter(is).for_each(|byte| put(class, byte));
    Some(())
}
