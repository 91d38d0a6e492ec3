//! Every reason for silence, and what is near to it and is no reason.

use super::*;
use crate::config::QuietHours;
use crate::detect::{DetectorName, EmotionFacts, Facts, Kind, Strength};

fn feeling(kind: Kind, level: u8) -> Signal {
    Signal {
        detector: DetectorName::EmotionalLanguage,
        kind,
        strength: Strength::Clear,
        evidence: Vec::new(),
        facts: Facts::Emotion(EmotionFacts { level }),
    }
}

fn situation(change: impl FnOnce(&mut Situation)) -> Situation {
    let mut situation = Situation::undisturbed(Mode::Live);
    change(&mut situation);
    situation
}

fn told(kinds: &[Kind]) -> Situation {
    situation(|it| it.told = kinds.iter().map(|kind| kind.as_str().to_owned()).collect())
}

fn replied(seconds: i64) -> Situation {
    situation(|it| it.agent_replied_ago = Some(Duration::seconds(seconds)))
}

fn aged(seconds: i64) -> Situation {
    situation(|it| it.event_age = Duration::seconds(seconds))
}

fn at(time: &str) -> Situation {
    situation(|it| {
        it.pace.policy.quiet_hours = Some(QuietHours::parse("22:00-07:00").unwrap());
        it.pace.local_time = time.parse().unwrap();
    })
}

fn notes(on_ticket: u32, of_source: u32) -> Situation {
    situation(|it| {
        it.pace.policy = NotePolicy { per_ticket: 3, per_day: 200, ..NotePolicy::default() };
        (it.pace.on_ticket, it.pace.of_source) = (on_ticket, of_source);
    })
}

fn with_status(status: Status) -> Situation {
    situation(|it| it.status = status)
}

#[test]
fn there_is_silence_for_these_reasons_and_for_nothing_near_to_them() {
    let none = None::<&str>;
    let cases = [
        ("nothing in the way", situation(|_| ()), none),
        ("an open ticket", with_status(Status::Open), none),
        ("a pending ticket", with_status(Status::Pending), none),
        ("a solved ticket may be opened again", with_status(Status::Solved), none),
        ("a closed ticket", with_status(Status::Closed), Some("ticket_closed")),
        ("spam", with_status(Status::Spam), Some("ticket_spam")),
        ("a deleted ticket", with_status(Status::Deleted), Some("ticket_deleted")),
        ("the same kind told", told(&[Kind::Anger]), Some("already_noted")),
        ("the same kind told among others", told(&[Kind::Chase, Kind::Anger]), Some("already_noted")),
        ("another kind told", told(&[Kind::Chase]), none),
        ("a milder kind told", told(&[Kind::Frustration]), none),
        ("six hours less a second old", aged(6 * 3600 - 1), none),
        ("5:59 h old", aged(6 * 3600 - 60), none),
        ("six hours old", aged(6 * 3600), none),
        ("a second more", aged(6 * 3600 + 1), Some("event_too_old")),
        ("from a clock that is ahead", aged(-300), none),
        ("an agent replied just now", replied(0), Some("agent_just_replied")),
        ("9:59 ago", replied(599), Some("agent_just_replied")),
        ("ten minutes ago", replied(600), none),
        ("by a clock that is ahead", replied(-5), Some("agent_just_replied")),
        ("a second before quiet hours", at("21:59:59"), none),
        ("as they begin", at("22:00:00"), Some("quiet_hours")),
        ("past midnight", at("00:30:00"), Some("quiet_hours")),
        ("in their last second", at("06:59:59"), Some("quiet_hours")),
        ("as they end", at("07:00:00"), none),
        ("one under the ticket's ceiling", notes(2, 2), none),
        ("the ticket's ceiling", notes(3, 3), Some("ticket_ceiling")),
        ("above it", notes(4, 4), Some("ticket_ceiling")),
        ("one under the source's ceiling", notes(0, 199), none),
        ("the source's ceiling", notes(0, 200), Some("source_ceiling")),
        ("held out", situation(|it| it.held_out = true), Some("hold_out")),
    ];
    for (name, situation, reason) in cases {
        let expected = reason.map_or(Decision::Post, Decision::Withhold);
        assert_eq!(decide(&[feeling(Kind::Anger, 2)], None, &situation), expected, "{name}");
    }
}

#[test]
fn what_was_found_decides_before_anything_around_it() {
    let cases = [
        ("not read", vec![feeling(Kind::Anger, 2)], Some("unsupported_language"), "unsupported_language"),
        ("nothing found", vec![], None, "nothing_noteworthy"),
        ("mild frustration", vec![feeling(Kind::Frustration, 1)], None, "nothing_noteworthy"),
        ("thanks", vec![feeling(Kind::Gratitude, 0)], None, "nothing_noteworthy"),
    ];
    let busy = situation(|it| {
        it.status = Status::Closed;
        it.event_age = Duration::days(1);
        it.held_out = true;
    });
    for (name, signals, unread, reason) in cases {
        assert_eq!(decide(&signals, unread, &busy), Decision::Withhold(reason), "{name}");
    }
}

#[test]
fn of_several_reasons_the_first_is_given_and_held_out_last() {
    let mut everything = situation(|it| {
        it.status = Status::Closed;
        it.told = vec!["anger".to_owned()];
        it.event_age = Duration::days(1);
        it.agent_replied_ago = Some(Duration::zero());
        it.pace.policy.quiet_hours = Some(QuietHours::parse("22:00-07:00").unwrap());
        it.pace.local_time = NaiveTime::MIN;
        (it.pace.on_ticket, it.pace.of_source) = (99, 100_000);
        it.held_out = true;
    });
    type Remove = fn(&mut Situation);
    let steps: [(&str, Remove); 8] = [
        ("ticket_closed", |it| it.status = Status::Open),
        ("already_noted", |it| it.told.clear()),
        ("event_too_old", |it| it.event_age = Duration::zero()),
        ("agent_just_replied", |it| it.agent_replied_ago = None),
        ("quiet_hours", |it| it.pace.policy.quiet_hours = None),
        ("ticket_ceiling", |it| it.pace.on_ticket = 0),
        ("source_ceiling", |it| it.pace.of_source = 0),
        ("hold_out", |it| it.held_out = false),
    ];
    for (reason, remove) in steps {
        assert_eq!(decide(&[feeling(Kind::Anger, 2)], None, &everything), Decision::Withhold(reason));
        remove(&mut everything);
    }
    assert_eq!(decide(&[feeling(Kind::Anger, 2)], None, &everything), Decision::Post);
}

#[test]
fn a_further_note_takes_news_that_would_deserve_a_note_by_itself() {
    let cases = [
        ("leaving, after anger", vec![feeling(Kind::Anger, 2), feeling(Kind::Churn, 1)], Decision::Post),
        (
            "mild sadness, after anger",
            vec![feeling(Kind::Anger, 2), feeling(Kind::Sadness, 1)],
            Decision::Withhold("already_noted"),
        ),
        ("strong sadness, after anger", vec![feeling(Kind::Sadness, 2)], Decision::Post),
        (
            "frustration, after anger",
            vec![feeling(Kind::Frustration, 2)],
            Decision::Withhold("already_noted"),
        ),
        (
            "thanks, after anger",
            vec![feeling(Kind::Anger, 2), feeling(Kind::Gratitude, 0)],
            Decision::Withhold("already_noted"),
        ),
    ];
    for (name, signals, expected) in cases {
        assert_eq!(decide(&signals, None, &told(&[Kind::Anger])), expected, "{name}");
    }
}

#[test]
fn shadow_mode_withholds_for_the_same_reasons() {
    let shadow = |change: fn(&mut Situation)| {
        let mut situation = Situation::undisturbed(Mode::Shadow);
        change(&mut situation);
        decide(&[feeling(Kind::Anger, 2)], None, &situation)
    };
    assert_eq!(shadow(|_| ()), Decision::Shadow);
    assert_eq!(shadow(|it| it.held_out = true), Decision::Withhold("hold_out"));
    assert_eq!(shadow(|it| it.pace.on_ticket = 3), Decision::Withhold("ticket_ceiling"));
}

#[test]
fn quiet_hours_follow_the_clock_through_a_change_of_summer_time() {
    let tz = chrono_tz::Europe::Copenhagen;
    let hours = QuietHours::parse("01:30-03:30").unwrap();
    // On 29 March 2026 the clock goes from 2:00 to 3:00, on 25 October from 3:00 back to 2:00.
    let cases = [
        ("2026-03-29T00:29:59Z", false),
        ("2026-03-29T00:30:00Z", true),
        ("2026-03-29T00:59:59Z", true),
        ("2026-03-29T01:00:00Z", true),
        ("2026-03-29T01:29:59Z", true),
        ("2026-03-29T01:30:00Z", false),
        ("2026-10-24T23:29:59Z", false),
        ("2026-10-24T23:30:00Z", true),
        ("2026-10-25T00:59:59Z", true),
        ("2026-10-25T01:00:00Z", true),
        ("2026-10-25T02:29:59Z", true),
        ("2026-10-25T02:30:00Z", false),
    ];
    for (now, expected) in cases {
        let now: chrono::DateTime<chrono::Utc> = now.parse().unwrap();
        assert_eq!(hours.contains(now.with_timezone(&tz).time()), expected, "{now}");
    }
}

#[test]
fn the_share_held_out_is_as_asked_and_always_the_same_tickets() {
    let tickets: Vec<_> = (1..=10_000).map(|id| TicketId(id.to_string())).collect();
    let out = |source: &str, percent| {
        tickets.iter().filter(|ticket| held_out(source, ticket, percent)).collect::<Vec<_>>()
    };
    for percent in [0, 1, 10, 50] {
        let share = out("acme", percent).len() as f64 / 100.0;
        assert!((share - f64::from(percent)).abs() < 1.5, "{percent}: {share}");
    }
    let ten = out("acme", 10);
    assert_eq!(ten, out("acme", 10));
    let twenty = out("acme", 20);
    assert!(ten.iter().all(|ticket| twenty.contains(ticket)), "a higher share keeps those held out before");
    assert_ne!(ten, out("acme-shop", 10));
}
