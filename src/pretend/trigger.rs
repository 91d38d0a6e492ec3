//! A rule that an admin made without a thought of us: it sends a webhook on for every note that is added or changed.

use axum::http::HeaderMap;
use secrecy::SecretString;
use tokio::sync::mpsc::UnboundedReceiver;

use super::Happening;
use crate::ticket::TicketId;

/// Where and how such a rule sends notes on.
pub struct Resend<Form> {
    /// The service's address for this helpdesk's webhooks.
    pub url: String,
    pub form: Form,
    /// What the rule says that happened. It need not be true.
    pub happening: Happening,
    pub secret: SecretString,
    pub client: reqwest::Client,
}

/// Sends each note on, one after the other, until the helpdesk is gone or has another rule. `sent` is told of each.
pub(super) async fn run(
    mut notes: UnboundedReceiver<TicketId>,
    client: reqwest::Client,
    url: String,
    webhook: impl Fn(&TicketId) -> Option<(HeaderMap, Vec<u8>)>,
    sent: impl Fn(),
) {
    while let Some(ticket) = notes.recv().await {
        let Some((headers, body)) = webhook(&ticket) else { return };
        // Whatever the answer, a rule does not try again.
        let _ = client.post(&url).headers(headers).body(body).send().await;
        sent();
    }
}
