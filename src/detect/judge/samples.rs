//! Knows published sample values: documentation keys, emulator keys, RFC examples.
//!
//! The list holds the first eight bytes of each value's SHA-256, so that no scanner, this
//! one included, takes the list itself for a leak. Sources: the providers' own
//! documentation and the RFCs (AWS, Azurite, Cosmos DB emulator, GitHub docs, Stripe docs,
//! the Docker Engine API reference, RFC 6749, 6750, 5849, 7515, jwt.io and others).

use sha2::{Digest, Sha256};

/// Whether `value` is a published sample.
pub(super) fn is_published(value: &[u8]) -> bool {
    let digest = Sha256::digest(value);
    let Some(head) = digest.first_chunk::<8>() else {
        return false;
    };
    SAMPLES.binary_search(&u64::from_be_bytes(*head)).is_ok()
}

/// The first eight bytes of each SHA-256, big-endian, sorted.
const SAMPLES: &[u64] = &[
    0x0011cc25eb432071,
    0x00cf4c781dc37003,
    0x0149b0a89f427a38,
    0x03b970ed8171d73b,
    0x051d093c4bdedbf2,
    0x08831f80b56414a9,
    0x0b5dd075ccdd03c4,
    0x0e9d220616f08345,
    0x0fff9ee671b05ea2,
    0x12b9377cbe7e5c94,
    0x12d8d9ea56a1acfb,
    0x1a5d44a2dca19669,
    0x1c3d6188abe600bc,
    0x293257ab6495ebb1,
    0x2cafc0970149a84f,
    0x2f3227eccce10b91,
    0x2f4643b13aeabe7e,
    0x30a5154b77ab8b2d,
    0x33a6d3750d9a769b,
    0x3543c50b0cb9cea8,
    0x359e126884663749,
    0x3e66d3f8c5ea44f8,
    0x4060ed0ca2678bf6,
    0x4089d3e98b622ba3,
    0x441c66009c2ab920,
    0x48eeb06f930a85a4,
    0x4b2dd836d664f91a,
    0x519e3ece10ca70b6,
    0x549c9390539efcfa,
    0x5895b89c8fb33402,
    0x5d712ba728d81c07,
    0x60a09e4357868c1e,
    0x649e1f5c769e718b,
    0x696a63e2409e663a,
    0x6c96130f130ab0d6,
    0x6d7fa4e64d4b1f3e,
    0x731fa294d036e54f,
    0x7410fa8a4773e153,
    0x78314b11be2e5815,
    0x7857dd89c3f1e0be,
    0x797c0ce414586cc8,
    0x7f39f45767958338,
    0x819994820a8ec7d6,
    0x820350d9047103b6,
    0x82e74299544e0073,
    0x86007eb367696d32,
    0x897424aa34b2c490,
    0x8be5d113c0871ce1,
    0x8e0628300c16fe38,
    0x91fa4af81aa08ddd,
    0x94aefb8be78b2b7c,
    0x9705102db0d5f99e,
    0x986c0dc956dc822b,
    0x9d6a2b9d1f01d457,
    0x9ec0be036c22f06f,
    0x9fdb2e159e0f26a9,
    0xa064b502e61d27e9,
    0xa23d006bb020a81d,
    0xa3046da0d15a27e8,
    0xa35b81a7d7927b70,
    0xa3a9e1ed9732cab2,
    0xa69c47e0e9deeb99,
    0xaa6547439583c3a2,
    0xaf1efb26bd63a9a0,
    0xb1471f544ceeea31,
    0xb2b42e12a958c1d7,
    0xb5b17ca1d65733bb,
    0xb8e148545b13c78b,
    0xba27f6f1d55df47c,
    0xbae656572be8a416,
    0xbb9b1163338b2a51,
    0xbc3ae723f57c6b9e,
    0xbdfeaef44475711c,
    0xc4da422bd9c9e1b6,
    0xc6ea27c534f993d3,
    0xc7aa09cd25da8b6a,
    0xc85debb55f2f204d,
    0xcb20d34a7adda2f5,
    0xcb87c87e4a138d9a,
    0xcf4d418ed3de92d7,
    0xd536704bc82e8f40,
    0xde362bbdf11f2df3,
    0xe21b597ba6b9cafa,
    0xe4da07ad200089ce,
    0xe5855ff48799c52c,
    0xe8fa1e3cd897a7a9,
    0xe9897976005540a6,
    0xe9974c507d2a8021,
    0xeaa5581c2e8d2f44,
    0xf2d6ca16515033e5,
    0xf5e95c9954635b65,
    0xf7e7896182dcde5d,
    0xfb8f35129df87662,
    0xfe97449352b1d67c,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted() {
        assert!(SAMPLES.windows(2).all(|w| w[0] < w[1]));
    }

    #[test]
    fn the_documentation_key_is_known() {
        assert!(is_published(
            ["AKIA", "IOSFODNN7EXAMPLE"].concat().as_bytes()
        ));
        assert!(!is_published(
            ["AKIA", "IOSFODNN7EXAMPLF"].concat().as_bytes()
        ));
    }
}
