//! Accounts: which of them are paused, the same for all replicas.
//!
//! Ends are reckoned by the database's clock and handed out as seconds left, so that replicas need not agree on the time.

use std::time::Duration;

use chrono::Utc;
use sqlx::{FromRow, PgExecutor};

use crate::helpdesk::Pause;
use crate::helpdesk::gate::Reason;

#[derive(FromRow)]
struct Paused {
    source: String,
    reason: String,
    since_seconds: f64,
    seconds_left: f64,
}

/// Gives the accounts that are paused now, by source. A reason that this release does not know is left out.
pub async fn paused(db: impl PgExecutor<'_>) -> sqlx::Result<Vec<(String, Pause)>> {
    let rows: Vec<Paused> = sqlx::query_as(
        "select source, reason,
                extract(epoch from now() - paused_since)::float8 as since_seconds,
                extract(epoch from paused_until - now())::float8 as seconds_left
         from account
         where reason in ('helpdesk_unauthorized', 'helpdesk_forbidden') or reason is not null and paused_until > now()",
    )
    .fetch_all(db)
    .await?;
    let now = Utc::now();
    let pause = |row: Paused| {
        let reason = Reason::parse(&row.reason)?;
        let since = now - Duration::try_from_secs_f64(row.since_seconds).unwrap_or_default();
        let until = now + Duration::try_from_secs_f64(row.seconds_left).unwrap_or_default();
        Some((row.source, Pause { reason, since, until }))
    };
    Ok(rows.into_iter().filter_map(pause).collect())
}

/// Pauses an account for so long. A longer pause that is on stays, and so does one for refused credentials.
pub async fn hold(db: impl PgExecutor<'_>, source: &str, reason: Reason, wait: Duration) -> sqlx::Result<()> {
    sqlx::query(
        "insert into account as known (source, reason, paused_since, paused_until)
         values ($1, $2, now(), now() + make_interval(secs => $3))
         on conflict (source) do update
         set reason = excluded.reason,
             paused_since = case when known.paused_until > now() then known.paused_since else now() end,
             paused_until = greatest(known.paused_until, excluded.paused_until)
         where known.reason is null or known.reason not in ('helpdesk_unauthorized', 'helpdesk_forbidden')",
    )
    .bind(source)
    .bind(reason.as_str())
    .bind(wait.as_secs_f64())
    .execute(db)
    .await?;
    Ok(())
}

/// Pauses an account whose credentials are refused, until a probe is let in.
///
/// The first probe comes soon, unless the last one was let in only minutes ago: then it goes on where it was.
pub async fn refuse(db: impl PgExecutor<'_>, source: &str, reason: Reason) -> sqlx::Result<()> {
    sqlx::query(
        "insert into account as known (source, reason, paused_since, paused_until)
         values ($1, $2, now(), now() + interval '2 seconds')
         on conflict (source) do update
         set reason = excluded.reason,
             paused_since = now(),
             probes = case when known.resumed_at > now() - interval '10 minutes' then known.probes else 0 end,
             paused_until = now() + case when known.resumed_at > now() - interval '10 minutes'
                                         then make_interval(secs => least(300, 2 * 2 ^ least(known.probes, 10)))
                                         else interval '2 seconds' end
         where known.reason is null or known.reason not in ('helpdesk_unauthorized', 'helpdesk_forbidden')",
    )
    .bind(source)
    .bind(reason.as_str())
    .execute(db)
    .await?;
    Ok(())
}

/// Claims the probe of an account when it is due, so that one replica makes it. One that takes over 5 s may be joined by
/// another's, which does no harm; deliveries look at this time too, and it must not keep them long.
pub async fn claim_probe(db: impl PgExecutor<'_>, source: &str) -> sqlx::Result<bool> {
    let claimed = sqlx::query(
        "update account
         set probes = probes + 1, paused_until = now() + interval '5 seconds'
         where source = $1 and reason in ('helpdesk_unauthorized', 'helpdesk_forbidden') and paused_until <= now()",
    )
    .bind(source)
    .execute(db)
    .await?;
    Ok(claimed.rows_affected() == 1)
}

/// Puts the next probe off after one that was not let in: 4 seconds, growing to 5 minutes, and up to a tenth more.
pub async fn put_off(db: impl PgExecutor<'_>, source: &str) -> sqlx::Result<()> {
    sqlx::query(
        "update account
         set paused_until = now() + make_interval(secs => least(300, 2 * 2 ^ least(probes, 10)) * (1 + random() / 10))
         where source = $1 and reason in ('helpdesk_unauthorized', 'helpdesk_forbidden')",
    )
    .bind(source)
    .execute(db)
    .await?;
    Ok(())
}

/// Ends the pause of an account whose credentials work again. Answers whether it was paused.
pub async fn resume(db: impl PgExecutor<'_>, source: &str) -> sqlx::Result<bool> {
    let resumed = sqlx::query(
        "update account
         set reason = null, paused_since = null, paused_until = null, resumed_at = now()
         where source = $1 and reason in ('helpdesk_unauthorized', 'helpdesk_forbidden')",
    )
    .bind(source)
    .execute(db)
    .await?;
    Ok(resumed.rows_affected() == 1)
}

/// Makes the next probe of refused credentials due now: a service that starts may have been given new ones.
pub async fn probe_soon(db: impl PgExecutor<'_>, sources: &[&str]) -> sqlx::Result<()> {
    sqlx::query(
        "update account
         set paused_until = now(), probes = 0
         where source = any($1) and reason in ('helpdesk_unauthorized', 'helpdesk_forbidden')",
    )
    .bind(sources)
    .execute(db)
    .await?;
    Ok(())
}

/// How much of a source's budget of ticket updates is taken.
#[derive(FromRow)]
pub struct Budget {
    pub source: String,
    /// Turns that came within the last minute, and those that are still to come, as far as they fit the budget.
    pub taken: i64,
    /// Notes whose turn is still to come.
    pub waiting: i64,
}

/// Gives what is taken of each source's budget; none for a source that never updated a ticket.
pub async fn budgets(db: impl PgExecutor<'_>) -> sqlx::Result<Vec<Budget>> {
    sqlx::query_as(
        "select source,
                (select count(*) from unnest(update_turns) as turn where turn > now() - interval '1 minute') as taken,
                (select count(*)
                 from note
                 where note.source = account.source and state = 'pending' and turn_at > now()) as waiting
         from account",
    )
    .fetch_all(db)
    .await
}

/// Gives out the source's next turn to update a ticket, as seconds from now: at most so many in any minute.
pub async fn draw_turn(db: impl PgExecutor<'_>, source: &str, per_minute: u32) -> sqlx::Result<f64> {
    sqlx::query_scalar(
        "insert into account as known (source, update_turns) values ($1, array[now()])
         on conflict (source) do update
         set update_turns = known.update_turns[cardinality(known.update_turns) - $2 + 2 :]
                            || greatest(now(), known.update_turns[cardinality(known.update_turns) - $2 + 1]
                                               + interval '1 minute')
         returning extract(epoch from update_turns[cardinality(update_turns)] - now())::float8",
    )
    .bind(source)
    .bind(per_minute as i32)
    .fetch_one(db)
    .await
}
