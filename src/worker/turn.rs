//! A note's turn within its source's budget of ticket updates.
//!
//! Turns are given out in Postgres, so that replicas share one budget: each as early as the budget allows, so that
//! a thousand notes wait for a thousand different moments, and each wakes once.

use std::time::Duration;

use chrono::Utc;

use super::trouble::Trouble;
use crate::app::{Account, App};
use crate::store::accounts;
use crate::store::notes::{self, Key};

/// Why a delivery waits whose note waits for its turn.
pub const REASON: &str = "update_budget";

/// A turn so near is waited for on the spot; for a later one the delivery makes room for others.
const NEAR: Duration = Duration::from_secs(1);

/// How long a turn can be taken once it has come. After a longer stall the note draws anew, lest all come at once.
const GOOD_FOR: f64 = 60.0;

/// Waits for the note's turn to update its ticket, or sends the delivery away until then.
pub async fn take(app: &App, account: &Account, key: Key<'_>) -> Result<(), Trouble> {
    let Some(per_minute) = account.source.updates_per_minute else { return Ok(()) };
    let drawn = still_good(notes::turn_in_seconds(&app.db, key).await?);
    let wait = match drawn {
        Some(wait) => wait,
        None => duration(accounts::draw_turn(&app.db, key.source, per_minute).await?),
    };
    if wait > NEAR {
        if drawn.is_none() {
            notes::set_turn(&app.db, key, Some(wait)).await?;
        }
        return Err(Trouble::on_turn(REASON, Utc::now() + wait));
    }
    tokio::time::sleep(wait).await;
    if drawn.is_some() {
        // It is used up: another call needs another turn.
        notes::set_turn(&app.db, key, None).await?;
    }
    Ok(())
}

/// How long until a turn that was drawn before, by how many seconds away it is; `None` where there is none that counts.
fn still_good(seconds: Option<f64>) -> Option<Duration> {
    seconds.filter(|seconds| *seconds >= -GOOD_FOR).map(duration)
}

fn duration(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_is_waited_for_then_taken_and_in_the_end_forfeited() {
        let cases = [
            ("none drawn", None, None),
            ("to come", Some(90.0), Some(90)),
            ("come", Some(0.0), Some(0)),
            ("come while the worker was busy", Some(-59.0), Some(0)),
            ("long gone", Some(-61.0), None),
        ];
        for (name, seconds, expected) in cases {
            assert_eq!(still_good(seconds), expected.map(Duration::from_secs), "{name}");
        }
    }
}
