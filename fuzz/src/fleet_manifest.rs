//! Manifests of fleets. What is read and written again is the same, and the place of what is wrong
//! is in the text.

use stopleak::fleet::Manifest;

/// Runs one input.
pub fn run(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    match Manifest::parse(&text) {
        Ok(manifest) => {
            let again = manifest.text().expect("what was read can be written");
            assert_eq!(Manifest::parse(&again).as_ref(), Ok(&manifest));
            let ids: Vec<String> = manifest.repos.iter().map(|repo| repo.id.clone()).collect();
            let all = manifest.only(&ids).expect("all of them are there");
            assert_eq!(all.len(), manifest.repos.len());
        }
        Err((line, why)) => {
            assert!((1..=text.lines().count().max(1)).contains(&line), "{line}");
            assert!(!why.is_empty());
        }
    }
}
