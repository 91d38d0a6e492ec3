//! The rule as a whole: what fires, what must not, and what the facts say.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use proptest::prelude::{Strategy, any as arbitrary, prop_assert, prop_assert_eq, prop_oneof, proptest};

use super::*;
use crate::detect::Detectors;
use crate::text;
use crate::ticket::History;

/// Friday, 1 May 2026, 10:00 UTC.
fn friday_morning() -> DateTime<Utc> {
    at("2026-05-01T10:00:00Z")
}

fn at(moment: &str) -> DateTime<Utc> {
    moment.parse().unwrap()
}

fn urgency() -> Detectors {
    Detectors::with(|patterns| Ok(vec![Box::new(Urgency::load(patterns)?)])).expect("the lexicons are valid")
}

fn signal(detector: &Detectors, text: &str, sent_at: DateTime<Utc>, zone: Zone) -> Option<Signal> {
    let cleaned = text::clean(text);
    let history = History::default();
    let reading = Reading { text: &cleaned, subject: "", sent_at, zone, history: &history };
    let mut signals = detector.run(&reading);
    assert!(signals.len() <= 1, "{text:?}");
    signals.pop()
}

fn fired(detector: &Detectors, text: &str) -> Option<Kind> {
    signal(detector, text, friday_morning(), Zone::Source(Tz::UTC)).map(|signal| signal.kind)
}

fn facts_of(signal: &Signal) -> &UrgencyFacts {
    match &signal.facts {
        Facts::Urgency(facts) => facts,
        other => panic!("not facts of urgency: {other:?}"),
    }
}

fn check(cases: &[(&str, Option<Kind>)]) {
    let detector = urgency();
    let wrong: Vec<_> = cases
        .iter()
        .map(|(text, expected)| (text, expected, fired(&detector, text)))
        .filter(|(_, expected, found)| *expected != found)
        .collect();
    assert!(wrong.is_empty(), "(text, expected, found): {wrong:#?}");
}

const DEADLINE: Option<Kind> = Some(Kind::Deadline);
const BLOCKED: Option<Kind> = Some(Kind::Blocked);
const HURRY: Option<Kind> = Some(Kind::Hurry);

#[test]
fn a_date_is_a_deadline_where_it_presses_on_the_customer() {
    check(&[
        ("I'm presenting to the board at 9 tomorrow.", DEADLINE),
        ("We need the report by Friday.", DEADLINE),
        ("Please send the invoice by end of day.", DEADLINE),
        ("My demo starts in two hours and the login fails.", DEADLINE),
        ("I need this sorted before my flight on 3 June at 6am.", DEADLINE),
        ("Could you get it to me by the 14th?", DEADLINE),
        ("Rent is due on the 5th and my deposit is missing.", DEADLINE),
        ("We need to pay our employees on Friday and nothing goes through.", DEADLINE),
        ("we fly out friday 6am!!", DEADLINE),
        ("My trial expires tomorrow and I can't export.", DEADLINE),
        ("They are trying to foreclose on us tomorrow.", DEADLINE),
        ("In process of closing on a home and my score is wrong.", DEADLINE),
        ("My closing is XX/XX and the report is still wrong.", DEADLINE),
        ("I have to submit my thesis by midnight.", DEADLINE),
        ("We really need it before the wedding.", DEADLINE),
        ("Can this be fixed before my wedding?", DEADLINE),
        ("My daughter starts school on 1 June and needs the laptop.", DEADLINE),
        ("The deadline for the grant is 5pm today and the upload fails.", DEADLINE),
        ("I need it for Saturday.", DEADLINE),
        // Dates of a story, a promise, a law or a bill.
        ("I called on Friday and again on Monday.", None),
        ("You told me you would reply within 24 hours.", None),
        ("I cancelled the card within a week.", None),
        ("My flight was cancelled last Friday. I would like a refund.", None),
        ("The package should arrive by Friday.", None),
        ("Is your store open on Saturday?", None),
        ("By law you have 30 days, reply within 30 days of this letter.", None),
        ("I again paid my taxes for XX/XX/XXXX on XX/XX/XXXX.", None),
        ("The app was updated today and tomorrow I will try again.", None),
        ("The wedding was on 12 April and the photos never came.", None),
        ("I need to know why I was charged on 12 February.", None),
        ("It has been broken since 3 June.", None),
        ("I spoke with the IT department and they said to try again in a couple of hours.", None),
        ("I got an email on Tuesday about my account.", None),
        ("I'll be on vacation until 5 June, please reply after that.", None),
        ("I'd like to book a table for Friday.", None),
        ("Is there a flight on Saturday to Rome?", None),
        ("What time does the game start tomorrow?", None),
        ("The meeting reminder pops up at 9 tomorrow though I set it to 10.", None),
        ("My son's birthday was on Saturday and the toy broke.", None),
        ("The tutorial covers this in chapter 12, see page 3/400.", None),
    ]);
}

#[test]
fn harm_running_now_is_told_from_harm_that_is_over_or_only_feared_for_a_score() {
    check(&[
        ("I am homeless because of this.", BLOCKED),
        ("We are at risk of eviction.", BLOCKED),
        ("I was denied a home loan because of this error.", BLOCKED),
        ("It is holding me up from buying my home.", BLOCKED),
        ("This is preventing us from getting a mortgage.", BLOCKED),
        ("I can't pay my rent until you release it.", BLOCKED),
        ("I have no access to my money.", BLOCKED),
        ("My account got hacked, get back to me!", BLOCKED),
        ("Someone is trying to log in to my account.", BLOCKED),
        ("I am stranded at the airport.", BLOCKED),
        ("We can't run payroll.", BLOCKED),
        ("This is hurting my business.", BLOCKED),
        ("They are threatening to garnish my wages.", BLOCKED),
        ("I can't get an apartment with this on my report.", BLOCKED),
        ("My lender says they cannot proceed until this is removed.", BLOCKED),
        ("I have no other money and nothing to eat.", BLOCKED),
        ("My security clearance is at risk.", BLOCKED),
        ("It hurts my credit score.", None),
        ("I can't log in to my account.", None),
        ("I can not find a Home button in the toolbar.", None),
        ("I was denied a simple credit card.", None),
        ("My dispute was denied.", None),
        ("I will report it to the bureau.", None),
        ("Is it true that $200 fixes a hacked account?", None),
        ("Before my account was hacked I had three videos.", None),
        ("The property was foreclosed upon in 2016, years ago.", None),
        ("They hold me responsible for it.", None),
        ("My printer can't work with this driver.", None),
        ("It keeps me from doing a refund.", None),
        ("I see the locked icon beside the folder.", None),
        ("The mailbox is locked by the server.", None),
    ]);
}

#[test]
fn harm_told_as_a_plain_fact_is_a_matter_and_what_befell_it() {
    check(&[
        ("With this on my report I applied for a mortgage last week and they denied me as well.", BLOCKED),
        ("We can not refinance because of this.", BLOCKED),
        ("The credit union would not give us the home loan over this.", BLOCKED),
        ("Your entry stands on my credit report. I applied for an apartment. They turned me down.", BLOCKED),
        ("This is costing me job opportunities.", BLOCKED),
        ("We lost the house because of you.", BLOCKED),
        ("Our whole home purchase is falling apart.", BLOCKED),
        ("They withheld my paycheck and I have no food in the house.", BLOCKED),
        ("My debit card was shut off in Mexico and I need to pay the hotel.", BLOCKED),
        ("They denied my claim for the broken lease car.", None),
        ("The dealer denied that there was a problem with the car.", None),
        ("I can't find my mortgage account in the app.", None),
        ("I can't find my application for a loan.", None),
        ("My request for a loan modification was denied.", None),
        ("I was turned down for the balance transfer. My mortgage is with another bank.", None),
        ("I was denied. Years later I took out a mortgage with somebody else entirely.", None),
        ("I applied for a loan with you. You turned me down.", None),
        ("The credit union would not give us the home loan.", None),
        ("I never lost a house.", None),
        ("We lost a lot of files in the move to the new apartment.", None),
        ("They withheld my paycheck stub from the file.", None),
        ("My card was declined at the store although I had enough credit.", None),
    ]);
}

#[test]
fn a_plan_of_their_own_makes_a_date_a_deadline() {
    check(&[
        ("We close on the house on 12 June.", DEADLINE),
        ("Our payroll runs today.", DEADLINE),
        ("The offer expires in two hours and your site will not let me sign.", DEADLINE),
        ("I have a court date on the 14th.", DEADLINE),
        ("We move in on the 3rd and the deposit has not cleared.", DEADLINE),
        ("Our tax return is due on the 15th of this month and I need the form.", DEADLINE),
        ("The show starts at 8 and the tickets are still not in my app.", DEADLINE),
        ("The offer expires in two hours, does it cover shoes too?", None),
        ("The store opens at 8 and is still not on the map.", None),
        ("They want payment by the 20th of the month.", None),
        ("I have an appointment with the dealer next week to get it looked at.", None),
        ("See you tomorrow at the conference!", None),
        ("I will file suit in small claims court on Monday.", None),
        ("I would like to move my mail to a new computer next week.", None),
        ("He closed the 1st quarter with a loss.", None),
    ]);
}

#[test]
fn a_hurry_is_the_customers_own() {
    check(&[
        ("Please fix this ASAP.", HURRY),
        ("I need this as soon as possible.", HURRY),
        ("Can you help urgently?", HURRY),
        ("Help. Urgent. It will not start.", HURRY),
        ("This needs to be resolved immediately.", HURRY),
        ("I need an answer today.", DEADLINE),
        ("Please hurry!", HURRY),
        ("Time is running out.", HURRY),
        ("We can't wait any longer.", HURRY),
        ("I desperately need this working.", HURRY),
        ("Can you guys hurry up with my order?", HURRY),
        ("I have a customer waiting and the file will not open.", HURRY),
        ("This is not urgent.", None),
        ("No rush, whenever you get a chance. ASAP would be a bonus.", None),
        ("Take your time, it isn't urgent at all.", None),
        ("If this were urgent I would have called.", None),
        ("The caller said it was urgent.", None),
        ("The mail was marked as urgent.", None),
        ("I flagged the message as urgent in the sidebar.", None),
        ("How do I add an urgent flag to a message?", None),
        ("Dr. Lee's urgent care was closed.", None),
        ("My name is Asaph.", None),
        ("I called you immediately and paid at once.", None),
        ("I reported it as soon as I saw it.", None),
        ("Thanks for fixing it so quickly, that was an urgent one.", None),
        ("Remove these accounts immediately or litigation may follow.", None),
        ("Under 15 U.S.C. 1681 you must take these steps as soon as possible.", None),
        ("Limited time offer! Hurry in, order now!", None),
        ("Absolutely unacceptable. I will sue you.", None),
        ("It's 2 at night and I am still reading your documentation.", None),
    ]);
}

#[test]
fn a_no_within_a_hurry_denies_nothing_and_what_runs_to_its_end_does() {
    check(&[
        ("There is no time to lose.", Some(Kind::Hurry)),
        ("I can not wait any longer.", Some(Kind::Hurry)),
        ("It can not wait any longer.", Some(Kind::Hurry)),
        ("They could not wait any longer.", None),
        ("It is not urgent.", None),
        ("Let me know soon.", None),
        ("I will write as soon as I know.", None),
    ]);
}

#[test]
fn a_sentence_that_a_guard_takes_back_is_not_asked_by_its_wording() {
    let pressing = "I am a single mother who barely makes rent and needs this money for food";
    check(&[
        (&format!("{pressing}."), Some(Kind::Blocked)),
        (&format!("{pressing}, and that was in 2011."), None),
        (&format!("{pressing}. The form is of 2011."), Some(Kind::Blocked)),
        ("They are foreclosing on us and I ask how to trust a bank in the future.", Some(Kind::Blocked)),
        ("They sent the notice of foreclosure to my home address.", Some(Kind::Blocked)),
    ]);
}

#[test]
fn the_moment_is_meant_in_the_customers_zone() {
    let detector = urgency();
    let cases = [
        // zone, sent, words, the moment meant
        (
            "Europe/Copenhagen",
            "2026-03-03T21:51:00Z",
            "presenting to the board at 9 tomorrow",
            "2026-03-04T08:00:00Z",
        ),
        (
            "America/New_York",
            "2026-03-03T21:51:00Z",
            "presenting to the board at 9 tomorrow",
            "2026-03-04T14:00:00Z",
        ),
        (
            "Asia/Kolkata",
            "2026-03-03T21:51:00Z",
            "presenting to the board at 9 tomorrow",
            "2026-03-05T03:30:00Z",
        ),
        // The night the clocks go forward, and the night they go back.
        ("Europe/Copenhagen", "2026-03-28T20:00:00Z", "my exam is tomorrow at 9", "2026-03-29T07:00:00Z"),
        (
            "Europe/Copenhagen",
            "2026-03-28T20:00:00Z",
            "my flight is tomorrow at 2:30 am",
            "2026-03-29T01:00:00Z",
        ),
        (
            "America/New_York",
            "2026-10-31T20:00:00Z",
            "my flight is tomorrow at 1:30 am",
            "2026-11-01T05:30:00Z",
        ),
        ("UTC", "2026-05-01T10:00:00Z", "we need it by Friday", "2026-05-08T23:59:00Z"),
        ("UTC", "2026-05-01T10:00:00Z", "we need it by this Friday", "2026-05-01T23:59:00Z"),
        ("UTC", "2026-05-01T10:00:00Z", "we need it by next Tuesday", "2026-05-05T23:59:00Z"),
        ("UTC", "2026-05-04T10:00:00Z", "we need it by next Tuesday", "2026-05-12T23:59:00Z"),
        ("UTC", "2026-05-04T10:00:00Z", "we need it by end of the week", "2026-05-08T23:59:00Z"),
        ("UTC", "2026-05-04T10:00:00Z", "we need it by the end of the month", "2026-05-31T23:59:00Z"),
        ("UTC", "2026-05-04T10:00:00Z", "we need it by end of day", "2026-05-04T23:59:00Z"),
        ("UTC", "2026-05-04T10:00:00Z", "we need it by COB", "2026-05-04T17:00:00Z"),
        ("UTC", "2026-05-04T10:00:00Z", "we need it by cob friday", "2026-05-08T17:00:00Z"),
        ("UTC", "2026-05-04T10:00:00Z", "we need it by noon", "2026-05-04T12:00:00Z"),
        ("UTC", "2026-05-04T15:00:00Z", "we need it by noon", "2026-05-05T12:00:00Z"),
        ("UTC", "2026-05-04T10:00:00Z", "we need it this afternoon", "2026-05-04T18:00:00Z"),
        ("UTC", "2026-05-04T10:00:00Z", "we need it tonight", "2026-05-04T23:59:00Z"),
        ("UTC", "2026-05-04T10:00:00Z", "we need it tomorrow by 3", "2026-05-05T15:00:00Z"),
        ("UTC", "2026-05-04T15:00:00Z", "we need it today at 9", "2026-05-04T21:00:00Z"),
        ("UTC", "2026-05-04T10:00:00Z", "we need it in two hours", "2026-05-04T12:00:00Z"),
        ("UTC", "2026-05-04T10:00:00Z", "we need it within 24 hours", "2026-05-05T10:00:00Z"),
        ("UTC", "2026-05-04T10:00:00Z", "the wedding is in 3 days", "2026-05-07T10:00:00Z"),
        ("UTC", "2026-05-20T10:00:00Z", "my exam is on the 14th", "2026-06-14T23:59:00Z"),
        ("UTC", "2026-05-04T10:00:00Z", "before the wedding on 12 June", "2026-06-12T23:59:00Z"),
        ("UTC", "2026-05-04T10:00:00Z", "we need it by June 12th", "2026-06-12T23:59:00Z"),
        ("UTC", "2026-05-04T10:00:00Z", "we need it by 2026-06-12", "2026-06-12T23:59:00Z"),
        ("UTC", "2026-05-04T10:00:00Z", "we need it by 21/5", "2026-05-21T23:59:00Z"),
        ("UTC", "2026-11-20T10:00:00Z", "we need it by Black Friday", "2026-11-27T23:59:00Z"),
        ("UTC", "2026-12-20T10:00:00Z", "I need it before Christmas", "2026-12-25T23:59:00Z"),
        ("UTC", "2026-12-20T10:00:00Z", "we need it by 3 January", "2027-01-03T23:59:00Z"),
    ];
    for (zone, sent, text, expected) in cases {
        let zone: Tz = zone.parse().unwrap();
        let found =
            signal(&detector, text, at(sent), Zone::Customer(zone)).unwrap_or_else(|| panic!("{text:?}"));
        assert_eq!(facts_of(&found).deadline_at, Some(at(expected)), "{text:?} in {zone}");
    }
}

#[test]
fn what_is_past_or_open_gives_no_moment() {
    let detector = urgency();
    let cases = [
        ("over", "we need it by 12 April", None),
        ("over, with its year", "we need it by 2025-06-12", None),
        ("not a date", "we need it by 31 June", None),
        ("over today", "our meeting is at 9 this morning", None),
        ("either order", "we need it by 6/7", None),
        ("blacked out", "our closing is on XX/XX", None),
    ];
    for (name, text, expected) in cases {
        let found =
            signal(&detector, text, friday_morning().max(at("2026-05-01T13:00:00Z")), Zone::Source(Tz::UTC));
        assert_eq!(found.and_then(|found| facts_of(&found).deadline_at), expected, "{name}: {text:?}");
    }
}

#[test]
fn the_facts_carry_the_deadline_and_the_hour_of_sending() {
    let detector = urgency();
    let text = "I'm LOCKED OUT and I'm presenting to the board at 9 tomorrow. Please hurry!";
    let zone = Zone::Customer(Tz::Europe__Copenhagen);
    let found = signal(&detector, text, at("2026-03-03T21:51:00Z"), zone).unwrap();
    let facts = facts_of(&found);
    assert_eq!(facts.deadline_text.as_ref().unwrap().expose(), "presenting to the board at 9 tomorrow");
    assert_eq!(facts.hours_left, Some(10.2));
    assert_eq!(facts.sent_local.as_deref(), Some("22:51"));
    assert!(facts.strong && facts.blocked && facts.hurry && facts.deadline_has_time);
    assert_eq!((found.kind, found.strength), (Kind::Deadline, Strength::Clear));
    let quotes: Vec<_> = found.evidence.iter().map(|evidence| evidence.quote.expose()).collect();
    assert_eq!(quotes, ["I'm LOCKED OUT", "presenting to the board at 9 tomorrow", "Please hurry"]);

    // Without the customer's own zone the hour of sending is nobody's; without a deadline it is no fact.
    let found = signal(&detector, text, at("2026-03-03T21:51:00Z"), Zone::Source(Tz::UTC)).unwrap();
    assert_eq!(facts_of(&found).sent_local, None);
    let found = signal(&detector, "Please hurry!", at("2026-03-03T21:51:00Z"), zone).unwrap();
    assert_eq!(facts_of(&found).sent_local, None);
}

#[test]
fn words_that_leave_it_open_are_possible_and_not_clear() {
    let detector = urgency();
    let cases = [
        ("Our closing is on XX/XX.", Strength::Possible),
        ("We need it by 6/7.", Strength::Possible),
        // Only June is ahead, but December may have been meant.
        ("We need it by 6/12.", Strength::Possible),
        ("We need it by 21/5.", Strength::Clear),
        ("Our closing is on 12 May.", Strength::Clear),
    ];
    for (text, expected) in cases {
        let found = signal(&detector, text, friday_morning(), Zone::Source(Tz::UTC)).unwrap();
        assert_eq!(found.strength, expected, "{text:?}");
    }
}

/// Texts made of the words that matter here, so that the rules are reached, and of anything else.
fn texts() -> impl Strategy<Value = String> {
    let words = [
        "need",
        "by",
        "tomorrow",
        "at 9",
        "my flight",
        "Friday",
        "31/12",
        "in 900 days",
        "2026-02-30",
        "ASAP",
        "é€",
        "next",
        "end of",
        "month",
        "the 31st",
        "is",
        "on",
        "xx/xx",
        "February 29",
        "9999-12-31",
        "\n",
        "’s",
        ".",
        "İ",
        "99:99",
        "within",
        "365 weeks",
        "0 am",
        "13 pm",
        "a",
        "hours",
        "not",
        "hacked",
        "my account was",
    ];
    prop_oneof![
        proptest::collection::vec(proptest::sample::select(words.to_vec()), 0..30)
            .prop_map(|words| words.join(" ")),
        arbitrary::<String>(),
    ]
}

proptest! {
    #[test]
    fn any_text_at_any_time_gives_exact_quotes_and_no_past_moment(
        text in texts(),
        sent in 0_i64..4_000_000_000,
        zone in proptest::sample::select(vec![Tz::UTC, Tz::Europe__Copenhagen, Tz::Asia__Kolkata, Tz::Pacific__Apia]),
    ) {
        static DETECTOR: std::sync::LazyLock<Detectors> = std::sync::LazyLock::new(urgency);
        let sent_at = DateTime::from_timestamp(sent, 0).unwrap();
        if let Some(found) = signal(&DETECTOR, &text, sent_at, Zone::Customer(zone)) {
            prop_assert!(!found.evidence.is_empty());
            for evidence in &found.evidence {
                let quote: String = text.chars().skip(evidence.start).take(evidence.end - evidence.start).collect();
                prop_assert_eq!(&quote, evidence.quote.expose());
            }
            let facts = facts_of(&found);
            prop_assert!(facts.deadline_at.is_none_or(|at| at >= sent_at));
        }
    }
}
