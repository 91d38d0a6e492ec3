//! Signals: what was found beneath a message.

use sqlx::PgExecutor;

use super::Old;

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
