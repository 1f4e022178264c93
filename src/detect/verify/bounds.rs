//! Whether a context word stands as a word, and not inside another one: `okta` in `rookTable`,
//! `meraki` in `CameraKit`, `box_key` in `inbox_key`.

use std::ops::Range;

use crate::detect::find::left_is_free;
use crate::rules::Rule;

/// The most letters that a word is looked for in vain: longer ones stand in no other word by
/// chance.
const LONG: usize = 8;

/// What stands before the name of a provider with nothing between them, as in `myoktatoken`.
/// Sorted.
const BEFORE: &[&str] = &[
    "a",
    "admin",
    "api",
    "app",
    "apps",
    "auth",
    "backend",
    "base",
    "bot",
    "ci",
    "cli",
    "client",
    "com",
    "config",
    "core",
    "cred",
    "credential",
    "custom",
    "db",
    "default",
    "demo",
    "dev",
    "e",
    "env",
    "frontend",
    "get",
    "has",
    "http",
    "https",
    "is",
    "k",
    "key",
    "legacy",
    "lib",
    "live",
    "local",
    "m",
    "main",
    "master",
    "my",
    "new",
    "old",
    "on",
    "org",
    "our",
    "p",
    "pass",
    "passwd",
    "password",
    "personal",
    "private",
    "prod",
    "production",
    "public",
    "py",
    "root",
    "s",
    "sandbox",
    "sdk",
    "secret",
    "secure",
    "self",
    "server",
    "service",
    "set",
    "shared",
    "site",
    "stage",
    "staging",
    "str",
    "team",
    "temp",
    "test",
    "tf",
    "the",
    "tmp",
    "to",
    "token",
    "use",
    "user",
    "v",
    "web",
    "with",
    "www",
    "x",
    "your",
];

/// Whether the context word at `word` begins where a word begins: behind a sign or a digit, at a
/// capital, or behind one of the words that people put before names. Its end may run on: names
/// of providers stand in `oktatoken`. Only a capital inside of it has to begin a part of it.
pub(super) fn stands_free(bytes: &[u8], word: &Range<usize>) -> bool {
    let text = &bytes[word.clone()];
    let first = text.iter().take_while(|b| b.is_ascii_alphabetic()).count();
    if first == 0 || first >= LONG {
        return true;
    }
    !is_cut(bytes, word) && !runs_on(bytes, word)
}

/// Last words of names that hold something about a credential and not the credential. Sorted.
const ABOUT: &[&str] = &[
    "checksum",
    "commit",
    "count",
    "digest",
    "dir",
    "directory",
    "domain",
    "email",
    "expiration",
    "expires",
    "expiry",
    "file",
    "filename",
    "fingerprint",
    "format",
    "guid",
    "hash",
    "host",
    "hostname",
    "id",
    "ids",
    "index",
    "kind",
    "label",
    "length",
    "limit",
    "md5",
    "model",
    "name",
    "names",
    "path",
    "pattern",
    "port",
    "prefix",
    "regex",
    "region",
    "revision",
    "sha",
    "sha1",
    "sha256",
    "size",
    "suffix",
    "timeout",
    "title",
    "ttl",
    "type",
    "uri",
    "url",
    "urls",
    "uuid",
    "version",
    "zone",
];

/// Whether the name in which the context word at `word` stands goes on to something that is no
/// credential: `datadog_monitor_id`, `pagerdutyServiceUrl`. Rules for identifiers want such names.
pub(super) fn names_other(bytes: &[u8], word: &Range<usize>, rule: &Rule) -> bool {
    /// How far names go on behind a word.
    const FAR: usize = 48;
    let after = &bytes[word.end..bytes.len().min(word.end + FAR)];
    let part = |b: &&u8| b.is_ascii_alphanumeric() || b"_-.".contains(b);
    let tail = &after[..after.iter().take_while(part).count()];
    let tail = &tail[..tail
        .iter()
        .rposition(u8::is_ascii_alphanumeric)
        .map_or(0, |i| i + 1)];
    let joint = tail
        .iter()
        .rposition(|b| b"_-.".contains(b))
        .map_or(0, |i| i + 1);
    let capital = tail
        .windows(2)
        .rposition(|w| w[0].is_ascii_lowercase() && w[1].is_ascii_uppercase());
    let start = joint.max(capital.map_or(0, |i| i + 1));
    // A word that the context word itself begins or ends is a part of it.
    let own = start > 0 || tail.first().is_some_and(u8::is_ascii_uppercase);
    let wanted = |part: &str| is_in(ABOUT, part.as_bytes());
    own && is_in(ABOUT, &tail[start..]) && !rule.id.split('-').any(wanted)
}

/// Whether `word` is one of a sorted list, in any case.
fn is_in(list: &[&str], word: &[u8]) -> bool {
    let lower = word.to_ascii_lowercase();
    list.binary_search_by(|known| known.as_bytes().cmp(&lower))
        .is_ok()
}

/// Whether the letters before a word belong to it.
fn is_cut(bytes: &[u8], word: &Range<usize>) -> bool {
    /// The longest of [`BEFORE`], and one more.
    const FAR: usize = 12;
    let at = word.start;
    let before = &bytes[at.saturating_sub(FAR)..at];
    let Some(&last) = before.last().filter(|b| b.is_ascii_alphabetic()) else {
        return false;
    };
    let (first, second) = (bytes[at], bytes.get(at + 1).copied().unwrap_or(b' '));
    // `theOkta`, `HTTPOkta`
    let capital =
        first.is_ascii_uppercase() && (last.is_ascii_lowercase() || second.is_ascii_lowercase());
    // The letter of a flag: `-Dsonar.login`.
    let flag = matches!(before, [.., b'-', _]);
    if capital || flag || left_is_free(bytes, at, None) {
        return false;
    }
    let upper = last.is_ascii_uppercase();
    let same = |b: &&u8| b.is_ascii_alphabetic() && b.is_ascii_uppercase() == upper;
    let mut len = before.iter().rev().take_while(same).count();
    // The capital of a word belongs to it: `My` in `Myokta`.
    let head = before.len().checked_sub(len + 1).map(|i| before[i]);
    len += usize::from(!upper && head.is_some_and(|b| b.is_ascii_uppercase()));
    !is_in(BEFORE, &before[before.len() - len..])
}

/// Whether a capital inside of a word begins one that goes on behind it: `okTable`.
fn runs_on(bytes: &[u8], word: &Range<usize>) -> bool {
    let text = &bytes[word.clone()];
    let goes_on = bytes.get(word.end).is_some_and(u8::is_ascii_lowercase)
        && text.last().is_some_and(u8::is_ascii_lowercase);
    let mut pairs = text.windows(2);
    goes_on && pairs.any(|w| w[0].is_ascii_lowercase() && w[1].is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn free(text: &str, word: &str) -> bool {
        let at = text.to_ascii_lowercase().find(word).unwrap();
        stands_free(text.as_bytes(), &(at..at + word.len()))
    }

    #[test]
    fn the_lists_are_sorted() {
        assert!(BEFORE.windows(2).all(|w| w[0] < w[1]));
        assert!(ABOUT.windows(2).all(|w| w[0] < w[1]));
    }

    #[test]
    fn names_of_other_things_are_told_from_names_of_keys() {
        let rules = crate::rules::builtin::ruleset();
        let other = |id: &str, text: &str, word: &str| {
            let at = text.to_ascii_lowercase().find(word).unwrap();
            let (_, rule) = rules.find(id).unwrap();
            names_other(text.as_bytes(), &(at..at + word.len()), rule)
        };
        for name in [
            "datadog_monitor_id=",
            "DATADOG_SITE_URL: ",
            "datadogMonitorId = ",
            "datadogId = ",
            "datadog.trace.hash=",
        ] {
            assert!(other("datadog-api-key", name, "datadog"), "{name}");
        }
        for name in [
            "datadog_api_key=",
            "datadogKey = ",
            "datadog=",
            "datadogidx ",
            "datadog_paid=",
        ] {
            assert!(!other("datadog-api-key", name, "datadog"), "{name}");
        }
    }

    #[test]
    fn words_inside_of_others_are_none() {
        for (text, word) in [
            ("ReactNativeCameraKit", "meraki"),
            ("rookTable", "okta"),
            ("okTable", "okta"),
            ("INBOX_KEY", "box_key"),
            ("mailbox_key", "box_key"),
            ("homeairlines_token", "airli"),
            ("Bookta", "okta"),
        ] {
            assert!(!free(text, word), "{text}");
        }
    }

    #[test]
    fn words_of_their_own_are_some() {
        for (text, word) in [
            ("okta_token", "okta"),
            ("OKTATOKEN", "okta"),
            ("oktaApiToken", "okta"),
            ("theOktaToken", "okta"),
            ("myoktatoken", "okta"),
            ("MYOKTATOKEN", "okta"),
            ("Myoktatoken", "okta"),
            ("HTTPOktaToken", "okta"),
            ("x2okta", "okta"),
            ("pagerDutytoken", "pagerduty"),
            ("gitHubToken", "github"),
            ("\\nokta_token", "okta"),
            ("-Dokta.token", "okta"),
            ("%3Dokta_token", "okta"),
            ("\\u003dokta_token", "okta"),
            ("prod.okta", "okta"),
        ] {
            assert!(free(text, word), "{text}");
        }
    }
}
