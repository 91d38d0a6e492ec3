//! How a call to Zendesk proves itself: an OAuth token that is fetched, kept and renewed, or a fixed API token.

use std::time::{Duration, Instant};

use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;
use tokio::sync::Mutex;

use super::Credentials;
use crate::helpdesk::CallError;
use crate::helpdesk::call::{Access, Line};

/// The least that the service needs.
const SCOPE: &str = "tickets:read tickets:write users:read";

/// How long a token is asked to live, in seconds. Zendesk takes 300 to 172,800.
const LIFETIME: u64 = 7200;

/// A token is renewed this long before its end, or after nine tenths of a short life.
const MARGIN: Duration = Duration::from_secs(60);

/// The `Authorization` header of the calls to one account.
pub struct Authorization {
    url: String,
    credentials: Credentials,
    /// Held while a token is fetched: others wait for it instead of fetching their own.
    token: Mutex<Option<Token>>,
}

struct Token {
    header: HeaderValue,
    renew_at: Option<Instant>,
}

#[derive(Deserialize)]
struct TokenReply {
    access_token: SecretString,
    #[serde(default)]
    expires_in: Option<u64>,
}

impl Authorization {
    pub fn new(base_url: &str, credentials: Credentials) -> Self {
        Self { url: format!("{base_url}/oauth/tokens"), credentials, token: Mutex::new(None) }
    }

    /// Gives the header for the next call.
    pub async fn header(&self, line: &Line, access: Access) -> Result<HeaderValue, CallError> {
        self.other_than(None, line, access).await
    }

    /// Gives a new header in place of one that was refused, or says that there is none.
    pub async fn renewed(
        &self,
        refused: &HeaderValue,
        line: &Line,
        access: Access,
    ) -> Result<HeaderValue, CallError> {
        match self.credentials {
            Credentials::Oauth { .. } => self.other_than(Some(refused), line, access).await,
            Credentials::Token { .. } => Err(CallError::Unauthorized),
        }
    }

    async fn other_than(
        &self,
        refused: Option<&HeaderValue>,
        line: &Line,
        access: Access,
    ) -> Result<HeaderValue, CallError> {
        let mut kept = self.token.lock().await;
        if let Some(token) = kept.as_ref()
            && token.renew_at.is_none_or(|at| Instant::now() < at)
            && refused != Some(&token.header)
        {
            return Ok(token.header.clone());
        }
        let token = match &self.credentials {
            Credentials::Oauth { client_id, client_secret } => {
                self.fetch(client_id, client_secret, line, access).await?
            }
            Credentials::Token { email, token } => {
                let header = basic(&format!("{email}/token"), token)?;
                Token { header, renew_at: None }
            }
        };
        Ok(kept.insert(token).header.clone())
    }

    async fn fetch(
        &self,
        client_id: &str,
        client_secret: &SecretString,
        line: &Line,
        access: Access,
    ) -> Result<Token, CallError> {
        let request = line.client.post(&self.url).json(&json!({
            "grant_type": "client_credentials",
            "client_id": client_id,
            "client_secret": client_secret.expose_secret(),
            "scope": SCOPE,
            "expires_in": LIFETIME,
        }));
        let asked_at = Instant::now();
        // A second token does no harm, so a lost answer is that of a read.
        let access = if access == Access::Probe { access } else { Access::Read };
        let reply: TokenReply = line.send(request, access).await.map_err(|error| match error {
            CallError::Rejected { .. } | CallError::Forbidden => CallError::Unauthorized,
            error => error,
        })?;
        let lifetime = reply.expires_in.map(Duration::from_secs);
        Ok(Token {
            header: secret_header(&format!("Bearer {}", reply.access_token.expose_secret()))?,
            renew_at: lifetime
                .and_then(|lifetime| asked_at.checked_add(lifetime - MARGIN.min(lifetime / 10))),
        })
    }
}

fn basic(user: &str, password: &SecretString) -> Result<HeaderValue, CallError> {
    use base64::Engine;
    let pair = format!("{user}:{}", password.expose_secret());
    secret_header(&format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair)))
}

/// A header value that no `Debug` shows. Credentials that make no header are refused credentials.
fn secret_header(value: &str) -> Result<HeaderValue, CallError> {
    let mut header = HeaderValue::from_str(value).map_err(|_| CallError::Unauthorized)?;
    header.set_sensitive(true);
    Ok(header)
}
