//! Deploys: a service told to stop finishes the work in hand, a second signal ends it, and replicas start side by side.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use undertone::pretend::{Call, Fault, Happening, PretendFreshdesk, PretendZendesk, zendesk};

use crate::helpers::{
    CHASE, QUICK, customer, database, empty_database, settings, ticket, until, zendesk_secret,
};
use crate::process::{Home, free_port};
use crate::replicas::Replica;

/// A replica with a note on its way to a helpdesk that takes so long to answer.
async fn posting(home: &Home, slow: Duration) -> (Replica, Arc<PretendZendesk>, sqlx::PgPool) {
    let zendesk = Arc::new(PretendZendesk::start().await.unwrap());
    let freshdesk = PretendFreshdesk::start().await.unwrap();
    let database = database().await;
    // The usual time for a call: the answer is waited for.
    let settings = settings("live", zendesk.base_url(), freshdesk.base_url()).replace(QUICK, "");
    let replica = Replica::start(&home.0, &settings, free_port(), &database);
    until(async || replica.is_ready().await).await;
    zendesk.fail_next(Call::Write, Fault::Late(slow));
    let requester = zendesk.add_user(customer());
    let ticket = zendesk.add_ticket(ticket(requester, CHASE));
    let form = zendesk::Form::Event;
    let (headers, body) = zendesk.signed_webhook(form, Happening::TicketCreated, &ticket, &zendesk_secret());
    let url = format!("http://127.0.0.1:{}/webhooks/zen", replica.port);
    let client = undertone::helpdesk::http_client().unwrap();
    assert_eq!(client.post(url).headers(headers).body(body).send().await.unwrap().status(), StatusCode::OK);
    until(async || zendesk.calls(Call::Write) == 1).await;
    (replica, zendesk, undertone::store::connect(database).await.unwrap())
}

#[tokio::test]
async fn told_to_stop_it_takes_nothing_new_finishes_what_is_in_hand_and_ends_with_code_0() {
    let home = Home::new();
    let (replica, _zendesk, db) = posting(&home, Duration::from_secs(3)).await;
    replica.signal("-TERM");
    let port = replica.port;
    until(async || std::net::TcpStream::connect(("127.0.0.1", port)).is_err()).await;
    let states = "select delivery.state || ' ' || note.state from delivery join note on note.delivery_id = delivery.id";
    let state: String = sqlx::query_scalar(states).fetch_one(&db).await.unwrap();
    assert_eq!(state, "waiting pending", "the answer has not come yet");
    assert_eq!(replica.end().await.code(), Some(0));
    let state: String = sqlx::query_scalar(states).fetch_one(&db).await.unwrap();
    assert_eq!(state, "done posted");
    let locked: i64 =
        sqlx::query_scalar("select count(*) from graphile_worker.jobs").fetch_one(&db).await.unwrap();
    assert_eq!(locked, 0);
}

#[tokio::test]
async fn a_second_signal_ends_it_at_once() {
    let home = Home::new();
    let (replica, _zendesk, db) = posting(&home, Duration::from_secs(9)).await;
    let began = Instant::now();
    replica.signal("-TERM");
    let port = replica.port;
    until(async || std::net::TcpStream::connect(("127.0.0.1", port)).is_err()).await;
    replica.signal("-INT");
    assert_eq!(replica.end().await.code(), Some(1));
    assert!(began.elapsed() < Duration::from_secs(7), "it waited for the answer");
    let states = "select state from delivery";
    let state: String = sqlx::query_scalar(states).fetch_one(&db).await.unwrap();
    assert_eq!(state, "waiting", "it is taken up again");
}

#[tokio::test]
async fn replicas_that_start_at_once_on_an_empty_database_all_come_up() {
    let database = empty_database().await;
    let mut starts = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let database = database.clone();
        starts.spawn(async move {
            let db = undertone::store::connect(database).await?;
            undertone::store::migrate(&db).await
        });
    }
    for started in starts.join_all().await {
        started.unwrap();
    }
}
