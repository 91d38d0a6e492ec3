use super::*;
use crate::helpdesk::fixture;

const ME: &str = "9100000000301";

/// One line for what a body turned out to be.
fn outcome(body: &[u8]) -> String {
    match parse(body, Insiders { me: Some(&UserId(ME.into())), drafters: &[] }) {
        Parsed::Act(event) => format!("{:?} {}", event.kind, event.ticket_id),
        Parsed::Ignore { ticket_id, reason } => format!("{reason} {}", ticket_id.expect("an id")),
        Parsed::NotUnderstood { reason } => reason.to_owned(),
    }
}

fn event_of(body: &[u8]) -> Event {
    match parse(body, Insiders::default()) {
        Parsed::Act(event) => event,
        other => panic!("not acted on: {other:?}"),
    }
}

#[test]
fn every_sample_body_is_told_apart() {
    let cases = [
        ("event_ticket_created.json", "TicketCreated 35211"),
        ("event_comment_added_enduser_public.json", "CustomerReplied 35211"),
        ("event_comment_added_own_private_note.json", "own_note 35211"),
        ("event_comment_added_draft_bot_note.json", "private_note 35211"),
        ("event_messaging_message_added.json", "CustomerReplied 35240"),
        ("event_status_changed.json", "event_type_not_used 35211"),
        ("event_tags_changed.json", "event_type_not_used 35211"),
        ("trigger_ticket_created.json", "TicketCreated 35211"),
        ("trigger_ticket_created_decorated_description.json", "TicketCreated 35211"),
        ("trigger_pointer_only.json", "TicketCreated 35211"),
        ("trigger_customer_reply.json", "CustomerReplied 35211"),
        ("trigger_draft_note_added.json", "DraftNote 35211"),
        ("trigger_broken_escaping.txt", "TicketCreated 35219"),
        ("trigger_ruby_inspect_comment.txt", "CustomerReplied 32"),
    ];
    for (file, expected) in cases {
        let body = fixture("zendesk", file);
        assert_eq!(outcome(&body), expected, "{file}");
        let id = identify(&body).ticket_id.expect(file);
        assert!(expected.ends_with(&id.0), "{file}: identified as {id}");
    }
}

#[test]
fn bodies_that_admins_and_accidents_make() {
    let cases = [
        ("no schema", r#"{"ticket_id":"7"}"#, "TicketCreated 7"),
        ("number", r#"{"ticket_id":7,"event":"ticket_created"}"#, "TicketCreated 7"),
        ("unknown word", r#"{"ticket_id":"7","event":"comment_added"}"#, "CustomerReplied 7"),
        (
            "reply by us",
            r#"{"ticket_id":"7","event":"customer_reply","actor_id":"9100000000301"}"#,
            "own_note 7",
        ),
        ("ticket made by our user", r#"{"ticket_id":"7","actor_id":"9100000000301"}"#, "TicketCreated 7"),
        (
            "reply by an agent",
            r#"{"ticket":{"id":7},"event":"customer_reply","actor":{"id":"1","role":"Agent"}}"#,
            "agent_message 7",
        ),
        (
            "role in German",
            r#"{"ticket":{"id":7},"event":"customer_reply","actor":{"id":"1","role":"Endbenutzer"}}"#,
            "CustomerReplied 7",
        ),
        (
            "our note as text",
            r#"{"event":"customer_reply","ticket":{"id":7,"text":"x [undertone:v1:7:ab]"}}"#,
            "own_note 7",
        ),
        ("draft, no text", r#"{"ticket_id":"7","event":"reply_drafted"}"#, "draft_not_readable 7"),
        (
            "broken draft",
            "{\"ticket_id\":\"7\",\"event\":\"reply_drafted\",\"draft\":\"a \"b\"\"}",
            "draft_not_readable 7",
        ),
        ("ticket as a word", r#"{"ticket_id":"7","ticket":"Charged twice"}"#, "TicketCreated 7"),
        ("lone surrogate", r#"{"ticket_id":"7","text":"\ud800"}"#, "TicketCreated 7"),
        ("deep nesting", &format!(r#"{{"ticket_id":"7","x":{}"#, "[".repeat(100_000)), "TicketCreated 7"),
        ("unfilled placeholder", r#"{"ticket_id":"{{ticket.id}}"}"#, "no_ticket_id"),
        ("another's JSON", r#"{"hello":"world"}"#, "no_ticket_id"),
        ("a list", "[1,2]", "no_ticket_id"),
        ("a number", "7", "no_ticket_id"),
        ("nothing", "", "no_ticket_id"),
        (
            "event, id in the subject alone",
            r#"{"type":"zen:event-type:ticket.created","subject":"zen:ticket:9"}"#,
            "TicketCreated 9",
        ),
        (
            "event of a user",
            r#"{"type":"zen:event-type:user.created","subject":"zen:user:9"}"#,
            "no_ticket_id",
        ),
        (
            "event, comment gone",
            r#"{"type":"zen:event-type:ticket.comment_added","subject":"zen:ticket:9"}"#,
            "event_of_unknown_shape",
        ),
        (
            "type with nothing behind",
            r#"{"type":"zen:event-type:","subject":"zen:ticket:9"}"#,
            "event_type_not_used 9",
        ),
    ];
    for (name, body, expected) in cases {
        assert_eq!(outcome(body.as_bytes()), expected, "{name}");
    }
}

#[test]
fn comments_are_told_apart_by_author_and_privacy() {
    let comment = |comment: &str| {
        format!(
            r##"{{"type":"zen:event-type:ticket.comment_added","time":"2026-03-06T18:42:09.1Z",
            "detail":{{"id":"7","created_at":"2026-03-06T18:42:07Z","description":"Help me"}},
            "event":{{"comment":{comment}}}}}"##
        )
    };
    let cases = [
        (
            "customer",
            r#"{"id":"1","body":"b","is_public":true,"author":{"id":"2","is_staff":false}}"#,
            "CustomerReplied 7",
        ),
        (
            "agent",
            r#"{"id":"1","body":"b","is_public":true,"author":{"id":"2","is_staff":true}}"#,
            "agent_message 7",
        ),
        (
            "private",
            r#"{"id":"1","body":"b","is_public":false,"author":{"id":"2","is_staff":true}}"#,
            "private_note 7",
        ),
        (
            "marked draft",
            r##"{"id":"1","body":"#undertone-draft\nHi","is_public":false,"author":{"id":"2","is_staff":true}}"##,
            "DraftNote 7",
        ),
        (
            "marked, but public",
            r##"{"id":"1","body":"#undertone-draft\nHi","is_public":true,"author":{"id":"2","is_staff":true}}"##,
            "agent_message 7",
        ),
        (
            "our author id",
            r#"{"id":"1","body":"b","is_public":true,"author":{"id":"9100000000301","is_staff":true}}"#,
            "own_note 7",
        ),
        (
            "our note quoted by an agent",
            r#"{"id":"1","body":"> [undertone:v1:7:ab]","is_public":true,"author":{"id":"2"}}"#,
            "own_note 7",
        ),
        (
            "the opening message again",
            r#"{"id":"1","body":"Help me\n","is_public":true,"author":{"id":"2","is_staff":false}}"#,
            "TicketCreated 7",
        ),
        ("who, unknown", r#"{"id":"1","body":"b"}"#, "CustomerReplied 7"),
    ];
    for (name, json, expected) in cases {
        assert_eq!(outcome(comment(json).as_bytes()), expected, "{name}");
    }
}

#[test]
fn a_full_trigger_body_gives_the_whole_case() {
    let event = event_of(&fixture("zendesk", "trigger_ticket_created.json"));
    let case = event.case.expect("text and locale are there");
    assert_eq!(case.customer.locale.as_deref(), Some("en-GB"));
    assert_eq!(case.customer.time_zone, Some(chrono_tz::Europe::Copenhagen));
    assert_eq!(case.ticket.created_at.to_rfc3339(), "2026-03-06T18:42:00+00:00");
    assert_eq!(case.ticket.channel, "mail");
    assert_eq!(case.ticket.updated_stamp, "", "minutes guard nothing");
    let [opening] = case.messages.as_slice() else { panic!("one message") };
    assert_eq!((opening.author, opening.public), (Author::Customer, true));
    assert!(opening.text.expose().starts_with("Hello,\n\nThis is the third time"));
    assert_eq!(event.message_id, Some(MessageId::opening()));
}

#[test]
fn less_than_a_full_body_is_left_to_rest() {
    let full = String::from_utf8(fixture("zendesk", "trigger_ticket_created.json")).unwrap();
    let cases = [
        ("as it is", full.clone(), true),
        ("no locale, but a zone", full.replace("\"en-GB\"", "\"\""), true),
        ("neither", full.replace("\"en-GB\"", "\"\"").replace("\"Copenhagen\"", "\"-\""), false),
        ("no such zone", full.replace("\"en-GB\"", "null").replace("Copenhagen", "Kopenhagen"), false),
        ("no time", full.replace("2026-03-06T18:42Z", "6 March"), false),
        (
            "opened by another",
            full.replace("\"actor\": {\n    \"id\": \"9100000000101\"", "\"actor\": {\n    \"id\": \"2\""),
            false,
        ),
        ("no text", full.replace("\"text\"", "\"body\""), false),
    ];
    for (name, body, expected) in cases {
        assert_eq!(event_of(body.as_bytes()).case.is_some(), expected, "{name}");
    }
    for file in ["trigger_customer_reply.json", "trigger_pointer_only.json", "event_ticket_created.json"] {
        assert!(event_of(&fixture("zendesk", file)).case.is_none(), "{file}");
    }
}

#[test]
fn a_drafting_bots_note_brings_its_draft() {
    let event = event_of(&fixture("zendesk", "trigger_draft_note_added.json"));
    assert!(event.draft.expect("a draft").expose().starts_with("Hi Maya,\n\nPer our policy"));
    assert_eq!(event.actor_id, Some(UserId("9100000000401".into())));
}

#[test]
fn nul_is_dropped_from_texts() {
    let full = String::from_utf8(fixture("zendesk", "trigger_ticket_created.json")).unwrap();
    let case = event_of(full.replace("third time", "th\\u0000ird time").as_bytes()).case.unwrap();
    assert!(case.messages[0].text.expose().contains("third time"));
}

#[test]
fn an_event_is_known_by_its_id_and_a_trigger_body_by_its_digest() {
    let event = identify(&fixture("zendesk", "event_ticket_created.json"));
    assert_eq!(event.dedup_key, "event:5e0d7c1a-3b1f-4d5e-9a44-0c6f2a1b9e01");
    assert!(event.body_is_unique);
    let pointer = identify(&fixture("zendesk", "trigger_pointer_only.json"));
    assert!(pointer.dedup_key.starts_with("body:") && pointer.dedup_key.len() == 5 + 64);
    assert!(!pointer.body_is_unique);
    let cases = [
        ("an id alone is no event", r#"{"id":"x","ticket_id":"7"}"#),
        ("no id", r#"{"type":"zen:event-type:ticket.created"}"#),
        ("an id with a space", r#"{"type":"zen:event-type:ticket.created","id":"a b"}"#),
        ("not ASCII", r#"{"type":"zen:event-type:ticket.created","id":"é"}"#),
        ("not JSON", r#"{"type":"zen:event-type:ticket.created","id":"a""#),
        ("empty", ""),
    ];
    for (name, body) in cases {
        assert!(identify(body.as_bytes()).dedup_key.starts_with("body:"), "{name}");
    }
}

#[test]
fn debug_shows_no_words() {
    for file in ["trigger_ticket_created.json", "trigger_draft_note_added.json"] {
        let printed = format!("{:?}", parse(&fixture("zendesk", file), Insiders::default()));
        assert!(!printed.contains("Charged") && !printed.contains("Maya"), "{file}: {printed}");
    }
}
