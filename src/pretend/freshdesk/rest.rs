//! What the pretend Freshdesk answers to calls: reads, notes, limits.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{ConnectInfo, State};
use axum::http::header::{AUTHORIZATION, RETRY_AFTER};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, SubsecRound, Utc};
use serde_json::{Value, json};

use super::json::{contact_json, conversation_json, error, limited, ticket_json, unauthorized};
use super::list;
use crate::pretend::desk::{self, Desk, ME, number, text_of};
use crate::pretend::server::{Scissors, suffer};
use crate::pretend::{Call, Fault};

pub const API_KEY: &str = "EXAMPLE-API-KEY";

pub async fn answer(
    State(desk): State<Arc<Desk>>,
    ConnectInfo(scissors): ConnectInfo<Scissors>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let path: Vec<&str> = uri.path().trim_matches('/').split('/').collect();
    let of_a_requester = uri.query().unwrap_or_default().contains("requester_id=");
    let call = match (&method, path.as_slice()) {
        (&Method::GET, ["api", "v2", "agents", "me"]) => Call::Me,
        (&Method::GET, ["api", "v2", "contacts", _]) => Call::User,
        (&Method::GET, ["api", "v2", "tickets"]) if of_a_requester => Call::Earlier,
        (&Method::GET, ["api", "v2", "tickets"]) => Call::Changes,
        (&Method::GET, ["api", "v2", "tickets", _, "conversations"]) => Call::Comments,
        (&Method::GET, ["api", "v2", "tickets", _]) => Call::Ticket,
        (&Method::POST, ["api", "v2", "tickets", _, "notes"]) => Call::Write,
        (&Method::PUT, ["api", "v2", "conversations", _]) => Call::Change,
        _ => Call::Other,
    };
    let id = path.get(3).map_or(0, |id| number(id));
    let fault = desk.with(|state| state.count(call, id, &body));
    let work = move || respond(&desk, call, id, uri.query().unwrap_or_default(), &headers, &body);
    suffer(fault, scissors, work, refuse).await
}

fn refuse(fault: Fault) -> Response {
    match fault {
        Fault::LimitedPlain(seconds) => {
            let retry = [(RETRY_AFTER, seconds.to_string())];
            (StatusCode::TOO_MANY_REQUESTS, retry, "Too many requests").into_response()
        }
        Fault::LimitedJson(seconds) => limited(seconds.into()),
        Fault::Conflict => error(409, json!({"code": "inconsistent_state", "message": "Conflict"})),
        Fault::Unauthorized => unauthorized(),
        _ => error(
            403,
            json!({"code": "access_denied", "message": "You are not authorized to perform this action."}),
        ),
    }
}

fn respond(desk: &Desk, call: Call, id: u64, query: &str, headers: &HeaderMap, body: &[u8]) -> Response {
    let key = format!("Basic {}", STANDARD.encode(format!("{API_KEY}:X")));
    if headers.get(AUTHORIZATION).is_none_or(|header| header.as_bytes() != key.as_bytes()) {
        return unauthorized();
    }
    desk.with(|state| {
        if let Err(seconds) = state.take(call) {
            return limited(seconds);
        }
        let answer = answer_of(state, call, id, query, body);
        let limits = [
            ("x-ratelimit-total", state.limits.account.to_string()),
            ("x-ratelimit-remaining", state.remaining().to_string()),
            ("x-ratelimit-used-currentrequest", "1".to_owned()),
        ];
        (limits, answer).into_response()
    })
}

fn answer_of(state: &mut desk::State, call: Call, id: u64, query: &str, body: &[u8]) -> Response {
    let asked = |key: &str| {
        query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .find(|(name, _)| *name == key)
            .map(|(_, value)| value)
    };
    let reply = match call {
        Call::Me => Some(json!({"id": ME, "available": true, "type": "support_agent"})),
        // Agents are no contacts.
        Call::User => state.users.get(&id).filter(|user| !user.is_agent).map(contact_json),
        Call::Ticket => state
            .tickets
            .get(&id)
            .map(|ticket| ticket_json(state, ticket, asked("include").unwrap_or_default())),
        Call::Comments => state.tickets.get(&id).map(|ticket| {
            let page = asked("page").and_then(|page| page.parse().ok()).unwrap_or(1_usize).max(1);
            let size = asked("per_page").and_then(|size| size.parse().ok()).unwrap_or(30_usize).min(100);
            let conversations = ticket.comments.iter().skip(1).skip((page - 1) * size).take(size);
            conversations.map(|comment| conversation_json(state, ticket, comment)).collect()
        }),
        Call::Earlier => {
            let requester = asked("requester_id").map_or(0, number);
            let since = asked("updated_since").and_then(|since| since.parse::<DateTime<Utc>>().ok());
            // Unasked, Freshdesk shows what was created in the last 30 days.
            let since = since.unwrap_or_else(|| Utc::now() - chrono::TimeDelta::days(30));
            let tickets = state.tickets.values();
            let tickets =
                tickets.filter(|ticket| ticket.requester == requester && ticket.updated_at >= since);
            let tickets = tickets.filter(|ticket| !matches!(ticket.status, "spam" | "deleted"));
            Some(tickets.map(|ticket| ticket_json(state, ticket, "")).collect())
        }
        Call::Changes => return list::page(state, |key| asked(key).map(str::to_owned)),
        Call::Write => return add_note(state, id, body),
        Call::Change => return change_note(state, id, body),
        Call::Token | Call::Other => None,
    };
    match reply {
        Some(reply) => axum::Json(reply).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn add_note(state: &mut desk::State, id: u64, body: &[u8]) -> Response {
    if state.tickets.get(&id).is_none_or(|ticket| ticket.status == "deleted") {
        return StatusCode::NOT_FOUND.into_response();
    }
    let asked: Value = serde_json::from_slice(body).unwrap_or_default();
    let Some(html) = asked["body"].as_str().filter(|html| !html.is_empty()) else {
        return invalid("body", "missing_field", "It should not be blank as this is a mandatory field");
    };
    let private = asked["private"].as_bool().unwrap_or(true);
    let note = state.write(id, html, !private, Value::Null).expect("the ticket was found above");
    let reply = conversation_json(state, &state.tickets[&id], &note);
    (StatusCode::CREATED, axum::Json(reply)).into_response()
}

/// Notes can be changed, in their body alone and by whoever wrote them; replies cannot.
fn change_note(state: &mut desk::State, id: u64, body: &[u8]) -> Response {
    let asked: Value = serde_json::from_slice(body).unwrap_or_default();
    let fields: Vec<_> = asked.as_object().into_iter().flat_map(|fields| fields.keys()).collect();
    if let Some(other) = fields.iter().find(|field| !matches!(field.as_str(), "body" | "attachments")) {
        return invalid(other, "invalid_field", "Unexpected/invalid field in request");
    }
    let Some((ticket_id, comment)) = state.comment_mut(id) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    if comment.public {
        return invalid("id", "invalid_value", "Only notes can be edited");
    }
    if comment.author != ME {
        return refuse(Fault::Forbidden);
    }
    let Some(html) = asked["body"].as_str().filter(|html| !html.is_empty()) else {
        return invalid("body", "missing_field", "It should not be blank as this is a mandatory field");
    };
    (comment.html, comment.text) = (html.to_owned(), text_of(html));
    let comment = comment.clone();
    let now = Utc::now().trunc_subsecs(0);
    if let Some(ticket) = state.tickets.get_mut(&ticket_id) {
        ticket.updated_at = ticket.updated_at.max(now);
    }
    state.tell_of_note(ticket_id);
    axum::Json(conversation_json(state, &state.tickets[&ticket_id], &comment)).into_response()
}

fn invalid(field: &str, code: &str, message: &str) -> Response {
    let problem = json!({"field": field, "message": message, "code": code});
    error(400, json!({"description": "Validation failed", "errors": [problem]}))
}
