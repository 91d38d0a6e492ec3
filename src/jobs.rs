//! The job queue: every call to graphile_worker is here.
//!
//! A job holds ids only. The jobs of one ticket run one after the other, across replicas.

use std::time::{Duration, Instant};

use anyhow::Context;
use chrono::Utc;
use graphile_worker::worker_utils::types::RescheduleJobOptions;
use graphile_worker::{
    Cron, CrontabFill, HookRegistry, IntoTaskHandlerResult, JobFail, JobSpec, JobSpecBuilder,
    LocalQueueConfig, Plugin, RefetchDelayConfig, TaskHandler, WorkerContext, WorkerOptions, WorkerUtils,
};
use serde::{Deserialize, Serialize};
use sqlx::postgres::PgListener;
use sqlx::{PgConnection, PgPool};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::app::App;
use crate::privacy;
use crate::store::deliveries::{self, Queued};
use crate::ticket::TicketId;
use crate::worker;

const SCHEMA: &str = "graphile_worker";

/// Queue rows are never deleted, so tickets share this many queues a source instead of having one each.
const QUEUES: u32 = 256;

/// Attempts in a row that do not come to an end of their own: what crashes the process so often is left.
pub const MAX_ATTEMPTS: i16 = 200;

/// The name of the work on one delivery in the queue's tables.
pub const PROCESS_DELIVERY: &str = "process_delivery";

/// The work on one delivery.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct ProcessDelivery {
    source: String,
    delivery: Uuid,
}

impl TaskHandler for ProcessDelivery {
    const IDENTIFIER: &'static str = PROCESS_DELIVERY;

    async fn run(self, ctx: WorkerContext) -> impl IntoTaskHandlerResult {
        let app = ctx.get_ext::<App>().expect("the worker was given the app");
        in_a_word(worker::work_off(app.clone(), self.source, self.delivery)).await
    }
}

/// Does it in a task of its own: the queue's tables keep what a failed job said, and what a panic says can quote a customer.
async fn in_a_word(work: impl Future<Output = Result<(), String>> + Send + 'static) -> Result<(), String> {
    tokio::spawn(work).await.unwrap_or_else(|_| Err("panicked".to_owned()))
}

/// The nightly forgetting of words that were kept long enough.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct ForgetText {}

impl TaskHandler for ForgetText {
    const IDENTIFIER: &'static str = "forget_text";

    async fn run(self, ctx: WorkerContext) -> impl IntoTaskHandlerResult {
        let app = ctx.get_ext::<App>().expect("the worker was given the app");
        let stop = ctx.get_ext::<CancellationToken>().expect("the worker was given the signal to stop");
        tokio::select! {
            done = privacy::forget(app) => done.map_err(|_| "database"),
            // Another replica goes on, or this one at its next start.
            () = stop.cancelled() => Err("stopping"),
        }
    }
}

/// When the words go, UTC. A night that was missed is made up for within the day.
const FORGET_AT: (u32, u32) = (3, 0);

/// Installs or updates the queue's own tables.
pub async fn migrate(db: &PgPool) -> anyhow::Result<()> {
    utils(db).migrate().await.context("migrating the job queue")
}

/// Queues the work on deliveries within the caller's transaction.
///
/// The pool is only named by the library's interface; the statement runs on the caller's connection.
pub async fn enqueue<'a>(
    db: &PgPool,
    tx: &mut PgConnection,
    deliveries: impl Iterator<Item = &'a Queued>,
) -> anyhow::Result<()> {
    let jobs: Vec<(ProcessDelivery, JobSpec)> = deliveries
        .map(|queued| {
            let job = ProcessDelivery { source: queued.source.clone(), delivery: queued.id };
            let spec = JobSpecBuilder::new().max_attempts(MAX_ATTEMPTS);
            let spec = match &queued.ticket_id {
                Some(ticket) => spec.queue_name(queue_of(&queued.source, ticket)),
                None => spec,
            };
            (job, spec.build())
        })
        .collect();
    if jobs.is_empty() {
        return Ok(());
    }
    let jobs: Vec<_> = jobs.iter().map(|(job, spec)| (job.clone(), spec)).collect();
    utils(db).with_executor(tx).add_jobs::<ProcessDelivery>(&jobs).await.context("queueing the work")?;
    Ok(())
}

/// The same queue for every webhook of a ticket (FNV-1a, which gives the same in every release and replica).
pub fn queue_of(source: &str, ticket: &TicketId) -> String {
    let hash = ticket
        .0
        .bytes()
        .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    format!("{source}:{}", hash % QUEUES)
}

fn utils(db: &PgPool) -> WorkerUtils {
    WorkerUtils::new(db.clone(), SCHEMA)
}

/// Works deliveries off until told to stop; then lets those in hand finish.
///
/// The queue's own loop can end with an error (Postgres restarts): it is started again, and readiness tells meanwhile.
pub async fn run(app: App, stop: CancellationToken) {
    let mut pauses = pauses();
    while !stop.is_cancelled() {
        let began = Instant::now();
        if let Err(error) = run_once(&app, &stop).await {
            tracing::warn!("The worker stopped and is started again: {error:#}");
        }
        app.health.set_worker(false);
        if began.elapsed() > LONGEST_PAUSE {
            pauses = self::pauses();
        }
        let pause = pauses.next().unwrap_or(LONGEST_PAUSE);
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// How long the work in hand may take to finish once the service is told to stop.
pub const GRACE: Duration = Duration::from_secs(20);

const LONGEST_PAUSE: Duration = Duration::from_secs(10);

fn pauses() -> impl Iterator<Item = Duration> {
    use backon::BackoffBuilder;
    backon::ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(200))
        .with_max_delay(LONGEST_PAUSE)
        .with_jitter()
        .without_max_times()
        .build()
}

/// How many of these deliveries a replica works on at this moment, or has taken up to be next.
pub async fn in_hand(db: &PgPool, deliveries: &[Uuid]) -> anyhow::Result<i64> {
    let ids: Vec<_> = deliveries.iter().map(Uuid::to_string).collect();
    let count = sqlx::query_scalar(
        "select count(*) from graphile_worker._private_jobs
         where locked_at is not null and payload ->> 'delivery' = any($1)",
    );
    Ok(count.bind(ids).fetch_one(db).await?)
}

async fn run_once(app: &App, stop: &CancellationToken) -> anyhow::Result<()> {
    let stop = &stop.child_token();
    let line = PgListener::connect_with(&app.db).await?;
    let (hour, minute) = FORGET_AT;
    let worker = WorkerOptions::default()
        .schema(SCHEMA)
        .pg_pool(app.db.clone())
        .concurrency(app.worker.concurrency)
        .define_job::<ProcessDelivery>()
        .define_job::<ForgetText>()
        .with_cron(
            Cron::daily_at::<ForgetText>(hour, minute)?.fill(CrontabFill::hours(23)).job_key("forget_text"),
        )
        .add_extension(app.clone())
        .add_extension(stop.clone())
        // Without it a backlog is worked off one poll at a time, and the loop ends when Postgres restarts.
        // Without the delay an empty queue is asked without pause, some 700 times a second. A new job ends the delay at
        // once; what comes without a notification (a retry that is due, a ticket whose turn it is) waits no longer than this.
        .local_queue(
            LocalQueueConfig::default().with_refetch_delay(
                RefetchDelayConfig::default()
                    .with_duration(Duration::from_millis(100))
                    .with_max_abort_threshold(1),
            ),
        )
        // Finished jobs leave the queue together: a statement for many in place of one each.
        .complete_job_batch_delay(Duration::from_millis(5))
        // Recovery is off by default: a killed worker's jobs would wait four hours.
        .heartbeat_interval(Duration::from_secs(5))
        .sweep_interval(Duration::from_secs(5))
        .sweep_threshold(Duration::from_secs(15))
        .recovery_delay(Duration::ZERO)
        .listen_os_shutdown_signals(false)
        .shutdown_signal(stop.clone().cancelled_owned())
        .shutdown_grace_period(GRACE)
        // A job that was cut off is another replica's at once.
        .shutdown_interrupted_job_retry_delay(Duration::ZERO)
        .add_plugin(RetryPolicy { db: app.db.clone() })
        .init()
        .await?;
    app.health.set_worker(true);
    tokio::spawn(stop_when_postgres_is_lost(line, stop.clone()));
    let ended = worker.run().await;
    stop.cancel();
    Ok(ended?)
}

/// Ends this run of the worker when Postgres goes away under it: what was committed last may be forgotten when it comes
/// back, for our commits do not wait for the disk. A job that we took or finished in that last moment would be held in our
/// name, by a worker that knows nothing of it. The next run has another name, and those jobs are found by the sweep.
async fn stop_when_postgres_is_lost(mut line: PgListener, stop: CancellationToken) {
    // Nothing is ever sent on this line: it ends with its connection.
    let lost = async { while let Ok(Some(_)) = line.try_recv().await {} };
    tokio::select! {
        () = stop.cancelled() => {}
        () = lost => {
            tracing::warn!("The connection to Postgres was lost: the worker starts afresh");
            stop.cancel();
        }
    }
}

/// Tries a failed job again when its delivery says so, in place of the queue's own back-off, which has no jitter
/// and knows no Retry-After.
struct RetryPolicy {
    db: PgPool,
}

impl Plugin for RetryPolicy {
    fn register(self, hooks: &mut HookRegistry) {
        hooks.on(JobFail, move |failed| {
            let db = self.db.clone();
            async move {
                let Ok(job) = serde_json::from_value::<ProcessDelivery>(failed.job.payload().clone()) else {
                    return;
                };
                let at = deliveries::retry_at(&db, &job.source, job.delivery).await.ok().flatten();
                let run_at = at.unwrap_or_else(|| Utc::now() + Duration::from_secs(10));
                // The delivery counts its attempts, and not those that only waited: here they count from the start.
                // What has waited goes before what is new.
                let options = RescheduleJobOptions {
                    run_at: Some(run_at),
                    attempts: Some(0),
                    priority: Some(-1),
                    ..Default::default()
                };
                if let Err(error) = utils(&db).reschedule_jobs(&[*failed.job.id()], options).await {
                    tracing::warn!(delivery.id = %job.delivery, "The queue's own back-off stands: {error}");
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_the_queue_is_told_of_a_failure_is_a_word_of_ours() {
        let name = "Zephyrine";
        assert_eq!(in_a_word(async { Ok(()) }).await, Ok(()));
        assert_eq!(in_a_word(async { Err("database".to_owned()) }).await, Err("database".to_owned()));
        assert_eq!(in_a_word(async move { panic!("no {name}") }).await, Err("panicked".to_owned()));
    }
}
