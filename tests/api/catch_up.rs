//! The poll: webhooks that never came are found.

use std::time::Duration;

use axum::http::StatusCode;
use chrono::{DateTime, TimeDelta, Utc};
use undertone::app::Account;
use undertone::catch_up::poll;
use undertone::config::Config;
use undertone::pauses;
use undertone::pretend::{
    Call, Fault, Happening, Limits, NewComment, NewTicket, NewUser, PretendFreshdesk, PretendZendesk,
    freshdesk, zendesk,
};
use undertone::service::Service;
use undertone::store::polls;
use undertone::ticket::UserId;

use crate::helpers::{
    CHASE, QUESTION, World, customer, database, freshdesk_secret, secret, settings, start, until, world,
    zendesk_secret,
};

const EVERY: Duration = Duration::from_secs(300);

pub fn ago(time: TimeDelta) -> DateTime<Utc> {
    Utc::now() - time
}

pub fn minutes(minutes: i64) -> TimeDelta {
    TimeDelta::minutes(minutes)
}

pub fn ticket(requester: &UserId, text: &str, created_at: DateTime<Utc>) -> NewTicket {
    NewTicket {
        requester: requester.clone(),
        subject: "Refund of order 48-2291".into(),
        text: text.into(),
        created_at,
    }
}

pub fn comment(author: &UserId, text: &str, public: bool, created_at: DateTime<Utc>) -> NewComment {
    NewComment { author: author.clone(), text: text.into(), public, created_at }
}

pub fn account<'a>(world: &'a World, source: &str) -> &'a Account {
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
