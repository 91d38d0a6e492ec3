//! What keeps notes few: every reason for silence, seen in SQL; further notes for news; notes updated in place.

use axum::http::StatusCode;
use chrono::{Duration, Utc};
use undertone::pretend::{Call, Fault, Happening, NewComment, NewTicket, NewUser, freshdesk, zendesk};
use undertone::ticket::{TicketId, UserId};

use crate::helpers::{
    CHASE, QUESTION, World, customer, freshdesk_secret, ticket, until, world, world_with, zendesk_secret,
};

/// Says the same again as `CHASE`.
const CHASE_AGAIN: &str = "Fourth time now. Still nobody answers me!";
/// Says something new in kind after it.
pub const LEAVING: &str =
    "I have had enough. I am cancelling my account and moving to a competitor this week.";
const DEADLINE: &str = "My flight leaves tomorrow at 9 and I need the tickets before then, please.";

pub async fn announce(world: &World, on: Desk, ticket: &TicketId, happening: Happening) {
    let (path, (headers, body)) = match on {
        Desk::Zendesk => {
            let form = zendesk::Form::Event;
            ("/webhooks/zen", world.zendesk.signed_webhook(form, happening, ticket, &zendesk_secret()))
        }
        Desk::Freshdesk => {
            let form = freshdesk::Form::Pointer;
            ("/webhooks/fresh", world.freshdesk.signed_webhook(form, happening, ticket, &freshdesk_secret()))
        }
    };
    assert_eq!(world.post(path, headers, body).await, StatusCode::OK);
    world.settle().await;
}

#[derive(Clone, Copy, Debug)]
pub enum Desk {
    Zendesk,
    Freshdesk,
}

/// A ticket that begins with `text`, announced and worked off, and its requester.
pub async fn opened(world: &World, on: Desk, text: &str) -> (TicketId, UserId) {
    let (id, requester) = match on {
        Desk::Zendesk => {
            let requester = world.zendesk.add_user(customer());
            (world.zendesk.add_ticket(ticket(requester.clone(), text)), requester)
        }
        Desk::Freshdesk => {
            let requester = world.freshdesk.add_user(customer());
            (world.freshdesk.add_ticket(ticket(requester.clone(), text)), requester)
        }
    };
    announce(world, on, &id, Happening::TicketCreated).await;
    (id, requester)
}

/// The customer writes again, and it is worked off.
pub async fn replied(world: &World, on: Desk, ticket: &TicketId, author: &UserId, text: &str) {
    let comment =
        NewComment { author: author.clone(), text: text.into(), public: true, created_at: Utc::now() };
    match on {
        Desk::Zendesk => world.zendesk.add_comment(ticket, comment),
        Desk::Freshdesk => world.freshdesk.add_comment(ticket, comment),
    };
    announce(world, on, ticket, Happening::CustomerReplied).await;
}

/// The reason of each decision about a ticket, in their order.
pub async fn reasons(world: &World, on: Desk, ticket: &TicketId) -> Vec<String> {
    let source = match on {
        Desk::Zendesk => "zen",
        Desk::Freshdesk => "fresh",
    };
    sqlx::query_scalar("select reason from note where source = $1 and ticket_id = $2 order by decided_at")
        .bind(source)
        .bind(ticket)
        .fetch_all(&world.db)
        .await
        .unwrap()
}

/// Quiet hours from so many minutes from now, for so long, by the clock of `settings`' time zone.
fn quiet(from: i64, minutes: i64) -> String {
    let at =
        |minutes| (Utc::now() + Duration::minutes(minutes)).with_timezone(&chrono_tz::Europe::Copenhagen);
    format!("quiet_hours = \"{}-{}\"", at(from).format("%H:%M"), at(from + minutes).format("%H:%M"))
}

#[tokio::test]
async fn every_state_of_the_ticket_that_calls_for_silence_is_written_down() {
    let world = world("live").await;
    for status in ["closed", "deleted"] {
        let id = world.zendesk_ticket(CHASE);
        world.zendesk.set_status(&id, status);
        announce(&world, Desk::Zendesk, &id, Happening::TicketCreated).await;
        assert_eq!(reasons(&world, Desk::Zendesk, &id).await, [format!("ticket_{status}")]);
    }
    for status in ["spam", "deleted", "closed"] {
        let id = world.freshdesk_ticket(CHASE);
        world.freshdesk.set_status(&id, status);
        announce(&world, Desk::Freshdesk, &id, Happening::TicketCreated).await;
        assert_eq!(reasons(&world, Desk::Freshdesk, &id).await, [format!("ticket_{status}")]);
    }
    assert!(world.zendesk.writes().is_empty() && world.freshdesk.writes().is_empty());
}

#[tokio::test]
async fn what_cannot_be_read_or_is_not_worth_it_says_so() {
    let world = world("live").await;
    let cases = [
        (QUESTION, "nothing_noteworthy"),
        ("Hola, es la tercera vez que escribo por mi pedido y nadie me responde.", "unsupported_language"),
        ("???", "empty_text"),
        ("Conversation with Maya\n\nURL: https://shop.example/checkout", "system_text"),
    ];
    for (text, reason) in cases {
        let (id, _) = opened(&world, Desk::Zendesk, text).await;
        assert_eq!(reasons(&world, Desk::Zendesk, &id).await, [reason], "{text:?}");
    }
    assert!(world.zendesk.writes().is_empty());
}

#[tokio::test]
async fn a_message_over_six_hours_old_gets_no_note_and_one_just_under_does() {
    let world = world("live").await;
    for (age, reason) in [
        (Duration::hours(6) + Duration::seconds(5), "event_too_old"),
        (Duration::hours(6) - Duration::minutes(1), "noteworthy"),
    ] {
        let requester = world.zendesk.add_user(customer());
        let id =
            world.zendesk.add_ticket(NewTicket { created_at: Utc::now() - age, ..ticket(requester, CHASE) });
        announce(&world, Desk::Zendesk, &id, Happening::TicketCreated).await;
        assert_eq!(reasons(&world, Desk::Zendesk, &id).await, [reason], "{age}");
    }
}

#[tokio::test]
async fn an_agent_at_work_is_left_alone_for_ten_minutes() {
    let world = world("live").await;
    for (ago, reason) in [
        (Duration::minutes(9), "agent_just_replied"),
        (Duration::minutes(10) + Duration::seconds(5), "noteworthy"),
    ] {
        let requester = world.zendesk.add_user(customer());
        let agent = world.zendesk.add_user(NewUser { is_agent: true, ..NewUser::default() });
        let at = Utc::now() - Duration::minutes(30);
        let id =
            world.zendesk.add_ticket(NewTicket { created_at: at, ..ticket(requester.clone(), QUESTION) });
        let comment = |author, text: &str, created_at| NewComment {
            author,
            text: text.into(),
            public: true,
            created_at,
        };
        world.zendesk.add_comment(&id, comment(agent, "I am looking into it.", Utc::now() - ago));
        world.zendesk.add_comment(&id, comment(requester, CHASE, Utc::now()));
        announce(&world, Desk::Zendesk, &id, Happening::CustomerReplied).await;
        assert_eq!(reasons(&world, Desk::Zendesk, &id).await, [reason], "{ago}");
    }
}

#[tokio::test]
async fn in_quiet_hours_a_note_is_withheld_and_not_posted_later() {
    let world = world_with("live", &quiet(-60, 120)).await;
    for on in [Desk::Zendesk, Desk::Freshdesk] {
        let (id, _) = opened(&world, on, CHASE).await;
        assert_eq!(reasons(&world, on, &id).await, ["quiet_hours"], "{on:?}");
        announce(&world, on, &id, Happening::TicketCreated).await;
        assert_eq!(reasons(&world, on, &id).await, ["quiet_hours"], "{on:?}");
    }
    assert_eq!(world.count("select count(*) from note where text is not null").await, 0);
    assert!(world.zendesk.writes().is_empty() && world.freshdesk.writes().is_empty());
}

#[tokio::test]
async fn outside_quiet_hours_notes_are_posted() {
    let world = world_with("live", &quiet(60, 60)).await;
    let (id, _) = opened(&world, Desk::Zendesk, CHASE).await;
    assert_eq!(reasons(&world, Desk::Zendesk, &id).await, ["noteworthy"]);
    assert_eq!(world.zendesk.notes(&id).len(), 1);
}

#[tokio::test]
async fn a_held_out_share_of_the_tickets_gets_no_note_and_all_its_signals() {
    let world = world_with("live", "hold_out_percent = 50\nupdates_per_minute = 0").await;
    for _ in 0..20 {
        let (id, requester) = opened(&world, Desk::Zendesk, CHASE).await;
        replied(&world, Desk::Zendesk, &id, &requester, LEAVING).await;
        let reasons = reasons(&world, Desk::Zendesk, &id).await;
        let out = reasons[0] == "hold_out";
        assert_eq!(reasons, if out { ["hold_out"; 2] } else { ["noteworthy"; 2] }, "{id}");
        assert_eq!(world.zendesk.notes(&id).len(), if out { 0 } else { 2 }, "{id}");
    }
    let out = world.count("select count(distinct ticket_id) from note where reason = 'hold_out'").await;
    assert!((1..20).contains(&out), "{out} of 20");
    assert_eq!(world.count("select count(distinct ticket_id) from signal where kind = 'chase'").await, 20);
}

#[tokio::test]
async fn the_same_kind_again_earns_no_further_note_and_a_new_kind_does() {
    let world = world("live").await;
    let (id, requester) = opened(&world, Desk::Zendesk, CHASE).await;
    replied(&world, Desk::Zendesk, &id, &requester, CHASE_AGAIN).await;
    replied(&world, Desk::Zendesk, &id, &requester, LEAVING).await;
    replied(&world, Desk::Zendesk, &id, &requester, "As I said: I am cancelling my account.").await;
    assert_eq!(
        reasons(&world, Desk::Zendesk, &id).await,
        ["noteworthy", "already_noted", "noteworthy", "already_noted"]
    );
    let notes = world.zendesk.notes(&id);
    assert_eq!(notes.len(), 2);
    assert!(notes.iter().all(|note| !note.public));
    assert!(
        notes[1].html.contains("talks of leaving") && !notes[1].html.contains("contact"),
        "{}",
        notes[1].html
    );
    let stored: Vec<(i32, Option<String>)> =
        sqlx::query_as("select ordinal, replaces from note where state = 'posted' order by decided_at")
            .fetch_all(&world.db)
            .await
            .unwrap();
    assert_eq!(stored, [(1, None), (2, None)]);
}

#[tokio::test]
async fn on_freshdesk_the_note_that_stands_there_is_updated_in_place() {
    let world = world("live").await;
    let (id, requester) = opened(&world, Desk::Freshdesk, CHASE).await;
    let first = world.freshdesk.notes(&id).remove(0);
    replied(&world, Desk::Freshdesk, &id, &requester, CHASE_AGAIN).await;
    assert_eq!(world.freshdesk.notes(&id)[0].html, first.html, "nothing new, nothing changed");
    replied(&world, Desk::Freshdesk, &id, &requester, LEAVING).await;
    assert_eq!(reasons(&world, Desk::Freshdesk, &id).await, ["noteworthy", "already_noted", "noteworthy"]);
    let notes = world.freshdesk.notes(&id);
    assert_eq!(notes.len(), 1);
    assert_eq!((&notes[0].id, notes[0].public), (&first.id, false));
    for words in ["Undertone: talks of leaving", "third time", "Noted before:"] {
        assert!(notes[0].html.contains(words), "{words}: {}", notes[0].html);
    }
    let (replaces, comment): (Option<String>, Option<String>) = sqlx::query_as(
        "select replaces, comment_id from note where ticket_id = $1 and state = 'posted' and ordinal = 2",
    )
    .bind(&id)
    .fetch_one(&world.db)
    .await
    .unwrap();
    assert_eq!((replaces.as_deref(), comment), (Some("description"), Some(first.id)));
    let whole = format!("{CHASE}\n{LEAVING}");
    let text: String = sqlx::query_scalar("select text from note where ordinal = 2 and state = 'posted'")
        .fetch_one(&world.db)
        .await
        .unwrap();
    let quotes: Vec<_> = text.split('"').skip(1).step_by(2).collect();
    assert!(quotes.len() >= 2 && quotes.iter().all(|quote| whole.contains(quote)), "{text}");
}

#[tokio::test]
async fn whatever_becomes_of_an_update_in_place_the_note_stands_there_once() {
    let world = world("live").await;
    let faults = [
        Fault::LoseAnswer,
        Fault::Cut,
        Fault::Html(503),
        Fault::HtmlAfterWork(502),
        Fault::LimitedPlain(1),
        Fault::LimitedJson(1),
    ];
    for fault in faults {
        let (id, requester) = opened(&world, Desk::Freshdesk, CHASE).await;
        let first = world.freshdesk.notes(&id).remove(0);
        world.freshdesk.fail_next(Call::Change, fault);
        let before = world.freshdesk.calls(Call::Change);
        replied(&world, Desk::Freshdesk, &id, &requester, LEAVING).await;
        let notes = world.freshdesk.notes(&id);
        assert_eq!((notes.len(), &notes[0].id), (1, &first.id), "{fault:?}");
        assert!(notes[0].html.contains("talks of leaving") && !notes[0].public, "{fault:?}");
        let written = matches!(fault, Fault::LoseAnswer | Fault::HtmlAfterWork(_));
        let changes = world.freshdesk.calls(Call::Change) - before;
        assert_eq!(changes, if written { 1 } else { 2 }, "{fault:?}");
    }
    assert_eq!(world.count("select count(*) from note where state <> 'posted'").await, 0);
}

#[tokio::test]
async fn news_that_come_before_the_first_note_is_posted_still_make_one_note() {
    let world = world("live").await;
    let requester = world.freshdesk.add_user(customer());
    let id = world.freshdesk.add_ticket(ticket(requester.clone(), CHASE));
    world.freshdesk.fail_next(Call::Write, Fault::LimitedJson(2));
    let (form, happening) = (freshdesk::Form::Pointer, Happening::TicketCreated);
    let (headers, body) = world.freshdesk.signed_webhook(form, happening, &id, &freshdesk_secret());
    assert_eq!(world.post("/webhooks/fresh", headers, body).await, StatusCode::OK);
    let waits = "select count(*) from note where state = 'pending'";
    until(async || world.count(waits).await == 1).await;
    replied(&world, Desk::Freshdesk, &id, &requester, LEAVING).await;
    assert_eq!(reasons(&world, Desk::Freshdesk, &id).await, ["noteworthy", "noteworthy"]);
    let notes = world.freshdesk.notes(&id);
    assert_eq!(notes.len(), 1);
    for words in ["Undertone: talks of leaving", "third time", "Noted before:"] {
        assert!(notes[0].html.contains(words), "{words}: {}", notes[0].html);
    }
    assert_eq!(world.count("select count(*) from note where state = 'posted'").await, 2);
}

#[tokio::test]
async fn in_shadow_mode_a_further_note_is_stored_beside_the_first() {
    let world = world("shadow").await;
    for on in [Desk::Zendesk, Desk::Freshdesk] {
        let (id, requester) = opened(&world, on, CHASE).await;
        for text in [CHASE_AGAIN, LEAVING] {
            replied(&world, on, &id, &requester, text).await;
        }
        assert_eq!(reasons(&world, on, &id).await, ["noteworthy", "already_noted", "noteworthy"], "{on:?}");
    }
    let further = "select count(*) from note where state = 'shadow' and ordinal = 2 and text is not null";
    assert_eq!(world.count(further).await, 2);
    assert!(world.zendesk.writes().is_empty() && world.freshdesk.writes().is_empty());
}

#[tokio::test]
async fn where_an_agent_took_our_note_away_news_stand_in_a_new_one() {
    let world = world("live").await;
    let (id, requester) = opened(&world, Desk::Freshdesk, CHASE).await;
    world.freshdesk.remove_notes(&id);
    replied(&world, Desk::Freshdesk, &id, &requester, LEAVING).await;
    let notes = world.freshdesk.notes(&id);
    assert_eq!(notes.len(), 1);
    assert!(notes[0].html.contains("talks of leaving") && !notes[0].public);
    assert_eq!(world.freshdesk.calls(Call::Change), 0);
}

#[tokio::test]
async fn a_ticket_gets_no_more_notes_than_its_ceiling_whatever_is_new() {
    for (ceiling, on) in [(1, Desk::Zendesk), (2, Desk::Zendesk), (2, Desk::Freshdesk)] {
        let world = world_with("live", &format!("notes_per_ticket = {ceiling}")).await;
        let (id, requester) = opened(&world, on, CHASE).await;
        for text in [LEAVING, DEADLINE] {
            replied(&world, on, &id, &requester, text).await;
        }
        let expected: Vec<_> =
            (0..3).map(|n| if n < ceiling { "noteworthy" } else { "ticket_ceiling" }).collect();
        assert_eq!(reasons(&world, on, &id).await, expected, "{ceiling} {on:?}");
        // A day later there is room again.
        sqlx::query("update note set decided_at = decided_at - interval '24 hours'")
            .execute(&world.db)
            .await
            .unwrap();
        replied(&world, on, &id, &requester, "I am so scared that I will lose my home over this.").await;
        assert_eq!(reasons(&world, on, &id).await[3], "noteworthy", "{ceiling} {on:?}");
    }
}

#[tokio::test]
async fn a_source_gets_no_more_notes_a_day_than_its_ceiling_and_other_sources_their_own() {
    for mode in ["live", "shadow"] {
        let world = world_with(mode, "notes_per_day = 2").await;
        for expected in ["noteworthy", "noteworthy", "source_ceiling"] {
            let (id, _) = opened(&world, Desk::Zendesk, CHASE).await;
            assert_eq!(reasons(&world, Desk::Zendesk, &id).await, [expected], "{mode}");
        }
        let (other, _) = opened(&world, Desk::Freshdesk, CHASE).await;
        assert_eq!(reasons(&world, Desk::Freshdesk, &other).await, ["noteworthy"], "{mode}");
        sqlx::query("update note set decided_at = decided_at - interval '24 hours'")
            .execute(&world.db)
            .await
            .unwrap();
        // A day later; the count is remembered for a second.
        until(async || {
            let (id, _) = opened(&world, Desk::Zendesk, CHASE).await;
            reasons(&world, Desk::Zendesk, &id).await == ["noteworthy"]
        })
        .await;
    }
}

#[tokio::test]
async fn what_stayed_in_the_shadow_does_not_keep_a_live_source_silent() {
    let shadow = world("shadow").await;
    let (id, requester) = opened(&shadow, Desk::Zendesk, CHASE).await;
    let live = shadow.turned("live").await;
    replied(&live, Desk::Zendesk, &id, &requester, CHASE_AGAIN).await;
    assert_eq!(reasons(&live, Desk::Zendesk, &id).await, ["noteworthy", "noteworthy"]);
    assert_eq!(live.zendesk.notes(&id).len(), 1);
    assert_eq!(live.count("select count(*) from note where state = 'shadow'").await, 1);
}

#[tokio::test]
async fn a_note_that_waited_too_long_for_its_helpdesk_is_not_posted_after_all() {
    let shadow = world("shadow").await;
    let (id, _) = opened(&shadow, Desk::Zendesk, CHASE).await;
    // As an outage of six hours leaves it.
    sqlx::query("update note set state = 'pending'").execute(&shadow.db).await.unwrap();
    let live = shadow.turned("live").await;
    let later = Utc::now() - Duration::hours(6) - Duration::seconds(5);
    live.zendesk.set_written_at(&id, later);
    announce(&live, Desk::Zendesk, &id, Happening::TicketCreated).await;
    assert_eq!(live.decisions().await, [("withheld".into(), "event_too_old".into())]);
    assert!(live.zendesk.writes().is_empty());
}
