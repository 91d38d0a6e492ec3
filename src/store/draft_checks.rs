//! Draft checks: what a look at a drafted reply showed.

use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgExecutor};

use super::Old;
use super::words::Words;
use crate::draft::Item;
use crate::ticket::{CustomerText, MessageId, TicketId};

/// One look at a draft.
pub struct Look<'a> {
    pub draft_id: &'a str,
    pub message_id: Option<&'a MessageId>,
    pub trigger: &'a str,
    pub items: &'a [Item],
    pub adapted: &'a [&'static str],
    pub incomplete: bool,
    pub reason: Option<&'static str>,
    pub draft_digest: Option<&'a [u8]>,
    pub agent: Option<&'a str>,
}

/// Stores a look in place of earlier looks at the same draft.
pub async fn upsert(
    db: impl PgExecutor<'_>,
    source: &str,
    ticket: &TicketId,
    look: &Look<'_>,
    words: Words<'_>,
) -> sqlx::Result<()> {
    sqlx::query(
        "insert into draft_check (source, ticket_id, draft_id, message_id, trigger, items, adapted, incomplete, reason,
                                  draft_digest, agent)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
         on conflict on constraint draft_check_pkey do update
         set message_id = excluded.message_id, trigger = excluded.trigger, items = excluded.items,
             adapted = excluded.adapted, incomplete = excluded.incomplete, reason = excluded.reason,
             draft_digest = excluded.draft_digest, agent = excluded.agent, asked_at = now()",
    )
    .bind(source)
    .bind(ticket)
    .bind(look.draft_id)
    .bind(look.message_id)
    .bind(look.trigger)
    .bind(words.items(look.items))
    .bind(look.adapted)
    .bind(look.incomplete)
    .bind(look.reason)
    .bind(look.draft_digest)
    .bind(look.agent)
    .execute(db)
    .await?;
    Ok(())
}

/// The customer's newest message of a ticket that we have read, with what a draft is looked at beside.
#[derive(FromRow)]
pub struct Newest {
    pub message_id: MessageId,
    pub text: CustomerText,
    pub sent_at: DateTime<Utc>,
    pub subject: CustomerText,
    pub time_zone: Option<String>,
}

/// Gives the customer's newest message; `None` for a ticket that was not read, or whose newest words are not here.
pub async fn newest_message(
    db: impl PgExecutor<'_>,
    source: &str,
    ticket: &TicketId,
) -> sqlx::Result<Option<Newest>> {
    sqlx::query_as(
        "select newest.message_id, newest.text, newest.sent_at, ticket.subject, requester.time_zone
         from (
             select source, ticket_id, message_id, text, sent_at
             from message
             where source = $1 and ticket_id = $2 and author = 'customer'
             order by sent_at desc
             limit 1
         ) as newest
         join ticket using (source, ticket_id)
         left join requester using (source, requester_id)
         where newest.text is not null",
    )
    .bind(source)
    .bind(ticket)
    .fetch_optional(db)
    .await
}

/// The latest look at a draft whose sending was not seen yet.
#[derive(FromRow)]
pub struct Unsent {
    pub draft_id: String,
    pub draft_digest: Vec<u8>,
    pub asked_at: DateTime<Utc>,
}

/// Gives the latest draft of a ticket of which it is not known whether it was sent as it was.
pub async fn unsent(
    db: impl PgExecutor<'_>,
    source: &str,
    ticket: &TicketId,
) -> sqlx::Result<Option<Unsent>> {
    sqlx::query_as(
        "select draft_id, draft_digest, asked_at
         from draft_check
         where source = $1 and ticket_id = $2 and sent_changed is null and draft_digest is not null
         order by asked_at desc
         limit 1",
    )
    .bind(source)
    .bind(ticket)
    .fetch_optional(db)
    .await
}

/// Writes down whether the reply that was sent has other words than the draft. The digest has done its work then.
pub async fn set_sent(
    db: impl PgExecutor<'_>,
    source: &str,
    ticket: &TicketId,
    draft_id: &str,
    changed: bool,
) -> sqlx::Result<()> {
    sqlx::query(
        "update draft_check set sent_changed = $4, draft_digest = null
         where source = $1 and ticket_id = $2 and draft_id = $3",
    )
    .bind(source)
    .bind(ticket)
    .bind(draft_id)
    .bind(changed)
    .execute(db)
    .await?;
    Ok(())
}

/// Removes the quotes of the customer and of the draft, and the draft's digest. Gives how many rows lost some.
pub async fn drop_quotes(db: impl PgExecutor<'_>, old: Old<'_>) -> sqlx::Result<u64> {
    let result = sqlx::query(
        "update draft_check
         set draft_digest = null,
             items = (select coalesce(jsonb_agg(item - 'customer_quote' - 'draft_quote' order by at), '[]')
                      from jsonb_array_elements(items) with ordinality as each (item, at))
         where source = $1 and ticket_id = any($2) and ($3::timestamptz is null or asked_at < $3)
           and (draft_digest is not null or jsonb_path_exists(items, '$[*].customer_quote'))",
    )
    .bind(old.source)
    .bind(old.ticket_ids())
    .bind(old.before)
    .execute(db)
    .await?;
    Ok(result.rows_affected())
}
