//! Crashes: two replicas of the real binary on one Postgres, killed with -9 at random moments under a steady stream of
//! webhooks, the database restarted in immediate mode and the replicas deployed anew meanwhile. At the end every
//! acknowledged webhook is accounted for and no note is there twice.
//!
//! The short form runs with the other tests. The long one:
//!
//!     UNDERTONE_CHAOS_KILLS=50 cargo test --test api crashes -- --nocapture

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use sqlx::PgPool;
use tokio::task::JoinSet;
use undertone::pretend::{
    BadDay, Call, Dice, Happening, Limits, PretendFreshdesk, PretendZendesk, freshdesk, zendesk,
};
use undertone::store::{self, postgres::PrivateServer};
use undertone::ticket::TicketId;

use crate::chaos::from_environment;
use crate::helpers::{CHASE, QUESTION, customer, freshdesk_secret, settings, ticket, zendesk_secret};
use crate::process::{Home, crash_postgres};
use crate::replicas::Replica;

/// Webhooks a second.
const RATE: u64 = 5;

/// No delivery may wait longer after the last fault.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Clone, Copy)]
enum Desk {
    Zendesk,
    Freshdesk,
}

/// A webhook that was answered with success.
struct Acknowledged {
    desk: Desk,
    ticket: TicketId,
    deserves_a_note: bool,
}

struct Rig {
    home: Home,
    server: PrivateServer,
    settings: String,
    zendesk: PretendZendesk,
    freshdesk: PretendFreshdesk,
    ports: [u16; 2],
    over: AtomicBool,
}

impl Rig {
    async fn start(seed: u64) -> Self {
        let home = Home::new();
        let server = PrivateServer::start(&home.0.join("data")).await.unwrap();
        let zendesk = PretendZendesk::start().await.unwrap();
        let freshdesk = PretendFreshdesk::start().await.unwrap();
        let limits = Limits { account: u32::MAX, updates: u32::MAX };
        zendesk.set_limits(limits);
        freshdesk.set_limits(limits);
        // Enough going wrong with the helpdesks that there is work in hand at any moment.
        let (late, away) = (Duration::from_secs(1), Duration::from_millis(100));
        let day = BadDay { seed, reads: 0, writes: 20, late, away };
        zendesk.bad_day(day);
        freshdesk.bad_day(BadDay { seed: !seed, ..day });
        let settings = settings("live", zendesk.base_url(), freshdesk.base_url())
            .replace("mode =", "updates_per_minute = 0\n        mode =")
            .replace("[worker]", "[worker]\nconcurrency = 16");
        let ports = [lasting_port(&mut Dice::new(seed ^ 2)), lasting_port(&mut Dice::new(seed ^ 3))];
        Self { home, server, settings, zendesk, freshdesk, ports, over: AtomicBool::new(false) }
    }

    fn replica(&self, number: usize) -> Replica {
        Replica::start(&self.home.0, &self.settings, self.ports[number], &self.server.options())
    }
}

/// A port that stays free while a replica is down: below those that systems give to whoever asks for any.
fn lasting_port(dice: &mut Dice) -> u16 {
    loop {
        let port = 20_000 + ((dice.below(10_000) + u64::from(std::process::id())) % 10_000) as u16;
        if std::net::TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_crashes_no_webhook_is_lost_and_no_note_is_there_twice() {
    let kills = from_environment("UNDERTONE_CHAOS_KILLS", 4);
    let seed = from_environment("UNDERTONE_CHAOS_SEED", 20_261_125);
    println!("crashes: seed {seed}, {kills} kills");
    let rig = Arc::new(Rig::start(seed).await);
    let mut replicas = [rig.replica(0), rig.replica(1)];
    for (number, replica) in replicas.iter_mut().enumerate() {
        ready(&rig, number, replica).await;
    }
    let sender = tokio::spawn(send_steadily(rig.clone(), seed));
    let (restarts, deploys) = crash(&rig, &mut replicas, kills, &mut Dice::new(seed)).await;
    let last_fault = Instant::now();

    rig.over.store(true, Ordering::SeqCst);
    let acknowledged = sender.await.unwrap();
    let db = store::connect(rig.server.options()).await.unwrap();
    all_worked_off(&db, last_fault).await;
    let waited = last_fault.elapsed();
    let (notes, failed) = account_for(&rig, &db, &acknowledged).await;
    let longest: f64 =
        sqlx::query_scalar("select max(extract(epoch from finished_at - received_at))::float8 from delivery")
            .fetch_one(&db)
            .await
            .unwrap();
    println!(
        "crashes: {kills} kills, {restarts} restarts of Postgres, {deploys} rolling deploys; {} acknowledged, {notes} \
         notes of {} writes, {failed} failed; all worked off {:.1} s after the last fault, the slowest {longest:.1} s \
         after its webhook",
        acknowledged.len(),
        rig.zendesk.calls(Call::Write) + rig.freshdesk.calls(Call::Write),
        waited.as_secs_f64(),
    );
}

/// Kills replicas, with Postgres crashed and the replicas deployed anew now and then. Answers how often each of these.
async fn crash(rig: &Rig, replicas: &mut [Replica; 2], kills: u64, dice: &mut Dice) -> (usize, usize) {
    let (mut restarts, mut deploys) = (0, 0);
    for kill in 0..kills {
        one_is_ready(rig, replicas).await;
        tokio::time::sleep(Duration::from_millis(100 + dice.below(1400))).await;
        let victim = dice.below(2) as usize;
        replicas[victim].signal("-KILL");
        replicas[victim] = rig.replica(victim);
        match kill % 4 {
            1 => {
                crash_postgres(&rig.home.0.join("data")).await;
                restarts += 1;
            }
            3 => {
                deploy(rig, replicas).await;
                deploys += 1;
            }
            _ => {}
        }
    }
    for (number, replica) in replicas.iter_mut().enumerate() {
        is_ready(rig, number, replica).await;
    }
    (restarts, deploys)
}

/// A rolling deploy: one replica after the other is told to stop and started again.
async fn deploy(rig: &Rig, replicas: &mut [Replica; 2]) {
    for (number, replica) in replicas.iter_mut().enumerate() {
        ready(rig, number, replica).await;
        replica.signal("-TERM");
        let deadline = Instant::now() + Duration::from_secs(30);
        let status = loop {
            match replica.ended() {
                Some(status) => break status,
                None => tokio::time::sleep(Duration::from_millis(20)).await,
            }
            assert!(Instant::now() < deadline, "it did not end");
        };
        assert_eq!(status.code(), Some(0), "told to stop, it ends well");
        *replica = rig.replica(number);
    }
}

/// Waits until it answers.
async fn ready(rig: &Rig, number: usize, replica: &mut Replica) {
    let deadline = Instant::now() + Duration::from_secs(120);
    while !is_ready(rig, number, replica).await {
        assert!(Instant::now() < deadline, "it did not become ready");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn one_is_ready(rig: &Rig, replicas: &mut [Replica; 2]) {
    let [first, second] = replicas;
    let deadline = Instant::now() + Duration::from_secs(120);
    while !is_ready(rig, 0, first).await && !is_ready(rig, 1, second).await {
        assert!(Instant::now() < deadline, "no replica became ready");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Whether it is ready. One that ended by itself, because Postgres was away as it started, is started again, as a supervisor
/// would.
async fn is_ready(rig: &Rig, number: usize, replica: &mut Replica) -> bool {
    if replica.ended().is_some() {
        *replica = rig.replica(number);
    }
    replica.is_ready().await
}

async fn send_steadily(rig: Arc<Rig>, seed: u64) -> Vec<Acknowledged> {
    let mut dice = Dice::new(seed ^ 1);
    let mut ticks = tokio::time::interval(Duration::from_millis(1000 / RATE));
    let mut sent = JoinSet::new();
    while !rig.over.load(Ordering::SeqCst) {
        ticks.tick().await;
        let deserves_a_note = dice.below(2) == 0;
        let desk = if dice.below(2) == 0 { Desk::Zendesk } else { Desk::Freshdesk };
        sent.spawn(open_and_announce(rig.clone(), desk, deserves_a_note, dice.below(2) as usize));
    }
    sent.join_all().await
}

/// Opens a ticket and sends its webhook, to the one replica or the other, until it is acknowledged.
async fn open_and_announce(rig: Arc<Rig>, desk: Desk, deserves_a_note: bool, first: usize) -> Acknowledged {
    let text = if deserves_a_note { CHASE } else { QUESTION };
    let created = Happening::TicketCreated;
    let (ticket, path, (headers, body)) = match desk {
        Desk::Zendesk => {
            let id = rig.zendesk.add_ticket(ticket(rig.zendesk.add_user(customer()), text));
            let webhook = rig.zendesk.signed_webhook(zendesk::Form::Event, created, &id, &zendesk_secret());
            (id, "zen", webhook)
        }
        Desk::Freshdesk => {
            let id = rig.freshdesk.add_ticket(ticket(rig.freshdesk.add_user(customer()), text));
            let form = freshdesk::Form::Pointer;
            let webhook = rig.freshdesk.signed_webhook(form, created, &id, &freshdesk_secret());
            (id, "fresh", webhook)
        }
    };
    let client = undertone::helpdesk::http_client().unwrap();
    for port in rig.ports.into_iter().cycle().skip(first).take(600) {
        let url = format!("http://127.0.0.1:{port}/webhooks/{path}");
        let answer = client.post(url).headers(headers.clone()).body(body.clone()).send().await;
        if answer.is_ok_and(|answer| answer.status().is_success()) {
            return Acknowledged { desk, ticket, deserves_a_note };
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("a webhook was never acknowledged");
}

/// Waits until nothing waits and nothing is queued.
async fn all_worked_off(db: &PgPool, last_fault: Instant) {
    let left = "select (select count(*) from delivery where state = 'waiting')
                     + (select count(*) from graphile_worker.jobs)";
    loop {
        let waiting: i64 = sqlx::query_scalar(left).fetch_one(db).await.unwrap();
        if waiting == 0 {
            return;
        }
        assert!(last_fault.elapsed() < PATIENCE, "{waiting} still wait a minute after the last fault");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Checks each acknowledged webhook. Answers how many notes there are, and how many deliveries were given up.
async fn account_for(rig: &Rig, db: &PgPool, acknowledged: &[Acknowledged]) -> (usize, usize) {
    let (mut posted, mut failed) = (0, 0);
    for Acknowledged { desk, ticket, deserves_a_note } in acknowledged {
        let (source, notes, status) = match desk {
            Desk::Zendesk => ("zen", rig.zendesk.notes(ticket), rig.zendesk.status(ticket)),
            Desk::Freshdesk => ("fresh", rig.freshdesk.notes(ticket), rig.freshdesk.status(ticket)),
        };
        let ends: Vec<(String, Option<String>)> =
            sqlx::query_as("select state, reason from delivery where source = $1 and ticket_id = $2")
                .bind(source)
                .bind(ticket)
                .fetch_all(db)
                .await
                .unwrap();
        let ended_well = match ends.as_slice() {
            [(state, None)] if state == "done" => true,
            [(state, Some(_))] if state == "failed" => false,
            other => panic!("{source} {ticket} was acknowledged and is not accounted for: {other:?}"),
        };
        let expected = match deserves_a_note {
            false => 0..=0,
            true if ended_well && status != "closed" => 1..=1,
            true => 0..=1,
        };
        assert!(expected.contains(&notes.len()), "{source} {ticket}: {} notes", notes.len());
        assert!(notes.iter().all(|note| !note.public), "{source} {ticket}: a public note");
        posted += notes.len();
        failed += usize::from(!ended_well);
    }
    (posted, failed)
}
