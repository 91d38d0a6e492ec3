//! Feedback: what agents thought of notes.

use sqlx::PgExecutor;
use uuid::Uuid;

use super::notes::Key;

/// Keeps a verdict on a note that stands on a ticket. Answers whether there is such a note.
pub async fn insert(db: impl PgExecutor<'_>, key: Key<'_>, verdict: &str) -> sqlx::Result<bool> {
    let result = sqlx::query(
        "insert into feedback (source, ticket_id, message_id, id, verdict)
         select source, ticket_id, message_id, $4, $5
         from note
         where source = $1 and ticket_id = $2 and message_id = $3",
    )
    .bind(key.source)
    .bind(key.ticket)
    .bind(key.message)
    .bind(Uuid::now_v7())
    .bind(verdict)
    .execute(db)
    .await?;
    Ok(result.rows_affected() == 1)
}
