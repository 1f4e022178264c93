//! What a value is a piece of: code in a string of code, a file of identifiers, a table of test
//! vectors, a page. Told by the value and by what stands right around it.

use super::name::{Name, Noun};
use super::near::{self, NEAR, up_to};
use super::text::contains;
use super::value::{Tally, wordliness};
use crate::check::encoding;
use crate::detect::forms::assignments::{Link, Quote, Site};
use crate::detect::judge::made;

/// What the value at the site is a piece of.
pub(super) fn part_of(
    bytes: &[u8],
    site: &Site,
    name: &Name,
    tally: &Tally,
) -> Option<&'static str> {
    let text = &bytes[site.value.clone()];
    Some(if is_joint(text) || is_condition(text) {
        "code"
    } else if is_markup(text) {
        "an attribute"
    } else if is_typed_entry(text) || is_numbered_name(name, text, tally) {
        "an identifier"
    } else if is_title_of_name(bytes, site, name, text)
        || is_class(name, text, tally)
        || is_qualified(text)
        || ends_name(bytes, site, text)
        || names_itself(bytes, site, text)
    {
        "a name"
    } else if is_action(name, text, tally) || is_handler(bytes, site, tally) {
        "the name of a page or action"
    } else if is_error(name, text) {
        "the code of an error"
    } else if is_listed_file(bytes, site, text) {
        "a checksum"
    } else if is_vector(bytes, site, tally) {
        "a test vector"
    } else if is_state(bytes, site, name, text) {
        "a word of a program"
    } else {
        return None;
    })
}

/// Whether the text is the end of one string, an expression and the beginning of the next:
/// `"'.$x['pass'].'"`, `"&newpass&"`, `+(this.token||0)+`.
fn is_joint(text: &[u8]) -> bool {
    let quotes = |b: &&u8| b"\"'\\".contains(b);
    let left = text.iter().take_while(quotes).count();
    let right = text.iter().rev().take_while(quotes).count();
    let Some(inner) = text.get(left..text.len() - right) else {
        return false;
    };
    let [first, middle @ .., last] = inner else {
        return false;
    };
    if first != last || !b".+&".contains(first) || middle.is_empty() {
        return false;
    }
    let plain = |b: &u8| b.is_ascii_alphanumeric() || b"_$.[]()'\"\\->|? ".contains(b);
    let begins = middle[0].is_ascii_alphabetic() || b"$_(".contains(&middle[0]);
    let quoted = left > 0 && right > 0;
    let called = middle.contains(&b'(') && middle.contains(&b')');
    begins && middle.iter().all(plain) && (quoted || called)
}

/// Whether the text goes on with the statements of a program: `not^!!x;if(y){z=true}`.
fn is_condition(text: &[u8]) -> bool {
    text.starts_with(b")&&")
        || text.starts_with(b")||")
        || contains(text, b"if(") && contains(text, b"){")
        || contains(text, b"&&") && contains(text, b"!=")
}

/// Whether the text is an attribute of a tag: `class="text"`; or it holds an entity that only
/// texts of pages have.
fn is_markup(text: &[u8]) -> bool {
    let name = text
        .iter()
        .take_while(|b| b.is_ascii_lowercase() || **b == b'-')
        .count();
    let rest = text[name..].strip_prefix(b"=");
    let value = rest.and_then(|rest| match rest {
        [open @ (b'"' | b'\''), inner @ .., close] if open == close => Some(inner),
        _ => None,
    });
    let pair = name >= 2 && value.is_some_and(|v| !v.iter().any(|b| b"\"'".contains(b)));
    pair || contains(text, b"&nbsp;")
        || text.starts_with(b"\">")
        || text.starts_with(b">") && !made::generated(text)
}

/// Whether the text is the entry of a file of settings that says its type, as setup projects of
/// Visual Studio do: `8:_` and 32 digits.
fn is_typed_entry(text: &[u8]) -> bool {
    let kind = text.iter().take_while(|b| b.is_ascii_digit()).count();
    let Some(rest) = text[kind..].strip_prefix(b":") else {
        return false;
    };
    let id = rest.strip_prefix(b"_").unwrap_or(rest);
    let id = id.strip_prefix(b"{").unwrap_or(id);
    let id = id.strip_suffix(b"}").unwrap_or(id);
    (1..=2).contains(&kind)
        && matches!(id.len(), 32 | 36)
        && id.iter().all(|b| b.is_ascii_hexdigit() || *b == b'-')
}

/// Whether a key is put together from words and numbers, as programs name their entries:
/// `BTC_Buy_1234_20240102`, `12345_orders_fast`.
fn is_numbered_name(name: &Name, text: &[u8], tally: &Tally) -> bool {
    if name.noun != Noun::Key || tally.digits == 0 || !(tally.has(b'_') || tally.has(b':')) {
        return false;
    }
    let (mut parts, mut words) = (0, 0);
    for part in text.split(|b| b"_:-.".contains(b)) {
        let letters = part.iter().all(u8::is_ascii_alphabetic);
        let lower = part.get(1..).unwrap_or_default();
        let cased =
            lower.iter().all(u8::is_ascii_lowercase) || part.iter().all(u8::is_ascii_uppercase);
        if !(letters && cased && !part.is_empty() || part.iter().all(u8::is_ascii_digit)) {
            return false;
        }
        parts += 1;
        words += usize::from(letters && part.len() >= 3);
    }
    parts >= 3 && words >= 1
}

/// Whether a map tells what a key is called: `"REDDIT_CLIENT_SECRET": "Reddit"`.
fn is_title_of_name(bytes: &[u8], site: &Site, name: &Name, text: &[u8]) -> bool {
    let title = text.first().is_some_and(u8::is_ascii_uppercase)
        && text[1..].iter().all(u8::is_ascii_lowercase);
    let mut words = bytes[site.name.clone()].split(|b| !b.is_ascii_alphanumeric());
    title
        && name.noun != Noun::Password
        && matches!(site.link, Link::Colon | Link::Arrow)
        && words.any(|word| word.eq_ignore_ascii_case(text))
}

/// Whether a key has the name of a class, with underscores between its words:
/// `Zend_View_Helper_HeadLink`.
fn is_class(name: &Name, text: &[u8], tally: &Tally) -> bool {
    let title = |part: &[u8]| {
        part.len() >= 2
            && part[0].is_ascii_uppercase()
            && part[1..].iter().any(u8::is_ascii_lowercase)
            && part.iter().all(u8::is_ascii_alphabetic)
    };
    !matches!(name.noun, Noun::Password | Noun::Secret)
        && tally.has(b'_')
        && text.split(|b| *b == b'_').count() >= 3
        && text.split(|b| *b == b'_').all(title)
        && wordliness(text) >= 0
}

/// Whether the text is the name of a class with the packages that it is in: `com.acme.app.IStore`,
/// `App\\\\Services\\\\AuthService`.
fn is_qualified(text: &[u8]) -> bool {
    const ROOTS: &[&[u8]] = &[
        b"android",
        b"androidx",
        b"com",
        b"dev",
        b"io",
        b"java",
        b"javax",
        b"kotlin",
        b"net",
        b"org",
        b"App",
        b"Illuminate",
        b"Symfony",
    ];
    let parts = || text.split(|b| b".\\".contains(b)).filter(|p| !p.is_empty());
    let word = |part: &[u8]| {
        part[0].is_ascii_alphabetic()
            && part
                .iter()
                .all(|b| b.is_ascii_alphanumeric() || *b == b'$' || *b == b'_')
    };
    let title = parts()
        .next_back()
        .is_some_and(|p| p[0].is_ascii_uppercase());
    // PHP and Windows have backslashes between them.
    let spaces = text.contains(&b'\\') && !text.contains(&b'.');
    title
        && parts().count() >= 3
        && parts().all(word)
        && (spaces || parts().next().is_some_and(|p| ROOTS.contains(&p)))
}

/// Whether the text is the end of its name, as constants for the columns of a table are, or the name
/// with another number: `COLUMN_USER_PASSWORD = "user_password"`.
fn ends_name(bytes: &[u8], site: &Site, text: &[u8]) -> bool {
    const LEAST: usize = 8;
    let letters = |part: &[u8]| -> Vec<u8> {
        let part = part.iter().filter(|b| b.is_ascii_alphabetic());
        part.map(u8::to_ascii_lowercase).collect()
    };
    let digits = text.iter().filter(|b| b.is_ascii_digit()).count();
    if !text.contains(&b'_') || digits > 2 || text.iter().any(u8::is_ascii_uppercase) {
        return false;
    }
    let (own, name) = (letters(text), letters(&bytes[site.name.clone()]));
    own.len() >= LEAST && name.ends_with(&own)
}

/// Whether the value is the name, or the last part of it, in some form: a member of a type
/// (`Pass.context: "context"`), a constant in base64, a key of a secret that another system keeps
/// (`- secretKey: webhook_hmac`), what a function for identifiers gets.
fn names_itself(bytes: &[u8], site: &Site, text: &[u8]) -> bool {
    const LENGTHS: std::ops::RangeInclusive<usize> = 12..=80;
    let name = &bytes[site.name.clone()];
    let member = memchr::memrchr(b'.', name).is_some_and(|dot| &name[dot + 1..] == text);
    if member && site.link == Link::Colon {
        return true;
    }
    let lower = |b: &u8| b.is_ascii_lowercase() || b"_-".contains(b);
    if is_key_of_entry(bytes, site, text) {
        return true;
    }
    if name == b"secretKey" && bytes[..site.name.start].ends_with(b"- ") && text.iter().all(lower) {
        return true;
    }
    // `<input #password="ngModel">` of Angular; a part of a page that WordPress shows in a frame.
    let letters = text.iter().all(u8::is_ascii_alphabetic);
    let reference = bytes[..site.name.start].ends_with(b" #") && letters;
    let frame = name == b"data-secret" && text.len() == 10;
    if site.link == Link::Equals && (reference || frame) {
        return true;
    }
    // `secret 'app_pw' not readable`
    let named = name == b"secret" && site.link == Link::Space && site.quote == Quote::Plain(b'\'');
    if named && text.iter().all(lower) && near::after(bytes, site, 3).starts_with(b"' ") {
        return true;
    }
    let identified = site.callee.as_ref().is_some_and(|callee| {
        let callee = &bytes[callee.clone()];
        callee.ends_with(b"_id") || callee.ends_with(b"Id") || callee.ends_with(b"ID")
    });
    let constant = || {
        let plain = encoding::base64(text);
        plain.is_some_and(|plain| {
            plain.contains(&b'_') && plain.iter().all(|b| b.is_ascii_uppercase() || *b == b'_')
        })
    };
    identified || LENGTHS.contains(&text.len()) && constant()
}

/// Whether the value is what an entry is called by: in Spanish and Portuguese, a password and a key have
/// the same name. Entries have other fields beside it, or words that a program puts together.
fn is_key_of_entry(bytes: &[u8], site: &Site, text: &[u8]) -> bool {
    const FIELDS: &[&[u8]] = &[
        b"valor",
        b"value",
        b"nombre",
        b"nome",
        b"descrip",
        b"descric",
        b"etiqueta",
        b"label",
        b"tipo",
        b"titulo",
        b"title",
        b"requerid",
        b"obligatori",
        b"orden",
        b"activo",
    ];
    const USERS: &[&[u8]] = &[b"usuari", b"user", b"correo", b"email", b"login", b"cuenta"];
    let entry = [&b"clave"[..], b"chave"].contains(&&bytes[site.name.clone()]);
    let letters = text.iter().all(u8::is_ascii_alphabetic);
    if !entry || !letters || site.link != Link::Colon || site.quote == Quote::Bare {
        return false;
    }
    let (before, after) = (
        near::before(bytes, site, NEAR),
        near::after(bytes, site, NEAR),
    );
    let beside = |word: &&[u8]| contains(before, word) || contains(after, word);
    let camel = text[0].is_ascii_lowercase() && text.iter().any(u8::is_ascii_uppercase);
    // In code, the key of an entry stands without quotes, and so do those of its other fields.
    let quoted = before.ends_with(b"\"") || before.ends_with(b"'");
    camel || (!quoted || FIELDS.iter().any(beside)) && !USERS.iter().any(beside)
}

/// Whether a constant for an error has its code: `INVALID_PASSWORD = '28P01'`.
fn is_error(name: &Name, text: &[u8]) -> bool {
    const LONGEST: usize = 8;
    const KINDS: &[&[u8]] = &[
        b"invalid",
        b"wrong",
        b"incorrect",
        b"missing",
        b"expired",
        b"bad",
    ];
    name.upper
        && text.len() <= LONGEST
        && !text.iter().any(u8::is_ascii_lowercase)
        && KINDS.iter().any(|kind| name.letters().starts_with(kind))
}

/// Whether the text names what a page does with a password: `ResetUsrContrasenia`, `forgotPwd`.
fn is_action(name: &Name, text: &[u8], tally: &Tally) -> bool {
    const VERBS: &[&[u8]] = &[
        b"cambiar",
        b"cambio",
        b"change",
        b"check",
        b"confirm",
        b"forget",
        b"forgot",
        b"get",
        b"mail",
        b"new",
        b"recover",
        b"recuperar",
        b"request",
        b"reset",
        b"send",
        b"set",
        b"update",
        b"validate",
        b"verify",
    ];
    const OBJECTS: &[&[u8]] = &[
        b"clave",
        b"contrasena",
        b"contrasenia",
        b"passwd",
        b"passwort",
        b"password",
        b"pwd",
        b"senha",
        b"pwdmail",
        b"passwordmail",
    ];
    if tally.letters() < text.len() || text.len() > 40 || name.count() == 0 {
        return false;
    }
    let lower = text.to_ascii_lowercase();
    let rest = VERBS.iter().find_map(|verb| lower.strip_prefix(*verb));
    let whole = rest.is_some_and(|rest| OBJECTS.contains(&rest));
    let camel = tally.upper >= 2 && tally.lower > tally.upper;
    let ends = |rest: &[u8]| OBJECTS.iter().any(|object| rest.ends_with(object));
    whole || camel && rest.is_some_and(ends)
}

/// Whether an attribute of a screen says what runs when its password changes
/// (`PasswordChanged="OnTyped"`), or the value is what a button shows.
fn is_handler(bytes: &[u8], site: &Site, tally: &Tally) -> bool {
    const BUTTONS: &[&[u8]] = &[b"submit", b"Submit", b"button", b"Button", b"btn", b"Btn"];
    const EVENTS: &[&[u8]] = &[
        b"Changed",
        b"Changing",
        b"Clicked",
        b"Click",
        b"Entered",
        b"Completed",
        b"Focused",
        b"Validating",
        b"Validated",
    ];
    let name = &bytes[site.name.clone()];
    let event = EVENTS.iter().any(|event| name.ends_with(event));
    let button = BUTTONS.iter().any(|end| name.ends_with(end)) && site.link == Link::Field;
    tally.letters() == site.value.len() && (event && site.link == Link::Equals || button)
}

/// Whether the name is that of a file, and its checksum stands beside it: `resetpwd.php b35d…`.
fn is_listed_file(bytes: &[u8], site: &Site, text: &[u8]) -> bool {
    const ENDS: &[&[u8]] = &[
        b"php", b"js", b"ts", b"py", b"rb", b"css", b"html", b"htm", b"tpl", b"exe", b"dll", b"so",
        b"sh", b"pl", b"java", b"class", b"c", b"h", b"go", b"svg", b"png", b"md", b"txt", b"asp",
        b"aspx", b"jsp", b"vue", b"jsx", b"tsx", b"inc", b"xml", b"json", b"yml", b"yaml",
    ];
    let name = &bytes[site.name.clone()];
    let file = memchr::memrchr(b'.', name).is_some_and(|dot| ENDS.contains(&&name[dot + 1..]));
    let digest = matches!(text.len(), 32 | 40 | 56 | 64 | 96 | 128);
    file && digest && text.iter().all(u8::is_ascii_hexdigit)
}

/// Whether the value is the second of at least three parts of a row in parentheses, and
/// hexadecimal: a row of test vectors with a password, a salt, a length and a count.
fn is_vector(bytes: &[u8], site: &Site, tally: &Tally) -> bool {
    let text = &bytes[site.value.clone()];
    let hex =
        tally.digits > 0 && text.len().is_multiple_of(2) && text.iter().all(u8::is_ascii_hexdigit);
    if !hex || site.link != Link::Comma {
        return false;
    }
    let before = near::before(bytes, site, NEAR);
    let before = before.trim_ascii_end();
    let before = before
        .strip_suffix(b"\"")
        .or_else(|| before.strip_suffix(b"'"))
        .unwrap_or(before)
        .trim_ascii_end();
    // Python writes `b` before a string of bytes.
    let before = before.strip_suffix(b"b").unwrap_or(before);
    let alone = before.strip_suffix(b"(").is_some_and(|head| {
        let last = head.last();
        last.is_none_or(|b| b" \t\r\n,([{".contains(b))
    });
    let after = near::after(bytes, site, 8).get(1..).unwrap_or_default();
    let after = after.strip_prefix(b")").unwrap_or(after);
    alone && after.trim_ascii_start().starts_with(b",")
}

/// Whether a program compares a password with a word for what it does with it:
/// `$password != 'keep'`.
fn is_state(bytes: &[u8], site: &Site, name: &Name, text: &[u8]) -> bool {
    const STATES: &[&[u8]] = &[
        b"ask",
        b"auto",
        b"clear",
        b"delete",
        b"generate",
        b"generated",
        b"keep",
        b"prompt",
        b"random",
        b"remove",
        b"same",
        b"skip",
        b"stdin",
        b"update",
    ];
    let between = bytes
        .get(site.name.end..site.value.start)
        .unwrap_or_default();
    let compared = site.link == Link::Compare
        || near::before(bytes, site, NEAR).ends_with(b"!= ")
        || up_to(between, b"'\"").trim_ascii() == b"!=";
    let letters = text.iter().all(u8::is_ascii_alphabetic);
    if site.link == Link::Compare && name.may_be_code() && letters {
        return true;
    }
    compared && name.noun == Noun::Password && site.quote != Quote::Bare && STATES.contains(&text)
}
