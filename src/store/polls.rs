//! Polls: how far the search for tickets whose webhook never came has got, and whose turn it is.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgExecutor};

use crate::helpdesk::Position;

/// A turn that this process has taken.
#[derive(Debug, Clone, FromRow)]
pub struct Turn {
    since: DateTime<Utc>,
    cursor: Option<String>,
    /// Messages written before this have been looked at.
    pub caught_up_to: DateTime<Utc>,
    /// What the turn before ran into.
    pub trouble: Option<String>,
}

impl Turn {
    pub fn position(&self) -> Position {
        Position { since: self.since, cursor: self.cursor.clone() }
    }
}

/// Makes the row of a source that has none, and brings the next turn near where it is further off than an interval.
pub async fn prepare(db: impl PgExecutor<'_>, source: &str, every: Duration) -> sqlx::Result<()> {
    sqlx::query(
        "insert into poll (source, since, caught_up_to, next_at)
         values ($1, now() - interval '10 minutes', now() - interval '10 minutes', now() + $2 * interval '1 second')
         on conflict on constraint poll_pkey do update set next_at = least(poll.next_at, excluded.next_at)",
    )
    .bind(source)
    .bind(every.as_secs_f64())
    .execute(db)
    .await?;
    Ok(())
}

/// Takes the turn if it is due and nobody else has it. It is another's again once `hold` has passed without a word.
pub async fn claim(db: impl PgExecutor<'_>, source: &str, hold: Duration) -> sqlx::Result<Option<Turn>> {
    sqlx::query_as(
        "update poll set next_at = now() + $2 * interval '1 second'
         where source = $1 and next_at <= now()
         returning since, cursor, caught_up_to, trouble",
    )
    .bind(source)
    .bind(hold.as_secs_f64())
    .fetch_optional(db)
    .await
}

/// Keeps the turn for a while longer.
pub async fn hold(db: impl PgExecutor<'_>, source: &str, hold: Duration) -> sqlx::Result<()> {
    sqlx::query("update poll set next_at = now() + $2 * interval '1 second' where source = $1")
        .bind(source)
        .bind(hold.as_secs_f64())
        .execute(db)
        .await?;
    Ok(())
}

/// Counts deliveries that were kept.
pub async fn count(db: impl PgExecutor<'_>, source: &str, found: usize) -> sqlx::Result<()> {
    sqlx::query("update poll set found = found + $2 where source = $1 and $2 > 0")
        .bind(source)
        .bind(found as i64)
        .execute(db)
        .await?;
    Ok(())
}

/// Moves on by a page whose deliveries are kept.
pub async fn advance(db: impl PgExecutor<'_>, source: &str, position: &Position) -> sqlx::Result<()> {
    sqlx::query("update poll set since = $2, cursor = $3 where source = $1")
        .bind(source)
        .bind(position.since)
        .bind(&position.cursor)
        .execute(db)
        .await?;
    Ok(())
}

/// Ends a turn that is to go on from its position a little later.
pub async fn come_back(db: impl PgExecutor<'_>, source: &str, again: Duration) -> sqlx::Result<()> {
    sqlx::query(
        "update poll set trouble = null, next_at = now() + $2 * interval '1 second' where source = $1",
    )
    .bind(source)
    .bind(again.as_secs_f64())
    .execute(db)
    .await?;
    Ok(())
}

/// Ends a turn that came to its end.
pub async fn finish(db: impl PgExecutor<'_>, source: &str, next: Duration) -> sqlx::Result<()> {
    sqlx::query(
        "update poll
         set caught_up_to = since, polled_at = now(), trouble = null, next_at = now() + $2 * interval '1 second'
         where source = $1",
    )
    .bind(source)
    .bind(next.as_secs_f64())
    .execute(db)
    .await?;
    Ok(())
}

/// Ends a turn that ran into something.
pub async fn fail(db: impl PgExecutor<'_>, source: &str, trouble: &str, again: Duration) -> sqlx::Result<()> {
    sqlx::query("update poll set trouble = $2, next_at = now() + $3 * interval '1 second' where source = $1")
        .bind(source)
        .bind(trouble)
        .bind(again.as_secs_f64())
        .execute(db)
        .await?;
    Ok(())
}
