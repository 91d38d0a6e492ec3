//! Whether the process lives, whether it can do its work, and its figures.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};

use super::Web;
use crate::app::Account;
use crate::figures;

pub async fn alive() -> &'static str {
    "alive\n"
}

/// What readiness says, in words that are fixed.
#[derive(Serialize)]
struct Readiness {
    ready: bool,
    database: &'static str,
    worker: &'static str,
    sources: BTreeMap<String, SourceState>,
}

#[derive(Serialize)]
struct SourceState {
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    because: Option<&'static str>,
    /// When it ends, or is next tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<String>,
}

#[derive(Deserialize)]
pub struct Asked {
    format: Option<String>,
}

/// 200 when webhooks can be kept and are worked off; else 503, and which part is missing. A paused source is told and
/// does no harm to the rest: its webhooks are kept.
///
/// Lines of text, or JSON when `?format=json` or `Accept` asks for it.
pub async fn ready(State(web): State<Web>, Query(asked): Query<Asked>, headers: HeaderMap) -> Response {
    let database = sqlx::query("select 1").execute(&web.app.db).await.is_ok();
    let worker = web.app.health.worker_runs();
    let word = |good| if good { "ok" } else { "not ok" };
    let readiness = Readiness {
        ready: database && worker,
        database: word(database),
        worker: word(worker),
        sources: web.app.accounts().map(state_of).collect(),
    };
    let status = if readiness.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let accepts = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    match asked.format.as_deref() == Some("json") || accepts.contains("application/json") {
        true => (status, Json(readiness)).into_response(),
        false => (status, in_lines(&readiness)).into_response(),
    }
}

fn state_of(account: &Account) -> (String, SourceState) {
    let state = match account.helpdesk.gate().pause() {
        None => SourceState { state: "ok", since: None, because: None, until: None },
        Some(pause) => SourceState {
            state: "paused",
            since: Some(stamp(pause.since)),
            because: Some(pause.reason.as_str()),
            until: Some(stamp(pause.until)),
        },
    };
    (account.source.name.as_str().to_owned(), state)
}

fn stamp(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn in_lines(readiness: &Readiness) -> String {
    let mut lines = format!("database: {}\nworker: {}\n", readiness.database, readiness.worker);
    for (source, state) in &readiness.sources {
        lines += &format!("source {source}: {}", state.state);
        if let (Some(since), Some(because), Some(until)) = (&state.since, state.because, &state.until) {
            lines += &format!(" since {since} because {because}, next tried at {until}");
        }
        lines.push('\n');
    }
    lines
}

/// The figures in the Prometheus text format.
pub async fn metrics(State(web): State<Web>) -> Response {
    let Some(metrics) = web.metrics else { return StatusCode::NOT_FOUND.into_response() };
    figures::look_up(&web.app).await;
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], metrics.render()).into_response()
}
