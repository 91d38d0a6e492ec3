//! Privacy: the nightly forgetting of words that were kept long enough, and the erasure of one requester's.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Context;
use chrono::{DateTime, Days, Utc};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use crate::app::App;
use crate::config::KeepText;
use crate::jobs;
use crate::store::notes::OnTicket;
use crate::store::{Old, deliveries, draft_checks, messages, notes, signals, tickets};
use crate::ticket::{TicketId, UserId};

/// Tickets whose rows a statement of the night looks through: some 1,000 rows, so that no lock is held for long.
const TICKETS_AT_ONCE: i64 = 250;

/// How long an erasure waits for work on this requester's tickets that has begun before it.
const WORK_IN_HAND: Duration = Duration::from_secs(60);

/// Rows that lost their words, by table.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Removed(pub BTreeMap<&'static str, u64>);

impl Removed {
    fn add(&mut self, table: &'static str, rows: u64) {
        *self.0.entry(table).or_default() += rows;
    }
}

/// Forgets what each source has kept long enough, in small statements. Safe to stop and to repeat.
pub async fn forget(app: &App) -> sqlx::Result<()> {
    for account in app.accounts() {
        let Some(before) = horizon(account.source.keep_text, Utc::now()) else { continue };
        let source = account.source.name.as_str();
        let mut removed = Removed::default();
        let done = forget_before(app, source, before, &mut removed).await;
        tell(source, &removed);
        done?;
    }
    Ok(())
}

/// Words from before this go. A source that keeps none has its failed deliveries for a day, to be replayed.
fn horizon(keep: KeepText, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    match keep {
        KeepText::Forever => None,
        KeepText::Days(days) => Some(now - Days::new(days.into())),
        KeepText::No => Some(now - Days::new(1)),
    }
}

async fn forget_before(
    app: &App,
    source: &str,
    before: DateTime<Utc>,
    removed: &mut Removed,
) -> sqlx::Result<()> {
    let mut after = Uuid::nil();
    loop {
        app.keeper.let_through().await;
        let (dropped, last) = deliveries::drop_bodies(&app.db, source, after, before).await?;
        removed.add("delivery", dropped);
        let Some(last) = last else { break };
        after = last;
    }
    let mut after = TicketId(String::new());
    loop {
        app.keeper.let_through().await;
        let page = tickets::page(&app.db, source, &after, TICKETS_AT_ONCE).await?;
        let Some(last) = page.last() else { break };
        let mut connection = app.db.acquire().await?;
        drop_words(&mut connection, Old { source, tickets: &page, before: Some(before) }, removed).await?;
        after = last.clone();
    }
    Ok(())
}

/// Removes customers' words from every table that is keyed by ticket.
async fn drop_words(db: &mut PgConnection, old: Old<'_>, removed: &mut Removed) -> sqlx::Result<()> {
    removed.add("message", messages::drop_text(&mut *db, old).await?);
    removed.add("signal", signals::drop_quotes(&mut *db, old).await?);
    removed.add("note", notes::drop_text(&mut *db, old).await?);
    removed.add("draft_check", draft_checks::drop_quotes(&mut *db, old).await?);
    removed.add("ticket", tickets::drop_subjects(&mut *db, old).await?);
    Ok(())
}

fn tell(source: &str, removed: &Removed) {
    for (table, rows) in &removed.0 {
        metrics::counter!("undertone_text_forgotten_total", "source" => source.to_owned(), "table" => *table)
            .increment(*rows);
    }
    let rows: u64 = removed.0.values().sum();
    tracing::info!(source, rows, "Forgot customers' words that were kept long enough");
}

/// Whether an erasure is to happen, or only to be counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Erasure {
    ForGood,
    DryRun,
}

/// What an erasure removed, or would.
#[derive(Default)]
pub struct Erased {
    pub tickets: usize,
    pub removed: Removed,
    /// Deliveries that waited or had failed, and are finished now.
    pub ended: usize,
    /// Notes that waited to be posted, and will not be.
    pub withheld: u64,
    /// Notes of ours that the helpdesk has.
    pub on_helpdesk: Vec<OnTicket>,
    /// Work on these tickets went on all the while: it may have brought words back.
    pub work_in_hand: bool,
}

/// Removes a requester's words from every table. `None` for a requester of whom there is nothing here.
///
/// First the deliveries, so that no work begins on them any more; then, when what had begun is over, the words.
pub async fn erase(
    db: &PgPool,
    source: &str,
    requester: &UserId,
    erasure: Erasure,
) -> anyhow::Result<Option<Erased>> {
    let mut tx = db.begin().await?;
    let known = tickets::of_requester(&mut *tx, source, requester).await?;
    let deliveries = deliveries::erase(&mut *tx, source, requester, &known).await?;
    if known.is_empty() && deliveries.is_empty() && !tickets::knows(&mut *tx, source, requester).await? {
        return Ok(None);
    }
    let mut erased = Erased { tickets: known.len(), ..Erased::default() };
    erased.removed.add("delivery", deliveries.len() as u64);
    erased.ended = deliveries.iter().filter(|one| one.ended()).count();
    if erasure == Erasure::ForGood {
        tx.commit().await?;
        erased.work_in_hand = !out_of_hand(db, &deliveries).await?;
        tx = db.begin().await?;
    }
    let known = tickets::of_requester(&mut *tx, source, requester).await?;
    let all = Old { source, tickets: &known, before: None };
    erased.on_helpdesk = notes::on_tickets(&mut *tx, all).await?;
    erased.withheld = notes::withhold_erased(&mut *tx, all).await?;
    drop_words(&mut tx, all, &mut erased.removed).await?;
    signals::drop_hashes(&mut *tx, all).await?;
    erased.removed.add("requester", tickets::erase_requester(&mut *tx, source, requester).await?);
    match erasure {
        Erasure::ForGood => tx.commit().await?,
        Erasure::DryRun => tx.rollback().await?,
    }
    Ok(Some(erased))
}

/// Waits until no replica works on these deliveries any more; answers whether that came about in time.
async fn out_of_hand(db: &PgPool, deliveries: &[deliveries::Erased]) -> anyhow::Result<bool> {
    let ended: Vec<_> = deliveries.iter().filter(|one| one.ended()).map(|one| one.id).collect();
    let waiting = async {
        while jobs::in_hand(db, &ended).await? > 0 {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        anyhow::Ok(())
    };
    match tokio::time::timeout(WORK_IN_HAND, waiting).await {
        Ok(done) => done.context("looking for work in hand").map(|()| true),
        Err(_) => Ok(false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_go_after_their_days_and_never_when_kept_forever() {
        let now: DateTime<Utc> = "2026-03-31T03:00:00Z".parse().unwrap();
        let cases = [
            (KeepText::Forever, None),
            (KeepText::Days(1), Some("2026-03-30T03:00:00Z")),
            (KeepText::Days(90), Some("2025-12-31T03:00:00Z")),
            (KeepText::Days(3650), Some("2016-04-02T03:00:00Z")),
            (KeepText::No, Some("2026-03-30T03:00:00Z")),
        ];
        for (keep, expected) in cases {
            let expected = expected.map(|moment| moment.parse::<DateTime<Utc>>().unwrap());
            assert_eq!(horizon(keep, now), expected, "{keep:?}");
        }
    }
}
