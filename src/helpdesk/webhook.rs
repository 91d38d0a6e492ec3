//! What a webhook turns out to be, whichever helpdesk sent it.

use crate::ticket::{Event, TicketId};

/// The request is not the helpdesk's, or cannot be shown to be. It does not say more, not even to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("signature or secret missing or wrong")]
pub struct Unverified;

/// What is needed to keep a delivery before it is parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The same for a repeat of the same webhook; ASCII. Made from signed content alone.
    pub dedup_key: String,
    pub ticket_id: Option<TicketId>,
    /// The helpdesk's own id of this invocation: unsigned, so for logs alone.
    pub invocation_id: Option<String>,
    /// Whether the body differs from one event to the next. Pointer bodies may be equal for two events.
    pub body_is_unique: bool,
}

/// What a verified body asks for.
#[derive(Debug, Clone)]
pub enum Parsed {
    Act(Event),
    /// Understood, and nothing to do. The reason is `snake_case`, for SQL.
    Ignore {
        ticket_id: Option<TicketId>,
        reason: &'static str,
    },
    /// No ticket id to be found, or not a body of this helpdesk.
    NotUnderstood {
        reason: &'static str,
    },
}
