//! A look at a drafted reply: finds the message it answers, checks the draft beside it, and keeps what was seen.
//!
//! Used by the app's request, which must have its answer in time, and by the worker for a drafting bot's note.

use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use secrecy::ExposeSecret;
use sha2::Sha256;

use crate::app::{Account, App};
use crate::detect::Reading;
use crate::draft::{Findings, Pair};
use crate::store::draft_checks::{self, Look, Newest};
use crate::store::readings;
use crate::store::words::Words;
use crate::text;
use crate::ticket::{Author, Case, CustomerText, History, MessageId, TicketId, Zone};

/// Time for a look at an app's request, below the 1.5 s after which the app sends without us.
pub const BUDGET: Duration = Duration::from_millis(1300);

/// A draft to be looked at.
pub struct Draft {
    pub ticket: TicketId,
    pub id: String,
    pub trigger: String,
    /// Plain text or HTML, as given.
    pub text: CustomerText,
    pub agent: Option<String>,
}

/// What a look gave, and why there is nothing where that is not for want of findings.
#[derive(Default)]
pub struct Looked {
    pub findings: Findings,
    pub message: Option<MessageId>,
    pub incomplete: bool,
    pub reason: Option<&'static str>,
}

impl Looked {
    pub fn incomplete(reason: &'static str) -> Self {
        Self { incomplete: true, reason: Some(reason), ..Self::default() }
    }

    pub fn nothing(reason: &'static str) -> Self {
        Self { reason: Some(reason), ..Self::default() }
    }
}

/// Takes a look. Whatever goes wrong, there is an answer: no items, and the reason.
pub async fn look(app: &App, account: &Account, draft: &Draft) -> Looked {
    match message(app, account, &draft.ticket).await {
        Ok(Some(newest)) => check(app, account, draft, &newest),
        Ok(None) => Looked::nothing("no_customer_message"),
        Err(reason) => Looked::incomplete(reason),
    }
}

/// The customer's newest message: as read before, else by REST.
async fn message(app: &App, account: &Account, ticket: &TicketId) -> Result<Option<Newest>, &'static str> {
    let source = account.source.name.as_str();
    let known = draft_checks::newest_message(&app.db, source, ticket).await.map_err(|_| "database")?;
    if known.is_some() {
        return Ok(known);
    }
    let case = account.helpdesk.complete(ticket).await.map_err(|_| "ticket_not_known")?;
    remember(app, account, &case).await.map_err(|_| "database")?;
    Ok(newest_of(case))
}

/// Keeps whose ticket it is, so that what is kept of the look can be erased with the rest of this requester's.
pub async fn remember(app: &App, account: &Account, case: &Case) -> sqlx::Result<()> {
    let words = Words::of(&account.source);
    readings::keep(&app.db, account.source.name.as_str(), case, &[], words).await
}

/// The customer's newest message of a case just read.
pub fn newest_of(case: Case) -> Option<Newest> {
    let message = case.messages.into_iter().rfind(|message| message.author == Author::Customer)?;
    Some(Newest {
        message_id: message.id,
        text: message.text,
        sent_at: message.sent_at,
        subject: case.ticket.subject,
        time_zone: case.customer.time_zone.map(|zone| zone.name().to_owned()),
    })
}

/// Checks a draft beside the message it answers.
pub fn check(app: &App, account: &Account, draft: &Draft, newest: &Newest) -> Looked {
    let customer = text::clean(newest.text.expose());
    let zone = newest.time_zone.as_deref().and_then(|name| name.parse().ok());
    let signals = app.detectors.run(&Reading {
        text: &customer,
        subject: newest.subject.expose(),
        sent_at: newest.sent_at,
        zone: zone.map_or(Zone::Source(account.source.time_zone), Zone::Customer),
        history: &History::default(),
    });
    let cleaned = text::clean(draft.text.expose());
    let findings = app.checks.check(&Pair { customer: &customer, signals: &signals, draft: &cleaned });
    Looked { findings, message: Some(newest.message_id.clone()), incomplete: false, reason: None }
}

/// Keeps what was seen, for calibration.
pub async fn keep(app: &App, account: &Account, draft: &Draft, looked: &Looked) -> sqlx::Result<()> {
    let digest = digests(account, draft.text.expose()).next();
    let agent = draft.agent.as_deref().and_then(|agent| pseudonym(account, agent));
    let look = Look {
        draft_id: &draft.id,
        message_id: looked.message.as_ref(),
        trigger: &draft.trigger,
        items: &looked.findings.items,
        adapted: &looked.findings.adapted,
        incomplete: looked.incomplete,
        reason: looked.reason,
        draft_digest: digest.as_deref(),
        agent: agent.as_deref(),
    };
    let words = Words::of(&account.source);
    draft_checks::upsert(&app.db, account.source.name.as_str(), &draft.ticket, &look, words).await
}

/// Compares the reply that was sent after the latest look with the draft that was looked at.
pub async fn settle_sent(app: &App, account: &Account, case: &Case) -> sqlx::Result<()> {
    if case.last_agent_reply().is_none() {
        return Ok(());
    }
    let source = account.source.name.as_str();
    let Some(unsent) = draft_checks::unsent(&app.db, source, &case.ticket.id).await? else { return Ok(()) };
    let sent = case.messages.iter().find(|one| one.author == Author::Agent && one.sent_at > unsent.asked_at);
    let Some(sent) = sent else { return Ok(()) };
    let changed = digests(account, sent.text.expose()).all(|digest| digest != unsent.draft_digest);
    draft_checks::set_sent(&app.db, source, &case.ticket.id, &unsent.draft_id, changed).await
}

/// Keyed hashes of a text's words, without case, markup and punctuation, so that the editor's HTML and the text
/// that was sent compare. The first is the one to keep; a second while a webhook secret is being replaced.
fn digests(account: &Account, text: &str) -> impl Iterator<Item = Vec<u8>> {
    let plain = if text::html::is_html(text) { text::html::to_text(text) } else { text.to_owned() };
    account.source.keyed("drafts").map(move |mut mac| {
        for word in plain.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
            mac.update(word.to_lowercase().as_bytes());
            mac.update(b" ");
        }
        mac.finalize().into_bytes().to_vec()
    })
}

/// An agent's pseudonym, where the source allows one.
fn pseudonym(account: &Account, agent: &str) -> Option<String> {
    let key = account.source.agent_id_key.as_ref()?;
    let mut mac = Hmac::<Sha256>::new_from_slice(key.expose_secret().as_bytes()).ok()?;
    mac.update(agent.as_bytes());
    Some(mac.finalize().into_bytes().iter().take(8).map(|byte| format!("{byte:02x}")).collect())
}
