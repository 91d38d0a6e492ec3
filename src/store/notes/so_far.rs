//! What was told so far: what a decision on a further note looks at.

use sqlx::{FromRow, PgExecutor};

use super::Key;
use crate::ticket::MessageId;

/// What the notes about other messages of a ticket have said, and how many notes there were in the last 24 hours.
/// No Debug: it quotes the customer.
#[derive(Default, FromRow)]
pub struct SoFar {
    /// The kinds named by notes on what lies beneath.
    pub told: Vec<String>,
    /// The message of the newest such note, and that note's text.
    pub latest: Option<MessageId>,
    pub latest_text: Option<String>,
    /// The ordinal of the newest such note, whatever became of it; 0 for none.
    pub ordinal: i32,
    pub on_ticket: i64,
}

/// Looks at what was told so far. A note counts from its decision on, and one whose posting failed may stand there
/// all the same. Of notes in the shadow nobody was told: they count in shadow mode alone.
pub async fn so_far(db: impl PgExecutor<'_>, key: Key<'_>, shadow: bool) -> sqlx::Result<SoFar> {
    sqlx::query_as(
        "with other as (
             select message_id, purpose, kinds, text, ordinal, decided_at,
                    state in ('pending', 'posted') or attempted_at is not null or (state = 'shadow' and $4) as counts
             from note
             where source = $1 and ticket_id = $2 and message_id <> $3 and (marker is not null or state <> 'withheld')
         ),
         latest as (
             select message_id, text from other where purpose = 'context' and counts order by ordinal desc limit 1
         )
         select array(select distinct unnest(kinds) from other where purpose = 'context' and counts) as told,
                (select message_id from latest) as latest,
                (select text from latest) as latest_text,
                (select coalesce(max(ordinal), 0) from other where purpose = 'context') as ordinal,
                (select count(*) from other where counts and decided_at > now() - interval '24 hours') as on_ticket",
    )
    .bind(key.source)
    .bind(key.ticket)
    .bind(key.message)
    .bind(shadow)
    .fetch_one(db)
    .await
}

/// Counts the source's notes of the last 24 hours, those in the shadow where asked for, up to `most`.
pub async fn of_source(db: impl PgExecutor<'_>, source: &str, shadow: bool, most: u32) -> sqlx::Result<u32> {
    let count: i64 = sqlx::query_scalar(
        "select count(*)
         from (select from note
               where source = $1 and state in ('pending', 'posted', 'shadow') and (state <> 'shadow' or $2)
                 and decided_at > now() - interval '24 hours'
               limit $3) as recent",
    )
    .bind(source)
    .bind(shadow)
    .bind(i64::from(most))
    .fetch_one(db)
    .await?;
    Ok(count as u32)
}
