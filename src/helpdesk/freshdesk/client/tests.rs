use std::time::Duration;

use super::*;
use crate::helpdesk::freshdesk::Settings;
use crate::helpdesk::{fixture, http_client};
use crate::pretend::{Call, Fault, NewComment, NewTicket, NewUser, PretendFreshdesk};
use crate::ticket::{Author, MessageId, Status};

const MARKER: &str = "[undertone:v1:35002:9f1c22aa]";

struct Setting {
    desk: PretendFreshdesk,
    freshdesk: Freshdesk,
    ticket_id: TicketId,
    customer: UserId,
}

async fn setting() -> Setting {
    let desk = PretendFreshdesk::start().await.unwrap();
    let freshdesk = Freshdesk::new(desk.settings(vec![]), http_client().unwrap());
    let customer = desk.add_user(NewUser {
        locale: Some("en".into()),
        time_zone: Some("Brisbane".into()),
        is_agent: false,
    });
    let ticket_id = desk.add_ticket(ticket(&customer, "Charged twice", "2026-03-06T18:42:07Z"));
    Setting { desk, freshdesk, ticket_id, customer }
}

fn ticket(requester: &UserId, subject: &str, at: &str) -> NewTicket {
    NewTicket {
        requester: requester.clone(),
        subject: subject.into(),
        text: format!("{subject} <again> & again.\nPlease help."),
        created_at: at.parse().unwrap(),
    }
}

fn comment(author: &UserId, text: &str, public: bool, at: &str) -> NewComment {
    NewComment { author: author.clone(), text: text.into(), public, created_at: at.parse().unwrap() }
}

fn note() -> PrivateNote {
    PrivateNote::new(format!("<div>Undertone: charged twice</div><div>{MARKER}</div>"), MARKER)
}

#[tokio::test]
async fn a_case_is_read_whole() {
    let Setting { desk, freshdesk, ticket_id, customer } = setting().await;
    let agent = desk.add_user(NewUser { is_agent: true, ..NewUser::default() });
    let earlier = desk.add_ticket(ticket(&customer, "Earlier", "2026-03-01T10:00:00Z"));
    let closed = desk.add_ticket(ticket(&customer, "Closed", "2025-10-01T10:00:00Z"));
    desk.add_ticket(ticket(&customer, "Too long ago", "2024-10-01T10:00:00Z"));
    desk.set_status(&closed, "closed");
    desk.add_comment(&ticket_id, comment(&agent, "We look into it", true, "2026-03-06T19:00:00Z"));
    desk.add_comment(&ticket_id, comment(&agent, "call her", false, "2026-03-06T19:01:00Z"));
    let reply = desk.add_comment(&ticket_id, comment(&customer, "Hello?", true, "2026-03-10T07:05:00Z"));

    let case = freshdesk.complete(&ticket_id).await.unwrap();

    assert_eq!((case.ticket.channel.as_str(), case.ticket.status), ("email", Status::Open));
    assert_eq!(case.customer.locale.as_deref(), Some("en"));
    assert_eq!(case.customer.time_zone, Some(chrono_tz::Australia::Brisbane));
    let messages: Vec<_> = case.messages.iter().map(|m| (m.author, m.text.expose().trim())).collect();
    let expected = [
        (Author::Customer, "Charged twice <again> & again.\nPlease help."),
        (Author::Agent, "We look into it"),
        (Author::Customer, "Hello?"),
    ];
    assert_eq!(messages, expected);
    assert_eq!(case.messages[0].id, MessageId::opening());
    assert_eq!(case.messages[2].id, MessageId(reply));
    let others: Vec<_> = case.earlier_tickets.iter().map(|t| (t.id.clone(), t.finished)).collect();
    assert_eq!(others, [(earlier, false), (closed, true)]);
    assert_eq!(desk.calls(Call::Comments), 0, "what the ticket includes is enough");
}

#[tokio::test]
async fn of_a_long_ticket_the_newest_hundred_conversations_are_read() {
    let Setting { desk, freshdesk, ticket_id, customer } = setting().await;
    for second in 0..130 {
        let at = format!("2026-03-07T00:{:02}:{:02}Z", second / 60, second % 60);
        desk.add_comment(&ticket_id, comment(&customer, &format!("message {second}"), true, &at));
    }
    let messages = freshdesk.complete(&ticket_id).await.unwrap().messages;
    assert_eq!(messages.len(), 101);
    assert_eq!(messages[0].id, MessageId::opening());
    assert_eq!(messages[1].text.expose().trim(), "message 30");
    assert_eq!(messages[100].text.expose().trim(), "message 129");
    assert_eq!(desk.calls(Call::Comments), 2);
}

#[tokio::test]
async fn the_samples_of_the_reference_are_read() {
    let mut part: TicketPart =
        serde_json::from_slice(&fixture("freshdesk", "api_ticket_show_with_includes.json")).unwrap();
    let conversations = part.take_conversations();
    assert!(conversations[0].carries("[undertone:v1:4821:9f1c22aa]"));
    let messages = part.messages(conversations);
    assert_eq!(messages.len(), 2, "our own note is left out");
    assert!(messages[0].text.expose().starts_with("Hello,\n"));
    assert!(messages[1].text.expose().starts_with("I still have not heard anything."));
    assert_eq!(part.into_ticket().unwrap().reopens, 0);
    let contact: ContactPart = serde_json::from_slice(&fixture("freshdesk", "api_contact.json")).unwrap();
    assert_eq!(contact.into_customer().time_zone, Some(chrono_tz::Europe::Copenhagen));
    let list: Vec<TicketPart> =
        serde_json::from_slice(&fixture("freshdesk", "api_tickets_by_requester.json")).unwrap();
    let finished: Vec<_> =
        list.into_iter().filter_map(TicketPart::into_earlier).map(|t| t.finished).collect();
    assert_eq!(finished, [false, false, true]);
    let created: ConversationPart =
        serde_json::from_slice(&fixture("freshdesk", "api_note_create.response_201.json")).unwrap();
    let posted = Posted { comment_id: Some("80112233447".into()), audit_id: None };
    assert_eq!(created.into_posted(), posted);
}

#[tokio::test]
async fn state_and_speaker_are_read_from_the_ticket() {
    let show = |change: &[(&str, serde_json::Value)]| {
        let mut ticket = serde_json::json!({
            "id": 7, "created_at": "2026-03-06T18:42:07Z", "updated_at": "2026-03-06T18:42:07Z",
            "status": 2, "source": 1, "description": "<p>Hi</p>", "requester_id": 1, "subject": null,
        });
        for (key, value) in change {
            ticket[*key] = value.clone();
        }
        serde_json::from_value::<TicketPart>(ticket).unwrap()
    };
    let cases = [
        ("open", vec![], Status::Open, Author::Customer),
        ("pending", vec![("status", 3.into())], Status::Pending, Author::Customer),
        ("resolved", vec![("status", 4.into())], Status::Solved, Author::Customer),
        ("closed", vec![("status", 5.into())], Status::Closed, Author::Customer),
        ("a status of their own", vec![("status", 12.into())], Status::Open, Author::Customer),
        ("spam", vec![("spam", true.into())], Status::Spam, Author::Customer),
        ("deleted", vec![("spam", true.into()), ("deleted", true.into())], Status::Deleted, Author::Customer),
        ("phone", vec![("source", 3.into())], Status::Open, Author::Agent),
        ("outbound", vec![("source", 10.into())], Status::Open, Author::Agent),
    ];
    for (name, change, status, author) in cases {
        let part = show(&change);
        assert_eq!(part.messages(vec![])[0].author, author, "{name}");
        assert_eq!(part.into_ticket().unwrap().status, status, "{name}");
    }
    let reopened = show(&[("stats", serde_json::json!({"reopened_at": "2026-03-07T00:00:00Z"}))]);
    assert_eq!(reopened.into_ticket().unwrap().reopens, 1);
}

#[tokio::test]
async fn a_note_is_private_and_changes_nothing_else() {
    let Setting { desk, freshdesk, ticket_id, .. } = setting().await;
    let ticket = freshdesk.ticket(&ticket_id).await.unwrap();
    let posted = freshdesk.post_note(&ticket, &note()).await.unwrap();
    let notes = desk.notes(&ticket_id);
    assert_eq!(notes.len(), 1);
    assert_eq!((notes[0].public, &notes[0].author), (false, &freshdesk.me().await.unwrap()));
    assert_eq!(posted.comment_id.as_ref(), Some(&notes[0].id));
    assert_eq!(freshdesk.find_note(&ticket_id, MARKER).await.unwrap(), Some(posted));
    assert_eq!(freshdesk.find_note(&ticket_id, "[undertone:v1:35002:other]").await.unwrap(), None);
    assert_eq!(desk.writes(), [serde_json::json!({"body": notes[0].html, "private": true})]);
    assert_eq!(freshdesk.complete(&ticket_id).await.unwrap().messages.len(), 1, "our note is no message");
}

const NEW_MARKER: &str = "[undertone:v1:35002:5e0d7c1a]";

fn new_note() -> PrivateNote {
    PrivateNote::new(format!("<div>Undertone: talks of leaving</div><div>{NEW_MARKER}</div>"), NEW_MARKER)
}

#[tokio::test]
async fn a_note_takes_the_place_of_one_of_ours_and_stays_private() {
    let Setting { desk, freshdesk, ticket_id, .. } = setting().await;
    let ticket = freshdesk.ticket(&ticket_id).await.unwrap();
    let first = freshdesk.post_note(&ticket, &note()).await.unwrap();
    let markers = ["[undertone:v1:35002:00000000]".to_owned(), MARKER.to_owned()];
    let changed = freshdesk.replace_note(&ticket_id, &markers, &new_note()).await.unwrap();
    assert_eq!(changed, Some(first), "the same note");
    let notes = desk.notes(&ticket_id);
    assert_eq!(notes.len(), 1);
    assert!(!notes[0].public && notes[0].html.contains(NEW_MARKER) && !notes[0].html.contains(MARKER));
    assert_eq!(desk.writes()[1], serde_json::json!({"body": notes[0].html}));
    assert!(freshdesk.find_note(&ticket_id, NEW_MARKER).await.unwrap().is_some());
    assert_eq!(freshdesk.find_note(&ticket_id, MARKER).await.unwrap(), None);
}

#[tokio::test]
async fn no_note_but_our_own_private_one_is_changed() {
    let quoted = format!("See below.\n{MARKER}");
    for (name, public, by_agent) in [
        ("a colleague's note that quotes ours", false, true),
        ("a reply that quotes ours", true, true),
        ("the customer's own words", true, false),
    ] {
        let Setting { desk, freshdesk, ticket_id, customer } = setting().await;
        let agent = desk.add_user(NewUser { is_agent: true, ..NewUser::default() });
        let author = if by_agent { &agent } else { &customer };
        desk.add_comment(&ticket_id, comment(author, &quoted, public, "2026-03-06T19:00:00Z"));
        let changed = freshdesk.replace_note(&ticket_id, &[MARKER.to_owned()], &new_note()).await;
        assert_eq!(changed, Ok(None), "{name}");
        assert_eq!(desk.calls(Call::Change), 0, "{name}");
    }
    let Setting { desk, freshdesk, ticket_id, .. } = setting().await;
    let me = desk.me();
    desk.add_comment(&ticket_id, comment(&me, &quoted, true, "2026-03-06T19:00:00Z"));
    assert_eq!(freshdesk.replace_note(&ticket_id, &[MARKER.to_owned()], &new_note()).await, Ok(None));
    assert_eq!(desk.calls(Call::Change), 0, "a public reply by our own user");
}

#[tokio::test]
async fn every_fault_of_a_change_is_told_and_the_marker_tells_what_stands_there() {
    let cases = [
        (Fault::Cut, CallError::OutcomeUnknown, false),
        (Fault::LoseAnswer, CallError::OutcomeUnknown, true),
        (Fault::Html(500), CallError::OutcomeUnknown, false),
        (Fault::HtmlAfterWork(502), CallError::OutcomeUnknown, true),
        (Fault::Forbidden, CallError::Forbidden, false),
        (Fault::LimitedJson(23), CallError::RateLimited { retry_after: Duration::from_secs(23) }, false),
    ];
    for (fault, expected, changed) in cases {
        let Setting { desk, freshdesk, ticket_id, .. } = setting().await;
        let ticket = freshdesk.ticket(&ticket_id).await.unwrap();
        freshdesk.post_note(&ticket, &note()).await.unwrap();
        desk.fail_next(Call::Change, fault);
        let answer = freshdesk.replace_note(&ticket_id, &[MARKER.to_owned()], &new_note()).await;
        assert_eq!(answer, Err(expected), "{fault:?}");
        assert_eq!((desk.calls(Call::Change), desk.notes(&ticket_id).len()), (1, 1), "{fault:?}");
        freshdesk.gate().open();
        let there = freshdesk.find_note(&ticket_id, NEW_MARKER).await.unwrap().is_some();
        assert_eq!(there, changed, "{fault:?}");
    }
}

#[tokio::test]
async fn every_fault_of_a_write_is_told_and_no_write_is_sent_twice() {
    let cases = [
        (Fault::Cut, CallError::OutcomeUnknown, 0),
        (Fault::LoseAnswer, CallError::OutcomeUnknown, 1),
        (Fault::Html(500), CallError::OutcomeUnknown, 0),
        (Fault::HtmlAfterWork(502), CallError::OutcomeUnknown, 1),
        (Fault::HtmlAfterWork(201), CallError::OutcomeUnknown, 1),
        (Fault::Unauthorized, CallError::Unauthorized, 0),
        (Fault::Forbidden, CallError::Forbidden, 0),
        (Fault::Html(405), CallError::Rejected { status: 405 }, 0),
        (Fault::LimitedJson(23), CallError::RateLimited { retry_after: Duration::from_secs(23) }, 0),
    ];
    for (fault, expected, written) in cases {
        let Setting { desk, freshdesk, ticket_id, .. } = setting().await;
        let ticket = freshdesk.ticket(&ticket_id).await.unwrap();
        desk.fail_next(Call::Write, fault);
        assert_eq!(freshdesk.post_note(&ticket, &note()).await, Err(expected), "{fault:?}");
        assert_eq!(desk.calls(Call::Write), 1, "{fault:?}");
        assert_eq!(desk.notes(&ticket_id).len(), written, "{fault:?}");
        freshdesk.gate().open();
        assert_eq!(
            freshdesk.find_note(&ticket_id, MARKER).await.unwrap().is_some(),
            written == 1,
            "{fault:?}"
        );
    }
}

#[tokio::test]
async fn every_fault_of_a_read_is_told() {
    let Setting { desk, freshdesk, ticket_id, .. } = setting().await;
    let cases = [
        (Fault::Cut, CallError::Unavailable { status: None }),
        (Fault::Html(503), CallError::Unavailable { status: Some(503) }),
        (Fault::Html(200), CallError::Malformed),
        (Fault::Unauthorized, CallError::Unauthorized),
        (Fault::LimitedJson(23), CallError::RateLimited { retry_after: Duration::from_secs(23) }),
    ];
    for (fault, expected) in cases {
        desk.fail_next(Call::Ticket, fault);
        assert_eq!(freshdesk.complete(&ticket_id).await.err(), Some(expected), "{fault:?}");
        freshdesk.gate().open();
    }
    let nowhere = TicketId("1".into());
    assert_eq!(freshdesk.complete(&nowhere).await.err(), Some(CallError::NotFound));
    let wrong = Settings { api_key: "wrong".into(), ..desk.settings(vec![]) };
    let wrong = Freshdesk::new(wrong, http_client().unwrap());
    assert_eq!(wrong.me().await, Err(CallError::Unauthorized));
}

#[tokio::test]
async fn a_requester_who_is_no_contact_leaves_the_ticket_readable() {
    let Setting { desk, freshdesk, .. } = setting().await;
    let agent = desk.add_user(NewUser { is_agent: true, ..NewUser::default() });
    let ticket_id = desk.add_ticket(ticket(&agent, "Mine", "2026-03-06T18:42:07Z"));
    let case = freshdesk.complete(&ticket_id).await.unwrap();
    assert_eq!((case.customer.id, case.customer.locale), (Some(agent), None));
}
