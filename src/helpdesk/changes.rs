//! Tickets that changed: what a helpdesk's list of them gives, a page at a time.

use chrono::{DateTime, Utc};

use crate::ticket::{MessageId, Ticket};

/// How far a walk through the changed tickets has come. Times are the helpdesk's, so that our clock does not matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// What changed before this has been listed.
    pub since: DateTime<Utc>,
    /// What the helpdesk calls the page to come, where `since` alone does not say.
    pub cursor: Option<String>,
}

/// A page of tickets that changed, the oldest change first. A ticket can come again.
#[derive(Debug)]
pub struct Changes {
    pub tickets: Vec<Ticket>,
    /// Where the next page begins.
    pub next: Position,
    /// Whether there is nothing more for now.
    pub end: bool,
}

/// A ticket's newest public message of a customer's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Newest {
    pub message: MessageId,
    pub sent_at: DateTime<Utc>,
}
