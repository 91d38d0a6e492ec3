//! What can keep a delivery from its end, by what is to be done about it.

use std::time::Duration;

use chrono::Utc;

use crate::helpdesk::CallError;
use crate::store::deliveries::{Delivery, Outcome};

/// The first and the longest pause between two attempts.
const PAUSES: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(600));

/// Why an attempt did not get to its end. The reason is a fixed word, safe to log and to store.
#[derive(Debug, Clone, Copy)]
pub struct Trouble {
    reason: &'static str,
    again: Again,
}

#[derive(Debug, Clone, Copy)]
enum Again {
    /// After a pause that grows with the attempts.
    Later,
    /// When the helpdesk says.
    After(Duration),
    Never,
}

impl Trouble {
    pub fn later(reason: &'static str) -> Self {
        Self { reason, again: Again::Later }
    }

    pub fn never(reason: &'static str) -> Self {
        Self { reason, again: Again::Never }
    }

    /// How the attempt ended: to be tried again while there are attempts left.
    pub fn outcome(self, delivery: &Delivery, max_attempts: i16) -> Outcome {
        if delivery.attempts >= i32::from(max_attempts) {
            return Outcome::Failed(self.reason);
        }
        match self.again {
            Again::Never => Outcome::Failed(self.reason),
            Again::After(pause) => Outcome::Waiting(self.reason, Utc::now() + pause + jitter(pause)),
            Again::Later => Outcome::Waiting(self.reason, Utc::now() + back_off(delivery.attempts)),
        }
    }
}

fn back_off(attempts: i32) -> Duration {
    use backon::BackoffBuilder;
    let (first, longest) = PAUSES;
    backon::ExponentialBuilder::default()
        .with_min_delay(first)
        .with_max_delay(longest)
        .with_jitter()
        .without_max_times()
        .build()
        .nth(attempts.max(1) as usize - 1)
        .unwrap_or(longest)
}

/// Up to a tenth more, so that all that waited for the same moment does not come at once.
fn jitter(pause: Duration) -> Duration {
    use std::hash::{BuildHasher, RandomState};
    let fraction = RandomState::new().hash_one(0) as f64 / u64::MAX as f64;
    pause.mul_f64(fraction / 10.0)
}

impl From<CallError> for Trouble {
    fn from(error: CallError) -> Self {
        let (reason, again) = match error {
            CallError::Unauthorized => ("helpdesk_unauthorized", Again::Later),
            CallError::Forbidden => ("helpdesk_forbidden", Again::Later),
            CallError::NotFound => ("ticket_not_found", Again::Never),
            CallError::Closed => ("ticket_closed", Again::Never),
            CallError::Conflict => ("ticket_changed", Again::Later),
            CallError::RateLimited { retry_after } => ("helpdesk_rate_limited", Again::After(retry_after)),
            CallError::Rejected { .. } => ("helpdesk_rejected", Again::Never),
            CallError::Unavailable { .. } => ("helpdesk_unavailable", Again::Later),
            CallError::OutcomeUnknown => ("outcome_unknown", Again::Later),
            CallError::Malformed => ("helpdesk_answer_not_understood", Again::Later),
        };
        Self { reason, again }
    }
}

impl From<sqlx::Error> for Trouble {
    fn from(_: sqlx::Error) -> Self {
        Self::later("database")
    }
}
