//! Freshdesk signs nothing: a shared secret comes with each webhook, in a header or as a basic-auth password.

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

use crate::helpdesk::Unverified;

/// The header in which an admin sends the secret.
pub const KEY_HEADER: &str = "x-undertone-key";

/// Checks the secret that came, from either place, against each of ours.
pub fn verify(headers: &HeaderMap, secrets: &[SecretString]) -> Result<(), Unverified> {
    let offered = [headers.get(KEY_HEADER).map(|value| value.as_bytes().to_vec()), basic_password(headers)];
    // No early way out: how long this takes says nothing about which secret fits.
    let mut fits = false;
    for offered in offered.iter().flatten().filter(|offered| !offered.is_empty()) {
        for secret in secrets {
            fits |= is_same(offered, secret.expose_secret().as_bytes());
        }
    }
    if fits { Ok(()) } else { Err(Unverified) }
}

/// Compares digests of the two, so that neither content nor length shows in the time it takes.
fn is_same(offered: &[u8], secret: &[u8]) -> bool {
    let digest = |text: &[u8]| {
        let mut mac = Hmac::<Sha256>::new_from_slice(b"undertone").expect("a key of any length will do");
        mac.update(text);
        mac
    };
    digest(offered).verify_slice(&digest(secret).finalize().into_bytes()).is_ok()
}

/// The password of basic auth, whatever the user name.
fn basic_password(headers: &HeaderMap) -> Option<Vec<u8>> {
    let (scheme, encoded) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let pair = STANDARD.decode(encoded.trim()).ok()?;
    let colon = pair.iter().position(|&byte| byte == b':')?;
    Some(pair[colon + 1..].to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn the_secret_is_taken_from_the_header_or_from_basic_auth() {
        // "undertone:EXAMPLE", "x:new:er" (a colon in the password), "undertone:WRONG", "EXAMPLE" (no colon)
        let cases = [
            ("header", vec![(KEY_HEADER, "EXAMPLE")], true),
            ("header, other secret", vec![(KEY_HEADER, "new:er")], true),
            ("basic", vec![("authorization", "Basic dW5kZXJ0b25lOkVYQU1QTEU=")], true),
            ("basic, lower case", vec![("authorization", "basic dW5kZXJ0b25lOkVYQU1QTEU=")], true),
            ("basic, other secret", vec![("authorization", "Basic eDpuZXc6ZXI=")], true),
            (
                "wrong header, right basic",
                vec![(KEY_HEADER, "WRONG"), ("authorization", "Basic dW5kZXJ0b25lOkVYQU1QTEU=")],
                true,
            ),
            ("wrong header", vec![(KEY_HEADER, "WRONG")], false),
            ("a part of it", vec![(KEY_HEADER, "EXAMPL")], false),
            ("more than it", vec![(KEY_HEADER, "EXAMPLE1")], false),
            ("other case", vec![(KEY_HEADER, "example")], false),
            ("empty header", vec![(KEY_HEADER, "")], false),
            ("wrong basic", vec![("authorization", "Basic dW5kZXJ0b25lOldST05H")], false),
            ("no colon", vec![("authorization", "Basic RVhBTVBMRQ==")], false),
            ("not base64", vec![("authorization", "Basic %%%")], false),
            ("bearer", vec![("authorization", "Bearer EXAMPLE")], false),
            ("nothing", vec![], false),
        ];
        let secrets = [SecretString::from("EXAMPLE"), SecretString::from("new:er")];
        for (name, pairs, expected) in cases {
            assert_eq!(verify(&headers(&pairs), &secrets).is_ok(), expected, "{name}");
        }
    }

    #[test]
    fn without_a_secret_of_ours_nothing_passes() {
        let empty = [SecretString::from("")];
        for secrets in [&[][..], &empty[..]] {
            for pairs in [vec![], vec![(KEY_HEADER, "")], vec![("authorization", "Basic dW5kZXJ0b25lOg==")]] {
                assert_eq!(verify(&headers(&pairs), secrets), Err(Unverified));
            }
        }
    }
}
