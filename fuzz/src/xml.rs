//! A small checker of XML: whether a document is well-formed, in the parts of the language that
//! reports use.

/// Panics unless `text` is one element, optionally after a declaration, with matching tags, quoted
/// attributes, and no raw `<`, `&` or control character.
pub fn check(text: &str) {
    let control = |c: char| c.is_control() && !['\n', '\t', '\r'].contains(&c);
    assert_eq!(text.chars().find(|c| control(*c)), None);
    assert!(
        !text.contains(['\u{fffe}', '\u{ffff}']),
        "no character of XML"
    );
    let mut rest = text.trim();
    if let Some(after) = rest.strip_prefix("<?xml") {
        rest = after.split_once("?>").expect("a declaration ends").1.trim();
    }
    let mut open: Vec<&str> = Vec::new();
    let mut roots = 0;
    while !rest.is_empty() {
        let Some(tag) = rest.strip_prefix('<') else {
            assert!(!open.is_empty(), "text outside of the document");
            let end = rest.find('<').unwrap_or(rest.len());
            entities(&rest[..end]);
            rest = &rest[end..];
            continue;
        };
        if let Some(name) = tag.strip_prefix('/') {
            let (name, after) = name.split_once('>').expect("a tag ends");
            assert_eq!(open.pop(), Some(name));
            rest = after.trim_start_matches('\n');
            if open.is_empty() {
                rest = rest.trim();
            }
            continue;
        }
        let (name, after) = tag.split_at(tag.find([' ', '/', '>', '\n']).expect("a tag ends"));
        assert!(!name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'));
        if open.is_empty() {
            roots += 1;
        }
        let (after, closed) = attributes(after);
        if !closed {
            open.push(name);
        }
        rest = after;
    }
    assert!(open.is_empty() && roots == 1, "{open:?} {roots}");
}

/// Returns what follows a tag's attributes, and whether the tag closes itself.
fn attributes(mut rest: &str) -> (&str, bool) {
    loop {
        rest = rest.trim_start();
        if let Some(after) = rest.strip_prefix("/>") {
            return (after, true);
        }
        if let Some(after) = rest.strip_prefix('>') {
            return (after, false);
        }
        let (name, after) = rest.split_once("=\"").expect("an attribute has a value");
        assert!(
            name.chars()
                .all(|c| c.is_ascii_alphanumeric() || "-_:".contains(c)),
            "{name}"
        );
        let (value, after) = after.split_once('"').expect("a value ends");
        assert!(!value.contains('<'));
        entities(value);
        rest = after;
    }
}

fn entities(text: &str) {
    assert!(!text.contains("]]>"));
    for after in text.split('&').skip(1) {
        let name = after.split(';').next().unwrap_or_default();
        let known = ["lt", "gt", "amp", "quot", "apos"].contains(&name);
        let number = name.strip_prefix('#').unwrap_or_default();
        let number = number.strip_prefix('x').unwrap_or(number);
        let number = !number.is_empty() && number.bytes().all(|b| b.is_ascii_hexdigit());
        assert!(after.contains(';') && (known || number), "&{name}");
    }
}
