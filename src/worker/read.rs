//! Reads a case: keeps its messages, detects on those not read before, and gives what was found in the newest.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::app::{Account, App};
use crate::config::Source;
use crate::detect::{Reading, Signal};
use crate::note::{About, Records};
use crate::store::words::Words;
use crate::store::{messages, readings, tickets};
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
pub async fn newest(
    app: &App,
    db: &mut PgConnection,
    account: &Account,
    case: &Case,
) -> sqlx::Result<Option<Finding>> {
    let read = read_all(app, db, account, case).await?;
    keep(app, db, account, case, &read).await?;
    Ok(read.into_iter().filter_map(|(_, read)| read.map(|read| read.finding)).next_back())
}

/// What reading a customer's message showed.
struct Read {
    words: u32,
    about_amount: bool,
    language: Option<&'static str>,
    finding: Finding,
}

/// The messages to be read; an agent's is not read.
async fn read_all<'a>(
    app: &App,
    db: &mut PgConnection,
    account: &Account,
    case: &'a Case,
) -> sqlx::Result<Vec<(&'a Message, Option<Read>)>> {
    let known = known(db, account, case).await?;
    let surroundings = surroundings(app, db, account.source.name.as_str(), case).await?;
    let newest = case.messages.iter().rposition(|message| message.author == Author::Customer);
    let unread = |(at, message): &(usize, &Message)| !known.contains(&message.id) || Some(*at) == newest;
    let read = case.messages.iter().enumerate().filter(unread).map(|(at, message)| match message.author {
        Author::Agent => (message, None),
        Author::Customer => {
            let history = History { unanswered: case.unanswered(at), ..surroundings.clone() };
            (message, Some(read(app, &account.source, case, message, &history)))
        }
    });
    Ok(read.collect())
}

/// The messages that have been read before. Of a single one there is no need to ask: the newest is read in any case.
async fn known(db: &mut PgConnection, account: &Account, case: &Case) -> sqlx::Result<Vec<MessageId>> {
    match case.messages.len() {
        0 | 1 => Ok(Vec::new()),
        _ => messages::known(db, account.source.name.as_str(), &case.ticket.id).await,
    }
}

async fn keep(
    app: &App,
    db: &mut PgConnection,
    account: &Account,
    case: &Case,
    read: &[(&Message, Option<Read>)],
) -> sqlx::Result<()> {
    let readings = read.iter().map(|(message, read)| readings::Reading {
        message,
        read: read.as_ref().map(|read| readings::Read {
            words: read.words,
            about_amount: read.about_amount,
            language: read.language,
            unread_reason: read.finding.unread_reason,
            signals: &read.finding.signals,
            detector_version: app.detectors.version(),
        }),
    });
    let readings: Vec<_> = readings.collect();
    readings::keep(db, account.source.name.as_str(), case, &readings, Words::of(&account.source)).await
}

/// What is known of this requester and ticket, the same for all its messages.
async fn surroundings(app: &App, db: &mut PgConnection, source: &str, case: &Case) -> sqlx::Result<History> {
    let ticket = &case.ticket;
    let ours = match &ticket.requester_id {
        Some(requester) => {
            tickets::earlier(&mut *db, source, requester, ticket.created_at, &ticket.id).await?
        }
        None => Vec::new(),
    };
    Ok(History {
        earlier_tickets: merge(&case.earlier_tickets, ours),
        follow_up_of: ticket.follow_up_of.clone(),
        reopens: ticket.reopens,
        unanswered: 0,
        agent_replies: case.agent_replies(),
        typical_words: app.usual.words(db, source).await?,
    })
}

/// The helpdesk's list with what only we still know added, newest first.
fn merge(theirs: &[EarlierTicket], ours: Vec<EarlierTicket>) -> Vec<EarlierTicket> {
    let mut all = theirs.to_vec();
    all.extend(ours.into_iter().filter(|ticket| !theirs.iter().any(|other| other.id == ticket.id)));
    all.sort_by_key(|ticket| std::cmp::Reverse(ticket.created_at));
    all
}

fn read(app: &App, source: &Source, case: &Case, message: &Message, history: &History) -> Read {
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
    Read {
        words: cleaned.words() as u32,
        about_amount: gate.is_ok() && app.detectors.names_a_sum(&cleaned),
        language: gate.ok(),
        finding: Finding {
            message_id: message.id.clone(),
            text: message.text.clone(),
            sent_at: message.sent_at,
            signals,
            unread_reason: gate.err().map(|unread| unread.as_str()),
        },
    }
}

fn zone(source: &Source, case: &Case) -> Zone {
    case.customer.time_zone.map_or(Zone::Source(source.time_zone), Zone::Customer)
}
