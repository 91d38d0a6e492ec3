//! The erasure of one requester: their words are found nowhere after it.

use std::path::Path;
use std::time::Duration;

use sqlx::{ConnectOptions, Connection};
use undertone::pretend::{Call, Fault, Happening, PretendFreshdesk, PretendZendesk, zendesk};
use undertone::privacy::{self, Erasure};
use undertone::store::postgres::running;
use undertone::ticket::{TicketId, UserId};

use crate::helpers::{APP_TOKEN, customer, ticket, until, world, zendesk_secret};
use crate::privacy::{
    NAME, PATH, TABLES, TEXT, announce, draft, dump, named_ticket, names, sorted, tables_that_name,
};
use crate::process::{Home, command, configured, free_port, ready, serve_telling};

#[tokio::test]
async fn work_that_has_begun_brings_nothing_back_after_an_erasure() {
    let world = world("live").await;
    let options = world.db.connect_options();
    // A second webhook is being read when the erasure comes: its words would be stored after; or it fails, and would
    // be worked on again.
    for late in [Duration::from_secs(1), Duration::from_secs(4)] {
        let hers = world.zendesk.add_user(customer());
        let ticket = world.zendesk.add_ticket(named_ticket(&hers));
        announce(&world, &ticket, zendesk::Form::Event).await;
        world.settle().await;
        let reads = world.zendesk.calls(Call::Ticket);
        world.zendesk.fail_next(Call::Ticket, Fault::Late(late));
        announce(&world, &ticket, zendesk::Form::Pointer).await;
        until(async || world.zendesk.calls(Call::Ticket) > reads).await;
        let erased = privacy::erase(&world.db, "zen", &hers, Erasure::ForGood).await.unwrap().unwrap();
        assert_eq!((erased.tickets, erased.ended, erased.work_in_hand), (1, 1, false), "{late:?}");
        until(async || world.count("select count(*) from graphile_worker.jobs").await == 0).await;
        let left = dump(&options);
        assert!(!names(&left, NAME), "{late:?}: left in {:?}", tables_that_name(&left, NAME));
        assert_eq!(world.deliveries().await.last().unwrap(), &("ignored".into(), Some("erased".into())));
        assert_eq!(world.zendesk.notes(&ticket).len(), 1);
    }
}

/// What the erasure of a requester finds among webhooks that were kept and not read yet.
#[tokio::test]
async fn webhooks_not_read_yet_are_erased_when_they_name_the_requester() {
    let world = world("live").await;
    let bodies = [
        ("as the requester", "71", r#"{"detail":{"requester_id": "361"},"text":"Zephyrine"}"#, true),
        ("as a number", "72", r#"{"requester":{"id":361,"name":"Zephyrine"}}"#, true),
        ("not JSON", "73", r#"{"requester_id":"361","text":"so she said "Zephyrine""}"#, true),
        ("another requester", "74", r#"{"detail":{"requester_id": "362"}}"#, false),
        ("a longer number", "75", r#"{"detail":{"requester_id": "3610"}}"#, false),
        ("the end of one", "76", r#"{"detail":{"requester_id": "1361"}}"#, false),
        ("in the text", "77", r#"{"detail":{"requester_id": "362"},"text":"room 361"}"#, false),
        ("the ticket's own id", "361", r#"{"ticket_id": "361"}"#, false),
    ];
    for (name, ticket, body, _) in bodies {
        sqlx::query(
            "insert into delivery (source, id, dedup_key, ticket_id, body) values ('zen', gen_random_uuid(), $1, $2, $3)",
        )
        .bind(name)
        .bind(ticket)
        .bind(body.as_bytes())
        .execute(&world.db)
        .await
        .unwrap();
    }
    let erase = async |id: &str, erasure| {
        privacy::erase(&world.db, "zen", &UserId(id.to_owned()), erasure).await.unwrap()
    };
    assert!(erase("99", Erasure::ForGood).await.is_none());
    assert_eq!(erase("361", Erasure::DryRun).await.unwrap().ended, 3);
    assert_eq!(
        world.count("select count(*) from delivery where state = 'waiting'").await,
        bodies.len() as i64
    );
    assert_eq!(erase("361", Erasure::ForGood).await.unwrap().ended, 3);
    for (name, _, _, erased) in bodies {
        let row: (String, Option<String>, bool) =
            sqlx::query_as("select state, reason, body = '' from delivery where dedup_key = $1")
                .bind(name)
                .fetch_one(&world.db)
                .await
                .unwrap();
        let expected = if erased {
            ("ignored".into(), Some("erased".into()), true)
        } else {
            ("waiting".into(), None, false)
        };
        assert_eq!(row, expected, "{name}");
    }
}

/// Runs `undertone erase`; gives exit code and what it said.
fn erase(config: &Path, requester: &str, more: &[&str]) -> (Option<i32>, String) {
    let mut command = command("erase", config);
    let output = command.args(["--source", "zen", "--requester", requester]).args(more).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(said).unwrap())
}

#[tokio::test]
async fn an_erased_requester_is_found_in_no_table_no_log_and_no_metric() {
    let (home, port) = (Home::new(), free_port());
    let zendesk = PretendZendesk::start().await.unwrap();
    let freshdesk = PretendFreshdesk::start().await.unwrap();
    let config = configured(&home, port, &zendesk, &freshdesk);
    let log = home.0.join("undertone.log");
    let undertone = serve_telling(&config, std::fs::File::create(&log).unwrap());
    ready(port).await;
    let options = running(&home.0.join("data")).await.unwrap();
    let mut db = options.connect().await.unwrap();
    let count = async |db: &mut sqlx::PgConnection, query: &'static str| -> i64 {
        sqlx::query_scalar(query).fetch_one(db).await.unwrap()
    };

    // Two tickets of hers, one with its note, one whose note waits; and somebody else's.
    let client = undertone::helpdesk::http_client().unwrap();
    let url = |path: &str| format!("http://127.0.0.1:{port}{path}");
    let send = async |ticket: &TicketId| {
        let (headers, body) =
            zendesk.signed_webhook(zendesk::Form::Event, Happening::TicketCreated, ticket, &zendesk_secret());
        let sent = client.post(url("/webhooks/zen")).headers(headers).body(body).send().await.unwrap();
        assert!(sent.status().is_success());
    };
    let hers = zendesk.add_user(customer());
    let noted = zendesk.add_ticket(named_ticket(&hers));
    let waiting = zendesk.add_ticket(named_ticket(&hers));
    let other = zendesk.add_user(customer());
    let other = zendesk.add_ticket(ticket(other, &TEXT.replace(NAME, "Bartholomew")));
    for (ticket, done) in [(&other, 1), (&noted, 2)] {
        send(ticket).await;
        let ended = "select count(*) from delivery where state = 'done'";
        until(async || count(&mut db, ended).await >= done).await;
    }
    zendesk.fail_next(Call::Write, Fault::LimitedPlain(600));
    send(&waiting).await;
    let looked = client.post(url(PATH)).bearer_auth(APP_TOKEN).json(&draft(&noted)).send().await.unwrap();
    assert!(looked.text().await.unwrap().contains(NAME));
    let worked =
        "select count(*) from delivery, draft_check where state = 'waiting' and delivery.reason is not null";
    until(async || count(&mut db, worked).await > 0).await;

    assert_eq!(tables_that_name(&dump(&options), NAME), sorted(&TABLES), "the search finds what is there");
    let (code, said) = erase(&config, &hers.0, &["--dry-run"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("on 2 tickets") && !said.contains(NAME), "{said}");
    assert_eq!(tables_that_name(&dump(&options), NAME), sorted(&TABLES), "a dry run removes nothing");

    let (code, said) = erase(&config, &hers.0, &[]);
    assert_eq!(code, Some(0), "{said}");
    let note = &zendesk.notes(&noted)[0];
    assert!(said.contains(&format!("ticket {noted}, comment {}", note.id)), "{said}");
    let left = dump(&options);
    assert!(!names(&left, NAME), "left in {:?}", tables_that_name(&left, NAME));
    assert!(names(&left, "Bartholomew"), "the others' words stay");
    let known = "select count(*) from requester where coalesce(locale, time_zone) is not null";
    assert_eq!(count(&mut db, known).await, 1, "the other one's");
    let ended = "select count(*) from delivery join note using (source, ticket_id)
                 where delivery.state = 'ignored' and delivery.reason = 'erased'
                   and note.state = 'withheld' and note.reason = 'erased'";
    assert_eq!(count(&mut db, ended).await, 1);

    let (code, again) = erase(&config, &hers.0, &[]);
    assert_eq!(code, Some(0), "{again}");
    assert!(again.contains("message      0") && again.contains("delivery     0"), "{again}");
    let (code, unknown) = erase(&config, "424242", &[]);
    assert_eq!((code, unknown.trim().lines().count()), (Some(1), 1), "{unknown}");
    assert_eq!(erase(&config, "Zephyrine", &[]).0, Some(2));
    let mut elsewhere = command("erase", &config);
    let elsewhere = elsewhere.args(["--source", "zenn", "--requester", &hers.0]).output().unwrap();
    let said = String::from_utf8(elsewhere.stderr).unwrap();
    assert!(elsewhere.status.code() == Some(1) && said.contains("the sources are: zen, fresh"), "{said}");

    // What a constraint refuses is not quoted by the private Postgres's log.
    let refused = "insert into ticket (source, ticket_id, subject, status, channel, created_at, updated_at)
                   values ('zen', '1', $1, 'unheard of', 'email', now(), now())";
    assert!(sqlx::query(refused).bind(NAME).execute(&mut db).await.is_err());

    let metrics = client.get(url("/metrics")).send().await.unwrap().text().await.unwrap();
    assert!(metrics.contains("undertone_webhooks_total") && !metrics.contains(NAME), "{metrics}");
    db.close().await.unwrap();
    drop(undertone);
    let (code, stopped) = erase(&config, &hers.0, &[]);
    assert_eq!(code, Some(0), "without the service: {stopped}");
    for file in [log, home.0.join("data/postgres.log")] {
        let written = std::fs::read_to_string(&file).unwrap();
        assert!(!written.is_empty() && !written.contains(NAME), "{}", file.display());
    }
}
