//! Knows published sample values: documentation keys, emulator keys, RFC examples.
//!
//! The list holds the first eight bytes of each value's SHA-256, so that no scanner, this
//! one included, takes the list itself for a leak. Sources: the providers' own
//! documentation and the RFCs (AWS, Azurite, Cosmos DB emulator, GitHub docs, Stripe docs,
//! the Docker Engine API reference, Firebase SDKs, RFC 6455, 6749, 6750, 5849, 7515, 7617, 8628, OpenID
//! Connect, the core of OAuth 1.0, Twitter's guide to signatures, NIST SP 800-38A, the files that
//! Redis, Grafana and Nacos bring along, jwt.io, Supabase's local stack, Vagrant), and what follows from published phrases:
//! the keys of Hardhat and Anvil, Ganache and Truffle, the vectors of BIP 32.

use std::borrow::Cow;
use std::sync::LazyLock;

use memchr::memmem::Finder;
use sha2::{Digest, Sha256};

use crate::check;
use crate::check::encoding::percent_decode;

/// Whether `value` is a published sample, in one of the forms in which people write it.
pub(super) fn is_published(value: &[u8]) -> bool {
    let value = without_scheme(value);
    is_listed(value)
        || check::is_sample_jwt(value)
        || other_forms(value).iter().any(|form| is_listed(form))
}

/// Whether exactly these bytes are on the list.
fn is_listed(value: &[u8]) -> bool {
    let digest = Sha256::digest(value);
    let Some(head) = digest.first_chunk::<8>() else {
        return false;
    };
    SAMPLES.binary_search(&u64::from_be_bytes(*head)).is_ok()
}

/// The credentials behind the scheme of a header: `Basic …`.
fn without_scheme(value: &[u8]) -> &[u8] {
    const SCHEMES: [&[u8]; 4] = [b"basic ", b"bearer ", b"token ", b"apikey "];
    let has = |scheme: &&&[u8]| {
        let head = value.get(..scheme.len());
        head.is_some_and(|head| head.eq_ignore_ascii_case(scheme))
    };
    let len = SCHEMES.iter().find(has).map_or(0, |scheme| scheme.len());
    &value[len..]
}

/// The value as the list has it, if it is written in another way: base64 without padding, digits
/// without `0x` and in lower case, words with one blank between them, without signs of a URL, the
/// first signs of a key in PEM.
fn other_forms(value: &[u8]) -> Vec<Cow<'_, [u8]>> {
    /// How many signs of a key's base64 are on the list.
    const PEM_HEAD: usize = 64;
    /// The longest value that is not a key in PEM.
    const LONGEST: usize = 512;
    /// The shortest password that says by itself that it is a sample.
    const SHORTEST: usize = 8;
    let mut forms: Vec<Cow<'_, [u8]>> = Vec::new();
    if let Some(body) = pem_body(value) {
        let head: Vec<u8> = body.take(PEM_HEAD).collect();
        forms.push(Cow::Owned(head));
    }
    if value.len() > LONGEST {
        return forms;
    }
    if let Some(body) = value.strip_suffix(b"=") {
        forms.push(Cow::Borrowed(body.strip_suffix(b"=").unwrap_or(body)));
    }
    // Of `user:password` only the password counts.
    if let Some(colon) = value.iter().position(|b| *b == b':')
        && value.len() - colon > SHORTEST
    {
        forms.push(Cow::Borrowed(&value[colon + 1..]));
    }
    if value.contains(&b'%') {
        forms.push(Cow::Owned(percent_decode(value)));
    }
    let digits = value
        .strip_prefix(b"0x")
        .or(value.strip_prefix(b"0X"))
        .unwrap_or(value);
    if digits.len() == 64 && digits.iter().all(u8::is_ascii_hexdigit) {
        forms.push(Cow::Owned(digits.to_ascii_lowercase()));
    }
    if value.contains(&b' ') {
        let words = value
            .split(u8::is_ascii_whitespace)
            .filter(|word| !word.is_empty());
        forms.push(Cow::Owned(
            words.collect::<Vec<_>>().join(&b' ').to_ascii_lowercase(),
        ));
    }
    forms
}

/// The base64 of a private key in PEM, without the line ends and how languages write them.
fn pem_body(value: &[u8]) -> Option<impl Iterator<Item = u8>> {
    const BEGIN: &str = "PRIVATE KEY-----";
    static HEADER: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(BEGIN));
    let start = HEADER.find(value)? + BEGIN.len();
    let mut escaped = false;
    Some(value[start..].iter().copied().filter(move |byte| {
        let sign = byte.is_ascii_alphanumeric() || b"+/=".contains(byte);
        let counts = sign && !(escaped && b"nrt".contains(byte));
        escaped = *byte == b'\\';
        counts
    }))
}

/// The first eight bytes of each SHA-256, big-endian, sorted.
const SAMPLES: &[u64] = &[
    0x0011cc25eb432071,
    0x00860ac612128954,
    0x00b3dc640c9c99fc,
    0x00cf4c781dc37003,
    0x0149b0a89f427a38,
    0x03b970ed8171d73b,
    0x04a564938fd41d29,
    0x051d093c4bdedbf2,
    0x0672044443043ba7,
    0x07f935b61d37e0e5,
    0x08831f80b56414a9,
    0x0943e1c5c4171bb5,
    0x0aedba9d586f34f9,
    0x0b33e0132123e78d,
    0x0b476bdf9acf2123,
    0x0b5dd075ccdd03c4,
    0x0bc9fde2b028e3b0,
    0x0e04efa6bc7d2d51,
    0x0e9d220616f08345,
    0x0f388b04e512d7a0,
    0x0fff9ee671b05ea2,
    0x100546a8b020a55a,
    0x110040843c3adf0d,
    0x12b9377cbe7e5c94,
    0x12d8d9ea56a1acfb,
    0x13d31e961a1ad8ec,
    0x152943e104e30dd4,
    0x153a182586451358,
    0x15cef4b629cc2d07,
    0x15f41342748aa6c0,
    0x196fbadca8b7eea6,
    0x1a5d44a2dca19669,
    0x1bbb9293c38acc5e,
    0x1c3d6188abe600bc,
    0x1e3e58656012d861,
    0x2037abcaffb2b777,
    0x2243ae4c73014469,
    0x2288ec82bc090b36,
    0x23302102e2c9116b,
    0x27a9a42931dff7eb,
    0x28981d08ecff66aa,
    0x28e543d3753fc9d1,
    0x293257ab6495ebb1,
    0x29aedb051d65bcc8,
    0x2cafc0970149a84f,
    0x2ef2503d964e9668,
    0x2f3227eccce10b91,
    0x2f4643b13aeabe7e,
    0x2ff8b0fb93aca981,
    0x30452ba5605dd252,
    0x30a5154b77ab8b2d,
    0x30e55f5463e22af0,
    0x33a6d3750d9a769b,
    0x33bdbeb4cc222766,
    0x33f532fd39fa0d77,
    0x341c225b06c91708,
    0x3543c50b0cb9cea8,
    0x359e126884663749,
    0x37ab2f62ab867805,
    0x37f8f09bdf12c2f2,
    0x38e69fdd19aefeb4,
    0x38f45b57d43a7400,
    0x39cdd1e0a0bc94e9,
    0x3a64bcd9cea43c0a,
    0x3a8b61d0f636b007,
    0x3b1c5e02107409ea,
    0x3c0949435a7e4277,
    0x3e66d3f8c5ea44f8,
    0x3f370c9dd8225c63,
    0x3fd5610ee03a3503,
    0x4060ed0ca2678bf6,
    0x4089d3e98b622ba3,
    0x41ef4bb0b23661e6,
    0x441c66009c2ab920,
    0x456d146d35bb38e7,
    0x465d9ad5d5528ebe,
    0x477fdeded9c4ebdc,
    0x48eeb06f930a85a4,
    0x49f777db995e8260,
    0x4a67d7a0d8a16d6d,
    0x4b2dd836d664f91a,
    0x4c20e6f5cc11b937,
    0x4c98242dcadc8b29,
    0x4d3e46eec8244d1d,
    0x519e3ece10ca70b6,
    0x5330d388af894c9e,
    0x53f5da0aaa93d64c,
    0x549c9390539efcfa,
    0x55bafb07ac982ddb,
    0x578592185588730b,
    0x57c177d9341f69fa,
    0x584b27d64ebc1b33,
    0x5895b89c8fb33402,
    0x5aa88a2bde042bb9,
    0x5aac38e542b76b97,
    0x5c84abeaac9db83e,
    0x5d712ba728d81c07,
    0x5eef83fe7cb71e2d,
    0x60a09e4357868c1e,
    0x64034b44c579b335,
    0x649e1f5c769e718b,
    0x662c451cc5886e1d,
    0x664b73b16aa57748,
    0x685d9e672f847f21,
    0x696a63e2409e663a,
    0x69be79ef3c28f55d,
    0x6aa14267d94944e6,
    0x6c96130f130ab0d6,
    0x6d7fa4e64d4b1f3e,
    0x6d828debd306e21a,
    0x6dea34b661141091,
    0x70b801afae94d2e6,
    0x728383dec6323112,
    0x731fa294d036e54f,
    0x73f71af093fdf154,
    0x7410fa8a4773e153,
    0x7569531943bce9b2,
    0x75754388723db8ec,
    0x78314b11be2e5815,
    0x7857dd89c3f1e0be,
    0x797c0ce414586cc8,
    0x7d1b5fc238610328,
    0x7f39f45767958338,
    0x7f44193a6edea087,
    0x80aed3de24e7291c,
    0x80f8b7c904d4a43f,
    0x819994820a8ec7d6,
    0x820350d9047103b6,
    0x82e74299544e0073,
    0x8335c55334821eef,
    0x837e8e636d452b61,
    0x841b4f5b0b34e19a,
    0x84bc109b3d59b017,
    0x85bde548053aab4b,
    0x86007eb367696d32,
    0x867f9f5929a7201c,
    0x8731261cb72d8626,
    0x897424aa34b2c490,
    0x8a1135d9e9e69fba,
    0x8a4a4a1c9942c778,
    0x8b1b17a9740c068a,
    0x8be5d113c0871ce1,
    0x8d567eb88afff34f,
    0x8e0628300c16fe38,
    0x91fa4af81aa08ddd,
    0x94aefb8be78b2b7c,
    0x959f62e87fa1a9c9,
    0x967f21586cdf1248,
    0x9705102db0d5f99e,
    0x986c0dc956dc822b,
    0x98a38f6dad3f47af,
    0x9c5d0a6656e5d3f3,
    0x9cab58b24140ee12,
    0x9d03b692e941d5ac,
    0x9d61c593824c392c,
    0x9d6a2b9d1f01d457,
    0x9e309cccd311ea64,
    0x9ec0be036c22f06f,
    0x9fdb2e159e0f26a9,
    0xa064b502e61d27e9,
    0xa19f89ab3555eac1,
    0xa23d006bb020a81d,
    0xa2e06155cb1a424f,
    0xa3046da0d15a27e8,
    0xa307a44ddb2d746b,
    0xa35b81a7d7927b70,
    0xa3a9e1ed9732cab2,
    0xa5fe1cb4158ffd2a,
    0xa69c47e0e9deeb99,
    0xa6c814bc555ae62c,
    0xa71b359a87afde13,
    0xaa6547439583c3a2,
    0xaac751a0391bb84d,
    0xac17da3e11432de9,
    0xad62d48d8b069026,
    0xad71fb4165536675,
    0xaf1efb26bd63a9a0,
    0xb08bdfde9930d920,
    0xb12ee277a669b18f,
    0xb1471f544ceeea31,
    0xb1bff22ae077ce1a,
    0xb26ab6529d20ebeb,
    0xb2b42e12a958c1d7,
    0xb2e71100d10bee74,
    0xb5b17ca1d65733bb,
    0xb659c9d3a6624574,
    0xb83e96417f61cb14,
    0xb87dad10a32a2d81,
    0xb8ae5c99142647d1,
    0xb8e148545b13c78b,
    0xba27f6f1d55df47c,
    0xbae656572be8a416,
    0xbb9b1163338b2a51,
    0xbc1a50966c9e6486,
    0xbc3ae723f57c6b9e,
    0xbdfeaef44475711c,
    0xbebe65f0e0569d62,
    0xc07799c18d8b80ee,
    0xc12ce25303a023aa,
    0xc14aca8e6d6b82d1,
    0xc15f3d9dfdc98389,
    0xc1db187b992c8ddd,
    0xc20fbc2b96183894,
    0xc3e981f8e1c6a201,
    0xc42de2d7b992beb2,
    0xc4341ce2cfcb5209,
    0xc4ad638fad0d7ca4,
    0xc4da422bd9c9e1b6,
    0xc557eec878dfd852,
    0xc59001ac2b1d7d72,
    0xc6ea27c534f993d3,
    0xc794fa6d20c64efb,
    0xc7aa09cd25da8b6a,
    0xc85debb55f2f204d,
    0xca7459e2b26776de,
    0xcb20d34a7adda2f5,
    0xcb87c87e4a138d9a,
    0xcc95a8a1b5e9bf13,
    0xcf1fc66f853151a4,
    0xcf4d418ed3de92d7,
    0xcfee8a24c17aef53,
    0xd05f6bb1aa2e4ccd,
    0xd16d608fce743a04,
    0xd16eedf622d61fda,
    0xd1fd81ea5a96eb4e,
    0xd536704bc82e8f40,
    0xd6da54d12db9eac8,
    0xd743e28aa96cefb9,
    0xd81b69df74e1555c,
    0xdb6833593279d737,
    0xdc0fcf046c61640c,
    0xde362bbdf11f2df3,
    0xdf452eef23e8cf2c,
    0xdfd7dc439654f313,
    0xe0b84cacb8dc5afd,
    0xe21b597ba6b9cafa,
    0xe4639de7f01667f6,
    0xe4a5542bb7fd7b67,
    0xe4da07ad200089ce,
    0xe4f1734df0250d54,
    0xe5855ff48799c52c,
    0xe770e8aa42a869cf,
    0xe8fa1e3cd897a7a9,
    0xe96bfc1d78867126,
    0xe9897976005540a6,
    0xe9974c507d2a8021,
    0xea9bb1082cf95663,
    0xea9bdfd02c0c412c,
    0xeaa5581c2e8d2f44,
    0xeaa6a9190faf5587,
    0xeb540d2b6ee2a0a4,
    0xeb543dc490df6d05,
    0xeca7c0796c0d2871,
    0xecb0e7ba498c5920,
    0xecd5e9d0b08a8a9f,
    0xed7bfe0ceae813bc,
    0xed8462e1cfbe0f3a,
    0xed967197261c16a9,
    0xeff04503252d6d20,
    0xf070994a85994785,
    0xf1513114f60e5e95,
    0xf24167accb5d690f,
    0xf2d6ca16515033e5,
    0xf3c3964ca854e172,
    0xf51c2c795f782308,
    0xf56e323494a6ffc2,
    0xf5e95c9954635b65,
    0xf79cd64f9cea2378,
    0xf7d838701b86c5df,
    0xf7e7896182dcde5d,
    0xf8c04888a483afe0,
    0xfa146b83df550394,
    0xfaeb1dab5a326eef,
    0xfb8f35129df87662,
    0xfcec24de022b853d,
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
            ["AKIA", "IOSFODNN7EXAMPLF"].concat().as_bytes() // stopleak:allow made up
        ));
    }

    #[test]
    fn samples_are_known_in_every_form() {
        let key = [
            "ac0974bec39a17e36ba4a6b4d238ff94",
            "4bacb478cbed5efcae784d7bf4f2ff80",
        ]
        .concat();
        let emulator = [
            "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IF",
            "suFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==",
        ]
        .concat();
        let jwt = [
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9",
            "eyJzb21lIjoicGF5bG9hZCJ9",
            "4twFt5NiznN84AWoo1d7KO1T_yoc0Z6XOpOVswacPZg",
        ]
        .join(".");
        let vagrant = [
            "MIIEogIBAAKCAQEA6NF8iallvQVp22WDkTkyrtvp",
            "9eWW6A8YVr+kz4TjGYe7gHzIw+niNltGEFHzD8+v",
        ];
        for sample in [
            key.clone(),
            format!("0x{key}"),
            format!("0x{}", key.to_uppercase()),
            emulator.clone(),
            emulator.replace('=', "%3D").replace('/', "%2F"),
            emulator.replace('=', ""),
            jwt.clone(),
            format!("Bearer {jwt}"),
            ["s6BhdRkqt3:7Fjfp0ZBr1", "KtDRbnfVdmIw"].concat(),
            "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==".to_owned(),
            format!("{}  {}", "test ".repeat(11).trim(), "junk"),
            format!(
                "-----BEGIN RSA {}-----\n{}",
                "PRIVATE KEY",
                vagrant.concat()
            ),
            format!(
                "-----BEGIN RSA {}-----\\n{}",
                "PRIVATE KEY",
                vagrant.join("\\n")
            ),
        ] {
            assert!(is_published(sample.as_bytes()), "{sample}");
        }
        for other in [key.replace("ac09", "ac08"), jwt.replace("4twF", "4twG")] {
            assert!(!is_published(other.as_bytes()), "{other}");
        }
    }
}
