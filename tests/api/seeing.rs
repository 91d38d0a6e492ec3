//! What ops see: metrics, readiness, and one id through a delivery's way.

use axum::http::{HeaderMap, StatusCode};
use serde_json::Value;
use undertone::figures::{self, Kind};
use undertone::pretend::{Call, Fault, Happening, freshdesk, zendesk};

use crate::helpers::{
    APP_TOKEN, CHASE, Logs, QUESTION, World, freshdesk_secret, until, world, zendesk_secret,
};

async fn tell(world: &World, text: &str) {
    let ticket = world.zendesk_ticket(text);
    let (form, happening) = (zendesk::Form::Event, Happening::TicketCreated);
    let (headers, body) = world.zendesk.signed_webhook(form, happening, &ticket, &zendesk_secret());
    assert!(world.post("/webhooks/zen", headers, body).await.is_success());
}

async fn metrics(world: &World) -> String {
    let (status, text) = world.get("/metrics").await;
    assert_eq!(status, StatusCode::OK);
    text
}

/// The value of the first sample that begins so. All tests of the run count together.
fn sample(metrics: &str, begins: &str) -> f64 {
    let line = metrics.lines().find(|line| line.starts_with(begins));
    let value = line.and_then(|line| line.rsplit(' ').next());
    value.unwrap_or_else(|| panic!("{begins} is not in\n{metrics}")).parse().unwrap()
}

#[tokio::test]
async fn metrics_hold_each_documented_name() {
    let world = world("live").await;
    tell(&world, CHASE).await;
    tell(&world, QUESTION).await;
    world.settle().await;
    let draft = serde_json::json!({"draft_id": "d", "ticket_id": "1", "draft_text": "Hello"});
    world.ask("/webhooks/zen/reply-drafted", APP_TOKEN, &draft).await;
    world.post("/webhooks/zen", HeaderMap::new(), Vec::new()).await;
    let text = metrics(&world).await;
    // What takes a day, or a poll, to be recorded.
    let elsewhere = ["undertone_text_forgotten_total", "undertone_polls_total", "undertone_poll_found_total"];
    for figure in figures::ALL.iter().filter(|figure| !elsewhere.contains(&figure.name)) {
        let kind = format!("{:?}", figure.kind).to_lowercase();
        assert!(text.contains(&format!("# HELP {} {}", figure.name, figure.help)), "{}\n{text}", figure.name);
        assert!(text.contains(&format!("# TYPE {} {kind}", figure.name)), "{}", figure.name);
        let labels = figure.labels.split(", ").next().unwrap();
        let ending = if figure.kind == Kind::Histogram { "_bucket" } else { "" };
        assert!(text.contains(&format!("{}{ending}{{{labels}=", figure.name)), "{}\n{text}", figure.name);
    }
    for (begins, least) in [
        ("undertone_webhooks_total{source=\"zen\",answer=\"kept\"}", 2.0),
        ("undertone_webhooks_total{source=\"zen\",answer=\"unauthorized\"}", 1.0),
        ("undertone_webhook_ack_seconds_count{source=\"zen\"}", 2.0),
        ("undertone_deliveries_total{source=\"zen\",state=\"done\",reason=\"\"}", 2.0),
        ("undertone_notes_total{source=\"zen\",state=\"posted\",reason=\"noteworthy\"}", 1.0),
        ("undertone_notes_total{source=\"zen\",state=\"withheld\",reason=\"nothing_noteworthy\"}", 1.0),
        ("undertone_webhook_to_note_seconds_count{source=\"zen\"}", 1.0),
        ("undertone_helpdesk_calls_total{source=\"zen\",status=\"2xx\"}", 5.0),
        ("undertone_ready{part=\"database\"}", 1.0),
    ] {
        assert!(sample(&text, begins) >= least, "{begins}\n{text}");
    }
}

#[tokio::test]
async fn a_paused_source_shows_in_readiness_and_leaves_it_ready() {
    let world = world("live").await;
    until(async || world.get("/readyz").await.0 == StatusCode::OK).await;
    let (_, ready) = world.get("/readyz").await;
    assert_eq!(ready, "database: ok\nworker: ok\nsource fresh: ok\nsource zen: ok\n");
    world.freshdesk.fail_next(Call::Ticket, Fault::LimitedJson(600));
    let ticket = world.freshdesk_ticket(CHASE);
    let form = freshdesk::Form::Pointer;
    let (headers, body) =
        world.freshdesk.signed_webhook(form, Happening::TicketCreated, &ticket, &freshdesk_secret());
    assert_eq!(world.post("/webhooks/fresh", headers, body).await, StatusCode::OK);
    until(async || world.get("/readyz").await.1.contains("source fresh: paused since 2")).await;
    let (status, json) = world.get("/readyz?format=json").await;
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!((status, &json["ready"]), (StatusCode::OK, &Value::Bool(true)));
    assert_eq!(json["sources"]["zen"], serde_json::json!({"state": "ok"}));
    let fresh = &json["sources"]["fresh"];
    assert_eq!(
        (&fresh["state"], &fresh["because"]),
        (&Value::from("paused"), &Value::from("helpdesk_rate_limited"))
    );
    assert!(fresh["since"].as_str().unwrap() < fresh["until"].as_str().unwrap(), "{fresh}");
}

#[tokio::test]
async fn without_its_database_it_says_so_and_what_waits_is_counted() {
    let world = world("live").await;
    world.cut_database().await;
    until(async || world.get("/readyz").await.0 == StatusCode::SERVICE_UNAVAILABLE).await;
    let (_, ready) = world.get("/readyz").await;
    assert!(ready.starts_with("database: not ok\n"), "{ready}");
    world.restore_database().await;
    until(async || world.get("/readyz").await.0 == StatusCode::OK).await;
}

#[tokio::test]
async fn one_id_goes_through_a_deliverys_whole_way() {
    let (world, logs) = (world("live").await, Logs::listen());
    tell(&world, CHASE).await;
    world.settle().await;
    let id: String = sqlx::query_scalar("select id::text from delivery").fetch_one(&world.db).await.unwrap();
    let ticket: String =
        sqlx::query_scalar("select ticket_id from delivery").fetch_one(&world.db).await.unwrap();
    until(async || !logs.that_say("Worked a delivery off").is_empty()).await;
    for words in ["Kept a webhook", "Posted a private note", "Worked a delivery off"] {
        let lines = logs.that_say(words);
        assert_eq!(lines.len(), 1, "{words}");
        let span = &lines[0]["span"];
        assert_eq!((&span["delivery.id"], &span["source"]), (&id.as_str().into(), &"zen".into()), "{words}");
        assert_eq!(span["ticket.id"], ticket, "{words}");
    }
}
