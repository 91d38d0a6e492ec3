//! Freshdesk's list of tickets by their last change, in pages.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};

use super::Freshdesk;
use super::rest::TicketPart;
use crate::helpdesk::{CallError, Changes, Newest, Position};
use crate::ticket::{MessageId, Ticket};

const PAGE: usize = 100;

/// Freshdesk gives no page beyond this.
const PAGES: u32 = 300;

/// Stamps are whole seconds, and whether "since" takes its own second in is not documented.
const SECOND: TimeDelta = TimeDelta::seconds(1);

impl Freshdesk {
    /// Gives the next page of tickets that changed. Some come twice; deleted ones and spam do not come.
    pub async fn changed_since(&self, from: &Position) -> Result<Changes, CallError> {
        let since = from.since.to_rfc3339_opts(SecondsFormat::Secs, true);
        let oldest_first = "order_by=updated_at&order_type=asc";
        let path = format!(
            "/api/v2/tickets?updated_since={since}&{oldest_first}&per_page={PAGE}&page={}",
            page_of(from)
        );
        let parts: Vec<TicketPart> = self.get(&path).await?;
        let full = parts.len() >= PAGE;
        // A ticket that lacks its id or a stamp is left to its webhook.
        let tickets: Vec<_> = parts.into_iter().filter_map(|part| part.into_ticket().ok()).collect();
        let last = tickets.iter().map(|ticket| ticket.updated_at).max();
        Ok(Changes { next: next(from, last, full), end: !full, tickets })
    }

    /// Looks among the first 1,000 conversations.
    pub async fn newest_from_customer(&self, ticket: &Ticket) -> Result<Option<Newest>, CallError> {
        let conversations = self.conversations(&ticket.id).await?;
        let reply = conversations.iter().rev().find_map(|conversation| conversation.by_customer());
        // What an agent wrote down or wrote first has no opening message of the customer's.
        let by_agent = matches!(ticket.channel.as_str(), "phone" | "outbound_email");
        let opening = Newest { message: MessageId::opening(), sent_at: ticket.created_at };
        Ok(reply.or((!by_agent).then_some(opening)))
    }
}

fn page_of(position: &Position) -> u32 {
    position.cursor.as_deref().and_then(|page| page.parse().ok()).unwrap_or(1)
}

/// Where to go on after a page whose last change was at `last`.
///
/// The time moves on and the page stays the first wherever it can: a ticket that changes meanwhile goes to the end of the
/// list, and in later pages all behind it would move up by one and one of them be missed.
fn next(from: &Position, last: Option<DateTime<Utc>>, full: bool) -> Position {
    let Some(last) = last else { return Position { since: from.since, cursor: None } };
    if !full {
        return Position { since: last.max(from.since), cursor: None };
    }
    let (before_last, page) = (last - SECOND, page_of(from) + 1);
    if before_last > from.since {
        Position { since: before_last, cursor: None }
    } else if page <= PAGES {
        Position { since: from.since, cursor: Some(page.to_string()) }
    } else {
        // 30,000 tickets changed in the same second or two: the rest of them cannot be asked for.
        Position { since: last.max(from.since) + SECOND, cursor: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_772_822_500 + seconds, 0).expect("a time")
    }

    fn position(seconds: i64, page: Option<u32>) -> Position {
        Position { since: at(seconds), cursor: page.map(|page| page.to_string()) }
    }

    #[test]
    fn the_time_moves_on_and_pages_serve_where_it_cannot() {
        let cases = [
            ("nothing changed", position(0, None), None, false, position(0, None)),
            ("the last page", position(0, None), Some(40), false, position(40, None)),
            ("a full page", position(0, None), Some(40), true, position(39, None)),
            ("a full page within a second", position(0, None), Some(1), true, position(0, Some(2))),
            ("a second such page", position(0, Some(2)), Some(1), true, position(0, Some(3))),
            ("time moves on in a later page", position(0, Some(3)), Some(40), true, position(39, None)),
            ("the last page of such a second", position(0, Some(3)), Some(1), false, position(1, None)),
            ("an empty page after a full one", position(0, Some(3)), None, false, position(0, None)),
            ("no page beyond the last", position(0, Some(300)), Some(1), true, position(2, None)),
            ("a clock that runs back", position(50, None), Some(40), false, position(50, None)),
            (
                "a page that is no number",
                Position { since: at(0), cursor: Some("x".into()) },
                Some(1),
                true,
                position(0, Some(2)),
            ),
        ];
        for (name, from, last, full, expected) in cases {
            assert_eq!(next(&from, last.map(at), full), expected, "{name}");
        }
    }
}
