//! Signals: what was found beneath a message.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use sqlx::types::Json;

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
        .bind(Json(&signal.evidence))
        .bind(Json(&signal.facts))
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
}
