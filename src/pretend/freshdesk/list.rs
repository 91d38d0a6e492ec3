//! The pretend Freshdesk's list of all tickets by their last change.

use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::json::{error, ticket_json};
use crate::pretend::desk::State;

/// Beyond this page there is none.
const PAGES: usize = 300;

/// Answers a page of the list; deleted tickets and spam are not on it.
pub fn page(state: &State, asked: impl Fn(&str) -> Option<String>) -> Response {
    let number =
        |key: &str, unasked: usize| asked(key).and_then(|value| value.parse().ok()).unwrap_or(unasked);
    let (page, size) = (number("page", 1).max(1), number("per_page", 30));
    if page > PAGES || size > 100 {
        let errors = [json!({"field": "page", "message": "It should be in the range of 1 to 300"})];
        return error(400, json!({"description": "Validation failed", "errors": errors}));
    }
    let since = asked("updated_since").and_then(|since| since.parse::<DateTime<Utc>>().ok());
    let since = since.unwrap_or_else(|| Utc::now() - chrono::TimeDelta::days(30));
    let mut tickets: Vec<_> = state.tickets.values().collect();
    tickets.retain(|ticket| ticket.updated_at >= since && !matches!(ticket.status, "spam" | "deleted"));
    if asked("order_by").as_deref() == Some("updated_at") {
        tickets.sort_by_key(|ticket| ticket.updated_at);
    }
    if asked("order_type").as_deref() != Some("asc") {
        tickets.reverse();
    }
    let tickets = tickets.into_iter().skip((page - 1) * size).take(size);
    axum::Json(tickets.map(|ticket| ticket_json(state, ticket, "")).collect::<Vec<Value>>()).into_response()
}
