//! `undertone backfill`: reads the past of a source, beside a running service or without one. It posts nothing.

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Context;
use chrono::{TimeDelta, Utc};
use tokio_util::sync::CancellationToken;

use super::Failure;
use super::database::Database;
use super::since;
use crate::app::App;
use crate::catch_up::backfill::{self, Asked, Progress};
use crate::config::{Config, Environment, from_env};
use crate::keep::Keeper;
use crate::{pauses, store, telemetry};

#[derive(clap::Args)]
pub struct Args {
    /// The configuration file of the service.
    #[arg(long, default_value = "config/undertone.toml", env = "UNDERTONE_CONFIG")]
    config: PathBuf,
    /// The source to read.
    #[arg(long)]
    source: String,
    /// Tickets that changed since then are read: 90d, 12h, 4w.
    #[arg(long, default_value = "90d", value_parser = since::parse)]
    since: TimeDelta,
    /// Calls to the helpdesk a minute; a ticket takes four. What the helpdesk allows is the agents' too.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    calls_per_minute: u32,
    /// What to log, as tracing-subscriber's filters.
    #[arg(long, env = "UNDERTONE_LOG", default_value = "warn", hide_default_value = true)]
    log: String,
}

pub fn run(args: Args) -> Result<(), Failure> {
    telemetry::start(Some(args.log.clone()), false);
    let config = Config::load(&args.config, &from_env).map_err(Failure::Configuration)?;
    config.source(&args.source)?;
    let environment = Environment::read(&from_env);
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().context("starting the runtime")?;
    Ok(runtime.block_on(backfill(config, &environment, &args))?)
}

async fn backfill(config: Config, environment: &Environment, args: &Args) -> anyhow::Result<()> {
    let database = Database::open(&config, environment).await?;
    let db = store::connect_for_work(database.db.connect_options().as_ref().clone()).await?;
    let (keeper, _writer) = Keeper::start(db.clone());
    let app = App::new(db, keeper, config)?;
    // The pauses of a running service hold for us too, and ours for it.
    let stop = CancellationToken::new();
    let pauses = tokio::spawn(pauses::run(app.clone(), stop.clone()));
    let account = app.account(&args.source).context("the source is in the configuration")?;
    let asked = Asked { since: Utc::now() - args.since, calls_per_minute: args.calls_per_minute };
    let mut bar = Bar::new();
    let done = backfill::run(&app, account, asked, |progress| bar.show(progress)).await;
    bar.end();
    stop.cancel();
    pauses.await?;
    let done = done.context("the backfill stopped; the same command goes on from there")?;
    println!(
        "{}: {} tickets read, {} known already; a note would have been posted on {}. See undertone report.",
        args.source, done.read, done.known, done.noted
    );
    app.db.close().await;
    database.close().await;
    Ok(())
}

/// One line that is written over on a terminal; else a line every ten seconds.
struct Bar {
    terminal: bool,
    shown: Option<Instant>,
}

impl Bar {
    fn new() -> Self {
        Self { terminal: io::stderr().is_terminal(), shown: None }
    }

    fn show(&mut self, progress: &Progress) {
        let every = if self.terminal { Duration::from_millis(200) } else { Duration::from_secs(10) };
        let is_due = self.shown.is_none_or(|shown| shown.elapsed() >= every);
        if !is_due && progress.waiting.is_none() {
            return;
        }
        self.shown = Some(Instant::now());
        // Nobody may be looking; the work goes on all the same.
        let _ = match self.terminal {
            true => write!(io::stderr(), "\r\x1b[K{}", line(progress)).and_then(|()| io::stderr().flush()),
            false => writeln!(io::stderr(), "{}", line(progress)),
        };
    }

    fn end(&self) {
        if self.terminal && self.shown.is_some() {
            let _ = writeln!(io::stderr());
        }
    }
}

fn line(progress: &Progress) -> String {
    const WIDTH: usize = 24;
    let full = (progress.fraction() * WIDTH as f64) as usize;
    let waiting =
        progress.waiting.map(|pause| format!("; the helpdesk asks for a pause of {} s", pause.as_secs()));
    format!(
        "[{}{}] {:3.0} %  through {}, {} read, {} known already{}",
        "#".repeat(full),
        ".".repeat(WIDTH - full),
        (progress.fraction() * 100.0).floor(),
        progress.at.format("%Y-%m-%d"),
        progress.read,
        progress.known,
        waiting.unwrap_or_default()
    )
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    #[test]
    fn the_line_says_how_far_it_is_and_why_it_waits() {
        let from = DateTime::UNIX_EPOCH;
        let progress = Progress {
            from,
            to: from + TimeDelta::days(90),
            at: from + TimeDelta::days(45),
            read: 120,
            known: 3,
            noted: 7,
            waiting: None,
        };
        let half = "[############............]  50 %  through 1970-02-15, 120 read, 3 known already";
        assert_eq!(line(&progress), half);
        let waiting = Progress { waiting: Some(Duration::from_secs(37)), ..progress.clone() };
        assert_eq!(line(&waiting), format!("{half}; the helpdesk asks for a pause of 37 s"));
        let done = Progress { at: progress.to, ..progress };
        assert!(line(&done).starts_with("[########################] 100 %  through 1970-04-01"));
    }
}
