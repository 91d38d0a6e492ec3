//! `undertone replay`: sends failed deliveries through again, beside a running service or without one.

use std::path::PathBuf;

use anyhow::{Context, bail};
use chrono::{SecondsFormat, TimeDelta, Utc};
use uuid::Uuid;

use super::Failure;
use super::database::Database;
use super::since;
use crate::config::{Config, Environment, from_env};
use crate::replay::{self, Replay, Replayed};
use crate::store::deliveries::Filter;

/// Deliveries that are listed; beyond these there is a count.
const LISTED: usize = 50;

/// At least one of the filters is needed: a replay of everything is never meant. Together they narrow.
#[derive(clap::Args)]
#[command(group = clap::ArgGroup::new("filter").required(true).multiple(true))]
pub struct Args {
    /// The configuration file of the service.
    #[arg(long, default_value = "config/undertone.toml", env = "UNDERTONE_CONFIG")]
    config: PathBuf,
    /// A delivery, by `delivery.id`. Can be given several times.
    #[arg(long = "id", group = "filter")]
    ids: Vec<Uuid>,
    /// Those of this source, by its name in the configuration.
    #[arg(long, group = "filter")]
    source: Option<String>,
    /// Those that failed for this reason, by `delivery.reason`: helpdesk_unavailable, helpdesk_forbidden, ..
    #[arg(long, group = "filter")]
    reason: Option<String>,
    /// Those that came in since then: 12h, 7d, 4w.
    #[arg(long, group = "filter", value_parser = since::parse)]
    since: Option<TimeDelta>,
    /// Say what would go through again, and change nothing.
    #[arg(long)]
    dry_run: bool,
}

pub fn run(args: Args) -> Result<(), Failure> {
    let config = Config::load(&args.config, &from_env).map_err(Failure::Configuration)?;
    let environment = Environment::read(&from_env);
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().context("starting the runtime")?;
    Ok(runtime.block_on(replay(args, &config, &environment))?)
}

async fn replay(args: Args, config: &Config, environment: &Environment) -> anyhow::Result<()> {
    let mode = if args.dry_run { Replay::DryRun } else { Replay::ForGood };
    let filter = Filter {
        ids: args.ids,
        source: args.source,
        reason: args.reason,
        received_since: args.since.map(|since| Utc::now() - since),
    };
    let database = Database::open(config, environment).await?;
    let replayed = replay::replay(&database.db, &filter, mode).await;
    database.close().await;
    let replayed = replayed?;
    print!("{}", told(&replayed, mode));
    let found = |id: &&Uuid| replayed.deliveries.iter().any(|one| one.id == **id);
    let missing: Vec<_> = filter.ids.iter().filter(|id| !found(id)).map(Uuid::to_string).collect();
    if !missing.is_empty() {
        bail!(
            "no failed delivery with the id {} fits; what is `waiting` comes by itself",
            missing.join(", ")
        );
    }
    Ok(())
}

/// What was done, for people.
fn told(replayed: &Replayed, mode: Replay) -> String {
    let Replayed { deliveries, notes } = replayed;
    if deliveries.is_empty() {
        return "No failed delivery fits.\n".to_owned();
    }
    let mut lines: Vec<_> = deliveries
        .iter()
        .take(LISTED)
        .map(|one| {
            let received = one.received_at.to_rfc3339_opts(SecondsFormat::Secs, true);
            let ticket = one.ticket_id.as_ref().map_or("no ticket".to_owned(), |id| format!("ticket {id}"));
            format!("{received}  {}  {}  {ticket}  {}", one.source, one.id, one.reason)
        })
        .collect();
    if deliveries.len() > LISTED {
        lines.push(format!(".. and {} more", deliveries.len() - LISTED));
    }
    let verb = if mode == Replay::DryRun { "Would send" } else { "Sent" };
    let word = |count, one, many| if count == 1 { one } else { many };
    lines.push(format!(
        "{verb} {} {} through again, and with them {notes} {} that had failed.",
        deliveries.len(),
        word(deliveries.len(), "delivery", "deliveries"),
        word(*notes as usize, "note", "notes"),
    ));
    lines.iter().map(|line| format!("{line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::store::deliveries::Failed;
    use crate::ticket::TicketId;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        _args: Args,
    }

    #[test]
    fn a_filter_is_needed() {
        let id = "018f2d5e-7c3a-7000-8000-000000000001";
        let cases: [(&[&str], bool); 10] = [
            (&[], false),
            (&["--dry-run"], false),
            (&["--source", "acme"], true),
            (&["--reason", "helpdesk_unavailable"], true),
            (&["--since", "12h"], true),
            (&["--id", id, "--id", id], true),
            (&["--source", "acme", "--since", "7d", "--reason", "panicked", "--dry-run"], true),
            (&["--id", "7"], false),
            (&["--since", "yesterday"], false),
            (&["--source"], false),
        ];
        for (args, right) in cases {
            let line = [&["replay"], args].concat();
            assert_eq!(Line::try_parse_from(line).is_ok(), right, "{args:?}");
        }
    }

    #[test]
    fn it_says_what_it_did() {
        let failed = |ticket: Option<&str>| Failed {
            source: "acme".to_owned(),
            id: Uuid::nil(),
            ticket_id: ticket.map(|id| TicketId(id.to_owned())),
            reason: "helpdesk_unavailable".to_owned(),
            received_at: "2026-03-06T18:42:07Z".parse().unwrap(),
        };
        let one = Replayed { deliveries: vec![failed(Some("35012"))], notes: 1 };
        assert_eq!(
            told(&one, Replay::ForGood),
            "2026-03-06T18:42:07Z  acme  00000000-0000-0000-0000-000000000000  ticket 35012  helpdesk_unavailable\n\
             Sent 1 delivery through again, and with them 1 note that had failed.\n"
        );
        let many = Replayed { deliveries: (0..52).map(|_| failed(None)).collect(), notes: 0 };
        let told_of_many = told(&many, Replay::DryRun);
        assert_eq!(told_of_many.lines().count(), 52);
        assert!(told_of_many.ends_with(
            ".. and 2 more\nWould send 52 deliveries through again, and with them 0 notes that had failed.\n"
        ));
        let none = Replayed { deliveries: Vec::new(), notes: 0 };
        assert_eq!(told(&none, Replay::ForGood), "No failed delivery fits.\n");
    }
}
