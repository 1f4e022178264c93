//! Fits text to the width of a terminal.

use super::super::escape::{char_width, escape_line, width};
use super::super::view::Line;

/// The least width of a clipped source line, in columns.
pub(super) const LEAST_COLUMNS: usize = 20;

/// Breaks `text`, which is escaped, into lines between words. The first line has `first` columns
/// and the others `rest`; a longer word is cut. Zero columns are no limit.
pub(super) fn wrap(text: &str, first: usize, rest: usize) -> Vec<String> {
    if first == 0 {
        return vec![text.to_owned()];
    }
    let (first, rest) = (first.max(LEAST_COLUMNS), rest.max(LEAST_COLUMNS));
    let mut lines = vec![String::new()];
    let (mut used, mut room) = (0, first);
    for word in text.split(' ') {
        let wide = width(word);
        if used > 0 && used + 1 + wide > room {
            lines.push(String::new());
            (used, room) = (0, rest);
        } else if used > 0 {
            push(&mut lines, " ");
            used += 1;
        }
        let mut word = word;
        while used + width(word) > room {
            let part = head(word, room - used);
            if part.is_empty() {
                break;
            }
            push(&mut lines, &part);
            word = &word[part.len()..];
            lines.push(String::new());
            (used, room) = (0, rest);
        }
        push(&mut lines, word);
        used += width(word);
    }
    lines
}

fn push(lines: &mut [String], text: &str) {
    if let Some(line) = lines.last_mut() {
        line.push_str(text);
    }
}

/// Returns the three pieces of a source line, escaped and clipped to `columns` around
/// the secret.
pub(super) fn clip(line: &Line, columns: usize) -> (String, String, String) {
    let mut before = escape_line(&line.before);
    let mut mark = escape_line(&line.mark);
    let mut after = escape_line(&line.after);
    let (mut cut_left, mut cut_right) = (line.cut_left, line.cut_right);
    let total = [&before, &mark, &after]
        .map(|piece| width(piece))
        .iter()
        .sum::<usize>();
    if total.saturating_add(2) > columns {
        let room = columns - 2;
        if width(&mark) > room / 2 {
            mark = head(&mark, (room / 2).saturating_sub(1)) + "…";
        }
        let rest = room.saturating_sub(width(&mark));
        if width(&before) > rest * 2 / 3 {
            before = tail(&before, rest * 2 / 3);
            cut_left = true;
        }
        let rest = rest.saturating_sub(width(&before));
        if width(&after) > rest {
            after = head(&after, rest);
            cut_right = true;
        }
    }
    if cut_left {
        before.insert(0, '…');
    }
    if cut_right {
        after.push('…');
    }
    (before, mark, after)
}

/// Returns as much of the start of `text` as fits `columns`.
pub(super) fn head(text: &str, columns: usize) -> String {
    take(text.chars(), columns).into_iter().collect()
}

/// Returns as much of the end of `text` as fits `columns`.
fn tail(text: &str, columns: usize) -> String {
    take(text.chars().rev(), columns)
        .into_iter()
        .rev()
        .collect()
}

fn take(chars: impl Iterator<Item = char>, columns: usize) -> Vec<char> {
    let mut used = 0;
    chars
        .take_while(|c| {
            used += char_width(*c);
            used <= columns
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_whole_if_they_fit() {
        let text = "revoke it at Acme, then read the new one";
        assert_eq!(wrap(text, 0, 0), [text]);
        let lines = wrap(text, 20, 24);
        assert_eq!(lines, ["revoke it at Acme,", "then read the new one"]);
        let long = wrap(&format!("a {} b", "日".repeat(30)), 20, 20);
        assert!(long.iter().all(|line| width(line) <= 20), "{long:?}");
        assert_eq!(long.concat().matches('日').count(), 30);
    }

    #[test]
    fn blanks_and_empty_text_are_no_trouble() {
        assert_eq!(wrap("", 20, 20), [""]);
        let blanks = wrap(&" ".repeat(100), 20, 20);
        assert!(blanks.iter().all(|line| width(line) <= 20));
    }

    #[test]
    fn a_long_line_is_clipped_around_the_secret() {
        let line = Line {
            before: "日".repeat(300).into_bytes(),
            mark: b"********".to_vec(),
            after: vec![b'x'; 300],
            cut_left: false,
            cut_right: true,
        };
        for columns in [LEAST_COLUMNS, 40, 77, 200] {
            let (before, mark, after) = clip(&line, columns);
            assert_eq!(mark, "********");
            assert!(width(&before) + width(&mark) + width(&after) <= columns);
            assert!(before.starts_with('…') && after.ends_with('…'));
        }
        let (before, _, _) = clip(&line, usize::MAX);
        assert_eq!(width(&before), 600);
    }
}
