//! The common model: what both helpdesks' webhooks and answers are parsed into.

use std::fmt;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

/// A customer's words, or anything else that is personal: it can be stored and read, never printed.
///
/// `Debug` shows the length alone and there is no `Display`, so a stray log line cannot leak it.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, sqlx::Type)]
#[serde(transparent)]
#[sqlx(transparent)]
pub struct CustomerText(String);

impl CustomerText {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Gives the words themselves. Whoever calls this answers for where they go.
    pub fn expose(&self) -> &str {
        &self.0
    }

    pub fn is_blank(&self) -> bool {
        self.0.trim().is_empty()
    }
}

impl fmt::Debug for CustomerText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CustomerText({} bytes)", self.0.len())
    }
}

impl From<&str> for CustomerText {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

/// A ticket's id as its helpdesk writes it: decimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, sqlx::Type)]
#[serde(transparent)]
#[sqlx(transparent)]
pub struct TicketId(pub String);

impl fmt::Display for TicketId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What is known of this requester and ticket beside the message itself. Empty when nothing is.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// Earlier tickets of the same requester, whatever they were about, newest first.
    pub earlier_tickets: Vec<EarlierTicket>,
    /// The closed ticket that this one follows up, as the helpdesk links them.
    pub follow_up_of: Option<TicketId>,
    /// How often this ticket was solved and opened again.
    pub reopens: u32,
    /// Customer messages on this ticket that no agent has publicly answered, the newest one included.
    pub unanswered: u32,
    /// Public agent replies on this ticket so far.
    pub agent_replies: u32,
    /// The median length, in words, of this source's messages about amounts; `None` until there are enough.
    pub typical_words: Option<u32>,
}

/// An earlier ticket of the same requester.
#[derive(Debug, Clone)]
pub struct EarlierTicket {
    pub id: TicketId,
    pub subject: CustomerText,
    pub created_at: DateTime<Utc>,
    /// Solved or closed.
    pub finished: bool,
}

/// The zone in which a customer's "tomorrow at 9" is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Zone {
    /// The helpdesk says so of this requester.
    Customer(Tz),
    /// The source's own; a guess for this requester.
    Source(Tz),
}

impl Zone {
    pub fn tz(self) -> Tz {
        match self {
            Self::Customer(tz) | Self::Source(tz) => tz,
        }
    }
}
