//! What a crash of Postgres may undo, and what it must not.

use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use undertone::pretend::{Call, Fault, Happening, PretendFreshdesk, PretendZendesk, freshdesk};
use undertone::store::deliveries::{self, Body, NewDelivery, Origin, Outcome};
use undertone::store::postgres::PrivateServer;
use undertone::store::{self, notes};
use undertone::ticket::{MessageId, TicketId};

use crate::bad_days::keep_pending;
use crate::helpers::{QUESTION, freshdesk_secret, start, until, until_within};
use crate::process::{Home, crash_postgres};

/// A server of the test's own that writes to the disk what a commit waits for, and the rest 10 s later.
async fn lazy_server(home: &Home) -> PrivateServer {
    let server = PrivateServer::start(&home.0.join("data")).await.unwrap();
    let db = store::connect(server.options()).await.unwrap();
    store::migrate(&db).await.unwrap();
    for setting in [
        "alter system set wal_writer_delay = '10s'",
        "alter system set autovacuum = off",
        "select pg_reload_conf()",
    ] {
        sqlx::query(setting).execute(&db).await.unwrap();
    }
    db.close().await;
    server
}

#[tokio::test]
async fn what_must_not_be_undone_is_on_the_disk_once_it_is_committed_and_the_rest_need_not_be() {
    let home = Home::new();
    let server = lazy_server(&home).await;
    let db = store::connect(server.options()).await.unwrap();
    let work = store::connect_for_work(server.options()).await.unwrap();
    let written = async || {
        let place = sqlx::query_scalar::<_, String>("select pg_current_wal_insert_lsn()::text");
        place.fetch_one(&db).await.unwrap()
    };
    let is_on_disk = async |since: String| {
        let reached = sqlx::query_scalar::<_, bool>("select pg_current_wal_flush_lsn() > $1::pg_lsn");
        reached.bind(since).fetch_one(&db).await.unwrap()
    };
    let delivery = NewDelivery {
        source: "zen".into(),
        id: uuid::Uuid::now_v7(),
        dedup_key: "a".into(),
        invocation_id: None,
        ticket_id: None,
        body: b"{}".as_slice().into(),
        body_is_unique: false,
        origin: Origin::Webhook,
    };
    let (ticket, message) = (TicketId("42".into()), MessageId::opening());
    let key = notes::Key { source: "zen", ticket: &ticket, message: &message };
    let mut seen = Vec::new();

    let since = written().await;
    deliveries::keep_all(&work, std::slice::from_ref(&delivery)).await.unwrap();
    seen.push(("a kept webhook", is_on_disk(since).await));
    let since = written().await;
    deliveries::finish(&work, "zen", delivery.id, Outcome::Done, Body::Stays).await.unwrap();
    seen.push(("the end of its work", is_on_disk(since).await));
    let since = written().await;
    let mut tx = work.begin().await.unwrap();
    assert_eq!(deliveries::reopen(&mut tx, &[&delivery]).await.unwrap().len(), 1);
    tx.commit().await.unwrap();
    seen.push(("the same taken up anew", is_on_disk(since).await));
    let since = written().await;
    keep_pending(&work, key).await;
    seen.push(("a note", is_on_disk(since).await));
    let since = written().await;
    notes::attempt(&work, key, None).await.unwrap();
    seen.push(("that a call to post it begins", is_on_disk(since).await));

    let expected = [
        ("a kept webhook", true),
        ("the end of its work", false),
        ("the same taken up anew", true),
        ("a note", false),
        ("that a call to post it begins", true),
    ];
    assert_eq!(seen, expected);
}

/// A crash of Postgres can forget that a job was done and not that it was taken: it is held by a worker that lives and
/// knows nothing of it any more.
#[tokio::test]
async fn a_job_whose_end_was_forgotten_by_postgres_is_taken_up_again() {
    let home = Home::new();
    let server = lazy_server(&home).await;
    let zendesk = Arc::new(PretendZendesk::start().await.unwrap());
    let freshdesk = Arc::new(PretendFreshdesk::start().await.unwrap());
    let world = start("live", zendesk, freshdesk, server.options()).await;
    let jobs = async |which: &'static str| sqlx::query_scalar::<_, i64>(which).fetch_one(&world.db).await;
    let (all, held) = (
        "select count(*) from graphile_worker._private_jobs",
        "select count(*) from graphile_worker._private_jobs where locked_at is not null",
    );
    loop {
        let calls = world.freshdesk.calls(Call::Ticket);
        world.freshdesk.fail_next(Call::Ticket, Fault::Slow(Duration::from_millis(500)));
        let (form, happening) = (freshdesk::Form::Pointer, Happening::TicketCreated);
        let ticket = world.freshdesk_ticket(QUESTION);
        let (headers, body) = world.freshdesk.signed_webhook(form, happening, &ticket, &freshdesk_secret());
        assert_eq!(world.post("/webhooks/fresh", headers, body).await, StatusCode::OK);
        until(async || world.freshdesk.calls(Call::Ticket) > calls).await;
        // This commit takes to the disk what was committed before it: that the job is taken.
        sqlx::query("create temporary table waited_for () on commit drop").execute(&world.db).await.unwrap();
        until(async || jobs(all).await.unwrap() == 0).await;
        crash_postgres(&home.0.join("data")).await;
        until(async || jobs(all).await.is_ok()).await;
        // Seldom something else takes the end of the work to the disk in time.
        if jobs(held).await.is_ok_and(|held| held == 1) {
            break;
        }
    }
    until_within(Duration::from_secs(90), async || jobs(all).await.is_ok_and(|left| left == 0)).await;
    assert_eq!(world.count("select count(*) from delivery where state <> 'done'").await, 0);
}
