//! Everything vendor-specific: checks a helpdesk's webhooks, parses them, reads the rest by REST and posts the note.
//!
//! Wire types never leave their helpdesk's folder; what comes out is the common model of [`crate::ticket`].

mod call;
mod changes;
pub mod freshdesk;
pub mod gate;
mod note;
#[cfg(test)]
mod templates;
mod webhook;
mod wire;
pub mod zendesk;
pub mod zones;

use axum::http::HeaderMap;
use chrono::{DateTime, Utc};

pub use call::{CallError, FIRST_PROBE, http_client, http_client_within};
pub use changes::{Changes, Newest, Position};
pub use gate::{Gate, Pause};
pub use note::{MARKER_START, Posted, PrivateNote};
pub use webhook::{Identity, Parsed, Unverified, bare_event};

use crate::ticket::{Case, Ticket, TicketId, UserId};

/// One connected helpdesk account. Cheap to clone.
#[derive(Clone)]
pub enum Helpdesk {
    Zendesk(zendesk::Zendesk),
    Freshdesk(freshdesk::Freshdesk),
}

impl Helpdesk {
    /// Checks the request over its raw bytes, in constant time. Missing and wrong answer alike.
    pub fn verify(&self, headers: &HeaderMap, body: &[u8], now: DateTime<Utc>) -> Result<(), Unverified> {
        match self {
            Self::Zendesk(zendesk) => zendesk.verify(headers, body, now),
            Self::Freshdesk(freshdesk) => freshdesk.verify(headers, body, now),
        }
    }

    /// Says what keeps a repeat of this webhook the same delivery, and which ticket it is about. Never fails.
    pub fn identify(&self, headers: &HeaderMap, body: &[u8]) -> Identity {
        match self {
            Self::Zendesk(zendesk) => zendesk.identify(headers, body),
            Self::Freshdesk(freshdesk) => freshdesk.identify(headers, body),
        }
    }

    /// Reads a verified body into the common model, or says why nothing is to be done about it.
    pub fn parse(&self, body: &[u8]) -> Parsed {
        match self {
            Self::Zendesk(zendesk) => zendesk.parse(body),
            Self::Freshdesk(freshdesk) => freshdesk.parse(body),
        }
    }

    /// Reads ticket, requester (locale, zone), messages and the requester's other tickets.
    pub async fn complete(&self, ticket_id: &TicketId) -> Result<Case, CallError> {
        match self {
            Self::Zendesk(zendesk) => zendesk.complete(ticket_id).await,
            Self::Freshdesk(freshdesk) => freshdesk.complete(ticket_id).await,
        }
    }

    /// Reads the ticket's present state alone.
    pub async fn ticket(&self, ticket_id: &TicketId) -> Result<Ticket, CallError> {
        match self {
            Self::Zendesk(zendesk) => zendesk.ticket(ticket_id).await,
            Self::Freshdesk(freshdesk) => freshdesk.ticket(ticket_id).await,
        }
    }

    /// Looks for a note of ours that carries this marker.
    pub async fn find_note(&self, ticket_id: &TicketId, marker: &str) -> Result<Option<Posted>, CallError> {
        match self {
            Self::Zendesk(zendesk) => zendesk.find_note(ticket_id, marker).await,
            Self::Freshdesk(freshdesk) => freshdesk.find_note(ticket_id, marker).await,
        }
    }

    /// Posts a private note once; never repeats the write by itself.
    ///
    /// After [`CallError::OutcomeUnknown`] or [`CallError::Conflict`] ask [`Self::find_note`] before the next try.
    pub async fn post_note(&self, ticket: &Ticket, note: &PrivateNote) -> Result<Posted, CallError> {
        match self {
            Self::Zendesk(zendesk) => zendesk.post_note(ticket, note).await,
            Self::Freshdesk(freshdesk) => freshdesk.post_note(ticket, note).await,
        }
    }

    /// Gives the next page of tickets that changed since a position, the oldest change first. A ticket can come again.
    pub async fn changed_since(&self, position: &Position) -> Result<Changes, CallError> {
        match self {
            Self::Zendesk(zendesk) => zendesk.changed_since(position).await,
            Self::Freshdesk(freshdesk) => freshdesk.changed_since(position).await,
        }
    }

    /// Says which public message of a customer's is the ticket's newest; `None` where there is none.
    pub async fn newest_from_customer(&self, ticket: &Ticket) -> Result<Option<Newest>, CallError> {
        match self {
            Self::Zendesk(zendesk) => zendesk.newest_from_customer(ticket).await,
            Self::Freshdesk(freshdesk) => freshdesk.newest_from_customer(ticket).await,
        }
    }

    /// Whether a note of ours can be changed once it stands on a ticket.
    pub fn changes_notes(&self) -> bool {
        matches!(self, Self::Freshdesk(_))
    }

    /// Puts a note in the place of one of ours that carries any of these markers, once; `None`, and nothing written,
    /// where none stands on the ticket or notes cannot be changed.
    ///
    /// After [`CallError::OutcomeUnknown`] the marker on the ticket tells which of the two stands there.
    pub async fn replace_note(
        &self,
        ticket_id: &TicketId,
        markers: &[String],
        note: &PrivateNote,
    ) -> Result<Option<Posted>, CallError> {
        match self {
            Self::Zendesk(_) => Ok(None),
            Self::Freshdesk(freshdesk) => freshdesk.replace_note(ticket_id, markers, note).await,
        }
    }

    /// Gives our own author id, asked once and remembered.
    pub async fn me(&self) -> Result<UserId, CallError> {
        match self {
            Self::Zendesk(zendesk) => zendesk.me().await,
            Self::Freshdesk(freshdesk) => freshdesk.me().await,
        }
    }

    /// Asks who we are, remembered or not: whether our credentials work. Goes out while they are known to be refused.
    pub async fn probe(&self) -> Result<(), CallError> {
        match self {
            Self::Zendesk(zendesk) => zendesk.probe().await,
            Self::Freshdesk(freshdesk) => freshdesk.probe().await,
        }
    }

    /// Whether calls may go out.
    pub fn gate(&self) -> &Gate {
        match self {
            Self::Zendesk(zendesk) => zendesk.gate(),
            Self::Freshdesk(freshdesk) => freshdesk.gate(),
        }
    }
}

/// A file of `tests/fixtures`, byte for byte.
#[cfg(test)]
fn fixture(helpdesk: &str, file: &str) -> Vec<u8> {
    let path = format!("{}/tests/fixtures/{helpdesk}/{file}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}
