use secrecy::SecretString;

use super::*;
use crate::helpdesk::freshdesk::Freshdesk;
use crate::helpdesk::zendesk::Zendesk;
use crate::helpdesk::{CallError, Helpdesk, Parsed, Position, PrivateNote, http_client};
use crate::ticket::{EventKind, TicketId};

const SECRET: &str = "a shared secret";

fn ticket(requester: UserId) -> NewTicket {
    NewTicket {
        requester,
        subject: "Charged twice".into(),
        text: "I was charged twice.".into(),
        created_at: "2026-03-06T18:42:07Z".parse().unwrap(),
    }
}

fn comment(author: UserId, public: bool, text: &str) -> NewComment {
    NewComment { author, text: text.into(), public, created_at: "2026-03-07T08:00:00Z".parse().unwrap() }
}

fn verified(helpdesk: &Helpdesk, (headers, body): (axum::http::HeaderMap, Vec<u8>)) -> Parsed {
    assert!(helpdesk.verify(&headers, &body, Utc::now()).is_ok());
    assert!(helpdesk.verify(&axum::http::HeaderMap::new(), &body, Utc::now()).is_err());
    assert!(helpdesk.identify(&headers, &body).ticket_id.is_some());
    helpdesk.parse(&body)
}

fn kind(parsed: Parsed, ticket_id: &TicketId) -> EventKind {
    let Parsed::Act(event) = parsed else { panic!("{parsed:?}") };
    assert_eq!(&event.ticket_id, ticket_id);
    event.kind
}

#[tokio::test]
async fn webhooks_of_the_pretend_zendesk_verify_and_parse() {
    use zendesk::Form::{Event, Pointer, Trigger};
    let desk = PretendZendesk::start().await.unwrap();
    let secret = SecretString::from(SECRET);
    let helpdesk =
        Helpdesk::Zendesk(Zendesk::new(desk.settings(vec![secret.clone()]), http_client().unwrap()));
    let customer = desk.add_user(NewUser { locale: Some("en-GB".into()), ..NewUser::default() });
    let id = desk.add_ticket(ticket(customer.clone()));
    for form in [Event, Trigger, Pointer] {
        let parsed = verified(&helpdesk, desk.signed_webhook(form, Happening::TicketCreated, &id, &secret));
        assert_eq!(kind(parsed, &id), EventKind::TicketCreated, "{form:?}");
    }
    desk.add_comment(&id, comment(customer, true, "Hello?"));
    for form in [Event, Trigger, Pointer] {
        let parsed = verified(&helpdesk, desk.signed_webhook(form, Happening::CustomerReplied, &id, &secret));
        assert_eq!(kind(parsed, &id), EventKind::CustomerReplied, "{form:?}");
    }
    desk.add_comment(&id, comment(desk.me(), false, "Undertone: ..\n[undertone:v1:1:a]"));
    helpdesk.me().await.unwrap();
    for form in [Event, Trigger, Pointer] {
        let parsed = verified(&helpdesk, desk.signed_webhook(form, Happening::NoteAdded, &id, &secret));
        assert!(matches!(parsed, Parsed::Ignore { reason: "own_note", .. }), "{form:?}: {parsed:?}");
    }
}

#[tokio::test]
async fn webhooks_of_the_pretend_freshdesk_verify_and_parse() {
    use freshdesk::Carrier;
    use freshdesk::Form::{Advanced, Pointer, Simple};
    let desk = PretendFreshdesk::start().await.unwrap();
    let secret = SecretString::from(SECRET);
    let helpdesk =
        Helpdesk::Freshdesk(Freshdesk::new(desk.settings(vec![secret.clone()]), http_client().unwrap()));
    let customer = desk.add_user(NewUser::default());
    let id = desk.add_ticket(ticket(customer.clone()));
    for form in [Simple, Advanced, Pointer] {
        for carrier in [Carrier::Header, Carrier::BasicAuth] {
            let webhook = desk.webhook(form, Happening::TicketCreated, &id, &secret, carrier);
            assert_eq!(kind(verified(&helpdesk, webhook), &id), EventKind::TicketCreated, "{form:?}");
        }
    }
    desk.add_comment(&id, comment(customer, true, "Hello?"));
    for form in [Simple, Advanced, Pointer] {
        let parsed = verified(&helpdesk, desk.signed_webhook(form, Happening::CustomerReplied, &id, &secret));
        assert_eq!(kind(parsed, &id), EventKind::CustomerReplied, "{form:?}");
    }
    desk.add_comment(&id, comment(desk.me(), false, "Undertone: ..\n[undertone:v1:1:a]"));
    for (form, reason) in [(Simple, "own_note"), (Advanced, "own_note"), (Pointer, "private_note")] {
        let parsed = verified(&helpdesk, desk.signed_webhook(form, Happening::NoteAdded, &id, &secret));
        assert!(
            matches!(parsed, Parsed::Ignore { reason: why, .. } if why == reason),
            "{form:?}: {parsed:?}"
        );
    }
}

#[tokio::test]
async fn a_comment_without_privacy_is_public_on_zendesk() {
    let desk = PretendZendesk::start().await.unwrap();
    let customer = desk.add_user(NewUser::default());
    let id = desk.add_ticket(ticket(customer));
    let body = serde_json::json!({"ticket": {"comment": {"html_body": "<p>x</p>"}}});
    let request = http_client().unwrap().put(format!("{}/api/v2/tickets/{id}.json", desk.base_url()));
    let request = request.basic_auth("undertone@example.com/token", Some("EXAMPLE-API-TOKEN")).json(&body);
    assert!(request.send().await.unwrap().status().is_success());
    assert!(desk.notes(&id)[0].public, "so that a client which forgets it is found out");
}

/// Zendesk's stamps are whole seconds, so a guarded update that is sent again at once is let through.
#[tokio::test]
async fn a_guarded_update_is_no_guard_within_the_same_second() {
    let desk = PretendZendesk::start().await.unwrap();
    let zendesk = Zendesk::new(desk.settings(vec![]), http_client().unwrap());
    let customer = desk.add_user(NewUser::default());
    // A ticket whose second does not end during the test: of its last change the later moment stands.
    let created_at = Utc::now() + chrono::TimeDelta::minutes(1);
    let id = desk.add_ticket(NewTicket { created_at, ..ticket(customer) });
    let read_once = zendesk.ticket(&id).await.unwrap();
    let note = PrivateNote::new("<p>Undertone: ..</p>", "[undertone:v1:1:a]");
    for _ in 0..2 {
        assert!(zendesk.post_note(&read_once, &note).await.is_ok());
    }
    assert_eq!(desk.notes(&id).len(), 2, "so that only a look at the ticket can tell");
}

#[test]
fn the_same_seed_draws_the_same_faults() {
    use faults::Misfortune;
    let day = |seed| {
        let (late, away) = (std::time::Duration::from_secs(1), std::time::Duration::ZERO);
        let mut misfortune = Misfortune::new(BadDay { seed, reads: 30, writes: 60, late, away });
        (0..2000).map(|_| misfortune.draw(Call::Write)).collect::<Vec<_>>()
    };
    assert_eq!(day(7), day(7));
    assert_ne!(day(7), day(8));
    let gone_wrong = day(7).iter().flatten().count();
    assert!((1100..1300).contains(&gone_wrong), "{gone_wrong} of 2000, where 60 in a hundred are asked for");
}

#[tokio::test]
async fn the_apps_requests_get_the_token_on_their_way_to_the_service_and_nowhere_else() {
    let echo = |uri: axum::http::Uri, headers: axum::http::HeaderMap| async move {
        format!("{} {}", uri.path(), headers["authorization"].to_str().unwrap())
    };
    let service = server::start(axum::Router::new().fallback(echo)).await.unwrap();
    let desk = PretendZendesk::start().await.unwrap();
    let client = http_client().unwrap();
    desk.install_app(zendesk::Installation {
        service: format!("http://{}", service.address),
        source: "acme".into(),
        token: SecretString::from("the token"),
        client: client.clone(),
    });
    let cases = [
        (
            "the service",
            "https://undertone.example.com/webhooks/acme",
            200,
            "/webhooks/acme Bearer the token",
        ),
        ("in the clear", "http://undertone.example.com/webhooks/acme", 502, "Error"),
        ("another host", "https://elsewhere.example.com/webhooks/acme", 502, "Error"),
        ("a longer host", "https://undertone.example.com.elsewhere.example/", 502, "Error"),
        ("no address", "webhooks/acme", 502, "Error"),
    ];
    for (name, url, status, text) in cases {
        let headers = serde_json::json!({"Authorization": "Bearer {{setting.token}}"});
        let asked = serde_json::json!({"url": url, "method": "GET", "headers": headers});
        let request = client.post(format!("{}/vendor/request", desk.base_url())).body(asked.to_string());
        let answer: serde_json::Value = request.send().await.unwrap().json().await.unwrap();
        assert_eq!(answer["status"], status, "{name}");
        assert!(answer["text"].as_str().unwrap().starts_with(text), "{name}: {answer}");
    }
}

#[tokio::test]
async fn the_agents_page_shows_a_ticket_that_is_there() {
    let desk = PretendZendesk::start().await.unwrap();
    let customer = desk.add_user(NewUser::default());
    let id = desk.add_ticket(ticket(customer));
    desk.add_comment(&id, comment(desk.me(), false, "Undertone: .."));
    let client = http_client().unwrap();
    let get = |url: String| client.get(url).send();
    let page = get(desk.page(&id)).await.unwrap().text().await.unwrap();
    assert!(page.starts_with("<!doctype html>"));
    let data: serde_json::Value =
        get(format!("{}/data", desk.page(&id))).await.unwrap().json().await.unwrap();
    assert_eq!(data["subject"], "Charged twice");
    assert_eq!(data["messages"][0]["text"], "I was charged twice.");
    assert_eq!(data["messages"][0]["is_note"], false);
    assert_eq!(data["messages"][1]["is_note"], true);
    for missing in ["999999", "x"] {
        let answer = get(format!("{}/demo/tickets/{missing}/data", desk.base_url())).await.unwrap();
        assert!(answer.status().is_client_error(), "{missing}");
    }
}

/// Walks through all that changed since a time, and counts how often each ticket comes.
async fn walked(
    helpdesk: &Helpdesk,
    since: chrono::DateTime<Utc>,
) -> std::collections::HashMap<TicketId, u32> {
    let mut position = Position { since, cursor: None };
    let mut seen = std::collections::HashMap::new();
    loop {
        let page = helpdesk.changed_since(&position).await.unwrap();
        assert!(page.tickets.len() <= 100);
        for ticket in page.tickets {
            *seen.entry(ticket.id).or_default() += 1;
        }
        if page.end {
            return seen;
        }
        assert_ne!(page.next, position);
        position = page.next;
    }
}

#[tokio::test]
async fn every_ticket_that_changed_is_listed_however_many_share_a_second() {
    use chrono::TimeDelta;
    let (zendesk, freshdesk) =
        (PretendZendesk::start().await.unwrap(), PretendFreshdesk::start().await.unwrap());
    let client = http_client().unwrap();
    let accounts = [
        Helpdesk::Zendesk(Zendesk::new(zendesk.settings(vec![]), client.clone())),
        Helpdesk::Freshdesk(Freshdesk::new(freshdesk.settings(vec![]), client)),
    ];
    let since = Utc::now() - TimeDelta::hours(1);
    for number in 0..320 {
        // 250 in one second, the others one by one.
        let at = since + TimeDelta::seconds(if number < 250 { 60 } else { i64::from(number) });
        let theirs = zendesk.add_user(NewUser::default());
        zendesk.add_ticket(NewTicket { created_at: at, ..ticket(theirs) });
        let theirs = freshdesk.add_user(NewUser::default());
        freshdesk.add_ticket(NewTicket { created_at: at, ..ticket(theirs) });
    }
    let before = NewTicket {
        created_at: since - TimeDelta::minutes(5),
        ..ticket(zendesk.add_user(NewUser::default()))
    };
    zendesk.add_ticket(before);
    for helpdesk in &accounts {
        let seen = walked(helpdesk, since).await;
        assert_eq!(seen.len(), 320);
        assert!(seen.values().all(|times| *times <= 4), "{seen:?}");
    }
}

#[tokio::test]
async fn the_export_lags_behind_and_is_given_ten_times_a_minute() {
    let desk = PretendZendesk::start().await.unwrap();
    let helpdesk = Helpdesk::Zendesk(Zendesk::new(desk.settings(vec![]), http_client().unwrap()));
    let theirs = desk.add_user(NewUser::default());
    let at = |minutes| Utc::now() - chrono::TimeDelta::minutes(minutes);
    let older = desk.add_ticket(NewTicket { created_at: at(5), ..ticket(theirs.clone()) });
    desk.add_ticket(NewTicket { created_at: at(0), ..ticket(theirs) });
    // A start that is too young is put back to what Zendesk takes, and a cursor that it does not know gives way to the time.
    for position in [(at(10), None), (at(0), None), (at(4), Some("nonsense"))] {
        let position = Position { since: position.0, cursor: position.1.map(str::to_owned) };
        let page = helpdesk.changed_since(&position).await.unwrap();
        let ids: Vec<_> = page.tickets.iter().map(|ticket| &ticket.id).collect();
        let expected = if position.since < at(3) { vec![&older] } else { vec![] };
        assert_eq!((ids, page.end), (expected, true), "{position:?}");
    }
    let position = Position { since: at(10), cursor: None };
    for _ in 4..10 {
        helpdesk.changed_since(&position).await.unwrap();
    }
    let limited = helpdesk.changed_since(&position).await;
    assert!(matches!(limited, Err(CallError::RateLimited { .. })), "{limited:?}");
}
