//! What can keep a delivery from its end, by what is to be done about it.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::config::Worker;
use crate::helpdesk::gate::Reason;
use crate::helpdesk::{CallError, FIRST_PROBE};
use crate::store::deliveries::{Delivery, Outcome};

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
    /// When its turn comes. It was only held up, so that this does not count as an attempt.
    At(DateTime<Utc>),
    Never,
}

impl Trouble {
    pub fn later(reason: &'static str) -> Self {
        Self { reason, again: Again::Later }
    }

    pub fn never(reason: &'static str) -> Self {
        Self { reason, again: Again::Never }
    }

    /// It has its own moment, which nothing else waits for.
    pub fn on_turn(reason: &'static str, at: DateTime<Utc>) -> Self {
        Self { reason, again: Again::At(at) }
    }

    /// Held up with others until a moment, and so to come a little after it.
    fn held_up(reason: Reason, until: DateTime<Utc>) -> Self {
        Self { reason: reason.as_str(), again: Again::At(spread(until, Utc::now())) }
    }

    /// Whether the helpdesk forbade this call to our user.
    pub fn is_forbidden(self) -> bool {
        self.reason == Reason::Forbidden.as_str() && matches!(self.again, Again::Later)
    }

    /// The account is paused since just now.
    pub fn paused(reason: Reason) -> Self {
        Self::held_up(reason, Utc::now() + FIRST_PROBE)
    }

    /// How the attempt ended: to be tried again while there are attempts left.
    pub fn outcome(self, delivery: &Delivery, worker: &Worker) -> Outcome {
        let spent = delivery.attempts >= i32::from(worker.max_attempts);
        let reason = self.reason;
        match self.again {
            Again::At(at) => Outcome::Waiting { reason, at, counts: false },
            Again::Later if !spent => Outcome::Waiting {
                reason,
                at: Utc::now() + back_off(delivery.attempts, worker),
                counts: true,
            },
            Again::Later | Again::Never => Outcome::Failed(reason),
        }
    }
}

fn back_off(attempts: i32, worker: &Worker) -> Duration {
    use backon::BackoffBuilder;
    let longest = worker.longest_pause();
    backon::ExponentialBuilder::default()
        .with_min_delay(worker.first_pause())
        .with_max_delay(longest)
        .with_jitter()
        .without_max_times()
        .build()
        .nth(attempts.max(1) as usize - 1)
        .unwrap_or(longest)
}

/// Up to a second and a tenth of the pause later, so that all that waited for the same moment do not come at once.
fn spread(at: DateTime<Utc>, now: DateTime<Utc>) -> DateTime<Utc> {
    let pause = (at - now).to_std().unwrap_or_default();
    now + pause + (Duration::from_secs(1) + pause / 10).mul_f64(fraction())
}

/// From 0 to 1, at random.
fn fraction() -> f64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(0) as f64 / u64::MAX as f64
}

impl From<CallError> for Trouble {
    fn from(error: CallError) -> Self {
        let (reason, again) = match error {
            CallError::Paused(pause) => return Self::held_up(pause.reason, pause.until),
            CallError::RateLimited { retry_after } => {
                return Self::held_up(Reason::RateLimited, Utc::now() + retry_after);
            }
            CallError::Unauthorized => return Self::paused(Reason::Unauthorized),
            CallError::Forbidden => (Reason::Forbidden.as_str(), Again::Later),
            CallError::NotFound => ("ticket_not_found", Again::Never),
            CallError::Closed => ("ticket_closed", Again::Never),
            CallError::Conflict => ("ticket_changed", Again::Later),
            CallError::Rejected { .. } => ("helpdesk_rejected", Again::Never),
            CallError::Unavailable { .. } => (Reason::Unavailable.as_str(), Again::Later),
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

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::helpdesk::Pause;

    fn delivery(attempts: i32) -> Delivery {
        Delivery {
            source: "acme".to_owned(),
            ticket_id: None,
            id: Uuid::nil(),
            body: Vec::new(),
            received_at: Utc::now(),
            attempts,
            last_reason: None,
            account_is_paused: false,
        }
    }

    #[test]
    fn attempts_are_spent_on_trouble_and_not_on_waiting() {
        let until = Utc::now() + Duration::from_secs(60);
        let paused = |reason| CallError::Paused(Pause { reason, since: Utc::now(), until });
        let limited = CallError::RateLimited { retry_after: Duration::from_secs(60) };
        // What it was, the attempt, whether it waits (and the attempt counts), else it failed.
        let cases: [(Trouble, i32, Option<bool>); 14] = [
            (CallError::Unavailable { status: None }.into(), 1, Some(true)),
            (CallError::Unavailable { status: None }.into(), 19, Some(true)),
            (CallError::Unavailable { status: None }.into(), 20, None),
            (CallError::OutcomeUnknown.into(), 20, None),
            (CallError::Forbidden.into(), 19, Some(true)),
            (CallError::Forbidden.into(), 20, None),
            (CallError::NotFound.into(), 1, None),
            (limited.clone().into(), 1, Some(false)),
            (limited.into(), 20, Some(false)),
            (CallError::Unauthorized.into(), 20, Some(false)),
            (paused(Reason::RateLimited).into(), 20, Some(false)),
            (paused(Reason::Unauthorized).into(), 400, Some(false)),
            (Trouble::later("database"), 20, None),
            (Trouble::never("source_not_configured"), 1, None),
        ];
        for (trouble, attempts, expected) in cases {
            let outcome = trouble.outcome(&delivery(attempts), &Worker::default());
            let counts = match outcome {
                Outcome::Waiting { counts, .. } => Some(counts),
                _ => None,
            };
            assert_eq!(counts, expected, "{trouble:?}, attempt {attempts}");
            assert_eq!(counts.is_none(), outcome == Outcome::Failed(trouble.reason), "{trouble:?}");
        }
    }

    #[test]
    fn nothing_comes_before_the_pause_ends_and_not_all_at_once() {
        let now = Utc::now();
        // The pause, and how late the last may be.
        for (pause, latest) in [(-5, 1.0), (0, 1.0), (1, 2.1), (60, 67.0), (3600, 3961.0)] {
            let end = now + chrono::TimeDelta::seconds(pause);
            let all: Vec<_> = (0..200).map(|_| spread(end, now)).collect();
            let after = |at: &DateTime<Utc>| (*at - now).as_seconds_f64();
            assert!(all.iter().all(|at| *at >= end.max(now) && after(at) <= latest), "{pause}");
            let first = all.iter().map(after).fold(f64::MAX, f64::min);
            let last = all.iter().map(after).fold(0.0, f64::max);
            assert!(last - first > 0.5, "{pause}: all within {} s", last - first);
        }
    }

    #[test]
    fn pauses_between_attempts_grow_to_ten_minutes() {
        // Jitter adds up to the pause itself.
        for (attempt, shortest) in [(1, 2), (2, 4), (5, 32), (9, 512), (10, 600), (50, 600)] {
            let pause = back_off(attempt, &Worker::default()).as_secs_f64();
            assert!(
                (f64::from(shortest)..f64::from(shortest) * 2.0 + 0.1).contains(&pause),
                "{attempt}: {pause}"
            );
        }
    }
}
