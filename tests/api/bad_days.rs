//! Outages, lost answers and crashes: nothing lost, nothing twice.

use std::time::Duration;

use axum::http::StatusCode;
use undertone::pretend::{Call, Fault, Happening, freshdesk, zendesk};

use crate::helpers::{CHASE, freshdesk_secret, world, zendesk_secret};

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
