//! Freshdesk's JSON, as the pretend one writes it, and its words for refusals.

use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use crate::pretend::desk::{self, Comment, Ticket, User};

pub fn ticket_json(state: &desk::State, ticket: &Ticket, include: &str) -> Value {
    let by_agent = state.users.get(&ticket.submitter).is_some_and(|user| user.is_agent);
    let status = match ticket.status {
        "pending" => 3,
        "resolved" | "solved" => 4,
        "closed" => 5,
        _ => 2,
    };
    let mut body = json!({
        "id": ticket.id,
        "subject": ticket.subject,
        "description": ticket.comments[0].html,
        // Freshdesk collapses line ends in its text twin.
        "description_text": ticket.comments[0].text.split_whitespace().collect::<Vec<_>>().join(" "),
        "status": status,
        "priority": 1,
        "source": if by_agent { 3 } else { 1 },
        "spam": ticket.status == "spam",
        "requester_id": ticket.requester,
        "responder_id": null,
        "created_at": stamp(ticket.created_at),
        "updated_at": stamp(ticket.updated_at),
        "tags": [],
    });
    if ticket.status == "deleted" {
        body["deleted"] = true.into();
    }
    if include.contains("conversations") {
        let first = ticket.comments.iter().skip(1).take(10);
        body["conversations"] = first.map(|comment| conversation_json(state, ticket, comment)).collect();
    }
    if include.contains("requester") {
        body["requester"] = json!({"id": ticket.requester, "name": "Somebody"});
    }
    if include.contains("stats") {
        body["stats"] = json!({"reopened_at": null, "agent_responded_at": null});
    }
    body
}

pub fn conversation_json(state: &desk::State, ticket: &Ticket, comment: &Comment) -> Value {
    let incoming = !state.users.get(&comment.author).is_some_and(|user| user.is_agent);
    json!({
        "id": comment.id,
        "body": comment.html,
        "body_text": comment.text.split_whitespace().collect::<Vec<_>>().join(" "),
        "incoming": incoming,
        "private": !comment.public,
        "user_id": comment.author,
        "source": if comment.public { 0 } else { 2 },
        "ticket_id": ticket.id,
        "created_at": stamp(comment.created_at),
        "updated_at": stamp(comment.created_at),
        "attachments": [],
    })
}

pub fn contact_json(user: &User) -> Value {
    json!({"id": user.id, "language": user.locale, "time_zone": user.time_zone, "deleted": false})
}

fn stamp(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

pub fn error(status: u16, body: Value) -> Response {
    (StatusCode::from_u16(status).expect("a status"), axum::Json(body)).into_response()
}

pub fn limited(seconds: u64) -> Response {
    let body = json!({"message": "You have exceeded the limit of requests per minute"});
    ([(RETRY_AFTER, seconds.to_string())], error(429, body)).into_response()
}

pub fn unauthorized() -> Response {
    error(
        401,
        json!({"code": "invalid_credentials", "message": "You have to be logged in to perform this action."}),
    )
}
