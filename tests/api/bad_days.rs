//! Outages, lost answers and crashes: nothing lost, nothing twice.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::http::StatusCode;
use undertone::note::Note;
use undertone::pretend::{Call, Fault, Happening, PretendZendesk, freshdesk, zendesk};
use undertone::store::{self, notes};
use undertone::ticket::{MessageId, TicketId};

use crate::helpers::{CHASE, database, freshdesk_secret, until, world, zendesk_secret};

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
    let mut tickets = Vec::new();
    for fault in WRITE_FAULTS.into_iter().chain([Fault::Conflict]) {
        world.zendesk.fail_next(Call::Write, fault);
        let ticket = world.zendesk_ticket(CHASE);
        let form = zendesk::Form::Event;
        let (headers, body) =
            world.zendesk.signed_webhook(form, Happening::TicketCreated, &ticket, &zendesk_secret());
        assert_eq!(world.post("/webhooks/zen", headers, body).await, StatusCode::OK);
        tickets.push(ticket);
    }
    let mut others = Vec::new();
    for fault in WRITE_FAULTS {
        world.freshdesk.fail_next(Call::Write, fault);
        let ticket = world.freshdesk_ticket(CHASE);
        let form = freshdesk::Form::Pointer;
        let (headers, body) =
            world.freshdesk.signed_webhook(form, Happening::TicketCreated, &ticket, &freshdesk_secret());
        assert_eq!(world.post("/webhooks/fresh", headers, body).await, StatusCode::OK);
        others.push(ticket);
    }
    world.settle().await;
    // Each fault met some ticket's write, in whatever order they came to it.
    assert_eq!(world.zendesk.suffered().len(), tickets.len());
    assert_eq!(world.freshdesk.suffered().len(), others.len());
    for ticket in tickets {
        assert_eq!(world.zendesk.notes(&ticket).len(), 1, "zendesk {ticket}");
    }
    for ticket in others {
        assert_eq!(world.freshdesk.notes(&ticket).len(), 1, "freshdesk {ticket}");
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

/// A worker whose database was away long enough to be taken for dead, and its successor on the same delivery.
#[tokio::test]
async fn a_worker_that_only_seemed_dead_and_its_successor_post_one_note() {
    let world = world("live").await;
    // Freshdesk has no guard against a second write: only we can keep it from being sent.
    world.freshdesk.fail_next(Call::Write, Fault::Slow(Duration::from_secs(1)));
    let ticket = world.freshdesk_ticket(CHASE);
    let form = freshdesk::Form::Pointer;
    let (headers, body) =
        world.freshdesk.signed_webhook(form, Happening::TicketCreated, &ticket, &freshdesk_secret());
    assert_eq!(world.post("/webhooks/fresh", headers, body).await, StatusCode::OK);
    until(async || world.freshdesk.calls(Call::Write) == 1).await;

    let id = sqlx::query_scalar("select id from delivery").fetch_one(&world.db).await.unwrap();
    let successor = undertone::worker::work_off(world.service.app.clone(), "fresh".into(), id).await;
    assert_eq!(successor, Err("outcome_unknown".to_owned()), "the first write may still be under way");
    until(async || world.decisions().await == [("posted".into(), "noteworthy".into())]).await;
    assert_eq!((world.freshdesk.notes(&ticket).len(), world.freshdesk.calls(Call::Write)), (1, 1));
}

/// Stores a note that is to be posted.
pub async fn keep_pending(db: &sqlx::PgPool, key: notes::Key<'_>) {
    let note = Note {
        lead: "Undertone: ..".into(),
        text: "Undertone: ..".into(),
        html: "<p>Undertone: ..</p>".into(),
        marker: "[undertone:v1:42:a]".into(),
    };
    let decided = notes::Decided {
        purpose: "context",
        delivery: Some(uuid::Uuid::now_v7()),
        state: "pending",
        reason: "noteworthy",
        kinds: vec!["chase"],
        note: Some(&note),
        ordinal: 1,
        replaces: None,
    };
    assert!(notes::decide(db, key, &decided).await.unwrap().stored);
}

#[tokio::test]
async fn of_two_workers_that_read_the_same_note_one_begins_to_post_it() {
    let db = store::connect(database().await).await.unwrap();
    let (ticket, message) = (TicketId("42".into()), MessageId::opening());
    let key = notes::Key { source: "zen", ticket: &ticket, message: &message };
    keep_pending(&db, key).await;
    let first = notes::attempt(&db, key, None).await.unwrap();
    assert!(first.is_some());
    assert_eq!(notes::attempt(&db, key, None).await.unwrap(), None, "both had read it as never attempted");
    let second = notes::attempt(&db, key, first).await.unwrap();
    assert!(second > first, "whoever has read the first attempt may make the next");
    notes::take_back(&db, key, first.unwrap(), None).await.unwrap();
    assert_eq!(notes::attempt(&db, key, None).await.unwrap(), None, "an attempt that is not the last stays");
    notes::take_back(&db, key, second.unwrap(), None).await.unwrap();
    let third = notes::attempt(&db, key, None).await.unwrap();
    assert!(third.is_some(), "nothing was written, so nothing is to be settled");
    notes::give_up(&db, key, "withheld", "ticket_closed").await.unwrap();
    assert_eq!(notes::attempt(&db, key, third).await.unwrap(), None, "an ended note is not posted");
}

/// A replica that is silent for 15 s is taken for dead, whatever it has in hand.
#[tokio::test]
async fn a_worker_says_that_it_lives() {
    let world = world("live").await;
    let workers = "select count(*) from graphile_worker._private_workers";
    until(async || world.count(workers).await == 1).await;
    let first: chrono::DateTime<chrono::Utc> =
        sqlx::query_scalar("select last_heartbeat_at from graphile_worker._private_workers")
            .fetch_one(&world.db)
            .await
            .unwrap();
    let later = "select extract(epoch from max(last_heartbeat_at) - $1)::float8 from graphile_worker._private_workers";
    until(async || {
        let seconds: f64 = sqlx::query_scalar(later).bind(first).fetch_one(&world.db).await.unwrap();
        seconds > 1.0
    })
    .await;
}

/// A helpdesk that answers reads over a connection which it keeps open, and dies once it has read a write.
struct Dying {
    base_url: String,
    requests: Requests,
}

/// For each request its method and the number of its connection.
type Requests = Arc<Mutex<Vec<(String, usize)>>>;

impl Dying {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Requests::default();
        let seen = requests.clone();
        tokio::spawn(async move {
            for connection in 0.. {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(answer_until_a_write(stream, connection, seen.clone()));
            }
        });
        Self { base_url, requests }
    }
}

async fn answer_until_a_write(mut stream: tokio::net::TcpStream, connection: usize, seen: Requests) {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    const TICKET: &str = r#"{"ticket": {"id": 42, "status": "open", "updated_at": "2026-03-06T18:42:07Z",
        "created_at": "2026-03-06T18:42:07Z"}, "id": 42, "status": 2,
        "updated_at": "2026-03-06T18:42:07Z", "created_at": "2026-03-06T18:42:07Z"}"#;
    let mut request = Vec::new();
    while stream.read_buf(&mut request).await.is_ok_and(|read| read > 0) {
        let text = String::from_utf8_lossy(&request).to_lowercase();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        if body.len() < length.map_or(0, |length| length.trim().parse().unwrap()) {
            continue;
        }
        let method = head.split(' ').next().unwrap().to_owned();
        seen.lock().unwrap().push((method.clone(), connection));
        if method != "get" {
            return;
        }
        request.clear();
        let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{TICKET}", TICKET.len());
        stream.write_all(answer.as_bytes()).await.unwrap();
    }
}

/// HTTP clients like to repeat a request by themselves when a connection that they kept open turns out to be dead.
#[tokio::test]
async fn a_write_goes_out_once_when_its_connection_dies_after_it() {
    use undertone::helpdesk::{CallError, Gate, Helpdesk, PrivateNote, http_client};
    use undertone::helpdesk::{freshdesk as fresh, zendesk as zen};

    let (first, second) = (Dying::start().await, Dying::start().await);
    let zendesk = zen::Settings {
        base_url: first.base_url.clone(),
        credentials: PretendZendesk::token_credentials(),
        webhook_secrets: vec![],
        drafters: vec![],
        signature_window: Duration::from_secs(900),
        gate: Gate::default(),
    };
    let freshdesk = fresh::Settings {
        base_url: second.base_url.clone(),
        api_key: "EXAMPLE-API-KEY".into(),
        webhook_secrets: vec![],
        drafters: vec![],
        gate: Gate::default(),
    };
    let client = http_client().unwrap();
    let cases = [
        (&first, "put", Helpdesk::Zendesk(zen::Zendesk::new(zendesk, client.clone()))),
        (&second, "post", Helpdesk::Freshdesk(fresh::Freshdesk::new(freshdesk, client))),
    ];
    for (dying, method, helpdesk) in cases {
        let ticket = helpdesk.ticket(&TicketId("42".into())).await.unwrap();
        let note = PrivateNote::new("<p>Undertone: ..</p>", "[undertone:v1:42:a]");
        assert_eq!(helpdesk.post_note(&ticket, &note).await, Err(CallError::OutcomeUnknown), "{method}");
        let requests = dying.requests.lock().unwrap().clone();
        let expected = [("get".to_owned(), 0), (method.to_owned(), 0)];
        assert_eq!(requests, expected, "one write, over the connection that was kept open");
    }
}
