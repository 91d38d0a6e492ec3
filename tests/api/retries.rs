//! Pauses, budgets, attempts and their end: what waits, what is given up, and how it goes through again.

use std::process::Output;
use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use sqlx::ConnectOptions;
use undertone::helpdesk::gate::Reason;
use undertone::pretend::{Call, Fault, Happening, PretendFreshdesk, PretendZendesk, freshdesk, zendesk};
use undertone::replay::{self, Replay};
use undertone::store::deliveries::{self, Filter};
use undertone::store::{self, accounts};
use undertone::ticket::TicketId;

use crate::helpers::{
    CHASE, Logs, QUICK, World, database, freshdesk_secret, settings, start, start_with, until, world,
    world_with, zendesk_secret,
};
use crate::process::command;

/// Sends the pointer webhook of a new Freshdesk ticket that deserves a note.
async fn tell_freshdesk(world: &World) -> TicketId {
    let ticket = world.freshdesk_ticket(CHASE);
    let form = freshdesk::Form::Pointer;
    let (headers, body) =
        world.freshdesk.signed_webhook(form, Happening::TicketCreated, &ticket, &freshdesk_secret());
    assert_eq!(world.post("/webhooks/fresh", headers, body).await, StatusCode::OK);
    ticket
}

async fn tell_zendesk(world: &World) -> TicketId {
    let ticket = world.zendesk_ticket(CHASE);
    let (form, happening) = (zendesk::Form::Pointer, Happening::TicketCreated);
    let (headers, body) = world.zendesk.signed_webhook(form, happening, &ticket, &zendesk_secret());
    assert_eq!(world.post("/webhooks/zen", headers, body).await, StatusCode::OK);
    ticket
}

fn all_calls(desk: &PretendFreshdesk) -> usize {
    [Call::Ticket, Call::Comments, Call::User, Call::Earlier, Call::Write, Call::Me]
        .map(|call| desk.calls(call))
        .iter()
        .sum()
}

/// When the pause ends, less what its writing down took.
async fn paused_until(world: &World) -> DateTime<Utc> {
    let until = "select paused_until - interval '1 second' from account where source = 'fresh' and reason is not null";
    sqlx::query_scalar(until).fetch_one(&world.db).await.unwrap()
}

async fn waiting_for(world: &World, reason: &str) -> i64 {
    let waiting = "select count(*) from delivery where state = 'waiting' and reason = $1 and attempts = 0";
    sqlx::query_scalar(waiting).bind(reason).fetch_one(&world.db).await.unwrap()
}

#[tokio::test]
async fn after_a_429_the_account_is_left_alone_for_as_long_as_it_asked() {
    let (world, logs) = (world("live").await, Logs::listen());
    world.freshdesk.fail_next(Call::Ticket, Fault::LimitedPlain(3));
    let mut tickets = vec![tell_freshdesk(&world).await];
    until(async || waiting_for(&world, "helpdesk_rate_limited").await == 1).await;
    let calls = all_calls(&world.freshdesk);
    for _ in 0..5 {
        tickets.push(tell_freshdesk(&world).await);
    }
    until(async || waiting_for(&world, "helpdesk_rate_limited").await == 6).await;
    let until_then = paused_until(&world).await;
    let early = "select count(*) from delivery, account where retry_at < paused_until - interval '1 second'";
    assert_eq!(world.count(early).await, 0);
    let moments = "select count(distinct retry_at) from delivery";
    assert_eq!(world.count(moments).await, 6, "those that waited come back at once");
    let queue = deliveries::queue(&world.db).await.unwrap();
    assert_eq!((queue.len(), queue[0].source.as_str(), queue[0].waiting), (1, "fresh", 6));
    assert!((0.0..30.0).contains(&queue[0].oldest_seconds));
    until(async || all_calls(&world.freshdesk) > calls).await;
    assert!(Utc::now() >= until_then, "called before {until_then}");
    world.settle().await;
    for ticket in &tickets {
        assert_eq!(world.freshdesk.notes(ticket).len(), 1);
    }
    assert_eq!(world.count("select max(attempts)::bigint from delivery").await, 1, "waiting is no attempt");
    assert_eq!(logs.that_say("Source fresh is paused").len(), 1);
}

#[tokio::test]
async fn two_services_on_one_database_share_a_pause() {
    let first = world("live").await;
    let database = first.db.connect_options().as_ref().clone();
    let second = start("live", first.zendesk.clone(), first.freshdesk.clone(), database).await;
    first.freshdesk.fail_next(Call::Ticket, Fault::LimitedJson(3));
    tell_freshdesk(&first).await;
    let known = "select count(*) from account where reason = 'helpdesk_rate_limited'";
    until(async || first.count(known).await == 1).await;
    let (calls, until_then) = (all_calls(&first.freshdesk), paused_until(&first).await);
    for _ in 0..6 {
        tell_freshdesk(&first).await;
        tell_freshdesk(&second).await;
    }
    until(async || all_calls(&first.freshdesk) > calls).await;
    assert!(Utc::now() >= until_then, "one of the two called before {until_then}");
    first.settle().await;
    assert_eq!(first.count("select count(*) from note where state = 'posted'").await, 13);
}

#[tokio::test]
async fn a_source_whose_credentials_are_refused_waits_for_them_and_others_go_on() {
    let (world, logs) = (world("live").await, Logs::listen());
    world.freshdesk.fail_next(Call::Ticket, Fault::Unauthorized);
    world.freshdesk.fail_next(Call::Me, Fault::Unauthorized);
    let mut tickets = vec![tell_freshdesk(&world).await];
    until(async || waiting_for(&world, "helpdesk_unauthorized").await == 1).await;
    for _ in 0..3 {
        tickets.push(tell_freshdesk(&world).await);
    }
    until(async || waiting_for(&world, "helpdesk_unauthorized").await == 4).await;
    let elsewhere = tell_zendesk(&world).await;
    until(async || world.zendesk.notes(&elsewhere).len() == 1).await;
    assert_eq!(world.freshdesk.calls(Call::Ticket), 1, "asked in spite of refused credentials");
    world.settle().await;
    for ticket in &tickets {
        assert_eq!(world.freshdesk.notes(ticket).len(), 1);
    }
    assert_eq!(world.freshdesk.calls(Call::Me), 2, "a probe that was refused, and one that was let in");
    assert_eq!(world.count("select max(attempts)::bigint from delivery").await, 1);
    let said = [logs.that_say("Source fresh is paused"), logs.that_say("Source fresh resumes")];
    assert_eq!(said.map(|lines| lines.len()), [1, 1]);
    let warnings = logs.that_say("\"level\":\"WARN\"");
    assert_eq!(warnings.len(), 1, "a line for each delivery that waits: {warnings:?}");
    assert_eq!(
        world.count("select count(*) from account where reason is null and resumed_at is not null").await,
        1
    );
}

#[tokio::test]
async fn what_is_forbidden_for_one_ticket_does_not_pause_the_source() {
    let world = world("live").await;
    world.freshdesk.fail_next(Call::Ticket, Fault::Forbidden);
    let ticket = tell_freshdesk(&world).await;
    world.settle().await;
    assert_eq!(world.freshdesk.notes(&ticket).len(), 1);
    assert_eq!(world.count("select attempts::bigint from delivery").await, 2);
    assert_eq!(world.count("select count(*) from account where paused_since is not null").await, 0);
}

#[tokio::test]
async fn a_user_to_whom_everything_is_forbidden_pauses_the_source() {
    let world = world("live").await;
    world.freshdesk.fail_next(Call::Ticket, Fault::Forbidden);
    world.freshdesk.fail_next(Call::Me, Fault::Forbidden);
    let ticket = tell_freshdesk(&world).await;
    until(async || waiting_for(&world, "helpdesk_forbidden").await == 1).await;
    world.settle().await;
    assert_eq!(world.freshdesk.notes(&ticket).len(), 1);
    assert_eq!(world.count("select attempts::bigint from delivery").await, 1);
    assert_eq!(world.count("select count(*) from account where resumed_at is not null").await, 1);
}

#[tokio::test]
async fn probes_of_refused_credentials_come_rarer_and_go_on_where_they_were() {
    let db = store::connect(database().await).await.unwrap();
    let left = async || {
        let paused = accounts::paused(&db).await.unwrap();
        paused
            .first()
            .map(|(_, pause)| (pause.reason, (pause.until - Utc::now()).as_seconds_f64().ceil() as i64))
    };
    let due = "update account set paused_until = now()";
    accounts::hold(&db, "acme", Reason::RateLimited, Duration::from_secs(60)).await.unwrap();
    accounts::hold(&db, "acme", Reason::Unavailable, Duration::from_secs(5)).await.unwrap();
    assert!(left().await.is_some_and(|(_, seconds)| (50..=60).contains(&seconds)), "the longer pause holds");
    accounts::refuse(&db, "acme", Reason::Unauthorized).await.unwrap();
    accounts::hold(&db, "acme", Reason::RateLimited, Duration::from_secs(600)).await.unwrap();
    assert!(
        left().await.is_some_and(|left| left.0 == Reason::Unauthorized && left.1 <= 2),
        "a refusal outlasts it"
    );
    for (probe, seconds) in [4, 8, 16, 32, 64, 128, 256, 300, 300].into_iter().enumerate() {
        sqlx::query(due).execute(&db).await.unwrap();
        assert!(accounts::claim_probe(&db, "acme").await.unwrap());
        assert!(!accounts::claim_probe(&db, "acme").await.unwrap(), "two replicas at once");
        accounts::put_off(&db, "acme").await.unwrap();
        let (_, left) = left().await.unwrap();
        // Up to a tenth later by jitter; what the machine took is gone by.
        assert!((seconds - 10..=seconds + seconds / 10 + 1).contains(&left), "probe {probe}: {left} s");
    }
    assert!(accounts::resume(&db, "acme").await.unwrap() && left().await.is_none());
    assert!(!accounts::resume(&db, "acme").await.unwrap());
    accounts::refuse(&db, "acme", Reason::Forbidden).await.unwrap();
    assert!(
        left().await.is_some_and(|(_, seconds)| seconds > 200),
        "refused again at once: it goes on where it was"
    );
    accounts::probe_soon(&db, &["acme"]).await.unwrap();
    assert!(left().await.is_some_and(|(_, seconds)| seconds <= 0), "a service that starts tries at once");
}

#[tokio::test]
async fn turns_are_given_out_as_the_budget_allows_and_never_two_for_one_moment() {
    let db = store::connect(database().await).await.unwrap();
    // In how many minutes a turn comes, the minute that has begun counted.
    let draw = async |source, per_minute| {
        (accounts::draw_turn(&db, source, per_minute).await.unwrap() / 60.0).ceil() as u32
    };
    for (source, per_minute, expected) in [
        ("one", 1, vec![0, 1, 2, 3]),
        ("three", 3, vec![0, 0, 0, 1, 1, 1, 2]),
        ("twenty", 20, [vec![0; 20], vec![1; 20], vec![2]].concat()),
    ] {
        let mut turns = Vec::new();
        for _ in &expected {
            turns.push(draw(source, per_minute).await);
        }
        assert_eq!(turns, expected, "{source}");
    }
    // A budget that was changed: what was given out stays, and the new one counts from then on.
    assert_eq!([draw("three", 1).await, draw("three", 1).await], [3, 4]);
    assert_eq!([draw("three", 500).await, draw("three", 500).await], [0, 0]);
    // Many at once, as replicas ask.
    let mut asked = tokio::task::JoinSet::new();
    for _ in 0..30 {
        let db = db.clone();
        asked.spawn(async move { accounts::draw_turn(&db, "many", 10).await.unwrap() });
    }
    let mut turns: Vec<_> = asked.join_all().await.iter().map(|turn| (turn / 60.0).ceil() as u32).collect();
    turns.sort_unstable();
    assert_eq!(turns, [[0; 10], [1; 10], [2; 10]].concat());
}

/// Lets a minute pass for so many that wait for their turn, once their jobs are back in the queue.
async fn a_minute_later(world: &World, waiting: i64) {
    let back = "select count(*) from graphile_worker._private_jobs where locked_at is null and priority = -1";
    until(async || world.count(back).await == waiting).await;
    for shift in [
        "update account set update_turns = array(select turn - interval '1 minute' from unnest(update_turns) as turn)",
        "update note set turn_at = turn_at - interval '1 minute'",
        "update graphile_worker._private_jobs set run_at = run_at - interval '1 minute'",
    ] {
        sqlx::query(shift).execute(&world.db).await.unwrap();
    }
}

#[tokio::test]
async fn a_used_up_budget_spreads_notes_over_the_minutes_and_each_wakes_once() {
    let world = world_with("live", "updates_per_minute = 2").await;
    let mut tickets = Vec::new();
    for _ in 0..5 {
        tickets.push(tell_freshdesk(&world).await);
    }
    let elsewhere = tell_zendesk(&world).await;
    until(async || waiting_for(&world, "update_budget").await == 3).await;
    until(async || world.zendesk.notes(&elsewhere).len() == 1).await;
    assert_eq!(world.freshdesk.calls(Call::Write), 2);
    let moments = "select count(distinct retry_at) from delivery where state = 'waiting'
                     and retry_at > (select min(received_at) from delivery) + interval '59 seconds'";
    assert_eq!(world.count(moments).await, 3);
    let budgets = accounts::budgets(&world.db).await.unwrap();
    let fresh = budgets.iter().find(|budget| budget.source == "fresh").unwrap();
    assert_eq!((fresh.taken, fresh.waiting), (2, 3));
    let read = world.freshdesk.calls(Call::Earlier);
    for (waiting, posted) in [(3, 4), (1, 5)] {
        a_minute_later(&world, waiting).await;
        until(async || world.freshdesk.calls(Call::Write) == posted).await;
    }
    world.settle().await;
    for ticket in &tickets {
        assert_eq!(world.freshdesk.notes(ticket).len(), 1);
    }
    assert_eq!(world.freshdesk.calls(Call::Write), 5);
    assert_eq!(world.freshdesk.calls(Call::Earlier), read, "read all over again to post what was decided");
    assert_eq!(world.count("select max(attempts)::bigint from delivery").await, 1);
}

/// A world in which a delivery has so many attempts, and its configuration.
async fn world_of_attempts(attempts: u32) -> (World, String) {
    let zendesk = Arc::new(PretendZendesk::start().await.unwrap());
    let freshdesk = Arc::new(PretendFreshdesk::start().await.unwrap());
    let settings = settings("live", zendesk.base_url(), freshdesk.base_url());
    let settings = settings.replace(QUICK, &format!("{QUICK}\nmax_attempts = {attempts}"));
    (start_with(&settings, zendesk, freshdesk, database().await).await, settings)
}

/// Runs `undertone replay` beside the world's service.
fn run_replay(world: &World, settings: &str, args: &[&str]) -> Output {
    let config = std::env::temp_dir().join(format!("undertone-test-{}.toml", uuid::Uuid::now_v7().simple()));
    std::fs::write(&config, settings).unwrap();
    let mut command = command("replay", &config);
    command.args(args).env("DATABASE_URL", world.db.connect_options().to_url_lossy().as_str());
    let output = command.output().unwrap();
    std::fs::remove_file(config).unwrap();
    output
}

#[tokio::test]
async fn a_delivery_out_of_attempts_shows_as_failed_and_a_replay_brings_its_note() {
    let ((world, settings), logs) = (world_of_attempts(2).await, Logs::listen());
    for _ in 0..2 {
        world.freshdesk.fail_next(Call::Ticket, Fault::Html(500));
    }
    let ticket = tell_freshdesk(&world).await;
    let failed = "select count(*) from delivery_to_replay
                  where state = 'failed' and reason = 'helpdesk_unavailable' and attempts = 2";
    until(async || world.count(failed).await == 1).await;
    assert_eq!(logs.that_say("Gave a delivery up").len(), 1);
    assert_eq!(logs.that_say("is tried again later").len(), 1);
    until(async || world.count("select count(*) from graphile_worker._private_jobs").await == 0).await;

    let dry = run_replay(&world, &settings, &["--source", "fresh", "--dry-run"]);
    let told = String::from_utf8(dry.stdout).unwrap();
    assert!(
        told.contains(&format!("ticket {ticket}  helpdesk_unavailable\nWould send 1 delivery")),
        "{told}"
    );
    assert_eq!(world.count(failed).await, 1);
    let done = run_replay(&world, &settings, &["--reason", "helpdesk_unavailable", "--since", "1h"]);
    let told = String::from_utf8(done.stdout).unwrap();
    assert!(done.status.success() && told.contains("Sent 1 delivery through again"), "{told}");
    world.settle().await;
    assert_eq!(world.freshdesk.notes(&ticket).len(), 1);
    assert_eq!(world.count("select count(*) from delivery_to_replay").await, 0);
    let all = run_replay(&world, &settings, &[]);
    assert_eq!((all.status.code(), all.stdout.len()), (Some(2), 0), "a replay of everything is never meant");
}

#[tokio::test]
async fn a_delivery_that_never_finished_is_given_up_in_the_end() {
    let world = world("live").await;
    let add = "with stuck as (
            insert into delivery (source, id, dedup_key, body, attempts)
            values ('fresh', gen_random_uuid(), 'stuck', '{}', 20) returning source, id
        )
        select count(graphile_worker.add_job('process_delivery', json_build_object('source', source, 'delivery', id)))
        from stuck";
    assert_eq!(world.count(add).await, 1);
    world.settle().await;
    let failed = "select count(*) from delivery where state = 'failed' and reason = 'never_finished'";
    assert_eq!(world.count(failed).await, 1);
}

#[tokio::test]
async fn a_note_that_failed_on_its_way_is_replayed_and_posted_once() {
    let (world, settings) = world_of_attempts(1).await;
    // The note comes through and nobody hears of it; another does not come through.
    world.freshdesk.fail_next(Call::Write, Fault::LoseAnswer);
    let through = tell_freshdesk(&world).await;
    let failed = "select count(*) from note where state = 'failed' and reason = 'outcome_unknown'";
    until(async || world.count(failed).await == 1).await;
    world.freshdesk.fail_next(Call::Write, Fault::Cut);
    let lost = tell_freshdesk(&world).await;
    until(async || world.count(failed).await == 2).await;
    let id: uuid::Uuid =
        sqlx::query_scalar("select id from delivery order by id limit 1").fetch_one(&world.db).await.unwrap();
    let unknown = uuid::Uuid::nil().to_string();
    let first = run_replay(&world, &settings, &["--id", &id.to_string(), "--id", &unknown]);
    assert_eq!(first.status.code(), Some(1));
    assert!(String::from_utf8(first.stderr).unwrap().contains(&unknown));
    assert!(
        String::from_utf8(first.stdout)
            .unwrap()
            .contains("Sent 1 delivery through again, and with them 1 note")
    );
    world.settle().await;
    assert_eq!(world.count(failed).await, 1);
    run_replay(&world, &settings, &["--source", "fresh"]);
    world.settle().await;
    for ticket in [through, lost] {
        assert_eq!(world.freshdesk.notes(&ticket).len(), 1, "{ticket}");
    }
    assert_eq!(world.count("select count(*) from note where state = 'posted'").await, 2);
}

#[tokio::test]
async fn filters_narrow_together_and_a_dry_run_changes_nothing() {
    let db = store::connect(database().await).await.unwrap();
    let rows = "insert into delivery (source, id, dedup_key, body, state, reason, received_at)
        select source, ('00000000-0000-7000-8000-00000000000' || n)::uuid, n::text, '', state, reason,
               now() - hours * interval '1 hour'
        from (values (1, 'zen', 'failed', 'helpdesk_unavailable', 1), (2, 'zen', 'failed', 'panicked', 30),
                     (3, 'fresh', 'failed', 'helpdesk_unavailable', 30), (4, 'fresh', 'done', null, 1),
                     (5, 'zen', 'waiting', 'helpdesk_unavailable', 1), (6, 'zen', 'ignored', 'own_note', 1))
             as row (n, source, state, reason, hours)";
    sqlx::query(rows).execute(&db).await.unwrap();
    let id = |n: u8| format!("00000000-0000-7000-8000-00000000000{n}").parse::<uuid::Uuid>().unwrap();
    let (zen, panicked) = (Some("zen".to_owned()), Some("panicked".to_owned()));
    let yesterday = Some(Utc::now() - chrono::TimeDelta::hours(24));
    let cases = [
        (Filter { source: zen.clone(), ..Filter::default() }, vec![2, 1]),
        (Filter { reason: panicked.clone(), ..Filter::default() }, vec![2]),
        (Filter { received_since: yesterday, ..Filter::default() }, vec![1]),
        (Filter { ids: vec![id(1), id(3), id(4), id(5), id(6)], ..Filter::default() }, vec![3, 1]),
        (Filter { source: zen.clone(), received_since: yesterday, ..Filter::default() }, vec![1]),
        (Filter { source: Some("fresh".into()), reason: panicked, ..Filter::default() }, vec![]),
        (Filter { ids: vec![id(2)], source: zen, received_since: yesterday, ..Filter::default() }, vec![]),
    ];
    let queued = "select (select count(*) from delivery where state = 'waiting') - 1
                       + (select count(*) from graphile_worker._private_jobs)";
    for (filter, expected) in &cases {
        let would = replay::replay(&db, filter, Replay::DryRun).await.unwrap();
        let ids: Vec<_> = would.deliveries.iter().map(|one| one.id).collect();
        assert_eq!(ids, expected.iter().map(|n| id(*n)).collect::<Vec<_>>(), "{filter:?}");
        assert_eq!(sqlx::query_scalar::<_, i64>(queued).fetch_one(&db).await.unwrap(), 0);
    }
    replay::replay(&db, &cases[0].0, Replay::ForGood).await.unwrap();
    assert_eq!(sqlx::query_scalar::<_, i64>(queued).fetch_one(&db).await.unwrap(), 4);
}
