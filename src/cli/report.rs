//! `undertone report`: what was posted, or would have been. Its examples show customers' words, on the operator's own screen.

use std::path::PathBuf;

use anyhow::Context;
use chrono::{TimeDelta, Utc};

use super::Failure;
use super::database::Database;
use super::since;
use crate::config::{Config, Environment, from_env};
use crate::report;

#[derive(clap::Args)]
pub struct Args {
    /// The configuration file of the service.
    #[arg(long, default_value = "config/undertone.toml", env = "UNDERTONE_CONFIG")]
    config: PathBuf,
    /// How far back, by when the messages were written: 30d, 12h, 4w.
    #[arg(long, default_value = "30d", value_parser = since::parse)]
    since: TimeDelta,
    /// One source alone; all when left out.
    #[arg(long)]
    source: Option<String>,
    /// A line of JSON for each source.
    #[arg(long)]
    json: bool,
}

pub fn run(args: Args) -> Result<(), Failure> {
    let config = Config::load(&args.config, &from_env).map_err(Failure::Configuration)?;
    let sources = match &args.source {
        Some(source) => vec![config.source(source)?.name.clone()],
        None => config.sources.iter().map(|source| source.name.clone()).collect(),
    };
    let environment = Environment::read(&from_env);
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().context("starting the runtime")?;
    Ok(runtime.block_on(async {
        let database = Database::open(&config, &environment).await?;
        for source in sources {
            let report = report::report(&database.db, source.as_str(), Utc::now() - args.since).await?;
            if args.json {
                println!("{}", serde_json::to_string(&report)?);
            } else {
                println!("{}", report.text());
            }
        }
        database.close().await;
        anyhow::Ok(())
    })?)
}
