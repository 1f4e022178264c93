//! Microsoft's identifiable keys, common annotated security keys (CASK) and Entra client secrets.
//! All have a Marvin32 checksum. Source of seeds, signatures and layouts:
//! microsoft/security-utilities. Keys without a signature are in `azure_legacy`.

use super::encoding::{Alphabet, BASE62, base_n, base64, base64_canonical, base64_encode};
use super::marvin::marvin32;
use super::{Outcome, checksum};

/// The digits of Entra's checksum, in Microsoft's order.
pub(crate) const BASE66: &[u8] =
    b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ1234567890.-_~";

/// The layout of one service's identifiable keys.
pub(crate) struct Layout {
    /// The four characters that mark the service.
    pub(crate) signature: &'static [u8; 4],
    /// Bytes of the decoded key, checksum included.
    pub(crate) size: usize,
    /// The seeds that the service uses, one for each kind of key.
    pub(crate) labels: &'static [&'static [u8; 8]],
    /// The alphabet of the text form.
    pub(crate) alphabet: Alphabet,
}

/// Returns a layout, for the rows below.
const fn layout(
    signature: &'static [u8; 4],
    size: usize,
    labels: &'static [&'static [u8; 8]],
) -> Layout {
    Layout {
        signature,
        size,
        labels,
        alphabet: Alphabet::Standard,
    }
}

/// The seeds that Service Bus, Event Hubs and Relay share.
const MESSAGING: &[&[u8; 8]] = &[
    b"Send0000",
    b"Listen00",
    b"Manage00",
    b"System00",
    b"Unknown0",
];

pub(crate) const STORAGE: Layout = layout(b"+ASt", 64, &[b"Default0"]);
pub(crate) const COSMOS: Layout = layout(
    b"ACDb",
    64,
    &[
        b"MastRW00",
        b"MastRO00",
        b"SystRW00",
        b"SystRO00",
        b"SysAll00",
        b"Resour00",
        b"Encryp00",
    ],
);
pub(crate) const BATCH: Layout = layout(b"+ABa", 64, &[b"AbAcct00"]);
pub(crate) const ML: Layout = layout(b"+AMC", 64, &[b"Classic0"]);
pub(crate) const APIM: Layout = layout(
    b"APIM",
    64,
    &[b"Tenant00", b"IoTHub00", b"Gateway0", b"GitKey00"],
);
pub(crate) const FUNCTIONS: Layout = Layout {
    alphabet: Alphabet::Url,
    ..layout(b"AzFu", 40, &[b"Functi00", b"Master00", b"System00"])
};
pub(crate) const SEARCH: Layout = layout(b"AzSe", 39, &[b"PAdmin00", b"Query000"]);
pub(crate) const ACR: Layout = layout(b"+ACR", 39, &[b"ACRDflt0"]);
pub(crate) const REDIS: Layout = layout(b"AzCa", 32, &[b"Access00"]);
pub(crate) const IOT: Layout = layout(b"AIoT", 32, &[b"IoTHub00", b"Device00", b"DpsKey00"]);
pub(crate) const SERVICE_BUS: Layout = layout(b"+ASb", 32, MESSAGING);
pub(crate) const EVENT_HUB: Layout = layout(b"+AEh", 32, MESSAGING);
pub(crate) const RELAY: Layout = layout(b"+ARm", 32, MESSAGING);

impl Layout {
    /// Returns the index of the signature in the text. It ends six characters before the end of the
    /// unpadded text.
    pub(crate) fn offset(&self) -> usize {
        (self.size * 8).div_ceil(6) - 10
    }

    /// Returns the decoded key if the text has this layout's length and signature.
    fn decode(&self, key: &[u8]) -> Option<Vec<u8>> {
        let at = self.offset();
        if key.get(at..at + 4)? != self.signature {
            return None;
        }
        base64(key).filter(|bytes| bytes.len() == self.size)
    }

    /// Returns whether the last four bytes are the Marvin32 of the others under one of the seeds.
    fn sum_fits(&self, bytes: &[u8]) -> bool {
        bytes.split_last_chunk::<4>().is_some_and(|(body, sum)| {
            self.labels
                .iter()
                .any(|label| marvin32(body, label).to_le_bytes() == *sum)
        })
    }

    /// Checks an identifiable key. A key without this layout is unknown.
    fn check(&self, key: &[u8]) -> Outcome {
        match self.decode(key) {
            None => Outcome::Unknown,
            Some(bytes) => checksum(base64_canonical(key).is_some() && self.sum_fits(&bytes)),
        }
    }
}

pub(crate) fn storage(key: &[u8]) -> Outcome {
    STORAGE.check(key)
}

pub(crate) fn cosmos(key: &[u8]) -> Outcome {
    COSMOS.check(key)
}

pub(crate) fn batch(key: &[u8]) -> Outcome {
    BATCH.check(key)
}

pub(crate) fn ml(key: &[u8]) -> Outcome {
    ML.check(key)
}

pub(crate) fn apim(key: &[u8]) -> Outcome {
    APIM.check(key)
}

pub(crate) fn functions(key: &[u8]) -> Outcome {
    FUNCTIONS.check(key)
}

pub(crate) fn search(key: &[u8]) -> Outcome {
    SEARCH.check(key)
}

pub(crate) fn acr(key: &[u8]) -> Outcome {
    ACR.check(key)
}

pub(crate) fn iot(key: &[u8]) -> Outcome {
    IOT.check(key)
}

pub(crate) fn service_bus(key: &[u8]) -> Outcome {
    SERVICE_BUS.check(key)
}

pub(crate) fn event_hub(key: &[u8]) -> Outcome {
    EVENT_HUB.check(key)
}

pub(crate) fn relay(key: &[u8]) -> Outcome {
    RELAY.check(key)
}

/// Checks Redis keys in both forms: plain, and with `+` and `/` written as `P` and `F`. If the
/// rewriting happened after the checksum was computed, the key looks like one with a wrong
/// checksum. Then the answer is `Unknown`.
pub(crate) fn redis(key: &[u8]) -> Outcome {
    let plain = REDIS.check(key);
    let has = |signs: [u8; 2]| key.iter().any(|b| signs.contains(b));
    if !matches!(plain, Outcome::Invalid(_)) || has([b'+', b'/']) || !has([b'P', b'F']) {
        return plain;
    }
    if redis_rewritten(key).is_some_and(|text| text == key) {
        return checksum(true);
    }
    Outcome::Unknown
}

/// Computes the key's checksum again and writes `+` and `/` as `P` and `F`.
pub(crate) fn redis_rewritten(key: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = REDIS.decode(key)?;
    let (body, sum) = bytes.split_last_chunk_mut::<4>()?;
    *sum = marvin32(body, REDIS.labels[0]).to_le_bytes();
    let text = base64_encode(&bytes, Alphabet::Standard, true);
    Some(text.replace('+', "P").replace('/', "F").into_bytes())
}

/// Checks the outer form of Event Grid keys. Their seed is not public.
pub(crate) fn event_grid(key: &[u8]) -> Outcome {
    const EVENT_GRID: Layout = layout(b"AZEG", 32, &[]);
    match EVENT_GRID.decode(key) {
        Some(_) => Outcome::Unknown,
        None => Outcome::Invalid("not a 32-byte key with the signature AZEG"),
    }
}

/// Returns the checksums that may follow the first 80 characters of a CASK: the base62 form
/// (compare as a prefix) and the older base64 forms of 4 and 3 bytes.
pub(crate) fn cask_suffixes(first80: &[u8]) -> Option<[String; 3]> {
    let sum = marvin32(&base64(first80)?, b"Default0").to_le_bytes();
    let mut digits = base_n(u64::from(u32::from_be_bytes(sum)), BASE62, 1);
    while digits.len() < 6 {
        digits.push('0');
    }
    // One pass through the decoder clears the bits beyond the four bytes.
    let short = base64(digits.as_bytes())?;
    Some([
        base64_encode(&short, Alphabet::Standard, false),
        base64_encode(&sum, Alphabet::Standard, false),
        base64_encode(&sum[..3], Alphabet::Standard, false),
    ])
}

/// Checks common annotated security keys (`JQQJ9` at 52). A wrong checksum does not refute the key:
/// Microsoft's own scanner accepts the signature alone.
pub(crate) fn cask(key: &[u8]) -> Outcome {
    let Some((first80, rest)) = key.split_at_checked(80) else {
        return Outcome::Unknown;
    };
    let sum = match rest.len() {
        4 => rest,
        8 if rest.ends_with(b"==") => &rest[..6],
        _ => return Outcome::Unknown,
    };
    if &key[52..57] != b"JQQJ9" {
        return Outcome::Invalid("no CASK signature");
    }
    if !(b'A'..=b'L').contains(&key[59]) {
        return Outcome::Invalid("no month in the allocation date");
    }
    let fits = cask_suffixes(first80).is_some_and(|[base62, long, short]| {
        base62.as_bytes().starts_with(sum) || long.as_bytes() == sum || short.as_bytes() == sum
    });
    if fits {
        checksum(true)
    } else {
        Outcome::Unknown
    }
}

/// Returns the last three characters of the Entra secret that begins with `head`.
pub(crate) fn entra_suffix(head: &[u8]) -> String {
    let mut text = base_n(u64::from(marvin32(head, b"AadPwd00")), BASE66, 6);
    text.truncate(3);
    text
}

/// Checks Entra client secrets of the `8Q~` form. A wrong checksum does not refute the secret: no
/// document says that every issuer writes it.
pub(crate) fn entra(secret: &[u8]) -> Outcome {
    if secret.get(4..6) != Some(b"Q~") {
        return Outcome::Invalid("no Q~ mark");
    }
    match secret.split_last_chunk::<3>() {
        Some((head, sum))
            if secret.len() == 40 && secret[3] == b'8' && entra_suffix(head).as_bytes() == sum =>
        {
            checksum(true)
        }
        _ => Outcome::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::testing::{assert_invalid, assert_valid};

    #[test]
    fn offsets_are_the_documented_ones() {
        let expected = [(&STORAGE, 76), (&FUNCTIONS, 44), (&SEARCH, 42), (&IOT, 33)];
        for (layout, offset) in expected {
            assert_eq!(layout.offset(), offset);
        }
    }

    #[test]
    fn microsoft_test_keys() {
        let functions_key = ["d".repeat(44), "AzFu".into(), "182vhA==".into()].concat();
        assert_valid(functions(functions_key.as_bytes()), "checksum valid");
        let acr_key = ["e".repeat(42), "+ACR".into(), "CTB7t/".into()].concat();
        assert_valid(acr(acr_key.as_bytes()), "checksum valid");
        assert_invalid(acr(acr_key.replace("CTB7", "DTB7").as_bytes()));
        assert_eq!(storage(acr_key.as_bytes()), Outcome::Unknown);
    }

    #[test]
    fn redis_keys_with_rewritten_signs() {
        let filler = ["PF".repeat(16), "P".into(), "AzCa".into(), "AAAAAA=".into()].concat();
        let rewritten = redis_rewritten(filler.as_bytes()).unwrap();
        assert_valid(redis(&rewritten), "checksum valid");
        assert_eq!(redis(filler.as_bytes()), Outcome::Unknown);
    }

    #[test]
    fn event_grid_proves_nothing() {
        let key = ["g".repeat(33), "AZEG".into(), "AAAAAA=".into()].concat();
        assert_eq!(event_grid(key.as_bytes()), Outcome::Unknown);
        assert_invalid(event_grid(key.replace("AZEG", "AZEH").as_bytes()));
    }

    #[test]
    fn cask_of_both_forms() {
        let old = [
            "A".repeat(52),
            "JQQJ99AG".into(),
            "A".repeat(16),
            "ABCD".into(),
        ]
        .concat();
        assert_valid(
            cask([&old, "TZJ9JA=="].concat().as_bytes()),
            "checksum valid",
        );
        assert_eq!(
            cask([&old, "TZJ8JA=="].concat().as_bytes()),
            Outcome::Unknown
        );
        let new = [
            "S".repeat(52),
            "JQQJ99BA".into(),
            "A".repeat(16),
            "AZDO".into(),
        ]
        .concat();
        let [sum, ..] = cask_suffixes(new.as_bytes()).unwrap();
        assert_valid(
            cask([&new, &sum[..4]].concat().as_bytes()),
            "checksum valid",
        );
        assert_valid(
            cask([&new, &sum[..], "=="].concat().as_bytes()),
            "checksum valid",
        );
        assert_invalid(cask("a".repeat(84).as_bytes()));
    }

    #[test]
    fn entra_vector() {
        let secret = ["zzz8", "Q~", &"z".repeat(31), "blP"].concat();
        assert_valid(entra(secret.as_bytes()), "checksum valid");
        assert_eq!(
            entra(secret.replace("blP", "blQ").as_bytes()),
            Outcome::Unknown
        );
        let old = ["yyy7", "Q~", &"y".repeat(31)].concat();
        assert_eq!(entra(old.as_bytes()), Outcome::Unknown);
    }
}
