//! `undertone erase`: removes one requester's words from the database, beside a running service or without one.

use std::path::PathBuf;

use anyhow::{Context, bail};

use super::Failure;
use super::database::Database;
use crate::config::{Config, Environment, from_env};
use crate::privacy::{self, Erased, Erasure};
use crate::ticket::UserId;

#[derive(clap::Args)]
pub struct Args {
    /// The configuration file of the service.
    #[arg(long, default_value = "config/undertone.toml", env = "UNDERTONE_CONFIG")]
    config: PathBuf,
    /// The source, by its name in the configuration.
    #[arg(long)]
    source: String,
    /// The helpdesk's id of the requester: digits, as in `ticket.requester_id`.
    #[arg(long, value_parser = requester_id)]
    requester: String,
    /// Say what would be removed, and remove nothing.
    #[arg(long)]
    dry_run: bool,
}

fn requester_id(id: &str) -> Result<String, String> {
    let is_id = (1..=20).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_digit());
    is_id
        .then(|| id.to_owned())
        .ok_or_else(|| "write the helpdesk's id of the person, digits alone".to_owned())
}

pub fn run(args: Args) -> Result<(), Failure> {
    let config = Config::load(&args.config, &from_env).map_err(Failure::Configuration)?;
    let environment = Environment::read(&from_env);
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().context("starting the runtime")?;
    Ok(runtime.block_on(erase(&args, &config, &environment))?)
}

async fn erase(args: &Args, config: &Config, environment: &Environment) -> anyhow::Result<()> {
    let database = Database::open(config, environment).await?;
    let erasure = if args.dry_run { Erasure::DryRun } else { Erasure::ForGood };
    let erased = privacy::erase(&database.db, &args.source, &UserId(args.requester.clone()), erasure).await;
    database.close().await;
    let Some(erased) = erased? else { bail!("{}", unknown(args, config)) };
    print!("{}", told(args, &erased));
    if erased.work_in_hand {
        bail!(
            "a replica still works on a ticket of this requester and may bring words back: run this again in a minute"
        );
    }
    Ok(())
}

fn unknown(args: &Args, config: &Config) -> String {
    let (source, requester) = (&args.source, &args.requester);
    let names: Vec<_> = config.sources.iter().map(|source| source.name.as_str()).collect();
    if names.contains(&source.as_str()) {
        return format!(
            "nothing is known of a requester {requester} of the source {source}; the id is the helpdesk's, and stands \
             in ticket.requester_id"
        );
    }
    format!(
        "there is no source {source:?}, and nothing under that name; the sources are: {}",
        names.join(", ")
    )
}

/// What was removed, for people.
fn told(args: &Args, erased: &Erased) -> String {
    let (verb, were) = if args.dry_run { ("Would erase", "would be") } else { ("Erased", "were") };
    let mut lines = vec![format!(
        "{verb} the words of requester {} of {}, on {} tickets. Rows that lost theirs:",
        args.requester, args.source, erased.tickets
    )];
    lines.extend(erased.removed.0.iter().map(|(table, rows)| format!("  {table:<12} {rows}")));
    if erased.ended > 0 {
        lines.push(format!("{} deliveries with work left {were} finished as ignored, erased.", erased.ended));
    }
    if erased.withheld > 0 {
        lines.push(format!("{} notes on their way {were} withheld.", erased.withheld));
    }
    lines.push(
        "What stands on the helpdesk is the helpdesk's to erase: the customer's own messages".to_owned(),
    );
    if erased.on_helpdesk.is_empty() {
        lines.push("(there is no note of ours on these tickets).".to_owned());
    } else {
        lines.push("and our private notes, which quote them:".to_owned());
        lines.extend(erased.on_helpdesk.iter().map(|note| {
            let place = match (&note.comment_id, &note.marker) {
                (Some(comment), _) => format!("comment {comment}"),
                (None, Some(marker)) => format!("perhaps, never confirmed: look for {marker}"),
                (None, None) => "perhaps, never confirmed".to_owned(),
            };
            format!("  ticket {}, {place}", note.ticket_id)
        }));
        // Several of ours can have taken the place of one.
        lines.dedup();
    }
    lines.push("A later webhook about one of these tickets brings its words back.".to_owned());
    lines.iter().map(|line| format!("{line}\n")).collect()
}
