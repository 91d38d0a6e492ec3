//! Reads a case in hindsight: each of the customer's messages as if it had just come, and what would have been done
//! then. Nothing is posted, and nothing is left to be posted.

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::PgConnection;

use super::decision::compose;
use super::read::{self, Finding};
use crate::app::{Account, App};
use crate::config::Mode;
use crate::note::decide::{self, Decision, Pace, Situation};
use crate::store::notes::{self, SoFar};
use crate::store::words::Words;
use crate::ticket::{Author, Case};

/// The reason of what would have been posted.
pub const REASON: &str = "backfill";

/// It could not be stored.
#[derive(Debug, thiserror::Error)]
#[error("the database did not answer")]
pub struct NotStored;

/// Reads and stores what was written before `until`; what is decided already stays. Says whether a note would have been
/// posted.
pub async fn read(
    app: &App,
    account: &Account,
    case: &Case,
    until: DateTime<Utc>,
) -> Result<bool, NotStored> {
    let mut told = Told::default();
    let mut db = app.db.acquire().await.map_err(|_| NotStored)?;
    for at in customer_messages(case, until) {
        read_one(app, &mut db, account, &as_it_was(case, at), &mut told).await.map_err(|_| NotStored)?;
    }
    Ok(!told.at.is_empty())
}

fn customer_messages(case: &Case, until: DateTime<Utc>) -> impl Iterator<Item = usize> {
    let messages = case.messages.iter().enumerate();
    messages
        .filter(move |(_, message)| message.author == Author::Customer && message.sent_at < until)
        .map(|(at, _)| at)
}

/// The case when its message at this place had just come.
fn as_it_was(case: &Case, at: usize) -> Case {
    let now = case.messages[at].sent_at;
    let earlier = case.earlier_tickets.iter().filter(|ticket| ticket.created_at <= now);
    Case {
        ticket: case.ticket.clone(),
        customer: case.customer.clone(),
        messages: case.messages[..=at].to_vec(),
        earlier_tickets: earlier.cloned().collect(),
    }
}

/// What the notes would have told that the ticket would have had.
#[derive(Default)]
struct Told {
    kinds: Vec<String>,
    at: Vec<DateTime<Utc>>,
}

async fn read_one(
    app: &App,
    db: &mut PgConnection,
    account: &Account,
    case: &Case,
    told: &mut Told,
) -> sqlx::Result<()> {
    let source = &account.source;
    let Some(finding) = read::newest(app, db, account, case).await? else { return Ok(()) };
    let key =
        notes::Key { source: source.name.as_str(), ticket: &case.ticket.id, message: &finding.message_id };
    let live = notes::so_far(&mut *db, key, true).await?;
    let so_far = SoFar {
        told: live.told.iter().chain(&told.kinds).cloned().collect(),
        ordinal: live.ordinal,
        ..SoFar::default()
    };
    let situation = situation(account, case, &finding, &so_far, told);
    let decision = decide::decide(&finding.signals, finding.unread_reason, &situation);
    let note = decision.wants_a_note().then(|| compose(app, account, case, &finding, &so_far, true));
    let mut kinds: Vec<_> = finding.signals.iter().map(|signal| signal.kind.as_str()).collect();
    kinds.sort_unstable();
    if note.is_some() {
        told.kinds.extend(kinds.iter().map(|&kind| kind.to_owned()));
        told.at.push(finding.sent_at);
    }
    let decided = notes::Decided {
        purpose: "context",
        delivery: None,
        state: "withheld",
        reason: if let Decision::Withhold(reason) = decision { reason } else { REASON },
        kinds,
        note: note.as_ref().filter(|_| Words::of(source).are_kept()),
        ordinal: so_far.ordinal + 1,
        replaces: None,
    };
    notes::decide(db, key, &decided).await?;
    Ok(())
}

/// As it was when the message had just come, on a day on which the source had few notes. Nothing is held out: those
/// held out are compared with notes that were posted, and these were not.
fn situation(account: &Account, case: &Case, finding: &Finding, so_far: &SoFar, told: &Told) -> Situation {
    let now = finding.sent_at;
    let a_day = TimeDelta::hours(24);
    Situation {
        agent_replied_ago: case.last_agent_reply().map(|reply| now - reply),
        told: so_far.told.clone(),
        pace: Pace {
            policy: account.source.notes,
            on_ticket: told.at.iter().filter(|at| now - **at < a_day).count() as u32,
            of_source: 0,
            local_time: now.with_timezone(&account.source.time_zone).time(),
        },
        ..Situation::undisturbed(Mode::Shadow)
    }
}
