//! Zendesk's incremental export of tickets, by cursor. It may be asked ten times a minute, and by admins alone.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;

use super::Zendesk;
use super::rest::TicketPart;
use crate::helpdesk::{CallError, Changes, Newest, Position, wire};
use crate::ticket::Ticket;

/// A start must be a minute old at least; twice that leaves room for clocks that differ.
const YOUNGEST_START: TimeDelta = TimeDelta::minutes(2);

/// Unasked, a page has 1,000 tickets: too many to do again after a crash.
const PAGE: usize = 100;

#[derive(Deserialize)]
struct ExportPage {
    tickets: Vec<TicketPart>,
    #[serde(default, deserialize_with = "wire::word")]
    after_cursor: Option<String>,
    #[serde(default, deserialize_with = "wire::truth")]
    end_of_stream: Option<bool>,
}

impl Zendesk {
    /// Gives the next page of tickets that changed. The last minute's are left for later, and some come twice.
    pub async fn changed_since(&self, from: &Position) -> Result<Changes, CallError> {
        let begin = |since: DateTime<Utc>| {
            let start = since.min(Utc::now() - YOUNGEST_START);
            format!("start_time={}", start.timestamp())
        };
        let ask = |place: String| async move {
            let path = format!("/api/v2/incremental/tickets/cursor.json?{place}&per_page={PAGE}");
            self.get::<ExportPage>(&path).await
        };
        let Some(cursor) = &from.cursor else { return Ok(ask(begin(from.since)).await?.into_changes(from)) };
        match ask(format!("cursor={}", percent_encoded(cursor))).await {
            // A cursor that is no longer taken: the time at which it stood serves, with repeats.
            Err(CallError::Rejected { .. } | CallError::NotFound) => {
                let from = Position { since: from.since - YOUNGEST_START, cursor: None };
                Ok(ask(begin(from.since)).await?.into_changes(&from))
            }
            page => Ok(page?.into_changes(from)),
        }
    }

    /// Looks among the newest 100 comments.
    pub async fn newest_from_customer(&self, ticket: &Ticket) -> Result<Option<Newest>, CallError> {
        Ok(self.comments(&ticket.id).await?.newest_from_customer(ticket.requester_id.as_ref()))
    }
}

impl ExportPage {
    fn into_changes(self, from: &Position) -> Changes {
        let cursor = self.after_cursor.or_else(|| from.cursor.clone());
        // Without a new cursor the same page would come for ever.
        let end = self.end_of_stream.unwrap_or(false) || cursor == from.cursor;
        // A ticket that lacks its id or a stamp is left to its webhook.
        let tickets: Vec<_> = self.tickets.into_iter().filter_map(|part| part.into_ticket().ok()).collect();
        let since = tickets.iter().map(|ticket| ticket.updated_at).fold(from.since, DateTime::max);
        Changes { tickets, next: Position { since, cursor }, end }
    }
}

/// A cursor is base64, with characters that mean something in an address.
fn percent_encoded(cursor: &str) -> String {
    let safe = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    cursor
        .bytes()
        .map(|byte| if safe(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::helpdesk::fixture;

    fn at(stamp: &str) -> DateTime<Utc> {
        stamp.parse().expect("a time")
    }

    fn page(json: &str) -> ExportPage {
        serde_json::from_str(json).expect(json)
    }

    #[test]
    fn the_sample_of_the_export_is_understood() {
        let page: ExportPage =
            serde_json::from_slice(&fixture("zendesk", "api_incremental_tickets_cursor.json")).unwrap();
        let from = Position { since: at("2026-03-06T18:00:00Z"), cursor: None };
        let changes = page.into_changes(&from);
        assert_eq!(changes.tickets[0].id.0, "35211");
        assert_eq!(changes.next.since, at("2026-03-06T18:42:07Z"));
        assert_eq!(changes.next.cursor.as_deref(), Some("MTc3MjgyMjUyNy4wfHwzNTIxMQ=="));
        assert!(changes.end);
    }

    #[test]
    fn the_position_moves_on_and_never_back() {
        let ticket = r#"{"id":7,"created_at":"2026-03-06T17:00:00Z","updated_at":"2026-03-06T17:30:00Z"}"#;
        let cases = [
            (
                "more to come",
                r#"{"tickets":[],"after_cursor":"b","end_of_stream":false}"#.to_owned(),
                "b",
                false,
            ),
            ("the end", r#"{"tickets":[],"after_cursor":"b","end_of_stream":true}"#.to_owned(), "b", true),
            ("no cursor at the end", r#"{"tickets":[],"end_of_stream":true}"#.to_owned(), "a", true),
            ("nothing new to ask for", r#"{"tickets":[],"after_cursor":null}"#.to_owned(), "a", true),
            ("the same cursor again", r#"{"tickets":[],"after_cursor":"a"}"#.to_owned(), "a", true),
            (
                "an older change, told late",
                format!(r#"{{"tickets":[{ticket}],"after_cursor":"b","end_of_stream":false}}"#),
                "b",
                false,
            ),
            (
                "a ticket without stamps",
                r#"{"tickets":[{"id":8}],"after_cursor":"b","end_of_stream":false}"#.to_owned(),
                "b",
                false,
            ),
        ];
        let from = Position { since: at("2026-03-06T18:00:00Z"), cursor: Some("a".into()) };
        for (name, json, cursor, end) in cases {
            let changes = page(&json).into_changes(&from);
            let next = Position { since: from.since, cursor: Some(cursor.into()) };
            assert_eq!((changes.next, changes.end), (next, end), "{name}");
        }
    }

    #[test]
    fn a_cursor_is_safe_in_an_address() {
        assert_eq!(percent_encoded("MTc3+w/Q=="), "MTc3%2Bw%2FQ%3D%3D");
        assert_eq!(percent_encoded("a-b_c.9"), "a-b_c.9");
        assert_eq!(percent_encoded("a&b=c"), "a%26b%3Dc");
    }
}
