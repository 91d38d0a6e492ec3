//! Requests that prove nothing: counted by source, refused, and told to stop when there are too many.
//!
//! Nobody is refused because of others: helpdesks share their addresses, and all come through our proxy's one, so a
//! request is checked first and only then counted. Beyond the limit a wrong one is answered 429 and its connection is
//! closed, so that each further guess has to set up its own; and the log has one line a minute rather than one for each.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use axum::http::header::{CONNECTION, RETRY_AFTER};
use axum::response::{IntoResponse, Response};

use super::webhook::count;

/// Refusals of one source within a minute that are answered as what they are.
const MOST: u32 = 60;

const MINUTE: Duration = Duration::from_secs(60);

/// The refusals of the running minute, by source. Sources that are not configured are one.
#[derive(Debug, Default)]
pub struct Refusals {
    minutes: Mutex<HashMap<String, (Instant, u32)>>,
}

impl Refusals {
    /// Answers a request that has not proved to be from this source: 401, or 429 when there were too many of them.
    pub fn refuse(&self, source: &str) -> Response {
        match self.count(source, Instant::now()) {
            MOST.. => {
                count(source, "limited");
                let headers = [(RETRY_AFTER, "60"), (CONNECTION, "close")];
                (StatusCode::TOO_MANY_REQUESTS, headers, "too many wrong signatures or secrets\n")
                    .into_response()
            }
            _ => {
                count(source, "unauthorized");
                (StatusCode::UNAUTHORIZED, "signature or secret missing or wrong\n").into_response()
            }
        }
    }

    /// Counts one more, and gives how many there were before it in this minute.
    fn count(&self, source: &str, now: Instant) -> u32 {
        let mut minutes = self.minutes.lock().unwrap_or_else(PoisonError::into_inner);
        let (began, refused) = minutes.entry(source.to_owned()).or_insert((now, 0));
        if now.duration_since(*began) >= MINUTE {
            (*began, *refused) = (now, 0);
        }
        *refused += 1;
        if *refused == MOST + 1 {
            tracing::warn!(
                source,
                "More than {MOST} requests within a minute had a wrong signature or secret; further ones are answered 429"
            );
        }
        *refused - 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_source_has_its_own_minute() {
        let refusals = Refusals::default();
        let began = Instant::now();
        for before in 0..MOST {
            assert_eq!(refusals.count("acme", began + Duration::from_millis(before.into())), before);
        }
        assert_eq!(refusals.count("acme", began + MINUTE - Duration::from_millis(1)), MOST);
        assert_eq!(refusals.count("other", began), 0, "another source");
        assert_eq!(refusals.count("acme", began + MINUTE), 0, "the next minute");
    }
}
