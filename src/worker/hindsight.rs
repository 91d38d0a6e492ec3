//! Reads a case in hindsight: each of the customer's messages as if it had just come, and what would have been done
//! then. Nothing is posted, and nothing is left to be posted.

use chrono::{DateTime, Utc};

use super::{compose, read};
use crate::app::{Account, App};
use crate::config::Mode;
use crate::note::decide::{self, Decision, Situation};
use crate::store::notes;
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
    let mut noted = false;
    for at in customer_messages(case, until) {
        noted |= read_one(app, account, &as_it_was(case, at), noted).await?;
    }
    Ok(noted)
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

async fn read_one(app: &App, account: &Account, case: &Case, noted: bool) -> Result<bool, NotStored> {
    let source = account.source.name.as_str();
    let Some(finding) = read::newest(app, account, case).await.map_err(|_| NotStored)? else {
        return Ok(false);
    };
    let by_live = notes::noted(&app.db, source, &case.ticket.id).await.map_err(|_| NotStored)?;
    let situation = Situation {
        agent_replied_ago: case.last_agent_reply().map(|reply| finding.sent_at - reply),
        already_noted: noted || by_live.is_some_and(|message| message != finding.message_id),
        ..Situation::undisturbed(Mode::Shadow)
    };
    let decision = decide::decide(&finding.signals, finding.unread_reason, &situation);
    let note = decision.wants_a_note().then(|| compose(app, account, case, &finding, true));
    let mut kinds: Vec<_> = finding.signals.iter().map(|signal| signal.kind.as_str()).collect();
    kinds.sort_unstable();
    let decided = notes::Decided {
        purpose: "context",
        delivery: None,
        state: "withheld",
        reason: if let Decision::Withhold(reason) = decision { reason } else { REASON },
        kinds,
        note: note.as_ref().filter(|_| Words::of(&account.source).are_kept()),
    };
    let key = notes::Key { source, ticket: &case.ticket.id, message: &finding.message_id };
    notes::decide(&app.db, key, &decided).await.map_err(|_| NotStored)?;
    Ok(note.is_some())
}
