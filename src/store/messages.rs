//! Messages: what was written on a ticket, the customer's words kept, the agents' not.

use sqlx::PgExecutor;

use super::words::Words;
use super::{Old, each};
use crate::ticket::{Author, Message, MessageId, TicketId};

/// What reading a customer's message showed beside its signals.
#[derive(Debug, Clone, Copy, Default)]
pub struct ReadAs {
    pub words: u32,
    pub about_amount: bool,
    pub language: Option<&'static str>,
    /// Why it was not read; `None` when it was.
    pub unread_reason: Option<&'static str>,
}

/// Writes down messages of a ticket. A second reading replaces the first.
pub async fn upsert_all(
    db: impl PgExecutor<'_>,
    source: &str,
    ticket: &TicketId,
    messages: &[(&Message, ReadAs)],
    words: Words<'_>,
) -> sqlx::Result<()> {
    let of_customer = |message: &Message| message.author == Author::Customer;
    let author = |message: &Message| if of_customer(message) { "customer" } else { "agent" };
    let text =
        |message: &'_ Message| of_customer(message).then(|| words.kept(&message.text)).flatten().cloned();
    sqlx::query(
        "insert into message (source, ticket_id, message_id, author, sent_at, text, words, about_amount, language, unread_reason)
         select distinct on (message_id) $1, $2, read.*
         from unnest($3::text[], $4::text[], $5::timestamptz[], $6::text[], $7::integer[], $8::boolean[], $9::text[], $10::text[])
             as read (message_id, author, sent_at, text, words, about_amount, language, unread_reason)
         on conflict on constraint message_pkey do update
         set author = excluded.author, sent_at = excluded.sent_at, text = excluded.text, words = excluded.words,
             about_amount = excluded.about_amount, language = excluded.language,
             unread_reason = excluded.unread_reason, seen_at = now()",
    )
    .bind(source)
    .bind(ticket)
    .bind(each(messages, |(message, _)| message.id.0.as_str()))
    .bind(each(messages, |(message, _)| author(message)))
    .bind(each(messages, |(message, _)| message.sent_at))
    .bind(each(messages, |(message, _)| text(message)))
    .bind(each(messages, |(_, read)| read.words as i32))
    .bind(each(messages, |(_, read)| read.about_amount))
    .bind(each(messages, |(_, read)| read.language))
    .bind(each(messages, |(_, read)| read.unread_reason))
    .execute(db)
    .await?;
    Ok(())
}

/// Gives the ids of the messages of a ticket that have been read before.
pub async fn known(db: impl PgExecutor<'_>, source: &str, ticket: &TicketId) -> sqlx::Result<Vec<MessageId>> {
    sqlx::query_scalar("select message_id from message where source = $1 and ticket_id = $2")
        .bind(source)
        .bind(ticket)
        .fetch_all(db)
        .await
}

/// Removes the customers' words. Gives how many rows lost theirs.
pub async fn drop_text(db: impl PgExecutor<'_>, old: Old<'_>) -> sqlx::Result<u64> {
    let result = sqlx::query(
        "update message set text = null
         where source = $1 and ticket_id = any($2) and ($3::timestamptz is null or seen_at < $3)
           and text is not null",
    )
    .bind(old.source)
    .bind(old.ticket_ids())
    .bind(old.before)
    .execute(db)
    .await?;
    Ok(result.rows_affected())
}
