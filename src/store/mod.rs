//! Postgres: one file per table, a function per question. What one reading of a ticket leaves in four tables is in `readings`.

pub mod accounts;
pub mod backfills;
pub mod deliveries;
pub mod draft_checks;
pub mod feedback;
pub mod history;
pub mod messages;
pub mod notes;
pub mod polls;
pub mod postgres;
pub mod readings;
pub mod report;
pub mod signals;
pub mod tickets;
pub mod words;

use std::str::FromStr;
use std::time::Duration;

use anyhow::Context;
use chrono::{DateTime, Utc};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions, Connection, Executor, PgPool};

use crate::ticket::TicketId;

/// How long a query waits for a connection. Below the time a helpdesk waits for our answer (10 s).
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);

/// Connections for the worker. More deliveries than this are in hand at once, but most of them wait for a helpdesk, and
/// more statements at once than this only get in each other's way.
const WORKING: u32 = 12;

/// A connection that rested no longer than this was there a moment ago.
const SURELY_THERE: Duration = Duration::from_secs(1);

/// Parses a `DATABASE_URL`. The error does not quote it, for it holds a password.
pub fn parse_url(url: &str) -> anyhow::Result<PgConnectOptions> {
    PgConnectOptions::from_str(url).map_err(|_| {
        anyhow::anyhow!("DATABASE_URL is not of the form postgres://user:password@host:5432/database")
    })
}

/// Makes a pool and waits until the database answers.
pub async fn connect(options: PgConnectOptions) -> anyhow::Result<PgPool> {
    open(pool(24, ""), options).await
}

/// Makes the pool that keeps webhooks: one statement after the other.
///
/// It goes by key alone: Postgres holds on to plans that it made while the queue was empty, and reads the whole queue for each
/// batch once it has filled. (The worker's reading of the queue becomes slower by this, not faster.)
pub async fn connect_for_keeping(options: PgConnectOptions) -> anyhow::Result<PgPool> {
    open(trusting(pool(2, "set enable_seqscan = off")), options).await
}

/// Makes the worker's pool: its commits do not wait for the disk.
///
/// Every step of the worker is safe to repeat, and a crash loses only the latest of them, in order. What must not be
/// lost says so in its own statement: a kept webhook, and the intent to post.
pub async fn connect_for_work(options: PgConnectOptions) -> anyhow::Result<PgPool> {
    open(trusting(pool(WORKING, "set synchronous_commit = off")), options).await
}

fn pool(connections: u32, settings: &'static str) -> PgPoolOptions {
    PgPoolOptions::new().max_connections(connections).acquire_timeout(ACQUIRE_TIMEOUT).after_connect(
        move |connection, _| {
            Box::pin(async move {
                connection.execute(settings).await?;
                Ok(())
            })
        },
    )
}

/// A connection that was in use a moment ago is not asked whether it is still there: that would be a way to Postgres and
/// back before every statement. If it is not, the work is tried again, as it is when Postgres goes away in the middle of it.
fn trusting(pool: PgPoolOptions) -> PgPoolOptions {
    pool.test_before_acquire(false).before_acquire(|connection, was| {
        Box::pin(async move {
            if was.idle_for > SURELY_THERE {
                connection.ping().await?;
            }
            Ok(true)
        })
    })
}

async fn open(pool: PgPoolOptions, options: PgConnectOptions) -> anyhow::Result<PgPool> {
    pool.connect_with(options.disable_statement_logging()).await.context("connecting to Postgres")
}

/// Brings the schema up to date, the job queue's included. Replicas that start together wait for each other: the queue's
/// own migrations only try again after a clash, so a lock is held around all of it.
pub async fn migrate(db: &PgPool) -> anyhow::Result<()> {
    let mut lock = db.begin().await.context("connecting to Postgres")?;
    sqlx::query("select pg_advisory_xact_lock(hashtextextended('undertone: migrations', 0))")
        .execute(&mut *lock)
        .await
        .context("waiting for another replica's migrations")?;
    sqlx::migrate!().run(db).await.context("migrating the database")?;
    crate::jobs::migrate(db).await?;
    lock.commit().await.context("migrating the database")
}

/// One column of many rows, as `unnest` takes it.
fn each<'a, T, C>(rows: &'a [T], column: impl Fn(&'a T) -> C) -> Vec<C> {
    rows.iter().map(column).collect()
}

/// Rows whose words are to go: those of these tickets, and only the older where there is a `before`.
#[derive(Clone, Copy)]
pub struct Old<'a> {
    pub source: &'a str,
    pub tickets: &'a [TicketId],
    pub before: Option<DateTime<Utc>>,
}

impl<'a> Old<'a> {
    fn ticket_ids(&self) -> Vec<&'a str> {
        self.tickets.iter().map(|ticket| ticket.0.as_str()).collect()
    }
}
