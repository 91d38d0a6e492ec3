//! What would have been posted: counts over the decisions, by when the messages were written.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use sqlx::{FromRow, PgExecutor};

use crate::ticket::{CustomerText, TicketId};

/// How much there was of all.
#[derive(Debug, PartialEq, Eq, FromRow, Serialize)]
pub struct Totals {
    /// Tickets on which a customer message was read.
    pub tickets: i64,
    /// Tickets of these that got a note, or would have.
    pub noted: i64,
    pub messages: i64,
}

#[derive(Debug, PartialEq, Eq, FromRow, Serialize)]
pub struct Count {
    pub name: String,
    pub count: i64,
}

#[derive(Debug, PartialEq, Eq, FromRow, Serialize)]
pub struct Day {
    /// UTC.
    pub day: NaiveDate,
    pub tickets: i64,
    pub notes: i64,
}

/// A note's first line. It quotes the customer.
#[derive(Debug, FromRow, Serialize)]
pub struct Example {
    pub ticket_id: TicketId,
    pub written_at: DateTime<Utc>,
    /// `posted`, `shadow`, `backfill`, ..
    pub state: String,
    pub lead: CustomerText,
}

pub async fn totals(db: impl PgExecutor<'_>, source: &str, since: DateTime<Utc>) -> sqlx::Result<Totals> {
    sqlx::query_as(
        "select count(distinct ticket_id) as tickets,
                count(distinct ticket_id) filter (where noted) as noted,
                count(*) as messages
         from decision
         where source = $1 and decided_at >= $2 and written_at >= $2",
    )
    .bind(source)
    .bind(since)
    .fetch_one(db)
    .await
}

/// Gives what became of the messages: notes by their state (posted, shadow, or backfill for one that would have been
/// posted), and messages without one by the reason.
pub async fn ends(
    db: impl PgExecutor<'_>,
    source: &str,
    since: DateTime<Utc>,
) -> sqlx::Result<(Vec<Count>, Vec<Count>)> {
    let ends: Vec<(bool, String, i64)> = sqlx::query_as(
        "select noted, case when noted and reason <> 'backfill' then state else reason end as name, count(*) as count
         from decision
         where source = $1 and decided_at >= $2 and written_at >= $2
         group by noted, name
         order by count desc, name",
    )
    .bind(source)
    .bind(since)
    .fetch_all(db)
    .await?;
    let (notes, withheld) = ends.into_iter().partition::<Vec<_>, _>(|(noted, ..)| *noted);
    let counts = |ends: Vec<_>| ends.into_iter().map(|(_, name, count)| Count { name, count }).collect();
    Ok((counts(notes), counts(withheld)))
}

/// Gives how many notes rest on each kind of signal; a note counts for each of its kinds.
pub async fn kinds(db: impl PgExecutor<'_>, source: &str, since: DateTime<Utc>) -> sqlx::Result<Vec<Count>> {
    sqlx::query_as(
        "select kind as name, count(*) as count
         from decision
         cross join unnest(kinds) as kind
         where source = $1 and decided_at >= $2 and written_at >= $2 and noted
         group by kind
         order by count desc, name",
    )
    .bind(source)
    .bind(since)
    .fetch_all(db)
    .await
}

/// Gives the days on which something was read, newest first.
pub async fn days(db: impl PgExecutor<'_>, source: &str, since: DateTime<Utc>) -> sqlx::Result<Vec<Day>> {
    sqlx::query_as(
        "select (written_at at time zone 'UTC')::date as day,
                count(distinct ticket_id) as tickets,
                count(*) filter (where noted) as notes
         from decision
         where source = $1 and decided_at >= $2 and written_at >= $2
         group by day
         order by day desc",
    )
    .bind(source)
    .bind(since)
    .fetch_all(db)
    .await
}

/// Gives ten notes picked by chance, the same ones when asked again, oldest first.
pub async fn examples(
    db: impl PgExecutor<'_>,
    source: &str,
    since: DateTime<Utc>,
) -> sqlx::Result<Vec<Example>> {
    sqlx::query_as(
        "select ticket_id, written_at, state, lead
         from (
             select decision.ticket_id, decision.written_at, coalesce(note.lead, '') as lead,
                    case when decision.reason = 'backfill' then decision.reason else decision.state end as state
             from decision
             join note using (source, ticket_id, message_id)
             where source = $1 and decision.decided_at >= $2 and written_at >= $2 and noted
             order by md5(ticket_id || ' ' || message_id)
             limit 10
         ) as picked
         order by written_at",
    )
    .bind(source)
    .bind(since)
    .fetch_all(db)
    .await
}
