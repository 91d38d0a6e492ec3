//! Posts a ticket's pending notes, each exactly once as seen on the ticket, and confirms them.
//!
//! The intent is stored before the call. After a crash or an answer that never came the write is given time to
//! settle, then the ticket is searched for our marker, and only a note that is not there is posted. Two workers
//! that hold the same note (one of them only seemed dead) cannot both begin: the intent is stored over the one that
//! was read, or not at all.

use chrono::{DateTime, TimeDelta, Utc};

use super::trouble::Trouble;
use super::turn;
use crate::app::{Account, App};
use crate::config::Source;
use crate::figures;
use crate::helpdesk::{CallError, Posted, PrivateNote};
use crate::note::decide::{gone, too_old};
use crate::store::deliveries::Delivery;
use crate::store::notes::{self, Key, Pending};
use crate::store::words::Words;
use crate::ticket::{Ticket, TicketId};

/// Conflicts in a row before the delivery waits: agents at work on the ticket right now.
const MOST_CONFLICTS: u32 = 3;

/// Posts what is pending on the ticket, the context note and findings on drafts alike.
pub async fn pending(
    app: &App,
    account: &Account,
    delivery: &Delivery,
    ticket: &TicketId,
) -> Result<(), Trouble> {
    let source = delivery.source.as_str();
    for note in notes::pending(&app.db, source, ticket).await? {
        let key = Key { source, ticket, message: &note.message_id };
        one(app, account, key, &note).await?;
    }
    Ok(())
}

/// Removes the words of notes that are not to be posted any more, where no words are to be kept.
pub async fn forget_ended(app: &App, account: &Account, ticket: &TicketId) -> sqlx::Result<()> {
    if !Words::of(&account.source).are_kept() {
        notes::drop_text_of_ended(&app.db, account.source.name.as_str(), ticket).await?;
    }
    Ok(())
}

async fn one(app: &App, account: &Account, key: Key<'_>, note: &Pending) -> Result<(), Trouble> {
    if let Some(at) = note.attempted_at {
        let_it_settle(app, at, note.read_at)?;
        if confirm_if_there(app, account, key, note).await? {
            return Ok(());
        }
    }
    for _ in 0..MOST_CONFLICTS {
        match post(app, account, key, note).await {
            Err(CallError::Conflict) => {
                if confirm_if_there(app, account, key, note).await? {
                    return Ok(());
                }
            }
            Err(CallError::Closed) => return withhold(app, key, "ticket_closed").await,
            Err(CallError::NotFound) => return withhold(app, key, "ticket_deleted").await,
            Err(error) => return Err(error.into()),
            Ok(posted) => return posted,
        }
    }
    Err(CallError::Conflict.into())
}

/// A write may still be under way: one whose answer never came, or that of a worker which only seemed dead. Searched
/// for too early, the note would not be there yet, and would be posted twice.
fn let_it_settle(app: &App, attempted_at: DateTime<Utc>, now: DateTime<Utc>) -> Result<(), Trouble> {
    let left = attempted_at + app.worker.write_settles_after() - now;
    if left > TimeDelta::zero() {
        Err(Trouble::on_turn("outcome_unknown", Utc::now() + left))
    } else {
        Ok(())
    }
}

/// Waits for its turn, looks at the ticket as it is then, and posts.
async fn post(
    app: &App,
    account: &Account,
    key: Key<'_>,
    note: &Pending,
) -> Result<Result<(), Trouble>, CallError> {
    if let Err(trouble) = turn::take(app, account, key).await {
        return Ok(Err(trouble));
    }
    let ticket = account.helpdesk.ticket(key.ticket).await?;
    if let Some(reason) = gone(ticket.status).or_else(|| too_late(&account.source, note)) {
        return Ok(withhold(app, key, reason).await);
    }
    let attempted_at = match notes::attempt(&app.db, key, note.attempted_at).await {
        Ok(Some(at)) => at,
        Ok(None) => {
            let settled_at = Utc::now() + app.worker.write_settles_after();
            return Ok(Err(Trouble::on_turn("note_in_other_hands", settled_at)));
        }
        Err(error) => return Ok(Err(error.into())),
    };
    let private = PrivateNote::new(note.html.as_str(), note.marker.as_str());
    let posted = match write(account, &ticket, note, &private).await {
        Err(CallError::OutcomeUnknown) => return Err(CallError::OutcomeUnknown),
        Err(error) => {
            // Nothing was written, so there is nothing to search for the next time.
            if let Err(error) = notes::take_back(&app.db, key, attempted_at, note.attempted_at).await {
                return Ok(Err(error.into()));
            }
            return Err(error);
        }
        Ok(posted) => posted,
    };
    tracing::info!("Posted a private note");
    Ok(confirm(app, key, &posted).await)
}

async fn confirm(app: &App, key: Key<'_>, posted: &Posted) -> Result<(), Trouble> {
    let Some(confirmed) = notes::confirm(&app.db, key, posted).await? else { return Ok(()) };
    figures::count_notes(key.source, "posted", &confirmed.reason, 1);
    if let Some(seconds) = confirmed.seconds {
        metrics::histogram!("undertone_webhook_to_note_seconds", "source" => key.source.to_owned())
            .record(seconds);
    }
    Ok(())
}

/// Why a note that had to wait, through an outage say, is no longer to be posted.
fn too_late(source: &Source, note: &Pending) -> Option<&'static str> {
    let now = Utc::now();
    let is_quiet = source
        .notes
        .quiet_hours
        .is_some_and(|hours| hours.contains(now.with_timezone(&source.time_zone).time()));
    note.sent_at
        .and_then(|sent_at| too_old(now.signed_duration_since(sent_at)))
        .or(is_quiet.then_some("quiet_hours"))
}

/// Writes the note once: in the place of an earlier one where it is to be and one stands there, else as a new one.
async fn write(
    account: &Account,
    ticket: &Ticket,
    note: &Pending,
    private: &PrivateNote,
) -> Result<Posted, CallError> {
    if !note.in_place_of.is_empty()
        && let Some(posted) = account.helpdesk.replace_note(&ticket.id, &note.in_place_of, private).await?
    {
        return Ok(posted);
    }
    account.helpdesk.post_note(ticket, private).await
}

async fn confirm_if_there(
    app: &App,
    account: &Account,
    key: Key<'_>,
    note: &Pending,
) -> Result<bool, Trouble> {
    let Some(posted) = account.helpdesk.find_note(key.ticket, &note.marker).await? else { return Ok(false) };
    confirm(app, key, &posted).await?;
    tracing::info!("Found our note on the ticket: an earlier attempt had come through");
    Ok(true)
}

async fn withhold(app: &App, key: Key<'_>, reason: &'static str) -> Result<(), Trouble> {
    notes::give_up(&app.db, key, "withheld", reason).await?;
    figures::count_notes(key.source, "withheld", reason, 1);
    Ok(())
}

/// Marks the note of a delivery that is given up as failed, so that it shows beside the delivery.
pub async fn give_up(app: &App, delivery: &Delivery, reason: &'static str) {
    match notes::fail_of_delivery(&app.db, &delivery.source, delivery.id, reason).await {
        Ok(0) => {}
        Ok(failed) => figures::count_notes(&delivery.source, "failed", reason, failed),
        Err(error) => tracing::warn!("Could not mark the note of a failed delivery: {error}"),
    }
}
