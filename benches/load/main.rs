//! What the service bears, in one run on one machine: `cargo bench --bench load`. Takes about six minutes.
//!
//! The real binary with its own durable Postgres, webhooks signed as Zendesk signs them, and beside it the rate at which
//! the same Postgres takes the same row from pgbench; then all of it again over a million earlier tickets. What each
//! line means, and what was measured when: docs/performance.md.

mod place;
mod sender;

use std::time::Duration;

use chrono::Utc;
use place::Place;
use sender::Webhooks;

/// For how long each kind of load lasts.
const SPELL: Duration = Duration::from_secs(10);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    println!("{}, {}", Utc::now().format("%d %B %Y"), place::machine());
    let place = Place::start().await?;
    println!("start to readiness {:.2} s", place.started_in.as_secs_f64());
    println!("\nAn empty database");
    measure(&place, &mut Webhooks::new("empty")).await?;
    let earlier = place::EARLIER_TICKETS;
    println!("\n{earlier} earlier tickets ({:.0} s to write them)", place.fill().await?.as_secs_f64());
    measure(&place, &mut Webhooks::new("full")).await?;
    Ok(())
}

async fn measure(place: &Place, webhooks: &mut Webhooks) -> anyhow::Result<()> {
    steady(place, webhooks).await?;
    // Before the burst: what it leaves to be cleared up is another matter than how many tickets there are.
    noted(place).await?;
    let most = acknowledged(place, webhooks).await?;
    worked_off(place, most).await?;
    println!("  memory: {} MB resident", place.resident_megabytes());
    Ok(())
}

/// Webhooks at the rate of a very busy helpdesk.
async fn steady(place: &Place, webhooks: &mut Webhooks) -> anyhow::Result<()> {
    let rate = 300;
    let requests = webhooks.make(rate * SPELL.as_secs() as usize);
    let answered = sender::at_a_rate(place.address, requests, rate).await?;
    println!("  acknowledged at {rate}/s: {}", answered.times());
    place.idle().await
}

/// Webhooks as fast as they are answered, beside pgbench with as many clients. Gives how many were kept in all.
async fn acknowledged(place: &Place, webhooks: &mut Webhooks) -> anyhow::Result<u64> {
    let mut kept = 0;
    for connections in [8, 32] {
        place.idle().await?;
        let rows = place.pgbench(connections, SPELL).await?;
        let requests = webhooks.make(10_000 * SPELL.as_secs() as usize);
        let before = place.spent()?;
        let answered = sender::at_full_speed(place.address, requests, connections, SPELL).await?;
        let rate = answered.count() as f64 / SPELL.as_secs_f64();
        println!(
            "  acknowledged, {connections} connections: {rate:.0}/s, {:.2} of pgbench's {rows:.0} rows/s; {}; {}",
            rate / rows,
            answered.times(),
            place.spent()?.since(before, answered.count())
        );
        kept += answered.count() as u64;
    }
    Ok(kept)
}

/// What was kept, worked off in shadow mode with nothing arriving.
async fn worked_off(place: &Place, most: u64) -> anyhow::Result<()> {
    let (before, waiting) = (place.spent()?, place.waiting().await?);
    tokio::time::sleep(SPELL).await;
    let done = waiting - place.waiting().await?;
    println!(
        "  worked off: {:.0}/s ({waiting} of {most} waiting when it began); {}",
        done as f64 / SPELL.as_secs_f64(),
        place.spent()?.since(before, done as usize)
    );
    place.idle().await
}

/// From a webhook's arrival to its note, with a helpdesk that takes 100 ms for each answer.
async fn noted(place: &Place) -> anyhow::Result<()> {
    let rate = 50;
    let desk = place.helpdesk();
    let (requests, calls) = (desk.tickets(rate * 2 * SPELL.as_secs() as usize), desk.calls());
    let count = requests.len();
    sender::at_a_rate(place.address, requests, rate).await?;
    place.idle().await?;
    let calls = (desk.calls() - calls) as f64 / count as f64;
    let [p50, p95, p99] = place.note_seconds(count).await?;
    println!(
        "  webhook to note at {rate}/s: p50 {p50:.2} s, p95 {p95:.2} s, p99 {p99:.2} s; {calls:.1} calls of 100 ms each"
    );
    Ok(())
}
