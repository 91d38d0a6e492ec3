//! Calls to a helpdesk: the client they share and what can go wrong.

use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{RequestBuilder, StatusCode};
use serde::de::DeserializeOwned;

use super::gate::{Gate, Pause, Reason};

/// How long to wait after a 429 that does not say.
const DEFAULT_RETRY_AFTER: Duration = Duration::from_secs(60);

/// How soon it is found out whether refused credentials work again, the first time.
pub const FIRST_PROBE: Duration = Duration::from_secs(2);

/// Longer waits are cut to this: limits are per minute, and a wrong clock must not silence us for a day.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(3600);

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
    /// The account is paused: the call was not made.
    #[error("no calls before {}: {}", .0.until, .0.reason.as_str())]
    Paused(Pause),
}

/// How long a call may take unless the configuration says otherwise.
const CALL_TIMEOUT: Duration = Duration::from_secs(10);

/// [`http_client_within`] with the usual time-out.
pub fn http_client() -> reqwest::Result<reqwest::Client> {
    http_client_within(CALL_TIMEOUT)
}

/// The client for all calls to helpdesks: short time-outs, no redirects (they could carry credentials away) and no
/// repeats of its own (a repeated write would post a note twice).
///
/// Fails where the machine has no certificate authorities installed.
pub fn http_client_within(timeout: Duration) -> reqwest::Result<reqwest::Client> {
    // Whoever comes first installs it; a second try says so and changes nothing.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .connect_timeout(Duration::from_secs(3))
        .timeout(timeout)
        .pool_idle_timeout(Duration::from_secs(30))
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .user_agent(concat!("undertone/", env!("CARGO_PKG_VERSION")))
        .build()
}

/// Whether a call changes anything: what an answer that never came means depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    Read,
    /// A read that finds out whether our credentials work, so that their refusal does not hold it back.
    Probe,
    Write,
}

/// The way to one account. Cheap to clone.
#[derive(Clone)]
pub(super) struct Line {
    pub client: reqwest::Client,
    pub gate: Gate,
}

impl Line {
    /// Sends one request, once, and reads the JSON of its answer. While the account is paused nothing is sent.
    pub async fn send<T: DeserializeOwned>(
        &self,
        request: RequestBuilder,
        access: Access,
    ) -> Result<T, CallError> {
        self.admit(access)?;
        let body = answer(&self.gate, request, access).await?;
        serde_json::from_slice(&body).map_err(|_| match access {
            Access::Read | Access::Probe => CallError::Malformed,
            // It said yes, and the note is probably there: only a look at the ticket tells.
            Access::Write => CallError::OutcomeUnknown,
        })
    }

    fn admit(&self, access: Access) -> Result<(), CallError> {
        match self.gate.pause() {
            Some(pause) if access != Access::Probe || !pause.reason.ends_by_probe() => {
                Err(CallError::Paused(pause))
            }
            _ => Ok(()),
        }
    }

    /// Pauses the account when its helpdesk refuses our credentials for good. Gives the answer on.
    pub fn heed<T>(&self, answer: Result<T, CallError>) -> Result<T, CallError> {
        if let Err(CallError::Unauthorized) = answer {
            self.gate.shut(Reason::Unauthorized, FIRST_PROBE);
        }
        answer
    }
}

async fn answer(gate: &Gate, request: RequestBuilder, access: Access) -> Result<Bytes, CallError> {
    let lost = |error: reqwest::Error| match access {
        Access::Write if !error.is_connect() => CallError::OutcomeUnknown,
        _ => CallError::Unavailable { status: None },
    };
    let response = request.send().await;
    count(gate, response.as_ref().ok().map(|response| response.status()));
    let response = response.map_err(lost)?;
    let (status, headers) = (response.status(), response.headers().clone());
    if let Some((reason, wait)) = quiet_wanted(status, &headers) {
        gate.shut(reason, wait);
    }
    let body = match response.bytes().await {
        Ok(body) => body,
        // A refusal is one, with its text or without.
        Err(_) if status.is_client_error() => Bytes::new(),
        Err(error) => return Err(lost(error)),
    };
    if status.is_success() { Ok(body) } else { Err(refusal(status, &headers, &body, access)) }
}

fn count(gate: &Gate, status: Option<StatusCode>) {
    let class = match status.map(|status| status.as_u16()) {
        None => "none",
        Some(429) => "429",
        Some(200..300) => "2xx",
        Some(300..400) => "3xx",
        Some(400..500) => "4xx",
        Some(_) => "5xx",
    };
    let source = gate.source().to_owned();
    metrics::counter!("undertone_helpdesk_calls_total", "source" => source, "status" => class).increment(1);
}

/// Whether the helpdesk asks the whole account to be quiet, and for how long.
fn quiet_wanted(status: StatusCode, headers: &HeaderMap) -> Option<(Reason, Duration)> {
    match status.as_u16() {
        429 => Some((Reason::RateLimited, retry_after(headers, Utc::now()))),
        503 if headers.contains_key(RETRY_AFTER) => {
            Some((Reason::Unavailable, retry_after(headers, Utc::now())))
        }
        _ => None,
    }
}

fn refusal(status: StatusCode, headers: &HeaderMap, body: &[u8], access: Access) -> CallError {
    match status.as_u16() {
        401 => CallError::Unauthorized,
        403 => CallError::Forbidden,
        404 | 410 => CallError::NotFound,
        409 => CallError::Conflict,
        422 if says_closed(body) => CallError::Closed,
        429 => CallError::RateLimited { retry_after: retry_after(headers, Utc::now()) },
        status @ (408 | 500..) => match access {
            Access::Read | Access::Probe => CallError::Unavailable { status: Some(status) },
            Access::Write => CallError::OutcomeUnknown,
        },
        status => CallError::Rejected { status },
    }
}

/// Whether a 422 speaks of a closed ticket. The words stand under one of several keys.
fn says_closed(body: &[u8]) -> bool {
    let text = String::from_utf8_lossy(body);
    text.contains("closed prevents ticket update") || text.contains("ClosedTicket")
}

/// Reads `Retry-After`, in seconds or as a date, at least one second and at most an hour.
fn retry_after(headers: &HeaderMap, now: DateTime<Utc>) -> Duration {
    let value = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()).unwrap_or_default().trim();
    let wait = match value.parse::<f64>() {
        Ok(seconds) => Duration::try_from_secs_f64(seconds).ok(),
        Err(_) => DateTime::parse_from_rfc2822(value)
            .ok()
            .map(|at| at.signed_duration_since(now).to_std().unwrap_or_default()),
    };
    wait.unwrap_or(DEFAULT_RETRY_AFTER).clamp(Duration::from_secs(1), MAX_RETRY_AFTER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn no_redirect_is_followed_and_no_call_takes_longer_than_it_may() {
        use axum::response::Redirect;
        use axum::routing::any;
        let routes = axum::Router::new()
            .route("/", any(|| async { "{}" }))
            .route("/moved", any(|| async { Redirect::temporary("/") }))
            .route("/slow", any(|| async { tokio::time::sleep(Duration::from_secs(60)).await }));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(axum::serve(listener, routes).into_future());
        let client = http_client_within(Duration::from_millis(500)).unwrap();
        let line = Line { client: client.clone(), gate: Gate::default() };
        let cases = [
            ("/", Access::Read, Ok(serde_json::json!({}))),
            ("/moved", Access::Read, Err(CallError::Rejected { status: 307 })),
            ("/moved", Access::Write, Err(CallError::Rejected { status: 307 })),
            ("/slow", Access::Read, Err(CallError::Unavailable { status: None })),
            ("/slow", Access::Write, Err(CallError::OutcomeUnknown)),
        ];
        for (path, access, expected) in cases {
            let call = line.send(client.get(format!("http://{address}{path}")), access);
            let answer = tokio::time::timeout(Duration::from_secs(10), call).await.expect("it still waits");
            assert_eq!(answer, expected, "{path} {access:?}");
        }
    }

    #[test]
    fn retry_after_is_read_in_seconds_and_as_a_date() {
        let now = "2026-03-06T18:42:00Z".parse().unwrap();
        let cases = [
            ("37", 37),
            ("0", 1),
            ("1.5", 1),
            ("Fri, 06 Mar 2026 18:42:30 GMT", 30),
            ("Fri, 06 Mar 2026 18:41:30 GMT", 1),
            ("86400", 3600),
            ("-5", 60),
            ("NaN", 60),
            ("soon", 60),
            ("", 60),
        ];
        for (value, seconds) in cases {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, value.parse().unwrap())]);
            assert_eq!(retry_after(&headers, now).as_secs(), seconds, "{value:?}");
        }
        assert_eq!(retry_after(&HeaderMap::new(), now), DEFAULT_RETRY_AFTER);
    }

    #[test]
    fn only_limits_and_announced_outages_ask_for_quiet() {
        let limit = Some((Reason::RateLimited, Duration::from_secs(7)));
        let outage = Some((Reason::Unavailable, Duration::from_secs(7)));
        let unsaid = Some((Reason::RateLimited, DEFAULT_RETRY_AFTER));
        let cases = [
            (429, Some("7"), limit),
            (429, None, unsaid),
            (503, Some("7"), outage),
            (503, None, None),
            (500, Some("7"), None),
            (200, Some("7"), None),
            (403, Some("7"), None),
        ];
        for (status, value, expected) in cases {
            let headers = value.map(|value| (RETRY_AFTER, value.parse().unwrap()));
            let quiet = quiet_wanted(StatusCode::from_u16(status).unwrap(), &HeaderMap::from_iter(headers));
            assert_eq!(quiet, expected, "{status} {value:?}");
        }
    }

    #[test]
    fn refusals_say_what_the_caller_can_do() {
        use Access::{Read, Write};
        let closed = br#"{"error":"RecordInvalid","details":{"base":[{"description":"Status: closed prevents ticket update"}]}}"#;
        let invalid =
            br#"{"error":"RecordInvalid","details":{"base":[{"description":"Subject: is too long"}]}}"#;
        let limited = CallError::RateLimited { retry_after: DEFAULT_RETRY_AFTER };
        let cases: [(u16, &[u8], Access, CallError); 14] = [
            (401, b"", Write, CallError::Unauthorized),
            (403, b"", Write, CallError::Forbidden),
            (404, b"", Read, CallError::NotFound),
            (409, b"", Write, CallError::Conflict),
            (422, closed, Write, CallError::Closed),
            (422, br#"{"error":"ClosedTicket"}"#, Write, CallError::Closed),
            (422, invalid, Write, CallError::Rejected { status: 422 }),
            (400, b"", Write, CallError::Rejected { status: 400 }),
            (302, b"", Write, CallError::Rejected { status: 302 }),
            (429, b"Number of allowed API requests per minute exceeded", Write, limited),
            (503, b"<html>", Read, CallError::Unavailable { status: Some(503) }),
            (503, b"<html>", Write, CallError::OutcomeUnknown),
            (500, b"", Write, CallError::OutcomeUnknown),
            (408, b"", Write, CallError::OutcomeUnknown),
        ];
        for (status, body, access, expected) in cases {
            let status = StatusCode::from_u16(status).unwrap();
            let error = refusal(status, &HeaderMap::new(), body, access);
            assert_eq!(error, expected, "{status} {access:?}");
        }
    }

    #[test]
    fn the_error_samples_of_both_helpdesks_are_understood() {
        let closed = CallError::Closed;
        let limited = |seconds| CallError::RateLimited { retry_after: Duration::from_secs(seconds) };
        let cases = [
            ("zendesk", "api_error_401.json", CallError::Unauthorized),
            ("zendesk", "api_error_403.json", CallError::Forbidden),
            ("zendesk", "api_error_404.json", CallError::NotFound),
            ("zendesk", "api_error_409_update_conflict.json", CallError::Conflict),
            ("zendesk", "api_error_422_closed_ticket.json", closed.clone()),
            ("zendesk", "api_error_422_closed_ticket_base_key.json", closed),
            ("zendesk", "api_error_429_json.json", limited(12)),
            ("zendesk", "api_error_429_plain_text.json", limited(37)),
            ("zendesk", "api_error_503.json", CallError::OutcomeUnknown),
            ("freshdesk", "api_error_400_missing_field.json", CallError::Rejected { status: 400 }),
            ("freshdesk", "api_error_400_validation.json", CallError::Rejected { status: 400 }),
            ("freshdesk", "api_error_401.json", CallError::Unauthorized),
            ("freshdesk", "api_error_403.json", CallError::Forbidden),
            ("freshdesk", "api_error_404_empty_body.json", CallError::NotFound),
            ("freshdesk", "api_error_429.json", limited(23)),
        ];
        for (helpdesk, file, expected) in cases {
            let sample: serde_json::Value =
                serde_json::from_slice(&crate::helpdesk::fixture(helpdesk, file)).unwrap();
            let status = StatusCode::from_u16(sample["status"].as_u64().unwrap() as u16).unwrap();
            let headers = sample["headers"].as_object().unwrap().iter();
            let headers = headers.map(|(name, value)| {
                let name: reqwest::header::HeaderName = name.parse().unwrap();
                (name, value.as_str().unwrap().parse().unwrap())
            });
            let body = sample["body"].to_string();
            let error = refusal(status, &headers.collect(), body.as_bytes(), Access::Write);
            assert_eq!(error, expected, "{helpdesk} {file}");
        }
    }
}
