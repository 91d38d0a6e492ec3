//! Zendesk's JSON, as the pretend one writes it, and its words for refusals.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::response::{IntoResponse, Response};
use chrono::{SecondsFormat, Utc};
use serde_json::{Value, json};

use crate::pretend::desk::{self, Comment, Ticket, User};

pub const PLAIN_LIMIT: &str = "Number of allowed API requests per minute exceeded";

pub fn ticket_json(ticket: &Ticket) -> Value {
    let source = match ticket.follow_up_of {
        Some(closed) => json!({"from": {"ticket_id": closed}, "to": {}, "rel": "follow_up"}),
        None => json!({"from": {}, "to": {}, "rel": null}),
    };
    json!({
        "id": ticket.id,
        "via": {"channel": "email", "source": source},
        "created_at": stamp(ticket.created_at),
        "updated_at": stamp(ticket.updated_at),
        "subject": ticket.subject,
        "description": ticket.comments[0].text,
        "priority": null,
        "status": ticket.status,
        "requester_id": ticket.requester,
        "submitter_id": ticket.submitter,
        "is_public": true,
        "tags": [],
    })
}

pub fn comments_json(state: &desk::State, ticket: &Ticket, query: &str) -> Value {
    let mut comments: Vec<_> = ticket.comments.iter().collect();
    if query.contains("sort=-created_at") {
        comments.reverse();
    }
    let has_more = comments.len() > 100;
    comments.truncate(100);
    let users = comments.iter().filter_map(|comment| state.users.get(&comment.author));
    let users: BTreeMap<_, _> = users.map(|user| (user.id, user_json(user))).collect();
    json!({
        "comments": comments.into_iter().map(comment_json).collect::<Vec<_>>(),
        "users": users.into_values().collect::<Vec<_>>(),
        "meta": {"has_more": has_more, "after_cursor": null, "before_cursor": null},
        "links": {"next": null, "prev": null},
    })
}

fn comment_json(comment: &Comment) -> Value {
    json!({
        "id": comment.id,
        "type": "Comment",
        "author_id": comment.author,
        "body": comment.text,
        "html_body": format!("<div class=\"zd-comment\" dir=\"auto\">{}</div>", comment.html),
        "plain_body": comment.text,
        "public": comment.public,
        "attachments": [],
        "audit_id": comment.audit_id,
        "created_at": stamp(comment.created_at),
        "metadata": {"system": {}, "custom": comment.metadata},
    })
}

pub fn user_json(user: &User) -> Value {
    let role = if user.is_agent { "agent" } else { "end-user" };
    json!({"id": user.id, "role": role, "locale": user.locale, "time_zone": user.time_zone})
}

pub fn stamp(at: chrono::DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

pub fn error(status: u16, body: Value) -> Response {
    (StatusCode::from_u16(status).expect("a status"), axum::Json(body)).into_response()
}

pub fn limited(seconds: u64) -> Response {
    let headers =
        [(RETRY_AFTER, seconds.to_string()), (CONTENT_TYPE, "text/plain; charset=utf-8".to_owned())];
    (StatusCode::TOO_MANY_REQUESTS, headers, PLAIN_LIMIT).into_response()
}

pub fn conflict() -> Response {
    error(
        409,
        json!({
            "error": "UpdateConflict",
            "description": "Safe Update prevented the update due to outdated ticket data. Please fetch the latest ticket data and try again.",
        }),
    )
}

pub fn unauthorized() -> Response {
    error(401, json!({"error": "Couldn't authenticate you"}))
}

pub fn forbidden() -> Response {
    error(403, json!({"error": {"title": "Forbidden", "message": "You do not have access to this page."}}))
}
