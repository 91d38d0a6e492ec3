//! Tests of `deploy/{zendesk,freshdesk}/*.json`: what an admin pastes into the helpdesk, filled in as the helpdesk does.

use super::{Parsed, freshdesk, zendesk};

/// The values of the placeholders, for one ticket.
const VALUES: &[(&str, &str)] = &[
    ("ticket.id", "35211"),
    ("ticket.updated_at_with_timestamp", "2026-03-06T18:42Z"),
    ("ticket.created_at_with_timestamp", "2026-03-06T18:42Z"),
    ("ticket.verbatim_description", "I was charged twice.\\n\\nMaya"),
    ("ticket.latest_public_comment", "Hello?"),
    ("ticket.latest_comment", "#undertone-draft\\nHi Maya"),
    ("ticket.latest_private_comment", "Bot : <div>#undertone-draft</div><div>Hi Maya</div>"),
    ("ticket.requester.id", "101"),
    ("ticket.requester.locale", "en-GB"),
    ("ticket.requester.time_zone", "Copenhagen"),
    ("ticket.requester.role", "End user"),
    ("current_user.id", "101"),
    ("current_user.role", "End user"),
];

/// Replaces each placeholder by its value, and one that is not in the list by a dash, as an unset one may come.
fn filled_in(template: &str) -> String {
    let mut body = template.to_owned();
    for (name, value) in VALUES {
        body = body.replace(&format!("{{{{{name}}}}}"), value);
    }
    while let Some((before, rest)) = body.split_once("{{") {
        let (_, after) = rest.split_once("}}").expect("a closed placeholder");
        body = format!("{before}-{after}");
    }
    body
}

fn template(path: &str) -> String {
    let path = format!("{}/deploy/{path}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn every_template_parses_once_it_is_filled_in() {
    let cases = [
        ("zendesk/pointer_ticket_created.json", "TicketCreated 35211"),
        ("zendesk/pointer_customer_reply.json", "CustomerReplied 35211"),
        ("zendesk/full_ticket_created.json", "TicketCreated 35211 whole"),
        ("zendesk/full_customer_reply.json", "CustomerReplied 35211"),
        ("zendesk/draft_note.json", "DraftNote 35211 Hi Maya"),
        ("freshdesk/pointer_ticket_created.json", "TicketCreated 35211"),
        ("freshdesk/pointer_customer_reply.json", "CustomerReplied 35211"),
        ("freshdesk/full_ticket_created.json", "TicketCreated 35211"),
        ("freshdesk/full_customer_reply.json", "CustomerReplied 35211"),
        ("freshdesk/draft_note.json", "DraftNote 35211 Hi Maya"),
    ];
    for (path, expected) in cases {
        let body = filled_in(&template(path));
        let parsed = match path.starts_with("zendesk") {
            true => zendesk::parse(body.as_bytes()),
            false => freshdesk::parse(body.as_bytes()),
        };
        let Parsed::Act(event) = parsed else { panic!("{path}: {parsed:?}") };
        let draft = event.draft.as_ref().map(|draft| format!(" {}", draft.expose())).unwrap_or_default();
        let whole = if event.case.is_some() { " whole" } else { "" };
        assert_eq!(format!("{:?} {}{draft}{whole}", event.kind, event.ticket_id), expected, "{path}");
    }
    let files = ["zendesk", "freshdesk"].map(|folder| {
        let path = format!("{}/deploy/{folder}", env!("CARGO_MANIFEST_DIR"));
        std::fs::read_dir(path).unwrap().count()
    });
    assert_eq!(files.iter().sum::<usize>(), cases.len(), "a template without a test");
}
