//! Notes: what was decided for each message, and how far its posting has come.

mod so_far;

use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgExecutor};
use uuid::Uuid;

use super::Old;
use crate::helpdesk::Posted;
use crate::note::Note;
use crate::store::deliveries::Failed;
use crate::ticket::{MessageId, TicketId};

pub use so_far::{SoFar, of_source, so_far};

/// Where a decision belongs.
#[derive(Clone, Copy)]
pub struct Key<'a> {
    pub source: &'a str,
    pub ticket: &'a TicketId,
    pub message: &'a MessageId,
}

/// What was decided for one message.
pub struct Decided<'a> {
    /// `context` for what lies beneath a message, `draft` for findings on a drafting bot's note.
    pub purpose: &'static str,
    /// `None` for what is decided in hindsight.
    pub delivery: Option<Uuid>,
    pub state: &'static str,
    pub reason: &'static str,
    pub kinds: Vec<&'static str>,
    pub note: Option<&'a Note>,
    /// Which note of its ticket it is, from 1.
    pub ordinal: i32,
    /// The message whose note it takes the place of.
    pub replaces: Option<&'a MessageId>,
}

/// What is to be shown of a ticket's note.
#[derive(FromRow)]
pub struct Shown {
    pub state: String,
    pub reason: String,
    pub text: Option<String>,
}

/// Gives the ticket's note if it has one, else the latest decision; `None` for a ticket that was not read.
pub async fn shown(db: impl PgExecutor<'_>, source: &str, ticket: &TicketId) -> sqlx::Result<Option<Shown>> {
    sqlx::query_as(
        "select state, reason, text
         from note
         where source = $1 and ticket_id = $2 and purpose = 'context' and reason <> 'backfill'
         order by (marker is not null) desc, decided_at desc
         limit 1",
    )
    .bind(source)
    .bind(ticket)
    .fetch_optional(db)
    .await
}

/// What became of a decision.
#[derive(Debug, FromRow)]
pub struct Kept {
    /// Whether it was stored; else there was one for this message already.
    pub stored: bool,
    /// Whether the ticket has notes that are to be posted, this one included. Where it was not stored, look again.
    pub pending: bool,
}

/// Stores a decision unless there is one for this message already.
///
/// Fails on `note_once_per_ordinal` where another message of the ticket was given its note meanwhile: decide anew.
pub async fn decide(db: impl PgExecutor<'_>, key: Key<'_>, decided: &Decided<'_>) -> sqlx::Result<Kept> {
    sqlx::query_as(
        "with stored as (
             insert into note (source, ticket_id, message_id, delivery_id, state, reason, kinds, lead, text, html, marker,
                               purpose, ordinal, replaces)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
             on conflict on constraint note_pkey do nothing
             returning state
         )
         select exists (select from stored) as stored,
                exists (select from stored where state = 'pending')
                or exists (select from note where source = $1 and ticket_id = $2 and state = 'pending') as pending",
    )
    .bind(key.source)
    .bind(key.ticket)
    .bind(key.message)
    .bind(decided.delivery)
    .bind(decided.state)
    .bind(decided.reason)
    .bind(&decided.kinds)
    .bind(decided.note.map(|note| note.lead.as_str()))
    .bind(decided.note.map(|note| note.text.as_str()))
    .bind(decided.note.map(|note| note.html.as_str()))
    .bind(decided.note.map(|note| note.marker.as_str()))
    .bind(decided.purpose)
    .bind(decided.ordinal)
    .bind(decided.replaces)
    .fetch_one(db)
    .await
}

/// A note that is to be posted. No Debug: it quotes the customer.
#[derive(FromRow)]
pub struct Pending {
    pub message_id: MessageId,
    pub html: String,
    pub marker: String,
    pub attempted_at: Option<DateTime<Utc>>,
    pub decided_at: DateTime<Utc>,
    pub ordinal: i32,
    /// When this was read, by the database's clock as the one before.
    pub read_at: DateTime<Utc>,
    /// When the message was written that it is about; `None` where it is about a draft.
    pub sent_at: Option<DateTime<Utc>>,
    /// The markers of the ticket's other notes, of which it is to take the place of one; empty for a note of its own.
    pub in_place_of: Vec<String>,
}

/// Gives the ticket's notes that are to be posted, oldest first.
///
/// Sorted here: asked to sort, the planner walks all the source's notes by time.
pub async fn pending(db: impl PgExecutor<'_>, source: &str, ticket: &TicketId) -> sqlx::Result<Vec<Pending>> {
    let mut pending: Vec<Pending> = sqlx::query_as(
        "select note.message_id, note.html, note.marker, note.attempted_at, note.decided_at, note.ordinal,
                message.sent_at, clock_timestamp() as read_at,
                array(select other.marker
                      from note as other
                      where other.source = note.source and other.ticket_id = note.ticket_id
                        and other.purpose = 'context' and other.message_id <> note.message_id
                        and note.replaces is not null and other.marker is not null) as in_place_of
         from note
         left join message using (source, ticket_id, message_id)
         where note.source = $1 and note.ticket_id = $2 and note.state = 'pending' and note.html is not null",
    )
    .bind(source)
    .bind(ticket)
    .fetch_all(db)
    .await?;
    pending.sort_by_key(|note| (note.decided_at, note.ordinal));
    Ok(pending)
}

/// How many seconds away the note's turn is, negative once it has come; `None` where it waits for none.
pub async fn turn_in_seconds(db: impl PgExecutor<'_>, key: Key<'_>) -> sqlx::Result<Option<f64>> {
    sqlx::query_scalar(
        "select extract(epoch from turn_at - now())::float8
         from note
         where source = $1 and ticket_id = $2 and message_id = $3",
    )
    .bind(key.source)
    .bind(key.ticket)
    .bind(key.message)
    .fetch_optional(db)
    .await
    .map(Option::flatten)
}

/// Writes down when the note's turn comes, or that it waits for none.
pub async fn set_turn(
    db: impl PgExecutor<'_>,
    key: Key<'_>,
    after: Option<std::time::Duration>,
) -> sqlx::Result<()> {
    sqlx::query(
        "update note set turn_at = now() + make_interval(secs => $4)
         where source = $1 and ticket_id = $2 and message_id = $3",
    )
    .bind(key.source)
    .bind(key.ticket)
    .bind(key.message)
    .bind(after.map(|after| after.as_secs_f64()))
    .execute(db)
    .await?;
    Ok(())
}

/// Writes down, safe on disk, that a call to post the note is about to begin: from now on its outcome may be unknown.
///
/// Answers when it began; `None` when somebody else has begun a call, or ended the note, since `seen` was read.
pub async fn attempt(
    db: impl PgExecutor<'_>,
    key: Key<'_>,
    seen: Option<DateTime<Utc>>,
) -> sqlx::Result<Option<DateTime<Utc>>> {
    sqlx::query_scalar(
        "update note set attempted_at = clock_timestamp()
         where source = $1 and ticket_id = $2 and message_id = $3
           and state = 'pending'
           and attempted_at is not distinct from $4
           and set_config('synchronous_commit', 'on', true) is not null
         returning attempted_at",
    )
    .bind(key.source)
    .bind(key.ticket)
    .bind(key.message)
    .bind(seen)
    .fetch_optional(db)
    .await
}

/// Takes an attempt back whose call surely wrote nothing: what is known of the note is what was known before.
pub async fn take_back(
    db: impl PgExecutor<'_>,
    key: Key<'_>,
    attempted_at: DateTime<Utc>,
    before: Option<DateTime<Utc>>,
) -> sqlx::Result<()> {
    sqlx::query(
        "update note set attempted_at = $5
         where source = $1 and ticket_id = $2 and message_id = $3 and attempted_at = $4",
    )
    .bind(key.source)
    .bind(key.ticket)
    .bind(key.message)
    .bind(attempted_at)
    .bind(before)
    .execute(db)
    .await?;
    Ok(())
}

/// A note that was just confirmed.
#[derive(FromRow)]
pub struct Confirmed {
    pub reason: String,
    /// From the arrival of its webhook, in seconds; `None` where that is no longer known.
    pub seconds: Option<f64>,
}

/// Writes down that the note stands on the ticket. `None` when that was known.
pub async fn confirm(
    db: impl PgExecutor<'_>,
    key: Key<'_>,
    posted: &Posted,
) -> sqlx::Result<Option<Confirmed>> {
    sqlx::query_as(
        "update note set state = 'posted', posted_at = now(), comment_id = $4, audit_id = $5
         where source = $1 and ticket_id = $2 and message_id = $3 and state = 'pending'
         returning reason,
                   (select extract(epoch from now() - received_at)::float8
                    from delivery
                    where delivery.source = note.source and delivery.id = note.delivery_id) as seconds",
    )
    .bind(key.source)
    .bind(key.ticket)
    .bind(key.message)
    .bind(&posted.comment_id)
    .bind(&posted.audit_id)
    .fetch_optional(db)
    .await
}

/// Ends a pending note that will not be posted: `withheld` or `failed`, and why.
pub async fn give_up(db: impl PgExecutor<'_>, key: Key<'_>, state: &str, reason: &str) -> sqlx::Result<()> {
    sqlx::query(
        "update note set state = $4, reason = $5
         where source = $1 and ticket_id = $2 and message_id = $3 and state = 'pending'",
    )
    .bind(key.source)
    .bind(key.ticket)
    .bind(key.message)
    .bind(state)
    .bind(reason)
    .execute(db)
    .await?;
    Ok(())
}

/// Marks the pending note of a delivery that was given up. Answers how many there were.
pub async fn fail_of_delivery(
    db: impl PgExecutor<'_>,
    source: &str,
    delivery: Uuid,
    reason: &str,
) -> sqlx::Result<u64> {
    let result = sqlx::query(
        "update note set state = 'failed', reason = $3
         where source = $1 and delivery_id = $2 and state = 'pending'",
    )
    .bind(source)
    .bind(delivery)
    .bind(reason)
    .execute(db)
    .await?;
    Ok(result.rows_affected())
}

/// Removes the words of notes that are not to be posted any more. Gives how many rows lost theirs.
pub async fn drop_text(db: impl PgExecutor<'_>, old: Old<'_>) -> sqlx::Result<u64> {
    let result = sqlx::query(
        "update note set lead = null, text = null, html = null
         where source = $1 and ticket_id = any($2) and ($3::timestamptz is null or decided_at < $3)
           and state <> 'pending' and coalesce(lead, text, html) is not null",
    )
    .bind(old.source)
    .bind(old.ticket_ids())
    .bind(old.before)
    .execute(db)
    .await?;
    Ok(result.rows_affected())
}

/// Removes the words of a ticket's notes that have reached their end; one that failed can still be replayed.
pub async fn drop_text_of_ended(
    db: impl PgExecutor<'_>,
    source: &str,
    ticket: &TicketId,
) -> sqlx::Result<()> {
    sqlx::query(
        "update note set lead = null, text = null, html = null
         where source = $1 and ticket_id = $2 and state in ('posted', 'shadow', 'withheld')
           and coalesce(lead, text, html) is not null",
    )
    .bind(source)
    .bind(ticket)
    .execute(db)
    .await?;
    Ok(())
}

/// Ends the pending notes of tickets whose requester is erased.
pub async fn withhold_erased(db: impl PgExecutor<'_>, old: Old<'_>) -> sqlx::Result<u64> {
    let result = sqlx::query(
        "update note set state = 'withheld', reason = 'erased'
         where source = $1 and ticket_id = any($2) and state = 'pending'",
    )
    .bind(old.source)
    .bind(old.ticket_ids())
    .execute(db)
    .await?;
    Ok(result.rows_affected())
}

/// A note of ours that stands, or may stand, on a ticket.
#[derive(FromRow)]
pub struct OnTicket {
    pub ticket_id: TicketId,
    /// The helpdesk's id of the note; `None` where its posting was never confirmed.
    pub comment_id: Option<String>,
    pub marker: Option<String>,
}

/// Gives the notes of these tickets that were posted, or whose posting was begun.
pub async fn on_tickets(db: impl PgExecutor<'_>, old: Old<'_>) -> sqlx::Result<Vec<OnTicket>> {
    sqlx::query_as(
        "select ticket_id, comment_id, marker
         from note
         where source = $1 and ticket_id = any($2) and (comment_id is not null or attempted_at is not null)
         order by ticket_id, comment_id",
    )
    .bind(old.source)
    .bind(old.ticket_ids())
    .fetch_all(db)
    .await
}

/// Sends the notes on their way again that failed with these deliveries. Answers how many.
///
/// A ticket that has got another note since keeps that one. Whether a note comes too late is seen before it is posted.
pub async fn requeue(db: impl PgExecutor<'_>, deliveries: &[Failed]) -> sqlx::Result<u64> {
    let result = sqlx::query(
        "with again as (
             select distinct on (note.source, note.ticket_id, case when purpose = 'draft' then message_id end)
                    note.source, note.ticket_id, note.message_id
             from note
             join unnest($1::text[], $2::uuid[]) as replayed (source, id)
               on replayed.source = note.source and replayed.id = note.delivery_id
             where note.state = 'failed' and note.html <> ''
               and (purpose = 'draft'
                    or not exists (select from note as other
                                   where other.source = note.source and other.ticket_id = note.ticket_id
                                     and other.purpose = 'context'
                                     and other.state in ('pending', 'posted', 'shadow')))
             order by note.source, note.ticket_id, case when purpose = 'draft' then message_id end, decided_at desc
         )
         update note
         set state = 'pending', turn_at = null,
             reason = case purpose when 'draft' then 'draft_findings' else 'noteworthy' end
         from again
         where note.source = again.source and note.ticket_id = again.ticket_id and note.message_id = again.message_id",
    )
    .bind(deliveries.iter().map(|one| one.source.as_str()).collect::<Vec<_>>())
    .bind(deliveries.iter().map(|one| one.id).collect::<Vec<_>>())
    .execute(db)
    .await?;
    Ok(result.rows_affected())
}
