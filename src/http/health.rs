//! Whether the process lives, whether it can do its work, and its figures.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::Web;

pub async fn alive() -> &'static str {
    "alive\n"
}

/// 200 when webhooks can be kept and are worked off; else 503, and which part is missing.
pub async fn ready(State(web): State<Web>) -> Response {
    let database = sqlx::query("select 1").execute(&web.app.db).await.is_ok();
    let worker = web.app.health.worker_runs();
    let word = |good| if good { "ok" } else { "not ok" };
    let status = if database && worker { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, format!("database: {}\nworker: {}\n", word(database), word(worker))).into_response()
}

/// The figures in the Prometheus text format.
pub async fn metrics(State(web): State<Web>) -> Response {
    match web.metrics {
        Some(metrics) => {
            ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], metrics.render()).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
