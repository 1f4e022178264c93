//! Turns content into bytes that the detector reads, stretch by stretch.
//!
//! Content may change its encoding anywhere: `>>` in PowerShell appends UTF-16 to a file of
//! ASCII, `cat` joins what it is given, a byte order mark may stand in front of text that
//! it does not fit, and programs hold strings of UTF-16.

use super::evidence::{self, AHEAD, FAR, NEAR, Search, Start};
use super::units::{Unit, Wide, is_ascii_text};

/// The byte order mark of UTF-8.
const UTF8_MARK: &[u8] = &[0xef, 0xbb, 0xbf];

/// How bytes are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Mode {
    /// At the start of the content.
    #[default]
    Start,
    /// Unchanged. The first `from` bytes were searched for wide text.
    Bytes { from: usize, search: Search },
    /// Transcoded. `barren` says that no unit was read since the text started without a mark,
    /// `unproved` how many bytes come before the run that shows the text.
    Wide {
        wide: Wide,
        place: Place,
        barren: bool,
        unproved: usize,
    },
}

impl Mode {
    /// Of content that does not begin as wide text.
    const AT_START: Self = Self::Bytes {
        from: 0,
        search: Search {
            floor: 0,
            reach: FAR,
            is_first: true,
        },
    };
}

/// What is in front of a place in wide text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    /// Whether a line starts here.
    line: bool,
    /// Whether the text started in the middle of a line of single bytes, and was ASCII since.
    /// Then its order of bytes is a guess, and single bytes may go on behind it.
    glued: bool,
}

/// Turns content into bytes that the detector reads, piece by piece: UTF-16 and UTF-32
/// become UTF-8, wherever they begin and end, everything else stays unchanged. Byte order
/// marks at the start of a stretch are not content. The result does not depend on how the
/// content is cut into pieces.
#[derive(Clone, Debug, Default)]
// For tests and fuzzing.
#[doc(hidden)]
pub struct Decoder {
    mode: Mode,
    /// Bytes that cannot be decided yet; `FAR` and a few times `AHEAD`.
    held: Vec<u8>,
}

/// Content that needs no decoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
// For tests and fuzzing.
#[doc(hidden)]
pub struct Plain {
    /// The number of bytes of the byte order mark in front of it.
    pub mark: usize,
    /// Whether it has NULs.
    pub nuls: bool,
}

/// Where the first NUL stands.
///
/// Nearly no text has one, so whole blocks are looked at without a branch, as fast as a
/// compiler can do it for each processor.
fn first_nul(bytes: &[u8]) -> Option<usize> {
    const BLOCK: usize = 512;
    let (blocks, rest) = bytes.as_chunks::<BLOCK>();
    // The least byte is found in fewer steps than one that is zero.
    let has_nul = |block: &[u8; BLOCK]| block.iter().fold(u8::MAX, |least, b| least.min(*b)) == 0;
    let at = match blocks.iter().position(has_nul) {
        Some(block) => block * BLOCK,
        None => bytes.len() - rest.len(),
    };
    memchr::memchr(0, &bytes[at..]).map(|nul| at + nul)
}

/// Returns None if some of `content` is UTF-16 or UTF-32.
// For tests and fuzzing.
#[doc(hidden)]
pub fn plain(content: &[u8]) -> Option<Plain> {
    let (mark, None) = mark(content) else {
        return None;
    };
    let nul = first_nul(content);
    let wide = nul.is_some_and(|nul| {
        let from = nul.saturating_sub(AHEAD).max(mark);
        let search = Search {
            floor: mark,
            reach: NEAR,
            is_first: true,
        };
        evidence::start(content, search, from, content.len()).is_some()
    });
    let nuls = nul.is_some();
    (!wide).then_some(Plain { mark, nuls })
}

/// Returns the length of the byte order mark at the start of `content`, and the encoding
/// that it says, if it is not UTF-8.
fn mark(content: &[u8]) -> (usize, Option<Wide>) {
    let wide = |width, big| (width, Some(Wide { width, big }));
    // The mark of UTF-32 may stand in front of UTF-16.
    let four = |big| {
        let is_text = |width| {
            let text = &content[4..content.len().min(AHEAD)];
            let mut units = text.chunks_exact(width).take(4);
            units.all(|unit| evidence::may_precede(unit, Wide { width, big }))
        };
        let width = if !is_text(4) && is_text(2) { 2 } else { 4 };
        (4, Some(Wide { width, big }))
    };
    match content {
        [0xff, 0xfe, 0, 0, ..] => four(false),
        [0, 0, 0xfe, 0xff, ..] => four(true),
        [0xff, 0xfe, ..] => wide(2, false),
        [0xfe, 0xff, ..] => wide(2, true),
        [0xef, 0xbb, 0xbf, ..] => (3, None),
        _ => (0, None),
    }
}

impl Decoder {
    /// Appends what `input` says to `out`. Keeps bytes whose meaning depends on what
    /// follows for the next call.
    pub fn push(&mut self, input: &[u8], out: &mut Vec<u8>) {
        if self.held.is_empty() {
            let done = self.decode(input, false, out);
            self.held.extend_from_slice(&input[done..]);
            return;
        }
        let mut held = std::mem::take(&mut self.held);
        held.extend_from_slice(input);
        let done = self.decode(&held, false, out);
        held.drain(..done);
        self.held = held;
    }

    /// Ends the content.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        let held = std::mem::take(&mut self.held);
        self.decode(&held, true, out);
        self.mode = Mode::Start;
    }

    /// Decodes all of `bytes`, the last of the content, into `out`.
    pub fn whole(mut self, bytes: &[u8], out: &mut Vec<u8>) {
        let done = self.decode(bytes, false, out);
        self.decode(&bytes[done..], true, out);
    }

    /// Does what [`Decoder::decode`] does where the result is what is already there. Returns how
    /// many bytes are done; `None` if some of them may have to be decoded, and nothing is done.
    pub fn pass(&mut self, bytes: &[u8], last: bool) -> Option<usize> {
        if !last && bytes.len() < AHEAD || bytes.is_empty() {
            return Some(0);
        }
        if self.mode == Mode::Start && mark(bytes) == (0, None) {
            self.mode = Mode::AT_START;
        }
        let Mode::Bytes { from, search } = self.mode else {
            return None;
        };
        let is_wide = Self::start(bytes, (from, search), last).is_some();
        (!is_wide).then(|| self.unchanged(bytes, search, last))
    }

    /// Decodes the start of `bytes`, all of them if they are the `last` ones. Returns how
    /// many are done: the others must come again, with what follows them.
    pub fn decode(&mut self, bytes: &[u8], last: bool, out: &mut Vec<u8>) -> usize {
        let mut at = 0;
        loop {
            let rest = &bytes[at..];
            if !last && rest.len() < AHEAD || rest.is_empty() {
                return at;
            }
            match self.mode {
                Mode::Start => {
                    let (mark, wide) = mark(rest);
                    at += mark;
                    self.mode = match wide {
                        Some(wide) => Mode::Wide {
                            wide,
                            place: Place {
                                line: true,
                                glued: false,
                            },
                            barren: false,
                            unproved: 0,
                        },
                        None => Mode::AT_START,
                    };
                }
                Mode::Bytes { from, search } => match self.bytes(rest, (from, search), last, out) {
                    Some(done) => at += done,
                    None => {
                        let done = self.unchanged(rest, search, last);
                        out.extend_from_slice(&rest[..done]);
                        return at + done;
                    }
                },
                Mode::Wide {
                    wide,
                    place,
                    barren,
                    unproved,
                } => {
                    let (done, ended) = self.wide(rest, (wide, place), last, out);
                    at += done;
                    let left = unproved.saturating_sub(done);
                    if let Mode::Wide { unproved, .. } = &mut self.mode {
                        *unproved = left;
                    }
                    if ended {
                        let search = Search {
                            floor: 0,
                            reach: if left == 0 { FAR } else { NEAR },
                            is_first: false,
                        };
                        self.mode = Mode::Bytes { from: 0, search };
                        if barren && done == 0 {
                            // Otherwise the same text would start here again.
                            out.push(bytes[at]);
                            at += 1;
                        } else if bytes[at..].starts_with(UTF8_MARK) {
                            at += UTF8_MARK.len();
                        }
                    } else if !last {
                        return at;
                    }
                }
            }
        }
    }

    /// Passes bytes on up to the next wide text. Returns None if there is none.
    fn bytes(
        &mut self,
        bytes: &[u8],
        (from, search): (usize, Search),
        last: bool,
        out: &mut Vec<u8>,
    ) -> Option<usize> {
        let start = Self::start(bytes, (from, search), last)?;
        let Start { at, mark, wide, .. } = start;
        out.extend_from_slice(&bytes[..at - mark]);
        let before = bytes[..at].last().filter(|_| mark == 0);
        self.mode = Mode::Wide {
            wide,
            place: Place {
                line: true,
                glued: before.is_some_and(|b| is_ascii_text(*b) && *b != b'\n'),
            },
            barren: mark == 0 && at == 0,
            unproved: start.run.saturating_sub(at),
        };
        Some(at)
    }

    /// Finds the next wide text.
    fn start(bytes: &[u8], (from, search): (usize, Search), last: bool) -> Option<Start> {
        let end = if last {
            bytes.len()
        } else {
            bytes.len() - AHEAD + 8
        };
        // A run contains NULs, which nearly no text has.
        let nul = first_nul(bytes.get(from..end)?)? + from;
        let from = from.max(nul.saturating_sub(16));
        evidence::start(bytes, search, from, end)
    }

    /// Returns how many of the bytes are done, in which no wide text starts: all but those that
    /// may belong to one that starts later.
    fn unchanged(&mut self, bytes: &[u8], mut search: Search, last: bool) -> usize {
        let searched = if last {
            bytes.len()
        } else {
            bytes.len() - AHEAD
        };
        let kept = if last { 0 } else { FAR + AHEAD };
        let done = searched.saturating_sub(kept);
        search.is_first &= done == 0;
        self.mode = Mode::Bytes {
            from: searched - done,
            search,
        };
        done
    }

    /// Transcodes up to the end of wide text. Returns how many bytes are done, and whether
    /// the text ended there.
    fn wide(
        &mut self,
        bytes: &[u8],
        (wide, place): (Wide, Place),
        last: bool,
        out: &mut Vec<u8>,
    ) -> (usize, bool) {
        let Place {
            mut line,
            mut glued,
        } = place;
        let mut at = 0;
        let end = if last {
            bytes.len()
        } else {
            bytes.len() - AHEAD + 1
        };
        while at < end {
            let rest = &bytes[at..];
            if let Some(letters) = wide.four_letters(rest) {
                out.extend_from_slice(&letters);
                line = false;
                at += 8;
                continue;
            }
            if let Some(byte) = wide.ascii(rest) {
                if evidence::is_wider(rest, wide) {
                    return (at, true);
                }
                out.push(byte);
                line = byte == b'\n';
                at += wide.width;
                continue;
            }
            let unit = &rest[..rest.len().min(wide.width)];
            let are_single = glued && unit.iter().all(|b| is_ascii_text(*b));
            if are_single || evidence::ends(rest, wide, line) {
                return (at, true);
            }
            glued = false;
            let (c, len) = match wide.unit(rest) {
                Unit::Char(c, len) => (c, len),
                // The characters of C0 are what they are.
                _ => match wide.value(rest).and_then(char::from_u32) {
                    Some(c) if c.is_ascii() => (c, wide.width),
                    _ => (char::REPLACEMENT_CHARACTER, wide.width),
                },
            };
            out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            line = false;
            at += len;
        }
        self.mode = Mode::Wide {
            wide,
            place: Place { line, glued },
            barren: false,
            unproved: 0,
        };
        (at, false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Copy, Debug, PartialEq)]
    enum As {
        Bytes,
        Two(bool),
        Four(bool),
    }

    const ALL: [As; 5] = [
        As::Bytes,
        As::Two(false),
        As::Two(true),
        As::Four(false),
        As::Four(true),
    ];

    fn encoded(text: &str, how: As) -> Vec<u8> {
        let order = |big: bool, bytes: Vec<u8>| -> Vec<u8> {
            if big {
                bytes.into_iter().rev().collect()
            } else {
                bytes
            }
        };
        match how {
            As::Bytes => text.as_bytes().to_vec(),
            As::Two(big) => text
                .encode_utf16()
                .flat_map(|u| order(big, u.to_le_bytes().to_vec()))
                .collect(),
            As::Four(big) => text
                .chars()
                .flat_map(|c| order(big, u32::from(c).to_le_bytes().to_vec()))
                .collect(),
        }
    }

    fn decoded(pieces: &[&[u8]]) -> Vec<u8> {
        let mut decoder = Decoder::default();
        let mut out = Vec::new();
        for piece in pieces {
            decoder.push(piece, &mut out);
        }
        decoder.finish(&mut out);
        out
    }

    /// The same, with what needs no decoding passed on.
    fn passed(pieces: &[&[u8]]) -> Vec<u8> {
        let mut decoder = Decoder::default();
        let (mut held, mut out) = (Vec::new(), Vec::new());
        for (i, piece) in pieces.iter().enumerate() {
            held.extend_from_slice(piece);
            let last = i + 1 == pieces.len();
            let done = match decoder.pass(&held, last) {
                Some(done) => {
                    out.extend_from_slice(&held[..done]);
                    done
                }
                None if last => return finished(decoder, &held, out),
                None => decoder.decode(&held, false, &mut out),
            };
            held.drain(..done);
        }
        out
    }

    fn finished(decoder: Decoder, held: &[u8], mut out: Vec<u8>) -> Vec<u8> {
        decoder.whole(held, &mut out);
        out
    }

    fn text_of(content: &[u8]) -> String {
        String::from_utf8_lossy(&decoded(&[content])).into_owned()
    }

    #[test]
    fn one_encoding_is_read_with_and_without_a_mark() {
        let text = "password = hunter2\nüser = 日本\r\nnaïve größe: 😀 ok\n"; // stopleak:allow made up
        for how in ALL {
            assert_eq!(text_of(&encoded(text, how)), text, "{how:?}");
            let marked = format!("\u{feff}{text}");
            assert_eq!(text_of(&encoded(&marked, how)), text, "{how:?}");
            let foreign = "größe 日本 = password and more\n";
            assert_eq!(text_of(&encoded(foreign, how)), foreign, "{how:?}");
        }
        let latin1: Vec<u8> = "clé = été\n".chars().map(|c| c as u8).collect();
        assert_eq!(decoded(&[&latin1]), latin1);
        let list = b"A=1\0B=2\0LONG_NAME=some value\0";
        assert_eq!(decoded(&[list]), list);
    }

    #[test]
    fn wide_text_in_the_middle_of_a_line_keeps_its_last_letter() {
        for how in &ALL[1..] {
            for (before, between, after) in [
                ("key=", "\n", ""),
                ("a ", "\nab ", "\n"),
                ("x: ", " and ", " end\n"),
                ("x='", "'; '", "'"),
            ] {
                let (one, two) = ("ghp_Ab1cD2eF3gH4iJ5", "Zz9yX8wV7uT6sR5q");
                let mut content = before.as_bytes().to_vec();
                content.extend(encoded(one, *how));
                content.extend(between.as_bytes());
                content.extend(encoded(two, *how));
                content.extend(after.as_bytes());
                let plain = format!("{before}{one}{between}{two}{after}");
                let shown = decoded(&[&content]);
                assert_eq!(String::from_utf8_lossy(&shown), plain, "{how:?}");
                let bytes: Vec<&[u8]> = content.chunks(1).collect();
                assert_eq!(decoded(&bytes), shown, "{how:?}");
            }
        }
    }

    #[test]
    fn every_switch_is_noticed_where_it_is() {
        let lines = [
            "# the first lines\nNAME=app\n",
            "export LABEL=\"Ab1cD2eF3gH4\"\n",
            "LEVEL=info\r\nPATH=/usr/bin:/bin\r\n",
        ];
        for a in ALL {
            for b in ALL {
                for c in ALL {
                    for marks in [false, true] {
                        let mut content = Vec::new();
                        for (text, how) in lines.iter().zip([a, b, c]) {
                            let mark = if marks { "\u{feff}" } else { "" };
                            content.extend(encoded(&format!("{mark}{text}"), how));
                        }
                        let read = text_of(&content).replace('\u{feff}', "");
                        assert_eq!(read, lines.concat(), "{a:?} {b:?} {c:?} {marks}");
                    }
                }
            }
        }
    }

    /// The smallest mixes in which a line end was lost: the lines in between are so short that
    /// they could be characters, or a blank line leaves the order of bytes open.
    #[test]
    fn short_lines_between_other_encodings_keep_their_ends() {
        let (long, short) = ("PORT=8080 # x\r\n", "label = x\n");
        let last = "NAME=app\n";
        let mixes: &[&[(&str, As)]] = &[
            &[(long, ALL[2]), (short, ALL[0]), (last, ALL[3])],
            &[(long, ALL[2]), (short, ALL[0]), (last, ALL[1])],
            &[
                (long, ALL[2]),
                (short, ALL[0]),
                ("\u{feff}NAME=app\n", ALL[4]),
            ],
            &[
                (long, ALL[1]),
                (short, ALL[0]),
                ("\u{feff}NAME=app\n", ALL[3]),
            ],
            &[(long, ALL[2]), ("label = x\r\n\n", ALL[0]), (last, ALL[2])],
            &[(long, ALL[3]), ("NAME=app\r\na\n", ALL[0]), (long, ALL[3])],
            &[
                (long, ALL[4]),
                (short, ALL[0]),
                (long, ALL[3]),
                (last, ALL[4]),
            ],
            &[
                ("a = b\n\n", ALL[0]),
                (long, ALL[2]),
                ("\u{feff}NAME=app\n", ALL[1]),
            ],
            &[
                ("a = b\n\n", ALL[0]),
                (long, ALL[2]),
                ("\u{feff}NAME=app\n", ALL[3]),
            ],
            &[
                ("a = b\n\n", ALL[0]),
                (long, ALL[4]),
                ("\u{feff}NAME=app\n", ALL[3]),
            ],
            &[
                ("a = b\n\n", ALL[0]),
                (long, ALL[2]),
                ("\u{feff}NAME=app\n", ALL[0]),
            ],
        ];
        for mix in mixes {
            let content: Vec<u8> = mix
                .iter()
                .flat_map(|(text, how)| encoded(text, *how))
                .collect();
            let lines: String = mix
                .iter()
                .map(|(text, _)| text.replace('\u{feff}', ""))
                .collect();
            let read = text_of(&content).replace('\u{feff}', "");
            let ends = |text: &str| text.matches('\n').count();
            assert_eq!(ends(&read), ends(&lines), "{mix:?} {read:?}");
            assert!(
                read.ends_with(&*mix[mix.len() - 1].0.replace('\u{feff}', "")),
                "{mix:?} {read:?}"
            );
        }
    }

    #[test]
    fn marks_in_front_of_other_text_change_nothing() {
        for text in [
            "NAME=app\nPORT=8080\nHOST=localhost\n",
            "größe = naïve\nuser=x\n",
        ] {
            for mark in [
                &b"\xff\xfe"[..],
                b"\xfe\xff",
                b"\xff\xfe\0\0",
                b"\0\0\xfe\xff",
            ] {
                for how in ALL {
                    if how != As::Bytes && !text.is_ascii() {
                        continue;
                    }
                    let content = [mark, &encoded(text, how)].concat();
                    // The mark of UTF-16 and NULs are the mark of UTF-32.
                    let read = text_of(&content);
                    assert_eq!(read.trim_start_matches('\0'), text, "{mark:?} {how:?}");
                }
            }
        }
    }

    #[test]
    fn a_half_unit_does_not_hide_the_rest() {
        let (first, second) = ("first line of it\n", "second line of it\n");
        for a in ALL {
            for b in ALL {
                for half in [&b"\n"[..], b"\0", b"\0\0\0", b"\n\n\n", b"\xe9"] {
                    let content = [&encoded(first, a), half, &encoded(second, b)].concat();
                    let read = text_of(&content);
                    assert!(
                        read.starts_with("first line of it"),
                        "{a:?} {b:?} {half:?} {read:?}"
                    );
                    // Whose half it is cannot be told: it may take the next letter.
                    let read = read.trim_end_matches('\0');
                    assert!(
                        read.ends_with(&second[1..]),
                        "{a:?} {b:?} {half:?} {read:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn scripts_of_the_world_stay_what_they_are() {
        let texts = [
            "中文文本，包括标点符号……以及更多的字。上海一二三四五六七八九十，“引号”。\n",
            "ひらがなのながいぶんしょうですからこれはよくかんがえてください。カタカナモアリマス。\n",
            "ㅋㅋㅋㅋㅋㅋㅋㅋ 한국어 문장은 이렇게 씁니다.\n",
            "यह हिन्दी का एक वाक्य है और इसमें कई शब्द हैं।\n",
            "ਇਹ ਪੰਜਾਬੀ ਦਾ ਇੱਕ ਵਾਕ ਹੈ ਊਊ\nഊഊ മലയാളം ഒരു ഭാഷയാണ്\n",
            "Это русский текст, и это ещё одно предложение.\n",
            "═══════════════════ ─────── ★★★★ ❤❤❤❤ ™™™™\n",
            "นี่คือประโยคภาษาไทย عربي 👍👍👍👍👍👍👍👍\n",
        ];
        for text in texts {
            for how in ALL {
                let text = format!("\u{feff}{text}").repeat(3);
                assert_eq!(text_of(&encoded(&text, how)), text[3..], "{how:?}");
            }
        }
    }

    #[test]
    fn damage_becomes_replacement_characters() {
        let mut content = encoded("the text before it", As::Two(true));
        content.extend([0xd8, 0x00]);
        content.extend(encoded("and behind it", As::Two(true)));
        assert_eq!(text_of(&content), "the text before it\u{fffd}and behind it");
        assert_eq!(decoded(&[b"\xff\xfea\0b\0c"]), b"abc");
    }

    #[test]
    fn strings_of_programs_are_read() {
        let code = b"\x7fELF\x02\x01\x01\0\0\xff\x15\x10\x02\0\0\x8b\x44\x24\x08\0";
        let mut content = code.repeat(20);
        content.extend(encoded("client secret is here", As::Two(false)));
        content.extend(code.repeat(20));
        assert!(text_of(&content).contains("client secret is here"));
        assert_eq!(decoded(&[&code.repeat(40)]), code.repeat(40));
    }

    #[test]
    fn decoding_is_the_same_however_content_is_cut() {
        let mut state = 0x2545_f491_4f6c_dd1du64;
        let mut below = |n: u64| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % n
        };
        const PARTS: &[&str] = &[
            "a line of text\n",
            "größe",
            "日本語",
            "x",
            "\n",
            "😀",
            "LABEL=\"Ab1cD2eF3gH4iJ5\"\n",
            "\u{feff}",
            "\0",
            "\x01",
        ];
        for _ in 0..400 {
            let mut content = Vec::new();
            for _ in 0..below(30) {
                let text =
                    PARTS[below(10) as usize].repeat(1 + below(40) as usize * below(2) as usize);
                content.extend(encoded(&text, ALL[below(5) as usize]));
                content.extend((0..below(3)).map(|i| if i == 0 { below(256) as u8 } else { 0 }));
            }
            let whole = decoded(&[&content]);
            let mut once = Vec::new();
            Decoder::default().whole(&content, &mut once);
            assert_eq!(once, whole);
            for step in [1, 7, 64, 1000] {
                let pieces: Vec<&[u8]> = content.chunks(step).collect();
                assert!(decoded(&pieces) == whole, "{step}");
                assert!(passed(&pieces) == whole, "{step}");
            }
            match plain(&content) {
                Some(plain) => assert!(whole == content[plain.mark..]),
                None => assert!(whole != content),
            }
        }
    }
}
