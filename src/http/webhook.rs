//! `POST /webhooks/{source}`: check it, keep it, answer. The worker does the rest.

use std::time::Instant;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use chrono::Utc;
use tracing::{Instrument, field};
use uuid::Uuid;

use super::Web;
use crate::app::Account;
use crate::config::Kind;
use crate::keep::Kept;
use crate::store::deliveries::{NewDelivery, Origin};

/// Receives a webhook. The body stays raw until verified: the signature covers bytes, not JSON.
///
/// 200 once it is kept, also for a repeat; 401 alike for a wrong signature and an unknown source (429 when there were too
/// many of them); when it could not be kept, what makes this helpdesk try again.
pub async fn receive(
    State(web): State<Web>,
    Path(source): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let arrived = Instant::now();
    let Some(account) = web.app.account(&source) else { return web.refusals.refuse("unknown") };
    if account.helpdesk.verify(&headers, &body, Utc::now()).is_err() {
        return web.refusals.refuse(&source);
    }
    let delivery = delivery(account, &headers, &body);
    // The same names as the worker's: one id through a delivery's whole way.
    let span = tracing::info_span!("webhook", source = %source, delivery.id = %delivery.id, ticket.id = field::Empty);
    if let Some(ticket) = &delivery.ticket_id {
        span.record("ticket.id", field::display(ticket));
    }
    let answer = keep(&web, account, delivery).instrument(span).await;
    metrics::histogram!("undertone_webhook_ack_seconds", "source" => source).record(arrived.elapsed());
    answer
}

async fn keep(web: &Web, account: &Account, delivery: NewDelivery) -> Response {
    let source = account.source.name.as_str();
    let (answer, label) = match web.app.keeper.keep(delivery).await {
        Ok(Kept::New) => {
            tracing::info!("Kept a webhook");
            ((StatusCode::OK, "kept\n"), "kept")
        }
        // It is the delivery of its first coming, under that one's id.
        Ok(Kept::Repeat) => ((StatusCode::OK, "kept before\n"), "repeat"),
        Err(_) => ((try_again(account), "not kept, please send again\n"), "not_kept"),
    };
    count(source, label);
    answer.into_response()
}

fn delivery(account: &Account, headers: &HeaderMap, body: &Bytes) -> NewDelivery {
    let identity = account.helpdesk.identify(headers, body);
    NewDelivery {
        source: account.source.name.as_str().to_owned(),
        id: Uuid::now_v7(),
        dedup_key: identity.dedup_key,
        invocation_id: identity.invocation_id,
        ticket_id: identity.ticket_id,
        body: body.clone(),
        body_is_unique: identity.body_is_unique,
        origin: Origin::Webhook,
    }
}

/// Zendesk retries a 409 and drops the event on a 500; Freshdesk retries any failure.
fn try_again(account: &Account) -> StatusCode {
    match account.source.kind {
        Kind::Zendesk => StatusCode::CONFLICT,
        Kind::Freshdesk => StatusCode::SERVICE_UNAVAILABLE,
    }
}

pub(super) fn count(source: &str, answer: &'static str) {
    metrics::counter!("undertone_webhooks_total", "source" => source.to_owned(), "answer" => answer)
        .increment(1);
}
