//! What the helpdesk is answered, and what is kept of what it sent.

use std::sync::Arc;

use axum::http::{HeaderMap, StatusCode};
use secrecy::SecretString;
use tokio::task::JoinSet;
use undertone::pretend::{Happening, freshdesk, zendesk};

use crate::helpers::{QUESTION, freshdesk_secret, until, world, zendesk_secret};

#[tokio::test]
async fn a_webhook_is_acknowledged_once_it_is_kept_and_a_repeat_is_the_same_delivery() {
    let world = world("live").await;
    let (zen, fresh) = (world.zendesk_ticket(QUESTION), world.freshdesk_ticket(QUESTION));
    for form in [zendesk::Form::Event, zendesk::Form::Trigger, zendesk::Form::Pointer] {
        let (headers, body) =
            world.zendesk.signed_webhook(form, Happening::TicketCreated, &zen, &zendesk_secret());
        for _ in 0..2 {
            assert_eq!(
                world.post("/webhooks/zen", headers.clone(), body.clone()).await,
                StatusCode::OK,
                "{form:?}"
            );
        }
    }
    assert_eq!(world.count("select count(*) from delivery where source = 'zen'").await, 3);
    for form in [freshdesk::Form::Simple, freshdesk::Form::Advanced, freshdesk::Form::Pointer] {
        for carrier in [freshdesk::Carrier::Header, freshdesk::Carrier::BasicAuth] {
            let (headers, body) =
                world.freshdesk.webhook(form, Happening::TicketCreated, &fresh, &freshdesk_secret(), carrier);
            assert_eq!(
                world.post("/webhooks/fresh", headers, body).await,
                StatusCode::OK,
                "{form:?} {carrier:?}"
            );
        }
    }
    assert_eq!(world.count("select count(*) from delivery where source = 'fresh'").await, 3);
}

#[tokio::test]
async fn what_cannot_be_verified_is_refused_alike_and_not_kept() {
    let world = world("live").await;
    let ticket = world.zendesk_ticket(QUESTION);
    let wrong = SecretString::from("not-the-secret-at-all");
    let signed = |secret| {
        world.zendesk.signed_webhook(zendesk::Form::Event, Happening::TicketCreated, &ticket, secret)
    };
    let right = zendesk_secret();
    let (good_headers, good_body) = signed(&right);
    let changed = [good_body.as_slice(), b" "].concat();
    let cases = [
        ("a wrong secret", "/webhooks/zen", signed(&wrong), StatusCode::UNAUTHORIZED),
        ("no signature", "/webhooks/zen", (HeaderMap::new(), good_body.clone()), StatusCode::UNAUTHORIZED),
        ("a changed body", "/webhooks/zen", (good_headers.clone(), changed), StatusCode::UNAUTHORIZED),
        (
            "an unknown source",
            "/webhooks/nobody",
            (good_headers.clone(), good_body.clone()),
            StatusCode::UNAUTHORIZED,
        ),
        (
            "another source's",
            "/webhooks/fresh",
            (good_headers.clone(), good_body.clone()),
            StatusCode::UNAUTHORIZED,
        ),
        ("no webhook path", "/hooks/zen", (good_headers.clone(), good_body.clone()), StatusCode::NOT_FOUND),
        (
            "over 1 MiB",
            "/webhooks/zen",
            (good_headers, vec![b'x'; 1024 * 1024 + 1]),
            StatusCode::PAYLOAD_TOO_LARGE,
        ),
    ];
    for (name, path, (headers, body), expected) in cases {
        assert_eq!(world.post(path, headers, body).await, expected, "{name}");
    }
    assert_eq!(world.get("/webhooks/zen").await.0, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(world.count("select count(*) from delivery").await, 0);
}

#[tokio::test]
async fn both_secrets_are_good_while_one_is_being_replaced() {
    let world = world("live").await;
    let ticket = world.zendesk_ticket(QUESTION);
    let old = SecretString::from("the-secret-before-the-rotation");
    for (form, secret) in [(zendesk::Form::Event, zendesk_secret()), (zendesk::Form::Pointer, old)] {
        let (headers, body) = world.zendesk.signed_webhook(form, Happening::TicketCreated, &ticket, &secret);
        assert_eq!(world.post("/webhooks/zen", headers, body).await, StatusCode::OK, "{form:?}");
    }
}

#[tokio::test]
async fn what_is_verified_and_not_understood_is_kept_as_failed_with_its_reason() {
    let world = world("live").await;
    let mut headers = HeaderMap::new();
    headers.insert("x-undertone-key", crate::helpers::FRESHDESK_SECRET.parse().unwrap());
    for body in ["{}", "[1,2", "\"\u{0}\"", "", "{\"ticket_id\":\"not a number\"}"] {
        let status = world.post("/webhooks/fresh", headers.clone(), body.as_bytes().to_vec()).await;
        assert_eq!(status, StatusCode::OK, "{body:?}");
    }
    world.settle().await;
    for (state, reason) in world.deliveries().await {
        assert_eq!(state, "failed");
        assert!(reason.is_some_and(|reason| reason.chars().all(|c| c.is_ascii_lowercase() || c == '_')));
    }
    assert_eq!(world.count("select count(*) from delivery_to_replay").await, 5);
}

#[tokio::test]
async fn webhooks_that_arrive_together_are_all_kept_once() {
    let world = world("shadow").await;
    let tickets: Vec<_> = (0..60).map(|_| world.zendesk_ticket(QUESTION)).collect();
    let world = Arc::new(world);
    let sent = tickets.into_iter().map(|ticket| {
        let (world, secret) = (world.clone(), zendesk_secret());
        async move {
            let (form, happening) = (zendesk::Form::Trigger, Happening::TicketCreated);
            let (headers, body) = world.zendesk.signed_webhook(form, happening, &ticket, &secret);
            world.post("/webhooks/zen", headers, body).await
        }
    });
    let answers = sent.collect::<JoinSet<_>>().join_all().await;
    assert!(answers.iter().all(|answer| *answer == StatusCode::OK));
    assert_eq!(world.count("select count(distinct ticket_id) from delivery").await, 60);
    world.settle().await;
    assert_eq!(world.count("select count(*) from delivery where state = 'done'").await, 60);
}

#[tokio::test]
async fn a_bad_row_does_not_fail_its_neighbours() {
    use undertone::keep::{Keeper, Kept};
    use undertone::store::deliveries::{NewDelivery, Origin};
    use undertone::ticket::TicketId;

    let db = undertone::store::connect(crate::helpers::database().await).await.unwrap();
    let (keeper, _writer) = Keeper::start(db.clone());
    let delivery = |key: &str, ticket: &str| NewDelivery {
        source: "zen".into(),
        id: uuid::Uuid::now_v7(),
        dedup_key: key.into(),
        invocation_id: None,
        ticket_id: Some(TicketId(ticket.into())),
        body: b"{}".as_slice().into(),
        body_is_unique: true,
        origin: Origin::Webhook,
    };
    // Sent at once, they wait in one line and share a transaction.
    let (first, bad, last) = tokio::join!(
        keeper.keep(delivery("a", "1")),
        keeper.keep(delivery("b", "no number")),
        keeper.keep(delivery("c", "2")),
    );
    assert_eq!(first, Ok(Kept::New));
    assert!(bad.is_err());
    assert_eq!(last, Ok(Kept::New));
    let jobs: i64 =
        sqlx::query_scalar("select count(*) from graphile_worker.jobs").fetch_one(&db).await.unwrap();
    assert_eq!(jobs, 2);
}

#[tokio::test]
async fn without_a_database_each_helpdesk_is_asked_to_come_again_and_all_is_well_when_it_is_back() {
    let world = world("live").await;
    let (zen, fresh) = (world.zendesk_ticket(QUESTION), world.freshdesk_ticket(QUESTION));
    let send = async || {
        let (form, happening) = (zendesk::Form::Event, Happening::TicketCreated);
        let (headers, body) = world.zendesk.signed_webhook(form, happening, &zen, &zendesk_secret());
        let zendesk = world.post("/webhooks/zen", headers, body).await;
        let form = freshdesk::Form::Pointer;
        let (headers, body) = world.freshdesk.signed_webhook(form, happening, &fresh, &freshdesk_secret());
        (zendesk, world.post("/webhooks/fresh", headers, body).await)
    };
    world.cut_database().await;
    assert_eq!(send().await, (StatusCode::CONFLICT, StatusCode::SERVICE_UNAVAILABLE));
    let (status, detail) = world.get("/readyz").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(detail.contains("database: not ok"), "{detail}");

    world.restore_database().await;
    until(async || world.get("/readyz").await.0 == StatusCode::OK).await;
    assert_eq!(send().await, (StatusCode::OK, StatusCode::OK));
    world.settle().await;
    assert_eq!(world.count("select count(*) from delivery where state = 'done'").await, 2);
}
