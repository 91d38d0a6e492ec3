//! A drafting bot's private note: its draft is looked at, and what was found may go back as a private note.

use sha2::{Digest, Sha256};

use super::decision::{self, pace};
use super::post;
use super::trouble::Trouble;
use crate::app::{Account, App};
use crate::config::Mode;
use crate::look::{self, Draft, Looked};
use crate::note::{self, Footer};
use crate::store::deliveries::{Delivery, Outcome};
use crate::store::notes;
use crate::ticket::{CustomerText, Event, MessageId};

/// Looks at the draft beside the customer's newest message and keeps what was seen.
pub async fn look(
    app: &App,
    account: &Account,
    delivery: &Delivery,
    event: Event,
) -> Result<Outcome, Trouble> {
    let Some(text) = event.draft else { return Ok(Outcome::Ignored("draft_not_readable")) };
    let case = account.helpdesk.complete(&event.ticket_id).await?;
    look::remember(app, account, &case).await?;
    let draft = Draft {
        ticket: event.ticket_id.clone(),
        id: draft_id(event.message_id.as_ref(), &text),
        trigger: "draft_note".to_owned(),
        text,
        agent: event.actor_id.map(|actor| actor.0),
    };
    let looked = match look::newest_of(case) {
        Some(newest) => look::check(app, account, &draft, &newest),
        None => Looked::nothing("no_customer_message"),
    };
    look::keep(app, account, &draft, &looked).await?;
    if account.source.draft_notes && !looked.findings.items.is_empty() {
        keep_note(app, account, delivery, &draft, &looked).await?;
        post::pending(app, account, delivery, &draft.ticket).await?;
        post::forget_ended(app, account, &draft.ticket).await?;
    }
    Ok(Outcome::Done)
}

/// The note it stands in, by the helpdesk's id where the webhook names it, else by its words.
fn draft_id(note: Option<&MessageId>, text: &CustomerText) -> String {
    match note {
        Some(note) => format!("note:{}", note.0),
        None => {
            let digest = Sha256::digest(text.expose());
            format!("note:{}", digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect::<String>())
        }
    }
}

async fn keep_note(
    app: &App,
    account: &Account,
    delivery: &Delivery,
    draft: &Draft,
    looked: &Looked,
) -> sqlx::Result<()> {
    let message = MessageId(draft.id.clone());
    let marker = note::marker(&delivery.source, &draft.ticket, &message);
    let note = note::about_draft(&looked.findings.items).render(Footer { marker, links: Vec::new() });
    let key = notes::Key { source: &delivery.source, ticket: &draft.ticket, message: &message };
    let shadow = account.source.mode == Mode::Shadow;
    let mut db = app.db.acquire().await?;
    let so_far = notes::so_far(&mut *db, key, shadow).await?;
    let of_source = app.usual.notes(&mut *db, &account.source).await?;
    // A bot that drafts anew after each note of ours comes to rest at the ticket's ceiling.
    let held_back = pace(&account.source, &so_far, of_source).holds_back();
    let decided = notes::Decided {
        purpose: "draft",
        delivery: Some(delivery.id),
        state: match held_back {
            Some(_) => "withheld",
            None if shadow => "shadow",
            None => "pending",
        },
        reason: held_back.unwrap_or("draft_findings"),
        kinds: looked.findings.items.iter().map(|item| item.check.as_str()).collect(),
        note: Some(&note).filter(|_| held_back.is_none()),
        ordinal: 1,
        replaces: None,
    };
    decision::keep(app, &mut db, key, &decided).await?;
    Ok(())
}
