//! `undertone demo`: the whole main path on loopback, between a pretend Zendesk and a pretend Freshdesk.

mod drafts;
mod story;
mod tickets;
mod world;

use std::net::TcpListener;

use anyhow::{Context, ensure};

use super::Failure;
use crate::telemetry;
use crate::ticket::TicketId;
use story::Known;
use tickets::{Expected, SAMPLES, Sample, Way};
use world::World;

#[derive(clap::Args)]
pub struct Args {
    /// Leave when all is shown: exit code 0 only if every expected note is there, once and private, and no other,
    /// and the drafts got the questions they should.
    #[arg(long)]
    exit: bool,
    /// What to log, as tracing-subscriber's filters; nothing when left out.
    #[arg(long, env = "UNDERTONE_LOG")]
    log: Option<String>,
}

pub fn run(args: Args) -> Result<(), Failure> {
    telemetry::start(Some(args.log.clone().unwrap_or_else(|| "error".to_owned())), false);
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().context("starting the runtime")?;
    Ok(runtime.block_on(demo(args.exit))?)
}

async fn demo(exit: bool) -> anyhow::Result<()> {
    println!(
        "Starting a private Postgres, a pretend Zendesk, a pretend Freshdesk and the service between them.\n"
    );
    let world = World::start(&listen_address()).await?;
    let told = tell(&world).await;
    if let (Ok((known, wrong)), false) = (&told, exit) {
        if !wrong.is_empty() {
            println!("Not as it should be: {}", wrong.join("; "));
        }
        story::what_to_try(&world, known);
        tokio::signal::ctrl_c().await?;
    }
    world.stop().await?;
    let (_, wrong) = told?;
    ensure!(wrong.is_empty(), "not as it should be: {}", wrong.join("; "));
    Ok(())
}

/// Sends every sample, shows what became of it and checks it against what should have. Gives tickets to go
/// on with, and what is not as it should be.
async fn tell(world: &World) -> anyhow::Result<(Known, Vec<String>)> {
    let mut tickets = Vec::new();
    for sample in SAMPLES {
        let ticket = world.add(sample);
        world.announce(sample.way, &ticket).await?;
        tickets.push((sample, ticket));
    }
    // Helpdesks deliver more than once: the first ticket's webhook comes again.
    world.announce(SAMPLES[0].way, &tickets[0].1).await?;
    world.settle().await?;
    let mut wrong = Vec::new();
    for (sample, ticket) in &tickets {
        story::tell(world, sample, ticket).await?;
        wrong.extend(check(world, sample, ticket));
    }
    if wrong.is_empty() {
        println!(
            "As it should be: {} tickets, every note once and private, and silence elsewhere.\n",
            tickets.len()
        );
    }
    wrong.extend(drafts::tell(world, &tickets).await?);
    let first = |way: fn(&Sample) -> bool| {
        tickets.iter().find(|(sample, _)| way(sample)).map(|(_, ticket)| ticket.clone())
    };
    let known = Known {
        on_zendesk: first(|sample| matches!(sample.way, Way::Zendesk(_))).context("no sample for Zendesk")?,
        on_freshdesk: first(|sample| matches!(sample.way, Way::Freshdesk(_)))
            .context("no sample for Freshdesk")?,
    };
    Ok((known, wrong))
}

fn check(world: &World, sample: &Sample, ticket: &TicketId) -> Option<String> {
    let notes = world.notes(sample.way, ticket);
    let good = match sample.expected {
        Expected::Note => notes.len() == 1 && !notes[0].public,
        Expected::Silence(_) => notes.is_empty(),
    };
    let public = notes.iter().filter(|note| note.public).count();
    (!good).then(|| format!("\"{}\" has {} notes, {public} of them public", sample.title, notes.len()))
}

/// The service's usual port, or a free one when that is taken.
fn listen_address() -> String {
    let usual = "127.0.0.1:8477";
    match TcpListener::bind(usual) {
        Ok(_) => usual.to_owned(),
        Err(_) => "127.0.0.1:0".to_owned(),
    }
}
