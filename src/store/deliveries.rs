//! Deliveries: verified webhooks, kept before they are answered.

mod erasure;

use std::collections::HashSet;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgConnection, PgExecutor};
use uuid::Uuid;

use super::each;
use crate::jobs;
use crate::ticket::TicketId;

pub use erasure::{Erased, drop_bodies, erase};

/// A verified webhook on its way into the table. No Debug: the body is personal data.
pub struct NewDelivery {
    pub source: String,
    pub id: Uuid,
    pub dedup_key: String,
    pub invocation_id: Option<String>,
    pub ticket_id: Option<TicketId>,
    pub body: Bytes,
    /// Whether an equal body is surely the same event. Pointer bodies may be equal for two events.
    pub body_is_unique: bool,
    pub origin: Origin,
}

/// How we came to know of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    Webhook,
    /// Found on the helpdesk: its webhook had not come.
    Poll,
}

impl Origin {
    /// The queue takes lower ones first: what comes in now does not wait behind what was missed.
    fn priority(self) -> i32 {
        match self {
            Self::Webhook => 0,
            Self::Poll => 10,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Webhook => "webhook",
            Self::Poll => "poll",
        }
    }
}

/// A delivery whose work is to be queued.
#[derive(Debug, Clone, FromRow)]
pub struct Queued {
    pub source: String,
    pub id: Uuid,
    pub ticket_id: Option<TicketId>,
}

/// Keeps webhooks and queues their work, in one statement and so in one transaction. Answers the ids of those that are
/// new; a repeat is neither kept nor queued again.
///
/// The queue is asked by its SQL function: through its library this took four round trips and twice the time.
/// The commit waits for the disk, whatever this connection (or a pooler's) was set to before.
pub async fn keep_all(db: impl PgExecutor<'_>, new: &[NewDelivery]) -> sqlx::Result<Vec<Uuid>> {
    sqlx::query_scalar(
        "with arrived as (
             select * from unnest($1::text[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::bytea[], $7::text[], $8::text[],
                                  $11::integer[])
                 as arrived (source, id, dedup_key, invocation_id, ticket_id, body, origin, queue, priority)
         ), kept as (
             insert into delivery (source, id, dedup_key, invocation_id, ticket_id, body, origin)
             select source, id, dedup_key, invocation_id, ticket_id, body, origin from arrived
             where set_config('synchronous_commit', 'on', true) is not null
             order by dedup_key
             on conflict on constraint delivery_dedup_key_unique do nothing
             returning source, id
         ), queued as (
             select count(*) from graphile_worker.add_jobs((
                 select coalesce(array_agg(row($9, json_build_object('source', kept.source, 'delivery', kept.id),
                                               arrived.queue, null, $10, null, arrived.priority, null)::graphile_worker.job_spec
                                           order by kept.id), '{}')
                 from kept join arrived using (id)
             ))
         )
         select kept.id from kept cross join queued",
    )
    .bind(each(new, |one| one.source.as_str()))
    .bind(each(new, |one| one.id))
    .bind(each(new, |one| one.dedup_key.as_str()))
    .bind(each(new, |one| one.invocation_id.as_deref()))
    .bind(each(new, |one| one.ticket_id.as_ref().map(|id| id.0.as_str())))
    .bind(each(new, |one| one.body.as_ref()))
    .bind(each(new, |one| one.origin.as_str()))
    .bind(each(new, |one| one.ticket_id.as_ref().map(|ticket| jobs::queue_of(&one.source, ticket))))
    .bind(jobs::PROCESS_DELIVERY)
    .bind(i32::from(jobs::MAX_ATTEMPTS))
    .bind(each(new, |one| one.origin.priority()))
    .fetch_all(db)
    .await
}

/// Opens finished deliveries again whose body came once more and may have meant another event.
///
/// Two replies can have the same pointer body, whatever came of the first: the ticket is simply read again.
pub async fn reopen(db: &mut PgConnection, repeats: &[&NewDelivery]) -> sqlx::Result<Vec<Queued>> {
    sqlx::query_as(
        "update delivery
         set state = 'waiting', reason = null, attempts = 0, retry_at = null, finished_at = null, body = repeat.body
         from unnest($1::text[], $2::text[], $3::bytea[]) as repeat (source, dedup_key, body)
         where delivery.source = repeat.source
           and delivery.dedup_key = repeat.dedup_key
           and delivery.state <> 'waiting'
           and set_config('synchronous_commit', 'on', true) is not null
         returning delivery.source, delivery.id, delivery.ticket_id",
    )
    .bind(repeats.iter().map(|one| one.source.as_str()).collect::<Vec<_>>())
    .bind(repeats.iter().map(|one| one.dedup_key.as_str()).collect::<Vec<_>>())
    .bind(repeats.iter().map(|one| one.body.as_ref()).collect::<Vec<_>>())
    .fetch_all(db)
    .await
}

/// Which of the failed deliveries: those to which everything applies that is set.
#[derive(Debug, Default)]
pub struct Filter {
    /// Empty for any.
    pub ids: Vec<Uuid>,
    pub source: Option<String>,
    pub reason: Option<String>,
    pub received_since: Option<DateTime<Utc>>,
}

/// A delivery that was given up.
#[derive(Debug, FromRow)]
pub struct Failed {
    pub source: String,
    pub id: Uuid,
    pub ticket_id: Option<TicketId>,
    /// Why it had failed.
    pub reason: String,
    pub received_at: DateTime<Utc>,
}

/// Opens failed deliveries again and gives them oldest first; their work is to be queued in the same transaction.
pub async fn requeue(db: impl PgExecutor<'_>, filter: &Filter) -> sqlx::Result<Vec<Failed>> {
    sqlx::query_as(
        "with failed as (
             select source, id, coalesce(reason, '') as reason
             from delivery
             where state = 'failed'
               and (cardinality($1::uuid[]) = 0 or id = any($1))
               and ($2::text is null or source = $2)
               and ($3::text is null or reason = $3)
               and ($4::timestamptz is null or received_at >= $4)
             for update
         ),
         requeued as (
             update delivery
             set state = 'waiting', reason = null, attempts = 0, retry_at = null, finished_at = null
             from failed
             where delivery.source = failed.source and delivery.id = failed.id
             returning delivery.source, delivery.id, delivery.ticket_id, failed.reason, delivery.received_at
         )
         select source, id, ticket_id, reason, received_at from requeued order by received_at, id",
    )
    .bind(&filter.ids)
    .bind(&filter.source)
    .bind(&filter.reason)
    .bind(filter.received_since)
    .fetch_all(db)
    .await
}

/// Gives those of the tickets that have a delivery waiting or in work.
pub async fn waiting_of(
    db: impl PgExecutor<'_>,
    source: &str,
    tickets: &HashSet<TicketId>,
) -> sqlx::Result<HashSet<TicketId>> {
    let waiting: Vec<TicketId> = sqlx::query_scalar(
        "select distinct ticket_id
         from delivery
         where source = $1 and state = 'waiting' and ticket_id = any($2)",
    )
    .bind(source)
    .bind(tickets.iter().map(|ticket| ticket.0.as_str()).collect::<Vec<_>>())
    .fetch_all(db)
    .await?;
    Ok(waiting.into_iter().collect())
}

/// A delivery to be worked on. No Debug: the body is personal data.
#[derive(FromRow)]
pub struct Delivery {
    pub source: String,
    pub id: Uuid,
    pub ticket_id: Option<TicketId>,
    /// Empty where it has been forgotten.
    pub body: Vec<u8>,
    pub received_at: DateTime<Utc>,
    /// Attempts so far, this one included.
    pub attempts: i32,
    /// Why it waited before this attempt.
    pub last_reason: Option<String>,
    /// Whether some replica has the account paused.
    pub account_is_paused: bool,
}

/// Takes a waiting delivery up for one more attempt. `None` when it is finished already.
///
/// The state is compared so that no index on it can serve: on a table not yet analysed the planner took the one on
/// unfinished deliveries and read the whole backlog for each.
pub async fn begin(db: impl PgExecutor<'_>, source: &str, id: Uuid) -> sqlx::Result<Option<Delivery>> {
    sqlx::query_as(
        "update delivery
         set attempts = attempts + 1, retry_at = null
         where source = $1 and id = $2 and state || '' = 'waiting'
         returning source, id, ticket_id, body, received_at, attempts, reason as last_reason,
                   exists (select from account
                           where account.source = delivery.source and reason is not null
                             and (paused_until > now() or reason in ('helpdesk_unauthorized', 'helpdesk_forbidden'))
                          ) as account_is_paused",
    )
    .bind(source)
    .bind(id)
    .fetch_optional(db)
    .await
}

/// What is still to be worked off for a source.
#[derive(FromRow)]
pub struct Queue {
    pub source: String,
    pub waiting: i64,
    pub oldest_seconds: f64,
}

/// Gives what waits, by source; none for a source for which nothing does.
pub async fn queue(db: impl PgExecutor<'_>) -> sqlx::Result<Vec<Queue>> {
    sqlx::query_as(
        "select source, count(*) as waiting, extract(epoch from now() - min(received_at))::float8 as oldest_seconds
         from delivery
         where state = 'waiting'
         group by source",
    )
    .fetch_all(db)
    .await
}

/// How the work on a delivery ended, for now or for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Done,
    /// Understood, and nothing for us in it.
    Ignored(&'static str),
    Failed(&'static str),
    /// To be tried again. What was only held up, and not tried in earnest, does not count as an attempt.
    Waiting {
        reason: &'static str,
        at: DateTime<Utc>,
        counts: bool,
    },
}

impl Outcome {
    pub fn state(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Ignored(_) => "ignored",
            Self::Failed(_) => "failed",
            Self::Waiting { .. } => "waiting",
        }
    }

    pub fn reason(self) -> Option<&'static str> {
        match self {
            Self::Done => None,
            Self::Ignored(reason) | Self::Failed(reason) | Self::Waiting { reason, .. } => Some(reason),
        }
    }
}

/// What becomes of the raw body when its work is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    Stays,
    Goes,
}

/// Writes down how an attempt ended. A body that goes when its work is done stays while there is work left, and with
/// what failed, to be replayed. One that was erased meanwhile stays erased.
pub async fn finish(
    db: impl PgExecutor<'_>,
    source: &str,
    id: Uuid,
    outcome: Outcome,
    body: Body,
) -> sqlx::Result<()> {
    let (retry_at, counts) = match outcome {
        Outcome::Waiting { at, counts, .. } => (Some(at), counts),
        _ => (None, true),
    };
    sqlx::query(
        "update delivery
         set state = $3, reason = $4, retry_at = $5, finished_at = case when $3 = 'waiting' then null else now() end,
             attempts = case when $6 then attempts else greatest(attempts - 1, 0) end,
             body = case when $7 and $3 in ('done', 'ignored') then '' else body end
         where source = $1 and id = $2 and state || '' = 'waiting'",
    )
    .bind(source)
    .bind(id)
    .bind(outcome.state())
    .bind(outcome.reason())
    .bind(retry_at)
    .bind(counts)
    .bind(body == Body::Goes)
    .execute(db)
    .await?;
    Ok(())
}

/// When a waiting delivery is to be tried again.
pub async fn retry_at(
    db: impl PgExecutor<'_>,
    source: &str,
    id: Uuid,
) -> sqlx::Result<Option<DateTime<Utc>>> {
    sqlx::query_scalar(
        "select retry_at from delivery where source = $1 and id = $2 and state || '' = 'waiting'",
    )
    .bind(source)
    .bind(id)
    .fetch_optional(db)
    .await
    .map(Option::flatten)
}
