//! Reads a case: keeps its messages, detects on those not read before, and gives what was found in the newest.

use chrono::{DateTime, Utc};

use super::trouble::Trouble;
use crate::app::{Account, App};
use crate::config::Source;
use crate::detect::{Reading, Signal};
use crate::note::{About, Records};
use crate::store::words::Words;
use crate::store::{messages, signals, tickets};
use crate::text::{self, language};
use crate::ticket::{Author, Case, CustomerText, EarlierTicket, History, Message, MessageId, Zone};

/// What was found in the customer's newest message.
pub struct Finding {
    pub message_id: MessageId,
    pub text: CustomerText,
    pub sent_at: DateTime<Utc>,
    pub signals: Vec<Signal>,
    /// Why it was not read; `None` when it was.
    pub unread_reason: Option<&'static str>,
}

impl Finding {
    pub fn about<'a>(&'a self, source: &Source, case: &Case, records: Option<Records>) -> About<'a> {
        About {
            text: self.text.expose(),
            signals: &self.signals,
            sent_at: self.sent_at,
            zone: zone(source, case),
            records,
        }
    }
}

/// Keeps ticket and messages, reads what was not read before and the newest in any case. `None` without a customer message.
pub async fn newest(app: &App, account: &Account, case: &Case) -> Result<Option<Finding>, Trouble> {
    let read = read_all(app, account, case).await?;
    keep(app, account, case, &read).await?;
    Ok(read.into_iter().filter_map(|(_, _, finding)| finding).next_back())
}

/// A message with what reading it showed; an agent's is not read.
type Read<'a> = (&'a Message, messages::ReadAs, Option<Finding>);

async fn read_all<'a>(app: &App, account: &Account, case: &'a Case) -> Result<Vec<Read<'a>>, Trouble> {
    let known = known(app, account, case).await?;
    let surroundings = surroundings(app, account.source.name.as_str(), case).await?;
    let newest = case.messages.iter().rposition(|message| message.author == Author::Customer);
    let unread = |(at, message): &(usize, &Message)| !known.contains(&message.id) || Some(*at) == newest;
    let read = case.messages.iter().enumerate().filter(unread).map(|(at, message)| match message.author {
        Author::Agent => (message, messages::ReadAs::default(), None),
        Author::Customer => {
            let history = History { unanswered: case.unanswered(at), ..surroundings.clone() };
            let (read, finding) = read(app, &account.source, case, message, &history);
            (message, read, Some(finding))
        }
    });
    Ok(read.collect())
}

/// The messages that have been read before. Of a single one there is no need to ask: the newest is read in any case.
async fn known(app: &App, account: &Account, case: &Case) -> sqlx::Result<Vec<MessageId>> {
    match case.messages.len() {
        0 | 1 => Ok(Vec::new()),
        _ => messages::known(&app.db, account.source.name.as_str(), &case.ticket.id).await,
    }
}

async fn keep(app: &App, account: &Account, case: &Case, read: &[Read<'_>]) -> sqlx::Result<()> {
    let (source, ticket) = (account.source.name.as_str(), &case.ticket.id);
    let words = Words::of(&account.source);
    let readings = read.iter().filter_map(|(message, read, finding)| {
        Some(signals::Read {
            message: &message.id,
            signals: &finding.as_ref()?.signals,
            detector_version: app.detectors.version(),
            language: read.language.unwrap_or("und"),
            sent_at: message.sent_at,
            words,
        })
    });
    let read: Vec<_> = read.iter().map(|(message, read, _)| (*message, *read)).collect();
    let mut tx = app.db.begin().await?;
    tickets::upsert(&mut *tx, source, case, words).await?;
    messages::upsert_all(&mut *tx, source, ticket, &read, words).await?;
    signals::replace_all(&mut *tx, source, ticket, &readings.collect::<Vec<_>>()).await?;
    tx.commit().await
}

/// What is known of this requester and ticket, the same for all its messages.
async fn surroundings(app: &App, source: &str, case: &Case) -> Result<History, Trouble> {
    let ticket = &case.ticket;
    let ours = match &ticket.requester_id {
        Some(requester) => {
            tickets::earlier(&app.db, source, requester, ticket.created_at, &ticket.id).await?
        }
        None => Vec::new(),
    };
    Ok(History {
        earlier_tickets: merge(&case.earlier_tickets, ours),
        follow_up_of: ticket.follow_up_of.clone(),
        reopens: ticket.reopens,
        unanswered: 0,
        agent_replies: case.agent_replies(),
        typical_words: app.usual.words(&app.db, source).await?,
    })
}

/// The helpdesk's list with what only we still know added, newest first.
fn merge(theirs: &[EarlierTicket], ours: Vec<EarlierTicket>) -> Vec<EarlierTicket> {
    let mut all = theirs.to_vec();
    all.extend(ours.into_iter().filter(|ticket| !theirs.iter().any(|other| other.id == ticket.id)));
    all.sort_by_key(|ticket| std::cmp::Reverse(ticket.created_at));
    all
}

fn read(
    app: &App,
    source: &Source,
    case: &Case,
    message: &Message,
    history: &History,
) -> (messages::ReadAs, Finding) {
    let cleaned = text::clean(message.text.expose());
    let languages: Vec<_> = source.languages.iter().map(String::as_str).collect();
    let gate = language::gate(&cleaned, &languages);
    let signals = match gate {
        Ok(_) => app.detectors.run(&Reading {
            text: &cleaned,
            subject: case.ticket.subject.expose(),
            sent_at: message.sent_at,
            zone: zone(source, case),
            history,
        }),
        Err(_) => Vec::new(),
    };
    let unread_reason = gate.err().map(|unread| unread.as_str());
    let read = messages::ReadAs {
        words: cleaned.words() as u32,
        about_amount: gate.is_ok() && app.detectors.names_a_sum(&cleaned),
        language: gate.ok(),
        unread_reason,
    };
    let finding = Finding {
        message_id: message.id.clone(),
        text: message.text.clone(),
        sent_at: message.sent_at,
        signals,
        unread_reason,
    };
    (read, finding)
}

fn zone(source: &Source, case: &Case) -> Zone {
    case.customer.time_zone.map_or(Zone::Source(source.time_zone), Zone::Customer)
}
