//! Zendesk's webhook bodies: events, whose shape is Zendesk's, and trigger bodies, which an admin wrote from our template.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::Value;

use crate::helpdesk::webhook::{
    Identity, Insiders, Parsed, bare_event, body_key, has_marker, kind_of, lenient, lenient_ticket_id,
    marked_draft,
};
use crate::helpdesk::{wire, zones};
use crate::ticket::{
    Author, Case, Customer, CustomerText, Event, EventKind, Message, MessageId, Status, Ticket, TicketId,
    UserId,
};

const EVENT_TYPE: &str = "zen:event-type:";

/// An opening comment may come as an event of its own, this long after the ticket at most.
const SAME_MOMENT: TimeDelta = TimeDelta::seconds(10);

/// What `identify` needs of an event body; a trigger body has none of it.
#[derive(Deserialize)]
struct Head {
    #[serde(default, rename = "type", deserialize_with = "wire::word")]
    event_type: Option<String>,
    #[serde(default, deserialize_with = "wire::word")]
    id: Option<String>,
    #[serde(default, deserialize_with = "wire::word")]
    subject: Option<String>,
}

#[derive(Deserialize)]
struct EventBody {
    #[serde(rename = "type")]
    event_type: String,
    #[serde(default, deserialize_with = "wire::stamp")]
    time: Option<DateTime<Utc>>,
    #[serde(default, deserialize_with = "wire::word")]
    subject: Option<String>,
    #[serde(default)]
    detail: Option<Detail>,
    #[serde(default)]
    event: Value,
}

#[derive(Default, Deserialize)]
struct Detail {
    #[serde(default, deserialize_with = "wire::id")]
    id: Option<String>,
    #[serde(default, deserialize_with = "wire::id")]
    actor_id: Option<String>,
    #[serde(default, deserialize_with = "wire::stamp")]
    created_at: Option<DateTime<Utc>>,
    #[serde(default, deserialize_with = "wire::text")]
    description: CustomerText,
}

#[derive(Deserialize)]
struct CommentAdded {
    comment: CommentPart,
}

#[derive(Deserialize)]
struct CommentPart {
    #[serde(default, deserialize_with = "wire::id")]
    id: Option<String>,
    #[serde(default, deserialize_with = "wire::text")]
    body: CustomerText,
    #[serde(default, deserialize_with = "wire::truth")]
    is_public: Option<bool>,
    #[serde(default)]
    author: Option<AuthorPart>,
}

#[derive(Default, Deserialize)]
struct AuthorPart {
    #[serde(default, deserialize_with = "wire::id")]
    id: Option<String>,
    #[serde(default, deserialize_with = "wire::truth")]
    is_staff: Option<bool>,
}

#[derive(Deserialize)]
struct MessageAdded {
    actor: MessageActor,
}

#[derive(Deserialize)]
struct MessageActor {
    #[serde(default, deserialize_with = "wire::id")]
    id: Option<String>,
    #[serde(default, rename = "type", deserialize_with = "wire::word")]
    actor_type: Option<String>,
}

/// A trigger's body, whole or pointer-only. Status, priority and the like are not read: they come in the requester's
/// language.
#[derive(Deserialize)]
struct Trigger {
    #[serde(default, deserialize_with = "wire::word")]
    event: Option<String>,
    #[serde(default, deserialize_with = "wire::id")]
    ticket_id: Option<String>,
    #[serde(default, deserialize_with = "wire::id")]
    actor_id: Option<String>,
    #[serde(default, deserialize_with = "wire::stamp")]
    updated_at: Option<DateTime<Utc>>,
    #[serde(default)]
    ticket: TicketPart,
    #[serde(default)]
    requester: RequesterPart,
    #[serde(default)]
    actor: ActorPart,
    #[serde(default)]
    draft: Option<DraftPart>,
}

#[derive(Default, Deserialize)]
struct TicketPart {
    #[serde(default, deserialize_with = "wire::id")]
    id: Option<String>,
    #[serde(default, deserialize_with = "wire::text")]
    subject: CustomerText,
    #[serde(default, deserialize_with = "wire::text")]
    text: CustomerText,
    #[serde(default, deserialize_with = "wire::word")]
    channel: Option<String>,
    #[serde(default, deserialize_with = "wire::stamp")]
    created_at: Option<DateTime<Utc>>,
    #[serde(default, deserialize_with = "wire::stamp")]
    updated_at: Option<DateTime<Utc>>,
}

#[derive(Default, Deserialize)]
struct RequesterPart {
    #[serde(default, deserialize_with = "wire::id")]
    id: Option<String>,
    #[serde(default, deserialize_with = "wire::word")]
    locale: Option<String>,
    #[serde(default, deserialize_with = "wire::word")]
    time_zone: Option<String>,
}

#[derive(Default, Deserialize)]
struct ActorPart {
    #[serde(default, deserialize_with = "wire::id")]
    id: Option<String>,
    #[serde(default, deserialize_with = "wire::word")]
    role: Option<String>,
}

#[derive(Deserialize)]
struct DraftPart {
    #[serde(default, deserialize_with = "wire::text")]
    text: CustomerText,
    #[serde(default, deserialize_with = "wire::id")]
    author_id: Option<String>,
}

/// Says which delivery this is: an event by the id in its signed body, a trigger body by its digest.
pub fn identify(body: &[u8]) -> Identity {
    let head = serde_json::from_slice::<Head>(body).ok().filter(|head| is_event(head.event_type.as_deref()));
    let event_id = head.as_ref().and_then(|head| head.id.as_deref()).filter(|id| is_plain(id));
    let subject = head.as_ref().and_then(|head| head.subject.as_deref());
    let in_trigger = || {
        let body: Value = serde_json::from_slice(body).ok()?;
        let places = ["/ticket/id", "/ticket_id", "/detail/id"];
        places.iter().find_map(|place| wire::id(body.pointer(place)?).ok()?).map(TicketId)
    };
    Identity {
        dedup_key: event_id.map_or_else(|| body_key(body), |id| format!("event:{id}")),
        ticket_id: subject.and_then(subject_id).or_else(in_trigger).or_else(|| lenient_ticket_id(body)),
        invocation_id: None,
        body_is_unique: event_id.is_some(),
    }
}

/// Reads a body of either kind. `me` is our own author id, where it is known already.
pub fn parse(body: &[u8], insiders: Insiders<'_>) -> Parsed {
    let Ok(value) = serde_json::from_slice::<Value>(body) else { return lenient(body) };
    if is_event(value.get("type").and_then(Value::as_str)) {
        return match serde_json::from_value(value) {
            Ok(body) => event(body, insiders),
            Err(_) => Parsed::NotUnderstood { reason: "event_of_unknown_shape" },
        };
    }
    // A list would pass for a struct's fields in order.
    if !value.is_object() {
        return lenient(body);
    }
    serde_json::from_value(value).map_or_else(|_| lenient(body), |body| trigger(body, insiders))
}

fn event(body: EventBody, insiders: Insiders<'_>) -> Parsed {
    let detail = body.detail.unwrap_or_default();
    let id = detail.id.clone().map(TicketId).or_else(|| body.subject.as_deref().and_then(subject_id));
    let Some(ticket_id) = id else { return Parsed::NotUnderstood { reason: "no_ticket_id" } };
    let kind = &body.event_type[EVENT_TYPE.len()..];
    match kind {
        "ticket.created" => Parsed::Act(Event {
            actor_id: detail.actor_id.map(UserId),
            occurred_at: body.time,
            message_id: Some(MessageId::opening()),
            ..bare_event(EventKind::TicketCreated, ticket_id)
        }),
        "ticket.comment_added" => match serde_json::from_value::<CommentAdded>(body.event) {
            Ok(added) => comment_added(added.comment, &detail, ticket_id, body.time, insiders),
            Err(_) => Parsed::NotUnderstood { reason: "event_of_unknown_shape" },
        },
        "messaging_ticket.message_added" => match serde_json::from_value::<MessageAdded>(body.event) {
            Ok(added) => message_added(added.actor, ticket_id, body.time),
            Err(_) => Parsed::NotUnderstood { reason: "event_of_unknown_shape" },
        },
        _ => Parsed::Ignore { ticket_id: Some(ticket_id), reason: "event_type_not_used" },
    }
}

fn comment_added(
    comment: CommentPart,
    detail: &Detail,
    ticket_id: TicketId,
    time: Option<DateTime<Utc>>,
    insiders: Insiders<'_>,
) -> Parsed {
    let author = comment.author.unwrap_or_default();
    let author_id = author.id.map(UserId);
    let ours = has_marker(&comment.body) || insiders.is_us(author_id.as_ref());
    let ignore = |reason| Parsed::Ignore { ticket_id: Some(ticket_id.clone()), reason };
    if ours {
        return ignore("own_note");
    }
    let is_private = comment.is_public == Some(false);
    let by_drafter = insiders.is_drafter(author_id.as_ref());
    let draft = is_private
        .then(|| marked_draft(&comment.body).or(by_drafter.then(|| comment.body.clone())))
        .flatten();
    let kind = match (comment.is_public, author.is_staff) {
        (Some(false), _) if draft.is_some() => EventKind::DraftNote,
        (Some(false), _) => return ignore("private_note"),
        (_, Some(true)) => return ignore("agent_message"),
        _ if is_opening(&comment.body, detail, time) => EventKind::TicketCreated,
        _ => EventKind::CustomerReplied,
    };
    let message_id = match kind {
        EventKind::TicketCreated => Some(MessageId::opening()),
        _ => comment.id.map(MessageId),
    };
    Parsed::Act(Event {
        actor_id: author_id,
        occurred_at: time,
        message_id,
        draft,
        ..bare_event(kind, ticket_id)
    })
}

/// Whether this comment is the ticket's first one, told a second time.
fn is_opening(body: &CustomerText, detail: &Detail, time: Option<DateTime<Utc>>) -> bool {
    let (Some(time), Some(created_at)) = (time, detail.created_at) else { return false };
    let soon = time.signed_duration_since(created_at).abs() <= SAME_MOMENT;
    soon && !body.is_blank() && body.expose().trim() == detail.description.expose().trim()
}

fn message_added(actor: MessageActor, ticket_id: TicketId, time: Option<DateTime<Utc>>) -> Parsed {
    let reason = match actor.actor_type.as_deref() {
        Some("end_user") => {
            return Parsed::Act(Event {
                actor_id: actor.id.map(UserId),
                occurred_at: time,
                ..bare_event(EventKind::CustomerReplied, ticket_id)
            });
        }
        Some("agent") => "agent_message",
        _ => "system_message",
    };
    Parsed::Ignore { ticket_id: Some(ticket_id), reason }
}

fn trigger(body: Trigger, insiders: Insiders<'_>) -> Parsed {
    let Some(ticket_id) = body.ticket.id.clone().or_else(|| body.ticket_id.clone()).map(TicketId) else {
        return Parsed::NotUnderstood { reason: "no_ticket_id" };
    };
    let kind = kind_of(body.event.as_deref());
    let actor_id = body.actor.id.clone().or_else(|| body.actor_id.clone()).map(UserId);
    let occurred_at = body.ticket.updated_at.or(body.updated_at);
    let ignore = |reason| Parsed::Ignore { ticket_id: Some(ticket_id.clone()), reason };
    if kind == EventKind::DraftNote {
        let Some(draft) = body.draft else { return ignore("draft_not_readable") };
        return draft_note(draft, ticket_id, actor_id, occurred_at);
    }
    // We write notes and no tickets: a created ticket is somebody's, also where we share our user with a person.
    let by_us = kind != EventKind::TicketCreated && insiders.is_us(actor_id.as_ref());
    if by_us || has_marker(&body.ticket.text) {
        return ignore("own_note");
    }
    if kind == EventKind::CustomerReplied && is_staff(&body.actor) {
        return ignore("agent_message");
    }
    let message_id = (kind == EventKind::TicketCreated).then(MessageId::opening);
    let case =
        (kind == EventKind::TicketCreated).then(|| case(body, &ticket_id, actor_id.as_ref())).flatten();
    Parsed::Act(Event { actor_id, occurred_at, case, message_id, ..bare_event(kind, ticket_id) })
}

fn draft_note(
    draft: DraftPart,
    ticket_id: TicketId,
    actor_id: Option<UserId>,
    occurred_at: Option<DateTime<Utc>>,
) -> Parsed {
    let ignore = |reason| Parsed::Ignore { ticket_id: Some(ticket_id.clone()), reason };
    if has_marker(&draft.text) {
        return ignore("own_note");
    }
    if draft.text.is_blank() {
        return ignore("draft_not_readable");
    }
    let text = marked_draft(&draft.text).unwrap_or(draft.text);
    Parsed::Act(Event {
        actor_id: draft.author_id.map(UserId).or(actor_id),
        occurred_at,
        draft: Some(text),
        ..bare_event(EventKind::DraftNote, ticket_id)
    })
}

/// Says yes for the English words alone: role words are translated, and REST decides where this cannot.
fn is_staff(actor: &ActorPart) -> bool {
    let role = actor.role.as_deref().unwrap_or_default();
    ["agent", "admin", "administrator"].iter().any(|word| role.eq_ignore_ascii_case(word))
}

/// The whole case, from a full trigger body about a ticket that its own requester opened.
fn case(body: Trigger, ticket_id: &TicketId, actor_id: Option<&UserId>) -> Option<Case> {
    let (ticket, requester) = (body.ticket, body.requester);
    let customer = Customer {
        id: requester.id.map(UserId),
        locale: requester.locale,
        time_zone: requester.time_zone.as_deref().and_then(zones::zone),
    };
    let known = customer.locale.is_some() || customer.time_zone.is_some();
    let by_requester = actor_id.is_none() || actor_id == customer.id.as_ref();
    if ticket.text.is_blank() || !known || !by_requester {
        return None;
    }
    let created_at = ticket.created_at?;
    let opening = Message {
        id: MessageId::opening(),
        author: Author::Customer,
        author_id: customer.id.clone(),
        public: true,
        text: ticket.text,
        sent_at: created_at,
    };
    let ticket = Ticket {
        id: ticket_id.clone(),
        subject: ticket.subject,
        status: Status::Open,
        channel: ticket.channel.unwrap_or_default().to_lowercase(),
        created_at,
        updated_at: ticket.updated_at.unwrap_or(created_at),
        // A placeholder's stamp has no seconds: no guard for an update.
        updated_stamp: String::new(),
        requester_id: customer.id.clone(),
        follow_up_of: None,
        reopens: 0,
    };
    Some(Case { ticket, customer, messages: vec![opening], earlier_tickets: Vec::new() })
}

fn is_event(event_type: Option<&str>) -> bool {
    event_type.is_some_and(|event_type| event_type.starts_with(EVENT_TYPE))
}

/// The ticket id in `zen:ticket:35436`.
fn subject_id(subject: &str) -> Option<TicketId> {
    let digits = subject.strip_prefix("zen:ticket:")?;
    wire::is_id(digits).then(|| TicketId(digits.to_owned()))
}

fn is_plain(id: &str) -> bool {
    id.len() <= 100 && id.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests;
