//! Path globs. Many globs together match what each of them matches alone. A
//! directory counts as fully matched only if everything below it matches.

use super::input::Input;
use stopleak::globs::{self, PathSet};

/// Runs one input.
pub fn run(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let count = usize::from(input.byte() % 6);
    let texts: Vec<String> = (0..count)
        .map(|_| String::from_utf8_lossy(input.line()).into_owned())
        .collect();
    let path = input.line();
    let name = input.line();
    let good: Vec<&str> = texts
        .iter()
        .map(String::as_str)
        .filter(|glob| {
            let alone = PathSet::new([(0, *glob)]);
            assert_eq!(globs::check(glob).is_ok(), alone.is_ok(), "{glob:?}");
            alone.is_ok()
        })
        .collect();
    let Ok(all) = PathSet::new((0..).zip(good.iter().copied())) else {
        return;
    };
    let mut owners = all.owners(path);
    owners.sort_unstable();
    owners.dedup();
    let each = (0..).zip(&good);
    let alone: Vec<u32> = each
        .filter(|(_, glob)| PathSet::new([(0, **glob)]).is_ok_and(|set| set.is_match(path)))
        .map(|(owner, _)| owner)
        .collect();
    assert_eq!(owners, alone, "{good:?}");
    assert_eq!(all.is_match(path), !alone.is_empty());
    if all.covers(path) && !path.is_empty() {
        for name in [&b"x"[..], b"deep/er", name] {
            let below = [path, b"/", name].concat();
            assert!(name.is_empty() || all.is_match(&below), "{good:?}");
        }
    }
    if globs::is_universal(good.iter().copied()) && !path.is_empty() {
        assert!(all.is_match(b"any/thing"));
    }
}
