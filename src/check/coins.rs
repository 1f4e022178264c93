//! Keys of cryptocurrencies: base58check (Bitcoin's WIF and extended keys, XRP seeds) and raw
//! secp256k1 keys. Seed phrases are in `seeds`.

use sha2::{Digest, Sha256};

use super::encoding::{BASE58_BITCOIN, BASE58_XRP, base58, hex};
use super::{Outcome, valid};

/// The order of the group of secp256k1, big-endian (SEC 2).
const SECP256K1_ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe,
    0xba, 0xae, 0xdc, 0xe6, 0xaf, 0x48, 0xa0, 0x3b, 0xbf, 0xd2, 0x5e, 0x8c, 0xd0, 0x36, 0x41, 0x41,
];

/// Returns the four bytes that base58check appends to a payload.
pub(crate) fn base58check_sum(payload: &[u8]) -> [u8; 4] {
    let hash = Sha256::digest(Sha256::digest(payload));
    [hash[0], hash[1], hash[2], hash[3]]
}

/// Returns the payload of a base58check text if its checksum fits.
fn base58check(text: &[u8], alphabet: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = base58(text, alphabet)?;
    let (payload, sum) = bytes.split_last_chunk::<4>()?;
    if base58check_sum(payload) != *sum {
        return None;
    }
    bytes.truncate(bytes.len() - 4);
    Some(bytes)
}

/// Checks Bitcoin private keys in wallet import format and names the network.
pub(crate) fn wif(text: &[u8]) -> Outcome {
    let Some(payload) = base58check(text, BASE58_BITCOIN) else {
        return Outcome::Invalid("checksum does not fit");
    };
    let sized = payload.len() == 33 || payload.len() == 34 && payload.last() == Some(&1);
    match payload.first() {
        _ if !sized => Outcome::Invalid("not a private key"),
        Some(0x80) => valid("checksum valid, main network"),
        Some(0xef) => valid("checksum valid, test network"),
        _ => valid("checksum valid, another network"),
    }
}

/// Checks Bitcoin private keys that a passphrase encrypts (BIP 38).
pub(crate) fn bip38(text: &[u8]) -> Outcome {
    match base58check(text, BASE58_BITCOIN).as_deref() {
        None => Outcome::Invalid("checksum does not fit"),
        Some([0x01, 0x42 | 0x43, rest @ ..]) if rest.len() == 37 => {
            valid("checksum valid, encrypted with a passphrase")
        }
        Some(_) => Outcome::Invalid("not an encrypted key"),
    }
}

/// Checks extended private keys of BIP 32 and names the network.
pub(crate) fn xprv(text: &[u8]) -> Outcome {
    let Some(payload) = base58check(text, BASE58_BITCOIN) else {
        return Outcome::Invalid("checksum does not fit");
    };
    // Byte 45 is 0 before a private key and the sign of the point before a public key.
    if payload.len() != 78 || payload[45] != 0 {
        return Outcome::Invalid("not a private key");
    }
    match payload[..4] {
        [0x04, 0x88, 0xad, 0xe4] => valid("checksum valid, main network"),
        [0x04, 0x35, 0x83, 0x94] => valid("checksum valid, test network"),
        _ => valid("checksum valid, another network"),
    }
}

/// Checks seeds of the XRP ledger, for secp256k1 and for Ed25519 keys.
pub(crate) fn xrp_seed(text: &[u8]) -> Outcome {
    match base58check(text, BASE58_XRP).as_deref() {
        None => Outcome::Invalid("checksum does not fit"),
        Some([0x21, seed @ ..]) if seed.len() == 16 => valid("checksum valid"),
        Some([0x01, 0xe1, 0x4b, seed @ ..]) if seed.len() == 16 => valid("checksum valid"),
        Some(_) => Outcome::Invalid("not a seed"),
    }
}

/// Refutes hex values outside the range of secp256k1 keys. A value inside it proves nothing.
pub(crate) fn ethereum(text: &[u8]) -> Outcome {
    let digits = text.strip_prefix(b"0x").unwrap_or(text);
    match hex(digits) {
        Some(key) if key.len() == 32 => {
            if key.iter().all(|&b| b == 0) || key[..] >= SECP256K1_ORDER[..] {
                Outcome::Invalid("outside the range of private keys")
            } else {
                Outcome::Unknown
            }
        }
        _ => Outcome::Invalid("not 32 bytes of hex"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::encoding::{base58_encode, hex_encode};
    use crate::check::testing::{assert_invalid, assert_valid};

    #[test]
    fn wif_vector() {
        let key = ["5HueCGU8rMjxEXxiPuD5BDku4MkF", "qeZyd4dZ1jvhTVqvbTLvyTJ"].concat();
        assert_valid(wif(key.as_bytes()), "checksum valid, main network");
        assert_invalid(wif(key.replace("5Hue", "5Huf").as_bytes()));
        assert_invalid(wif(&[b'1'; 4000]));
    }

    #[test]
    fn keys_of_bip_38() {
        let coded = |head: &[u8]| {
            let mut payload = [head, &[0xc0], &[7; 36]].concat();
            payload.extend(base58check_sum(&payload));
            base58_encode(&payload, BASE58_BITCOIN)
        };
        let key = coded(&[0x01, 0x42]);
        assert!(key.len() == 58 && key.starts_with("6P"), "{key}");
        assert_valid(
            bip38(key.as_bytes()),
            "checksum valid, encrypted with a passphrase",
        );
        assert_invalid(bip38(coded(&[0x01, 0x44]).as_bytes()));
        assert_invalid(bip38(key.replace("6P", "6Q").as_bytes()));
    }

    #[test]
    fn xprv_vector() {
        let key = [
            "xprv9s21ZrQH143K3QTDL4LXw2F7HEK3wJUD2nW2nRk4stbPy6cq3j", // stopleak:allow BIP 32
            "PPqjiChkVvvNKmPGJxWUtg6LnF5kejMRNNU3TGtRBeJgk33yuGBxrMPHi",
        ]
        .concat();
        assert_valid(xprv(key.as_bytes()), "checksum valid, main network");
        assert_invalid(xprv(key.replace("xprv9", "xprv8").as_bytes()));
        assert_invalid(wif(key.as_bytes()));
    }

    #[test]
    fn xrp_seeds() {
        let seed = |head: &[u8]| {
            let mut payload = [head, &[7; 16]].concat();
            payload.extend(base58check_sum(&payload));
            base58_encode(&payload, BASE58_XRP)
        };
        let plain = seed(&[0x21]);
        assert!(plain.len() == 29 && plain.starts_with('s'));
        assert_valid(xrp_seed(plain.as_bytes()), "checksum valid");
        let edwards = seed(&[0x01, 0xe1, 0x4b]);
        assert!(edwards.starts_with("sEd"));
        assert_valid(xrp_seed(edwards.as_bytes()), "checksum valid");
        assert_invalid(xrp_seed(seed(&[0x22]).as_bytes()));
    }

    #[test]
    fn the_group_bounds_raw_keys() {
        let mut order = SECP256K1_ORDER;
        assert_invalid(ethereum(hex_encode(&order).as_bytes()));
        order[31] -= 1;
        let last = ["0x", &hex_encode(&order)].concat();
        assert_eq!(ethereum(last.as_bytes()), Outcome::Unknown);
        assert_invalid(ethereum("0".repeat(64).as_bytes()));
        assert_invalid(ethereum("1".repeat(62).as_bytes()));
    }
}
