use std::time::Duration;

use super::*;
use crate::helpdesk::zendesk::Settings;
use crate::helpdesk::{fixture, http_client};
use crate::pretend::{Call, Fault, Limits, NewComment, NewTicket, NewUser, PretendZendesk};
use crate::ticket::{Author, MessageId, Status};

const MARKER: &str = "[undertone:v1:35002:5e0d7c1a]";

struct Setting {
    desk: PretendZendesk,
    zendesk: Zendesk,
    ticket_id: TicketId,
    customer: UserId,
}

async fn setting() -> Setting {
    let desk = PretendZendesk::start().await.unwrap();
    let zendesk = Zendesk::new(desk.settings(vec![]), http_client().unwrap());
    let customer = desk.add_user(NewUser {
        locale: Some("en-GB".into()),
        time_zone: Some("Copenhagen".into()),
        is_agent: false,
    });
    let ticket_id = desk.add_ticket(ticket(&customer, "Charged twice", "2026-03-06T18:42:07Z"));
    Setting { desk, zendesk, ticket_id, customer }
}

fn ticket(requester: &UserId, subject: &str, at: &str) -> NewTicket {
    NewTicket {
        requester: requester.clone(),
        subject: subject.into(),
        text: format!("{subject}.\n\nPlease help."),
        created_at: at.parse().unwrap(),
    }
}

fn comment(author: &UserId, text: &str, public: bool, at: &str) -> NewComment {
    NewComment { author: author.clone(), text: text.into(), public, created_at: at.parse().unwrap() }
}

fn note() -> PrivateNote {
    PrivateNote::new(format!("<p>Undertone: charged twice</p><p>{MARKER}</p>"), MARKER)
}

#[tokio::test]
async fn a_case_is_read_whole() {
    let Setting { desk, zendesk, ticket_id, customer } = setting().await;
    let agent = desk.add_user(NewUser { is_agent: true, ..NewUser::default() });
    let colleague = desk.add_user(NewUser::default());
    let earlier = desk.add_ticket(ticket(&customer, "Earlier", "2026-03-01T10:00:00Z"));
    let closed = desk.add_ticket(ticket(&customer, "Closed", "2026-02-01T10:00:00Z"));
    desk.add_ticket(ticket(&agent, "Another's", "2026-03-02T10:00:00Z"));
    desk.set_status(&closed, "closed");
    desk.set_follow_up_of(&ticket_id, &closed);
    desk.add_comment(&ticket_id, comment(&agent, "We look into it", true, "2026-03-06T19:00:00Z"));
    desk.add_comment(&ticket_id, comment(&agent, "call her", false, "2026-03-06T19:01:00Z"));
    desk.add_comment(&ticket_id, comment(&colleague, "Me too&nbsp;", true, "2026-03-07T19:00:00Z"));
    let reply = desk.add_comment(&ticket_id, comment(&customer, "Hello?", true, "2026-03-10T07:05:00Z"));

    let case = zendesk.complete(&ticket_id).await.unwrap();

    assert_eq!(case.ticket.subject.expose(), "Charged twice");
    assert_eq!(case.ticket.updated_stamp, "2026-03-10T07:05:00Z");
    assert_eq!(case.ticket.follow_up_of.as_ref(), Some(&closed));
    assert_eq!(case.customer.id.as_ref(), Some(&customer));
    assert_eq!(case.customer.locale.as_deref(), Some("en-GB"));
    assert_eq!(case.customer.time_zone, Some(chrono_tz::Europe::Copenhagen));
    let messages: Vec<_> = case.messages.iter().map(|m| (m.author, m.text.expose())).collect();
    let expected = [
        (Author::Customer, "Charged twice.\n\nPlease help."),
        (Author::Agent, "We look into it"),
        (Author::Customer, "Me too "),
        (Author::Customer, "Hello?"),
    ];
    assert_eq!(messages, expected);
    assert_eq!(case.messages[0].id, MessageId::opening());
    assert_eq!(case.messages[3].id, MessageId(reply));
    let others: Vec<_> = case.earlier_tickets.iter().map(|t| (t.id.clone(), t.finished)).collect();
    assert_eq!(others, [(earlier, false), (closed, true)]);
}

#[tokio::test]
async fn an_opening_message_that_an_agent_wrote_down_is_the_agents() {
    let Setting { desk, zendesk, ticket_id, .. } = setting().await;
    let agent = desk.add_user(NewUser { is_agent: true, ..NewUser::default() });
    desk.set_submitter(&ticket_id, &agent);
    let case = zendesk.complete(&ticket_id).await.unwrap();
    assert_eq!(case.messages[0].author, Author::Agent);
}

#[test]
fn whose_words_open_a_ticket_is_read_from_author_and_submitter() {
    use crate::ticket::Author::{Agent, Customer};
    // Requester 1; 2 is an agent, 3 an admin, 4 an end user, 9 is not among the users.
    let cases = [
        ("the requester's own", 1, 1, Customer),
        ("an agent's", 2, 2, Agent),
        ("an agent's, in the requester's name", 2, 1, Agent),
        ("an admin's, in the requester's name", 3, 1, Agent),
        ("a form's, in the requester's name", 9, 1, Customer),
        ("another end user's", 4, 4, Customer),
        ("somebody unknown", 9, 9, Agent),
    ];
    for (name, submitter, author, expected) in cases {
        let show: TicketShow = serde_json::from_value(serde_json::json!({"ticket": {
            "id": 7, "requester_id": 1, "submitter_id": submitter,
        }}))
        .unwrap();
        let page: CommentPage = serde_json::from_value(serde_json::json!({
            "comments": [{"id": 70, "author_id": author, "body": "Hi", "public": true,
                "created_at": "2026-03-06T18:42:07Z"}],
            "users": [{"id": 1, "role": "end-user"}, {"id": 2, "role": "agent"}, {"id": 3, "role": "admin"},
                {"id": 4, "role": "end-user"}],
        }))
        .unwrap();
        assert_eq!(show.ticket.messages(page)[0].author, expected, "{name}");
    }
}

#[tokio::test]
async fn of_a_long_ticket_the_opening_message_and_the_newest_hundred_are_read() {
    let Setting { desk, zendesk, ticket_id, customer } = setting().await;
    for second in 0..150 {
        let at = format!("2026-03-07T00:{:02}:{:02}Z", second / 60, second % 60);
        desk.add_comment(&ticket_id, comment(&customer, &format!("message {second}"), true, &at));
    }
    let messages = zendesk.complete(&ticket_id).await.unwrap().messages;
    assert_eq!(messages.len(), 101);
    assert_eq!((&messages[0].id, messages[0].author), (&MessageId::opening(), Author::Customer));
    assert_eq!(messages[1].text.expose(), "message 50");
    assert_eq!(messages[100].text.expose(), "message 149");
}

#[tokio::test]
async fn the_samples_of_the_reference_are_read() {
    let show: TicketShow =
        serde_json::from_slice(&fixture("zendesk", "api_ticket_show_followup.json")).unwrap();
    assert_eq!(show.ticket.into_ticket().unwrap().follow_up_of, Some(TicketId("35211".into())));
    let show: TicketShow = serde_json::from_slice(&fixture("zendesk", "api_ticket_show.json")).unwrap();
    let page: CommentPage = serde_json::from_slice(&fixture("zendesk", "api_ticket_comments.json")).unwrap();
    assert!(page.comments[1].carries("[undertone:v1:35211:5e0d7c1a]"));
    assert!(!page.comments[0].carries("[undertone:v1:35211:5e0d7c1a]"));
    let messages = show.ticket.messages(page);
    assert_eq!(messages.len(), 1, "our own note is left out");
    assert_eq!(messages[0].author, Author::Customer);
    let user: UserShow = serde_json::from_slice(&fixture("zendesk", "api_user_show.json")).unwrap();
    assert_eq!(user.user.into_customer().time_zone, Some(chrono_tz::Europe::Copenhagen));
    let list: TicketList =
        serde_json::from_slice(&fixture("zendesk", "api_users_requested_tickets.json")).unwrap();
    assert_eq!(list.tickets.into_iter().filter_map(TicketPart::into_earlier).count(), 3);
    let reply: UpdateReply =
        serde_json::from_slice(&fixture("zendesk", "api_update_private_note.response.json")).unwrap();
    let posted = Posted { comment_id: Some("9100000001003".into()), audit_id: Some("9100000002002".into()) };
    assert_eq!(reply.into_posted(), posted);
}

#[tokio::test]
async fn a_note_is_private_guarded_and_changes_nothing_else() {
    let Setting { desk, zendesk, ticket_id, .. } = setting().await;
    let ticket = zendesk.ticket(&ticket_id).await.unwrap();
    let posted = zendesk.post_note(&ticket, &note()).await.unwrap();
    let notes = desk.notes(&ticket_id);
    assert_eq!(notes.len(), 1);
    assert_eq!((notes[0].public, &notes[0].author), (false, &zendesk.me().await.unwrap()));
    assert_eq!(posted.comment_id.as_ref(), Some(&notes[0].id));
    assert_eq!(zendesk.find_note(&ticket_id, MARKER).await.unwrap(), Some(posted));
    assert_eq!(zendesk.find_note(&ticket_id, "[undertone:v1:35002:other]").await.unwrap(), None);
    let expected = serde_json::json!({"ticket": {
        "comment": {"html_body": notes[0].html, "public": false},
        "metadata": {"undertone": MARKER},
        "safe_update": true,
        "updated_stamp": "2026-03-06T18:42:07Z",
    }});
    assert_eq!(desk.writes(), [expected]);
    assert_eq!(zendesk.complete(&ticket_id).await.unwrap().messages.len(), 1, "our note is no message");
}

#[tokio::test]
async fn without_a_stamp_one_is_read_first() {
    let Setting { desk, zendesk, ticket_id, .. } = setting().await;
    let mut ticket = zendesk.ticket(&ticket_id).await.unwrap();
    ticket.updated_stamp.clear();
    zendesk.post_note(&ticket, &note()).await.unwrap();
    assert_eq!(desk.writes()[0]["ticket"]["updated_stamp"], "2026-03-06T18:42:07Z");
}

#[tokio::test]
async fn a_stale_stamp_is_a_conflict_and_a_closed_ticket_is_closed() {
    let Setting { desk, zendesk, ticket_id, customer } = setting().await;
    let ticket = zendesk.ticket(&ticket_id).await.unwrap();
    desk.add_comment(&ticket_id, comment(&customer, "Hello?", true, "2026-03-10T07:05:00Z"));
    assert_eq!(zendesk.post_note(&ticket, &note()).await, Err(CallError::Conflict));
    desk.set_status(&ticket_id, "closed");
    let ticket = zendesk.ticket(&ticket_id).await.unwrap();
    assert_eq!(ticket.status, Status::Closed);
    assert_eq!(zendesk.post_note(&ticket, &note()).await, Err(CallError::Closed));
    assert!(desk.notes(&ticket_id).is_empty());
}

#[tokio::test]
async fn every_fault_of_a_write_is_told_and_no_write_is_sent_twice() {
    let cases = [
        (Fault::Cut, CallError::OutcomeUnknown, 0),
        (Fault::LoseAnswer, CallError::OutcomeUnknown, 1),
        (Fault::Html(503), CallError::OutcomeUnknown, 0),
        (Fault::HtmlAfterWork(502), CallError::OutcomeUnknown, 1),
        (Fault::HtmlAfterWork(200), CallError::OutcomeUnknown, 1),
        (Fault::Conflict, CallError::Conflict, 0),
        (Fault::Forbidden, CallError::Forbidden, 0),
        (Fault::LimitedPlain(37), CallError::RateLimited { retry_after: Duration::from_secs(37) }, 0),
        (Fault::LimitedJson(12), CallError::RateLimited { retry_after: Duration::from_secs(12) }, 0),
        (Fault::Html(302), CallError::Rejected { status: 302 }, 0),
    ];
    for (fault, expected, written) in cases {
        let Setting { desk, zendesk, ticket_id, .. } = setting().await;
        // Read over the same connection first: a reused connection is what a client likes to repeat on.
        let ticket = zendesk.ticket(&ticket_id).await.unwrap();
        desk.fail_next(Call::Write, fault);
        assert_eq!(zendesk.post_note(&ticket, &note()).await, Err(expected), "{fault:?}");
        assert_eq!(desk.calls(Call::Write), 1, "{fault:?}");
        assert_eq!(desk.notes(&ticket_id).len(), written, "{fault:?}");
        zendesk.gate().open();
        assert_eq!(zendesk.find_note(&ticket_id, MARKER).await.unwrap().is_some(), written == 1, "{fault:?}");
    }
}

#[tokio::test]
async fn a_write_that_is_answered_too_late_has_an_unknown_outcome() {
    let Setting { desk, ticket_id, .. } = setting().await;
    let impatient = reqwest::Client::builder()
        .timeout(Duration::from_millis(300))
        .retry(reqwest::retry::never())
        .build()
        .unwrap();
    let zendesk = Zendesk::new(desk.settings(vec![]), impatient);
    let ticket = zendesk.ticket(&ticket_id).await.unwrap();
    desk.fail_next(Call::Write, Fault::Late(Duration::from_secs(30)));
    assert_eq!(zendesk.post_note(&ticket, &note()).await, Err(CallError::OutcomeUnknown));
    assert_eq!((desk.calls(Call::Write), desk.notes(&ticket_id).len()), (1, 1));
}

#[tokio::test]
async fn every_fault_of_a_read_is_told() {
    let Setting { desk, zendesk, ticket_id, .. } = setting().await;
    let cases = [
        (Fault::Cut, CallError::Unavailable { status: None }),
        (Fault::Html(503), CallError::Unavailable { status: Some(503) }),
        (Fault::Html(200), CallError::Malformed),
        (Fault::Forbidden, CallError::Forbidden),
        (Fault::LimitedPlain(37), CallError::RateLimited { retry_after: Duration::from_secs(37) }),
    ];
    for (fault, expected) in cases {
        desk.fail_next(Call::Ticket, fault);
        assert_eq!(zendesk.complete(&ticket_id).await.err(), Some(expected), "{fault:?}");
        zendesk.gate().open();
    }
    let nowhere = TicketId("1".into());
    assert_eq!(zendesk.complete(&nowhere).await.err(), Some(CallError::NotFound));
    for call in [Call::Comments, Call::User, Call::Earlier] {
        // A fresh one each: calls that a failed neighbour abandoned may still arrive.
        let Setting { desk, zendesk, ticket_id, .. } = setting().await;
        desk.fail_next(call, Fault::Forbidden);
        assert_eq!(zendesk.complete(&ticket_id).await.err(), Some(CallError::Forbidden), "{call:?}");
        assert!(zendesk.complete(&ticket_id).await.is_ok(), "{call:?}");
    }
}

#[tokio::test]
async fn where_nobody_listens_nothing_was_written() {
    let Setting { desk, zendesk, ticket_id, .. } = setting().await;
    let ticket = zendesk.ticket(&ticket_id).await.unwrap();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let settings = Settings {
        base_url: format!("http://{free}"),
        credentials: PretendZendesk::token_credentials(),
        ..desk.settings(vec![])
    };
    let away = Zendesk::new(settings, http_client().unwrap());
    assert_eq!(away.post_note(&ticket, &note()).await, Err(CallError::Unavailable { status: None }));
}

#[tokio::test]
async fn limits_of_updates_are_their_own() {
    let Setting { desk, zendesk, ticket_id, .. } = setting().await;
    desk.set_limits(Limits { account: 700, updates: 0 });
    let ticket = zendesk.ticket(&ticket_id).await.unwrap();
    let error = zendesk.post_note(&ticket, &note()).await.unwrap_err();
    assert!(
        matches!(error, CallError::RateLimited { retry_after } if retry_after <= Duration::from_secs(60))
    );
    zendesk.gate().open();
    assert!(zendesk.ticket(&ticket_id).await.is_ok());
}

#[tokio::test]
async fn a_token_is_fetched_once_and_renewed_before_its_end() {
    let Setting { desk, zendesk, ticket_id, .. } = setting().await;
    let (first, second) = tokio::join!(zendesk.ticket(&ticket_id), zendesk.ticket(&ticket_id));
    assert!(first.is_ok() && second.is_ok());
    zendesk.complete(&ticket_id).await.unwrap();
    assert_eq!(desk.calls(Call::Token), 1, "calls at once share one fetch");

    let Setting { desk, zendesk, ticket_id, .. } = setting().await;
    desk.set_token_lifetime(0);
    zendesk.ticket(&ticket_id).await.unwrap();
    zendesk.ticket(&ticket_id).await.unwrap();
    assert_eq!(desk.calls(Call::Token), 2);
    assert_eq!(desk.calls(Call::Ticket), 2, "renewed before it was refused");
}

#[tokio::test]
async fn a_refused_token_is_renewed_once_and_then_given_up() {
    let Setting { desk, zendesk, ticket_id, .. } = setting().await;
    let ticket = zendesk.ticket(&ticket_id).await.unwrap();
    desk.revoke_tokens();
    zendesk.post_note(&ticket, &note()).await.unwrap();
    assert_eq!((desk.calls(Call::Token), desk.calls(Call::Write)), (2, 2));
    assert_eq!(desk.notes(&ticket_id).len(), 1);

    desk.fail_next(Call::Ticket, Fault::Unauthorized);
    desk.fail_next(Call::Ticket, Fault::Unauthorized);
    let before = (desk.calls(Call::Token), desk.calls(Call::Ticket));
    assert_eq!(zendesk.ticket(&ticket_id).await.err(), Some(CallError::Unauthorized));
    assert_eq!((desk.calls(Call::Token), desk.calls(Call::Ticket)), (before.0 + 1, before.1 + 2));
}

#[tokio::test]
async fn faults_of_the_token_endpoint_are_told() {
    let cases = [
        (Fault::Unauthorized, CallError::Unauthorized),
        (Fault::Forbidden, CallError::Unauthorized),
        (Fault::Html(400), CallError::Unauthorized),
        (Fault::Html(503), CallError::Unavailable { status: Some(503) }),
        (Fault::Cut, CallError::Unavailable { status: None }),
        (Fault::LimitedPlain(9), CallError::RateLimited { retry_after: Duration::from_secs(9) }),
    ];
    for (fault, expected) in cases {
        let Setting { desk, zendesk, ticket_id, .. } = setting().await;
        desk.fail_next(Call::Token, fault);
        assert_eq!(zendesk.ticket(&ticket_id).await.err(), Some(expected), "{fault:?}");
        zendesk.gate().open();
        assert!(zendesk.ticket(&ticket_id).await.is_ok(), "{fault:?}: and the next call asks again");
    }
}

#[tokio::test]
async fn an_api_token_serves_and_a_refused_one_is_not_renewed() {
    let Setting { desk, ticket_id, .. } = setting().await;
    let client = http_client().unwrap();
    let with = |credentials| Settings { credentials, ..desk.settings(vec![]) };
    let right = Zendesk::new(with(PretendZendesk::token_credentials()), client.clone());
    assert!(right.ticket(&ticket_id).await.is_ok());
    let credentials =
        super::super::Credentials::Token { email: "a@example.com".into(), token: "wrong".into() };
    let wrong = Zendesk::new(with(credentials), client);
    let before = desk.calls(Call::Ticket);
    assert_eq!(wrong.ticket(&ticket_id).await.err(), Some(CallError::Unauthorized));
    assert_eq!((desk.calls(Call::Ticket), desk.calls(Call::Token)), (before + 1, 0));
}

#[tokio::test]
async fn a_paused_account_is_not_called_and_a_probe_goes_through_a_refusal_alone() {
    use crate::helpdesk::gate::Reason;
    let Setting { desk, zendesk, ticket_id, .. } = setting().await;
    for reason in Reason::ALL {
        let (before, gate) = (desk.calls(Call::Ticket) + desk.calls(Call::Token), zendesk.gate());
        gate.open();
        gate.shut(reason, Duration::from_secs(60));
        let pause = gate.pause().unwrap();
        assert_eq!(zendesk.ticket(&ticket_id).await.err(), Some(CallError::Paused(pause)));
        assert_eq!(zendesk.me().await.err(), Some(CallError::Paused(pause)));
        assert_eq!(desk.calls(Call::Ticket) + desk.calls(Call::Token), before, "{reason:?}");
        assert_eq!(zendesk.probe().await.is_ok(), reason.ends_by_probe(), "{reason:?}");
    }
}

#[tokio::test]
async fn our_own_id_is_asked_once() {
    let Setting { desk, zendesk, .. } = setting().await;
    desk.fail_next(Call::Me, Fault::Html(503));
    assert!(zendesk.me().await.is_err());
    assert_eq!(zendesk.me().await, Ok(desk.me()));
    assert_eq!(zendesk.clone().me().await, Ok(desk.me()));
    assert_eq!(desk.calls(Call::Me), 2);
}
