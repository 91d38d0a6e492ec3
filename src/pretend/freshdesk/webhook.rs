//! The webhooks of the pretend Freshdesk: bodies of each form.

use serde_json::{Value, json};

use super::Form;
use crate::pretend::Happening;
use crate::pretend::desk::Ticket;

/// Gives the body for what happened to this ticket last.
pub fn body(ticket: &Ticket, form: Form, happening: Happening) -> Value {
    let newest = ticket.comments.last().expect("an opening message");
    let (event, triggered_event) = match happening {
        Happening::TicketCreated => ("ticket_created", "{ticket_action:created}"),
        Happening::CustomerReplied => ("customer_reply", "{reply_sent:sent}"),
        Happening::NoteAdded => ("note_added", "{note_type:private}"),
    };
    match form {
        Form::Simple => {
            let mut body = json!({
                "ticket_id": ticket.id,
                "ticket_subject": ticket.subject,
                "ticket_description": ticket.comments[0].html,
                "ticket_status": "Open",
                "ticket_contact_name": "Somebody",
            });
            if happening != Happening::TicketCreated {
                body["ticket_latest_public_comment"] = format!("Somebody : {}", newest.html).into();
            }
            json!({"freshdesk_webhook": body})
        }
        Form::Advanced => json!({
            "schema": "undertone.freshdesk.webhook.v1",
            "event": event,
            "triggered_event": triggered_event,
            "ticket_id": ticket.id.to_string(),
            "subject": ticket.subject,
            "text": newest.text,
            "status": "Open",
            "source": "Email",
        }),
        Form::Pointer => json!({
            "schema": "undertone.freshdesk.pointer.v1",
            "event": event,
            "triggered_event": triggered_event,
            "ticket_id": ticket.id.to_string(),
        }),
        Form::Bare => {
            json!({"ticket_id": ticket.id.to_string(), "updated_at": ticket.updated_at.to_rfc3339()})
        }
    }
}
