//! Replay: deliveries that were given up go through again, and the notes that failed with them.

use sqlx::PgPool;

use crate::jobs;
use crate::store::deliveries::{self, Failed, Filter, Queued};
use crate::store::notes;

/// Whether anything changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replay {
    DryRun,
    ForGood,
}

/// What goes through again.
pub struct Replayed {
    /// Oldest first.
    pub deliveries: Vec<Failed>,
    /// Notes that are on their way again.
    pub notes: u64,
}

/// Queues failed deliveries anew, all of them or, when something goes wrong, none.
pub async fn replay(db: &PgPool, filter: &Filter, replay: Replay) -> anyhow::Result<Replayed> {
    let mut tx = db.begin().await?;
    let failed = deliveries::requeue(&mut *tx, filter).await?;
    let notes = notes::requeue(&mut *tx, &failed).await?;
    let queued: Vec<_> = failed
        .iter()
        .map(|one| Queued { source: one.source.clone(), id: one.id, ticket_id: one.ticket_id.clone() })
        .collect();
    jobs::enqueue(db, &mut tx, queued.iter()).await?;
    match replay {
        Replay::ForGood => tx.commit().await?,
        Replay::DryRun => tx.rollback().await?,
    }
    Ok(Replayed { deliveries: failed, notes })
}
