//! One connected Zendesk account.

mod changes;
mod client;
mod payload;
mod rest;
pub mod signature;
mod token;

use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderMap;
use chrono::{DateTime, Utc};
use secrecy::SecretString;
use tokio::sync::OnceCell;

use self::token::Authorization;
use super::call::Line;
use super::webhook::Insiders;
use super::webhook::plain_header;
use super::{Gate, Identity, Parsed, Unverified};
use crate::ticket::UserId;

/// How a Zendesk account is reached and trusted.
pub struct Settings {
    /// `https://<subdomain>.zendesk.com`, without a slash at the end.
    pub base_url: String,
    pub credentials: Credentials,
    /// Any of these may have signed; two while one is being rotated.
    pub webhook_secrets: Vec<SecretString>,
    /// Users whose private notes are drafted replies, whatever their first line.
    pub drafters: Vec<String>,
    /// How old, or how far ahead, a signature's timestamp may be.
    pub signature_window: Duration,
    /// Whether calls may go out.
    pub gate: Gate,
}

/// How we prove ourselves to Zendesk.
pub enum Credentials {
    /// OAuth client credentials: the way Zendesk recommends.
    Oauth { client_id: String, client_secret: SecretString },
    /// An API token, which Zendesk switches off for everyone on 2027-04-30.
    Token { email: String, token: SecretString },
}

/// One connected Zendesk account. Cheap to clone.
#[derive(Clone)]
pub struct Zendesk {
    inner: Arc<Inner>,
}

struct Inner {
    base_url: String,
    webhook_secrets: Vec<SecretString>,
    signature_window: Duration,
    drafters: Vec<String>,
    authorization: Authorization,
    line: Line,
    /// Our own author id, once known.
    me: OnceCell<UserId>,
}

impl Zendesk {
    pub fn new(settings: Settings, client: reqwest::Client) -> Self {
        let Settings { base_url, credentials, webhook_secrets, drafters, signature_window, gate } = settings;
        let authorization = Authorization::new(&base_url, credentials);
        let (line, me) = (Line { client, gate }, OnceCell::new());
        let inner = Inner { base_url, webhook_secrets, signature_window, drafters, authorization, line, me };
        Self { inner: Arc::new(inner) }
    }

    pub fn verify(&self, headers: &HeaderMap, body: &[u8], now: DateTime<Utc>) -> Result<(), Unverified> {
        let Inner { webhook_secrets, signature_window, .. } = &*self.inner;
        signature::verify(headers, body, now, webhook_secrets, *signature_window)
    }

    pub fn identify(&self, headers: &HeaderMap, body: &[u8]) -> Identity {
        let invocation_id = plain_header(headers, "x-zendesk-webhook-invocation-id");
        Identity { invocation_id, ..payload::identify(body) }
    }

    pub fn parse(&self, body: &[u8]) -> Parsed {
        let insiders = Insiders { me: self.inner.me.get(), drafters: &self.inner.drafters };
        payload::parse(body, insiders)
    }

    pub fn gate(&self) -> &Gate {
        &self.inner.line.gate
    }
}

/// Reads a body with our own id unknown.
#[cfg(test)]
pub(super) fn parse(body: &[u8]) -> Parsed {
    payload::parse(body, Insiders::default())
}
