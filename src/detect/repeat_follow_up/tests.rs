//! What counts as coming back, and what only looks like it.

use std::sync::LazyLock;

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;

use super::RepeatFollowUp;
use super::context::Context;
use crate::detect::search::Patterns;
use crate::detect::{Detector, Detectors, Facts, Kind, Reading, RepeatFacts, Signal, Strength};
use crate::text;
use crate::ticket::{EarlierTicket, History, TicketId, Zone};

/// Compiled once: it takes longer than all the tests.
static DETECTOR: LazyLock<Detectors> = LazyLock::new(|| {
    Detectors::with(|patterns| Ok(vec![Box::new(RepeatFollowUp::load(patterns)?)]))
        .expect("the lexicon is valid")
});

fn now() -> DateTime<Utc> {
    "2024-05-06T09:00:00Z".parse().expect("a date")
}

fn detect_with(message: &str, subject: &str, history: &History) -> Vec<Signal> {
    let text = text::clean(message);
    let zone = Zone::Source(chrono_tz::UTC);
    DETECTOR.run(&Reading { text: &text, subject, sent_at: now(), zone, history })
}

fn table(messages: &[(&str, &str, bool)]) {
    let mut wrong = Vec::new();
    for (name, message, expected) in messages {
        let found = detect_with(message, "", &History::default());
        if found.is_empty() == *expected {
            let cues: Vec<_> = found
                .iter()
                .flat_map(|s| &s.evidence)
                .map(|e| (e.quote.expose().to_owned(), &e.cue))
                .collect();
            wrong.push(format!("{name}: {message:?} {cues:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn facts(message: &str) -> RepeatFacts {
    match detect_with(message, "", &History::default()).pop().map(|signal| signal.facts) {
        Some(Facts::Repeat(facts)) => facts,
        other => panic!("{message:?} gave {other:?}"),
    }
}

#[test]
fn counts_of_contacts_are_chases() {
    table(&[
        ("ordinal request", "This is my third request, please send the label.", true),
        ("ordinal time", "It's the second time I've had to write about the broken hinge.", true),
        ("numeral ordinal", "Now on my 4th email to you about one missing screw", true),
        ("called n times", "I called five times this week about the router.", true),
        ("loose count", "We have contacted your billing team numerous times about this invoice.", true),
        ("list of contacts", "Two tickets and a chat later my parcel is where it was.", true),
        ("several people", "I've spoken to four different agents and each says something else.", true),
        ("count first", "On three occasions I have reported the leak to you.", true),
        ("every time I call", "Every time I call I am put in a queue and cut off.", true),
        ("calls to nobody", "Countless calls, and the tariff is wrong to this day.", true),
        ("prior dispute", "My previous dispute was closed without anyone looking at the receipt.", true),
        ("tries at the product", "I tried to log in three times and it says wrong password.", false),
        ("reinstalled", "I have reinstalled the app twice, same crash.", false),
        ("they call", "Your sales people have called me six times this month, please stop.", false),
        (
            "we receive calls",
            "I keep getting several calls a day from this number about a debt that is not mine.",
            false,
        ),
        ("first contact", "This is the first time I contact you.", false),
        (
            "mails as data",
            "After the update 900 emails are gone from my inbox and two messages show twice.",
            false,
        ),
        ("third item", "This is my third phone from you and I love it.", false),
        ("second account", "How do I add a second email account?", false),
        (
            "ordering again",
            "I ordered from you three times last year, always fine. Where is the size chart?",
            false,
        ),
        ("charged often", "I was charged three times for one ticket.", false),
        ("happens often", "The screen freezes several times a day.", false),
    ]);
}

#[test]
fn what_was_asked_or_mended_in_vain_is_a_chase() {
    table(&[
        ("told, and not so", "I was told that it would be here on Monday. It is not.", true),
        ("told in vain", "I told them that the account is not mine but they keep reporting it.", true),
        ("must ask again", "Yet again I must ask you to correct the spelling of my name.", true),
        ("please again", "Once more, please take my name off the list.", true),
        ("to date nothing", "To date I have not received the label.", true),
        ("the same letter", "They keep sending me the same letter.", true),
        ("their answer", "Your last reply did not solve it.", true),
        ("mended, and back", "I had this in May, you fixed it, and now it is back.", true),
        ("no replies", "I posted this question a week ago and got no replies.", true),
        ("from one to the next", "The shop sent me to the website, which sent me back to the shop.", true),
        ("told them once", "I told them that the account is mine and they opened it.", false),
        ("told, and so", "I was told that it would be here on Monday. It is, thanks.", false),
        ("again a pleasure", "Once again a great show!", false),
        ("must call", "I must call my bank about it tomorrow.", false),
        ("follow-up asked for", "Please follow up with the courier.", false),
        ("the program asks", "It keeps asking me for my password.", false),
        ("the same colour", "I got the same colour as in the picture.", false),
        ("no answers in a form", "The form has no answers to choose from.", false),
    ]);
}

#[test]
fn waiting_for_an_answer_is_a_chase() {
    table(&[
        ("still waiting", "Still waiting for a reply about the refund.", true),
        ("no response", "Wrote on Monday, still no response.", true),
        ("never heard back", "I filled in your form in March and never heard back.", true),
        ("nobody", "Nobody got back to me after the last chat.", true),
        ("yet to hear", "I have yet to hear from your warranty team.", true),
        ("no one called", "You said someone would call; no one called me.", true),
        ("ignored", "My emails are being ignored.", true),
        ("bump", "Just following up on the below.", true),
        ("any update", "Any update on my ticket?", true),
        ("did you get", "Hello? Did you get my message from Tuesday?", true),
        ("weeks since", "It's been three weeks since I reported the fault.", true),
        ("ago", "I reported this two weeks ago and the pump is as loud as ever.", true),
        ("no luck reaching", "I can't get through to anyone on your hotline.", true),
        ("on hold", "I've been on hold for two hours waiting for a person.", true),
        ("server silent", "The printer does not respond and the server is not responding either.", false),
        ("program refuses", "Since the update the program refuses to send my mails.", false),
        ("no answer of a machine", "I get no response from the mail server.", false),
        ("waiting for delivery page", "The page says waiting for network and then nothing.", false),
        ("asks for update of software", "Is there an update on the way for the tablet version?", false),
        (
            "long-lasting, first report",
            "The heating has been noisy for two weeks now. Can you send somebody?",
            false,
        ),
        ("recurs", "The lamp started flickering again after the storm.", false),
        ("future answer", "I look forward to your response.", false),
        ("no reply wanted", "No reply needed, just wanted to say thanks.", false),
        ("friend silent", "My cousin never wrote the review she wanted to write, sorry.", false),
        ("status question", "What is the status of my order 5512?", false),
    ]);
}

#[test]
fn promises_and_undone_fixes_are_chases() {
    table(&[
        ("colleague", "As I told your colleague last week, the meter is read wrongly.", true),
        ("already told", "I already explained all this in the chat.", true),
        ("promised callback", "I was promised a callback and it never came.", true),
        ("told fixed", "You said it was fixed. It is not.", true),
        ("fix failed", "The steps you sent did not help.", true),
        ("dealer", "The dealership could not find the fault, twice, and it stalls as before.", true),
        ("back to dealer", "Took the car to the dealer, they said they had no parts and to wait.", true),
        ("run-around", "I am getting the run around between your shop and the carrier.", true),
        ("transferred", "Was transferred from one department to another and then cut off.", true),
        ("refused", "I asked for a replacement and your shop refused.", true),
        ("refuses alone", "The landlord refuses to return my deposit.", true),
        (
            "contact then failure",
            "I called support on Friday. The agent was kind. But nothing has been done.",
            true,
        ),
        ("dispute verified", "I disputed this with the bureau and it came back as verified.", true),
        ("reinserted", "The entry was deleted in May and has been reinserted on my report.", true),
        ("own refusal", "I refuse to use the new layout, where is the switch for the old one?", false),
        ("answered", "I called on Monday and your colleague solved it in a minute, thank you!", false),
        ("colleague praised", "Your technician was wonderful and fixed the boiler at once.", false),
        ("police", "I filed a police report and an identity theft report about it.", false),
        ("asks for refund", "Please refund the delivery fee, the parcel was late.", false),
        ("how to contact", "How can I contact the seller about a wrong size?", false),
        ("plans to call", "If this goes on I will call my bank and dispute it.", false),
        (
            "legal template",
            "Under section 609 you are required to verify every account that you report.",
            false,
        ),
        ("product promise", "The box promised ten hours of battery, I get six.", false),
    ]);
}

#[test]
fn counts_and_durations_are_the_customers_own() {
    let cases = [
        ("This is the third time I'm writing about it.", Some(3), None),
        ("My 2nd request: please cancel.", Some(2), None),
        ("I have called 5 times.", Some(5), None),
        ("I called them twice about it.", Some(2), None),
        ("I have called 6-7 times and nobody helps.", Some(6), None),
        ("I sent two emails and a letter and never heard back.", Some(3), None),
        ("For two weeks now I have been emailing you about it.", None, Some(14)),
        ("I've been trying to reach you for over 3 months.", None, Some(90)),
        ("Nobody got back to me for several days.", None, None),
        ("Nobody got back to me. The flat has 3 rooms.", None, None),
    ];
    for (message, contacts, days) in cases {
        let facts = facts(message);
        assert_eq!((facts.contacts, facts.duration_days), (contacts, days), "{message:?}");
    }
    let text = facts("Nobody got back to me for several days.").duration_text;
    assert_eq!(text.as_ref().map(|t| t.expose()), Some("for several days"));
}

fn earlier(id: &str, subject: &str, days_ago: i64) -> EarlierTicket {
    let created_at = now() - TimeDelta::days(days_ago);
    EarlierTicket { id: TicketId(id.into()), subject: subject.into(), created_at, finished: true }
}

#[test]
fn records_name_earlier_tickets_on_the_same_matter_only() {
    let cases = [
        ("same words", "Refund for my order", "Re: Refund for order", 5, true),
        ("turned round", "Missing item in delivery", "Item missing from the delivery", 5, true),
        ("only filler alike", "Problem with my order", "Problem with my invoice", 5, false),
        ("filler and one word", "Question about shipping", "Question about billing", 5, false),
        (
            "brand before it",
            "Cannot open the blue invoice",
            "[Acme] Re: Can't open the blue invoice",
            5,
            true,
        ),
        ("same reference", "Where is it?", "Order AC-20931 late", 5, true),
        ("other reference", "Order 10231 is late", "Order 10377 is late", 5, false),
        ("long ago", "Refund for my order", "Refund for my order", 90, false),
        ("later", "Refund for my order", "Refund for my order", -1, false),
        ("other matter", "Refund for my order", "Change of address", 5, false),
        ("says nothing", "Help", "Help", 5, false),
        ("empty", "", "", 5, false),
    ];
    for (name, subject, before, days, expected) in cases {
        let history = History { earlier_tickets: vec![earlier("7", before, days)], ..History::default() };
        let found = detect_with("Hello, it is about AC-20931.", subject, &history);
        assert_eq!(!found.is_empty(), expected, "{name}");
        if let [signal] = &found[..] {
            assert_eq!(signal.kind, Kind::Records, "{name}");
            assert!(signal.evidence.is_empty(), "{name}");
        }
    }
}

#[test]
fn records_speak_from_the_second_unanswered_message_and_the_first_reopening() {
    let silent = History { unanswered: 1, ..History::default() };
    assert!(detect_with("Hello.", "", &silent).is_empty());
    for history in [
        History { unanswered: 2, ..History::default() },
        History { reopens: 1, ..History::default() },
        History { follow_up_of: Some(TicketId("9".into())), ..History::default() },
    ] {
        assert_eq!(detect_with("Hello.", "", &history).len(), 1, "{history:?}");
    }
}

#[test]
fn words_and_records_stand_in_one_signal() {
    let history = History { reopens: 2, ..History::default() };
    let found = detect_with("This is the third time I write.", "", &history);
    let [Signal { kind: Kind::Chase, facts: Facts::Repeat(facts), .. }] = &found[..] else {
        panic!("{found:?}")
    };
    assert_eq!((facts.contacts, facts.reopens), (Some(3), 2));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_text_gives_exact_quotes(message in "(?s).{0,40}(I called \u{00e9}\u{0130}? twice|still waiting for an answer|they refused)?.{0,200}") {
        for signal in detect_with(&message, "", &History::default()) {
            for evidence in signal.evidence {
                let quote: String = message.chars().skip(evidence.start).take(evidence.end - evidence.start).collect();
                prop_assert_eq!(quote, evidence.quote.expose());
            }
        }
    }
}

#[test]
fn the_wording_is_asked_where_phrases_are_not_sure() {
    let message = |words: &str, table: &str| {
        let mut patterns = Patterns::default();
        let mut detector = RepeatFollowUp::load(&mut patterns).unwrap();
        detector.context = Context::parse(table).unwrap();
        let search = patterns.search();
        let cleaned = text::clean(words);
        let history = History::default();
        let zone = Zone::Source(chrono_tz::UTC);
        let reading = Reading { text: &cleaned, subject: "", sent_at: now(), zone, history: &history };
        let found = detector.detect(&reading, &search.find(cleaned.folded())).pop();
        found.map(|signal| (signal.strength, signal.evidence[0].cue.clone()))
    };
    let (quiet, chased) = ("words\tchased\n(constant)\t-3\n", "words\tchased\n(constant)\t-1\ndodgy\t6\n");
    let (contact, nothing) = ("I called the dodgy desk.", "The dodgy desk is brown.");
    let weak = "I contacted the shop. However, it rained.";
    assert_eq!(
        message(contact, chased),
        Some((Strength::Possible, "wording".to_owned())),
        "no phrase says it"
    );
    assert_eq!(message(contact, quiet), None, "nor does the wording");
    assert_eq!(message(nothing, chased), None, "only sentences on contacts are asked");
    assert!(message(weak, chased).is_some_and(|(strength, _)| strength == Strength::Possible), "phrases may");
    assert_eq!(message(weak, quiet), None, "and the wording speaks against them");
    let sure = message("This is my third request.", quiet).map(|(strength, _)| strength);
    assert_eq!(sure, Some(Strength::Clear), "what is sure is not doubted");
}
