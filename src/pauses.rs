//! Paused accounts: tells the other replicas of our pauses, does as they say of theirs, and finds out when refused
//! credentials work again.
//!
//! The calls themselves are held back by each account's [`crate::helpdesk::Gate`], in memory.

use std::collections::HashMap;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::app::{Account, App};
use crate::helpdesk::gate::Reason;
use crate::helpdesk::{CallError, FIRST_PROBE};
use crate::store::accounts;

/// How often the other replicas' pauses are looked up. News of our own is told at once.
const TICK: Duration = Duration::from_secs(1);

/// Keeps pauses in step until told to stop.
pub async fn run(app: App, stop: CancellationToken) {
    let sources: Vec<_> = app.accounts().map(|account| account.source.name.as_str()).collect();
    if accounts::probe_soon(&app.db, &sources).await.is_err() {
        tracing::debug!("The database is away: refused credentials are tried when their time comes");
    }
    let mut probes = JoinSet::new();
    loop {
        // While the database is away each replica goes by what it has seen itself.
        if keep_in_step(&app).await.is_ok() {
            let _ = start_probes(&app, &mut probes).await;
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = app.pause_news.notified() => {}
            () = tokio::time::sleep(TICK) => {}
        }
    }
}

/// Tells what is new here, then does as all have agreed.
pub async fn keep_in_step(app: &App) -> sqlx::Result<()> {
    for account in app.accounts() {
        tell(app, account).await?;
    }
    let paused: HashMap<_, _> = accounts::paused(&app.db).await?.into_iter().collect();
    for account in app.accounts() {
        account.helpdesk.gate().follow(paused.get(account.source.name.as_str()).copied());
    }
    Ok(())
}

async fn tell(app: &App, account: &Account) -> sqlx::Result<()> {
    let (gate, source) = (account.helpdesk.gate(), account.source.name.as_str());
    let Some(pause) = gate.take_news() else { return Ok(()) };
    let wait = (pause.until - chrono::Utc::now()).to_std().unwrap_or_default();
    let told = match pause.reason.ends_by_probe() {
        true => accounts::refuse(&app.db, source, pause.reason).await,
        false => accounts::hold(&app.db, source, pause.reason, wait).await,
    };
    told.inspect_err(|_| gate.keep_news())
}

async fn start_probes(app: &App, probes: &mut JoinSet<()>) -> sqlx::Result<()> {
    while probes.try_join_next().is_some() {}
    for account in app.accounts() {
        let refused = account.helpdesk.gate().pause().filter(|pause| pause.reason.ends_by_probe());
        if refused.is_some_and(|pause| pause.until <= chrono::Utc::now())
            && accounts::claim_probe(&app.db, account.source.name.as_str()).await?
        {
            probes.spawn(probe(app.clone(), account.source.name.as_str().to_owned()));
        }
    }
    Ok(())
}

/// Asks who we are. Whatever comes of it, a later probe mends what this one could not write down.
async fn probe(app: App, source: String) {
    let Some(account) = app.account(&source) else { return };
    let done = match account.helpdesk.probe().await {
        Ok(()) => resume(&app, account).await,
        Err(error) => {
            tracing::debug!(source, "Source {source} stays paused: {error}");
            accounts::put_off(&app.db, &source).await
        }
    };
    if let Err(error) = done {
        tracing::debug!(source, "The outcome of a probe could not be kept: {error}");
    }
}

async fn resume(app: &App, account: &Account) -> sqlx::Result<()> {
    let source = account.source.name.as_str();
    if accounts::resume(&app.db, source).await? {
        tracing::info!(source, "Source {source} resumes: the helpdesk takes our credentials");
    }
    account.helpdesk.gate().open();
    Ok(())
}

/// Whether a 403 is meant for our user as a whole and not for this call: then the account is paused.
pub async fn forbids_everything(account: &Account) -> bool {
    let answer = account.helpdesk.probe().await;
    let refused = matches!(answer, Err(CallError::Forbidden | CallError::Unauthorized));
    if refused {
        account.helpdesk.gate().shut(Reason::Forbidden, FIRST_PROBE);
    }
    refused
}
