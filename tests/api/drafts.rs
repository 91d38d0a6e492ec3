//! Reply drafted: findings at once, never in the way, kept for calibration.

use std::time::{Duration, Instant};

use axum::http::StatusCode;
use chrono::Utc;
use serde_json::{Value, json};
use undertone::pretend::{Call, Fault, Happening, NewComment, NewUser, zendesk};
use undertone::ticket::TicketId;

use crate::helpers::{APP_TOKEN, CHASE, World, until, world, zendesk_secret};

const PATH: &str = "/webhooks/zen/reply-drafted";
const STOCK: &str =
    "<p>Hi Maya,</p><p>We apologize for any inconvenience caused and appreciate your patience.</p>";

fn draft(ticket: &TicketId, html: &str) -> Value {
    json!({"schema": "undertone.draft.v1", "platform": "zendesk", "event": "reply_drafted", "draft_id": "d1",
           "ticket_id": ticket.0, "agent_id": "9100000000201", "comment_type": "publicReply",
           "trigger": "ticket.save", "draft_html": html, "draft_text": null})
}

async fn announced(world: &World, text: &str) -> TicketId {
    let ticket = world.zendesk_ticket(text);
    let (form, happening) = (zendesk::Form::Event, Happening::TicketCreated);
    let (headers, body) = world.zendesk.signed_webhook(form, happening, &ticket, &zendesk_secret());
    assert!(world.post("/webhooks/zen", headers, body).await.is_success());
    world.settle().await;
    ticket
}

#[tokio::test]
async fn a_stock_phrase_alone_is_shown_with_both_quotes_and_kept() {
    let world = world("live").await;
    let ticket = announced(&world, CHASE).await;
    let (status, answer) = world.ask(PATH, APP_TOKEN, &draft(&ticket, STOCK)).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!((&answer["draft_id"], &answer["note_posted"]), (&json!("d1"), &json!(false)));
    let items = answer["items"].as_array().unwrap();
    assert!((1..=2).contains(&items.len()), "{answer}");
    for item in items {
        assert!(CHASE.contains(item["customer_quote"].as_str().unwrap()), "{item}");
        assert!(item["draft_quote"].as_str().is_none_or(|quote| STOCK.contains(quote)), "{item}");
        assert!(item["question"].as_str().unwrap().ends_with('?'), "{item}");
    }
    until(async || world.count("select count(*) from draft_check where not incomplete").await == 1).await;
    let row: (Option<String>, String) =
        sqlx::query_as("select agent, trigger from draft_check").fetch_one(&world.db).await.unwrap();
    let agent = row.0.expect("a pseudonym");
    assert!(agent.len() == 16 && !agent.contains("9100000000201"), "{agent}");
    assert_eq!(
        world.count("select sum(drafts)::bigint from draft_checks_per_week").await,
        items.len() as i64
    );
}

#[tokio::test]
async fn naming_the_facts_finds_nothing() {
    let world = world("live").await;
    let ticket = announced(&world, CHASE).await;
    let good = "<p>Your third message about this refund should never have been needed: it went out today, \
                and you will see it on your card by Thursday.</p>";
    let (_, answer) = world.ask(PATH, APP_TOKEN, &draft(&ticket, good)).await;
    assert_eq!(answer["items"], json!([]), "{answer}");
    assert!(!answer["adapted"].as_array().unwrap().is_empty(), "{answer}");
}

#[tokio::test]
async fn a_ticket_not_read_before_is_read_by_rest() {
    let world = world("live").await;
    let ticket = world.zendesk_ticket(CHASE);
    let (_, answer) = world.ask(PATH, APP_TOKEN, &draft(&ticket, STOCK)).await;
    assert!(!answer["items"].as_array().unwrap().is_empty(), "{answer}");
}

#[tokio::test]
async fn a_wrong_token_is_refused_and_two_are_good_during_a_rotation() {
    let world = world("live").await;
    let ticket = world.freshdesk_ticket(CHASE);
    for (path, token, expected) in [
        (PATH, "not-the-token", StatusCode::UNAUTHORIZED),
        (PATH, "", StatusCode::UNAUTHORIZED),
        ("/webhooks/nobody/reply-drafted", APP_TOKEN, StatusCode::UNAUTHORIZED),
        ("/webhooks/fresh/reply-drafted", APP_TOKEN, StatusCode::OK),
        ("/webhooks/fresh/reply-drafted", "the-token-before-the-rotation", StatusCode::OK),
    ] {
        assert_eq!(world.ask(path, token, &draft(&ticket, STOCK)).await.0, expected, "{path} {token}");
    }
    let (headers, body) = sign(&draft(&ticket, STOCK));
    assert_eq!(world.post(PATH, headers, body).await, StatusCode::OK, "Zendesk's signature");
}

fn sign(body: &Value) -> (axum::http::HeaderMap, Vec<u8>) {
    use undertone::helpdesk::zendesk::signature;
    let (body, now) = (body.to_string().into_bytes(), Utc::now().format("%Y-%m-%dT%H:%M:%SZ").to_string());
    let mut headers = axum::http::HeaderMap::new();
    let signature = signature::sign(&zendesk_secret(), &now, &body);
    headers.insert("x-zendesk-webhook-signature", signature.parse().unwrap());
    headers.insert("x-zendesk-webhook-signature-timestamp", now.parse().unwrap());
    (headers, body)
}

#[tokio::test]
async fn whatever_goes_wrong_the_answer_is_200_with_no_items_and_in_time() {
    let world = world("live").await;
    let slow = world.zendesk_ticket(CHASE);
    world.zendesk.fail_next(Call::Ticket, Fault::Late(Duration::from_secs(5)));
    let known = announced(&world, CHASE).await;
    // The fault was met by the announcement's own reading; once more for the draft.
    world.zendesk.fail_next(Call::Ticket, Fault::Late(Duration::from_secs(5)));
    let cases = [
        ("a slow helpdesk", draft(&slow, STOCK), true),
        ("no such ticket", draft(&TicketId("424242".into()), STOCK), true),
        ("not a ticket id", draft(&TicketId("x'; drop table note".into()), STOCK), false),
        ("no draft", json!({"draft_id": "d", "ticket_id": known.0}), false),
        ("no object", json!([1]), false),
        (
            "an internal note",
            json!({"draft_id": 7, "ticket_id": 1, "comment_type": "internalNote", "draft_text": "x"}),
            false,
        ),
    ];
    for (name, body, incomplete) in cases {
        let start = Instant::now();
        let (status, answer) = world.ask(PATH, APP_TOKEN, &body).await;
        assert_eq!((status, &answer["items"]), (StatusCode::OK, &json!([])), "{name}: {answer}");
        assert_eq!(answer["incomplete"].as_bool().unwrap_or(false), incomplete, "{name}: {answer}");
        assert!(answer["reason"].is_string(), "{name}: {answer}");
        assert!(start.elapsed() < Duration::from_millis(1500), "{name}: {:?}", start.elapsed());
    }
    world.cut_database().await;
    let start = Instant::now();
    let (status, answer) = world.ask(PATH, APP_TOKEN, &draft(&known, STOCK)).await;
    assert_eq!((status, &answer["items"], &answer["incomplete"]), (StatusCode::OK, &json!([]), &json!(true)));
    assert!(start.elapsed() < Duration::from_millis(1500));
}

#[tokio::test]
async fn a_drafting_bots_note_is_looked_at_and_answered_with_a_private_note_once() {
    let world = world("live").await;
    let ticket = announced(&world, CHASE).await;
    let bot = world.zendesk.add_user(NewUser { is_agent: true, ..NewUser::default() });
    let text = "#undertone-draft\nHi Maya,\n\nWe apologize for any inconvenience caused and appreciate your patience.";
    let note = NewComment { author: bot, text: text.into(), public: false, created_at: Utc::now() };
    world.zendesk.add_comment(&ticket, note);
    for _ in 0..2 {
        let (form, happening) = (zendesk::Form::Event, Happening::NoteAdded);
        let (headers, body) = world.zendesk.signed_webhook(form, happening, &ticket, &zendesk_secret());
        assert!(world.post("/webhooks/zen", headers, body).await.is_success());
        world.settle().await;
    }
    let notes = world.zendesk.notes(&ticket);
    assert_eq!(notes.len(), 2, "the context note and the findings");
    assert!(notes.iter().all(|note| !note.public));
    assert!(
        notes[1].html.contains("in this draft") && notes[1].html.contains("[undertone:v1:"),
        "{}",
        notes[1].html
    );
    assert_eq!(world.count("select count(*) from draft_check where trigger = 'draft_note'").await, 1);
}

#[tokio::test]
async fn the_panel_shows_the_notes_own_words() {
    let world = world("live").await;
    let ticket = announced(&world, CHASE).await;
    let path = format!("/webhooks/zen/tickets/{ticket}/signals");
    let (status, shown) = world.get_with(&path, APP_TOKEN).await;
    assert_eq!(status, StatusCode::OK);
    let html = &world.zendesk.notes(&ticket)[0].html;
    assert!(html.contains(shown["note"]["lead"].as_str().unwrap()), "{shown}");
    assert!(shown["note"]["lines"].as_array().unwrap().len() >= 2, "{shown}");
    assert_eq!(shown["decision"]["state"], "posted");
    assert_eq!(world.get_with(&path, "wrong").await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(world.get_with("/webhooks/zen/tickets/999/signals", APP_TOKEN).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn whether_a_draft_was_sent_as_it_was_is_known_once_the_reply_is_seen() {
    let world = world("live").await;
    let ticket = announced(&world, CHASE).await;
    world.ask(PATH, APP_TOKEN, &draft(&ticket, STOCK)).await;
    until(async || world.count("select count(*) from draft_check").await == 1).await;
    let agent = world.zendesk.add_user(NewUser { is_agent: true, ..NewUser::default() });
    let sent = "Hi Maya,\n\nWe apologize for any inconvenience caused and appreciate your patience.";
    let at = Utc::now() + chrono::Duration::seconds(2);
    world
        .zendesk
        .add_comment(&ticket, NewComment { author: agent, text: sent.into(), public: true, created_at: at });
    let customer = world.zendesk.add_user(crate::helpers::customer());
    let reply = NewComment { author: customer, text: "Still nothing?".into(), public: true, created_at: at };
    world.zendesk.add_comment(&ticket, reply);
    let (form, happening) = (zendesk::Form::Event, Happening::CustomerReplied);
    let (headers, body) = world.zendesk.signed_webhook(form, happening, &ticket, &zendesk_secret());
    assert!(world.post("/webhooks/zen", headers, body).await.is_success());
    world.settle().await;
    assert_eq!(world.count("select count(*) from draft_check where sent_changed = false").await, 1);
}
