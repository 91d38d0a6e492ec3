//! One connected Freshdesk account.

mod changes;
mod client;
mod payload;
mod rest;
pub mod signature;

use std::sync::Arc;

use axum::http::HeaderMap;
use chrono::{DateTime, Utc};
use secrecy::SecretString;
use tokio::sync::OnceCell;

use super::call::Line;
use super::webhook::Insiders;
use super::{Gate, Identity, Parsed, Unverified};
use crate::ticket::UserId;

/// How a Freshdesk account is reached and trusted.
pub struct Settings {
    /// `https://<domain>.freshdesk.com`, without a slash at the end.
    pub base_url: String,
    /// Belongs to an agent, and has that agent's rights.
    pub api_key: SecretString,
    /// Any of these may come with a webhook; two while one is being rotated.
    pub webhook_secrets: Vec<SecretString>,
    /// Users whose private notes are drafted replies, whatever their first line.
    pub drafters: Vec<String>,
    /// Whether calls may go out.
    pub gate: Gate,
}

/// One connected Freshdesk account. Cheap to clone.
#[derive(Clone)]
pub struct Freshdesk {
    inner: Arc<Inner>,
}

struct Inner {
    settings: Settings,
    line: Line,
    /// Our own author id, once known.
    me: OnceCell<UserId>,
}

impl Freshdesk {
    pub fn new(settings: Settings, client: reqwest::Client) -> Self {
        let line = Line { client, gate: settings.gate.clone() };
        Self { inner: Arc::new(Inner { settings, line, me: OnceCell::new() }) }
    }

    pub fn verify(&self, headers: &HeaderMap, _body: &[u8], _now: DateTime<Utc>) -> Result<(), Unverified> {
        signature::verify(headers, &self.inner.settings.webhook_secrets)
    }

    pub fn identify(&self, _headers: &HeaderMap, body: &[u8]) -> Identity {
        payload::identify(body)
    }

    pub fn parse(&self, body: &[u8]) -> Parsed {
        let insiders = Insiders { me: self.inner.me.get(), drafters: &self.inner.settings.drafters };
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
