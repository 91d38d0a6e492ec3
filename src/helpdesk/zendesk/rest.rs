//! Zendesk's REST answers, as far as they are read, and the one request that writes.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::helpdesk::{CallError, Newest, Posted, PrivateNote, note, wire, zones};
use crate::ticket::{
    Author, Customer, CustomerText, EarlierTicket, Message, MessageId, Status, Ticket, TicketId, UserId,
};

#[derive(Deserialize)]
pub struct TicketShow {
    pub ticket: TicketPart,
}

#[derive(Deserialize)]
pub struct TicketList {
    pub tickets: Vec<TicketPart>,
}

#[derive(Deserialize)]
pub struct TicketPart {
    #[serde(default, deserialize_with = "wire::id")]
    id: Option<String>,
    #[serde(default, deserialize_with = "wire::text")]
    subject: CustomerText,
    #[serde(default, deserialize_with = "wire::text")]
    description: CustomerText,
    #[serde(default, deserialize_with = "wire::word")]
    status: Option<String>,
    #[serde(default, deserialize_with = "wire::stamp")]
    created_at: Option<DateTime<Utc>>,
    #[serde(default, deserialize_with = "wire::word")]
    updated_at: Option<String>,
    #[serde(default, deserialize_with = "wire::id")]
    requester_id: Option<String>,
    #[serde(default, deserialize_with = "wire::id")]
    submitter_id: Option<String>,
    #[serde(default)]
    via: Via,
}

#[derive(Default, Deserialize)]
struct Via {
    #[serde(default, deserialize_with = "wire::word")]
    channel: Option<String>,
    #[serde(default)]
    source: Value,
}

#[derive(Deserialize)]
pub struct CommentPage {
    pub comments: Vec<CommentPart>,
    #[serde(default)]
    users: Vec<UserPart>,
    #[serde(default)]
    meta: Meta,
}

#[derive(Default, Deserialize)]
struct Meta {
    #[serde(default)]
    has_more: bool,
}

#[derive(Deserialize)]
pub struct CommentPart {
    #[serde(default, deserialize_with = "wire::id")]
    id: Option<String>,
    #[serde(default, deserialize_with = "wire::id")]
    author_id: Option<String>,
    #[serde(default, deserialize_with = "wire::text")]
    body: CustomerText,
    #[serde(default, deserialize_with = "wire::text")]
    plain_body: CustomerText,
    #[serde(default, deserialize_with = "wire::truth")]
    public: Option<bool>,
    #[serde(default, deserialize_with = "wire::id")]
    audit_id: Option<String>,
    #[serde(default, deserialize_with = "wire::stamp")]
    created_at: Option<DateTime<Utc>>,
    #[serde(default)]
    metadata: Value,
}

#[derive(Deserialize)]
pub struct UserShow {
    pub user: UserPart,
}

#[derive(Deserialize)]
pub struct UserPart {
    #[serde(default, deserialize_with = "wire::id")]
    pub id: Option<String>,
    #[serde(default, deserialize_with = "wire::word")]
    role: Option<String>,
    #[serde(default, deserialize_with = "wire::word")]
    locale: Option<String>,
    #[serde(default, deserialize_with = "wire::word")]
    time_zone: Option<String>,
    #[serde(default, deserialize_with = "wire::word")]
    iana_time_zone: Option<String>,
}

impl TicketPart {
    pub fn requester_id(&self) -> Option<UserId> {
        self.requester_id.clone().map(UserId)
    }

    pub fn into_ticket(self) -> Result<Ticket, CallError> {
        let updated_stamp = self.updated_at.unwrap_or_default();
        let from_ticket = Value::pointer(&self.via.source, "/from/ticket_id").cloned().unwrap_or_default();
        let is_follow_up = self.via.source.get("rel").and_then(Value::as_str) == Some("follow_up");
        Ok(Ticket {
            id: TicketId(self.id.ok_or(CallError::Malformed)?),
            subject: self.subject,
            status: status(self.status.as_deref()),
            channel: self.via.channel.unwrap_or_default(),
            created_at: self.created_at.ok_or(CallError::Malformed)?,
            updated_at: wire::time(&updated_stamp).ok_or(CallError::Malformed)?,
            updated_stamp,
            requester_id: self.requester_id.map(UserId),
            follow_up_of: wire::id(from_ticket).ok().flatten().filter(|_| is_follow_up).map(TicketId),
            reopens: 0,
        })
    }

    pub fn into_earlier(self) -> Option<EarlierTicket> {
        Some(EarlierTicket {
            id: TicketId(self.id?),
            subject: self.subject,
            created_at: self.created_at?,
            finished: matches!(status(self.status.as_deref()), Status::Solved | Status::Closed),
        })
    }

    /// The opening message itself, for a ticket with more comments than we read.
    fn opening(&self, author: Author) -> Option<Message> {
        if self.description.expose().contains(note::MARKER_START) {
            return None;
        }
        Some(Message {
            id: MessageId::opening(),
            author,
            author_id: self.submitter_id.clone().or_else(|| self.requester_id.clone()).map(UserId),
            public: true,
            text: self.description.clone(),
            sent_at: self.created_at?,
        })
    }

    /// Gives the ticket's public messages, oldest first, from its newest comments. Our notes are private, as others' are.
    pub fn messages(&self, page: CommentPage) -> Vec<Message> {
        let roles = roles(page.users);
        let author = |id: Option<&str>| author(id, self.requester_id.as_deref(), &roles);
        let has_more = page.meta.has_more;
        let mut comments = page.comments;
        // Newest first as asked for; turned round before sorting, for stamps of whole seconds are often equal.
        comments.reverse();
        comments.sort_by_key(|comment| comment.created_at);
        let mut messages = Vec::with_capacity(comments.len() + 1);
        // An agent who writes a customer's call down submits the ticket; the words are the agent's.
        let submitter = self.submitter_id.as_deref();
        let by_staff =
            submitter.is_some_and(|id| roles.contains_key(id)) && author(submitter) == Author::Agent;
        if has_more {
            messages.extend(self.opening(author(submitter.or(self.requester_id.as_deref()))));
        }
        for (place, comment) in comments.into_iter().enumerate() {
            let is_opening = place == 0 && !has_more;
            let of_comment = author(comment.author_id.as_deref());
            let by = if is_opening && by_staff { Author::Agent } else { of_comment };
            messages.extend(comment.into_message(is_opening, by));
        }
        messages
    }
}

fn roles(users: Vec<UserPart>) -> HashMap<String, String> {
    users.into_iter().filter_map(|user| Some((user.id?, user.role?))).collect()
}

/// The requester is a customer, and so is every other end user.
fn author(id: Option<&str>, requester: Option<&str>, roles: &HashMap<String, String>) -> Author {
    match id {
        Some(id) if requester == Some(id) => Author::Customer,
        Some(id) if roles.get(id).is_some_and(|role| role == "end-user") => Author::Customer,
        _ => Author::Agent,
    }
}

impl CommentPage {
    /// The newest public message of a customer's among these, which come newest first.
    pub fn newest_from_customer(self, requester: Option<&UserId>) -> Option<Newest> {
        let roles = roles(self.users);
        let requester = requester.map(|requester| requester.0.as_str());
        let oldest = self.comments.len().saturating_sub(1);
        self.comments.into_iter().enumerate().find_map(|(place, comment)| {
            let author = author(comment.author_id.as_deref(), requester, &roles);
            let message = comment.into_message(place == oldest && !self.meta.has_more, author)?;
            (author == Author::Customer).then_some(Newest { message: message.id, sent_at: message.sent_at })
        })
    }
}

impl CommentPart {
    fn text(&self) -> CustomerText {
        // `plain_body` has no markdown marks, and may hold this one entity.
        let text = if self.plain_body.is_blank() { &self.body } else { &self.plain_body };
        CustomerText::new(text.expose().replace("&nbsp;", " "))
    }

    fn into_message(self, is_opening: bool, author: Author) -> Option<Message> {
        let text = self.text();
        if self.public != Some(true) || text.expose().contains(note::MARKER_START) {
            return None;
        }
        Some(Message {
            id: if is_opening { MessageId::opening() } else { MessageId(self.id?) },
            author,
            author_id: self.author_id.map(UserId),
            public: true,
            text,
            sent_at: self.created_at?,
        })
    }

    /// Whether this is the note with this marker: visible in its text, or in the metadata of its update.
    pub fn carries(&self, marker: &str) -> bool {
        let custom = Value::pointer(&self.metadata, "/custom/undertone").and_then(Value::as_str);
        custom == Some(marker)
            || self.body.expose().contains(marker)
            || self.plain_body.expose().contains(marker)
    }

    pub fn into_posted(self) -> Posted {
        Posted { comment_id: self.id, audit_id: self.audit_id }
    }
}

impl UserPart {
    pub fn into_customer(self) -> Customer {
        let zone = |name: Option<&str>| name.and_then(zones::zone);
        Customer {
            time_zone: zone(self.iana_time_zone.as_deref()).or_else(|| zone(self.time_zone.as_deref())),
            id: self.id.map(UserId),
            locale: self.locale,
        }
    }
}

fn status(word: Option<&str>) -> Status {
    match word.unwrap_or_default().to_ascii_lowercase().as_str() {
        "pending" | "hold" => Status::Pending,
        "solved" => Status::Solved,
        "closed" | "archived" => Status::Closed,
        "deleted" | "scrubbed" => Status::Deleted,
        _ => Status::Open,
    }
}

/// The update that adds a note. It says nothing of status, tags or assignee, so that it changes none.
#[derive(Serialize)]
pub struct NoteRequest<'a> {
    ticket: NoteTicket<'a>,
}

#[derive(Serialize)]
struct NoteTicket<'a> {
    comment: NoteComment<'a>,
    metadata: NoteMetadata<'a>,
    safe_update: bool,
    updated_stamp: &'a str,
}

#[derive(Serialize)]
struct NoteComment<'a> {
    html_body: &'a str,
    public: bool,
}

#[derive(Serialize)]
struct NoteMetadata<'a> {
    undertone: &'a str,
}

impl<'a> NoteRequest<'a> {
    /// Refused by Zendesk (409) when the ticket has changed since the stamp.
    pub fn new(note: &'a PrivateNote, updated_stamp: &'a str) -> Self {
        let comment = NoteComment { html_body: note.html(), public: false };
        let metadata = NoteMetadata { undertone: note.marker() };
        Self { ticket: NoteTicket { comment, metadata, safe_update: true, updated_stamp } }
    }
}

#[derive(Deserialize)]
pub struct UpdateReply {
    audit: Audit,
}

#[derive(Deserialize)]
struct Audit {
    #[serde(default, deserialize_with = "wire::id")]
    id: Option<String>,
    #[serde(default)]
    events: Vec<AuditEvent>,
}

#[derive(Deserialize)]
struct AuditEvent {
    #[serde(default, deserialize_with = "wire::id")]
    id: Option<String>,
    #[serde(default, rename = "type", deserialize_with = "wire::word")]
    event_type: Option<String>,
}

impl UpdateReply {
    pub fn into_posted(self) -> Posted {
        let comment =
            self.audit.events.into_iter().find(|event| event.event_type.as_deref() == Some("Comment"));
        Posted { comment_id: comment.and_then(|event| event.id), audit_id: self.audit.id }
    }
}
