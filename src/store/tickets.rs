//! Tickets and their requesters, as last read.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgExecutor};

use super::Old;
use crate::ticket::{CustomerText, EarlierTicket, Status, Ticket, TicketId, UserId};

#[derive(FromRow)]
struct EarlierRow {
    ticket_id: TicketId,
    subject: CustomerText,
    created_at: DateTime<Utc>,
    finished: bool,
}

/// Gives the requester's tickets before this one, newest first, at most 50.
pub async fn earlier(
    db: impl PgExecutor<'_>,
    source: &str,
    requester: &UserId,
    before: DateTime<Utc>,
    but: &TicketId,
) -> sqlx::Result<Vec<EarlierTicket>> {
    let rows: Vec<EarlierRow> = sqlx::query_as(
        "select ticket_id, subject, created_at, status in ('solved', 'closed') as finished
         from ticket
         where source = $1 and requester_id = $2 and created_at <= $3 and ticket_id <> $4
           and status not in ('spam', 'deleted')
         order by created_at desc
         limit 50",
    )
    .bind(source)
    .bind(requester)
    .bind(before)
    .bind(but)
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| EarlierTicket {
            id: row.ticket_id,
            subject: row.subject,
            created_at: row.created_at,
            finished: row.finished,
        })
        .collect())
}

/// Gives those of the listed tickets that have not been read as they are now: never, or before their latest change.
pub async fn unread(
    db: impl PgExecutor<'_>,
    source: &str,
    listed: &[Ticket],
) -> sqlx::Result<HashSet<TicketId>> {
    let ids: Vec<TicketId> = sqlx::query_scalar(
        "select ticket_id
         from unnest($2::text[], $3::timestamptz[]) as listed (ticket_id, updated_at)
         where not exists (
                   select from ticket
                   where source = $1 and ticket.ticket_id = listed.ticket_id and ticket.updated_at >= listed.updated_at
               )
            or not exists (select from message where source = $1 and message.ticket_id = listed.ticket_id)",
    )
    .bind(source)
    .bind(listed.iter().map(|ticket| ticket.id.0.as_str()).collect::<Vec<_>>())
    .bind(listed.iter().map(|ticket| ticket.updated_at).collect::<Vec<_>>())
    .fetch_all(db)
    .await?;
    Ok(ids.into_iter().collect())
}

/// Writes down the state of a ticket whose messages are all known.
pub async fn refresh(db: impl PgExecutor<'_>, source: &str, ticket: &Ticket) -> sqlx::Result<()> {
    sqlx::query(
        "update ticket set status = $3, updated_at = $4
         where source = $1 and ticket_id = $2 and updated_at <= $4",
    )
    .bind(source)
    .bind(&ticket.id)
    .bind(status_word(ticket.status))
    .bind(ticket.updated_at)
    .execute(db)
    .await?;
    Ok(())
}

pub(super) fn status_word(status: Status) -> &'static str {
    match status {
        Status::Open => "open",
        Status::Pending => "pending",
        Status::Solved => "solved",
        Status::Closed => "closed",
        Status::Spam => "spam",
        Status::Deleted => "deleted",
    }
}

/// Gives the tickets of a source that follow this one in the order of their ids, at most `limit`.
pub async fn page(
    db: impl PgExecutor<'_>,
    source: &str,
    after: &TicketId,
    limit: i64,
) -> sqlx::Result<Vec<TicketId>> {
    sqlx::query_scalar(
        "select ticket_id from ticket where source = $1 and ticket_id > $2 order by ticket_id limit $3",
    )
    .bind(source)
    .bind(after)
    .bind(limit)
    .fetch_all(db)
    .await
}

/// Gives all tickets of a requester.
pub async fn of_requester(
    db: impl PgExecutor<'_>,
    source: &str,
    requester: &UserId,
) -> sqlx::Result<Vec<TicketId>> {
    sqlx::query_scalar(
        "select ticket_id from ticket where source = $1 and requester_id = $2 order by created_at",
    )
    .bind(source)
    .bind(requester)
    .fetch_all(db)
    .await
}

/// Removes the subjects. Gives how many rows lost theirs.
pub async fn drop_subjects(db: impl PgExecutor<'_>, old: Old<'_>) -> sqlx::Result<u64> {
    let result = sqlx::query(
        "update ticket set subject = ''
         where source = $1 and ticket_id = any($2) and ($3::timestamptz is null or seen_at < $3)
           and subject <> ''",
    )
    .bind(old.source)
    .bind(old.ticket_ids())
    .bind(old.before)
    .execute(db)
    .await?;
    Ok(result.rows_affected())
}

/// Whether this requester has been met.
pub async fn knows(db: impl PgExecutor<'_>, source: &str, requester: &UserId) -> sqlx::Result<bool> {
    sqlx::query_scalar("select exists (select from requester where source = $1 and requester_id = $2)")
        .bind(source)
        .bind(requester)
        .fetch_one(db)
        .await
}

/// Removes what is known of a requester beside the id. Gives how many rows lost some.
pub async fn erase_requester(db: impl PgExecutor<'_>, source: &str, requester: &UserId) -> sqlx::Result<u64> {
    let result = sqlx::query(
        "update requester set locale = null, time_zone = null
         where source = $1 and requester_id = $2 and (locale is not null or time_zone is not null)",
    )
    .bind(source)
    .bind(requester)
    .execute(db)
    .await?;
    Ok(result.rows_affected())
}
