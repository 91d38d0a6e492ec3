//! What takes customers' words out of the table: the nightly forgetting of bodies, and an erasure.

use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgExecutor};
use uuid::Uuid;

use crate::ticket::{TicketId, UserId};

/// Removes the bodies of finished deliveries among those after this one, 1,000 at the most. Gives how many lost theirs
/// and the last that was looked at; `None` when there were no more.
pub async fn drop_bodies(
    db: impl PgExecutor<'_>,
    source: &str,
    after: Uuid,
    finished_before: DateTime<Utc>,
) -> sqlx::Result<(u64, Option<Uuid>)> {
    let (dropped, last): (i64, Option<Uuid>) = sqlx::query_as(
        "with page as (
             select id from delivery where source = $1 and id > $2 order by id limit 1000
         ), dropped as (
             update delivery set body = ''
             from page
             where delivery.source = $1 and delivery.id = page.id and state <> 'waiting' and finished_at < $3
               and octet_length(body) > 0
             returning delivery.id
         )
         select (select count(*) from dropped), (select id from page order by id desc limit 1)",
    )
    .bind(source)
    .bind(after)
    .bind(finished_before)
    .fetch_one(db)
    .await?;
    Ok((dropped as u64, last))
}

/// A delivery whose body was erased, and its state before.
#[derive(FromRow)]
pub struct Erased {
    pub id: Uuid,
    was: String,
}

impl Erased {
    /// Whether there was work left, which nobody will do now.
    pub fn ended(&self) -> bool {
        matches!(self.was.as_str(), "waiting" | "failed")
    }
}

/// Removes the bodies of an erased requester's webhooks; those waiting or failed are finished, as ignored.
///
/// They are those about the requester's tickets, and those that name the requester on a ticket not read yet.
pub async fn erase(
    db: impl PgExecutor<'_>,
    source: &str,
    requester: &UserId,
    tickets: &[TicketId],
) -> sqlx::Result<Vec<Erased>> {
    sqlx::query_as(
        "with theirs as (
             select id, state
             from delivery
             where source = $1 and (octet_length(body) > 0 or state in ('waiting', 'failed'))
               and case
                   when exists (select from ticket where ticket.source = $1 and ticket.ticket_id = delivery.ticket_id)
                       then ticket_id = any($2)
                   else ticket_id is distinct from $3
                       and encode(body, 'escape') ~ ('id\"?\\s*[:=]\\s*\"?' || $3 || '([^0-9]|$)')
               end
             for update
         )
         update delivery
         set body = '', retry_at = null, finished_at = coalesce(finished_at, now()),
             state = case when theirs.state in ('waiting', 'failed') then 'ignored' else delivery.state end,
             reason = case when theirs.state in ('waiting', 'failed') then 'erased' else delivery.reason end
         from theirs
         where delivery.source = $1 and delivery.id = theirs.id
         returning delivery.id, theirs.state as was",
    )
    .bind(source)
    .bind(tickets.iter().map(|ticket| ticket.0.as_str()).collect::<Vec<_>>())
    .bind(requester)
    .fetch_all(db)
    .await
}
