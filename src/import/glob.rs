//! Converts a regular expression over paths to an equivalent glob, if there is one.

/// Returns a glob in .gitignore syntax that matches the same paths as `regex` (searched
/// anywhere in a path), or None. A glob that names a directory covers everything below it.
pub(super) fn of_regex(regex: &str) -> Option<String> {
    let (fold, rest) = match regex.strip_prefix("(?i)") {
        Some(rest) => (true, rest),
        None => (false, regex),
    };
    let (start, rest) = start(rest);
    let (whole_end, body) = end(rest);
    let body = body_of(body, fold)?;
    let directory = body.ends_with('/');
    let body = body.trim_end_matches('/');
    if body.is_empty() || body.chars().all(|c| matches!(c, '*' | '/')) {
        return None;
    }
    let body = match start {
        Start::Top => format!("/{}", body.trim_start_matches('/')),
        Start::Component => format!("**/{}", body.trim_start_matches('/')),
        Start::Anywhere => match body.strip_prefix('/') {
            // A leading `/` ends a component, which is not at the start of the path.
            Some(rest) => format!("**/{rest}"),
            None => format!("**/*{body}"),
        },
    };
    let open = if directory || whole_end { "" } else { "*" };
    let glob = format!("{body}{open}");
    // Adjacent stars would cross directories.
    let glob = glob.replace("***", "**");
    (!glob.contains("**/**")).then_some(glob)
}

/// Where a match may start.
enum Start {
    Top,
    Component,
    Anywhere,
}

fn start(regex: &str) -> (Start, &str) {
    for prefix in ["(?:^|/)", "(^|/)", r"(?:^|\/)", r"(^|\/)"] {
        if let Some(rest) = regex.strip_prefix(prefix) {
            return (Start::Component, rest);
        }
    }
    if let Some(rest) = regex.strip_prefix('^') {
        return (Start::Top, rest);
    }
    // What precedes a match does not matter.
    (Start::Anywhere, regex.strip_prefix(".*").unwrap_or(regex))
}

/// Whether the end of a match ends a component, and what precedes that end.
fn end(regex: &str) -> (bool, &str) {
    for suffix in ["(?:/.*)?$", "(/.*)?$", "(?:/|$)", "(/|$)"] {
        if let Some(rest) = regex.strip_suffix(suffix) {
            return (true, rest);
        }
    }
    for suffix in ["/.*$", "/.*", "/.+"] {
        if let Some(rest) = regex.strip_suffix(suffix) {
            return (true, rest);
        }
    }
    match regex.strip_suffix('$') {
        Some(rest) if !rest.ends_with('\\') => (true, rest),
        _ => (false, regex.strip_suffix(".*").unwrap_or(regex)),
    }
}

/// Converts literals, escapes, runs within a component and choices of literals to a glob.
fn body_of(regex: &str, fold: bool) -> Option<String> {
    let mut out = String::new();
    let mut rest = regex;
    let mut choice = false;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        let run = ["[^/]*", "[^/]+", r"[^\/]*", r"[^\/]+"]
            .iter()
            .find_map(|run| format!("{c}{rest}").strip_prefix(run).map(|_| run.len()));
        match c {
            '[' if run.is_some() => {
                rest = &rest[run? - 1..];
                out.push('*');
            }
            '\\' => {
                let escaped = rest.chars().next().filter(char::is_ascii_punctuation)?;
                rest = &rest[1..];
                literal(escaped, fold, &mut out)?;
            }
            // Any directories, and a name that ends with the rest.
            '.' if rest.starts_with('*') && out.ends_with('/') && !choice => {
                rest = rest[1..].strip_prefix('?').unwrap_or(&rest[1..]);
                out.push_str("**/*");
            }
            '(' if !choice => {
                rest = rest.strip_prefix("?:").unwrap_or(rest);
                choice = true;
                out.push('{');
            }
            '|' if choice => out.push(','),
            ')' if choice => {
                choice = false;
                out.push('}');
            }
            '.' | '[' | ']' | '(' | ')' | '{' | '}' | '*' | '+' | '?' | '^' | '$' | '|' => {
                return None;
            }
            c => literal(c, fold, &mut out)?,
        }
        if rest.starts_with(['*', '+', '?', '{']) {
            return None;
        }
    }
    (!choice).then_some(out)
}

fn literal(c: char, fold: bool, out: &mut String) -> Option<()> {
    if matches!(c, '*' | '?' | '[' | ']' | '{' | '}' | ',' | '!' | '\\') || c.is_control() {
        return None;
    }
    if fold && c.is_ascii_alphabetic() {
        let (low, up) = (c.to_ascii_lowercase(), c.to_ascii_uppercase());
        out.push_str(&format!("[{low}{up}]"));
    } else {
        out.push(c);
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_glob_can_say_becomes_one() {
        for (regex, glob) in [
            (r"\.php$", "**/*.php"),
            (r"^tests/data/", "/tests/data"),
            (r"(?:^|/)node_modules(?:/.*)?$", "**/node_modules"),
            (r"(^|/)vendor/", "**/vendor"),
            ("con", "**/*con*"),
            (r".*\.lock", "**/*.lock*"),
            (r"\.(?:png|jpg)$", "**/*.{png,jpg}"),
            (r"(?i)\.md$", "**/*.[mM][dD]"),
            (r"^docs/[^/]+\.txt$", "/docs/*.txt"),
            (r"/fixtures/", "**/fixtures"),
            (r"^a/.*", "/a"),
            (r"^docs/.*\.md$", "/docs/**/*.md"),
        ] {
            assert_eq!(of_regex(regex).as_deref(), Some(glob), "{regex}");
        }
    }

    #[test]
    fn what_it_cannot_say_is_left() {
        for regex in [
            r"a.*b",
            r"a+",
            r"[abc]\.txt$",
            r"\w+",
            "",
            ".*",
            "^",
            r"a(b(c))",
            r"x\d",
        ] {
            assert_eq!(of_regex(regex), None, "{regex}");
        }
    }
}
