//! Signals: what was found beneath a message.

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgExecutor};

use super::Old;
use super::words::Words;
use crate::detect::Signal;
use crate::ticket::{MessageId, TicketId};

/// Stores the signals of one message in place of those of an earlier reading.
pub async fn replace(
    db: &mut PgConnection,
    source: &str,
    ticket: &TicketId,
    message: &MessageId,
    read: Read<'_>,
) -> sqlx::Result<()> {
    sqlx::query("delete from signal where source = $1 and ticket_id = $2 and message_id = $3")
        .bind(source)
        .bind(ticket)
        .bind(message)
        .execute(&mut *db)
        .await?;
    for signal in read.signals {
        sqlx::query(
            "insert into signal (source, ticket_id, message_id, detector, kind, strength, evidence, facts,
                                 detector_version, language, sent_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        )
        .bind(source)
        .bind(ticket)
        .bind(message)
        .bind(signal.detector.as_str())
        .bind(signal.kind.as_str())
        .bind(signal.strength.as_str())
        .bind(read.words.evidence(&signal.evidence))
        .bind(read.words.facts(&signal.facts))
        .bind(read.detector_version as i32)
        .bind(read.language)
        .bind(read.sent_at)
        .execute(&mut *db)
        .await?;
    }
    Ok(())
}

/// One reading of a message.
pub struct Read<'a> {
    pub signals: &'a [Signal],
    pub detector_version: u32,
    pub language: &'a str,
    pub sent_at: DateTime<Utc>,
    pub words: Words<'a>,
}

/// Removes quotes and what else is in the customers' words; where they stood stays. Gives how many rows lost some.
pub async fn drop_quotes(db: impl PgExecutor<'_>, old: Old<'_>) -> sqlx::Result<u64> {
    let result = sqlx::query(
        "update signal
         set facts = facts - 'deadline_text' - 'duration_text',
             evidence = (select coalesce(jsonb_agg(
                             jsonb_set(piece - 'quote', '{cue}', to_jsonb(split_part(coalesce(piece ->> 'cue', ''), ':', 1))) order by at), '[]')
                         from jsonb_array_elements(evidence) with ordinality as each (piece, at))
         where source = $1 and ticket_id = any($2) and ($3::timestamptz is null or detected_at < $3)
           and (facts ?| array['deadline_text', 'duration_text'] or jsonb_path_exists(evidence, '$[*].quote'))",
    )
    .bind(old.source)
    .bind(old.ticket_ids())
    .bind(old.before)
    .execute(db)
    .await?;
    Ok(result.rows_affected())
}

/// Removes the hashes of quotes too. Gives how many rows lost some.
pub async fn drop_hashes(db: impl PgExecutor<'_>, old: Old<'_>) -> sqlx::Result<u64> {
    let result = sqlx::query(
        "update signal
         set evidence = (select coalesce(jsonb_agg(piece - 'quote_hash' order by at), '[]')
                         from jsonb_array_elements(evidence) with ordinality as each (piece, at))
         where source = $1 and ticket_id = any($2) and ($3::timestamptz is null or detected_at < $3)
           and jsonb_path_exists(evidence, '$[*].quote_hash')",
    )
    .bind(old.source)
    .bind(old.ticket_ids())
    .bind(old.before)
    .execute(db)
    .await?;
    Ok(result.rows_affected())
}
