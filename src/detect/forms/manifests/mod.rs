//! Kubernetes Secrets in manifests: the pairs under `data` (whose values are base64) and
//! `stringData` of the object whose kind is `Secret`, in YAML or JSON. Reads lines and
//! pairs around the kind; is no parser of either language, and judges no value.

mod json;
mod pair;
mod yaml;

use std::ops::Range;

pub(in crate::detect) use pair::Pair;

/// How far from its kind an object is read, in bytes to either side.
pub(in crate::detect) const REACH: usize = 8192;

/// The pairs of the Secret whose kind stands at `kind`.
pub(in crate::detect) fn pairs(bytes: &[u8], kind: &Range<usize>) -> Vec<Pair> {
    let window = kind.start.saturating_sub(REACH)..bytes.len().min(kind.end + REACH);
    if bytes.get(kind.end).is_some_and(u8::is_ascii_alphanumeric) {
        return Vec::new();
    }
    match bytes.get(kind.start) {
        Some(b'"') => json::pairs(bytes, &window, kind),
        _ => yaml::pairs(bytes, &window, kind),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs_of(text: &str) -> Vec<(String, String, bool)> {
        let at = text.find("kind").unwrap();
        let json = at > 0 && text.as_bytes()[at - 1] == b'"';
        let start = at - usize::from(json);
        let end = text[at..].find("Secret").unwrap() + at + 6;
        let window = 0..text.len();
        let found = match json {
            true => json::pairs(text.as_bytes(), &window, &(start..end)),
            false => yaml::pairs(text.as_bytes(), &window, &(start..end)),
        };
        let own = |r: Range<usize>| text[r].to_owned();
        found
            .into_iter()
            .map(|p| (own(p.key), own(p.value), p.coded))
            .collect()
    }

    #[test]
    fn data_and_string_data_of_one_document_are_read() {
        let text = "apiVersion: v1\nkind: ConfigMap\ndata:\n  no: eA==\n---\nmetadata:\n  name: a\ndata:\n  one: eHg= # why\n  \"two\": 'eHh4'\n  three: |\n    eHh4\nkind: Secret\nstringData:\n  four: plain text\ntype: Opaque\n---\ndata:\n  no: eA==\n";
        let text = text.replacen("kind: ConfigMap", "kin_: ConfigMap", 1);
        let want = [
            ("one", "eHg=", true),
            ("two", "eHh4", true),
            ("four", "plain text", false),
        ];
        let want: Vec<_> = want
            .iter()
            .map(|(k, v, c)| ((*k).to_owned(), (*v).to_owned(), *c))
            .collect();
        assert_eq!(pairs_of(&text), want);
    }

    #[test]
    fn an_item_of_a_list_ends_at_the_next() {
        let text = "items:\n- apiVersion: v1\n  data:\n    one: eHg=\n  kind: Secret\n  metadata:\n    name: a\n- data:\n    two: eHg=\n";
        assert_eq!(pairs_of(text).len(), 1);
    }

    #[test]
    fn json_objects_are_read_in_any_order() {
        let text = r#"{"data":{"one":"eHg=","two":"eHh4"},"kind":"Secret","metadata":{"name":"a","data":{"no":"x"}},"stringData":{"three":"x y"}}"#;
        assert_eq!(pairs_of(text).len(), 3);
    }

    #[test]
    fn nothing_panics_on_any_bytes() {
        let mut state = 88172645463325252u64;
        for _ in 0..20_000 {
            let mut text: Vec<u8> = Vec::new();
            for _ in 0..30 {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                let parts: [&[u8]; 14] = [
                    b"data:",
                    b"\n",
                    b"  ",
                    b"- ",
                    b"a: b",
                    b"\"data\":",
                    b"{",
                    b"}",
                    b"\"",
                    b":",
                    b"stringData:\n",
                    b"---\n",
                    b"\\",
                    b"\xff#",
                ];
                text.extend_from_slice(parts[(state % 14) as usize]);
            }
            for at in 0..text.len() {
                let kind = at..text.len().min(at + 5);
                yaml::pairs(&text, &(0..text.len()), &kind);
                json::pairs(&text, &(0..text.len()), &kind);
                yaml::pairs(&text, &(at / 2..text.len()), &kind);
            }
        }
    }
}
