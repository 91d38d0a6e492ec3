//! The webhooks of the pretend Zendesk: bodies of each form, correctly signed.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use chrono::{DateTime, SecondsFormat, Utc};
use secrecy::SecretString;
use serde_json::{Value, json};

use super::Form;
use super::json::stamp;
use crate::helpdesk::zendesk::signature;
use crate::pretend::Happening;
use crate::pretend::desk::{Comment, State, Ticket, User};

/// Gives the body for what happened to this ticket last.
pub fn body(state: &State, ticket_id: u64, form: Form, happening: Happening) -> Value {
    let ticket = &state.tickets[&ticket_id];
    let requester = &state.users[&ticket.requester];
    let newest = ticket.comments.last().expect("an opening message");
    let by_staff = state.users.get(&newest.author).is_none_or(|user| user.is_agent);
    match form {
        Form::Event => event_body(ticket, newest, by_staff, happening),
        Form::Trigger => trigger_body(ticket, newest, requester, by_staff, happening),
        Form::Pointer => json!({
            "schema": "undertone.zendesk.pointer.v1",
            "event": event_word(happening),
            "ticket_id": ticket.id.to_string(),
            "updated_at": minutes(ticket.updated_at),
            "actor_id": newest.author.to_string(),
        }),
        Form::Bare => json!({"ticket_id": ticket.id.to_string(), "updated_at": stamp(ticket.updated_at)}),
    }
}

pub fn signed_headers(secret: &SecretString, body: &[u8]) -> HeaderMap {
    let now = Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true);
    let pairs = [
        ("content-type", "application/json".to_owned()),
        ("user-agent", "Zendesk Webhook".to_owned()),
        ("x-zendesk-account-id", "22990001".to_owned()),
        ("x-zendesk-webhook-id", "01HXM3V7Q0Z8T5R9K2C4N6P8SD".to_owned()),
        ("x-zendesk-webhook-invocation-id", uuid::Uuid::now_v7().simple().to_string()),
        ("x-zendesk-webhook-signature", signature::sign(secret, &now, body)),
        ("x-zendesk-webhook-signature-timestamp", now),
    ];
    let parse = |value: String| HeaderValue::try_from(value).expect("printable ASCII");
    HeaderMap::from_iter(pairs.map(|(name, value)| (HeaderName::from_static(name), parse(value))))
}

fn event_word(happening: Happening) -> &'static str {
    match happening {
        Happening::TicketCreated => "ticket_created",
        Happening::CustomerReplied | Happening::NoteAdded => "customer_reply",
    }
}

fn event_body(ticket: &Ticket, newest: &Comment, by_staff: bool, happening: Happening) -> Value {
    let (event_type, event) = match happening {
        Happening::TicketCreated => ("ticket.created", json!({})),
        Happening::CustomerReplied | Happening::NoteAdded => (
            "ticket.comment_added",
            json!({"comment": {
                "id": newest.id.to_string(),
                "body": newest.text,
                "is_public": newest.public,
                "author": {"id": newest.author.to_string(), "is_staff": by_staff, "name": "Somebody"},
            }}),
        ),
    };
    json!({
        "account_id": 22990001,
        "detail": {
            "actor_id": newest.author.to_string(),
            "created_at": stamp(ticket.created_at),
            "description": ticket.comments[0].text,
            "id": ticket.id.to_string(),
            "is_public": true,
            "priority": null,
            "requester_id": ticket.requester.to_string(),
            "status": ticket.status.to_uppercase(),
            "subject": ticket.subject,
            "submitter_id": ticket.submitter.to_string(),
            "tags": null,
            "type": null,
            "updated_at": stamp(ticket.updated_at),
            "via": {"channel": "mail"},
        },
        "event": event,
        "id": uuid::Uuid::now_v7().to_string(),
        "subject": format!("zen:ticket:{}", ticket.id),
        "time": newest.created_at.to_rfc3339_opts(SecondsFormat::Nanos, true),
        "type": format!("zen:event-type:{event_type}"),
        "zendesk_event_version": "2022-11-06",
    })
}

fn trigger_body(
    ticket: &Ticket,
    newest: &Comment,
    requester: &User,
    by_staff: bool,
    happening: Happening,
) -> Value {
    json!({
        "schema": "undertone.zendesk.trigger.v1",
        "event": event_word(happening),
        "ticket": {
            "id": ticket.id.to_string(),
            "subject": ticket.subject,
            "text": newest.text,
            "status": "New",
            "priority": "-",
            "tags": "",
            "channel": "Mail",
            "created_at": minutes(ticket.created_at),
            "updated_at": minutes(ticket.updated_at),
        },
        "requester": {
            "id": requester.id.to_string(),
            "name": "Somebody",
            "email": "somebody@example.com",
            "locale": requester.locale.as_deref().unwrap_or_default(),
            "time_zone": requester.time_zone.as_deref().unwrap_or_default(),
            "role": "End user",
        },
        "actor": {
            "id": newest.author.to_string(),
            "role": if by_staff { "Agent" } else { "End user" },
        },
        "account": "Pretend",
    })
}

/// A time as trigger placeholders are documented to give it.
fn minutes(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%dT%H:%MZ").to_string()
}
