//! `POST /webhooks/{source}`: check it, keep it, answer. The worker does the rest.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use chrono::Utc;
use uuid::Uuid;

use super::Web;
use crate::app::Account;
use crate::config::Kind;
use crate::keep::Kept;
use crate::store::deliveries::{NewDelivery, Origin};

/// Receives a webhook. The body stays raw until verified: the signature covers bytes, not JSON.
///
/// 200 once it is kept, also for a repeat; 401 alike for a wrong signature and an unknown source; when it
/// could not be kept, what makes this helpdesk try again.
pub async fn receive(
    State(web): State<Web>,
    Path(source): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let Some(account) = web.app.account(&source) else { return unauthorized("unknown") };
    if account.helpdesk.verify(&headers, &body, Utc::now()).is_err() {
        return unauthorized(&source);
    }
    let kept = web.app.keeper.keep(delivery(account, &headers, &body)).await;
    let (answer, label) = match kept {
        Ok(Kept::New) => ((StatusCode::OK, "kept\n"), "kept"),
        Ok(Kept::Repeat) => ((StatusCode::OK, "kept before\n"), "repeat"),
        Err(_) => ((try_again(account), "not kept, please send again\n"), "not_kept"),
    };
    count(&source, label);
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

pub(super) fn unauthorized(source: &str) -> Response {
    count(source, "unauthorized");
    (StatusCode::UNAUTHORIZED, "signature or secret missing or wrong\n").into_response()
}

fn count(source: &str, answer: &'static str) {
    metrics::counter!("undertone_webhooks_total", "source" => source.to_owned(), "answer" => answer)
        .increment(1);
}
