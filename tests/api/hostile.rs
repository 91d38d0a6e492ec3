//! Hostile input: whatever comes in, nothing of it is executed, kept without proof, or in anybody's way.

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use chrono::{SecondsFormat, TimeDelta, Utc};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use secrecy::SecretString;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use undertone::helpdesk::zendesk::signature;
use undertone::helpdesk::{Gate, Helpdesk, Parsed, http_client};
use undertone::pretend::{Happening, freshdesk, zendesk};
use undertone::ticket::{MessageId, TicketId};

use crate::helpers::{QUESTION, World, freshdesk_secret, world, zendesk_secret};

#[tokio::test]
async fn too_large_a_head_or_body_is_refused() {
    let world = world("live").await;
    let send = async |request: String| {
        let mut stream = tokio::net::TcpStream::connect(world.service.address).await.unwrap();
        // It may be answered, and closed, before all of it is written.
        let _ = stream.write_all(request.as_bytes()).await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        String::from_utf8_lossy(&answer).lines().next().unwrap_or_default().to_owned()
    };
    let head = "POST /webhooks/zen HTTP/1.1\r\nhost: x\r\nconnection: close\r\n";
    let cases = [
        ("101 headers", format!("{head}{}\r\n", "a: b\r\n".repeat(101)), "431"),
        ("a header of half a megabyte", format!("{head}a: {}\r\n\r\n", "b".repeat(512 * 1024)), "431"),
        (
            "a body of unknown length that is too large",
            format!(
                "{head}transfer-encoding: chunked\r\n\r\n100001\r\n{}\r\n0\r\n\r\n",
                "b".repeat(0x10_0001)
            ),
            "413",
        ),
        ("no HTTP", "\0\0\0\0\r\n\r\n".to_owned(), "400"),
        ("two lengths", format!("{head}content-length: 1\r\ncontent-length: 2\r\n\r\nab"), "400"),
    ];
    for (name, request, status) in cases {
        let answer = send(request).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{name}: {answer}");
    }
    assert_eq!(world.count("select count(*) from delivery").await, 0);
    assert_eq!(world.get("/healthz").await.0, StatusCode::OK);
}

#[tokio::test]
async fn too_many_wrong_signatures_are_told_to_stop_and_a_right_one_still_passes() {
    let world = world("live").await;
    let ticket = world.zendesk_ticket(QUESTION);
    let webhook = |secret| {
        world.zendesk.signed_webhook(zendesk::Form::Event, Happening::TicketCreated, &ticket, secret)
    };
    let wrong = SecretString::from("not-the-secret-at-all");
    let mut answers = Vec::new();
    for _ in 0..70 {
        let (headers, body) = webhook(&wrong);
        answers.push(world.post("/webhooks/zen", headers, body).await.as_u16());
    }
    let expected = [vec![401; 60], vec![429; 10]].concat();
    assert_eq!(answers, expected);
    let (headers, body) = webhook(&zendesk_secret());
    assert_eq!(world.post("/webhooks/zen", headers, body).await, StatusCode::OK, "the helpdesk's own");
    let answer = world.post("/webhooks/fresh", HeaderMap::new(), Vec::new()).await;
    assert_eq!(answer, StatusCode::UNAUTHORIZED, "another source is not touched");
    let (status, _) = world.ask("/webhooks/zen/reply-drafted", "wrong", &serde_json::json!({})).await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS, "the app's token is a secret like any other");
}

#[tokio::test]
async fn an_old_signed_body_is_refused_and_a_recent_one_is_the_same_delivery() {
    let world = world("live").await;
    let ticket = world.zendesk_ticket(QUESTION);
    let form = zendesk::Form::Event;
    let (headers, body) =
        world.zendesk.signed_webhook(form, Happening::TicketCreated, &ticket, &zendesk_secret());
    for minutes in [16, -16] {
        let at = (Utc::now() - TimeDelta::minutes(minutes)).to_rfc3339_opts(SecondsFormat::Secs, true);
        let mut replayed = headers.clone();
        let signed = signature::sign(&zendesk_secret(), &at, &body);
        replayed.insert("x-zendesk-webhook-signature", signed.parse().unwrap());
        replayed.insert("x-zendesk-webhook-signature-timestamp", at.parse().unwrap());
        let answer = world.post("/webhooks/zen", replayed, body.clone()).await;
        assert_eq!(answer, StatusCode::UNAUTHORIZED, "{minutes} minutes old");
    }
    for _ in 0..3 {
        assert_eq!(world.post("/webhooks/zen", headers.clone(), body.clone()).await, StatusCode::OK);
    }
    world.settle().await;
    let ended = "select (extract(epoch from finished_at) * 1000000)::bigint from delivery";
    let first = world.count(ended).await;
    assert_eq!(world.post("/webhooks/zen", headers.clone(), body.clone()).await, StatusCode::OK);
    // Signed anew, as somebody who knows the secret could: the event's own id tells.
    let at = Utc::now().to_rfc3339_opts(SecondsFormat::Nanos, true);
    let mut again = headers.clone();
    let signed = signature::sign(&zendesk_secret(), &at, &body);
    again.insert("x-zendesk-webhook-signature", signed.parse().unwrap());
    again.insert("x-zendesk-webhook-signature-timestamp", at.parse().unwrap());
    again.insert("x-zendesk-webhook-invocation-id", HeaderValue::from_static("another"));
    assert_eq!(world.post("/webhooks/zen", again, body).await, StatusCode::OK);
    world.settle().await;
    assert_eq!(world.count("select count(*) from delivery").await, 1);
    assert_eq!(world.count(ended).await, first, "worked off again");
}

/// What a customer may write to be something else than text once it is quoted.
const ACTIVE: [&str; 9] = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<a href=\"https://evil.example\">your refund</a>",
    "[your refund](https://evil.example)",
    "<https://evil.example>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;img src=x onerror=alert(1)&#62;",
    "\u{202E}deyalp si siht\u{202C}",
    "\u{2066}\u{202D}](javascript:alert(1))",
];

/// The note's own tags, and nothing else.
fn foreign_tags(html: &str) -> Vec<String> {
    let ours = ["p", "/p", "strong", "/strong", "br", "/a"];
    let tags = html.split('<').skip(1).map(|rest| rest.split('>').next().unwrap().to_owned());
    tags.filter(|tag| {
        !ours.contains(&tag.as_str()) && !tag.starts_with("a href=\"https://undertone.example.com/feedback/")
    })
    .collect()
}

async fn note_of(world: &World, text: &str, desk: &str) -> String {
    let created = Happening::TicketCreated;
    let (ticket, path, (headers, body)) = if desk == "zendesk" {
        let ticket = world.zendesk_ticket(text);
        let webhook = world.zendesk.signed_webhook(zendesk::Form::Event, created, &ticket, &zendesk_secret());
        (ticket, "/webhooks/zen", webhook)
    } else {
        let ticket = world.freshdesk_ticket(text);
        let form = freshdesk::Form::Pointer;
        let webhook = world.freshdesk.signed_webhook(form, created, &ticket, &freshdesk_secret());
        (ticket, "/webhooks/fresh", webhook)
    };
    assert_eq!(world.post(path, headers, body).await, StatusCode::OK);
    world.settle().await;
    let notes = if desk == "zendesk" { world.zendesk.notes(&ticket) } else { world.freshdesk.notes(&ticket) };
    assert_eq!(notes.len(), 1, "{desk}: {text}");
    notes[0].html.clone()
}

#[tokio::test]
async fn nothing_that_a_customer_writes_is_active_in_a_note() {
    let world = world("live").await;
    for active in ACTIVE {
        for desk in ["zendesk", "freshdesk"] {
            let text =
                format!("This is the third time I am writing about {active} and nobody has answered me!");
            let html = note_of(&world, &text, desk).await;
            assert_eq!(foreign_tags(&html), [""; 0], "{desk} {active:?}: {html}");
            // Helpdesks make links of what looks like one, whoever wrote it.
            assert!(!html.contains("evil.example"), "{desk} {active:?}: a link: {html}");
            let turns = |c: char| matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
            assert!(!html.contains(turns), "{desk} {active:?}: turns the text around: {html}");
        }
    }
}

fn accounts() -> [Helpdesk; 2] {
    use undertone::helpdesk::{freshdesk, zendesk};
    let client = http_client().unwrap();
    let base_url = "http://127.0.0.1:9".to_owned();
    let zendesk = zendesk::Settings {
        base_url: base_url.clone(),
        credentials: undertone::pretend::PretendZendesk::token_credentials(),
        webhook_secrets: vec![zendesk_secret()],
        drafters: vec!["777".into()],
        signature_window: std::time::Duration::from_secs(900),
        gate: Gate::default(),
    };
    let freshdesk = freshdesk::Settings {
        base_url,
        api_key: "k".into(),
        webhook_secrets: vec![freshdesk_secret()],
        drafters: vec!["777".into()],
        gate: Gate::default(),
    };
    [
        Helpdesk::Zendesk(zendesk::Zendesk::new(zendesk, client.clone())),
        Helpdesk::Freshdesk(freshdesk::Freshdesk::new(freshdesk, client)),
    ]
}

/// Bodies of any bytes, and JSON of the keys that are read with values of any kind, huge and deep ones among them.
fn bodies() -> impl Strategy<Value = Vec<u8>> {
    const KEYS: &[&str] = &[
        "ticket_id",
        "id",
        "event",
        "type",
        "detail",
        "ticket",
        "requester",
        "comment",
        "body",
        "is_public",
        "author",
        "freshdesk_webhook",
        "ticket_description",
        "text",
        "triggered_event",
        "created_at",
        "updated_at",
        "time",
        "actor_id",
        "draft_id",
        "draft_text",
        "draft_html",
        "agent_id",
        "schema",
        "data",
        "conversation",
        "private",
    ];
    let leaf = prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|truth| truth.to_string()),
        any::<i64>().prop_map(|number| number.to_string()),
        Just(format!("1{}", "0".repeat(400))),
        Just("-1e999999".to_owned()),
        Just(format!("{}1{}", "[".repeat(5000), "]".repeat(5000))),
        Just("{\"a\":".repeat(5000)),
        any::<String>().prop_map(|text| serde_json::to_string(&text).unwrap()),
        prop::sample::select(vec![
            "\"zen:event-type:ticket.created\"",
            "\"ticket_created\"",
            "\"customer_reply\"",
            "\"42\"",
            "\"2026-03-06T18:42:07Z\"",
            "\"-262144-01-01T00:00:00Z\"",
            "\"\\ud800\"",
            "\"\\u0000\""
        ])
        .prop_map(str::to_owned),
    ];
    let json = leaf.prop_recursive(4, 24, 6, |inner| {
        let pair =
            (prop::sample::select(KEYS), inner.clone()).prop_map(|(key, value)| format!("\"{key}\":{value}"));
        prop_oneof![
            prop::collection::vec(pair, 0..6).prop_map(|pairs| format!("{{{}}}", pairs.join(","))),
            prop::collection::vec(inner, 0..4).prop_map(|values| format!("[{}]", values.join(","))),
        ]
    });
    prop_oneof![
        1 => prop::collection::vec(any::<u8>(), 0..300),
        4 => json.prop_map(String::into_bytes),
    ]
}

fn headers() -> impl Strategy<Value = HeaderMap> {
    const NAMES: &[&str] = &[
        "x-zendesk-webhook-signature",
        "x-zendesk-webhook-signature-timestamp",
        "x-zendesk-webhook-invocation-id",
        "x-undertone-key",
        "authorization",
    ];
    let value = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..80),
        prop::sample::select(vec!["Basic ", "Basic Og==", "Bearer x", "2026-03-06T18:42:07Z", "AAAA"])
            .prop_map(|text| text.as_bytes().to_vec()),
    ];
    let pair = (prop::sample::select(NAMES), value);
    prop::collection::vec(pair, 0..6).prop_map(|pairs| {
        let header = |(name, value): (&'static str, Vec<u8>)| {
            Some((HeaderName::from_static(name), HeaderValue::from_bytes(&value).ok()?))
        };
        pairs.into_iter().filter_map(header).collect()
    })
}

proptest! {
    #[test]
    fn no_request_is_let_in_without_the_secret_or_makes_a_panic(headers in headers(), body in bodies()) {
        for helpdesk in accounts() {
            prop_assert!(helpdesk.verify(&headers, &body, Utc::now()).is_err());
            let identity = helpdesk.identify(&headers, &body);
            prop_assert!(identity.dedup_key.len() < 300);
            let is_id = |id: &TicketId| (1..=20).contains(&id.0.len()) && id.0.bytes().all(|c| c.is_ascii_digit());
            prop_assert!(identity.ticket_id.as_ref().is_none_or(is_id));
            if let Parsed::Act(event) = helpdesk.parse(&body) {
                prop_assert!(is_id(&event.ticket_id));
            }
        }
    }

    #[test]
    fn no_feedback_address_is_taken_that_we_did_not_write(token in any::<String>(), ticket in "[0-9]{1,5}") {
        let (ticket, message) = (TicketId(ticket), MessageId::opening());
        let key = undertone::store::notes::Key { source: "zen", ticket: &ticket, message: &message };
        prop_assert!(!undertone::feedback::is_genuine(source(), key, &token));
    }

    #[test]
    fn no_configuration_makes_a_panic(line in any::<String>(), place in any::<prop::sample::Index>()) {
        let whole = crate::helpers::settings("live", "http://127.0.0.1:9", "http://127.0.0.1:9");
        let mut lines: Vec<_> = whole.lines().collect();
        let place = place.index(lines.len());
        lines[place] = &line;
        let parsed = undertone::config::Config::parse("test.toml", &lines.join("\n"), &crate::helpers::secret);
        if let Err(error) = parsed {
            prop_assert!(error.to_string().starts_with("test.toml"));
        }
    }
}

fn source() -> &'static undertone::config::Source {
    use std::sync::LazyLock;
    static SOURCE: LazyLock<undertone::config::Source> = LazyLock::new(|| {
        let settings = crate::helpers::settings("live", "http://127.0.0.1:9", "http://127.0.0.1:9");
        let config = undertone::config::Config::parse("test.toml", &settings, &crate::helpers::secret);
        config.unwrap_or_else(|error| panic!("{error}")).sources.remove(0)
    });
    &SOURCE
}

#[tokio::test]
async fn whatever_is_posted_as_a_draft_is_answered_with_no_items() {
    let world = world("live").await;
    let token = format!("Bearer {}", crate::helpers::APP_TOKEN);
    let mut headers = HeaderMap::new();
    headers.insert("authorization", token.parse().unwrap());
    let runner = &mut proptest::test_runner::TestRunner::deterministic();
    for _ in 0..64 {
        let body = bodies().new_tree(runner).unwrap().current();
        let status = world.post("/webhooks/zen/reply-drafted", headers.clone(), body).await;
        assert_eq!(status, StatusCode::OK);
    }
}
