//! Lists of repositories, as people and the programs of hosts write them. No address keeps its user,
//! password or query, and what is wrong has a place in the list.

use stopleak::fleet::listed;

/// Runs one input.
pub fn run(bytes: &[u8]) {
    match listed(bytes) {
        Ok(all) => {
            assert!(all.len() <= bytes.len());
            for (name, url) in &all {
                assert!(!url.contains(['?', '#']), "{url:?}");
                let host = url.split_once("://").map_or("", |(_, rest)| rest);
                let host = host.split('/').next().unwrap_or_default();
                assert!(!host.contains('@'), "{url:?}");
                assert!(url.is_empty() || !name.is_empty(), "{url:?}");
            }
            // A mark of the order of bytes says nothing.
            let marked = [b"\xef\xbb\xbf", bytes].concat();
            assert!(bytes.starts_with(b"\xef\xbb\xbf") || listed(&marked) == Ok(all));
        }
        Err(why) => {
            let place = ["line ", "record "]
                .iter()
                .find_map(|at| why.strip_prefix(at));
            let number = place.and_then(|rest| rest.split([' ', ':']).next()?.parse().ok());
            let lines = bytes.iter().filter(|b| **b == b'\n').count() + 1;
            let most = lines.max(bytes.len() + 1);
            assert!(number.is_some_and(|n| (1..=most).contains(&n)), "{why}");
        }
    }
}
