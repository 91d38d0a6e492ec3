//! Zendesk's webhook signature: base64 of HMAC-SHA256 over the timestamp header and the raw body.

use std::time::Duration;

use axum::http::HeaderMap;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

use crate::helpdesk::{Unverified, wire};

const SIGNATURE: &str = "x-zendesk-webhook-signature";
const TIMESTAMP: &str = "x-zendesk-webhook-signature-timestamp";

/// Checks the signature against each of the secrets, and the timestamp's age against the window, edges included.
pub fn verify(
    headers: &HeaderMap,
    body: &[u8],
    now: DateTime<Utc>,
    secrets: &[SecretString],
    window: Duration,
) -> Result<(), Unverified> {
    let timestamp = headers.get(TIMESTAMP).and_then(|value| value.to_str().ok()).ok_or(Unverified)?;
    let signature = headers.get(SIGNATURE).ok_or(Unverified)?;
    let signature: [u8; 32] =
        STANDARD.decode(signature).ok().and_then(|bytes| bytes.try_into().ok()).ok_or(Unverified)?;
    let signed_at = wire::time(timestamp).ok_or(Unverified)?;
    let window = TimeDelta::from_std(window).unwrap_or(TimeDelta::MAX);
    let in_time = now.signed_duration_since(signed_at).abs() <= window;
    // No early way out: how long this takes says nothing about which secret fits.
    let signed = secrets
        .iter()
        .fold(false, |signed, secret| signed | mac(secret, timestamp, body).verify_slice(&signature).is_ok());
    if signed && in_time { Ok(()) } else { Err(Unverified) }
}

/// Signs as Zendesk does: for the pretend one.
pub fn sign(secret: &SecretString, timestamp: &str, body: &[u8]) -> String {
    STANDARD.encode(mac(secret, timestamp, body).finalize().into_bytes())
}

/// The secret looks like base64 and is not decoded: its text is the key.
fn mac(secret: &SecretString, timestamp: &str, body: &[u8]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes())
        .expect("a key of any length will do");
    mac.update(timestamp.as_bytes());
    mac.update(body);
    mac
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::helpdesk::fixture;

    #[derive(Deserialize)]
    struct Vectors {
        must_fail: Vector,
        vectors: Vec<Vector>,
    }

    #[derive(Deserialize)]
    struct Vector {
        #[serde(default)]
        name: String,
        secret: SecretString,
        timestamp: String,
        body: Option<String>,
        file: Option<String>,
        signature: String,
    }

    impl Vector {
        fn body(&self) -> Vec<u8> {
            match &self.file {
                Some(file) => fixture("zendesk", file),
                None => self.body.clone().unwrap_or_default().into_bytes(),
            }
        }

        fn signed_at(&self) -> DateTime<Utc> {
            wire::time(&self.timestamp).unwrap()
        }

        fn verify(&self, secrets: &[SecretString]) -> Result<(), Unverified> {
            let headers = headers(&self.signature, &self.timestamp);
            verify(&headers, &self.body(), self.signed_at(), secrets, Duration::from_secs(900))
        }
    }

    fn vectors() -> Vectors {
        serde_json::from_slice(&fixture("zendesk", "signature_vectors.json")).unwrap()
    }

    fn headers(signature: &str, timestamp: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(SIGNATURE, signature.parse().unwrap());
        headers.insert(TIMESTAMP, timestamp.parse().unwrap());
        headers
    }

    #[test]
    fn every_vector_verifies_and_signs_alike() {
        let vectors = vectors().vectors;
        assert_eq!(vectors.len(), 7);
        for vector in vectors {
            assert_eq!(vector.verify(std::slice::from_ref(&vector.secret)), Ok(()), "{}", vector.name);
            assert_eq!(sign(&vector.secret, &vector.timestamp, &vector.body()), vector.signature);
        }
    }

    #[test]
    fn body_before_timestamp_is_refused() {
        let vector = vectors().must_fail;
        assert_eq!(vector.verify(std::slice::from_ref(&vector.secret)), Err(Unverified));
    }

    #[test]
    fn during_a_rotation_the_old_and_the_new_secret_both_pass() {
        let vector = &vectors().vectors[1];
        let other = SecretString::from("another secret");
        let cases = [
            ("old first", vec![vector.secret.clone(), other.clone()], true),
            ("new first", vec![other.clone(), vector.secret.clone()], true),
            ("neither", vec![other.clone(), SecretString::from("a third")], false),
            ("none at all", vec![], false),
            ("an empty one", vec![SecretString::from("")], false),
        ];
        for (name, secrets, expected) in cases {
            assert_eq!(vector.verify(&secrets).is_ok(), expected, "{name}");
        }
    }

    #[test]
    fn the_window_has_two_edges() {
        let vector = &vectors().vectors[1];
        let cases = [(-901, false), (-900, true), (0, true), (900, true), (901, false)];
        for (seconds, expected) in cases {
            let now = vector.signed_at() + TimeDelta::seconds(seconds);
            let headers = headers(&vector.signature, &vector.timestamp);
            let secrets = std::slice::from_ref(&vector.secret);
            let verified = verify(&headers, &vector.body(), now, secrets, Duration::from_secs(900));
            assert_eq!(verified.is_ok(), expected, "{seconds} s");
        }
    }

    #[test]
    fn whatever_is_missing_or_altered_is_refused() {
        let vector = &vectors().vectors[1];
        let (good, at) = (vector.signature.as_str(), vector.timestamp.as_str());
        let short = STANDARD.encode([7u8; 31]);
        let long = STANDARD.encode([7u8; 33]);
        let url_safe = good.replace('+', "-").replace('/', "_");
        let cases = [
            ("not base64", "%%%%", at),
            ("31 bytes", short.as_str(), at),
            ("33 bytes", long.as_str(), at),
            ("another alphabet", url_safe.as_str(), at),
            ("no padding", good.trim_end_matches('='), at),
            ("empty", "", at),
            ("another time", good, "2021-07-25T10:00:01Z"),
            ("no time", good, ""),
            ("not a time", good, "yesterday"),
        ];
        for (name, signature, timestamp) in cases {
            let headers = headers(signature, timestamp);
            let secrets = std::slice::from_ref(&vector.secret);
            let window = Duration::from_secs(900);
            let verified = verify(&headers, &vector.body(), vector.signed_at(), secrets, window);
            assert_eq!(verified, Err(Unverified), "{name}");
        }
        let secrets = std::slice::from_ref(&vector.secret);
        for missing in [SIGNATURE, TIMESTAMP] {
            let mut headers = headers(good, at);
            headers.remove(missing);
            let verified = verify(&headers, &vector.body(), vector.signed_at(), secrets, Duration::MAX);
            assert_eq!(verified, Err(Unverified), "without {missing}");
        }
        let altered =
            verify(&headers(good, at), b"{\"say\":\"no\"}", vector.signed_at(), secrets, Duration::MAX);
        assert_eq!(altered, Err(Unverified));
    }
}
