//! One connected Zendesk account.

mod payload;
pub mod signature;

use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderMap;
use chrono::{DateTime, Utc};
use secrecy::SecretString;

use super::webhook::plain_header;
use super::{CallError, Identity, Parsed, Posted, PrivateNote, Unverified};
use crate::ticket::{Case, Ticket, TicketId, UserId};

/// How a Zendesk account is reached and trusted.
pub struct Settings {
    /// `https://<subdomain>.zendesk.com`, without a slash at the end.
    pub base_url: String,
    pub credentials: Credentials,
    /// Any of these may have signed; two while one is being rotated.
    pub webhook_secrets: Vec<SecretString>,
    /// How old, or how far ahead, a signature's timestamp may be.
    pub signature_window: Duration,
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
    settings: Settings,
    client: reqwest::Client,
}

impl Zendesk {
    pub fn new(settings: Settings, client: reqwest::Client) -> Self {
        Self { inner: Arc::new(Inner { settings, client }) }
    }

    pub fn verify(&self, headers: &HeaderMap, body: &[u8], now: DateTime<Utc>) -> Result<(), Unverified> {
        let Settings { webhook_secrets, signature_window, .. } = &self.inner.settings;
        signature::verify(headers, body, now, webhook_secrets, *signature_window)
    }

    pub fn identify(&self, headers: &HeaderMap, body: &[u8]) -> Identity {
        let invocation_id = plain_header(headers, "x-zendesk-webhook-invocation-id");
        Identity { invocation_id, ..payload::identify(body) }
    }

    pub fn parse(&self, body: &[u8]) -> Parsed {
        payload::parse(body, None)
    }

    pub async fn complete(&self, _ticket_id: &TicketId) -> Result<Case, CallError> {
        Err(CallError::Malformed)
    }

    pub async fn ticket(&self, _ticket_id: &TicketId) -> Result<Ticket, CallError> {
        Err(CallError::Malformed)
    }

    pub async fn find_note(&self, _ticket_id: &TicketId, _marker: &str) -> Result<Option<Posted>, CallError> {
        Err(CallError::Malformed)
    }

    pub async fn post_note(&self, _ticket: &Ticket, _note: &PrivateNote) -> Result<Posted, CallError> {
        Err(CallError::Malformed)
    }

    pub async fn me(&self) -> Result<UserId, CallError> {
        Err(CallError::Malformed)
    }
}
