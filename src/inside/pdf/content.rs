//! Content streams: the text that a page shows.

use super::super::budget::HELD;
use super::font::Font;
use super::token::{Token, Tokens, decoded};

/// The most numbers that are kept for an operator.
const OPERANDS: usize = 6;

/// The most parts of a text that are kept for an operator.
const PARTS: usize = 1 << 18;

/// How many bytes of a text are written at once. It is even: a code may have two.
const PART: usize = 4096;

/// Where text is written.
struct Place {
    /// Where the current line begins, in units of the page.
    line: (f64, f64),
    /// How many units of the page one of the text has.
    scale: f64,
    size: f64,
    leading: f64,
    /// How far characters and words are apart, besides.
    apart: (f64, f64),
    before: Option<Before>,
}

/// A text that was written.
#[derive(Clone, Copy)]
struct Before {
    /// Where its line begins.
    line: (f64, f64),
    /// Where it ends, if its font tells.
    end: Option<f64>,
    /// How many characters there are since the line began.
    count: f64,
}

impl Place {
    fn new() -> Self {
        Self {
            line: (0.0, 0.0),
            scale: 1.0,
            size: 1.0,
            leading: 0.0,
            apart: (0.0, 0.0),
            before: None,
        }
    }

    /// How far lines are apart.
    fn leading(&self) -> f64 {
        if self.leading == 0.0 {
            self.size
        } else {
            self.leading
        }
    }

    /// Notes what numbers in front of an operator say.
    fn note(&mut self, word: &[u8], numbers: [f64; OPERANDS]) {
        let [a, _, _, _, x, y] = numbers;
        match word {
            b"BT" => {
                self.line = (0.0, 0.0);
                self.scale = 1.0;
            }
            b"Tf" => self.size = y,
            b"TL" => self.leading = y,
            b"Tc" => self.apart.0 = y,
            b"Tw" => self.apart.1 = y,
            b"Td" | b"TD" => {
                self.line.0 += x * self.scale;
                self.line.1 += y * self.scale;
                if word == b"TD" {
                    self.leading = -y;
                }
            }
            b"Tm" => {
                self.line = (x, y);
                self.scale = if a == 0.0 { 1.0 } else { a };
            }
            b"T*" | b"'" | b"\"" => self.line.1 -= self.leading() * self.scale,
            // All is somewhere else now.
            b"cm" => {
                if let Some(before) = &mut self.before {
                    before.line.1 = f64::MAX;
                }
            }
            _ => {}
        }
    }

    /// What stands between the text before and the next one: another line, a blank, or nothing.
    fn gap(&self) -> &'static str {
        let (x, y) = self.line;
        let unit = (self.size * self.scale).abs().max(f64::MIN_POSITIVE);
        let Some(before) = self.before else {
            return "";
        };
        if (before.line.1 - y).abs() > unit * 0.2 {
            return "\n";
        }
        if before.line.0 == x {
            // It goes on from where the text before ended.
            return "";
        }
        if let Some(end) = before.end {
            return match (x - end) / unit {
                back if back < -1.0 && x < before.line.0 => "\n",
                apart if apart > 0.15 => " ",
                _ => "",
            };
        }
        // Characters are about half as wide as high.
        let moved = (x - before.line.0) / unit;
        let width = if before.count <= 1.0 {
            1.0
        } else {
            before.count * 0.5 + 0.2
        };
        match moved {
            back if back < 0.0 => "\n",
            moved if moved > width => " ",
            _ => "",
        }
    }
}

/// A part of what an operator shows.
enum Part {
    Text(Vec<u8>),
    /// A step back, in thousandths of the size.
    Step(f64),
}

/// Writes the text of a content stream.
pub(super) struct Writer<'f> {
    /// Looks up a font by the name that it has here.
    font: &'f dyn Fn(&[u8]) -> Option<&'f Font>,
    out: String,
    /// Comments, and texts beside what is shown.
    beside: String,
    /// There is more than may be held.
    pub(super) is_over: bool,
}

/// Whether content looks as if it shows text.
pub(super) fn is_content(bytes: &[u8]) -> bool {
    let is_blank = |at: Option<usize>| {
        let byte = at.and_then(|at| bytes.get(at));
        byte.is_none_or(|b| b.is_ascii_whitespace() || b"()<>[]/".contains(b))
    };
    let has = |word: &[u8]| {
        let mut found = memchr::memmem::find_iter(bytes, word);
        found.any(|at| is_blank(at.checked_sub(1)) && is_blank(Some(at + word.len())))
    };
    let head = &bytes[..bytes.len().min(256)];
    !head.contains(&0) && has(b"BT") && has(b"ET") && (has(b"Tj") || has(b"TJ"))
}

impl<'f> Writer<'f> {
    pub(super) fn new(font: &'f dyn Fn(&[u8]) -> Option<&'f Font>) -> Self {
        Self {
            font,
            out: String::new(),
            beside: String::new(),
            is_over: false,
        }
    }

    /// Returns all texts.
    pub(super) fn finish(mut self) -> Vec<u8> {
        if !self.out.is_empty() {
            self.out.push('\n');
        }
        self.out.push_str(&self.beside);
        self.out.into_bytes()
    }

    /// Reads a stream.
    pub(super) fn run(&mut self, content: &[u8]) {
        let mut tokens = Tokens::new(content);
        let mut numbers = [0.0; OPERANDS];
        let mut parts: Vec<Part> = Vec::new();
        let mut name = Vec::new();
        let mut font: Option<&Font> = None;
        let mut place = Place::new();
        let plain = Font::default();
        let mut depth = 0_usize;
        let mut is_array = false;
        let mut has_images = true;
        while let Some(token) = tokens.next() {
            if self.out.len() > HELD {
                self.is_over = true;
                return;
            }
            if parts.len() >= PARTS {
                self.show(&parts, font.unwrap_or(&plain), &mut place);
                parts.clear();
            }
            match token {
                Token::Number(number) => {
                    if is_array {
                        parts.push(Part::Step(number));
                    }
                    numbers.rotate_left(1);
                    numbers[OPERANDS - 1] = number;
                }
                Token::Text(text, _) if depth > 0 => self.beside(&text),
                Token::Text(text, _) => parts.push(Part::Text(text)),
                Token::Name(text) => name = text,
                Token::Comment(text) => self.beside(text),
                Token::Sign("<<") => depth += 1,
                Token::Sign(">>") => depth = depth.saturating_sub(1),
                Token::Sign("[") => is_array = depth == 0,
                Token::Sign(_) => is_array = false,
                Token::Word(word) => {
                    place.note(word, numbers);
                    match word {
                        b"Tf" => font = (self.font)(&name),
                        b"ID" if has_images => has_images = skip_image(&mut tokens),
                        b"Tj" | b"TJ" | b"'" | b"\"" => {
                            self.show(&parts, font.unwrap_or(&plain), &mut place);
                        }
                        _ => {}
                    }
                    parts.clear();
                    depth = 0;
                    is_array = false;
                }
            }
        }
        // Texts that no operator shows.
        for part in parts {
            if let Part::Text(text) = part {
                self.beside(&text);
            }
        }
    }

    fn show(&mut self, parts: &[Part], font: &Font, place: &mut Place) {
        self.out.push_str(place.gap());
        let before = place.before.filter(|before| before.line == place.line);
        let mut count = 0;
        let mut width = Some(0.0);
        for part in parts {
            match part {
                Part::Text(text) => {
                    count += font.count(text);
                    let (apart, word) = place.apart;
                    let words = text.iter().filter(|b| **b == b' ').count() as f64;
                    let more = apart * font.count(text) as f64 + word * words;
                    let this = font.width(text).map(|width| width * place.size + more);
                    width = width.zip(this).map(|(sum, this)| sum + this);
                    for part in text.chunks(PART) {
                        if self.out.len() <= HELD {
                            font.write(part, &mut self.out);
                        }
                    }
                }
                Part::Step(step) => {
                    width = width.map(|width| width - step / 1000.0 * place.size);
                    // A large step is a blank.
                    if *step < -200.0 && count > 0 && !self.out.ends_with([' ', '\n']) {
                        self.out.push(' ');
                    }
                }
            }
        }
        let start = match before {
            Some(before) => before.end,
            None => Some(place.line.0),
        };
        place.before = Some(Before {
            line: place.line,
            end: start
                .zip(width)
                .map(|(start, width)| start + width * place.scale),
            count: count as f64 + before.map_or(0.0, |before| before.count),
        });
    }

    fn beside(&mut self, text: &[u8]) {
        self.beside
            .push_str(&String::from_utf8_lossy(&decoded(text)));
        self.beside.push('\n');
    }
}

/// Goes behind the bytes of a picture that stands in a content stream. Returns false if it has no
/// end, and is none.
fn skip_image(tokens: &mut Tokens<'_>) -> bool {
    let rest = tokens.rest();
    let end = memchr::memmem::find_iter(rest, b"EI").find(|at| {
        let blank = |at: Option<usize>| {
            at.and_then(|at| rest.get(at))
                .is_none_or(|b| b.is_ascii_whitespace())
        };
        blank(at.checked_sub(1)) && blank(Some(at + 2))
    });
    tokens.at += end.map_or(0, |end| end + 2);
    end.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(content: &str) -> String {
        let mut writer = Writer::new(&|_| None);
        writer.run(content.as_bytes());
        writer.out + "|" + &writer.beside
    }

    #[test]
    fn texts_are_joined_in_lines() {
        for (content, expected) in [
            (
                "BT /F1 12 Tf 1 0 0 1 72 700 Tm (pass) Tj (word) Tj ET",
                "password|",
            ),
            (
                "BT [(pa) 20 (ss) -30 (word) -300 (is)] TJ ET",
                "password is|",
            ),
            (
                "BT /F 10 Tf (a) Tj 0 -12 Td (b) Tj T* (c) Tj (d) ' ET",
                "a\nb\nc\nd|",
            ),
            (
                "BT /F 10 Tf 1 0 0 1 5 5 Tm (a) Tj 1 0 0 1 11 5 Tm (b) Tj 6 0 Td (c) Tj ET",
                "abc|",
            ),
            (
                "BT /F 10 Tf (hello) Tj 28 0 Td (there) Tj ET",
                "hello there|",
            ),
            ("BT /F 10 Tf (a) Tj ET BT 0 -20 Td (b) Tj ET", "a\nb|"),
            (
                "BT (\\050x\\)(y)\\\n) Tj <41 4> Tj ET % note\n",
                "(x)(y)A@| note\n",
            ),
            (
                "/Span << /ActualText (fi) >> BDC BT (x) Tj ET EMC",
                "x|fi\n",
            ),
            ("BI /W 1 ID (\u{1} EI BT (x) Tj ET", "x|"),
            ("BT (never shown) ET (cut", "|cut\n"),
        ] {
            assert_eq!(text(content), expected, "{content}");
        }
    }
}
