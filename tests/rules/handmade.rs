//! Secrets with a structure that neither their shape nor the generator of their
//! check knows. Each is put together here, at run time, from random parts.

use stopleak::check::mint::Rng;

/// Returns the secret of the rule called `id`, if it is one of these.
pub(crate) fn secret(id: &str, rng: &mut Rng) -> Option<Vec<u8>> {
    let text = match id {
        "kubernetes-sa-token" => {
            let name = rng.text(b"abcdefghijklmnop", 12);
            let claims = format!(
                r#"{{"iss":"kubernetes/serviceaccount","kubernetes.io/serviceaccount/namespace":"{name}","sub":"{name}"}}"#
            );
            jwt(r#"{"alg":"RS256","kid":"k1"}"#, &claims, 256, rng)
        }
        "lemonsqueezy-api-key" => {
            let id = rng.text(b"0123456789abcdef", 180);
            let claims = format!(r#"{{"aud":"1","jti":"{id}","iat":1700000000}}"#);
            jwt(r#"{"typ":"JWT","alg":"RS256"}"#, &claims, 512, rng)
        }
        "mailjet-basic" => {
            let pair = format!(
                "{}:{}",
                rng.text(b"0123456789abcdef", 32),
                rng.text(b"0123456789abcdef", 32)
            );
            base64(pair.as_bytes(), b"+/", true)
        }
        "azure-servicebus-sas" => {
            let name = rng.text(b"abcdefghijklmnop", 12);
            let signature = base64(&rng.bytes(32), b"+/", true)
                .replace('+', "%2B")
                .replace('/', "%2F")
                .replace('=', "%3D");
            format!(
                "sr=sb%3A%2F%2F{name}.servicebus.windows.net&sig={signature}&se=1893456000&skn=send"
            )
        }
        _ => return None,
    };
    Some(text.into_bytes())
}

fn jwt(header: &str, claims: &str, signature: usize, rng: &mut Rng) -> String {
    let part = |bytes: &[u8]| base64(bytes, b"-_", false);
    let signature = rng.bytes(signature);
    format!(
        "{}.{}.{}",
        part(header.as_bytes()),
        part(claims.as_bytes()),
        part(&signature)
    )
}

fn base64(bytes: &[u8], last_two: &[u8; 2], pad: bool) -> String {
    let alphabet: Vec<u8> = (b'A'..=b'Z')
        .chain(b'a'..=b'z')
        .chain(b'0'..=b'9')
        .chain(*last_two)
        .collect();
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let mut group = [0; 3];
        group[..chunk.len()].copy_from_slice(chunk);
        let bits = u32::from_be_bytes([0, group[0], group[1], group[2]]);
        for i in 0..4 {
            if i <= chunk.len() {
                text.push(char::from(alphabet[(bits >> (18 - 6 * i)) as usize & 63]));
            } else if pad {
                text.push('=');
            }
        }
    }
    text
}
