//! A bad day at random: two services on one database, helpdesks whose every call can go wrong, and at the end one
//! private note on each ticket that deserves one and none on any other.
//!
//! The short form runs with the other tests. The long one, and another day:
//!
//!     UNDERTONE_CHAOS_TICKETS=2000 UNDERTONE_CHAOS_SEED=7 cargo test --test api chaos -- --nocapture

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use undertone::pretend::{
    BadDay, Call, Dice, Fault, Happening, Limits, NewComment, NoteSeen, PretendFreshdesk, PretendZendesk,
    freshdesk, zendesk,
};
use undertone::ticket::{TicketId, UserId};

use crate::helpers::{
    CHASE, QUESTION, QUICK, World, customer, database, freshdesk_secret, settings, start_with, ticket,
    zendesk_secret,
};

/// Quick pauses, and as many attempts as it takes. The call's time is short enough to be outlasted by a late answer
/// and long enough for a busy machine.
const WORKER: &str = r#"
    [worker]
    concurrency = 8
    max_attempts = 100
    first_pause_seconds = 0.05
    longest_pause_seconds = 0.5
    call_timeout_seconds = 1.0
"#;

/// A number from the environment, for the long form.
pub fn from_environment(name: &str, otherwise: u64) -> u64 {
    match std::env::var(name) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{name} is not a number: {text}")),
        Err(_) => otherwise,
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Desk {
    Zendesk,
    Freshdesk,
}

struct Story {
    desk: Desk,
    ticket: TicketId,
    requester: UserId,
    deserves_a_note: bool,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_bad_day_each_ticket_that_deserves_a_note_has_one_and_no_other_has_any() {
    let seed = from_environment("UNDERTONE_CHAOS_SEED", 20_261_125);
    let tickets = from_environment("UNDERTONE_CHAOS_TICKETS", 120);
    println!("chaos: seed {seed}, {tickets} tickets");
    let began = Instant::now();
    let (first, second) = services(seed).await;
    let mut dice = Dice::new(seed);

    let mut stories = Vec::new();
    for _ in 0..tickets {
        let story = open(&first, &mut dice);
        announce(&first, &second, &story, Happening::TicketCreated, &mut dice).await;
        stories.push(story);
        if dice.below(5) == 0 {
            let story = &stories[dice.below(stories.len() as u64) as usize];
            // Asking an ordinary question twice is a chase, and would deserve a note.
            if story.deserves_a_note {
                repeat(&first, story);
                announce(&first, &second, story, Happening::CustomerReplied, &mut dice).await;
            }
        }
    }
    all_worked_off(&first, tickets).await;

    for story in &stories {
        check(&first, story).await;
    }
    assert_eq!(first.count("select count(*) from note where state in ('pending', 'failed')").await, 0);
    assert_eq!(first.count("select count(*) from delivery where state <> 'done'").await, 0);
    assert_eq!(first.count("select count(*) from graphile_worker.jobs").await, 0);
    report(&first, &stories, began);
}

async fn services(seed: u64) -> (World, World) {
    let zendesk = Arc::new(PretendZendesk::start().await.unwrap());
    let freshdesk = Arc::new(PretendFreshdesk::start().await.unwrap());
    // The limits of calls a minute have tests of their own.
    let limits = Limits { account: u32::MAX, updates: u32::MAX };
    zendesk.set_limits(limits);
    freshdesk.set_limits(limits);
    let (late, away) = (Duration::from_secs(3), Duration::from_millis(400));
    let day = BadDay { seed, reads: 8, writes: 40, late, away };
    zendesk.bad_day(day);
    freshdesk.bad_day(BadDay { seed: !seed, ..day });
    // What is rare is seen to happen.
    for fault in [Fault::LimitedPlain(1), Fault::Late(late), Fault::CloseFirst] {
        zendesk.fail_next(Call::Write, fault);
    }
    for fault in [Fault::LimitedJson(1), Fault::Late(late)] {
        freshdesk.fail_next(Call::Write, fault);
    }
    let settings = settings("live", zendesk.base_url(), freshdesk.base_url())
        .replace(QUICK, WORKER)
        .replace("mode =", "updates_per_minute = 0\n        mode =");
    let database = database().await;
    let first = start_with(&settings, zendesk.clone(), freshdesk.clone(), database.clone()).await;
    let second = start_with(&settings, zendesk, freshdesk, database).await;
    (first, second)
}

fn open(world: &World, dice: &mut Dice) -> Story {
    let deserves_a_note = dice.below(2) == 0;
    let text = if deserves_a_note { CHASE } else { QUESTION };
    if dice.below(2) == 0 {
        let requester = world.zendesk.add_user(customer());
        let ticket = world.zendesk.add_ticket(ticket(requester.clone(), text));
        Story { desk: Desk::Zendesk, ticket, requester, deserves_a_note }
    } else {
        let requester = world.freshdesk.add_user(customer());
        let ticket = world.freshdesk.add_ticket(ticket(requester.clone(), text));
        Story { desk: Desk::Freshdesk, ticket, requester, deserves_a_note }
    }
}

/// The customer says the same again, which is nothing new.
fn repeat(world: &World, story: &Story) {
    let author = story.requester.clone();
    let comment = NewComment { author, text: CHASE.into(), public: true, created_at: chrono::Utc::now() };
    match story.desk {
        Desk::Zendesk => world.zendesk.add_comment(&story.ticket, comment),
        Desk::Freshdesk => world.freshdesk.add_comment(&story.ticket, comment),
    };
}

/// Sends the webhook, in any form, to either service and now and then to both.
async fn announce(first: &World, second: &World, story: &Story, happening: Happening, dice: &mut Dice) {
    let (path, (headers, body)) = match story.desk {
        Desk::Zendesk => {
            let forms = [zendesk::Form::Event, zendesk::Form::Trigger, zendesk::Form::Pointer];
            let form = forms[dice.below(3) as usize];
            let webhook = first.zendesk.signed_webhook(form, happening, &story.ticket, &zendesk_secret());
            ("/webhooks/zen", webhook)
        }
        Desk::Freshdesk => {
            let forms = [freshdesk::Form::Simple, freshdesk::Form::Advanced, freshdesk::Form::Pointer];
            let form = forms[dice.below(3) as usize];
            let webhook = first.freshdesk.signed_webhook(form, happening, &story.ticket, &freshdesk_secret());
            ("/webhooks/fresh", webhook)
        }
    };
    let to: &[&World] = match dice.below(4) {
        0 => &[first, second],
        1 => &[second],
        _ => &[first],
    };
    for world in to {
        assert!(world.post(path, headers.clone(), body.clone()).await.is_success());
    }
}

/// Waits until nothing waits and nothing is queued: a minute, and longer for more tickets.
async fn all_worked_off(world: &World, tickets: u64) {
    let deadline = Instant::now() + Duration::from_secs(60) + Duration::from_millis(300 * tickets);
    let left = "select (select count(*) from delivery where state = 'waiting')
                     + (select count(*) from graphile_worker.jobs)";
    while world.count(left).await > 0 {
        assert!(Instant::now() < deadline, "{} deliveries and jobs still wait", world.count(left).await);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn notes(world: &World, story: &Story) -> Vec<NoteSeen> {
    match story.desk {
        Desk::Zendesk => world.zendesk.notes(&story.ticket),
        Desk::Freshdesk => world.freshdesk.notes(&story.ticket),
    }
}

fn is_closed(world: &World, story: &Story) -> bool {
    match story.desk {
        Desk::Zendesk => world.zendesk.status(&story.ticket) == "closed",
        Desk::Freshdesk => world.freshdesk.status(&story.ticket) == "closed",
    }
}

async fn check(world: &World, story: &Story) {
    let notes = notes(world, story);
    let name = match story.desk {
        Desk::Zendesk => "zen",
        Desk::Freshdesk => "fresh",
    };
    let confirmed: Vec<String> = sqlx::query_scalar(
        "select comment_id from note where source = $1 and ticket_id = $2 and state = 'posted'",
    )
    .bind(name)
    .bind(&story.ticket)
    .fetch_all(&world.db)
    .await
    .unwrap();
    let there: Vec<_> = notes.iter().map(|note| note.id.clone()).collect();
    assert_eq!(there, confirmed, "{name} {}: what lies on the ticket, and what we know of", story.ticket);
    assert!(notes.iter().all(|note| !note.public), "{name} {}: a public note", story.ticket);
    let expected = match (story.deserves_a_note, is_closed(world, story)) {
        (false, _) => 0..=0,
        (true, false) => 1..=1,
        // Closed before the note got there, or after.
        (true, true) => 0..=1,
    };
    assert!(expected.contains(&notes.len()), "{name} {}: {} notes", story.ticket, notes.len());
}

/// Prints the day's figures, and sees to it that it was a bad one.
fn report(world: &World, stories: &[Story], began: Instant) {
    let mut faults = BTreeMap::<&str, usize>::new();
    for (_, fault) in world.zendesk.suffered().into_iter().chain(world.freshdesk.suffered()) {
        *faults.entry(name(fault)).or_default() += 1;
    }
    let posted = stories.iter().filter(|story| !notes(world, story).is_empty()).count();
    let writes = world.zendesk.calls(Call::Write) + world.freshdesk.calls(Call::Write);
    println!(
        "chaos: {posted} notes of {writes} writes in {:.1} s; faults: {faults:?}",
        began.elapsed().as_secs_f64()
    );
    let kinds = ["after the write", "before the write", "late", "refused", "limited"];
    for kind in kinds {
        assert!(faults.contains_key(kind), "no fault of the kind {kind:?}: {faults:?}");
    }
    assert!(writes > posted, "every write was answered");
}

fn name(fault: Fault) -> &'static str {
    match fault {
        Fault::LoseAnswer | Fault::HtmlAfterWork(_) => "after the write",
        Fault::Cut | Fault::Html(_) => "before the write",
        Fault::Late(_) | Fault::Slow(_) => "late",
        Fault::LimitedPlain(_) | Fault::LimitedJson(_) => "limited",
        Fault::Conflict | Fault::CloseFirst | Fault::Unauthorized | Fault::Forbidden => "refused",
    }
}
