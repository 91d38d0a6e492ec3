//! Freshdesk's REST answers, as far as they are read, and the requests that write a note or change it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::helpdesk::{CallError, Newest, Posted, PrivateNote, note, wire, zones};
use crate::text::html;
use crate::ticket::{
    Author, Customer, CustomerText, EarlierTicket, Message, MessageId, Status, Ticket, TicketId, UserId,
};

#[derive(Deserialize)]
pub struct TicketPart {
    #[serde(default, deserialize_with = "wire::id")]
    id: Option<String>,
    #[serde(default, deserialize_with = "wire::text")]
    subject: CustomerText,
    /// HTML. `description_text` has its line ends collapsed, so it is not read.
    #[serde(default, deserialize_with = "wire::text")]
    description: CustomerText,
    #[serde(default)]
    status: i64,
    #[serde(default)]
    source: i64,
    #[serde(default)]
    spam: bool,
    #[serde(default)]
    deleted: bool,
    #[serde(default, deserialize_with = "wire::stamp")]
    created_at: Option<DateTime<Utc>>,
    #[serde(default, deserialize_with = "wire::word")]
    updated_at: Option<String>,
    #[serde(default, deserialize_with = "wire::id")]
    requester_id: Option<String>,
    #[serde(default)]
    stats: Stats,
    #[serde(default)]
    conversations: Vec<ConversationPart>,
}

#[derive(Default, Deserialize)]
struct Stats {
    #[serde(default, deserialize_with = "wire::stamp")]
    reopened_at: Option<DateTime<Utc>>,
}

#[derive(Deserialize)]
pub struct ConversationPart {
    #[serde(default, deserialize_with = "wire::id")]
    id: Option<String>,
    #[serde(default, deserialize_with = "wire::text")]
    body: CustomerText,
    #[serde(default, deserialize_with = "wire::text")]
    body_text: CustomerText,
    #[serde(default)]
    incoming: bool,
    #[serde(default, deserialize_with = "wire::truth")]
    private: Option<bool>,
    #[serde(default, deserialize_with = "wire::id")]
    user_id: Option<String>,
    #[serde(default, deserialize_with = "wire::stamp")]
    created_at: Option<DateTime<Utc>>,
}

#[derive(Deserialize)]
pub struct ContactPart {
    #[serde(default, deserialize_with = "wire::id")]
    id: Option<String>,
    #[serde(default, deserialize_with = "wire::word")]
    language: Option<String>,
    #[serde(default, deserialize_with = "wire::word")]
    time_zone: Option<String>,
}

#[derive(Deserialize)]
pub struct AgentPart {
    #[serde(default, deserialize_with = "wire::id")]
    pub id: Option<String>,
}

impl TicketPart {
    pub fn requester_id(&self) -> Option<UserId> {
        self.requester_id.clone().map(UserId)
    }

    pub fn created_at(&self) -> Option<DateTime<Utc>> {
        self.created_at
    }

    pub fn take_conversations(&mut self) -> Vec<ConversationPart> {
        std::mem::take(&mut self.conversations)
    }

    pub fn into_ticket(self) -> Result<Ticket, CallError> {
        let status = self.status();
        let updated_stamp = self.updated_at.unwrap_or_default();
        Ok(Ticket {
            id: TicketId(self.id.ok_or(CallError::Malformed)?),
            subject: self.subject,
            status,
            channel: channel(self.source),
            created_at: self.created_at.ok_or(CallError::Malformed)?,
            updated_at: wire::time(&updated_stamp).ok_or(CallError::Malformed)?,
            updated_stamp,
            requester_id: self.requester_id.map(UserId),
            follow_up_of: None,
            // Freshdesk keeps the latest reopening alone, not how many there were.
            reopens: u32::from(self.stats.reopened_at.is_some()),
        })
    }

    pub fn into_earlier(self) -> Option<EarlierTicket> {
        Some(EarlierTicket {
            finished: matches!(self.status(), Status::Solved | Status::Closed),
            id: TicketId(self.id?),
            subject: self.subject,
            created_at: self.created_at?,
        })
    }

    fn status(&self) -> Status {
        match self.status {
            _ if self.deleted => Status::Deleted,
            _ if self.spam => Status::Spam,
            3 => Status::Pending,
            4 => Status::Solved,
            5 => Status::Closed,
            _ => Status::Open,
        }
    }

    /// Gives the ticket's public messages, oldest first. Our notes are private, as others' are.
    pub fn messages(&self, mut conversations: Vec<ConversationPart>) -> Vec<Message> {
        conversations.sort_by_key(|conversation| conversation.created_at);
        let later = conversations.into_iter().filter_map(ConversationPart::into_message);
        self.opening().into_iter().chain(later).collect()
    }

    fn opening(&self) -> Option<Message> {
        // An agent writes a call down, or writes first (outbound mail): the words are the agent's.
        let author = if matches!(self.source, 3 | 10) { Author::Agent } else { Author::Customer };
        let text = html::to_text(self.description.expose());
        // A forwarded note of ours is never read, whoever forwards it.
        if text.contains(note::MARKER_START) {
            return None;
        }
        Some(Message {
            id: MessageId::opening(),
            author,
            author_id: self.requester_id().filter(|_| author == Author::Customer),
            public: true,
            text: CustomerText::new(text),
            sent_at: self.created_at?,
        })
    }
}

fn channel(source: i64) -> String {
    match source {
        1 => "email".to_owned(),
        2 => "portal".to_owned(),
        3 => "phone".to_owned(),
        7 => "chat".to_owned(),
        9 => "feedback_widget".to_owned(),
        10 => "outbound_email".to_owned(),
        other => format!("source_{other}"),
    }
}

impl ConversationPart {
    fn into_message(self) -> Option<Message> {
        if self.private != Some(false) || self.carries(note::MARKER_START) {
            return None;
        }
        Some(Message {
            id: MessageId(self.id?),
            author: if self.incoming { Author::Customer } else { Author::Agent },
            author_id: self.user_id.map(UserId),
            public: true,
            text: CustomerText::new(html::to_text(self.body.expose())),
            sent_at: self.created_at?,
        })
    }

    /// Which message of the customer's this is, if it is one.
    pub fn by_customer(&self) -> Option<Newest> {
        let public = self.private == Some(false) && !self.carries(note::MARKER_START);
        let message = MessageId(self.id.clone().filter(|_| self.incoming && public)?);
        Some(Newest { message, sent_at: self.created_at? })
    }

    pub fn carries(&self, marker: &str) -> bool {
        self.body.expose().contains(marker) || self.body_text.expose().contains(marker)
    }

    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    pub fn is_private_note_of(&self, user: &UserId) -> bool {
        self.private == Some(true) && self.user_id.as_ref() == Some(&user.0)
    }

    pub fn into_posted(self) -> Posted {
        Posted { comment_id: self.id, audit_id: None }
    }
}

impl ContactPart {
    pub fn into_customer(self) -> Customer {
        Customer {
            id: self.id.map(UserId),
            locale: self.language,
            time_zone: self.time_zone.as_deref().and_then(zones::zone),
        }
    }
}

/// The request that adds a note. Nobody is notified, and nothing else of the ticket changes.
#[derive(Serialize)]
pub struct NoteRequest<'a> {
    body: &'a str,
    private: bool,
}

impl<'a> NoteRequest<'a> {
    pub fn new(note: &'a PrivateNote) -> Self {
        Self { body: note.html(), private: true }
    }
}

/// The request that changes a note of ours. Freshdesk takes the body alone here: a private note stays private.
#[derive(Serialize)]
pub struct NoteChange<'a> {
    body: &'a str,
}

impl<'a> NoteChange<'a> {
    pub fn new(note: &'a PrivateNote) -> Self {
        Self { body: note.html() }
    }
}
