//! Catching up: webhooks that never came are found, the past is read without a note, and the report counts.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use chrono::{DateTime, TimeDelta, Utc};
use undertone::app::{Account, App};
use undertone::catch_up::backfill::{self, Asked};
use undertone::catch_up::poll;
use undertone::config::Config;
use undertone::keep::Keeper;
use undertone::pauses;
use undertone::pretend::{
    Call, Fault, Happening, Limits, NewComment, NewTicket, NewUser, PretendFreshdesk, PretendZendesk,
    freshdesk, zendesk,
};
use undertone::report::report;
use undertone::service::Service;
use undertone::store::polls;
use undertone::store::report::{Count, Totals};
use undertone::ticket::{TicketId, UserId};

use crate::helpers::{
    CHASE, QUESTION, World, customer, database, freshdesk_secret, secret, settings, start, until, world,
    zendesk_secret,
};
use crate::process::{Home, command, configured, free_port, ready, serve};

const EVERY: Duration = Duration::from_secs(300);

fn ago(time: TimeDelta) -> DateTime<Utc> {
    Utc::now() - time
}

fn minutes(minutes: i64) -> TimeDelta {
    TimeDelta::minutes(minutes)
}

fn ticket(requester: &UserId, text: &str, created_at: DateTime<Utc>) -> NewTicket {
    NewTicket {
        requester: requester.clone(),
        subject: "Refund of order 48-2291".into(),
        text: text.into(),
        created_at,
    }
}

fn comment(author: &UserId, text: &str, public: bool, created_at: DateTime<Utc>) -> NewComment {
    NewComment { author: author.clone(), text: text.into(), public, created_at }
}

fn account<'a>(world: &'a World, source: &str) -> &'a Account {
    world.service.app.account(source).unwrap()
}

/// Lets a source's turn be due, and takes it.
async fn poll_now(world: &World, source: &str) {
    polls::prepare(&world.db, source, EVERY).await.unwrap();
    sqlx::query("update poll set next_at = now() where source = $1")
        .bind(source)
        .execute(&world.db)
        .await
        .unwrap();
    poll::turn(&world.service.app, account(world, source), EVERY).await.unwrap();
}

async fn found(world: &World) -> i64 {
    world.count("select count(*) from delivery where origin = 'poll'").await
}

async fn trouble(world: &World) -> (Option<String>, f64) {
    sqlx::query_as("select trouble, extract(epoch from next_at - now())::float8 from poll")
        .fetch_one(&world.db)
        .await
        .unwrap()
}

/// Ends the pause that a 429 has brought, as time would.
async fn end_pause(world: &World, source: &str) {
    until(async || {
        pauses::keep_in_step(&world.service.app).await.unwrap();
        sqlx::query("update account set reason = null, paused_since = null, paused_until = null")
            .execute(&world.db)
            .await
            .unwrap();
        pauses::keep_in_step(&world.service.app).await.unwrap();
        account(world, source).helpdesk.gate().pause().is_none()
    })
    .await;
}

/// Polls until a turn ends so, for a replica may still follow a pause that is over.
async fn poll_until(world: &World, source: &str, word: Option<&str>) {
    until(async || {
        end_pause(world, source).await;
        poll_now(world, source).await;
        trouble(world).await.0.as_deref() == word
    })
    .await;
}

#[tokio::test]
async fn a_webhook_that_never_came_is_found_and_one_that_comes_late_earns_no_second_note() {
    let world = world("live").await;
    let theirs = world.zendesk.add_user(customer());
    let on_zendesk = world.zendesk.add_ticket(ticket(&theirs, CHASE, ago(minutes(5))));
    let theirs = world.freshdesk.add_user(customer());
    let on_freshdesk = world.freshdesk.add_ticket(ticket(&theirs, CHASE, ago(minutes(5))));
    for source in ["zen", "fresh"] {
        poll_now(&world, source).await;
    }
    world.settle().await;
    assert_eq!(world.zendesk.notes(&on_zendesk).len(), 1);
    assert_eq!(world.freshdesk.notes(&on_freshdesk).len(), 1);
    assert_eq!(found(&world).await, 2);
    assert_eq!(world.count("select sum(found)::bigint from poll").await, 2);

    // Our notes have changed the tickets.
    for source in ["zen", "fresh"] {
        poll_now(&world, source).await;
    }
    assert_eq!(found(&world).await, 2);

    for form in [zendesk::Form::Event, zendesk::Form::Trigger, zendesk::Form::Pointer] {
        let happening = Happening::TicketCreated;
        let late = world.zendesk.signed_webhook(form, happening, &on_zendesk, &zendesk_secret());
        assert_eq!(world.post("/webhooks/zen", late.0, late.1).await, StatusCode::OK);
    }
    for form in [freshdesk::Form::Simple, freshdesk::Form::Advanced, freshdesk::Form::Pointer] {
        let happening = Happening::TicketCreated;
        let late = world.freshdesk.signed_webhook(form, happening, &on_freshdesk, &freshdesk_secret());
        assert_eq!(world.post("/webhooks/fresh", late.0, late.1).await, StatusCode::OK);
    }
    world.settle().await;
    assert_eq!(world.zendesk.notes(&on_zendesk).len(), 1);
    assert_eq!(world.freshdesk.notes(&on_freshdesk).len(), 1);
    assert_eq!(world.count("select count(*) from note").await, 2);
}

#[tokio::test]
async fn changes_that_are_not_a_customers_words_are_looked_at_once_and_left() {
    let world = world("shadow").await;
    let agent = world.freshdesk.add_user(NewUser { is_agent: true, ..NewUser::default() });
    let theirs = world.freshdesk.add_user(customer());
    let known = world.freshdesk.add_ticket(ticket(&theirs, CHASE, ago(minutes(5))));
    poll_now(&world, "fresh").await;
    world.settle().await;
    assert_eq!(found(&world).await, 1);

    // A ticket from before our time that an agent answers; spam; an answer and a private note on the known one.
    let old = world.freshdesk.add_ticket(ticket(&theirs, CHASE, ago(TimeDelta::days(2))));
    world.freshdesk.add_comment(&old, comment(&agent, "We are on it.", true, ago(TimeDelta::seconds(130))));
    let spam = world.freshdesk.add_ticket(ticket(&theirs, CHASE, ago(minutes(3))));
    world.freshdesk.set_status(&spam, "spam");
    world.freshdesk.set_status(&known, "pending");
    for public in [true, false] {
        world
            .freshdesk
            .add_comment(&known, comment(&agent, "We are on it.", public, ago(TimeDelta::seconds(140))));
    }
    poll_now(&world, "fresh").await;
    let looks = world.freshdesk.calls(Call::Comments);
    poll_now(&world, "fresh").await;
    assert_eq!(found(&world).await, 1);
    // The old one is looked at again while the overlap lasts; the known one is not, and its state is written down.
    assert_eq!(world.freshdesk.calls(Call::Comments), looks + 1);
    assert_eq!(world.count("select count(*) from ticket where status = 'pending'").await, 1);

    world
        .freshdesk
        .add_comment(&known, comment(&theirs, "And still nothing?", true, ago(TimeDelta::seconds(70))));
    for _ in 0..3 {
        poll_now(&world, "fresh").await;
    }
    world.settle().await;
    assert_eq!(found(&world).await, 2);
    let decisions = world.decisions().await;
    assert_eq!(decisions.len(), 2, "{decisions:?}");
}

#[tokio::test]
async fn a_message_whose_webhook_may_still_come_is_left_to_it_and_come_back_to() {
    let world = world("shadow").await;
    let theirs = world.freshdesk.add_user(customer());
    let young = world.freshdesk.add_ticket(ticket(&theirs, CHASE, ago(TimeDelta::seconds(3))));
    let position = "select extract(epoch from since)::bigint from poll";
    polls::prepare(&world.db, "fresh", EVERY).await.unwrap();
    let before = world.count(position).await;
    poll_now(&world, "fresh").await;
    assert_eq!((found(&world).await, world.count(position).await), (0, before));
    let (trouble, again) = trouble(&world).await;
    assert!(trouble.is_none() && (50.0..60.5).contains(&again), "{trouble:?}, again in {again} s");

    let (form, happening) = (freshdesk::Form::Pointer, Happening::TicketCreated);
    let webhook = world.freshdesk.signed_webhook(form, happening, &young, &freshdesk_secret());
    assert_eq!(world.post("/webhooks/fresh", webhook.0, webhook.1).await, StatusCode::OK);
    world.settle().await;
    poll_now(&world, "fresh").await;
    assert_eq!(found(&world).await, 0);
    assert!(world.count(position).await > before);

    // One that came and waits to be worked on is not missed either.
    let waits = world.freshdesk.add_ticket(ticket(&theirs, CHASE, ago(minutes(2))));
    let waiting = "insert into delivery (source, id, dedup_key, ticket_id, body)
                   values ('fresh', gen_random_uuid(), 'waits', $1, '')";
    sqlx::query(waiting).bind(&waits).execute(&world.db).await.unwrap();
    poll_now(&world, "fresh").await;
    assert_eq!(found(&world).await, 0);
    sqlx::query("update delivery set state = 'failed' where dedup_key = 'waits'")
        .execute(&world.db)
        .await
        .unwrap();
    poll_now(&world, "fresh").await;
    assert_eq!(found(&world).await, 1);
}

#[tokio::test]
async fn a_turn_that_ends_half_way_is_taken_up_and_nothing_is_left_out_or_kept_twice() {
    let world = world("shadow").await;
    let theirs = world.freshdesk.add_user(customer());
    for _ in 0..25 {
        world.freshdesk.add_ticket(ticket(&theirs, QUESTION, ago(minutes(5))));
    }
    let position = "select extract(epoch from since)::bigint from poll";
    polls::prepare(&world.db, "fresh", EVERY).await.unwrap();
    let before = world.count(position).await;

    // The list and 22 looks are allowed: the first twenty tickets are kept, the rest is not looked at.
    world.freshdesk.set_limits(Limits { account: 23, updates: 100 });
    poll_now(&world, "fresh").await;
    let (word, _) = trouble(&world).await;
    assert_eq!(word.as_deref(), Some("helpdesk_rate_limited"));
    assert_eq!(found(&world).await, 20);
    // None of them is worked off: the limit is reached. What webhooks bring meanwhile goes first.
    assert_eq!(world.count("select count(*) from graphile_worker.jobs").await, 20);
    assert_eq!(world.count("select count(*) from graphile_worker.jobs where priority = 0").await, 0);
    assert_eq!(world.count(position).await, before);

    // The looks go through and nothing can be kept.
    world.freshdesk.set_limits(Limits { account: 7000, updates: 100 });
    sqlx::query("alter table delivery rename column origin to gone").execute(&world.db).await.unwrap();
    poll_until(&world, "fresh", Some("database")).await;
    assert_eq!(world.count(position).await, before);
    sqlx::query("alter table delivery rename column gone to origin").execute(&world.db).await.unwrap();

    poll_until(&world, "fresh", None).await;
    assert_eq!(found(&world).await, 25);
    assert!(world.count(position).await > before);
}

#[tokio::test]
async fn what_the_helpdesk_says_is_obeyed_and_shown() {
    let world = world("shadow").await;
    let cases = [
        (Some(Fault::LimitedPlain(37)), Some("helpdesk_rate_limited"), 30.0..37.5),
        (Some(Fault::LimitedJson(900)), Some("helpdesk_rate_limited"), 890.0..900.5),
        (Some(Fault::Forbidden), Some("helpdesk_forbidden"), 50.0..60.5),
        (Some(Fault::Html(503)), Some("helpdesk_unavailable"), 50.0..60.5),
        (None, None, 290.0..300.5),
    ];
    for (fault, word, pause) in cases {
        if let Some(fault) = fault {
            world.zendesk.fail_next(Call::Changes, fault);
        }
        let asked = world.zendesk.calls(Call::Changes);
        until(async || {
            end_pause(&world, "zen").await;
            poll_now(&world, "zen").await;
            world.zendesk.calls(Call::Changes) > asked
        })
        .await;
        let (trouble, again) = trouble(&world).await;
        assert_eq!(trouble.as_deref(), word, "{fault:?}");
        assert!(pause.contains(&again), "{fault:?}: again in {again} s");
    }
}

#[tokio::test]
async fn two_replicas_take_one_turn_and_a_lost_turn_is_taken_by_the_other() {
    let world = world("shadow").await;
    let database = world.db.connect_options().as_ref().clone();
    let other = start("shadow", world.zendesk.clone(), world.freshdesk.clone(), database).await;
    polls::prepare(&world.db, "zen", Duration::ZERO).await.unwrap();
    let (one, two) = tokio::join!(
        poll::turn(&world.service.app, account(&world, "zen"), EVERY),
        poll::turn(&other.service.app, account(&other, "zen"), EVERY),
    );
    one.and(two).unwrap();
    assert_eq!(world.zendesk.calls(Call::Changes), 1);

    // A replica takes the turn and dies.
    sqlx::query("update poll set next_at = now()").execute(&world.db).await.unwrap();
    assert!(polls::claim(&world.db, "zen", Duration::ZERO).await.unwrap().is_some());
    poll::turn(&other.service.app, account(&other, "zen"), EVERY).await.unwrap();
    assert_eq!(world.zendesk.calls(Call::Changes), 2);
    poll::turn(&world.service.app, account(&world, "zen"), EVERY).await.unwrap();
    assert_eq!(world.zendesk.calls(Call::Changes), 2);
}

#[tokio::test]
async fn the_service_polls_by_itself_and_stops_when_told() {
    let (zendesk, freshdesk) =
        (PretendZendesk::start().await.unwrap(), PretendFreshdesk::start().await.unwrap());
    let theirs = zendesk.add_user(customer());
    let missed = zendesk.add_ticket(ticket(&theirs, CHASE, ago(minutes(5))));
    let settings = settings("live", zendesk.base_url(), freshdesk.base_url());
    let settings = settings.replacen("poll_minutes = 0", "poll_minutes = 1", 1);
    let config = Config::parse("test.toml", &settings, &secret).unwrap();
    let db = undertone::store::connect(database().await).await.unwrap();
    let service = Service::start(config, db.clone(), None).await.unwrap();
    until(async || {
        let due = "update poll set next_at = now() where polled_at is null";
        sqlx::query(due).execute(&db).await.unwrap();
        zendesk.notes(&missed).len() == 1
    })
    .await;
    assert_eq!(freshdesk.calls(Call::Changes), 0, "one source alone wants it");
    service.stop().await.unwrap();
}

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
