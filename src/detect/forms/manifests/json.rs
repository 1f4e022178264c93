//! Reads the pairs of a Secret in JSON.

use std::ops::Range;

use super::pair::Pair;

/// The pairs of the JSON object in which the kind stands.
pub(super) fn pairs(bytes: &[u8], window: &Range<usize>, kind: &Range<usize>) -> Vec<Pair> {
    let Some(open) = object_start(bytes, window.start, kind.start) else {
        return Vec::new();
    };
    let mut pairs = Vec::new();
    let mut depth = 0usize;
    // Whether the object one level down is `data` or `stringData`.
    let mut coded = None;
    let mut key: Option<Range<usize>> = None;
    let mut at = open + 1;
    while at < window.end {
        match bytes[at] {
            b'"' => {
                let Some(end) = string_end(bytes, at + 1, window.end) else {
                    break;
                };
                let text = at + 1..end;
                match (key.take(), coded) {
                    (Some(key), Some(coded)) if depth == 1 => {
                        pairs.extend((!text.is_empty()).then_some(Pair {
                            key,
                            value: text,
                            coded,
                        }));
                    }
                    (Some(_), _) => {}
                    (None, _) => key = Some(text),
                }
                at = end;
            }
            b'{' | b'[' => {
                if depth == 0 {
                    coded = match key.take().map(|k| &bytes[k]) {
                        Some(b"data") => Some(true),
                        Some(b"stringData") => Some(false),
                        _ => None,
                    };
                }
                key = None;
                depth += 1;
            }
            b'}' | b']' => {
                let Some(less) = depth.checked_sub(1) else {
                    break;
                };
                depth = less;
                key = None;
                if depth == 0 {
                    coded = None;
                }
            }
            b',' => key = None,
            _ => {}
        }
        at += 1;
    }
    pairs
}

/// The brace that opens the object in which `at` stands. It takes braces in strings for
/// braces; at worst, it then finds no object.
fn object_start(bytes: &[u8], floor: usize, at: usize) -> Option<usize> {
    let mut depth = 0usize;
    for i in (floor..at).rev() {
        match bytes[i] {
            b'}' => depth += 1,
            b'{' if depth == 0 => return Some(i),
            b'{' => depth -= 1,
            _ => {}
        }
    }
    None
}

fn string_end(bytes: &[u8], from: usize, ceiling: usize) -> Option<usize> {
    let mut at = from;
    while at < ceiling {
        match bytes[at] {
            b'\\' => at += 1,
            b'"' => return Some(at),
            b'\n' => return None,
            _ => {}
        }
        at += 1;
    }
    None
}
