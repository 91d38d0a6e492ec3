use super::*;
use crate::helpdesk::fixture;

const ME: &str = "80009876599";

/// One line for what a body turned out to be.
fn outcome(body: &[u8]) -> String {
    match parse(body, Insiders { me: Some(&UserId(ME.into())), drafters: &[] }) {
        Parsed::Act(event) => format!("{:?} {}", event.kind, event.ticket_id),
        Parsed::Ignore { ticket_id, reason } => format!("{reason} {}", ticket_id.expect("an id")),
        Parsed::NotUnderstood { reason } => reason.to_owned(),
    }
}

#[test]
fn every_sample_body_is_told_apart() {
    let cases = [
        ("webhook_simple_ticket_created.json", "TicketCreated 4821"),
        ("webhook_simple_agent_replied.json", "CustomerReplied 4821"),
        ("webhook_advanced_ticket_created.json", "TicketCreated 4821"),
        ("webhook_advanced_status_changed.json", "event_type_not_used 4821"),
        ("webhook_advanced_private_note.json", "DraftNote 4821"),
        ("webhook_pointer_only.json", "TicketCreated 4821"),
        ("webhook_broken_escaping.txt", "TicketCreated 4822"),
        ("product_event_onConversationCreate_private_note.json", "own_note 4821"),
    ];
    for (file, expected) in cases {
        let body = fixture("freshdesk", file);
        assert_eq!(outcome(&body), expected, "{file}");
        let identity = identify(&body);
        assert!(expected.ends_with(&identity.ticket_id.expect(file).0), "{file}");
        assert!(identity.dedup_key.starts_with("body:") && !identity.body_is_unique, "{file}");
    }
}

#[test]
fn bodies_that_admins_and_accidents_make() {
    let cases = [
        (
            "pointer of a reply",
            r#"{"ticket_id":"7","event":"customer_reply","triggered_event":"{reply_sent:sent}"}"#,
            "CustomerReplied 7",
        ),
        (
            "no event word, created",
            r#"{"ticket_id":"7","triggered_event":"{ticket_action:created}"}"#,
            "TicketCreated 7",
        ),
        (
            "no event word, reply",
            r#"{"ticket_id":"7","event":"ticket_updated","triggered_event":"{reply_sent:sent}"}"#,
            "CustomerReplied 7",
        ),
        (
            "reply that also reopened",
            r#"{"ticket_id":"7","event":"customer_reply","triggered_event":"{status:{from:4,to:2}}"}"#,
            "CustomerReplied 7",
        ),
        (
            "priority changed",
            r#"{"ticket_id":"7","triggered_event":"{priority:{from:1,to:4}}"}"#,
            "event_type_not_used 7",
        ),
        (
            "public note",
            r#"{"ticket_id":"7","event":"note_added","triggered_event":"{note_type:public}"}"#,
            "CustomerReplied 7",
        ),
        (
            "private note",
            r#"{"ticket_id":"7","triggered_event":"{note_type:private}","note":"Ann : <p>call her</p>"}"#,
            "private_note 7",
        ),
        (
            "our private note",
            r#"{"ticket_id":"7","note":"U : <div>x</div><div>[undertone:v1:7:ab]</div>"}"#,
            "own_note 7",
        ),
        ("wrapper without a comment", r#"{"freshdesk_webhook":{"ticket_id":7}}"#, "TicketCreated 7"),
        (
            "wrapper with our note",
            r#"{"freshdesk_webhook":{"ticket_id":7,"ticket_latest_public_comment":"U : [undertone:v1:7:a]"}}"#,
            "own_note 7",
        ),
        ("wrapper of a list", r#"{"freshdesk_webhook":[]}"#, "no_ticket_id"),
        ("draft, no text", r#"{"ticket_id":"7","event":"reply_drafted"}"#, "draft_not_readable 7"),
        ("unfilled placeholder", r#"{"ticket_id":"{{ticket.id}}"}"#, "no_ticket_id"),
        ("lone surrogate", r#"{"ticket_id":"7","text":"\ud800"}"#, "TicketCreated 7"),
        ("form", "ticket_id=7&event=ticket_created", "TicketCreated 7"),
        ("another's JSON", r#"{"data":{"x":1}}"#, "no_ticket_id"),
        ("nothing", "", "no_ticket_id"),
    ];
    for (name, body, expected) in cases {
        assert_eq!(outcome(body.as_bytes()), expected, "{name}");
    }
}

#[test]
fn product_events_are_told_apart_by_direction_and_privacy() {
    let cases = [
        (
            "customer",
            r#""incoming":true,"private":false,"user_id":1,"body":"<p>hi</p>""#,
            "CustomerReplied 7",
        ),
        ("agent", r#""incoming":false,"private":false,"user_id":2,"body":"<p>hi</p>""#, "agent_message 7"),
        ("private", r#""incoming":false,"private":true,"user_id":2,"body":"<p>hi</p>""#, "private_note 7"),
        (
            "our user",
            r#""incoming":false,"private":true,"user_id":80009876599,"body":"<p>hi</p>""#,
            "own_note 7",
        ),
        (
            "our marker",
            r#""incoming":true,"private":false,"user_id":1,"body":"[undertone:v1:7:ab]""#,
            "own_note 7",
        ),
        (
            "marked draft",
            r#""private":true,"user_id":2,"body":"<div>#undertone-draft</div><div>Hi</div>""#,
            "DraftNote 7",
        ),
    ];
    for (name, conversation, expected) in cases {
        let body = format!(
            r#"{{"event":"onConversationCreate","data":{{"conversation":{{"id":5,"ticket_id":7,{conversation}}}}}}}"#
        );
        assert_eq!(outcome(body.as_bytes()), expected, "{name}");
    }
    let created =
        r#"{"event":"onTicketCreate","timestamp":1772822529.21,"data":{"actor":{"id":1},"ticket":{"id":7}}}"#;
    assert_eq!(outcome(created.as_bytes()), "TicketCreated 7");
    let deleted = created.replace("onTicketCreate", "onTicketDelete");
    assert_eq!(outcome(deleted.as_bytes()), "event_type_not_used 7");
    let never = created.replace("1772822529.21", "1e300");
    assert_eq!(outcome(never.as_bytes()), "TicketCreated 7");
}

#[test]
fn a_drafting_bots_note_brings_its_draft_without_author_and_marker() {
    let Parsed::Act(event) =
        parse(&fixture("freshdesk", "webhook_advanced_private_note.json"), Insiders::default())
    else {
        panic!("acted on");
    };
    let draft = event.draft.expect("a draft");
    assert!(draft.expose().starts_with("Hi Maya,"), "{}", draft.expose());
}
