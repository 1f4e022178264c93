//! The literals that may begin something that is encoded: the signs of escapes, which may stand
//! inside of any token.
//!
//! The build script compiles this file as well.

use super::base85;
use super::cut;
use super::literal::Literal;
use super::turned;
use crate::rules::class::{ALNUM, ByteSet, DIGIT};

/// A way to write single characters of a word otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::detect) enum Writing {
    /// `%5F`.
    Percent,
    /// `\x5f`, `\u005f`, `\137`.
    Backslash,
    /// `&#95;`.
    Entity,
    /// `=5F`, and the `=` at the end of a line.
    Quoted,
    /// A character that nobody sees.
    Invisible,
}

/// What may be encoded behind a literal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::detect) enum Lead {
    /// A sign that stands for a character.
    Sign(Writing),
    /// `0x67, 0x68`, `[103, 104]`.
    Numbers,
    /// `<~`.
    Ascii85,
    /// `67 68`, `67:68`, `6768 705f`.
    Dump,
    /// `begin 644 name`.
    Uuencode,
    /// The first signs of Ascii85, Base85 or Z85 without marks.
    Base85,
    /// The prefix of a token, backwards.
    Reversed,
    /// The prefix of a token with each letter moved by 13 places.
    Rot13,
    /// The first part of a prefix of tokens, whose second part stands in another string.
    Cut,
    /// What joins two strings of a program: `" + "`.
    Joint,
    /// What says that strings are put together elsewhere: `.join("")`, `%s%s`, `_${`.
    Text,
}

impl Lead {
    /// Every kind, by its number in [`Role`](super::compile::Role).
    pub(in crate::detect) const ALL: [Lead; 15] = [
        Lead::Sign(Writing::Percent),
        Lead::Sign(Writing::Backslash),
        Lead::Sign(Writing::Entity),
        Lead::Sign(Writing::Quoted),
        Lead::Sign(Writing::Invisible),
        Lead::Numbers,
        Lead::Ascii85,
        Lead::Dump,
        Lead::Uuencode,
        Lead::Base85,
        Lead::Reversed,
        Lead::Rot13,
        Lead::Cut,
        Lead::Joint,
        Lead::Text,
    ];
}

const HEXES: ByteSet = DIGIT
    .or(ByteSet::range(b'a', b'f'))
    .or(ByteSet::range(b'A', b'F'));
/// Bytes of tokens.
const TOKEN: ByteSet = ALNUM.or(ByteSet::of(b"_-"));
/// What may go on behind a soft break.
const TOKEN_OR_SIGN: ByteSet = TOKEN.or(ByteSet::of(b"="));
/// What may stand behind a sign that belongs to a token.
const BEHIND: ByteSet = TOKEN.or(ByteSet::of(b"+/=.%&\\"));
/// What stands before the first sign of a word.
const BEFORE: ByteSet = TOKEN.or(ByteSet::of(b"+/=.:;,%(>[{ \t\n\"'`"));

/// What stands between the text of a string and the text of the next one.
const JOINTS: &[&str] = &[
    "\" + \"",
    "' + '",
    "\"+\"",
    "'+'",
    "\" + '",
    "' + \"",
    "` + `",
    "` + '",
    "` + \"",
    "' + `",
    "\" + `",
    "\" * \"",
    "\" . \"",
    "' . '",
    "\" .. \"",
    "' .. '",
    "\" & \"",
    "' || '",
    "\" || \"",
    "\" ~ \"",
    "\" <> \"",
    "\" ++ \"",
    "\" << \"",
    "\" ^ \"",
    "\").append(\"",
    "\").concat(\"",
    "\".concat(\"",
];
/// What a string ends with that goes on in the next line.
const LINES: &[&str] = &["\" +", "' +", "` +", "\" .", "' .", "\" &", "\" \\", "' \\"];
/// What says that strings are put together, and stands seldom in other text.
const TEXTS: &[&str] = &[
    ".join(\"\")",
    ".join('')",
    "\"\".join(",
    "''.join(",
    "implode(''",
    "implode(\"\"",
    "paste0(\"",
    "paste(\"",
    "Concat('",
    "Concat(\"",
    "concat!(\"",
    "].concat()",
    ".mkString",
    "joinToString(\"\")",
    ".joined()",
    "-join ''",
    "-join \"\"",
    "-join ('",
    "-join (\"",
    "-join @(",
    "joining())",
    "Join(\"\"",
    "join('',",
    "strings.Join(",
    "%s%s",
    "{}{}",
    "{0}{1}",
];
/// Returns the literals that lead to strings that are put together.
fn joining() -> Vec<(Lead, Option<ByteSet>, &'static str, &'static [ByteSet])> {
    const LINE_ENDS: &[ByteSet] = &[ByteSet::of(b"\r\n")];
    let word = Some(TOKEN);
    let mut all: Vec<(_, _, _, &[ByteSet])> = Vec::new();
    all.extend(
        JOINTS
            .iter()
            .map(|text| (Lead::Joint, word, *text, &[TOKEN][..])),
    );
    all.extend(
        LINES
            .iter()
            .map(|text| (Lead::Joint, word, *text, LINE_ENDS)),
    );
    all.extend(TEXTS.iter().map(|text| (Lead::Text, None, *text, &[][..])));
    all
}

/// Returns the literals, each with the number of its [`Lead`]. The classes beside them keep the
/// tables small: each window that they allow lets some other content through.
pub(super) fn leads() -> Vec<(Literal, u8)> {
    let mut leads = Vec::new();
    let mut add = |lead: Lead, before: ByteSet, bytes: &[u8], after: &[ByteSet]| {
        let kind = Lead::ALL.iter().position(|each| *each == lead);
        let literal = Literal {
            bytes: bytes.to_ascii_lowercase().into(),
            fold: bytes.iter().any(u8::is_ascii_uppercase),
            before: vec![before],
            after: after.to_vec(),
        };
        leads.push((literal, kind.unwrap_or_default() as u8));
    };
    for sign in [b"%5F", b"%2D", b"%2B", b"%2F", b"%3D"] {
        add(Lead::Sign(Writing::Percent), BEFORE, sign, &[BEHIND]);
    }
    let high = ByteSet::range(b'2', b'7');
    for first in b'3'..=b'7' {
        let next = ByteSet::of(b"%");
        add(
            Lead::Sign(Writing::Percent),
            BEFORE,
            &[b'%', first],
            &[HEXES, next, high],
        );
        add(
            Lead::Sign(Writing::Backslash),
            BEFORE,
            &[b'\\', b'x', first],
            &[HEXES],
        );
        let unicode = [b'\\', b'u', b'0', b'0', first];
        add(Lead::Sign(Writing::Backslash), BEFORE, &unicode, &[]);
        let long = [b"\\U000000", &[first][..]].concat();
        add(Lead::Sign(Writing::Backslash), BEFORE, &long, &[HEXES]);
    }
    // In a string in a string, and so on.
    for escape in [&b"\\\\u00"[..], b"\\\\\\\\u00", b"\\\\x", b"\\\\\\\\x"] {
        add(
            Lead::Sign(Writing::Backslash),
            BEFORE,
            escape,
            &[high, HEXES],
        );
    }
    let before = BEFORE.or(ByteSet::of(b"}"));
    add(Lead::Sign(Writing::Backslash), before, b"\\u{", &[HEXES]);
    add(Lead::Sign(Writing::Backslash), BEFORE, b"\\u002", &[]);
    for escape in [
        &b"\\x2D"[..],
        b"\\055",
        b"\\U0000002D",
        b"\\u200",
        b"\\u00AD",
    ] {
        add(Lead::Sign(Writing::Backslash), BEFORE, escape, &[]);
    }
    add(Lead::Sign(Writing::Backslash), BEFORE, b"\\x{", &[HEXES]);
    let octal = ByteSet::range(b'0', b'7');
    add(
        Lead::Sign(Writing::Backslash),
        BEFORE,
        b"\\1",
        &[octal, octal],
    );
    for sign in [b"=5F", b"=2D", b"=3D"] {
        add(Lead::Sign(Writing::Quoted), TOKEN, sign, &[BEHIND]);
    }
    for soft in [&b"=\n"[..], b"=\r\n"] {
        add(Lead::Sign(Writing::Quoted), TOKEN, soft, &[TOKEN_OR_SIGN]);
    }
    let first = ByteSet::of(b"1456789");
    add(Lead::Sign(Writing::Entity), BEFORE, b"&#", &[first, DIGIT]);
    add(Lead::Sign(Writing::Entity), BEFORE, b"&#0", &[DIGIT, DIGIT]);
    let high_or_zero = high.or(ByteSet::of(b"0"));
    add(Lead::Sign(Writing::Entity), BEFORE, b"&#x", &[high_or_zero]);
    for name in [&b"&lowbar;"[..], b"&UnderBar;", b"&hyphen;", b"&dash;"] {
        add(Lead::Sign(Writing::Entity), BEFORE, name, &[]);
    }
    add_invisible(&mut add);
    add_more(&mut leads);
    add_characters(&mut leads);
    for (lead, before, text, after) in joining() {
        let kind = Lead::ALL.iter().position(|each| *each == lead);
        let literal = Literal {
            bytes: text.to_ascii_lowercase().into_bytes().into(),
            fold: text.bytes().any(|b| b.is_ascii_uppercase()),
            before: before.into_iter().collect(),
            after: after.to_vec(),
        };
        leads.push((literal, kind.unwrap_or_default() as u8));
    }
    leads
}

/// Adds characters that nobody sees.
fn add_invisible(add: &mut impl FnMut(Lead, ByteSet, &[u8], &[ByteSet])) {
    let spaces = ByteSet::range(0x8b, 0x8f).or(ByteSet::range(0xaa, 0xae));
    let joiners = ByteSet::range(0xa0, 0xa4);
    for (bytes, after) in [
        (&b"\xe2\x80"[..], vec![spaces, BEHIND]),
        (b"\xe2\x81", vec![joiners, BEHIND]),
        (b"\xef\xbb\xbf", vec![BEHIND]),
        (b"\xc2\xad", vec![BEHIND]),
    ] {
        add(Lead::Sign(Writing::Invisible), TOKEN, bytes, &after);
    }
}

/// Adds what leads to signs of signs, lists of numbers, Ascii85 and tokens that are turned.
fn add_more(leads: &mut Vec<(Literal, u8)>) {
    let mut add_between = |lead: Lead, before: &[ByteSet], bytes: &[u8], after: &[ByteSet]| {
        let kind = Lead::ALL.iter().position(|each| *each == lead);
        let literal = Literal {
            bytes: bytes.to_vec().into(),
            fold: false,
            before: before.to_vec(),
            after: after.to_vec(),
        };
        leads.push((literal, kind.unwrap_or_default() as u8));
    };
    for prefix in turned::reversed() {
        add_between(Lead::Reversed, &[ALNUM, ALNUM, ALNUM], &prefix, &[]);
    }
    add_numbers(&mut add_between);
    add_dumps(&mut add_between);
    let outside = ByteSet::of(b" \t\r\n\"'`=:(>");
    for image in base85::images() {
        add_between(Lead::Base85, &[outside], &image, &[]);
    }
    for (part, behind) in cut::parts() {
        add_between(Lead::Cut, &[cut::BEFORE], part, &[behind]);
    }
    for call in base85::CALLS {
        add_between(Lead::Base85, &[], call, &[ByteSet::of(b"brR\"'`")]);
    }
    let mut add = |lead: Lead, bytes: &[u8], after: &[ByteSet]| {
        add_between(lead, &[], bytes, after);
    };
    for prefix in turned::moved() {
        add(Lead::Rot13, &prefix, &[ALNUM, ALNUM, ALNUM]);
    }
    for mark in [
        &b"\"<~"[..],
        b"'<~",
        b" <~",
        b"\n<~",
        b"=<~",
        b"(<~",
        b"><~",
        b"[<~",
        b"{<~",
    ] {
        add(Lead::Ascii85, mark, &[ASCII85]);
    }
    add(
        Lead::Sign(Writing::Percent),
        b"%25",
        &[ByteSet::range(b'2', b'7'), HEXES],
    );
    // What `escape` of JavaScript writes.
    let high = ByteSet::range(b'2', b'7');
    add(Lead::Sign(Writing::Percent), b"%u00", &[high, HEXES]);
    let digit = DIGIT.or(ByteSet::of(b"xX"));
    add(Lead::Sign(Writing::Entity), b"&amp;#", &[digit, HEXES]);
}

/// Adds the second of some calls and casts for one character each, in any case: `chr(103).chr(104)`,
/// `[char]103+[char]104`.
fn add_characters(leads: &mut Vec<(Literal, u8)>) {
    const CLOSE: ByteSet = ByteSet::of(b")");
    const FIRST: ByteSet = DIGIT.or(ByteSet::of(b"&"));
    let calls: [(&[&str], &str, ByteSet); 5] = [
        (
            &[".", " . ", "&", " & ", "+", " + ", "||", " || "],
            "chr(",
            CLOSE,
        ),
        (&["&", " & "], "chrw(", CLOSE),
        (&["+", " + ", "&", " & "], "char(", CLOSE),
        (&[",", ", "], "char(", CLOSE),
        (&["+", " + ", ",", ", "], "[char]", HEXES),
    ];
    let kind = Lead::ALL.iter().position(|each| *each == Lead::Numbers);
    for (joints, call, before) in calls {
        for joint in joints {
            let literal = Literal {
                bytes: [*joint, call].concat().into_bytes().into(),
                fold: true,
                before: vec![before],
                after: vec![FIRST],
            };
            leads.push((literal, kind.unwrap_or_default() as u8));
        }
    }
    // A line of Visual Basic that goes on.
    for joint in [b"& _", b"+ _"] {
        let literal = Literal {
            bytes: [b" ", &joint[..]].concat().into(),
            fold: false,
            before: vec![CLOSE],
            after: vec![ByteSet::of(b"\r\n")],
        };
        leads.push((literal, kind.unwrap_or_default() as u8));
    }
}

/// Adds what stands between the first two characters of a text in separated digits, and what other
/// such rows begin with.
fn add_dumps(add: &mut impl FnMut(Lead, &[ByteSet], &[u8], &[ByteSet])) {
    const OUTSIDE: ByteSet = ByteSet::of(b" \t\r\n\"'`=:(,[{>|<-;*/");
    const SEEN: ByteSet = ByteSet::range(b'2', b'7');
    const BIT: ByteSet = ByteSet::of(b"01");
    for between in [b' ', b':', b'-'] {
        let next = ByteSet::of(&[between, b' ', b'\r', b'\n']);
        let after = [SEEN, HEXES, next];
        add(Lead::Dump, &[OUTSIDE, SEEN, HEXES], &[between], &after);
    }
    for magic in [b"1f 8b 08", b"1f:8b:08"] {
        add(Lead::Dump, &[OUTSIDE], magic, &[ByteSet::of(b" :")]);
    }
    // A literal has one class of neighbours, so these begin with more than a blank.
    for second in [b" 2", b" 3", b" 4", b" 5", b" 6", b" 7"] {
        let classes = [HEXES, SEEN, HEXES];
        add(Lead::Dump, &classes, second, &classes);
    }
    for second in [b" 00", b" 01"] {
        add(Lead::Dump, &[BIT; 3], second, &[BIT; 3]);
    }
    let comma = ByteSet::of(b",");
    add(
        Lead::Dump,
        &[ByteSet::of(b"=")],
        b"hex:",
        &[HEXES, HEXES, comma],
    );
    let (close, colon) = (ByteSet::of(b")"), ByteSet::of(b":"));
    add(
        Lead::Dump,
        &[ByteSet::of(b"=")],
        b"hex(",
        &[HEXES, close, colon],
    );
    let blank = ByteSet::of(b" ");
    for mode in [b"begin 6", b"begin 7"] {
        add(Lead::Uuencode, &[], mode, &[DIGIT, DIGIT, blank]);
    }
}

/// The signs of Ascii85, and the end of a line.
const ASCII85: ByteSet = ByteSet::range(b'!', b'u').or(ByteSet::of(b"z\r\n"));

/// Adds what a list of numbers begins with. In decimal, a bracket and what stands before it show
/// it.
fn add_numbers(add: &mut impl FnMut(Lead, &[ByteSet], &[u8], &[ByteSet])) {
    const GAP: ByteSet = ByteSet::of(b", \t\r\nuUL");
    const BLANK: ByteSet = ByteSet::of(b" \t");
    const FIRST: ByteSet = DIGIT.or(ByteSet::of(b"'"));
    const OPEN: &[&[u8]] = &[
        b"= [", b": [", b"\":[", b"s([", b"y([", b"m([", b"Code(", b"te{", b"= {", b"]={", b"[]{",
        b"] { ", b"= [ ", b": [ ", b"= { ", b", [", b",[", b"&[", b"](",
    ];
    const CALLS: &[&[u8]] = &[
        b"..[", b"Of(", b"s((", b"y((", b"c![", b"ray(", b"*', ", b"*\", ", b"r, (", b"} (",
        b"(c(", b"- c(", b"t8[", b"join (",
    ];
    let first = ByteSet::range(b'1', b'9');
    let first_numbers = [first, DIGIT, DIGIT.or(GAP)];
    for open in OPEN {
        add(Lead::Numbers, &[], open, &[first, DIGIT, DIGIT.or(GAP)]);
    }
    // Two digits show enough: three of them and a bracket look like `http` to the flags.
    for open in CALLS {
        add(Lead::Numbers, &[], open, &[first, DIGIT]);
    }
    // Binaries of Erlang; a number is shifted by others.
    let outside = ByteSet::of(b" \t\n([{=,>");
    add(Lead::Numbers, &[outside], b"<<", &[first, DIGIT]);
    let value = ByteSet::of(b" :=(,{[\n\"'`");
    for open in [b"\"[", b"'[", b"`[", b"[["] {
        add(
            Lead::Numbers,
            &[value],
            open,
            &[first, DIGIT, DIGIT.or(GAP)],
        );
    }
    add(
        Lead::Numbers,
        &[TOKEN],
        b"=[",
        &[first, DIGIT, DIGIT.or(GAP)],
    );
    add(Lead::Numbers, &[TOKEN], b" [", &first_numbers);
    for open in [
        &b"{0x"[..],
        b"[0x",
        b"([0x",
        b"{ 0x",
        b"[ 0x",
        b"(0x",
        b"\"0x",
        b"'0x",
        b"=0x",
        b": 0x",
        b"', 0x",
        b"{&H",
        b"(&H",
        b"<<16#",
    ] {
        add(Lead::Numbers, &[], open, &[HEXES, HEXES, GAP]);
    }
    add(
        Lead::Numbers,
        &[],
        b"= ($",
        &[HEXES, HEXES, ByteSet::of(b",")],
    );
    for bytes in [b".byte 0x", b".byte\t0x"] {
        add(Lead::Numbers, &[BLANK], bytes, &[HEXES, HEXES, GAP]);
    }
    let lines: [&[u8]; 14] = [
        b"= [", b"] = {", b"] {", b"byte{", b"y([", b"s([", b"Code(", b"from([", b"\": [", b"s((",
        b"y((", b"Of(", b"ray(", b"c![",
    ];
    for open in lines {
        for end in [&b"\n"[..], b"\r\n"] {
            let open = [open, end].concat();
            add(Lead::Numbers, &[], &open, &[BLANK.or(FIRST)]);
        }
    }
    let one = ByteSet::range(b' ', b'~');
    let (quote, behind) = (ByteSet::of(b"'"), ByteSet::of(b", "));
    for open in [&b"{'"[..], b"{ '", b"['", b"[ '", b"[b'"] {
        add(Lead::Numbers, &[], open, &[one, quote, behind]);
    }
    for cast in [&b"{(byte)"[..], b"{ (byte)", b"{(char)", b"{ (char)"] {
        add(Lead::Numbers, &[], cast, &[]);
    }
    let before = ByteSet::of(b" \t\n(,=+|.");
    for call in [b"CHAR(", b"char("] {
        add(Lead::Numbers, &[before], call, &first_numbers);
    }
}
