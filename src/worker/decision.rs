//! Decides on a note about what was found in the newest message, composes it and keeps the decision.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::read::Finding;
use crate::app::{Account, App};
use crate::config::{Mode, Source};
use crate::feedback::{self, VERDICTS};
use crate::figures;
use crate::note::decide::{Pace, Situation, decide, held_out};
use crate::note::news::news;
use crate::note::worth::worth_a_note;
use crate::note::{self, About, Earlier, Footer, Link, Note, Records};
use crate::store::deliveries::Delivery;
use crate::store::notes::{self, Key, SoFar};
use crate::ticket::Case;

/// Takes the decision, unless it was taken for this message before. Says whether there may be notes to post.
pub async fn take(
    app: &App,
    db: &mut PgConnection,
    account: &Account,
    delivery: &Delivery,
    case: &Case,
    finding: &Finding,
    by_rest: bool,
) -> sqlx::Result<bool> {
    let key = Key { source: &delivery.source, ticket: &case.ticket.id, message: &finding.message_id };
    let (so_far, of_source) = so_far(app, db, account, key, finding).await?;
    let situation = situation(account, case, finding, &so_far, of_source);
    let decision = decide(&finding.signals, finding.unread_reason, &situation);
    let note = decision.wants_a_note().then(|| compose(app, account, case, finding, &so_far, by_rest));
    let replaces = note.is_some() && replaced(account, &so_far).is_some();
    let mut kinds: Vec<_> = finding.signals.iter().map(|signal| signal.kind.as_str()).collect();
    kinds.sort_unstable();
    let decided = notes::Decided {
        purpose: "context",
        delivery: Some(delivery.id),
        state: decision.state(),
        reason: decision.reason(),
        kinds,
        note: note.as_ref(),
        ordinal: so_far.ordinal + 1,
        replaces: so_far.latest.as_ref().filter(|_| replaces),
    };
    keep(app, db, key, &decided).await
}

/// Keeps a decision and counts it. A pending note is counted once it has come to its end.
pub async fn keep(
    app: &App,
    db: &mut PgConnection,
    key: Key<'_>,
    decided: &notes::Decided<'_>,
) -> sqlx::Result<bool> {
    let kept = notes::decide(db, key, decided).await?;
    if !kept.stored {
        // Whoever stored the earlier one may have done so while we looked.
        return Ok(true);
    }
    if decided.state != "withheld" {
        app.usual.one_more_note(key.source);
    }
    if decided.state != "pending" {
        figures::count_notes(key.source, decided.state, decided.reason, 1);
    }
    Ok(kept.pending)
}

/// What the ticket was told so far and how many notes the source had; not asked where there is nothing to tell.
async fn so_far(
    app: &App,
    db: &mut PgConnection,
    account: &Account,
    key: Key<'_>,
    finding: &Finding,
) -> sqlx::Result<(SoFar, u32)> {
    if !worth_a_note(&finding.signals) {
        return Ok((SoFar::default(), 0));
    }
    let so_far = notes::so_far(&mut *db, key, account.source.mode == Mode::Shadow).await?;
    Ok((so_far, app.usual.notes(db, &account.source).await?))
}

fn situation(account: &Account, case: &Case, finding: &Finding, so_far: &SoFar, of_source: u32) -> Situation {
    let ago = |moment: DateTime<Utc>| Utc::now().signed_duration_since(moment);
    let source = &account.source;
    Situation {
        mode: source.mode,
        status: case.ticket.status,
        event_age: ago(finding.sent_at),
        agent_replied_ago: case.last_agent_reply().map(ago),
        told: so_far.told.clone(),
        pace: pace(source, so_far, of_source),
        held_out: held_out(source.name.as_str(), &case.ticket.id, source.notes.hold_out_percent),
    }
}

/// What the source's policy on notes looks at.
pub fn pace(source: &Source, so_far: &SoFar, of_source: u32) -> Pace {
    Pace {
        policy: source.notes,
        on_ticket: so_far.on_ticket as u32,
        of_source,
        local_time: Utc::now().with_timezone(&source.time_zone).time(),
    }
}

/// The note whose place a further one takes: where the helpdesk lets a note be changed, and we still know what it says.
fn replaced(account: &Account, so_far: &SoFar) -> Option<Earlier> {
    let text = so_far.latest_text.as_deref().filter(|_| account.helpdesk.changes_notes())?;
    Earlier::read(text)
}

/// A ticket's first note tells all. A further one tells what is new, and carries on what stands where it takes a place.
pub fn compose(
    app: &App,
    account: &Account,
    case: &Case,
    finding: &Finding,
    so_far: &SoFar,
    by_rest: bool,
) -> Note {
    let footer = footer(app, account, case, finding);
    if so_far.told.is_empty() {
        let records = by_rest.then(|| Records { agent_replies: case.agent_replies() });
        return note::compose(&finding.about(&account.source, case, records)).render(footer);
    }
    let news = news(&finding.signals, &so_far.told);
    // Without the repeat that was told before, the records would be read as a first contact.
    let about = About { signals: &news, ..finding.about(&account.source, case, None) };
    match replaced(account, so_far) {
        Some(earlier) => note::in_place_of(&about, &earlier).render(footer),
        None => note::compose(&about).render(footer),
    }
}

fn footer(app: &App, account: &Account, case: &Case, finding: &Finding) -> Footer {
    let source = account.source.name.as_str();
    let key = Key { source, ticket: &case.ticket.id, message: &finding.message_id };
    let links = app.public_url.iter().flat_map(|url| {
        VERDICTS
            .map(|(verdict, words)| Link { words, url: feedback::link(url, &account.source, key, verdict) })
    });
    Footer { marker: note::marker(key.source, key.ticket, key.message), links: links.collect() }
}
