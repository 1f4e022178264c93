//! Values inside base64, and values that are a whole file.

use std::collections::BTreeSet;

use stopleak::blob::{Blob, BlobPath, Fresh};
use stopleak::check::encoding::{Alphabet, base64_encode};
use stopleak::check::mint::Rng;
use stopleak::detect::{Content, Scratch};
use stopleak::encoding::Encoding;
use stopleak::rules::{Matcher, Rule};

use super::{DETECTOR, generate, live, path_of, patterns, sample, seed_of, wanted};

/// Returns a text that the rule reports, and its secret.
fn text_of(rule: &Rule, n: u64) -> Option<(Vec<u8>, Vec<u8>)> {
    match &rule.matcher {
        Matcher::Shape(sequences) => {
            let value = sample(rule, sequences, n)?;
            Some((value.whole(), value.whole()[value.secret_range()].to_vec()))
        }
        _ => {
            let (text, secret) = patterns::sample(rule, seed_of(rule, n))?;
            let secret = text[secret].to_vec();
            Some((text, secret))
        }
    }
}

/// Returns the rules that report `text` through a decoded layer, with the decoded secrets.
fn decoded(text: &[u8]) -> Vec<(String, Vec<u8>)> {
    let path = BlobPath::from("config/settings.txt");
    let blob = Blob {
        path: &path,
        bytes: text,
        fresh: Fresh::All,
    };
    DETECTOR
        .detect(&blob, Content::Text, &mut Scratch::default())
        .into_iter()
        .filter(|c| c.dismissed.is_none())
        .filter_map(|c| {
            assert!(c.secret.end <= text.len() && c.whole.start <= c.secret.start);
            let secret = c.decoded?.expose().to_vec();
            let layers = c.layers?;
            assert!(layers.through.contains(&Encoding::Base64));
            Some((DETECTOR.rules().get(c.rule).id.to_string(), secret))
        })
        .collect()
}

#[test]
fn values_inside_base64_are_reported_wherever_they_begin() {
    let rules: Vec<_> = DETECTOR
        .rules()
        .iter()
        .map(|(_, rule)| rule)
        .filter(|rule| rule.base64)
        .collect();
    assert!(rules.len() > 50, "{} rules look into base64", rules.len());
    let mut wrong = BTreeSet::new();
    for rule in &rules {
        for n in 0..6 {
            let Some((text, secret)) = text_of(rule, n) else {
                wrong.insert(format!("{}: no sample", rule.id));
                continue;
            };
            let before = ["", "a=", "user: ", "x\n", "\n\n\n\n\n", "{\"name\": \""][n as usize];
            let all = [before.as_bytes(), &text, b"\nmore\n"].concat();
            let alphabet = [Alphabet::Standard, Alphabet::Url][(n % 2) as usize];
            let coded = base64_encode(&all, alphabet, n % 3 == 0);
            let written = format!("blob: \"{coded}\"\nnext: 1\n");
            let found = decoded(written.as_bytes());
            if !found.contains(&(rule.id.to_string(), secret)) {
                let rules: Vec<_> = found.iter().map(|(rule, _)| rule).collect();
                wrong.insert(format!("{}: {rules:?}", rule.id));
            }
        }
    }
    assert!(wrong.is_empty(), "{} are missed:\n{wrong:#?}", wrong.len());
}

#[test]
fn base64_of_other_text_is_not_reported() {
    let mut rng = Rng::new(41);
    for _ in 0..300 {
        let text = rng.bytes(600);
        let coded = base64_encode(&text, Alphabet::Standard, true);
        assert_eq!(decoded(coded.as_bytes()), []);
    }
}

#[test]
fn a_whole_file_is_reported_at_its_path_alone() {
    let mut tried = 0;
    for (_, rule) in DETECTOR.rules().iter().filter(|(_, rule)| rule.whole_file) {
        let Matcher::Shape(sequences) = &rule.matcher else {
            panic!("{} has no shape", rule.id);
        };
        tried += 1;
        for n in 0..8 {
            let value = generate::value(sequences, wanted(rule), seed_of(rule, n)).unwrap();
            let value = value.whole();
            let file = [&value[..], b"\n"].concat();
            let names = |text: &[u8], path: &BlobPath| -> Vec<String> {
                live(text, path).into_iter().map(|f| f.rule).collect()
            };
            for glob in rule.paths.iter() {
                let path = glob.replace("**/", "").replace('*', "x");
                for path in [path.clone(), format!("deep/er/{path}")] {
                    let path = BlobPath::from(path.as_str());
                    assert!(
                        names(&file, &path).contains(&rule.id.to_string()),
                        "{path:?}"
                    );
                }
            }
            let other = BlobPath::from("src/other.txt");
            assert!(!names(&file, &other).contains(&rule.id.to_string()));
            let two = [&file[..], b"and a second line\n"].concat();
            assert!(!names(&two, &path_of(rule)).contains(&rule.id.to_string()));
        }
    }
    assert!(tried >= 7, "only {tried} rules are of whole files");
}
