//! What a value is in a text about something else: a word of a sentence, of a manual or of a
//! label, what an option is called, an argument of a function that looks something up.

use super::name::{Name, Noun};
use super::near::{self, NEAR};
use super::text::contains;
use super::value::{Tally, is_words, wordliness};
use crate::check::encoding;
use crate::detect::forms::assignments::{Link, Quote, Site};

/// What the value at the site is in the text around it.
pub(super) fn aside(bytes: &[u8], site: &Site, name: &Name, tally: &Tally) -> Option<&'static str> {
    let text = &bytes[site.value.clone()];
    Some(if is_metavariable(bytes, site, text) {
        "what an option is called"
    } else if is_in_sentence(bytes, site, text, tally) {
        "a word of a sentence"
    } else if is_written_label(bytes, site, name, tally) {
        "text for people"
    } else if is_format_of_date(text, tally) {
        "a format"
    } else if is_standard(text, tally) {
        "the name of a standard"
    } else if is_type_of_jvm(bytes, site, text) {
        "a type"
    } else if is_sum(bytes, site, text)
        || joins_strings(text, tally)
        || is_node(bytes, site, name, text)
        || is_hole(text)
    {
        "code"
    } else if is_list_of_options(site, name, text, tally) {
        "a list of options"
    } else if is_looked_up(bytes, site, text, tally) || is_scope(name, text, tally) {
        "a name"
    } else if is_key_of_map(bytes, site, text) {
        "the name of an entry"
    } else if is_step(bytes, site, text) {
        "the name of a pass over data"
    } else if is_line_of_file(text, tally) {
        "a path"
    } else if is_encoded_text(name, text) {
        "text"
    } else if is_shared_word(bytes, site, text, tally) {
        "the name of a type"
    } else if is_place(site, name, text, tally) {
        "a place in a store"
    } else if is_other_field(site, name, text) {
        "a rule for what people type"
    } else if is_id_of_account(text) {
        "an identifier"
    } else if is_key_of_row(name, text) || says_its_name(bytes, site, text, tally) {
        "a name"
    } else if is_range(text, tally) {
        "a rule for what people type"
    } else {
        return None;
    })
}

/// Whether the text is an id of an account or application of WeChat, which everybody may see.
fn is_id_of_account(text: &[u8]) -> bool {
    let id = |head: &[u8], digits: usize| {
        let rest = text.strip_prefix(head);
        rest.is_some_and(|rest| rest.len() == digits && rest.iter().all(is_hex))
    };
    id(b"gh_", 12) || id(b"wx", 16)
}

/// Whether the value names the fields that find a row of a table, or a variable of such a key. In
/// Spanish and Portuguese, a password and a key have the same name: `sClave := sClaveFactura`,
/// `CamposClave := 'empresa_c,centro_c'`.
fn is_key_of_row(name: &Name, text: &[u8]) -> bool {
    if !name.may_be_code() {
        return false;
    }
    let lower = text.to_ascii_lowercase();
    let field = |part: &[u8]| {
        part.iter().all(|b| b.is_ascii_lowercase() || *b == b'_')
            && (1..=2).contains(&part.iter().filter(|b| **b == b'_').count())
    };
    let letters = text.iter().all(u8::is_ascii_alphabetic);
    let named = letters && (contains(&lower, b"clave") || contains(&lower, b"chave"));
    let upper = text.iter().all(u8::is_ascii_uppercase);
    named || upper || text.split(|b| *b == b',').all(field)
}

/// Whether the value has the words of its name, one after the other, among others:
/// `ssh_signing_key: "Acme-SSH-Signing-Key"`.
fn says_its_name(bytes: &[u8], site: &Site, text: &[u8], tally: &Tally) -> bool {
    const LEAST: usize = 3;
    let plain = text
        .iter()
        .all(|b| b.is_ascii_alphabetic() || b"-_".contains(b));
    if !plain || !(tally.has(b'-') || tally.has(b'_')) {
        return false;
    }
    let name = &bytes[site.name.clone()];
    let mut words = name.split(|b| b"-_".contains(b));
    let mut parts = text.split(|b| b"-_".contains(b));
    let known = words.clone().filter(|word| word.len() >= 2).count();
    known >= LEAST
        && words.all(|word| word.len() < 2 || parts.any(|part| part.eq_ignore_ascii_case(word)))
}

/// Whether the text says how long something may be: `length:0-64`.
fn is_range(text: &[u8], tally: &Tally) -> bool {
    let letters = text.iter().take_while(|b| b.is_ascii_lowercase()).count();
    let rest = text[letters..].strip_prefix(b":").unwrap_or_default();
    let mut ends = rest.split(|b| *b == b'-');
    let number = |part: Option<&[u8]>| {
        part.is_some_and(|part| {
            (1..=4).contains(&part.len()) && part.iter().all(u8::is_ascii_digit)
        })
    };
    tally.has(b'-')
        && letters >= 3
        && number(ends.next())
        && number(ends.next())
        && ends.next().is_none()
}

fn is_hex(byte: &u8) -> bool {
    byte.is_ascii_digit() || (b'a'..=b'f').contains(byte)
}

/// Whether a manual says what an option takes: `--add-password=FIELDNAME`,
/// `-fdump-rtl-pass=filename`.
fn is_metavariable(bytes: &[u8], site: &Site, text: &[u8]) -> bool {
    const KINDS: &[&[u8]] = &[
        b"file",
        b"filename",
        b"path",
        b"pathname",
        b"dir",
        b"directory",
        b"name",
        b"string",
        b"number",
        b"level",
        b"mode",
        b"list",
        b"word",
        b"text",
        b"size",
        b"type",
        b"value",
    ];
    let option =
        bytes[site.name.clone()].starts_with(b"-") || near::before(bytes, site, 2).ends_with(b"-");
    let upper = text.len() >= 4
        && text
            .iter()
            .all(|b| b.is_ascii_uppercase() || b"_-".contains(b))
        && !runs_a_program(bytes, site);
    let joined = bytes.get(site.name.end) == Some(&b'=');
    // What an option means stands in a column of its own: `--passwd     Plaintext or hash`.
    let gap = bytes
        .get(site.name.end..site.value.start)
        .unwrap_or_default();
    let column = gap.len() >= 2 && gap.iter().all(|b| b" \t".contains(b));
    let title = text.first().is_some_and(u8::is_ascii_uppercase);
    let described = column && title && text.iter().all(u8::is_ascii_alphabetic);
    let named = joined && (upper || KINDS.contains(&text));
    option && site.quote == Quote::Bare && (named || described)
}

/// Whether the line of the option runs a program: it begins with a word, and has another option before.
fn runs_a_program(bytes: &[u8], site: &Site) -> bool {
    let line = near::line_before(bytes, site, 2 * NEAR);
    let starts = line.first().is_some_and(u8::is_ascii_lowercase);
    starts && !contains(line, b"[") && contains(line, b" -")
}

/// Whether the value is a word of the sentence that names a password: `a password: prompt)`,
/// `current password: pkcs8: incorrect password`, `fixed in this pass: \`src/x.rs:34\``.
fn is_in_sentence(bytes: &[u8], site: &Site, text: &[u8], tally: &Tally) -> bool {
    /// The longest word that may have a digit, as what a message is about.
    const TOPIC: usize = 6;
    let before = near::before(bytes, site, NEAR);
    let after = near::after(bytes, site, 3);
    let name = &bytes[site.name.clone()];
    if site.link == Link::Colon && site.quote == Quote::Plain(b'`') {
        let about = name.eq_ignore_ascii_case(b"pass") || name.ends_with(b"creds");
        let place = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"/-_.:".contains(b);
        return about && tally.has(b'/') && text.iter().all(place);
    }
    if site.quote != Quote::Bare {
        return false;
    }
    let spaced = matches!(after, [b' ', next, ..] if next.is_ascii_alphabetic());
    if let Some(word) = text.strip_suffix(b":")
        && spaced
        && site.link == Link::Colon
    {
        return is_words(word) || word.len() <= TOPIC;
    }
    // A type and what the argument is without one: `const AppSecret: RawUTF8='')`.
    if text.ends_with(b"=") && matches!(after.first(), Some(b'"' | b'\'')) {
        return site.link == Link::Colon;
    }
    let words = tally.letters() == text.len();
    let article = [&b" a "[..], b" the ", b" your ", b" this ", b" an "]
        .iter()
        .any(|word| before.ends_with(word));
    let closes = matches!(after.first(), Some(b')' | b'.' | b','));
    let line = near::line_before(bytes, site, NEAR);
    let unopened = after.first() == Some(&b')') && !line.contains(&b'(');
    if words && (article && closes || unopened) && site.link == Link::Colon {
        return true;
    }
    // `Three in a row. Pass = purple`, `Second Pass: Architecture of it`
    let heading = site.link == Link::Colon
        && spaced
        && matches!(before, [.., b'a'..=b'z', b' '])
        && !says_more(bytes, site);
    words && name == b"Pass" && (before.ends_with(b". ") || heading)
}

/// Whether another field stands behind the value on its line, as notes about a login have them:
/// `Pass: x Host: y`.
fn says_more(bytes: &[u8], site: &Site) -> bool {
    let after = near::after(bytes, site, NEAR);
    let line = memchr::memchr(b'\n', after).map_or(after, |end| &after[..end]);
    contains(line, b": ")
}

/// Whether a letter with an accent that is written as an escape goes on right behind the letters of the
/// value, as bundles of messages have them: `Contrase\u00F1a`.
fn is_written_label(bytes: &[u8], site: &Site, name: &Name, tally: &Tally) -> bool {
    /// What passwords are called in languages with accents.
    const WORDS: [&[u8]; 8] = [
        b"contrase",
        b"passw",
        b"kennw",
        b"l\\u00f6sen",
        b"jelsz",
        b"lykilor",
        b"cl\\u00e9",
        b"c\\u00f3dig",
    ];
    let text = &bytes[site.value.clone()];
    let lower = text.to_ascii_lowercase();
    if name.noun == Noun::Password && !WORDS.iter().any(|word| lower.starts_with(word)) {
        return false;
    }
    let letters = tally.letters() == text.len();
    let accented = after_accent(near::after(bytes, site, 6)).is_some();
    site.quote == Quote::Bare && (letters && accented || tally.has(b'\\') && is_accented(text))
}

/// What stands behind the escape of a letter with an accent with which the text begins.
fn after_accent(text: &[u8]) -> Option<&[u8]> {
    let [high, low, rest @ ..] = text.strip_prefix(b"\\u00")? else {
        return None;
    };
    let accent = matches!(high, b'c'..=b'f' | b'C'..=b'F') && low.is_ascii_hexdigit();
    accent.then_some(rest)
}

/// Whether the text is letters of which some, but not most, are written as escapes.
fn is_accented(text: &[u8]) -> bool {
    let (mut rest, mut letters, mut escapes) = (text, 0, 0);
    while let [first, more @ ..] = rest {
        if let Some(behind) = after_accent(rest) {
            escapes += 1;
            rest = behind;
        } else if first.is_ascii_alphabetic() {
            letters += 1;
            rest = more;
        } else {
            return false;
        }
    }
    escapes > 0 && letters >= escapes
}

/// Whether the text is how a date or a time is written: `ddMMyyyy`, `yyyy-MM-dd HH:mm`.
fn is_format_of_date(text: &[u8], tally: &Tally) -> bool {
    tally.digits == 0
        && contains(text, b"yy")
        && (contains(text, b"MM") || contains(text, b"mm"))
        && text.iter().all(|b| b"yMmdDHhsS-/:._ ,'TZ".contains(b))
}

/// Whether the text names a standard or what a cipher does: `RFC822`,
/// `RSA/None/OAEPWithSHA1AndMGF1Padding`.
fn is_standard(text: &[u8], tally: &Tally) -> bool {
    let number = text.strip_prefix(b"RFC").unwrap_or_default();
    (3..=5).contains(&number.len()) && number.iter().all(u8::is_ascii_digit)
        || tally.has(b'/') && text.ends_with(b"Padding")
}

/// Whether an assembler of Android says of which type a field is: `.field token:Ljava/lang/Object;`.
fn is_type_of_jvm(bytes: &[u8], site: &Site, text: &[u8]) -> bool {
    let part = |b: &u8| b.is_ascii_alphanumeric() || b"/$_-".contains(b);
    site.link == Link::Colon
        && site.quote == Quote::Bare
        && bytes.get(site.value.end) == Some(&b';')
        && text
            .strip_prefix(b"L")
            .is_some_and(|class| class.contains(&b'/') && class.iter().all(part))
}

/// Whether code adds something to the value: `tokens = n*PerToken + z`.
fn is_sum(bytes: &[u8], site: &Site, text: &[u8]) -> bool {
    const PARTS: &[u8] = b"_.*";
    let after = near::after(bytes, site, 4);
    let adds = matches!(after, [b' ', b'+' | b'-' | b'*' | b'/' | b'%', b' ', ..]);
    let starts = text.first().is_some_and(u8::is_ascii_alphabetic);
    let part = |b: &u8| b.is_ascii_alphanumeric() || PARTS.contains(b);
    site.quote == Quote::Bare
        && matches!(site.link, Link::Equals | Link::Colon)
        && starts
        && adds
        && text.iter().all(part)
        && text
            .iter()
            .any(|b| PARTS.contains(b) || b.is_ascii_uppercase())
}

/// Whether the text holds the end of one string, an expression and the beginning of the next:
/// `app:short:" + ip + ":`.
fn joins_strings(text: &[u8], tally: &Tally) -> bool {
    tally.has(b'+')
        && [&b"\" + "[..], b"' + "]
            .iter()
            .any(|end| contains(text, end) && text.iter().filter(|b| **b == end[0]).count() == 2)
}

/// Whether the text is words and small numbers with commas between them: `trim,md5`,
/// `32,letters,digits`.
fn is_list_of_options(site: &Site, name: &Name, text: &[u8], tally: &Tally) -> bool {
    const LONGEST: usize = 48;
    if !tally.has(b',') || tally.upper > 0 || text.len() > LONGEST {
        return false;
    }
    let mut parts = text.split(|b| *b == b',');
    let argument = site.link == Link::Comma || site.callee.is_some();
    // A person may put words together so, too.
    let several = match name.noun {
        Noun::Password => tally.digits > 0,
        _ => parts.clone().count() >= 3,
    };
    (argument || several)
        && parts.all(|part| {
            let letters = part.iter().take_while(|b| b.is_ascii_lowercase()).count();
            let digits = &part[letters..];
            let number = letters == 0 && (1..=3).contains(&digits.len());
            let word = letters >= 2 && digits.len() <= 3 && wordliness(&part[..letters]) >= -8;
            (number || word) && digits.iter().all(u8::is_ascii_digit)
        })
}

/// Whether the value is a line of what a parser read, with the kind of a piece and its text:
/// `XML_NAME('id')`.
fn is_node(bytes: &[u8], site: &Site, name: &Name, text: &[u8]) -> bool {
    let kind = |text: &[u8]| {
        let kind = text
            .iter()
            .take_while(|b| b.is_ascii_uppercase() || **b == b'_')
            .count();
        kind >= 4 && text.get(kind) == Some(&b'(')
    };
    if name.noun != Noun::Token {
        return false;
    }
    let between = bytes
        .get(site.name.end..site.value.start)
        .unwrap_or_default();
    let shown = between.strip_prefix(b":").unwrap_or(between);
    let alone = name.upper && name.count() >= 3 && between.trim_ascii_start().starts_with(b"('");
    kind(text) || kind(shown) || alone
}

/// Whether a shell fills the value in, or a page does: `${2:-}`, `#config.adminPassword#`.
fn is_hole(text: &[u8]) -> bool {
    let inner = |open: &[u8], close: &[u8]| {
        let rest = text
            .strip_prefix(open)
            .and_then(|rest| rest.strip_suffix(close));
        rest.is_some_and(|name| {
            !name.is_empty()
                && name
                    .iter()
                    .all(|b| b.is_ascii_alphanumeric() || b"_.".contains(b))
        })
    };
    // A person may put such signs around a word, too, but with capital letters or a number.
    let field = text.get(1).is_some_and(u8::is_ascii_lowercase)
        && text.contains(&b'.')
        && !text.iter().any(u8::is_ascii_digit);
    inner(b"${", b":-}") || field && inner(b"#", b"#")
}

/// Whether an entry of a map in the text format of protocol buffers is called so: its value follows.
fn is_key_of_map(bytes: &[u8], site: &Site, text: &[u8]) -> bool {
    let after = near::after(bytes, site, 64).get(1..).unwrap_or_default();
    let next = after.trim_ascii_start();
    bytes[site.name.clone()] == *b"key"
        && site.link == Link::Colon
        && after.len() > next.len()
        && text.len() <= 32
        && (next.starts_with(b"value {") || next.starts_with(b"value: "))
}

/// Whether a program names one of its passes over data: `sourcePass: "phase-two-names"`.
fn is_step(bytes: &[u8], site: &Site, text: &[u8]) -> bool {
    let name = &bytes[site.name.clone()];
    let lower = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_".contains(b);
    (name.ends_with(b"dataPass") || name.ends_with(b"DataPass") || name.ends_with(b"sourcePass"))
        && text.split(|b| b"-_".contains(b)).count() >= 3
        && text.iter().all(lower)
}

/// Whether the text is a file and a line in it: `tests/a.py:5`.
fn is_line_of_file(text: &[u8], tally: &Tally) -> bool {
    if !tally.has(b':') || !tally.has(b'.') {
        return false;
    }
    let mut parts = text.split(|b| *b == b':');
    let (Some(file), Some(line)) = (parts.next(), parts.next()) else {
        return false;
    };
    let plain = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"/-_.".contains(b);
    let end = memchr::memrchr(b'.', file).map_or(0, |dot| file.len() - dot - 1);
    (1..=4).contains(&end)
        && file.iter().all(plain)
        && (1..=5).contains(&line.len())
        && line.iter().all(u8::is_ascii_digit)
}

/// Whether the text is base64 of a sentence. Keys are none, and passwords in base64 seldom have
/// blanks.
fn is_encoded_text(name: &Name, text: &[u8]) -> bool {
    // A server of mail asks for it: `UGFzc3dvcmQ6`.
    const PROMPT: usize = 12;
    let asks = |plain: Vec<u8>| {
        plain
            .strip_suffix(b":")
            .is_some_and(|word| word.iter().all(u8::is_ascii_alphabetic))
    };
    if text.len() == PROMPT && encoding::base64(text).is_some_and(asks) {
        return true;
    }
    const LEAST: usize = 24;
    const MOST: usize = 400;
    matches!(name.noun, Noun::Key | Noun::Token)
        && (LEAST..=MOST).contains(&text.len())
        && encoding::base64(text).is_some_and(|plain| {
            let blanks = plain.iter().filter(|b| **b == b' ').count();
            blanks >= 2
                && plain.first().is_some_and(u8::is_ascii_alphabetic)
                && plain.iter().all(|b| b.is_ascii_graphic() || *b == b' ')
        })
}

/// Whether a function gets the value by which frameworks look up settings, tables and fields of
/// forms: `M('Reply_info')`, `C('platform_private_key')`, `QueryString("pasword")`.
fn is_looked_up(bytes: &[u8], site: &Site, text: &[u8], tally: &Tally) -> bool {
    let callee = site
        .callee
        .as_ref()
        .map(|callee| bytes[callee.clone()].trim_ascii());
    const FIELDS: &[&[u8]] = &[
        b"QueryString",
        b"GetParameter",
        b"getParameter",
        b"GetQuery",
        b"GetCookie",
        b"_post",
        b"_get",
    ];
    let field = |callee: &[u8]| FIELDS.iter().any(|field| callee.ends_with(field));
    callee
        .is_some_and(|callee| matches!(callee, [one] if one.is_ascii_uppercase()) || field(callee))
        && tally.digits == 0
        && text
            .iter()
            .all(|b| b.is_ascii_alphabetic() || b"_.".contains(b))
}

/// Whether the text is three or more words with dots, as grammars name what they colour:
/// `constant.language.acme`. Words that are easy to keep in mind look so, too, but not as a token.
fn is_scope(name: &Name, text: &[u8], tally: &Tally) -> bool {
    let parts = || text.split(|b| *b == b'.');
    !matches!(name.noun, Noun::Password | Noun::Secret)
        && tally.digits == 0
        && tally.has(b'.')
        && text
            .iter()
            .all(|b| b.is_ascii_alphabetic() || b"._-".contains(b))
        && parts().count() >= 3
        && parts()
            .filter(|part| part.len() >= 3 && wordliness(part) >= 0)
            .count()
            >= 2
        && wordliness(text) >= 0
}

/// Whether a word in camel case stands again and again around the value, as the class that many
/// commands of a shell have.
fn is_shared_word(bytes: &[u8], site: &Site, text: &[u8], tally: &Tally) -> bool {
    const REACH: usize = 1024;
    let camel = tally.letters() == text.len() && tally.upper >= 2 && tally.lower >= tally.upper;
    if !camel || site.quote == Quote::Bare || !is_words(&text[tally.upper - 1..]) {
        return false;
    }
    let from = site.name.start.saturating_sub(REACH);
    let to = bytes.len().min(site.name.end + REACH);
    let quoted = &bytes[site.value.start - 1..bytes.len().min(site.value.end + 1)];
    memchr::memmem::find_iter(&bytes[from..to], quoted)
        .nth(3)
        .is_some()
}

/// Whether a key is a place in a store or a tree: `!pages!8trI`, `labs/mock-2`.
fn is_place(site: &Site, name: &Name, text: &[u8], tally: &Tally) -> bool {
    if name.noun != Noun::Key {
        return false;
    }
    let lower = text[1..]
        .iter()
        .take_while(|b| b.is_ascii_lowercase() || **b == b'.')
        .count();
    if text[0] == b'!' && lower >= 3 && b"!.".contains(&text[text.len().min(lower + 2) - 1]) {
        return true;
    }
    let part = |part: &[u8]| part.iter().filter(|b| b.is_ascii_alphabetic()).count() >= 2;
    // `"app:short:" + name`
    if text.ends_with(b":") && tally.digits == 0 && site.quote != Quote::Bare {
        return true;
    }
    tally.has(b'/')
        && tally.upper == 0
        && text
            .iter()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"/-_.".contains(b))
        && text.split(|b| *b == b'/').all(part)
}

/// Whether a form says that a password must be typed twice, or where that is: `confirmed`.
fn is_other_field(site: &Site, name: &Name, text: &[u8]) -> bool {
    const MISSPELT: &[&[u8]] = &[b"pswd", b"psswd", b"pword", b"passwrd", b"pasword"];
    const WORDS: &[&[u8]] = &[
        b"confirmed",
        b"confirmation",
        b"confirm",
        b"nullable",
        b"sometimes",
    ];
    let given = matches!(site.link, Link::Arrow | Link::Colon | Link::Comma);
    let conditional = text.starts_with(b"required_") && text.contains(&b':');
    name.noun == Noun::Password
        && site.quote != Quote::Bare
        && (MISSPELT.contains(&text) || given && WORDS.contains(&text) || conditional)
}
