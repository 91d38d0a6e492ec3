//! Logs: readable lines, searchable fields, never a customer's words.

use std::io::{self, IsTerminal};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::prelude::*;

/// What is logged unless `UNDERTONE_LOG` says otherwise. The queue's own lines come with every job.
pub const DEFAULT_FILTER: &str =
    "info,graphile_worker=warn,graphile_worker_task_details=error,sqlx::postgres::notice=warn";

/// Starts logging to standard error, as JSON lines when asked.
pub fn start(filter: Option<String>, json: bool) {
    let filter = EnvFilter::try_new(filter.as_deref().unwrap_or(DEFAULT_FILTER))
        .unwrap_or_else(|_| EnvFilter::new(DEFAULT_FILTER));
    let registry = tracing_subscriber::registry().with(filter);
    let lines =
        tracing_subscriber::fmt::layer().with_writer(io::stderr).with_ansi(io::stderr().is_terminal());
    // A second start (a test, the demo within a test) changes nothing.
    let _ = if json { registry.with(lines.json()).try_init() } else { registry.with(lines).try_init() };
}
