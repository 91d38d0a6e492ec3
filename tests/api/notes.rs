//! Whether a ticket gets its note: once, private, or not at all and why.

use chrono::{Duration, Utc};
use undertone::pretend::{Call, Fault, Happening, NewComment, NewTicket, NewUser, freshdesk, zendesk};
use undertone::ticket::TicketId;

use crate::helpers::{
    CHASE, QUESTION, World, customer, freshdesk_secret, start, ticket, until, world, zendesk_secret,
};

async fn announce_zendesk(world: &World, ticket: &TicketId, happening: Happening) {
    let (headers, body) =
        world.zendesk.signed_webhook(zendesk::Form::Event, happening, ticket, &zendesk_secret());
    assert!(world.post("/webhooks/zen", headers, body).await.is_success());
    world.settle().await;
}

async fn announce_freshdesk(world: &World, ticket: &TicketId, happening: Happening) {
    let form = freshdesk::Form::Pointer;
    let (headers, body) = world.freshdesk.signed_webhook(form, happening, ticket, &freshdesk_secret());
    assert!(world.post("/webhooks/fresh", headers, body).await.is_success());
    world.settle().await;
}

fn comment(author: undertone::ticket::UserId, text: &str, public: bool) -> NewComment {
    NewComment { author, text: text.into(), public, created_at: Utc::now() }
}

#[tokio::test]
async fn every_form_of_webhook_leads_to_one_private_note_however_often_it_comes() {
    let world = world("live").await;
    for form in [zendesk::Form::Event, zendesk::Form::Trigger, zendesk::Form::Pointer] {
        let ticket = world.zendesk_ticket(CHASE);
        for _ in 0..2 {
            let (headers, body) =
                world.zendesk.signed_webhook(form, Happening::TicketCreated, &ticket, &zendesk_secret());
            assert!(world.post("/webhooks/zen", headers, body).await.is_success());
            world.settle().await;
        }
        let notes = world.zendesk.notes(&ticket);
        assert_eq!(notes.len(), 1, "{form:?}");
        assert!(!notes[0].public && notes[0].html.contains("[undertone:v1:"), "{form:?}");
    }
    for form in [freshdesk::Form::Simple, freshdesk::Form::Advanced, freshdesk::Form::Pointer] {
        let ticket = world.freshdesk_ticket(CHASE);
        for _ in 0..2 {
            let (headers, body) =
                world.freshdesk.signed_webhook(form, Happening::TicketCreated, &ticket, &freshdesk_secret());
            assert!(world.post("/webhooks/fresh", headers, body).await.is_success());
            world.settle().await;
        }
        let notes = world.freshdesk.notes(&ticket);
        assert_eq!(notes.len(), 1, "{form:?}");
        assert!(!notes[0].public && notes[0].html.contains("[undertone:v1:"), "{form:?}");
    }
}

#[tokio::test]
async fn the_webhooks_of_one_ticket_are_worked_off_one_after_the_other_across_replicas() {
    let first = world("live").await;
    let database = first.db.connect_options().as_ref().clone();
    let second = start("live", first.zendesk.clone(), first.freshdesk.clone(), database).await;
    let ticket = first.freshdesk_ticket(CHASE);
    let send = async |world: &World, happening| {
        let form = freshdesk::Form::Pointer;
        let (headers, body) = world.freshdesk.signed_webhook(form, happening, &ticket, &freshdesk_secret());
        assert!(world.post("/webhooks/fresh", headers, body).await.is_success());
    };
    first.freshdesk.fail_next(Call::Ticket, Fault::Slow(std::time::Duration::from_secs(1)));
    send(&first, Happening::TicketCreated).await;
    until(async || first.freshdesk.calls(Call::Ticket) > 0).await;
    for (world, happening) in [(&first, Happening::CustomerReplied), (&second, Happening::NoteAdded)] {
        send(world, happening).await;
    }
    let all: Vec<uuid::Uuid> =
        sqlx::query_scalar("select id from delivery").fetch_all(&first.db).await.unwrap();
    assert_eq!(all.len(), 3);
    until(async || {
        let in_hand = undertone::jobs::in_hand(&first.db, &all).await.unwrap();
        assert!(in_hand < 2, "{in_hand} of one ticket's are worked on at once");
        first.count("select count(*) from delivery where state = 'waiting'").await == 0
    })
    .await;
    assert_eq!(first.freshdesk.notes(&ticket).len(), 1);
}

#[tokio::test]
async fn shadow_mode_stores_the_note_and_posts_nothing() {
    let world = world("shadow").await;
    let ticket = world.zendesk_ticket(CHASE);
    announce_zendesk(&world, &ticket, Happening::TicketCreated).await;
    assert_eq!(world.decisions().await, [("shadow".into(), "noteworthy".into())]);
    assert!(world.zendesk.notes(&ticket).is_empty() && world.zendesk.writes().is_empty());
    assert_eq!(
        world.count("select count(*) from note where text like 'Undertone: %' and html is not null").await,
        1
    );
}

#[tokio::test]
async fn silence_is_the_default_and_says_why() {
    let world = world("live").await;
    let ordinary = world.zendesk_ticket(QUESTION);
    announce_zendesk(&world, &ordinary, Happening::TicketCreated).await;

    let spanish =
        world.zendesk_ticket("Hola, es la tercera vez que escribo por mi pedido y nadie me responde.");
    announce_zendesk(&world, &spanish, Happening::TicketCreated).await;

    let closed = world.zendesk_ticket(CHASE);
    world.zendesk.set_status(&closed, "closed");
    announce_zendesk(&world, &closed, Happening::TicketCreated).await;

    let requester = world.zendesk.add_user(customer());
    let old = NewTicket { created_at: Utc::now() - Duration::hours(7), ..ticket(requester, CHASE) };
    let old = world.zendesk.add_ticket(old);
    announce_zendesk(&world, &old, Happening::TicketCreated).await;

    let answered = world.zendesk_ticket(CHASE);
    let agent = world.zendesk.add_user(NewUser { is_agent: true, ..NewUser::default() });
    world.zendesk.add_comment(&answered, comment(agent, "I am looking into it.", true));
    let (form, happening) = (zendesk::Form::Pointer, Happening::TicketCreated);
    let (headers, body) = world.zendesk.signed_webhook(form, happening, &answered, &zendesk_secret());
    assert!(world.post("/webhooks/zen", headers, body).await.is_success());
    world.settle().await;

    let reasons: Vec<_> = world.decisions().await.into_iter().map(|(_, reason)| reason).collect();
    let expected = [
        "nothing_noteworthy",
        "unsupported_language",
        "ticket_closed",
        "event_too_old",
        "agent_just_replied",
    ];
    assert_eq!(reasons, expected);
    assert!(world.zendesk.writes().is_empty());
    // The signals of the withheld ones are kept all the same.
    assert!(world.count("select count(distinct ticket_id) from signal where kind = 'chase'").await == 3);
}

#[tokio::test]
async fn a_second_message_on_a_noted_ticket_earns_no_second_note() {
    let world = world("live").await;
    let zen = world.zendesk_ticket(CHASE);
    announce_zendesk(&world, &zen, Happening::TicketCreated).await;
    let customer_id = world.zendesk.add_user(customer());
    world.zendesk.add_comment(&zen, comment(customer_id, "Fourth time now. Still nobody answers me!", true));
    announce_zendesk(&world, &zen, Happening::CustomerReplied).await;
    assert_eq!(world.zendesk.notes(&zen).len(), 1);

    let requester = world.freshdesk.add_user(customer());
    let fresh = world.freshdesk.add_ticket(ticket(requester.clone(), CHASE));
    announce_freshdesk(&world, &fresh, Happening::TicketCreated).await;
    world
        .freshdesk
        .add_comment(&fresh, comment(requester, "Fourth time now. Still nobody answers me!", true));
    announce_freshdesk(&world, &fresh, Happening::CustomerReplied).await;
    assert_eq!(world.freshdesk.notes(&fresh).len(), 1);
    assert_eq!(world.count("select count(*) from note where reason = 'already_noted'").await, 2);
}

#[tokio::test]
async fn our_own_note_sets_off_nothing() {
    let world = world("live").await;
    let zen = world.zendesk_ticket(CHASE);
    announce_zendesk(&world, &zen, Happening::TicketCreated).await;
    announce_zendesk(&world, &zen, Happening::NoteAdded).await;
    let last = world.deliveries().await.pop().unwrap();
    assert_eq!(last.0, "ignored", "{last:?}");
    assert_eq!(world.zendesk.notes(&zen).len(), 1);
    assert_eq!(world.count("select count(*) from message where text like '%undertone:v1%'").await, 0);
}

#[tokio::test]
async fn records_and_words_stand_side_by_side() {
    let world = world("live").await;
    let requester = world.zendesk.add_user(customer());
    for days in [9, 4] {
        let at = Utc::now() - Duration::days(days);
        let earlier = NewTicket { created_at: at, ..ticket(requester.clone(), "My order has not arrived.") };
        world.zendesk.add_ticket(earlier);
    }
    let newest = world.zendesk.add_ticket(ticket(requester, CHASE));
    announce_zendesk(&world, &newest, Happening::TicketCreated).await;
    let html = &world.zendesk.notes(&newest)[0].html;
    assert!(html.contains("2 earlier tickets") && html.contains("third time"), "{html}");
    assert_eq!(world.count("select jsonb_array_length(facts -> 'record_tickets')::bigint from signal where kind = 'chase'").await, 2);
}

#[tokio::test]
async fn markup_in_the_customers_words_stays_text() {
    let world = world("live").await;
    let text = "Third time I am writing to you about <script>alert(1)</script> & nobody has answered me, this is unacceptable.";
    let ticket = world.zendesk_ticket(text);
    announce_zendesk(&world, &ticket, Happening::TicketCreated).await;
    let html = &world.zendesk.notes(&ticket)[0].html;
    assert!(!html.contains("<script"), "{html}");
}

#[tokio::test]
async fn feedback_is_kept_when_the_button_is_pressed_and_not_when_a_program_follows_the_link() {
    let world = world("live").await;
    let noted = async || {
        let ticket = world.zendesk_ticket(CHASE);
        announce_zendesk(&world, &ticket, Happening::TicketCreated).await;
        let html = world.zendesk.notes(&ticket)[0].html.clone();
        let links = html.split("https://undertone.example.com").skip(1);
        links.map(|link| link[..link.find('"').unwrap()].to_owned()).collect::<Vec<_>>()
    };
    let (paths, of_another) = (noted().await, noted().await);
    assert_eq!(paths.len(), 3);
    let (status, page) = world.get(&paths[0]).await;
    assert!(status.is_success() && page.contains("<form method=\"post\">"), "{page}");
    assert_eq!(world.count("select count(*) from feedback").await, 0);
    assert!(world.post(&paths[0], Default::default(), Vec::new()).await.is_success());
    assert_eq!(world.count("select count(*) from feedback where verdict = 'useful'").await, 1);
    assert_eq!(
        world
            .count("select sum(useful)::bigint from note_feedback where detector = 'repeat_follow_up'")
            .await,
        1
    );
    let (start, token) = paths[0].rsplit_once('/').unwrap();
    for forged in [
        token.replace(&token[..1], if token.starts_with('0') { "1" } else { "0" }),
        "zz".repeat(16),
        "é".into(),
        of_another[0].rsplit_once('/').unwrap().1.to_owned(),
    ] {
        let status = world.post(&format!("{start}/{forged}"), Default::default(), Vec::new()).await;
        assert_eq!(status.as_u16(), 404, "{forged}");
    }
    assert_eq!(world.count("select count(*) from feedback").await, 1);
}
