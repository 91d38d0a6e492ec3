//! Outages, lost answers and crashes: nothing lost, nothing twice.

use std::time::Duration;

use axum::http::StatusCode;
use undertone::pretend::{Call, Fault, Happening, freshdesk, zendesk};

use crate::helpers::{CHASE, World, freshdesk_secret, start, until, world, zendesk_secret};

/// Faults that a write can meet, and whether the note is on the ticket all the same.
const WRITE_FAULTS: [Fault; 7] = [
    Fault::LoseAnswer,
    Fault::Cut,
    Fault::Html(503),
    Fault::HtmlAfterWork(502),
    Fault::LimitedPlain(1),
    Fault::LimitedJson(1),
    Fault::Unauthorized,
];

#[tokio::test]
async fn whatever_becomes_of_the_answer_there_is_one_note() {
    let world = world("live").await;
    for fault in WRITE_FAULTS.into_iter().chain([Fault::Conflict]) {
        world.zendesk.fail_next(Call::Write, fault);
        let ticket = world.zendesk_ticket(CHASE);
        let (headers, body) = world.zendesk.signed_webhook(
            zendesk::Form::Event,
            Happening::TicketCreated,
            &ticket,
            &zendesk_secret(),
        );
        assert_eq!(world.post("/webhooks/zen", headers, body).await, StatusCode::OK);
        world.settle().await;
        assert_eq!(world.zendesk.notes(&ticket).len(), 1, "{fault:?}");
    }
    for fault in WRITE_FAULTS {
        world.freshdesk.fail_next(Call::Write, fault);
        let ticket = world.freshdesk_ticket(CHASE);
        let form = freshdesk::Form::Pointer;
        let (headers, body) =
            world.freshdesk.signed_webhook(form, Happening::TicketCreated, &ticket, &freshdesk_secret());
        assert_eq!(world.post("/webhooks/fresh", headers, body).await, StatusCode::OK);
        world.settle().await;
        assert_eq!(world.freshdesk.notes(&ticket).len(), 1, "{fault:?}");
    }
    let decisions = world.decisions().await;
    assert!(decisions.iter().all(|(state, _)| state == "posted"), "{decisions:?}");
}

#[tokio::test]
async fn refused_credentials_wait_and_are_tried_again() {
    let world = world("live").await;
    world.freshdesk.fail_next(Call::Ticket, Fault::Unauthorized);
    world.freshdesk.fail_next(Call::Ticket, Fault::Forbidden);
    let ticket = world.freshdesk_ticket(CHASE);
    let form = freshdesk::Form::Pointer;
    let (headers, body) =
        world.freshdesk.signed_webhook(form, Happening::TicketCreated, &ticket, &freshdesk_secret());
    assert_eq!(world.post("/webhooks/fresh", headers, body).await, StatusCode::OK);
    until(async || {
        let waiting =
            "select count(*) from delivery where state = 'waiting' and reason = 'helpdesk_unauthorized'";
        world.count(waiting).await == 1
    })
    .await;
    world.settle().await;
    assert_eq!(world.freshdesk.notes(&ticket).len(), 1);
    assert_eq!(world.count("select attempts::bigint from delivery").await, 3);
}

#[tokio::test]
async fn what_a_crash_leaves_behind_is_worked_off_by_the_next_start() {
    let first = world("live").await;
    let options = first.db.connect_options().as_ref().clone();
    let ticket = first.zendesk_ticket(CHASE);
    // The note reaches the ticket, and the process dies before it hears so.
    first.zendesk.fail_next(Call::Write, Fault::LoseAnswer);
    send(&first, &ticket).await;
    until(async || first.zendesk.calls(Call::Write) == 1).await;
    let (zendesk, freshdesk) = (first.zendesk.clone(), first.freshdesk.clone());
    // As kill -9 would: nothing is finished, nothing is told.
    first.db.close().await;
    drop(first.service);

    let second = start("live", zendesk, freshdesk, options).await;
    second.settle().await;
    assert_eq!(second.zendesk.notes(&ticket).len(), 1);
    assert_eq!(second.count("select count(*) from note where state = 'posted'").await, 1);
}

async fn send(world: &World, ticket: &undertone::ticket::TicketId) {
    let (headers, body) = world.zendesk.signed_webhook(
        zendesk::Form::Event,
        Happening::TicketCreated,
        ticket,
        &zendesk_secret(),
    );
    assert_eq!(world.post("/webhooks/zen", headers, body).await, StatusCode::OK);
}

#[tokio::test]
async fn a_ticket_that_is_gone_ends_quietly() {
    let world = world("live").await;
    let ticket = world.zendesk_ticket(CHASE);
    let webhook = world.zendesk.signed_webhook(
        zendesk::Form::Pointer,
        Happening::TicketCreated,
        &ticket,
        &zendesk_secret(),
    );
    world.zendesk.set_status(&ticket, "deleted");
    assert_eq!(world.post("/webhooks/zen", webhook.0, webhook.1).await, StatusCode::OK);
    tokio::time::timeout(Duration::from_secs(20), world.settle()).await.unwrap();
    assert!(world.zendesk.writes().is_empty());
}
