//! The cheap steps before the score: what the syntax around a value, or its name, explains.
//! Each step says why the value is no credential; the first one that does ends the ladder.

use super::lookalikes::lookalike;
use super::name::{Name, Noun};
use super::near::{self, NEAR, behind, up_to};
use super::phrase;
use super::syntax;
use super::text::{contains, may_be_any, other, rfind, says_nothing};
use super::value::Tally;
use super::vocabulary as say;
use crate::detect::forms::assignments::{Link, Quote, Setting, Site, has_signs};
use crate::detect::judge::{made, placeholders};
use crate::finding::Dismissal;
use crate::rules::class::{ByteSet, WORD};

/// Whether the value can be a credential if nothing but a blank gives it to its name. Most words for
/// credentials stand in sentences, so this is asked before all that looks farther.
pub(super) fn may_stand_alone(text: &[u8], site: &Site, name: &Name, tally: &Tally) -> bool {
    const SIGNS: ByteSet = ByteSet::of(b"!@#%^*+=?");
    let alone = site.link == Link::Space && site.quote == Quote::Bare;
    if !alone || name.says(say::IDENTIFIED) {
        return true;
    }
    let word = tally.digits == 0 && !tally.any(&SIGNS);
    !word && tally.letters() > 0 && text.first() != Some(&b'-')
}

/// Whether the value at the site can be a credential of this name: it is long enough, and
/// the syntax around it does not explain it.
pub(super) fn may_be_value(bytes: &[u8], site: &Site, name: &Name, tally: &Tally) -> bool {
    let text = &bytes[site.value.clone()];
    if text.len() < least(name.noun) || is_assembled(bytes, site) || repeats_name(bytes, site, text)
    {
        return false;
    }
    if site.link == Link::Call && !(name.last && is_setter(bytes, site, name)) {
        return false;
    }
    let before = &bytes[..site.name.start];
    let resource = before.ends_with(b"x:") || is_noise(bytes, site);
    let prose = site.link == Link::Space && site.quote == Quote::Plain(b'`');
    let in_url = site.link == Link::Param || before.ends_with(b"&amp;");
    let public = in_url && is_badge(before);
    if resource || prose || public || is_elsewhere(bytes, site, name) {
        return false;
    }
    // `f"{tag[1:]}"`
    let formatted = site.quote != Quote::Bare
        && tally.has(b'{')
        && bytes[..site.value.start]
            .strip_suffix(b"\"")
            .or_else(|| bytes[..site.value.start].strip_suffix(b"'"))
            .is_some_and(|before| matches!(before, [.., b' ' | b'=' | b'(' | b',', b'f' | b'F']));
    if formatted || is_operand(bytes, site) || syntax::is_part(bytes, site, name) {
        return false;
    }
    if name.says(say::IDENTIFIED) && !in_grant(bytes, site) {
        return false;
    }
    // `mdp = "FrozenLake-v1"`
    let plain = tally.digits == 0 || tally.letters() == 0 || tally.has(b'.') || tally.has(b'/');
    if name.is_doubtful() && (plain || contains(text, b"-v")) {
        return false;
    }
    if site.quote == Quote::Bare {
        return bare_fits(bytes, site, name, tally);
    }
    // Another string left its quote open, and a sentence follows; or a text holds a string.
    let goes_on = bytes.get(site.value.end + 1).is_some_and(|b| WORD.has(*b));
    !matches!(text.last(), Some(b'(' | b'[' | b'{')) || !goes_on && plainly_made(text)
}

/// Whether a setting that fills its line may be a credential of this name: it is no reference of
/// the grammar of its file (`!Ref`, `*alias`, `@file`) and no code.
pub(super) fn may_be_setting(
    text: &[u8],
    tally: &Tally,
    setting: &Setting,
    name: &Name,
    link: Link,
) -> bool {
    let long = text.len() >= least(name.noun) && text.iter().any(u8::is_ascii_alphanumeric);
    let signs = has_signs(text);
    let read = signs || link == Link::Space && phrase::is_joined(text, tally);
    // A string with blanks is a phrase or nothing.
    let cut = setting.in_string && !setting.ends_line;
    if !long || name.says(say::IDENTIFIED) || !read || cut {
        return false;
    }
    if setting.in_string && !may_be_any(text, tally) {
        return false;
    }
    if !signs || plainly_made(text) {
        return setting.ends_line || link != Link::Space;
    }
    let sure = setting.ends_line && matches!(link, Link::Equals | Link::Colon);
    // `==`, `=~` and `=>` are signs of code.
    sure && !b"=~>".contains(&text[0]) && !setting.in_string && !is_code(text)
}

/// Whether text is plainly a password, whatever signs it holds.
fn plainly_made(text: &[u8]) -> bool {
    made::generated(text) || made::chosen(text)
}

/// Whether the text of a setting is written like a call, a list, a reference or a pair.
fn is_code(text: &[u8]) -> bool {
    const NAME: ByteSet = WORD.or(ByteSet::of(b".-/:>$"));
    let (Some(first), Some(last)) = (text.first(), text.last()) else {
        return true;
    };
    let refers = b"!@:*~&?$%".contains(first) && text[1..].iter().all(|b| NAME.has(*b));
    let enclosed = b"([{<\"'`|>".contains(first) && b")]}>\"'`|".contains(last);
    let head = text.iter().take_while(|b| NAME.has(**b)).count();
    let opens = text.get(head).is_some_and(|b| b"([{<".contains(b));
    let closes = || text[head..].iter().any(|b| b")]}>".contains(b));
    let called = head > 0 && opens && (closes() || b"([{".contains(last));
    let listed = text.iter().filter(|b| b"\"'".contains(b)).count() >= 2;
    let pair = head >= 3 && text.get(head) == Some(&b'=') && text.get(head + 1) != Some(&b'=');
    refers || enclosed || called || listed || pair
}

/// Whether the name is a piece of encoded data in which a word stands by chance.
fn is_noise(bytes: &[u8], site: &Site) -> bool {
    const LEAST: usize = 20;
    let name = &bytes[site.name.clone()];
    name.len() >= LEAST && name.iter().all(u8::is_ascii_alphanumeric) && made::generated(name)
}

/// Whether the name stands where it names no value: it is the label of a branch (`case"Password":`),
/// an option of a client of MySQL, which takes no value behind a blank, but a database, or `pw` behind some sign.
fn is_elsewhere(bytes: &[u8], site: &Site, name: &Name) -> bool {
    let before = near::before(bytes, site, NEAR);
    let label = before
        .strip_suffix(b"\"")
        .or_else(|| before.strip_suffix(b"'"));
    let branch = label.is_some_and(|text| text.trim_ascii_end().ends_with(b"case"));
    if branch && site.link == Link::Colon {
        return true;
    }
    let gap = bytes.get(site.name.end);
    if site.link == Link::Flag && gap == Some(&b' ') && bytes[site.name.clone()] == *b"--password" {
        let line = near::line_before(bytes, site, NEAR);
        let text = &bytes[site.value.clone()];
        let word = text.iter().all(|b| b.is_ascii_lowercase() || *b == b'_');
        return word && (contains(line, b"mysql") || contains(line, b"mariadb"));
    }
    // `mysql -ubob -pmy_pass database`
    let own = &bytes[site.name.clone()];
    if site.link == Link::Flag && own.starts_with(b"-p") && own.contains(&b'_') {
        return true;
    }
    // `- Forward pass: embedding -> attention`, "Ensure that tests pass: `pytest`"
    let lower = |b: &u8| b.is_ascii_lowercase();
    let prose = match site.quote {
        Quote::Bare => true,
        Quote::Plain(b'`') => bytes[site.value.clone()].iter().all(lower),
        _ => false,
    };
    let prose = prose && site.link == Link::Colon && own == b"pass";
    let head = before.strip_suffix(b" ").and_then(<[u8]>::last);
    if prose && head.is_some_and(u8::is_ascii_alphabetic) {
        return true;
    }
    // A program to keep passwords has this name.
    let rest = rfind(own, b"1password").map(|at| &own[at + 9..]);
    if rest.is_some_and(|rest| !contains(rest, b"pass")) && name.noun == Noun::Password {
        return true;
    }
    const BEHIND: &[u8] = b" \t\r\n\"'`{,(;&?<[$.\\-_/";
    name.is(b"pw") && before.last().is_some_and(|b| !BEHIND.contains(b))
}

/// The fewest bytes of a credential of this kind.
fn least(noun: Noun) -> usize {
    match noun {
        Noun::Password | Noun::Secret => 4,
        Noun::Credential | Noun::Auth | Noun::Token => 6,
        Noun::AccessKey | Noun::Key => 8,
    }
}

/// Whether the value is compared with something, or with more than one thing:
/// `'password' === type || 'text' === name`.
fn is_operand(bytes: &[u8], site: &Site) -> bool {
    let rest = near::after(bytes, site, 8);
    let rest = rest.strip_prefix(b"\\").unwrap_or(rest);
    let rest = match site.quote {
        Quote::Bare => rest,
        _ => rest.get(1..).unwrap_or(&[]),
    };
    let rest = rest.trim_ascii_start();
    // `[==[…]==]` is a string of Lua.
    let long = rest.iter().find(|b| **b != b'=') == Some(&b']');
    let compared = rest.starts_with(b"==") && !long || rest.starts_with(b"!=");
    compared || (site.link == Link::Compare && site.fallback)
}

/// Whether the URL before a parameter is the public URL of a badge.
fn is_badge(before: &[u8]) -> bool {
    const URL_MAX: usize = 160;
    let near = &before[before.len().saturating_sub(URL_MAX)..];
    let url = behind(near, b" \t\n\"'()<>[]");
    contains(url, b"badge") || contains(url, b"shields.io")
}

/// Whether code puts the value together with other parts: `["a", "b"].concat()`.
fn is_assembled(bytes: &[u8], site: &Site) -> bool {
    if !bytes[..site.value.start].ends_with(b"[\"") {
        return false;
    }
    let line = near::line_after(bytes, site, NEAR);
    contains(line, b"].concat(") || contains(line, b"].join(")
}

/// Whether a statement of SQL about a user stands before the site.
fn in_grant(bytes: &[u8], site: &Site) -> bool {
    let line = near::line_before(bytes, site, 96).to_ascii_lowercase();
    [&b"user"[..], b"grant", b"role", b"alter"]
        .iter()
        .any(|w| contains(&line, w))
        || line.trim_ascii().is_empty()
}

/// Whether a function of that name takes the credential itself: `setPassword(…)`,
/// `x.token(…)`, `new Secret(…)`, and not `selectToken(…)` or `rtas_token(…)`.
fn is_setter(bytes: &[u8], site: &Site, name: &Name) -> bool {
    let before = site.name.start.checked_sub(1).and_then(|i| bytes.get(i));
    let text = &bytes[site.name.clone()];
    let given = name.says(say::GIVES)
        || before == Some(&b'.')
        || text.contains(&b'.')
        || name.count() == 1
        || text.first().is_some_and(u8::is_ascii_uppercase);
    // A function for users takes somebody's name first: `UsernamePasswordCredentials("bob", …)`.
    given
        && !name.says(say::READS | say::USERS)
        && !name.ends_with(say::PASS)
        && name.noun != Noun::Key
}

/// Whether a value without quotes can be a credential: it is no call, no member, no
/// variable, and no word of a sentence.
fn bare_fits(bytes: &[u8], site: &Site, name: &Name, tally: &Tally) -> bool {
    let text = &bytes[site.value.clone()];
    let after = bytes.get(site.value.end).copied().unwrap_or(b'\n');
    if b"([`{<".contains(&after) && site.link != Link::Element {
        return false;
    }
    let signs = text.first().is_some_and(|b| b"!@:*~&?".contains(b)) || text.starts_with(b"->");
    if signs && !(site.link == Link::Element && plainly_made(text)) {
        return false;
    }
    let (letters, digits) = (tally.letters() > 0, tally.digits > 0);
    let variable = text.first() == Some(&b'$')
        && text[1..]
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || b"_:->.".contains(b));
    let twice = |a: u8, b: u8| tally.has(a) && text.windows(2).any(|w| w == [a, b]);
    let pointer = twice(b'-', b'>') || twice(b':', b':');
    let element = site.link == Link::Element && tally.upper > 0 && tally.lower > 0;
    let element_made = element && made::generated(text);
    if variable || pointer && !element_made || !(letters || digits) {
        return false;
    }
    // A pair of its own: `secret: HostName=…;SharedAccessKey=…`, `[auth] trace_id=…`.
    let head = text
        .iter()
        .take_while(|b| b.is_ascii_alphabetic() || **b == b'_')
        .count();
    let pair = text.get(head) == Some(&b'=') && text.get(head + 1).is_some_and(|b| *b != b'=');
    if head >= 3 && pair && !made::chosen(text) && !element_made {
        return false;
    }
    if syntax::is_name_of_next(bytes, site) || syntax::is_assigned_name(bytes, site, tally) {
        return false;
    }
    // `- **Secret**: Always use a vault for passwords.`
    let named = matches!(site.link, Link::Colon | Link::Arrow) && tally.letters() == text.len();
    if named && after == b' ' && (word_follows(bytes, site) || foreign_follows(bytes, site)) {
        return false;
    }
    if after == b' ' && is_label(bytes, site) {
        return false;
    }
    // `proxy_pass upstream`, but `PROXY_PASS=…`
    let passes_on = site.link == Link::Space && name.ends_with(say::PASS) && name.count() == 2;
    if passes_on && !name.upper && bytes[site.name.clone()].starts_with(b"proxy") {
        return false;
    }
    // `PASS: the test of this`
    let outcome = site.link == Link::Colon && bytes[site.name.clone()].ends_with(b"PASS");
    if outcome && bytes.get(site.value.start.wrapping_sub(1)) == Some(&b' ') {
        return false;
    }
    match site.link {
        // The reader has seen its end tag.
        Link::Element => true,
        Link::Comma | Link::Call | Link::Compare => false,
        Link::Space if name.says(say::IDENTIFIED) => letters && ends_statement(bytes, site),
        // `JToken name1;` declares a variable of a type.
        Link::Space if declares(&bytes[site.name.clone()]) => false,
        // A sentence about the key of an entry: `la clave codigoQR.`
        Link::Space if name.may_be_code() && !digits => false,
        // `#define A_PASS B_PASS_1`
        Link::Space if tally.has(b'_') && tally.lower == 0 => false,
        Link::Space => {
            let inner = text.strip_suffix(b"?").unwrap_or(text);
            digits || inner.iter().any(|b| b"!@#%^*+=?".contains(b))
        }
        _ => !(after == b' ' && (sentence(bytes, site) || titled(bytes, site, tally))),
    }
}

/// Whether a statement ends with the value, or goes on in capitals as SQL does. Prose uses
/// the same words: `identified by Manufacturer ID.`
fn ends_statement(bytes: &[u8], site: &Site) -> bool {
    let line = near::line_after(bytes, site, 48);
    let word = line.trim_ascii_start();
    let word = word.split(|b| b" \t\r;".contains(b)).next();
    let quoted = |b: &u8| b"\"'`,)".contains(b);
    word.is_none_or(|word| {
        word.first().is_none_or(quoted)
            || (word.len() > 2 && word.iter().all(u8::is_ascii_uppercase))
    })
}

/// Whether the value and the word after it are words with a capital letter:
/// `"RIO_PW: Device Insertion on %s"`.
fn titled(bytes: &[u8], site: &Site, tally: &Tally) -> bool {
    let text = &bytes[site.value.clone()];
    let rest = near::after(bytes, site, 32);
    let next = rest.split(|b| b" \t\r\n".contains(b)).nth(1).unwrap_or(&[]);
    let title = |word: &[u8]| {
        word.len() >= 3
            && word[0].is_ascii_uppercase()
            && word[1..].iter().all(u8::is_ascii_lowercase)
    };
    site.link == Link::Colon && tally.letters() == text.len() && title(text) && title(next)
}

/// Whether the argument of a call repeats words of the name that the result is given to:
/// `ibm_errinjct_token = rtas_token("ibm,errinjct")`.
fn repeats_name(bytes: &[u8], site: &Site, text: &[u8]) -> bool {
    let mut words = text.split(|b| !b.is_ascii_alphanumeric());
    let name = &bytes[site.name.clone()];
    site.callee.is_some()
        && text.iter().any(|b| b",-_.:/".contains(b))
        && words.all(|word| {
            word.is_empty()
                || name
                    .windows(word.len())
                    .any(|part| part.eq_ignore_ascii_case(word))
        })
}

/// Whether a name before a blank is a type: `JToken`, not `Bearer`.
fn declares(name: &[u8]) -> bool {
    name.first().is_some_and(u8::is_ascii_uppercase)
        && name.iter().any(u8::is_ascii_lowercase)
        && !name.eq_ignore_ascii_case(b"bearer")
        && !name.eq_ignore_ascii_case(b"password")
}

/// Whether a word of letters stands behind the value, as in a sentence.
fn word_follows(bytes: &[u8], site: &Site) -> bool {
    let line = up_to(near::after(bytes, site, 48), b"\r\n");
    let word = line.split(|b| *b == b' ').nth(1).unwrap_or(&[]);
    let letters = word.iter().take_while(|b| b.is_ascii_alphabetic()).count();
    // `variable d'environnement`
    let elided =
        letters >= 1 && matches!(&word[letters..], [b'\'', next, ..] if next.is_ascii_alphabetic());
    elided
        || letters >= 2
            && matches!(
                &word[letters..],
                [] | [b'.' | b',' | b'!' | b';' | b'?' | b'<' | b')', ..]
            )
}

/// Whether a word of another script stands behind the value, as in a list that explains settings.
fn foreign_follows(bytes: &[u8], site: &Site) -> bool {
    let rest = near::after(bytes, site, 4);
    matches!(rest, [b' ', 0xc3..=0xf4, ..])
}

/// Whether the value begins a text for people that ends with its line: words, of which one names a
/// secret or begins with a capital letter, or the last one ends a sentence
/// (`VerifyPass=Verify password`).
fn is_label(bytes: &[u8], site: &Site) -> bool {
    const LONGEST: usize = 160;
    let text = &bytes[site.value.clone()];
    let letters = |word: &[u8]| {
        let word = word.trim_ascii();
        let word = word
            .strip_suffix(b"!")
            .or(word.strip_suffix(b"?"))
            .or(word.strip_suffix(b"."))
            .unwrap_or(word);
        let word = word
            .strip_suffix(b",")
            .or(word.strip_suffix(b":"))
            .unwrap_or(word);
        let sign = |b: &u8| b.is_ascii_alphabetic() || *b >= 0x80 || *b == b'\'';
        let number = word.len() <= 3 && word.iter().all(u8::is_ascii_digit);
        // Bundles of messages write accents as escapes: `contrase\u00F1a`.
        let escaped = contains(word, b"\\u00")
            && word
                .iter()
                .all(|b| b.is_ascii_alphanumeric() || *b == b'\\');
        !word.is_empty() && (number || escaped || word.iter().all(sign))
    };
    let rest = near::after(bytes, site, LONGEST);
    let end = rest.iter().position(|b| b"\r\n".contains(b));
    // Of a long line, the words that are whole.
    let cut = || memchr::memrchr(b' ', rest).filter(|_| rest.len() == LONGEST);
    let Some(end) = end.or_else(cut) else {
        return false;
    };
    let line = rest[..end].trim_ascii_end();
    let mut words = line.split(|b| *b == b' ').skip(1);
    let title = text.first().is_some_and(u8::is_ascii_uppercase);
    let names = || {
        let mut words = line.split(|b| !(b.is_ascii_alphabetic() || *b >= 0x80));
        words.any(|word| {
            let lower = word.to_ascii_lowercase();
            say::marks(&lower) & say::IS_PASSWORD != 0
                || [
                    &b"password"[..],
                    b"contrase",
                    b"senha",
                    b"passwort",
                    b"fail",
                ]
                .iter()
                .any(|known| lower.starts_with(known))
        })
    };
    matches!(site.link, Link::Equals | Link::Colon)
        && letters(text)
        && words.clone().next().is_some()
        && words.all(letters)
        && (names() || title && b"!?.".contains(line.last().unwrap_or(&b' ')))
}

/// Whether a sentence goes on after the value.
fn sentence(bytes: &[u8], site: &Site) -> bool {
    let line = near::line_after(bytes, site, 48);
    const SMALL: &[&[u8]] = &[
        b"a", b"an", b"and", b"are", b"as", b"at", b"be", b"by", b"for", b"from", b"in", b"is",
        b"must", b"of", b"on", b"or", b"that", b"the", b"to", b"will", b"with",
    ];
    let small = line
        .split(|b| *b == b' ')
        .nth(1)
        .is_some_and(|w| SMALL.contains(&w));
    if small && site.link != Link::Flag {
        return true;
    }
    let words = line
        .split(|b| *b == b' ')
        .skip(1)
        .take(2)
        .filter(|w| {
            w.len() >= 2
                && w.iter()
                    .all(|b| b.is_ascii_lowercase() || b",.".contains(b))
        })
        .count();
    words == 2 && site.link != Link::Flag
}

/// The first step of the ladder that explains the value.
pub(super) fn dismissal(text: &[u8], tally: &Tally, name: &Name, stock: bool) -> Option<Dismissal> {
    if name.ends_before_digits_with(say::SURELY_ABOUT) {
        return Some(Dismissal::LookAlike(
            "named as something about a credential",
        ));
    }
    // A configuration of this program lists identities of secrets.
    let hex = |b: &u8| b.is_ascii_digit() || (b'a'..=b'f').contains(b);
    if name.ends_with(say::SECRETS) && text.len() == 32 && text.iter().all(hex) {
        return Some(Dismissal::LookAlike("the identity of a secret"));
    }
    if says_nothing(text, tally) {
        return Some(Dismissal::Placeholder("a type, or a word for no value"));
    }
    if stock {
        return None;
    }
    let wanted = name.letters();
    if tally.letters() + tally.digits == wanted.len() && wanted.len() > 4 {
        let letters = text.iter().filter(|b| b.is_ascii_alphanumeric());
        if letters
            .map(u8::to_ascii_lowercase)
            .eq(wanted.iter().copied())
        {
            return Some(Dismissal::Placeholder("the name that it is assigned to"));
        }
    }
    placeholders::in_assignment(text)
        .or_else(|| other(text, tally))
        .or_else(|| lookalike(text, tally))
}
