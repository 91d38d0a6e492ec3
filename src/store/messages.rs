//! Messages: what was written on a ticket, the customer's words kept, the agents' not.

use sqlx::PgExecutor;

use super::Old;
use crate::ticket::{MessageId, TicketId};

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
