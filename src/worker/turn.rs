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

/// What to do about a turn that was drawn before, by how many seconds away it is.
#[derive(Debug, PartialEq)]
enum Drawn {
    Wait(Duration),
    Take,
    Anew,
}

/// Waits for the note's turn to update its ticket, or sends the delivery away until then.
pub async fn take(app: &App, account: &Account, key: Key<'_>) -> Result<(), Trouble> {
    let Some(per_minute) = account.source.updates_per_minute else { return Ok(()) };
    let wait = match drawn(notes::turn_in_seconds(&app.db, key).await?) {
        Drawn::Take => {
            notes::set_turn(&app.db, key, None).await?;
            return Ok(());
        }
        Drawn::Wait(wait) => wait,
        Drawn::Anew => {
            let seconds = accounts::draw_turn(&app.db, key.source, per_minute).await?;
            let wait = Duration::try_from_secs_f64(seconds).unwrap_or_default();
            notes::set_turn(&app.db, key, (wait > NEAR).then_some(wait)).await?;
            wait
        }
    };
    if wait > NEAR {
        return Err(Trouble::on_turn(REASON, Utc::now() + wait));
    }
    tokio::time::sleep(wait).await;
    Ok(())
}

fn drawn(seconds: Option<f64>) -> Drawn {
    match seconds {
        Some(seconds) if seconds > 0.0 => {
            Drawn::Wait(Duration::try_from_secs_f64(seconds).unwrap_or_default())
        }
        Some(seconds) if seconds >= -GOOD_FOR => Drawn::Take,
        _ => Drawn::Anew,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_is_waited_for_then_taken_and_in_the_end_forfeited() {
        let cases = [
            ("none drawn", None, Drawn::Anew),
            ("to come", Some(90.0), Drawn::Wait(Duration::from_secs(90))),
            ("come", Some(0.0), Drawn::Take),
            ("come while the worker was busy", Some(-59.0), Drawn::Take),
            ("long gone", Some(-61.0), Drawn::Anew),
        ];
        for (name, seconds, expected) in cases {
            assert_eq!(drawn(seconds), expected, "{name}");
        }
    }
}
