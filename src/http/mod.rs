//! Webhook in: the routes, and what they share.

mod draft;
mod feedback;
mod health;
mod refusals;
mod serve;
mod webhook;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use metrics_exporter_prometheus::PrometheusHandle;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::TimeoutLayer;

pub use refusals::Refusals;
pub use serve::{Patience, serve};

use crate::app::App;

/// The largest webhook that is taken. Zendesk's own limit is said to be 256 KB.
const MOST_BYTES: usize = 1024 * 1024;

/// Zendesk gives up after 10 s; whoever sends this slowly is not worth a connection.
const SLOWEST: Duration = Duration::from_secs(10);

/// What the handlers share.
#[derive(Clone)]
pub struct Web {
    pub app: App,
    pub metrics: Option<PrometheusHandle>,
    pub refusals: Arc<Refusals>,
}

pub fn router(web: Web) -> Router {
    let routes = Router::new()
        .route("/webhooks/{source}", post(webhook::receive))
        .route("/webhooks/{source}/reply-drafted", post(draft::reply_drafted))
        .route("/webhooks/{source}/tickets/{ticket}/signals", get(draft::signals))
        .route(
            "/feedback/{source}/{ticket}/{message}/{verdict}/{token}",
            get(feedback::ask).post(feedback::give),
        )
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics));
    guarded(routes, SLOWEST).with_state(web)
}

/// What holds whatever the route: no body is larger, no answer takes longer, and a panic is an answer that says nothing.
fn guarded<S: Clone + Send + Sync + 'static>(routes: Router<S>, slowest: Duration) -> Router<S> {
    routes
        .layer(DefaultBodyLimit::max(MOST_BYTES))
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, slowest))
        // Its own answer would log the panic's message, which can quote a body.
        .layer(CatchPanicLayer::custom(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response()))
}

#[cfg(test)]
mod tests;
