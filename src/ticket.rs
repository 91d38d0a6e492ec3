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

/// A person's id as the helpdesk writes it: decimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[serde(transparent)]
#[sqlx(transparent)]
pub struct UserId(pub String);

/// What a verified webhook says happened. Everything beside the ids is a hint; the helpdesk's own answer is the truth.
#[derive(Debug, Clone)]
pub struct Event {
    pub kind: EventKind,
    pub ticket_id: TicketId,
    /// Who did it, where the webhook says so.
    pub actor_id: Option<UserId>,
    /// When it happened, where the webhook says so.
    pub occurred_at: Option<DateTime<Utc>>,
    /// The whole case, where the body carries the message's text and its requester with locale or zone.
    pub case: Option<Case>,
    /// The comment this is about, where the webhook names one.
    pub message_id: Option<MessageId>,
    /// The drafting bot's reply, for `EventKind::DraftNote`.
    pub draft: Option<CustomerText>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventKind {
    TicketCreated,
    CustomerReplied,
    /// A private note that holds a drafted reply (route C of drafting).
    DraftNote,
}

/// Everything that is read about one ticket before detection.
#[derive(Debug, Clone)]
pub struct Case {
    pub ticket: Ticket,
    pub customer: Customer,
    /// Oldest first, the ticket's opening message included. Our own notes are not among them.
    pub messages: Vec<Message>,
    /// The requester's other tickets, newest first.
    pub earlier_tickets: Vec<EarlierTicket>,
}

impl Case {
    /// When an agent last replied publicly.
    pub fn last_agent_reply(&self) -> Option<DateTime<Utc>> {
        self.messages
            .iter()
            .filter(|message| message.author == Author::Agent)
            .map(|message| message.sent_at)
            .max()
    }

    /// How often agents have replied publicly.
    pub fn agent_replies(&self) -> u32 {
        self.messages.iter().filter(|message| message.author == Author::Agent).count() as u32
    }

    /// How many customer messages in a row, up to this one, no agent has answered.
    pub fn unanswered(&self, at: usize) -> u32 {
        self.messages[..=at].iter().rev().take_while(|message| message.author == Author::Customer).count()
            as u32
    }
}

#[derive(Debug, Clone)]
pub struct Ticket {
    pub id: TicketId,
    pub subject: CustomerText,
    pub status: Status,
    /// How it came in, in the helpdesk's word: "email", "web", "phone".
    pub channel: String,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    /// The stamp as the helpdesk wrote it, to hand back with a guarded update.
    pub updated_stamp: String,
    pub requester_id: Option<UserId>,
    /// The closed ticket that this one follows up.
    pub follow_up_of: Option<TicketId>,
    /// How often it was solved and opened again, where the helpdesk says so.
    pub reopens: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// New, open, or a custom status that we do not know.
    Open,
    Pending,
    Solved,
    Closed,
    Spam,
    Deleted,
}

/// The requester. No name and no address: nothing here needs them.
#[derive(Debug, Clone, Default)]
pub struct Customer {
    pub id: Option<UserId>,
    /// BCP 47-like, as the helpdesk has it: "en-GB". Weak evidence: account defaults dominate.
    pub locale: Option<String>,
    pub time_zone: Option<Tz>,
}

#[derive(Debug, Clone)]
pub struct Message {
    pub id: MessageId,
    pub author: Author,
    pub author_id: Option<UserId>,
    pub public: bool,
    /// Plain text. HTML is turned into text where it enters, by the helpdesk that sent it.
    pub text: CustomerText,
    pub sent_at: DateTime<Utc>,
}

/// A comment's id as the helpdesk writes it, or `description` for the message that opened the ticket.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[serde(transparent)]
#[sqlx(transparent)]
pub struct MessageId(pub String);

impl MessageId {
    /// The message that opened the ticket.
    pub fn opening() -> Self {
        Self("description".to_owned())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Author {
    Customer,
    /// An agent, also one who wrote the opening message on the customer's behalf.
    Agent,
}
