//! The poll: asks each helpdesk which tickets changed, and keeps a delivery for every customer message that was not read.
//!
//! Once a cluster: the turn is a row in Postgres, taken by whichever replica is free. What is found goes the way of a
//! webhook from there on.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::app::{Account, App};
use crate::helpdesk::gate::Reason;
use crate::helpdesk::{CallError, Newest, Position};
use crate::keep::{self, NotKept};
use crate::store::deliveries::{self, NewDelivery, Origin};
use crate::store::polls::{self, Turn};
use crate::store::{messages, tickets};
use crate::ticket::{MessageId, Status, Ticket};

/// How often a replica asks whether a turn is due.
const TICK: Duration = Duration::from_secs(2);

/// A turn without a word for this long is another replica's.
const HOLD: Duration = Duration::from_secs(120);

/// When to come back to a message whose webhook may still come.
const SOON: Duration = Duration::from_secs(60);

/// The pause after trouble, unless the helpdesk says.
const AGAIN: Duration = Duration::from_secs(60);

/// How far back a turn looks again: lists lag behind, and their borders are of whole seconds.
const OVERLAP: TimeDelta = TimeDelta::minutes(2);

/// Messages somewhat older than the last turn are looked at too, for stamps of one ticket may differ.
const ALLOWANCE: TimeDelta = TimeDelta::minutes(10);

/// A message's webhook may take this long, and what it told of is not missed meanwhile.
const GRACE: TimeDelta = TimeDelta::minutes(1);

/// A stamp this old is of a second that is over, also by a clock that differs somewhat from ours.
const SETTLED: TimeDelta = TimeDelta::minutes(1);

/// Tickets looked at between two commits.
const AT_ONCE: usize = 20;

/// What keeps a turn from its end.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    #[error(transparent)]
    Helpdesk(#[from] CallError),
    #[error("the database did not answer")]
    Database(#[from] sqlx::Error),
    #[error(transparent)]
    NotKept(#[from] NotKept),
}

/// Polls every source that wants it, until told to stop. A turn in hand is dropped: nothing of it is lost.
pub async fn run(app: App, stop: CancellationToken) {
    let mut sources = JoinSet::new();
    for account in app.accounts() {
        if let Some(every) = account.source.poll {
            let (app, source) = (app.clone(), account.source.name.as_str().to_owned());
            sources.spawn(stop.clone().run_until_cancelled_owned(keep_polling(app, source, every)));
        }
    }
    sources.join_all().await;
}

async fn keep_polling(app: App, source: String, every: Duration) {
    let Some(account) = app.account(&source) else { return };
    while polls::prepare(&app.db, &source, every).await.is_err() {
        tokio::time::sleep(TICK).await;
    }
    loop {
        // Whether Postgres is away is told elsewhere.
        let _ = turn(&app, account, every).await;
        tokio::time::sleep(TICK).await;
    }
}

/// Takes the source's turn if it is due and nobody else has it, and writes down how it ended.
pub async fn turn(app: &App, account: &Account, every: Duration) -> sqlx::Result<()> {
    let source = account.source.name.as_str();
    let Some(turn) = polls::claim(&app.db, source, HOLD).await? else { return Ok(()) };
    match poll(app, account, &turn).await {
        Ok(ended) => {
            count(source, "ended");
            if ended.found > 0 {
                let found = ended.found;
                tracing::warn!(source, found, "Found messages on the helpdesk whose webhook had not come");
            }
            match ended.young {
                true => polls::come_back(&app.db, source, every.min(SOON)).await,
                false => polls::finish(&app.db, source, every).await,
            }
        }
        Err(trouble) => {
            count(source, "trouble");
            let word = trouble.word();
            // Of a pause the account's own line tells.
            let told =
                matches!(trouble, Trouble::Helpdesk(CallError::Paused(_) | CallError::RateLimited { .. }));
            if !told && turn.trouble.as_deref() != Some(word) {
                tracing::warn!(source, reason = word, "{}", trouble.advice());
            }
            polls::fail(&app.db, source, word, trouble.pause()).await
        }
    }
}

/// How a turn ended.
struct Ended {
    /// Deliveries that are new.
    found: usize,
    /// There is a message whose webhook may still come: the turn ended at its page, to come back to it.
    young: bool,
}

/// Goes through what changed since the last turn. The position moves on only when a page's deliveries are kept.
async fn poll(app: &App, account: &Account, turn: &Turn) -> Result<Ended, Trouble> {
    let source = account.source.name.as_str();
    let written_since = turn.caught_up_to - ALLOWANCE;
    let mut position = overlapping(turn.position());
    let mut found = 0;
    loop {
        let page = account.helpdesk.changed_since(&position).await?;
        let unread = unread(app, source, &page.tickets).await?;
        let mut young = false;
        for some in unread.chunks(AT_ONCE) {
            polls::hold(&app.db, source, HOLD).await?;
            let missed = missed(app, account, some, written_since).await?;
            let kept = keep::keep_found(&app.db, &missed.deliveries).await?;
            polls::count(&app.db, source, kept).await?;
            metrics::counter!("undertone_poll_found_total", "source" => source.to_owned())
                .increment(kept as u64);
            found += kept;
            young |= missed.young;
        }
        if young {
            return Ok(Ended { found, young });
        }
        polls::advance(&app.db, source, &page.next).await?;
        if page.end {
            return Ok(Ended { found, young });
        }
        position = page.next;
    }
}

/// A turn that begins at a time begins a little before it; a cursor is exact.
fn overlapping(position: Position) -> Position {
    match position.cursor {
        Some(_) => position,
        None => Position { since: position.since - OVERLAP, cursor: None },
    }
}

/// The tickets that have not been read as they are now, and will not be by a delivery that waits.
async fn unread<'a>(app: &App, source: &str, listed: &'a [Ticket]) -> sqlx::Result<Vec<&'a Ticket>> {
    let unread = tickets::unread(&app.db, source, listed).await?;
    let waiting = deliveries::waiting_of(&app.db, source, &unread).await?;
    let is_news = |ticket: &&Ticket| unread.contains(&ticket.id) && !waiting.contains(&ticket.id);
    Ok(listed.iter().filter(is_news).collect())
}

/// What was found among tickets that changed.
#[derive(Default)]
struct Missed {
    deliveries: Vec<NewDelivery>,
    /// Whether there is a message whose webhook may still come.
    young: bool,
}

/// Looks at tickets that changed, and gives deliveries for those on which a customer wrote what was not read.
async fn missed(
    app: &App,
    account: &Account,
    changed: &[&Ticket],
    written_since: DateTime<Utc>,
) -> Result<Missed, Trouble> {
    let source = account.source.name.as_str();
    let mut missed = Missed::default();
    for ticket in changed {
        if matches!(ticket.status, Status::Spam | Status::Deleted) {
            continue;
        }
        let newest = match account.helpdesk.newest_from_customer(ticket).await {
            // Deleted since it was listed.
            Err(CallError::NotFound) => continue,
            newest => newest?,
        };
        let known = messages::known(&app.db, source, &ticket.id).await?;
        let is_read = newest.as_ref().is_none_or(|newest| known.contains(&newest.message));
        match newest {
            Some(newest) if !is_read && newest.sent_at > Utc::now() - GRACE => missed.young = true,
            // What is older was there before we were, and is the backfill's.
            Some(newest) if !is_read && newest.sent_at >= written_since => {
                missed.deliveries.push(delivery(source, ticket, &newest));
            }
            // The change was another: an agent's answer, our own note. It need not be looked at again, unless more may
            // come within the second of its stamp.
            _ if is_read && !known.is_empty() && ticket.updated_at < Utc::now() - SETTLED => {
                tickets::refresh(&app.db, source, ticket).await?;
            }
            _ => {}
        }
    }
    Ok(missed)
}

/// A delivery of our own for the message: a pointer, which every helpdesk's parser takes.
fn delivery(source: &str, ticket: &Ticket, newest: &Newest) -> NewDelivery {
    let event = if newest.message == MessageId::opening() { "ticket_created" } else { "customer_reply" };
    NewDelivery {
        source: source.to_owned(),
        id: Uuid::now_v7(),
        dedup_key: format!("poll:{}:{}", ticket.id, newest.message.0),
        invocation_id: None,
        ticket_id: Some(ticket.id.clone()),
        body: json!({"event": event, "ticket_id": ticket.id}).to_string().into(),
        body_is_unique: true,
        origin: Origin::Poll,
    }
}

impl Trouble {
    /// A fixed word, for SQL and logs.
    fn word(&self) -> &'static str {
        match self {
            Self::Helpdesk(CallError::Paused(pause)) => pause.reason.as_str(),
            Self::Helpdesk(CallError::Unauthorized) => Reason::Unauthorized.as_str(),
            Self::Helpdesk(CallError::Forbidden) => Reason::Forbidden.as_str(),
            Self::Helpdesk(CallError::RateLimited { .. }) => Reason::RateLimited.as_str(),
            Self::Helpdesk(CallError::Unavailable { .. }) => Reason::Unavailable.as_str(),
            Self::Helpdesk(CallError::Malformed) => "helpdesk_answer_not_understood",
            Self::Helpdesk(_) => "helpdesk_rejected",
            Self::Database(_) | Self::NotKept(_) => "database",
        }
    }

    fn advice(&self) -> &'static str {
        match self {
            Self::Helpdesk(CallError::Forbidden) => {
                "The poll for missed webhooks is forbidden to our user: on Zendesk it takes an admin; \
                 poll_minutes = 0 switches it off"
            }
            _ => "The poll for missed webhooks did not come to its end and is tried again",
        }
    }

    fn pause(&self) -> Duration {
        match self {
            Self::Helpdesk(CallError::RateLimited { retry_after }) => *retry_after,
            Self::Helpdesk(CallError::Paused(pause)) => {
                (pause.until - Utc::now()).to_std().unwrap_or_default().max(TICK)
            }
            _ => AGAIN,
        }
    }
}

fn count(source: &str, outcome: &'static str) {
    metrics::counter!("undertone_polls_total", "source" => source.to_owned(), "outcome" => outcome)
        .increment(1);
}
