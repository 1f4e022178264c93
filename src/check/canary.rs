//! Credentials that are traps: who uses one tells its owner.
//!
//! The accounts are those that are known to issue canary tokens of AWS: of Thinkst
//! (canarytokens.org) and of others that do the same, as TruffleHog and Kingfisher list them.
//! Tokens of other kinds name the service in their address.

use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::{Outcome, aws};

/// The accounts of AWS, as their numbers of twelve digits, sorted.
const ACCOUNTS: &[&str] = &[
    "044858866125",
    "052310077262",
    "171436882533",
    "251535659677",
    "266735846894",
    "344043088457",
    "351906852752",
    "390477818340",
    "426127672474",
    "427150556519",
    "439872796651",
    "445142720921",
    "465867158099",
    "528757803018",
    "534261010715",
    "538784191382",
    "595918472158",
    "637958123769",
    "693412236332",
    "717712589309",
    "729780141977",
    "730335385048",
    "732624840810",
    "735421457923",
    "819147034852",
    "893192397702",
    "959235150393",
    "982842642351",
    "992382622183",
];

/// The hosts that canary tokens call.
const HOSTS: &[&[u8]] = &[
    b"canarytokens.com",
    b"canarytokens.org",
    b"canarytokens.net",
];

/// Returns whether a value is a trap.
pub(super) fn is_canary(value: &[u8]) -> bool {
    let account = match () {
        () if value.len() == 20 => aws::access_key_id(value),
        () if value.starts_with(b"ABSK") => aws::bedrock_long(value),
        () => Outcome::Unknown,
    };
    let known = match &account {
        Outcome::Valid(what) => what
            .strip_prefix(aws::ACCOUNT)
            .is_some_and(|number| ACCOUNTS.binary_search(&number).is_ok()),
        _ => false,
    };
    known || calls_home(value)
}

/// Whether an address in `text` has one of [`HOSTS`]. Hardly any value names the service.
fn calls_home(text: &[u8]) -> bool {
    static SERVICE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("canarytokens."));
    SERVICE.find(text).is_some() && HOSTS.iter().any(|host| names(text, host))
}

/// Whether an address in `text` has this host, or one below it.
fn names(text: &[u8], host: &[u8]) -> bool {
    memchr::memmem::find_iter(text, host).any(|at| {
        let word = |b: &u8| b.is_ascii_alphanumeric() || *b == b'-';
        let inside = at > 0 && text[at - 1] != b'.' && word(&text[at - 1]);
        let goes_on = text.get(at + host.len()).is_some_and(word);
        !inside && !goes_on
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::encoding::base32_encode;

    fn id(kind: &str, account: u128) -> String {
        let number = 1u128 << 79 | account << 39;
        [kind, &base32_encode(&number.to_be_bytes()[6..])].concat()
    }

    #[test]
    fn the_accounts_are_sorted() {
        assert!(ACCOUNTS.windows(2).all(|w| w[0] < w[1]));
        assert!(ACCOUNTS.iter().all(|account| account.len() == 12));
    }

    #[test]
    fn every_listed_account_is_a_trap_and_no_other() {
        for account in ACCOUNTS {
            let account: u128 = account.parse().unwrap();
            assert!(is_canary(id("AKIA", account).as_bytes()));
            assert!(is_canary(id("ASIA", account).as_bytes()));
        }
        assert!(!is_canary(id("AKIA", 123_456_789_012).as_bytes()));
        assert!(!is_canary(["AKIA", "IOSFODNN7EXAMPLE"].concat().as_bytes()));
    }

    #[test]
    fn addresses_of_the_service_are_traps() {
        assert!(is_canary(b"http://canarytokens.com/about/abc/post.jsp"));
        assert!(is_canary(b"https://user:pw@x1.canarytokens.org/"));
        assert!(!is_canary(b"https://notcanarytokens.com/"));
        assert!(!is_canary(b"https://canarytokens.community/"));
    }
}
