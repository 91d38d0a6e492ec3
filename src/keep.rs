//! Keep: verified webhooks into Postgres, those that arrive together in one transaction.
//!
//! One writer takes all that waits, inserts it with one statement, queues the work and commits; then
//! each sender is answered. Alone, a webhook waits for nobody: while one commit is under way the next
//! batch gathers by itself.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use sqlx::PgPool;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::jobs;
use crate::store::deliveries::{self, NewDelivery};

/// Webhooks that may wait for the writer; beyond this a sender is asked to come again.
const WAITING_LINE: usize = 1024;
/// Webhooks in one transaction at the most.
const BATCH: usize = 256;

/// So many webhooks waiting at once are a burst: it is kept first and worked off after.
const MANY: usize = 4;

/// Keeps webhooks. Cheap to clone; the writer ends when the last clone is gone.
#[derive(Clone)]
pub struct Keeper {
    line: mpsc::Sender<Waiting>,
    waiting: Arc<AtomicUsize>,
}

struct Waiting {
    delivery: NewDelivery,
    answer: oneshot::Sender<Result<Kept, NotKept>>,
}

/// What became of a webhook that is now safe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    New,
    /// It was here before.
    Repeat,
}

/// It could not be kept: the sender must try again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the webhook could not be kept")]
pub struct NotKept;

impl Keeper {
    /// Starts the writer.
    pub fn start(db: PgPool) -> (Self, JoinHandle<()>) {
        let (line, waiting) = mpsc::channel(WAITING_LINE);
        let keeper = Self { line, waiting: Arc::default() };
        (keeper, tokio::spawn(write(db, waiting)))
    }

    /// Keeps a webhook and queues its work; returns when both are committed.
    pub async fn keep(&self, delivery: NewDelivery) -> Result<Kept, NotKept> {
        let (answer, answered) = oneshot::channel();
        let _counted = Counted::new(&self.waiting);
        self.line.try_send(Waiting { delivery, answer }).map_err(|_| NotKept)?;
        answered.await.map_err(|_| NotKept)?
    }

    /// Lets those that wait for an answer go first: waits while there are many, a second at the most.
    pub async fn let_through(&self) {
        let deadline = Instant::now() + Duration::from_secs(1);
        while self.waiting.load(Ordering::Relaxed) > MANY && Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

/// Keeps deliveries of our own finding beside the line of webhooks, all of them or none. Gives how many are new.
pub async fn keep_found(db: &PgPool, found: &[NewDelivery]) -> Result<usize, NotKept> {
    let kept = commit(db, found).await.map_err(|error| log(&error))?;
    Ok(kept.into_iter().filter(|kept| *kept == Kept::New).count())
}

/// One that waits, counted until it is answered or gives up.
struct Counted<'a>(&'a AtomicUsize);

impl<'a> Counted<'a> {
    fn new(waiting: &'a AtomicUsize) -> Self {
        waiting.fetch_add(1, Ordering::Relaxed);
        Self(waiting)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

async fn write(db: PgPool, mut line: mpsc::Receiver<Waiting>) {
    let mut batch = Vec::with_capacity(BATCH);
    while line.recv_many(&mut batch, BATCH).await > 0 {
        let (deliveries, answers): (Vec<_>, Vec<_>) =
            batch.drain(..).map(|waiting| (waiting.delivery, waiting.answer)).unzip();
        for (answer, result) in answers.into_iter().zip(keep_all(&db, &deliveries).await) {
            // The sender may have gone; the webhook is kept all the same.
            let _ = answer.send(result);
        }
    }
}

async fn keep_all(db: &PgPool, batch: &[NewDelivery]) -> Vec<Result<Kept, NotKept>> {
    match commit(db, batch).await {
        Ok(kept) => kept.into_iter().map(Ok).collect(),
        Err(error) if batch.len() > 1 && is_about_a_row(&error) => {
            // One bad row must not fail its neighbours.
            let mut results = Vec::with_capacity(batch.len());
            for delivery in batch {
                let alone = commit(db, std::slice::from_ref(delivery)).await;
                results.push(alone.map(|kept| kept[0]).map_err(|error| log(&error)));
            }
            results
        }
        Err(error) => {
            log(&error);
            batch.iter().map(|_| Err(NotKept)).collect()
        }
    }
}

async fn commit(db: &PgPool, batch: &[NewDelivery]) -> anyhow::Result<Vec<Kept>> {
    let new: HashSet<_> = deliveries::keep_all(db, batch).await?.into_iter().collect();
    let is_new = |delivery: &NewDelivery| new.contains(&delivery.id);
    let ambiguous: Vec<_> = batch.iter().filter(|one| !one.body_is_unique && !is_new(one)).collect();
    if !ambiguous.is_empty() {
        reopen(db, &ambiguous).await?;
    }
    Ok(batch.iter().map(|one| if is_new(one) { Kept::New } else { Kept::Repeat }).collect())
}

async fn reopen(db: &PgPool, repeats: &[&NewDelivery]) -> anyhow::Result<()> {
    let mut tx = db.begin().await?;
    let reopened = deliveries::reopen(&mut tx, repeats).await?;
    jobs::enqueue(db, &mut tx, reopened.iter()).await?;
    Ok(tx.commit().await?)
}

/// Whether the data is to blame (SQLSTATE classes 22 and 23) and not the database's state.
fn is_about_a_row(error: &anyhow::Error) -> bool {
    let code = error.downcast_ref::<sqlx::Error>().and_then(|error| error.as_database_error()?.code());
    code.is_some_and(|code| code.starts_with("22") || code.starts_with("23"))
}

fn log(error: &anyhow::Error) -> NotKept {
    // Database errors of an insert can quote the row; only their code is safe to log.
    let code = error.downcast_ref::<sqlx::Error>().and_then(|error| error.as_database_error()?.code());
    tracing::error!(
        db.code = code.as_deref(),
        "Could not keep webhooks; the helpdesk is asked to send them again"
    );
    NotKept
}
