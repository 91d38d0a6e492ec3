//! The feedback links below a note: addresses that only we can have written, and the check of one that comes back.

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

use crate::config::Source;
use crate::store::notes::Key;

/// What an agent can say of a note: the word in SQL and the words on the link.
pub const VERDICTS: [(&str, &str); 3] =
    [("useful", "useful"), ("not_true", "not true"), ("true_but_not_news", "true but not news")];

/// The address of a note's feedback for one verdict.
pub fn link(public_url: &str, source: &Source, key: Key<'_>, verdict: &str) -> String {
    let token: String = mac(&source.webhook.secrets[0], key)
        .finalize()
        .into_bytes()
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("{public_url}/feedback/{}/{}/{}/{verdict}/{token}", key.source, key.ticket, key.message.0)
}

/// Whether a token is of this note, in constant time; also one made before a secret was replaced.
pub fn is_genuine(source: &Source, key: Key<'_>, token: &str) -> bool {
    let given: Option<Vec<u8>> =
        (0..token.len()).step_by(2).map(|at| u8::from_str_radix(token.get(at..at + 2)?, 16).ok()).collect();
    let Some(given) = given.filter(|given| given.len() == 16) else { return false };
    source.webhook.secrets.iter().any(|secret| mac(secret, key).verify_truncated_left(&given).is_ok())
}

fn mac(secret: &SecretString, key: Key<'_>) -> Hmac<Sha256> {
    let mut mac =
        Hmac::new_from_slice(secret.expose_secret().as_bytes()).expect("HMAC takes a key of any length");
    mac.update(format!("feedback\n{}\n{}\n{}", key.source, key.ticket, key.message.0).as_bytes());
    mac
}
