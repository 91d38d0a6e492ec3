//! The worker: walks a kept delivery to its note. Every step is safe to repeat.

mod decision;
mod draft_note;
pub mod hindsight;
mod post;
mod read;
mod trouble;
mod turn;

use tracing::Instrument;
use uuid::Uuid;

use crate::app::{Account, App};
use crate::helpdesk::gate::Reason;
use crate::helpdesk::{self, Parsed};
use crate::look;
use crate::pauses;
use crate::store::deliveries::{self, Body, Delivery, Outcome};
use crate::store::words::Words;
use crate::ticket::{Case, Event, EventKind};
use trouble::Trouble;

/// Makes one attempt at a delivery and writes down how it ended.
///
/// An error means that it is to be tried again; its text is a fixed word.
pub async fn work_off(app: App, source: String, id: Uuid) -> Result<(), String> {
    let span = tracing::info_span!("delivery", source = %source, delivery.id = %id, ticket.id = tracing::field::Empty);
    app.keeper.let_through().await;
    attempt(&app, &source, id).instrument(span).await.map_err(str::to_owned)
}

async fn attempt(app: &App, source: &str, id: Uuid) -> Result<(), &'static str> {
    let delivery = match deliveries::begin(&app.db, source, id).await {
        Ok(Some(delivery)) => delivery,
        Ok(None) => return Ok(()),
        Err(_) => return Err(database_failed()),
    };
    let account = app.account(source);
    let result = match account {
        // Each attempt so far ended without a word: it takes the process down, or panics.
        _ if delivery.attempts > i32::from(app.worker.max_attempts) => Err(Trouble::never("never_finished")),
        Some(account) => process_unless_paused(app, account, &delivery).await,
        None => Err(Trouble::never("source_not_configured")),
    };
    let outcome = match result {
        Ok(outcome) => outcome,
        Err(trouble) => trouble.outcome(&delivery, &app.worker),
    };
    log(source, outcome);
    let keeps_none = account.is_some_and(|account| !Words::of(&account.source).are_kept());
    let body = if keeps_none { Body::Goes } else { Body::Stays };
    if deliveries::finish(&app.db, source, id, outcome, body).await.is_err() {
        return Err(database_failed());
    }
    if let Outcome::Failed(reason) = outcome {
        post::give_up(app, &delivery, reason).await;
    }
    match outcome {
        Outcome::Waiting { reason, .. } => Err(reason),
        _ => Ok(()),
    }
}

fn database_failed() -> &'static str {
    tracing::warn!("The database failed; the delivery is tried again");
    "database"
}

/// Minds what other replicas found out about the account a moment ago, and what a refusal says of the whole account.
async fn process_unless_paused(
    app: &App,
    account: &Account,
    delivery: &Delivery,
) -> Result<Outcome, Trouble> {
    if delivery.account_is_paused && account.helpdesk.gate().pause().is_none() {
        pauses::keep_in_step(app).await?;
    }
    match process(app, account, delivery).await {
        Err(trouble) if trouble.is_forbidden() && pauses::forbids_everything(account).await => {
            Err(Trouble::paused(Reason::Forbidden))
        }
        result => result,
    }
}

/// The way from a delivery to its note.
async fn process(app: &App, account: &Account, delivery: &Delivery) -> Result<Outcome, Trouble> {
    let event = match parse(account, delivery) {
        Parsed::Act(event) => event,
        Parsed::Ignore { reason, .. } => return Ok(Outcome::Ignored(reason)),
        Parsed::NotUnderstood { reason } => return Ok(Outcome::Failed(reason)),
    };
    tracing::Span::current().record("ticket.id", tracing::field::display(&event.ticket_id));
    if delivery.last_reason.as_deref() == Some(turn::REASON) {
        // All was decided when it began to wait; the ticket is looked at again before the note is posted.
        post::pending(app, account, delivery, &event.ticket_id).await?;
        post::forget_ended(app, account, &event.ticket_id).await?;
        return Ok(Outcome::Done);
    }
    if is_our_own_doing(account, &event).await {
        return Ok(Outcome::Ignored("own_note"));
    }
    if event.kind == EventKind::DraftNote {
        return draft_note::look(app, account, delivery, event).await;
    }
    let by_rest = event.case.is_none();
    let case = complete(account, event).await?;
    let Some(to_post) = read_and_decide(app, account, delivery, &case, by_rest).await? else {
        return Ok(Outcome::Ignored("no_customer_message"));
    };
    look::settle_sent(app, account, &case).await?;
    if to_post {
        post::pending(app, account, delivery, &case.ticket.id).await?;
    }
    post::forget_ended(app, account, &case.ticket.id).await?;
    Ok(Outcome::Done)
}

/// Says whether there may be notes to post; `None` without a customer message.
///
/// All on one connection: to hand one back and take one costs two more ways to Postgres, as much as a statement.
async fn read_and_decide(
    app: &App,
    account: &Account,
    delivery: &Delivery,
    case: &Case,
    by_rest: bool,
) -> sqlx::Result<Option<bool>> {
    let mut db = app.db.acquire().await?;
    let Some(finding) = read::newest(app, &mut db, account, case).await? else { return Ok(None) };
    let to_post = decision::take(app, &mut db, account, delivery, case, &finding, by_rest).await?;
    Ok(Some(to_post))
}

/// What the delivery is about. Of a body that has been forgotten the ticket is left, and REST has the rest.
fn parse(account: &Account, delivery: &Delivery) -> Parsed {
    match &delivery.ticket_id {
        Some(ticket) if delivery.body.is_empty() => {
            Parsed::Act(helpdesk::bare_event(EventKind::CustomerReplied, ticket.clone()))
        }
        _ => account.helpdesk.parse(&delivery.body),
    }
}

/// Whether our own user did it. Who that is, the helpdesk is asked once; where there is no answer now, marker and privacy
/// tell our notes all the same. A new ticket is never our doing: we open none, though a person may share our user.
async fn is_our_own_doing(account: &Account, event: &Event) -> bool {
    let actor = event.actor_id.as_ref().filter(|_| event.kind != EventKind::TicketCreated);
    match actor {
        Some(actor) => account.helpdesk.me().await.is_ok_and(|me| me == *actor),
        None => false,
    }
}

/// The body alone when it carries all that is needed, else the helpdesk's answer, which is the truth.
async fn complete(account: &Account, event: Event) -> Result<Case, Trouble> {
    match event.case {
        Some(case) => Ok(case),
        None => Ok(account.helpdesk.complete(&event.ticket_id).await?),
    }
}

fn log(source: &str, outcome: Outcome) {
    let (state, reason) = (outcome.state(), outcome.reason());
    metrics::counter!("undertone_deliveries_total", "source" => source.to_owned(), "state" => state, "reason" => reason.unwrap_or("")).increment(1);
    match outcome {
        Outcome::Done | Outcome::Ignored(_) => tracing::info!(state, reason, "Worked a delivery off"),
        Outcome::Waiting { at, counts: true, .. } => {
            tracing::warn!(reason, retry_at = %at, "A delivery is tried again later");
        }
        // The account's own line says why, once.
        Outcome::Waiting { at, .. } => tracing::debug!(reason, retry_at = %at, "A delivery waits"),
        Outcome::Failed(_) => tracing::error!(reason, "Gave a delivery up; it can be replayed"),
    }
}
