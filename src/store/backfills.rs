//! Backfills: how far the reading of a source's past has got.

use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgExecutor};

use crate::helpdesk::Position;

/// A backfill under way.
#[derive(Debug, Clone, FromRow)]
pub struct Backfill {
    pub asked_since: DateTime<Utc>,
    pub started_at: DateTime<Utc>,
    since: DateTime<Utc>,
    cursor: Option<String>,
    pub tickets_read: i64,
}

impl Backfill {
    pub fn position(&self) -> Position {
        Position { since: self.since, cursor: self.cursor.clone() }
    }
}

/// Gives the source's backfill that is under way.
pub async fn unfinished(db: impl PgExecutor<'_>, source: &str) -> sqlx::Result<Option<Backfill>> {
    sqlx::query_as(
        "select asked_since, started_at, since, cursor, tickets_read
         from backfill
         where source = $1 and finished_at is null",
    )
    .bind(source)
    .fetch_optional(db)
    .await
}

/// Begins a backfill, in place of the one before.
pub async fn begin(
    db: impl PgExecutor<'_>,
    source: &str,
    since: DateTime<Utc>,
    now: DateTime<Utc>,
) -> sqlx::Result<Backfill> {
    sqlx::query_as(
        "insert into backfill (source, asked_since, started_at, since)
         values ($1, $2, $3, $2)
         on conflict on constraint backfill_pkey do update
         set asked_since = excluded.asked_since, started_at = excluded.started_at, since = excluded.since,
             cursor = null, tickets_read = 0, finished_at = null
         returning asked_since, started_at, since, cursor, tickets_read",
    )
    .bind(source)
    .bind(since)
    .bind(now)
    .fetch_one(db)
    .await
}

/// Moves on by a page whose tickets are read.
pub async fn advance(
    db: impl PgExecutor<'_>,
    source: &str,
    position: &Position,
    read: usize,
) -> sqlx::Result<()> {
    sqlx::query(
        "update backfill set since = $2, cursor = $3, tickets_read = tickets_read + $4 where source = $1",
    )
    .bind(source)
    .bind(position.since)
    .bind(&position.cursor)
    .bind(read as i64)
    .execute(db)
    .await?;
    Ok(())
}

/// Writes down that it is done.
pub async fn finish(db: impl PgExecutor<'_>, source: &str) -> sqlx::Result<()> {
    sqlx::query("update backfill set finished_at = now() where source = $1").bind(source).execute(db).await?;
    Ok(())
}
