//! `undertone serve`: the service, on `DATABASE_URL`'s Postgres or on a private one.

use std::path::PathBuf;

use anyhow::{Context, bail};
use chrono::Utc;
use secrecy::ExposeSecret;
use sqlx::postgres::PgConnectOptions;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::Failure;
use crate::config::{Config, Environment, from_env};
use crate::detect::Detectors;
use crate::eval::suite::Suite;
use crate::figures;
use crate::service::Service;
use crate::store::{self, postgres::PrivateServer};
use crate::telemetry;

#[derive(clap::Args)]
pub struct Args {
    /// The configuration file.
    #[arg(long, default_value = "config/undertone.toml", env = "UNDERTONE_CONFIG")]
    config: PathBuf,
    /// What to log, as tracing-subscriber's filters.
    #[arg(long, env = "UNDERTONE_LOG", hide_default_value = true)]
    log: Option<String>,
    /// Log lines of JSON.
    #[arg(long, env = "UNDERTONE_LOG_JSON")]
    log_json: bool,
}

pub fn run(args: Args) -> Result<(), Failure> {
    telemetry::start(args.log.clone(), args.log_json);
    let config = Config::load(&args.config, &from_env).map_err(Failure::Configuration)?;
    let environment = Environment::read(&from_env);
    check_suites(&config.suites)?;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().context("starting the runtime")?;
    Ok(runtime.block_on(serve(config, environment))?)
}

/// Says how many cases of the admin's own hold, and which do not: a warning, for the service works all the same.
fn check_suites(suites: &[Suite]) -> anyhow::Result<()> {
    if suites.is_empty() {
        return Ok(());
    }
    let detectors = Detectors::load()?;
    for suite in suites {
        let (file, cases) = (suite.path.display(), suite.case.len());
        let failures = suite.failures(&detectors, Utc::now());
        tracing::info!(
            cases,
            failures = failures.len(),
            "Suite {file}: {} of {cases} cases hold",
            cases - failures.len()
        );
        for failure in failures {
            tracing::warn!("Suite {file}: {failure}");
        }
    }
    Ok(())
}

async fn serve(config: Config, environment: Environment) -> anyhow::Result<()> {
    let metrics = figures::start()?;
    let (options, private) = database(&config, &environment).await?;
    let db = store::connect(options).await?;
    store::migrate(&db).await?;
    warn_of_no_sources(&config);
    let service = Service::start(config, db, Some(metrics)).await?;
    tracing::info!("Listening on http://{}", service.address);
    let mut signals = Signals::listen()?;
    signals.next().await;
    tracing::info!("Stopping: no new webhooks, finishing the work in hand; a second signal ends it at once");
    tokio::select! {
        stopped = stop(service, private) => stopped,
        () = signals.next() => bail!("ended at the second signal; what was in hand is taken up at the next start"),
    }
}

async fn stop(service: Service, private: Option<PrivateServer>) -> anyhow::Result<()> {
    service.stop().await?;
    if let Some(private) = private {
        private.stop().await;
    }
    Ok(())
}

async fn database(
    config: &Config,
    environment: &Environment,
) -> anyhow::Result<(PgConnectOptions, Option<PrivateServer>)> {
    if let Some(url) = &environment.database_url {
        return Ok((store::parse_url(url.expose_secret())?, None));
    }
    let dir = environment.data_dir(config);
    tracing::info!("No DATABASE_URL: using a private Postgres in {}", dir.display());
    let private = PrivateServer::start(&dir).await?;
    Ok((private.options(), Some(private)))
}

fn warn_of_no_sources(config: &Config) {
    if config.sources.is_empty() {
        tracing::warn!(
            "No source is configured, so every webhook is refused; add a [[source]] to the configuration"
        );
    }
}

/// SIGTERM and Ctrl-C.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn listen() -> anyhow::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
