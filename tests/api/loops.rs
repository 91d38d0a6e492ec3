//! Our own notes start no loop: by whoever and however they are sent back to us, it comes to rest.

use axum::http::{HeaderMap, StatusCode};
use chrono::Utc;
use secrecy::SecretString;
use serde_json::{Value, json};
use undertone::helpdesk::zendesk::signature;
use undertone::helpdesk::{MARKER_START, http_client};
use undertone::note::Note;
use undertone::pretend::{Call, Happening, NewComment, NewUser, Resend, freshdesk, zendesk};
use undertone::store::notes::{self, Decided, Key};
use undertone::ticket::{MessageId, TicketId};

use crate::governor::{Desk, LEAVING, announce, opened, reasons, replied};
use crate::helpers::{CHASE, FRESHDESK_SECRET, World, freshdesk_secret, until, world, zendesk_secret};

/// The address of a source's webhooks.
fn address(world: &World, source: &str) -> String {
    format!("http://{}/webhooks/{source}", world.service.address)
}

fn rule<Form>(
    world: &World,
    source: &str,
    form: Form,
    happening: Happening,
    secret: SecretString,
) -> Resend<Form> {
    Resend { url: address(world, source), form, happening, secret, client: http_client().unwrap() }
}

/// Waits until every note was sent on and worked off, and that has led to no other.
async fn quiet(world: &World, resent: impl Fn() -> (usize, usize)) {
    loop {
        let (before, _) = resent();
        for _ in 0..2 {
            until(async || resent().0 == resent().1).await;
            world.settle().await;
        }
        if resent().0 == before {
            return;
        }
    }
}

/// How many deliveries there are about a ticket of this source.
async fn deliveries(world: &World, source: &str, ticket: &TicketId) -> i64 {
    sqlx::query_scalar("select count(*) from delivery where source = $1 and ticket_id = $2")
        .bind(source)
        .bind(ticket)
        .fetch_one(&world.db)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_zendesk_trigger_that_sends_every_note_on_comes_to_rest_with_one() {
    let world = world("live").await;
    let rules = [
        (zendesk::Form::Event, Happening::NoteAdded),
        (zendesk::Form::Trigger, Happening::NoteAdded),
        (zendesk::Form::Trigger, Happening::TicketCreated),
        (zendesk::Form::Pointer, Happening::NoteAdded),
        (zendesk::Form::Pointer, Happening::TicketCreated),
        (zendesk::Form::Bare, Happening::NoteAdded),
    ];
    for (form, happening) in rules {
        world.zendesk.resend_notes(rule(&world, "zen", form, happening, zendesk_secret()));
        let (id, requester) = opened(&world, Desk::Zendesk, CHASE).await;
        quiet(&world, || world.zendesk.resent()).await;
        assert_eq!(world.zendesk.notes(&id).len(), 1, "{form:?} {happening:?}");
        let came = deliveries(&world, "zen", &id).await;
        assert_eq!(came, 2, "{form:?} {happening:?}: the ticket, and the one note sent on");
        replied(&world, Desk::Zendesk, &id, &requester, LEAVING).await;
        quiet(&world, || world.zendesk.resent()).await;
        assert_eq!(world.zendesk.notes(&id).len(), 2, "{form:?} {happening:?}: one for the news");
        let came = deliveries(&world, "zen", &id).await;
        assert!((3..=4).contains(&came), "{form:?} {happening:?}: {came}");
    }
    assert_eq!(world.zendesk.resent().0, 2 * rules.len());
    assert_eq!(world.count("select count(*) from message where text like '%[undertone:%'").await, 0);
}

#[tokio::test]
async fn a_freshdesk_rule_that_sends_every_note_on_comes_to_rest_with_one() {
    let world = world("live").await;
    let rules = [
        (freshdesk::Form::Simple, Happening::NoteAdded),
        (freshdesk::Form::Advanced, Happening::NoteAdded),
        (freshdesk::Form::Advanced, Happening::CustomerReplied),
        (freshdesk::Form::Pointer, Happening::NoteAdded),
        (freshdesk::Form::Pointer, Happening::CustomerReplied),
        (freshdesk::Form::Pointer, Happening::TicketCreated),
        (freshdesk::Form::Bare, Happening::NoteAdded),
    ];
    for (form, happening) in rules {
        world.freshdesk.resend_notes(rule(&world, "fresh", form, happening, freshdesk_secret()));
        let (id, requester) = opened(&world, Desk::Freshdesk, CHASE).await;
        quiet(&world, || world.freshdesk.resent()).await;
        let first = world.freshdesk.notes(&id);
        assert_eq!(first.len(), 1, "{form:?} {happening:?}");
        let came = deliveries(&world, "fresh", &id).await;
        assert!((1..=2).contains(&came), "{form:?} {happening:?}: {came}");
        replied(&world, Desk::Freshdesk, &id, &requester, LEAVING).await;
        quiet(&world, || world.freshdesk.resent()).await;
        let second = world.freshdesk.notes(&id);
        assert_eq!(second.len(), 1, "{form:?} {happening:?}");
        assert_ne!(second[0].html, first[0].html, "{form:?} {happening:?}: updated for the news");
        let came = deliveries(&world, "fresh", &id).await;
        assert!((2..=4).contains(&came), "{form:?} {happening:?}: {came}");
    }
    let calls = (world.freshdesk.calls(Call::Write), world.freshdesk.calls(Call::Change));
    assert_eq!(calls, (rules.len(), rules.len()));
    assert_eq!(world.count("select count(*) from message where text like '%[undertone:%'").await, 0);
}

#[tokio::test]
async fn a_bot_that_drafts_anew_after_each_of_our_notes_is_stopped_by_the_ceiling() {
    let world = world("live").await;
    let (id, _) = opened(&world, Desk::Zendesk, CHASE).await;
    let bot = world.zendesk.add_user(NewUser { is_agent: true, ..NewUser::default() });
    let mut answered = 0;
    while world.zendesk.notes(&id).len() > answered && answered < 10 {
        answered = world.zendesk.notes(&id).len();
        let text = format!(
            "#undertone-draft\nHi Maya,\n\nWe apologize for any inconvenience caused and appreciate your patience. ({answered})"
        );
        let draft = NewComment { author: bot.clone(), text, public: false, created_at: Utc::now() };
        world.zendesk.add_comment(&id, draft);
        announce(&world, Desk::Zendesk, &id, Happening::NoteAdded).await;
    }
    assert_eq!(world.zendesk.notes(&id).len(), 3, "the default ceiling, context and drafts together");
    assert_eq!(
        reasons(&world, Desk::Zendesk, &id).await,
        ["noteworthy", "draft_findings", "draft_findings", "ticket_ceiling"]
    );
}

#[tokio::test]
async fn a_message_that_quotes_or_forwards_our_note_is_never_read() {
    let world = world("live").await;
    let (id, requester) = opened(&world, Desk::Zendesk, CHASE).await;
    let note = format!("{LEAVING}\n\n> Undertone: 3 contacts, angry\n> {MARKER_START}{id}:0a1b2c3d]");
    replied(&world, Desk::Zendesk, &id, &requester, &note).await;
    assert_eq!(reasons(&world, Desk::Zendesk, &id).await, ["noteworthy"]);
    assert_eq!(world.zendesk.notes(&id).len(), 1);

    let forwarded = format!("Your colleague sent me this?! {CHASE}\n\n{MARKER_START}{id}:0a1b2c3d]");
    let (zen, _) = opened(&world, Desk::Zendesk, &forwarded).await;
    let (fresh, requester) = opened(&world, Desk::Freshdesk, &forwarded).await;
    replied(&world, Desk::Freshdesk, &fresh, &requester, &note).await;
    assert!(reasons(&world, Desk::Zendesk, &zen).await.is_empty());
    assert!(reasons(&world, Desk::Freshdesk, &fresh).await.is_empty());
    assert_eq!(world.count("select count(*) from delivery where reason = 'no_customer_message'").await, 3);
    assert_eq!(world.count("select count(*) from message where text like '%[undertone:%'").await, 0);
    // What the same customer writes without a quote is read as ever.
    replied(&world, Desk::Freshdesk, &fresh, &requester, CHASE).await;
    assert_eq!(world.freshdesk.notes(&fresh).len(), 1);
}

fn fixture(path: &str) -> Value {
    serde_json::from_slice(&std::fs::read(format!("tests/fixtures/{path}")).unwrap()).unwrap()
}

fn signed(body: &Value) -> (HeaderMap, Vec<u8>) {
    let (body, now) = (body.to_string().into_bytes(), Utc::now().format("%Y-%m-%dT%H:%M:%SZ").to_string());
    let signature = signature::sign(&zendesk_secret(), &now, &body);
    let headers =
        [("x-zendesk-webhook-signature", signature), ("x-zendesk-webhook-signature-timestamp", now)];
    (headers.map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).into_iter().collect(), body)
}

/// What became of the newest delivery.
async fn newest_reason(world: &World) -> Option<String> {
    world.settle().await;
    world.deliveries().await.pop().unwrap().1
}

#[tokio::test]
async fn author_marker_and_privacy_each_tell_a_note_by_themselves_on_zendesk() {
    let world = world("live").await;
    let me = json!(world.zendesk.me().0);
    let someone = json!("9100000000777");
    let marked = "Undertone: ..\n[undertone:v1:35211:5e0d7c1a]";
    let cases = [
        ("by us, private, marked", &me, json!(false), marked, Some("own_note")),
        ("by us alone, whatever is said of it", &me, Value::Null, "Hello", Some("own_note")),
        ("the marker alone", &someone, Value::Null, marked, Some("own_note")),
        ("privacy alone", &someone, json!(false), "Hello", Some("private_note")),
        ("none of the three", &someone, Value::Null, "Hello", Some("ticket_not_found")),
    ];
    for (number, (name, author, is_public, text, reason)) in cases.into_iter().enumerate() {
        let mut body = fixture("zendesk/event_comment_added_own_private_note.json");
        body["id"] = format!("case-{number}").into();
        body["event"]["comment"] =
            json!({"id": "1", "body": text, "is_public": is_public, "author": {"id": author}});
        let (headers, body) = signed(&body);
        assert_eq!(world.post("/webhooks/zen", headers, body).await, StatusCode::OK);
        assert_eq!(newest_reason(&world).await.as_deref(), reason, "{name}");
    }
    assert!(world.zendesk.writes().is_empty());
}

#[tokio::test]
async fn author_marker_and_privacy_each_tell_a_note_by_themselves_on_freshdesk() {
    let world = world("live").await;
    let me = json!(world.freshdesk.me().0.parse::<u64>().unwrap());
    let someone = json!(80009870000_u64);
    let marked = "<div>Undertone: ..</div><div>[undertone:v1:4821:9f1c22aa]</div>";
    let event = |author: &Value, private: Value, text: &str| {
        let mut body = fixture("freshdesk/product_event_onConversationCreate_private_note.json");
        body["data"]["conversation"] =
            json!({"id": 1, "ticket_id": 4821, "body": text, "private": private, "user_id": author});
        body
    };
    let rule = |text: &str| {
        let mut body = fixture("freshdesk/webhook_advanced_private_note.json");
        body["note"] = format!("Undertone : {text}").into();
        body["event"] = "note_added".into();
        body
    };
    let cases = [
        ("as it came", fixture("freshdesk/product_event_onConversationCreate_private_note.json"), "own_note"),
        ("by us alone", event(&me, Value::Null, "<p>Hello</p>"), "own_note"),
        ("the marker alone", event(&someone, Value::Null, marked), "own_note"),
        ("privacy alone", event(&someone, json!(true), "<p>Hello</p>"), "private_note"),
        ("none of the three", event(&someone, Value::Null, "<p>Hello</p>"), "ticket_not_found"),
        ("a rule's note, marked", rule(marked), "own_note"),
        ("a rule's note", rule("<p>Hello</p>"), "private_note"),
    ];
    for (name, body, reason) in cases {
        let mut headers = HeaderMap::new();
        headers.insert("x-undertone-key", FRESHDESK_SECRET.parse().unwrap());
        let body = body.to_string().into_bytes();
        assert_eq!(world.post("/webhooks/fresh", headers, body).await, StatusCode::OK);
        assert_eq!(newest_reason(&world).await.as_deref(), Some(reason), "{name}");
    }
    assert!(world.freshdesk.writes().is_empty());
}

#[tokio::test]
async fn two_messages_decided_on_at_once_cannot_both_be_a_tickets_first_note() {
    let world = world("live").await;
    let source = "zen";
    let id = TicketId("42".into());
    let note = Note { lead: "l".into(), text: "t".into(), html: "h".into(), marker: "m".into() };
    let decided = |ordinal| Decided {
        purpose: "context",
        delivery: None,
        state: "pending",
        reason: "noteworthy",
        kinds: vec!["chase"],
        note: Some(&note),
        ordinal,
        replaces: None,
    };
    let messages = ["1", "2", "3"].map(|id| MessageId(id.to_owned()));
    let key = |at: usize| Key { source, ticket: &id, message: &messages[at] };
    let stored = async |at, ordinal| notes::decide(&world.db, key(at), &decided(ordinal)).await;
    assert!(stored(0, 1).await.unwrap().stored);
    assert!(!stored(0, 1).await.unwrap().stored, "the same message again changes nothing");
    let refused = stored(1, 1).await.unwrap_err();
    assert_eq!(refused.as_database_error().unwrap().constraint(), Some("note_once_per_ordinal"));
    assert!(stored(1, 2).await.unwrap().stored, "decided anew, it knows of the first");
    // A release from before further notes knows no ordinal: for it there is one note a ticket.
    let older =
        "insert into note (source, ticket_id, message_id, delivery_id, state, reason, kinds, marker, purpose)
                 values ('zen', '42', '3', null, 'pending', 'noteworthy', '{anger}', 'm3', 'context')
                 on conflict do nothing";
    assert_eq!(sqlx::query(older).execute(&world.db).await.unwrap().rows_affected(), 0);
    let so_far = notes::so_far(&world.db, key(2), false).await.unwrap();
    assert_eq!(
        (so_far.told, so_far.latest, so_far.ordinal),
        (vec!["chase".into()], Some(messages[1].clone()), 2)
    );
    let of_source = notes::of_source(&world.db, "zen", false, 2000).await.unwrap();
    assert_eq!((so_far.on_ticket, of_source), (2, 2));
}
