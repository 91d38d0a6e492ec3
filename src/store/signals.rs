//! Signals: what was found beneath a message.

use chrono::{DateTime, Utc};
use sqlx::PgExecutor;

use super::words::Words;
use super::{Old, each};
use crate::detect::Signal;
use crate::ticket::{MessageId, TicketId};

/// One reading of a message.
pub struct Read<'a> {
    pub message: &'a MessageId,
    pub signals: &'a [Signal],
    pub detector_version: u32,
    pub language: &'a str,
    pub sent_at: DateTime<Utc>,
    pub words: Words<'a>,
}

/// Stores the signals of messages of one ticket in place of those of an earlier reading.
pub async fn replace_all(
    db: impl PgExecutor<'_>,
    source: &str,
    ticket: &TicketId,
    readings: &[Read<'_>],
) -> sqlx::Result<()> {
    let found: Vec<_> =
        readings.iter().flat_map(|read| read.signals.iter().map(move |signal| (read, signal))).collect();
    sqlx::query(
        "with found as (
             select * from unnest($4::text[], $5::text[], $6::text[], $7::text[], $8::jsonb[], $9::jsonb[], $10::integer[], $11::text[], $12::timestamptz[])
                 as found (message_id, detector, kind, strength, evidence, facts, detector_version, language, sent_at)
         ), gone as (
             delete from signal
             where source = $1 and ticket_id = $2 and message_id = any($3)
               and (message_id, detector, kind) not in (select message_id, detector, kind from found)
         )
         insert into signal (source, ticket_id, message_id, detector, kind, strength, evidence, facts,
                             detector_version, language, sent_at)
         select $1, $2, found.* from found
         on conflict on constraint signal_pkey do update
         set strength = excluded.strength, evidence = excluded.evidence, facts = excluded.facts,
             detector_version = excluded.detector_version, language = excluded.language,
             sent_at = excluded.sent_at, detected_at = now()",
    )
    .bind(source)
    .bind(ticket)
    .bind(each(readings, |read| read.message.0.as_str()))
    .bind(each(&found, |(read, _)| read.message.0.as_str()))
    .bind(each(&found, |(_, signal)| signal.detector.as_str()))
    .bind(each(&found, |(_, signal)| signal.kind.as_str()))
    .bind(each(&found, |(_, signal)| signal.strength.as_str()))
    .bind(each(&found, |(read, signal)| read.words.evidence(&signal.evidence)))
    .bind(each(&found, |(read, signal)| read.words.facts(&signal.facts)))
    .bind(each(&found, |(read, _)| read.detector_version as i32))
    .bind(each(&found, |(read, _)| read.language))
    .bind(each(&found, |(read, _)| read.sent_at))
    .execute(db)
    .await?;
    Ok(())
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
