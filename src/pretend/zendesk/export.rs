//! The pretend Zendesk's incremental export: by time or cursor, without the last minute, with repeats where pages meet.

use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{TimeDelta, Utc};
use serde_json::{Value, json};

use super::json::{error, ticket_json};
use crate::pretend::desk::State;

/// Tickets that changed within this are not given yet, and a start must be as old.
const LAG: TimeDelta = TimeDelta::minutes(1);

/// Answers the export's next page.
pub fn page(state: &State, query: &str) -> Response {
    let asked = |key: &str| {
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.into_iter().find(|(name, _)| *name == key).map(|(_, value)| value)
    };
    let size = asked("per_page").and_then(|size| size.parse().ok()).unwrap_or(1000_usize).min(1000);
    let newest = (Utc::now() - LAG).timestamp();
    let start = match (asked("cursor").map(decoded), asked("start_time").map(str::parse::<i64>)) {
        (Some(Some(start)), _) => start,
        (None, Some(Ok(time))) if time <= newest => (time, 0),
        (None, Some(Ok(_))) => {
            return error(
                422,
                json!({"error": "StartTimeTooRecent", "description": "Too recent start_time."}),
            );
        }
        _ => {
            return error(
                400,
                json!({"error": "InvalidPaginationParameter", "description": "Invalid cursor"}),
            );
        }
    };
    let mut changed: Vec<_> = state.tickets.values().collect();
    changed.sort_by_key(|ticket| (ticket.updated_at.timestamp(), ticket.id));
    // The ticket at the cursor comes once more, as it may when it has changed within its second.
    changed.retain(|ticket| {
        let place = (ticket.updated_at.timestamp(), ticket.id);
        place >= start && place.0 <= newest
    });
    let end = changed.len() <= size;
    changed.truncate(size);
    let cursor = changed.last().map_or(start, |ticket| (ticket.updated_at.timestamp(), ticket.id));
    axum::Json(json!({
        "tickets": changed.into_iter().map(ticket_json).collect::<Vec<Value>>(),
        "after_cursor": STANDARD.encode(format!("{}.0||{}", cursor.0, cursor.1)),
        "after_url": null,
        "before_cursor": null,
        "before_url": null,
        "end_of_stream": end,
    }))
    .into_response()
}

/// The time and ticket that a cursor stands for: base64 of `1772822527.0||35211`, percent-encoded.
fn decoded(cursor: &str) -> Option<(i64, u64)> {
    let base64 = cursor.replace("%3D", "=").replace("%2B", "+").replace("%2F", "/");
    let text = String::from_utf8(STANDARD.decode(base64).ok()?).ok()?;
    let (time, ticket) = text.split_once(".0||")?;
    Some((time.parse().ok()?, ticket.parse().ok()?))
}
