//! Pretend helpdesks: real HTTP on loopback, behaving as the vendors document and as people report. For `undertone demo`
//! and for the tests.

mod desk;
mod faults;
pub mod freshdesk;
mod server;
mod trigger;
pub mod zendesk;

use chrono::{DateTime, Utc};

pub use faults::{BadDay, Dice, Fault};
pub use freshdesk::PretendFreshdesk;
pub use trigger::Resend;
pub use zendesk::PretendZendesk;

use crate::ticket::UserId;

/// What a pretend helpdesk is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Call {
    Token,
    Me,
    Ticket,
    /// A ticket's comments or conversations.
    Comments,
    /// A user or contact.
    User,
    /// A requester's tickets.
    Earlier,
    /// The list of tickets that changed.
    Changes,
    /// The addition of a note.
    Write,
    /// The change of a note that stands on a ticket.
    Change,
    /// Anything else, which is answered 404.
    Other,
}

/// How many calls a minute the pretend helpdesk allows.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// All calls of the account.
    pub account: u32,
    /// Updates of tickets, notes included.
    pub updates: u32,
}

/// A person to add.
#[derive(Debug, Clone, Default)]
pub struct NewUser {
    pub locale: Option<String>,
    /// A Rails zone name: "Copenhagen".
    pub time_zone: Option<String>,
    /// An agent, not a customer.
    pub is_agent: bool,
}

/// A ticket to add; its opening message is the requester's.
#[derive(Debug, Clone)]
pub struct NewTicket {
    pub requester: UserId,
    pub subject: String,
    /// Plain text with line ends. The pretend Freshdesk makes HTML of it.
    pub text: String,
    pub created_at: DateTime<Utc>,
}

/// A comment to add to a ticket.
#[derive(Debug, Clone)]
pub struct NewComment {
    pub author: UserId,
    pub text: String,
    pub public: bool,
    pub created_at: DateTime<Utc>,
}

/// A comment that was written over REST, as it lies on the ticket.
#[derive(Debug, Clone)]
pub struct NoteSeen {
    pub id: String,
    pub html: String,
    pub public: bool,
    pub author: UserId,
}

/// What a webhook is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Happening {
    TicketCreated,
    /// The newest comment is the customer's.
    CustomerReplied,
    /// The newest comment is a private note, ours as a rule.
    NoteAdded,
}

#[cfg(test)]
mod tests;
