//! Text armour around keys (RFC 7468, RFC 1421, RFC 9580). Finds label, headers and body, even in
//! source code, JSON, YAML or a patch: with escapes, quotes, indentation or marks at the start of
//! lines. `private_key`, `openssh`, `openpgp` and `putty` read the body.

use super::encoding::{base64, hex};

/// The parts of an armoured text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Armour {
    /// The words between `BEGIN` and the dashes.
    pub(crate) label: String,
    /// Names and values of the header lines.
    pub(crate) headers: Vec<(String, String)>,
    /// The decoded body.
    pub(crate) body: Vec<u8>,
    /// The armour checksum of OpenPGP, `=` and four characters, when present.
    pub(crate) sum: Option<Vec<u8>>,
}

/// Why a text is not armour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// No `BEGIN` line.
    NoBegin,
    /// No `END` line with the same label.
    NoEnd,
    /// The body is not base64: cut short, or a placeholder.
    NotBase64,
}

impl Armour {
    /// Parses the first armoured text of the input.
    pub(crate) fn parse(text: &[u8]) -> Result<Self, Refusal> {
        let text = unescaped(text);
        let (dashes, label, rest) = begin(&text).ok_or(Refusal::NoBegin)?;
        let inside = before_end(rest, dashes, label).ok_or(Refusal::NoEnd)?;
        let mut armour = Self {
            label: String::from_utf8_lossy(label).into_owned(),
            headers: Vec::new(),
            body: Vec::new(),
            sum: None,
        };
        let mut coded = Vec::with_capacity(inside.len());
        for line in body_lines(inside) {
            if let Some(header) = header(line) {
                armour.headers.push(header);
            } else {
                armour.collect(line, &mut coded);
            }
        }
        armour.body = base64(&coded).ok_or(Refusal::NotBase64)?;
        Ok(armour)
    }

    /// Adds a line's base64 to `coded`, without what source code puts around it.
    fn collect(&mut self, line: &[u8], coded: &mut Vec<u8>) {
        let breaks = |b: &u8| b.is_ascii_whitespace() || b"\"'`\\,|".contains(b);
        for piece in line.split(breaks) {
            let piece = trimmed(piece, b",;(){}[]");
            // Operators that join string literals, and comment marks.
            let decoration = piece.len() <= 2 && piece.iter().all(u8::is_ascii_punctuation);
            if decoration || is_line_end(piece) {
                continue;
            }
            if piece.len() == 5 && piece[0] == b'=' {
                self.sum = base64(&piece[1..]);
            } else {
                coded.extend_from_slice(piece);
            }
        }
    }

    /// Returns the value of the header with this name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }
}

/// Whether a program writes a line end so, between strings that it joins.
fn is_line_end(piece: &[u8]) -> bool {
    const NAMES: [&[u8]; 12] = [
        b"vbCrLf",
        b"vbNewLine",
        b"vbLf",
        b"vbCr",
        b"PHP_EOL",
        b"Environment.NewLine",
        b"System.lineSeparator",
        b"os.linesep",
        b"sLineBreak",
        b"LineEnding",
        b"CRLF",
        b"EOL",
    ];
    NAMES.contains(&trimmed(piece, b"+&.;()"))
}

/// Returns the text with escaped line ends (`\n`, `\\r\\n`, `\x0a`, `\012`, `&#10;`, `<br/>`, Pascal's
/// `#13#10`) as line feeds, escaped slashes (`\/`) as slashes, and ASCII in escapes (`\u002B`, `\x2b`, `&#43;`) as
/// itself.
pub(crate) fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        if b"&<#".contains(&byte)
            && let Some((sign, len)) = marked_up(&text[at..])
        {
            out.push(sign);
            at += len;
            continue;
        }
        if byte != b'\\' {
            out.push(byte);
            at += 1;
            continue;
        }
        let slashes = text[at..].iter().take_while(|&&b| b == b'\\').count();
        at += slashes;
        match text.get(at) {
            Some(b'n' | b'r' | b't') => {
                out.push(b'\n');
                at += 1;
            }
            Some(b'/') => {
                out.push(b'/');
                at += 1;
            }
            Some(b'u') if ascii_unit(&text[at + 1..]).is_some() => {
                out.extend(ascii_unit(&text[at + 1..]));
                at += 5;
            }
            Some(b'x') if ascii_byte(&text[at + 1..]).is_some() => {
                out.extend(ascii_byte(&text[at + 1..]));
                at += 3;
            }
            Some(b'0') if matches!(text.get(at..at + 3), Some(b"012" | b"015")) => {
                out.push(b'\n');
                at += 3;
            }
            _ => out.push(b'\\'),
        }
    }
    out
}

/// Returns the sign that markup or a log writes at the start of `text`, and its length: `&#10;`,
/// `&#x2B;`, `<br/>`, `#012`. Other references stay as they are.
fn marked_up(text: &[u8]) -> Option<(u8, usize)> {
    const BREAKS: [(&[u8], u8); 12] = [
        (b"<br>", b'\n'),
        (b"<br/>", b'\n'),
        (b"<br />", b'\n'),
        (b"<BR>", b'\n'),
        (b"&NewLine;", b'\n'),
        (b"&plus;", b'+'),
        (b"#012", b'\n'),
        (b"#015", b'\n'),
        (b"#13#10", b'\n'),
        (b"#13 + #10", b'\n'),
        (b"#10", b'\n'),
        (b"#13", b'\n'),
    ];
    if let Some((word, sign)) = BREAKS.iter().find(|(word, _)| text.starts_with(word)) {
        return Some((*sign, word.len()));
    }
    let digits = text.strip_prefix(b"&#")?;
    let (digits, radix) = match digits {
        [b'x' | b'X', rest @ ..] => (rest, 16),
        _ => (digits, 10),
    };
    let len = digits.iter().take(7).position(|b| *b == b';')?;
    let number = std::str::from_utf8(&digits[..len]).ok()?;
    let sign = u8::from_str_radix(number, radix).ok()?;
    (sign.is_ascii() && sign > 0).then_some((sign, text.len() - digits.len() + len + 1))
}

/// Returns the ASCII byte that two hex digits spell.
fn ascii_byte(digits: &[u8]) -> Option<u8> {
    match hex(digits.get(..2)?)?[..] {
        [byte @ 0..=0x7f] => Some(byte),
        _ => None,
    }
}

/// Returns the ASCII byte that four hex digits spell.
fn ascii_unit(digits: &[u8]) -> Option<u8> {
    match hex(digits.get(..4)?)?[..] {
        [0, byte @ 0..=0x7f] => Some(byte),
        _ => None,
    }
}

/// Finds the `BEGIN` line of the first private key, or of the first block if none is a private key.
/// EC keys follow a block with their parameters. Returns the closing dashes, the label and the
/// rest. The form of RFC 4716 has four dashes and spaces.
fn begin(text: &[u8]) -> Option<(&'static [u8], &[u8], &[u8])> {
    let forms = [
        (&b"-----BEGIN "[..], &b"-----"[..]),
        (b"---- BEGIN ", b" ----"),
    ];
    let mut first = None;
    for (open, close) in forms {
        let mut text = text;
        while let Some(start) = find(text, open) {
            text = &text[start + open.len()..];
            // Labels are short; a distant close belongs to something else.
            let Some(end) = find(&text[..text.len().min(80)], close) else {
                continue;
            };
            let found = (close, &text[..end], &text[end + close.len()..]);
            if find(found.1, b"PRIVATE KEY").is_some() {
                return Some(found);
            }
            first.get_or_insert(found);
        }
    }
    first
}

/// Returns the text before the `END` line with this label.
fn before_end<'a>(rest: &'a [u8], dashes: &[u8], label: &[u8]) -> Option<&'a [u8]> {
    let mark: Vec<u8> = if dashes.starts_with(b" ") {
        [b"---- END ", label, b" ----"].concat()
    } else {
        [b"-----END ", label, b"-----"].concat()
    };
    find(rest, &mark).map(|end| &rest[..end])
}

/// Returns the position of `needle`.
fn find(text: &[u8], needle: &[u8]) -> Option<usize> {
    text.windows(needle.len()).position(|w| w == needle)
}

/// Returns the lines without surrounding space. If every line starts with the same mark of a patch,
/// a quotation or a comment, the mark is removed, too.
fn body_lines(inside: &[u8]) -> Vec<&[u8]> {
    let lines: Vec<&[u8]> = inside
        .split(|b| matches!(b, b'\n' | b'\r'))
        .map(|line| trimmed(line.trim_ascii(), b"\"'`"))
        .filter(|line| !line.is_empty())
        .collect();
    // The last line may be what is before the END line's dashes.
    let marked = lines.first().map(|line| line[0]).filter(|sign| {
        lines.len() > 1 && b"+->#*|;".contains(sign) && lines.iter().all(|l| l[0] == *sign)
    });
    match marked {
        Some(_) => lines.iter().map(|line| line[1..].trim_ascii()).collect(),
        None => lines,
    }
}

/// Returns the text without any of these characters at its ends.
fn trimmed<'a>(mut text: &'a [u8], signs: &[u8]) -> &'a [u8] {
    while let [first, rest @ ..] = text {
        if !signs.contains(first) {
            break;
        }
        text = rest;
    }
    while let [rest @ .., last] = text {
        if !signs.contains(last) {
            break;
        }
        text = rest;
    }
    text
}

/// Returns name and value of a header line such as `Proc-Type: 4,ENCRYPTED`.
fn header(line: &[u8]) -> Option<(String, String)> {
    let colon = line.iter().position(|&b| b == b':')?;
    let name = &line[..colon];
    let word = |b: &u8| b.is_ascii_alphanumeric() || *b == b'-';
    if name.is_empty() || name.len() > 64 || !name.iter().all(word) {
        return None;
    }
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    Some((text(name), text(&line[colon + 1..])))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::encoding::{Alphabet, base64_encode};

    /// Returns a body of 100 bytes in lines of 64 characters, with `+` and `/` in it.
    fn lines() -> Vec<String> {
        let bytes: Vec<u8> = (0..100u8).map(|i| i.wrapping_mul(0xfb)).collect();
        let text = base64_encode(&bytes, Alphabet::Standard, true);
        text.as_bytes()
            .chunks(64)
            .map(|line| String::from_utf8(line.to_vec()).unwrap())
            .collect()
    }

    fn wrapped(before: &str, line_end: &str) -> String {
        let mut all = vec!["-----BEGIN TEST KEY-----".to_owned()];
        all.extend(lines());
        all.push("-----END TEST KEY-----".to_owned());
        all.iter()
            .map(|line| format!("{before}{line}{line_end}"))
            .collect()
    }

    #[test]
    fn decorations_of_source_code_are_removed() {
        for (before, end) in [
            ("", "\n"),
            ("", "\r\n"),
            ("    ", "\n"),
            ("", "\\n"),
            ("", "\\r\\n"),
            ("", "\\\\n"),
            ("", " "),
            ("\"", "\\n\" +\n"),
            ("  \"", "\\n\"\n"),
            ("'", "\\n',\n"),
            ("+", "\n"),
            ("-", "\n"),
            ("# ", "\n"),
            ("> ", "\n"),
            (" * ", "\n"),
            ("", "\\\n"),
            ("  \"", "\" . \"\\n\" .\n"),
            ("  \"", "\\n\" &\n"),
            ("", "&#10;"),
            ("", "&#13;&#10;"),
            ("", "&#xA;"),
            ("", "&#x0a;"),
            ("", "<br>"),
            ("", "<br />\n"),
            ("", "\\x0a"),
            ("", "\\012"),
            ("", "#012"),
            ("  '", "' + #13#10 +\n"),
            ("  '", "'#13#10 +\n"),
            ("  '", "' + sLineBreak +\n"),
            ("  \"", "\" & vbCrLf & _\n"),
            ("  '", "' . PHP_EOL .\n"),
            ("  \"", "\" + Environment.NewLine +\n"),
            ("  \"", "\" + System.lineSeparator()\n + "),
            ("", "|"),
            ("", ","),
        ] {
            let text = wrapped(before, end);
            let armour = Armour::parse(text.as_bytes());
            let armour = armour.unwrap_or_else(|e| panic!("{e:?} for {before:?} {end:?}"));
            assert_eq!(armour.label, "TEST KEY");
            assert_eq!(armour.body.len(), 100, "{before:?} {end:?}");
        }
        let json = wrapped("", "\\n").replace('/', "\\/");
        assert_eq!(Armour::parse(json.as_bytes()).unwrap().body.len(), 100);
        let plain = Armour::parse(wrapped("", "\n").as_bytes()).unwrap();
        assert!(lines().concat().contains('+'));
        let xml = wrapped("", "&#10;").replace('+', "&#x2B;");
        assert_eq!(Armour::parse(xml.as_bytes()).unwrap(), plain);
        let net = wrapped("", "\\u000a").replace('+', "\\u002B");
        assert_eq!(Armour::parse(net.as_bytes()).unwrap(), plain);
    }

    #[test]
    fn headers_and_sums_are_kept_apart() {
        let text = "-----BEGIN X-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: A,B\n\nAAAA\n=twTO\n-----END X-----";
        let armour = Armour::parse(text.as_bytes()).unwrap();
        assert_eq!(armour.header("Proc-Type"), Some("4,ENCRYPTED"));
        assert_eq!(armour.header("DEK-Info"), Some("A,B"));
        assert_eq!(armour.body, [0, 0, 0]);
        assert_eq!(armour.sum, Some(vec![0xb7, 0x04, 0xce]));
        let ssh2 = "---- BEGIN X ----\nComment: c\nAAAA\n---- END X ----";
        assert_eq!(Armour::parse(ssh2.as_bytes()).unwrap().body, [0, 0, 0]);
    }

    #[test]
    fn the_private_key_wins_over_a_block_before_it() {
        let block = |label: &str, body: &str| {
            [
                "-----BEGIN ",
                label,
                "-----\n",
                body,
                "\n-----END ",
                label,
                "-----\n",
            ]
            .concat()
        };
        let text = block("EC PARAMETERS", "BBBB") + &block("EC PRIVATE KEY", "AAAA");
        let armour = Armour::parse(text.as_bytes()).unwrap();
        assert_eq!(
            (&*armour.label, armour.body),
            ("EC PRIVATE KEY", vec![0, 0, 0])
        );
    }

    #[test]
    fn placeholders_are_refused() {
        for (text, refusal) in [
            ("no armour", Refusal::NoBegin),
            ("-----BEGIN X-----\nAAAA", Refusal::NoEnd),
            ("-----BEGIN X-----\nAAAA\n-----END Y-----", Refusal::NoEnd),
            (
                "-----BEGIN X-----\nMIIE...\n-----END X-----",
                Refusal::NotBase64,
            ),
            (
                "-----BEGIN X-----\n<your key>\n-----END X-----",
                Refusal::NotBase64,
            ),
        ] {
            let text = text.as_bytes();
            assert_eq!(Armour::parse(text).unwrap_err(), refusal);
        }
    }
}
