//! The backfill and the report: the past is read without a note, and what would have been posted is counted.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use chrono::{TimeDelta, Utc};
use undertone::app::App;
use undertone::catch_up::backfill::{self, Asked};
use undertone::config::Config;
use undertone::keep::Keeper;
use undertone::pretend::{
    Call, Fault, Happening, Limits, NewUser, PretendFreshdesk, PretendZendesk, zendesk,
};
use undertone::report::report;
use undertone::service::Service;
use undertone::store::report::{Count, Totals};
use undertone::ticket::TicketId;

use crate::catch_up::{account, ago, comment, minutes, ticket};
use crate::helpers::{CHASE, QUESTION, World, customer, database, secret, settings, world, zendesk_secret};
use crate::process::{Home, command, configured, free_port, ready, serve};

/// Three tickets of the past and one of the last hour: a chase that was answered and went on, a question, one that is
/// deleted by now.
fn past(world: &World) -> (TicketId, TicketId) {
    let agent = world.zendesk.add_user(NewUser { is_agent: true, ..NewUser::default() });
    let theirs = world.zendesk.add_user(customer());
    let chase = world.zendesk.add_ticket(ticket(&theirs, CHASE, ago(TimeDelta::days(10))));
    world.zendesk.add_comment(&chase, comment(&agent, "We are on it.", true, ago(TimeDelta::days(9))));
    world.zendesk.add_comment(&chase, comment(&theirs, CHASE, true, ago(TimeDelta::days(8))));
    let asks = world.zendesk.add_user(customer());
    world.zendesk.add_ticket(ticket(&asks, QUESTION, ago(TimeDelta::days(20))));
    let deleted = world.zendesk.add_ticket(ticket(&theirs, CHASE, ago(TimeDelta::days(20))));
    world.zendesk.set_status(&deleted, "deleted");
    let too_old = world.zendesk.add_user(customer());
    world.zendesk.add_ticket(ticket(&too_old, CHASE, ago(TimeDelta::days(100))));
    let another = world.zendesk.add_user(customer());
    let recent = world.zendesk.add_ticket(ticket(&another, CHASE, ago(minutes(50))));
    (chase, recent)
}

fn asked() -> Asked {
    Asked { since: ago(TimeDelta::days(90)), calls_per_minute: 10_000 }
}

#[tokio::test]
async fn the_past_is_read_without_a_note_and_the_report_says_what_would_have_been() {
    let world = world("live").await;
    let (chase, recent) = past(&world);
    let app = &world.service.app;
    let done = backfill::run(app, account(&world, "zen"), asked(), |_| {}).await.unwrap();
    assert_eq!((done.read, done.known, done.noted), (3, 0, 1));
    assert_eq!(done.fraction(), 1.0);
    assert_eq!(world.zendesk.calls(Call::Write), 0);
    assert_eq!(world.count("select count(*) from note where state <> 'withheld'").await, 0);
    let reasons: Vec<(String, String)> =
        sqlx::query_as("select ticket_id, reason from note join message using (source, ticket_id, message_id) order by sent_at")
            .fetch_all(&world.db)
            .await
            .unwrap();
    let reasons: Vec<_> =
        reasons.iter().map(|(ticket, reason)| (ticket == &chase.0, reason.as_str())).collect();
    assert_eq!(reasons, [(false, "nothing_noteworthy"), (true, "backfill"), (true, "already_noted")]);
    assert_eq!(world.count("select count(*) from signal where kind = 'chase'").await, 2);

    let since = ago(TimeDelta::days(30));
    let report = report(&world.db, "zen", since).await.unwrap();
    assert_eq!(report.totals, Totals { tickets: 2, noted: 1, messages: 3 });
    assert_eq!(report.percent, Some(50.0));
    let count = |name: &str, count| Count { name: name.into(), count };
    assert_eq!(report.notes, [count("backfill", 1)]);
    assert_eq!(report.withheld, [count("already_noted", 1), count("nothing_noteworthy", 1)]);
    assert!(report.kinds.contains(&count("chase", 1)), "{:?}", report.kinds);
    let days: Vec<_> = report.days.iter().map(|day| (day.tickets, day.notes)).collect();
    assert_eq!(days, [(1, 0), (1, 1), (1, 0)]);
    assert_eq!(report.examples.len(), 1);
    assert_eq!(report.examples[0].ticket_id, chase);
    assert!(report.text().contains("Undertone: "), "{}", report.text());
    let later = undertone::report::report(&world.db, "zen", ago(TimeDelta::days(9))).await.unwrap();
    assert_eq!(later.totals, Totals { tickets: 1, noted: 0, messages: 1 });
    let elsewhere = undertone::report::report(&world.db, "fresh", since).await.unwrap();
    assert_eq!((elsewhere.totals.tickets, elsewhere.percent), (0, None));

    // The panel beside the ticket does not show what was never posted.
    let path = format!("/webhooks/zen/tickets/{chase}/signals");
    let (_, panel) = world.get_with(&path, crate::helpers::APP_TOKEN).await;
    assert_eq!(panel["note"], serde_json::Value::Null, "{panel}");

    // What came in the last hours is left to its webhook, and gets its note.
    let webhook = world.zendesk.signed_webhook(
        zendesk::Form::Event,
        Happening::TicketCreated,
        &recent,
        &zendesk_secret(),
    );
    assert_eq!(world.post("/webhooks/zen", webhook.0, webhook.1).await, StatusCode::OK);
    world.settle().await;
    assert_eq!(world.zendesk.notes(&recent).len(), 1);
    // So does a ticket whose past was read, when its customer writes again.
    let theirs = world.zendesk.add_user(customer());
    world.zendesk.add_comment(&chase, comment(&theirs, CHASE, true, Utc::now()));
    let webhook = world.zendesk.signed_webhook(
        zendesk::Form::Event,
        Happening::CustomerReplied,
        &chase,
        &zendesk_secret(),
    );
    assert_eq!(world.post("/webhooks/zen", webhook.0, webhook.1).await, StatusCode::OK);
    world.settle().await;
    assert_eq!(world.zendesk.notes(&chase).len(), 1);
    let report = undertone::report::report(&world.db, "zen", since).await.unwrap();
    assert_eq!(report.notes, [count("posted", 2), count("backfill", 1)]);
}

#[tokio::test]
async fn a_source_that_keeps_no_words_gets_its_figures_without_them() {
    let (zendesk, freshdesk) =
        (PretendZendesk::start().await.unwrap(), PretendFreshdesk::start().await.unwrap());
    let theirs = zendesk.add_user(customer());
    let chase = zendesk.add_ticket(ticket(&theirs, CHASE, ago(TimeDelta::days(10))));
    let settings = settings("live", zendesk.base_url(), freshdesk.base_url());
    let settings = settings.replacen("poll_minutes = 0", "poll_minutes = 0\nkeep_text = \"no\"", 1);
    let config = Config::parse("test.toml", &settings, &secret).unwrap();
    let db = undertone::store::connect(database().await).await.unwrap();
    let service = Service::start(config, db.clone(), None).await.unwrap();
    let account = service.app.account("zen").unwrap();
    backfill::run(&service.app, account, asked(), |_| {}).await.unwrap();
    let report = report(&db, "zen", ago(TimeDelta::days(30))).await.unwrap();
    assert_eq!((report.totals.noted, &report.examples[0].ticket_id), (1, &chase));
    assert!(report.text().contains("(the words are not kept)"), "{}", report.text());
    let words = "select count(*) from note where coalesce(lead, text, html) is not null";
    assert_eq!(sqlx::query_scalar::<_, i64>(words).fetch_one(&db).await.unwrap(), 0);
}

/// What a backfill's own process has: no web side, no worker and nobody who tells of pauses.
fn process(world: &World) -> App {
    let settings = settings("live", world.zendesk.base_url(), world.freshdesk.base_url());
    let config = Config::parse("test.toml", &settings, &secret).unwrap();
    let (keeper, _writer) = Keeper::start(world.db.clone());
    App::new(world.db.clone(), keeper, config).unwrap()
}

#[tokio::test]
async fn a_backfill_that_is_cut_goes_on_where_it_stopped_and_waits_as_it_is_told() {
    let world = world("live").await;
    for day in 1..=120 {
        let theirs = world.freshdesk.add_user(customer());
        let at = ago(TimeDelta::days(85)) + TimeDelta::hours(6 * day);
        world.freshdesk.add_ticket(ticket(&theirs, QUESTION, at));
    }
    // Three calls a ticket: enough for the first page and some of the second.
    world.freshdesk.set_limits(Limits { account: 330, updates: 100 });
    let process = process(&world);
    let (told, mut waits) = tokio::sync::mpsc::unbounded_channel();
    let cut = tokio::select! {
        done = backfill::run(&process, process.account("fresh").unwrap(), asked(), |progress| {
            if progress.waiting.is_some() {
                told.send(progress.clone()).unwrap();
            }
        }) => panic!("{done:?}"),
        waiting = waits.recv() => waiting.unwrap(),
    };
    assert!(cut.waiting.unwrap() > Duration::from_secs(1), "{cut:?}");
    assert!((101..110).contains(&cut.read), "{cut:?}");

    world.freshdesk.set_limits(Limits { account: 7000, updates: 100 });
    world.freshdesk.fail_next(Call::Ticket, Fault::LimitedPlain(1));
    let (lists, begun) = (world.freshdesk.calls(Call::Changes), Instant::now());
    let mut waited = Vec::new();
    let process = self::process(&world);
    let done = backfill::run(&process, process.account("fresh").unwrap(), asked(), |progress| {
        waited.extend(progress.waiting);
    })
    .await
    .unwrap();
    // What the account's gate is shut for a moment longer comes on top.
    assert_eq!(waited[0], Duration::from_secs(1));
    assert!(waited.iter().sum::<Duration>() < Duration::from_secs(2), "{waited:?}");
    assert!(begun.elapsed() >= Duration::from_secs(1));
    // The first page is not asked for again; of the second one, what was read is known.
    assert_eq!(world.freshdesk.calls(Call::Changes), lists + 1);
    assert_eq!(done.known, cut.read - 100 + 1, "with the repeat where the pages meet");
    assert_eq!(world.count("select count(*) from ticket").await, 120);
    assert_eq!(world.count("select count(*) from message").await, 120);
    assert_eq!(world.freshdesk.calls(Call::Write), 0);
}

#[tokio::test]
async fn backfill_and_report_work_beside_a_service_with_a_private_postgres_and_without_it() {
    let (home, port) = (Home::new(), free_port());
    let zendesk = Arc::new(PretendZendesk::start().await.unwrap());
    let freshdesk = PretendFreshdesk::start().await.unwrap();
    let theirs = zendesk.add_user(customer());
    let chase = zendesk.add_ticket(ticket(&theirs, CHASE, ago(TimeDelta::days(10))));
    let config = configured(&home, port, &zendesk, &freshdesk);
    let run = |verb: &'static [&'static str]| {
        let config = config.clone();
        tokio::task::spawn_blocking(move || command(verb[0], &config).args(&verb[1..]).output().unwrap())
    };
    let service = serve(&config);
    ready(port).await;
    let backfill = run(&["backfill", "--source", "zen", "--since", "30d"]).await.unwrap();
    assert!(backfill.status.success(), "{}", String::from_utf8_lossy(&backfill.stderr));
    let said = String::from_utf8(backfill.stdout).unwrap();
    assert!(
        said.starts_with("zen: 1 tickets read, 0 known already; a note would have been posted on 1."),
        "{said}"
    );
    let told = String::from_utf8(backfill.stderr).unwrap();
    assert!(told.starts_with('[') && !told.contains('\r'), "{told}");
    ready(port).await;
    drop(service);

    let unknown = run(&["report", "--source", "nobody"]).await.unwrap();
    assert_eq!(unknown.status.code(), Some(1));
    let error = String::from_utf8(unknown.stderr).unwrap();
    assert!(error.contains("no source \"nobody\"") && error.contains("zen, fresh"), "{error}");

    let report = run(&["report", "--json"]).await.unwrap();
    assert!(report.status.success(), "{}", String::from_utf8_lossy(&report.stderr));
    let lines = String::from_utf8(report.stdout).unwrap();
    let lines: Vec<serde_json::Value> =
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2);
    assert_eq!((&lines[0]["source"], &lines[0]["noted"]), (&"zen".into(), &1.into()));
    assert_eq!(lines[0]["examples"][0]["ticket_id"], chase.0);
    assert_eq!((&lines[1]["source"], &lines[1]["tickets"]), (&"fresh".into(), &0.into()));
    assert_eq!(lines[1]["percent"], serde_json::Value::Null);
    assert_eq!(zendesk.calls(Call::Write), 0);
}
