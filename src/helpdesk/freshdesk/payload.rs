//! Freshdesk's webhook bodies: the simple wrapper, what an admin wrote from our templates, and product events.
//!
//! None of them tells the requester's language or zone, and automation webhooks name no message: REST always completes
//! them, and decides whether there is a customer message at all.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::helpdesk::webhook::{
    Identity, Insiders, Parsed, bare_event, body_key, has_marker, kind_of, lenient, lenient_ticket_id,
    marked_draft,
};
use crate::helpdesk::wire;
use crate::text::html;
use crate::ticket::{CustomerText, Event, EventKind, MessageId, TicketId, UserId};

#[derive(Deserialize)]
struct Simple {
    freshdesk_webhook: SimplePart,
}

#[derive(Deserialize)]
struct SimplePart {
    #[serde(default, deserialize_with = "wire::id")]
    ticket_id: Option<String>,
    #[serde(default, deserialize_with = "comment_text")]
    ticket_latest_public_comment: CustomerText,
    #[serde(default, deserialize_with = "wire::word")]
    triggered_event: Option<String>,
}

/// A body from one of our templates, whole or pointer-only.
#[derive(Deserialize)]
struct Advanced {
    #[serde(default, deserialize_with = "wire::word")]
    event: Option<String>,
    #[serde(default, deserialize_with = "wire::word")]
    triggered_event: Option<String>,
    #[serde(default, deserialize_with = "wire::id")]
    ticket_id: Option<String>,
    #[serde(default, deserialize_with = "wire::text")]
    text: CustomerText,
    #[serde(default, deserialize_with = "comment_text")]
    note: CustomerText,
}

#[derive(Deserialize)]
struct ProductEvent {
    event: String,
    /// Seconds since 1970.
    #[serde(default)]
    timestamp: Option<f64>,
    data: ProductPart,
}

#[derive(Deserialize)]
struct ProductPart {
    #[serde(default)]
    actor: Actor,
    #[serde(default)]
    ticket: Option<TicketPart>,
    #[serde(default)]
    conversation: Option<ConversationPart>,
}

#[derive(Default, Deserialize)]
struct Actor {
    #[serde(default, deserialize_with = "wire::id")]
    id: Option<String>,
}

#[derive(Deserialize)]
struct TicketPart {
    #[serde(default, deserialize_with = "wire::id")]
    id: Option<String>,
}

#[derive(Deserialize)]
struct ConversationPart {
    #[serde(default, deserialize_with = "wire::id")]
    id: Option<String>,
    #[serde(default, deserialize_with = "wire::id")]
    ticket_id: Option<String>,
    #[serde(default, deserialize_with = "html_text")]
    body: CustomerText,
    #[serde(default, deserialize_with = "wire::truth")]
    incoming: Option<bool>,
    #[serde(default, deserialize_with = "wire::truth")]
    private: Option<bool>,
    #[serde(default, deserialize_with = "wire::id")]
    user_id: Option<String>,
    #[serde(default, deserialize_with = "wire::stamp")]
    created_at: Option<DateTime<Utc>>,
}

fn html_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<CustomerText, D::Error> {
    Ok(CustomerText::new(html::to_text(wire::text(deserializer)?.expose())))
}

/// Reads a comment placeholder, which comes as `Author : <html>`, without its author.
fn comment_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<CustomerText, D::Error> {
    let text = wire::text(deserializer)?;
    let text = text.expose();
    // A name has no markup in it; a colon inside the message itself stands behind the first tag or further on.
    let comment = match text.split_once(" : ") {
        Some((author, comment)) if author.len() <= 200 && !author.contains(['<', '\n']) => comment,
        _ => text,
    };
    Ok(CustomerText::new(html::to_text(comment)))
}

/// Says which delivery this is. Freshdesk gives no event an id.
pub fn identify(body: &[u8]) -> Identity {
    let ticket_id = serde_json::from_slice::<Value>(body).ok().as_ref().and_then(ticket_id_in);
    Identity {
        dedup_key: body_key(body),
        ticket_id: ticket_id.or_else(|| lenient_ticket_id(body)),
        invocation_id: None,
        body_is_unique: false,
    }
}

/// The ticket id where one of the known shapes has it.
fn ticket_id_in(body: &Value) -> Option<TicketId> {
    let places =
        ["/ticket_id", "/freshdesk_webhook/ticket_id", "/data/conversation/ticket_id", "/data/ticket/id"];
    let id = places.iter().find_map(|place| wire::id(body.pointer(place)?).ok()?)?;
    Some(TicketId(id))
}

/// Reads a body of any kind. `me` is our own author id, where it is known already.
pub fn parse(body: &[u8], insiders: Insiders<'_>) -> Parsed {
    let Ok(value) = serde_json::from_slice::<Value>(body) else { return lenient(body) };
    // A list would pass for a struct's fields in order.
    if !value.is_object() || value.get("freshdesk_webhook").is_some_and(|part| !part.is_object()) {
        return lenient(body);
    }
    let parsed = if value.get("freshdesk_webhook").is_some() {
        serde_json::from_value(value).map(|body: Simple| simple(body.freshdesk_webhook))
    } else if value.get("data").is_some() {
        serde_json::from_value(value).map(|body| product_event(body, insiders))
    } else {
        serde_json::from_value(value).map(advanced)
    };
    parsed.unwrap_or_else(|_| lenient(body))
}

fn simple(body: SimplePart) -> Parsed {
    let Some(ticket_id) = body.ticket_id.map(TicketId) else {
        return Parsed::NotUnderstood { reason: "no_ticket_id" };
    };
    if has_marker(&body.ticket_latest_public_comment) {
        return Parsed::Ignore { ticket_id: Some(ticket_id), reason: "own_note" };
    }
    let kind = match body.triggered_event.as_deref().map(change) {
        Some(Change::Created) => EventKind::TicketCreated,
        Some(Change::PrivateNote) => {
            return Parsed::Ignore { ticket_id: Some(ticket_id), reason: "private_note" };
        }
        _ if body.ticket_latest_public_comment.is_blank() => EventKind::TicketCreated,
        // Whose comment it is, the body does not say.
        _ => EventKind::CustomerReplied,
    };
    Parsed::Act(bare_event(kind, ticket_id))
}

fn advanced(body: Advanced) -> Parsed {
    let Some(ticket_id) = body.ticket_id.map(TicketId) else {
        return Parsed::NotUnderstood { reason: "no_ticket_id" };
    };
    let ignore = |reason| Parsed::Ignore { ticket_id: Some(ticket_id.clone()), reason };
    if has_marker(&body.note) || has_marker(&body.text) {
        return ignore("own_note");
    }
    let change = body.triggered_event.as_deref().map(change);
    let kind = match (body.event.as_deref(), change) {
        (Some("reply_drafted"), _) => EventKind::DraftNote,
        (_, Some(Change::PrivateNote)) if marked_draft(&body.note).is_some() => EventKind::DraftNote,
        (_, Some(Change::PrivateNote)) => return ignore("private_note"),
        // The admin's own word counts for more than the first change that Freshdesk names.
        (Some(word @ ("ticket_created" | "customer_reply")), _) => kind_of(Some(word)),
        (_, Some(Change::Created)) => EventKind::TicketCreated,
        (_, Some(Change::Property)) => return ignore("event_type_not_used"),
        (word, _) => kind_of(word),
    };
    if kind != EventKind::DraftNote {
        return Parsed::Act(bare_event(kind, ticket_id));
    }
    let draft = marked_draft(&body.note).unwrap_or(body.note);
    if draft.is_blank() {
        return ignore("draft_not_readable");
    }
    Parsed::Act(Event { draft: Some(draft), ..bare_event(kind, ticket_id) })
}

/// What `{{triggered_event}}` says. It looks like JSON and is not: `{status:{from:4,to:2}}`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Change {
    Created,
    PrivateNote,
    /// A reply or a public note, or something that we do not know.
    Message,
    /// A status, a priority: no new words.
    Property,
}

fn change(triggered_event: &str) -> Change {
    let compact: String = triggered_event
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '"')
        .collect::<String>()
        .to_ascii_lowercase();
    match compact.as_str() {
        "{ticket_action:created}" => Change::Created,
        "{note_type:private}" => Change::PrivateNote,
        _ if compact.contains(":{from:") => Change::Property,
        _ => Change::Message,
    }
}

fn product_event(body: ProductEvent, insiders: Insiders<'_>) -> Parsed {
    let ProductPart { actor, ticket, conversation } = body.data;
    let in_conversation = conversation.as_ref().and_then(|conversation| conversation.ticket_id.clone());
    let Some(ticket_id) = in_conversation.or_else(|| ticket?.id).map(TicketId) else {
        return Parsed::NotUnderstood { reason: "no_ticket_id" };
    };
    let at = body.timestamp.and_then(seconds);
    match (body.event.as_str(), conversation) {
        ("onTicketCreate", _) => Parsed::Act(Event {
            actor_id: actor.id.map(UserId),
            occurred_at: at,
            message_id: Some(MessageId::opening()),
            ..bare_event(EventKind::TicketCreated, ticket_id)
        }),
        ("onConversationCreate", Some(conversation)) => {
            conversation_created(conversation, ticket_id, at, insiders)
        }
        _ => Parsed::Ignore { ticket_id: Some(ticket_id), reason: "event_type_not_used" },
    }
}

fn conversation_created(
    conversation: ConversationPart,
    ticket_id: TicketId,
    at: Option<DateTime<Utc>>,
    insiders: Insiders<'_>,
) -> Parsed {
    let author_id = conversation.user_id.map(UserId);
    let ignore = |reason| Parsed::Ignore { ticket_id: Some(ticket_id.clone()), reason };
    if has_marker(&conversation.body) || insiders.is_us(author_id.as_ref()) {
        return ignore("own_note");
    }
    let is_private = conversation.private == Some(true);
    let by_drafter = insiders.is_drafter(author_id.as_ref());
    let draft = is_private
        .then(|| marked_draft(&conversation.body).or(by_drafter.then(|| conversation.body.clone())))
        .flatten();
    let kind = match (conversation.private, conversation.incoming) {
        (Some(true), _) if draft.is_some() => EventKind::DraftNote,
        (Some(true), _) => return ignore("private_note"),
        (_, Some(false)) => return ignore("agent_message"),
        _ => EventKind::CustomerReplied,
    };
    Parsed::Act(Event {
        actor_id: author_id,
        occurred_at: conversation.created_at.or(at),
        message_id: conversation.id.map(MessageId),
        draft,
        ..bare_event(kind, ticket_id)
    })
}

/// A time in seconds since 1970; whatever no calendar knows is none.
fn seconds(timestamp: f64) -> Option<DateTime<Utc>> {
    let milliseconds = TimeDelta::try_milliseconds((timestamp * 1000.0) as i64)?;
    DateTime::UNIX_EPOCH.checked_add_signed(milliseconds)
}

#[cfg(test)]
mod tests;
