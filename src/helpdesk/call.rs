//! Calls to a helpdesk: the client they share and what can go wrong.

use std::time::Duration;

/// Why a call did not give its answer, by what the caller can do about it. Never quotes a body.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The credentials are refused, also after one renewal.
    #[error("the helpdesk refuses our credentials (401)")]
    Unauthorized,
    #[error("the helpdesk forbids this to our user (403)")]
    Forbidden,
    #[error("no such ticket, or not visible to our user (404)")]
    NotFound,
    /// A closed ticket takes no notes (Zendesk answers 422).
    #[error("the ticket is closed")]
    Closed,
    /// Somebody else changed the ticket since it was read (409).
    #[error("the ticket changed meanwhile (409)")]
    Conflict,
    #[error("rate limited (429), again in {} s", .retry_after.as_secs())]
    RateLimited { retry_after: Duration },
    /// Another 4xx or a redirect: a repeat would be answered the same.
    #[error("the helpdesk rejects the request ({status})")]
    Rejected { status: u16 },
    /// Out of reach or failing; surely nothing was written.
    #[error("the helpdesk is not available")]
    Unavailable { status: Option<u16> },
    /// A write was sent and its answer never came, or says nothing about the outcome.
    #[error("the outcome of a write is unknown")]
    OutcomeUnknown,
    /// An answer to a read that is not what the helpdesk documents.
    #[error("the helpdesk's answer was not understood")]
    Malformed,
}

/// The client for all calls to helpdesks: short time-outs, no redirects (they could carry credentials away) and no
/// repeats of its own (a repeated write would post a note twice).
///
/// Fails where the machine has no certificate authorities installed.
pub fn http_client() -> reqwest::Result<reqwest::Client> {
    // Whoever comes first installs it; a second try says so and changes nothing.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .connect_timeout(Duration::from_secs(3))
        .timeout(Duration::from_secs(10))
        .pool_idle_timeout(Duration::from_secs(30))
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .user_agent(concat!("undertone/", env!("CARGO_PKG_VERSION")))
        .build()
}
