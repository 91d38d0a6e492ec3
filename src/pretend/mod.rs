//! Pretend helpdesks: real HTTP on loopback, behaving as the vendors document and as people report. For `undertone demo`
//! and for the tests.

mod desk;
pub mod freshdesk;
mod server;
pub mod zendesk;

use std::time::Duration;

use chrono::{DateTime, Utc};

pub use freshdesk::PretendFreshdesk;
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
    /// The addition of a note.
    Write,
    /// Anything else, which is answered 404.
    Other,
}

/// What goes wrong with one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The connection is cut once the request is read; nothing is done.
    Cut,
    /// The work is done and the connection is cut in place of the answer.
    LoseAnswer,
    /// The work is done and the answer comes after this long.
    Late(Duration),
    /// A page of HTML with this status; nothing is done.
    Html(u16),
    /// The work is done and a page of HTML with this status is the answer.
    HtmlAfterWork(u16),
    /// 429 in plain text, to be tried again after so many seconds.
    LimitedPlain(u32),
    /// 429 as JSON.
    LimitedJson(u32),
    Conflict,
    Unauthorized,
    Forbidden,
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
