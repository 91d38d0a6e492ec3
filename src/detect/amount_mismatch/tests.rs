//! Which sums are small and at stake, and how long is long.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::AmountMismatch;
use crate::detect::{Detectors, Facts, MismatchFacts, Reading, Signal};
use crate::text;
use crate::ticket::{History, Zone};

static DETECTOR: LazyLock<Detectors> = LazyLock::new(|| {
    Detectors::with(|patterns| Ok(vec![Box::new(AmountMismatch::load(patterns)?)]))
        .expect("the lexicon is valid")
});

/// A paragraph of 130 words that is about nothing.
fn argument() -> String {
    let sentence = "It is the way in which this was handled that I want somebody to look at. ";
    sentence.repeat(9)
}

fn detect(message: &str, history: &History) -> Vec<Signal> {
    let text = text::clean(message);
    let sent_at = "2024-05-06T09:00:00Z".parse().expect("a date");
    DETECTOR.run(&Reading { text: &text, subject: "", sent_at, zone: Zone::Source(chrono_tz::UTC), history })
}

fn facts(message: &str) -> Option<MismatchFacts> {
    match detect(message, &History::default()).pop()?.facts {
        Facts::Mismatch(facts) => Some(facts),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_sum_at_stake_is_told_from_sums_in_passing() {
    let cases = [
        ("fee", "You charged me a $12 late fee.", Some("12")),
        ("euro fee", "You have taken a booking fee of €4,90 that nobody told me of.", Some("4.9")),
        ("in words", "I want my twelve dollars back, refund it.", Some("12")),
        ("refund", "Where is the refund of 18.50 EUR?", Some("18.5")),
        ("owed", "They owe me 20 pounds for the jar that came broken.", Some("20")),
        ("took", "The machine took $3 from my card.", Some("3")),
        ("repeated charge", "I see two charges of $19.99 that I never made.", Some("39.98")),
        ("two fees", "There is a $15 fee and then another fee of $20.", Some("35")),
        ("a total", "A fee of $10, a fee of $12, a total of $22 charged.", Some("22")),
        ("beside a balance", "I was charged a $9 fee though my balance is $2,400.", Some("9")),
        ("beside a price", "The laptop cost $900 and you charged me $14 for shipping.", Some("14")),
        ("beside a limit", "My credit limit is $5,000, and you bill me a $25 fee.", Some("25")),
        (
            "rest of a refund",
            "I was charged $300, refunded $280 of the $300, and the remaining $20 is missing.",
            Some("20"),
        ),
        (
            "a charge, a part given back, the rest",
            "They started charging $15 for the account. I was charged $160 in fees. She refunded $40 but needs approval to refund the remaining $120. She was able to refund only $40.",
            None,
        ),
        (
            "an amount a month",
            "I was told of a plan that would amount to $30 a month compared to $150 a month.",
            None,
        ),
        ("nobody says how often", "I have been charged a $10 protection fee this entire time.", None),
        ("a customer for long", "I have been a customer for ten years and you charge a $12 fee.", Some("12")),
        ("small collection", "A medical bill of $42 went to a collection agency.", Some("42")),
        ("as usual", "I have consistently had a monthly $5 charge, and my credit report is wrong.", None),
        ("more than usual", "My usual $5 fee became a fee of $12 and nobody told me.", Some("12")),
        ("a debt that is claimed", "They kept the $7 fee and told me I owed them $2,000.", None),
        ("a small one", "They told me I still owed $7 though I had paid it.", Some("7")),
        ("fee on a bill", "My bill was $250, I paid late and there is a $28 late fee.", Some("28")),
        ("bill alone", "The final bill of $31 is not mine.", Some("31")),
        ("asked back later", "The cup cost $12 and I am asking for that to be refunded.", Some("12")),
        ("asked back, euros", "It cost 9.50 EUR, came late, and I want it refunded.", Some("9.5")),
        ("large, asked back", "The cup cost $1,200 and I am asking for that to be refunded.", None),
        ("a price beside it", "The cup cost $12. Is it right that it cannot be refunded?", None),
        ("54 is small", "Refund the $54 you charged.", Some("54")),
        ("kroner", "You charged 99 kr for a bag.", Some("99")),
        ("59 is not", "Refund the $59 you charged.", None),
        ("many charges", "You charged me $19 three times.", None),
        ("large stake", "I dispute the charge of $4,000.", None),
        ("large stake, small fee", "I dispute the charge of $4,000 and the $35 fee on top.", None),
        ("unplaced large sum", "A $30 fee! All about $800.", None),
        ("only a price", "I pay $12 an hour.", None),
        ("only a price", "The mug costs $12, does it come in blue?", None),
        ("the only sum", "I paid $12 and it broke.", Some("12")),
        ("the only sum, beside a large one", "I paid $12 and it broke, like the one for $900.", None),
        (
            "asked back",
            "I bought a $200 gift card, and I want my $6.95 for its activation back.",
            Some("6.95"),
        ),
        ("asked back, large", "You took a $7 fee, and I want my $900 back.", None),
        ("a reward", "I spent $620 and did not get the bonus of $50.", Some("50")),
        ("a reward, large", "I deposited $25 and did not get the bonus of $200.", None),
        ("a difference", "I took out $60, it gave me $40, and the missing $20 is nowhere.", Some("20")),
        ("no difference", "I took out $60, it gave me $40, and charged a $5 fee.", None),
        ("a part", "You applied $50 of my $250 payment to another loan.", Some("50")),
        ("more than", "You took $15 more than the $345 that we agreed on.", Some("15")),
        ("in place of", "You charged $240 instead of $210.", Some("30")),
        ("in place of, the same", "You charged $24 instead of $24.", Some("24")),
        ("in place of, large", "You paid out $485 in place of $1,500.", None),
        ("some of it", "I had a $100 voucher, and $46 of it was gone.", Some("46")),
        ("some of it, large", "I had a $900 voucher, and $460 of it was gone.", None),
        ("gone astray", "You lost my payment of $1,400 and added a $50 fee.", None),
        ("kept", "You charged $25 for cleaning and kept my deposit of $300.", None),
        ("a condition", "I kept $1,500 in it and you took a $12 fee.", Some("12")),
        ("nine times", "They took $29 out of my account nine times.", None),
        ("large bill", "The final bill of $310 is not mine.", None),
        ("large transfer", "I sent $2,000 to my sister and you took a $7 fee.", None),
        ("given back", "You refunded $12 at once, thank you.", None),
        ("nothing", "You charged me $0.00.", None),
        ("no sum", "You charged me a fee.", None),
        ("percent", "You charged me 12 % more.", None),
        ("order number", "I want a refund for order 12.", None),
        ("thousands", "You charged a $10 fee and I lost thousands of dollars.", None),
    ];
    for (name, words, expected) in cases {
        let message = format!("{words}\n\n{}", argument());
        let found = facts(&message).map(|facts| facts.amount);
        assert_eq!(found.as_deref(), expected, "{name}: {words}");
    }
}

/// Floors over invented openings of complaints, the near-misses among them: what is found in all, not each.
#[test]
fn invented_complaints_are_told_apart() {
    let (mut found, mut small, mut wrong) = (0, 0, Vec::new());
    for line in include_str!("../../../tests/corpus/small_amounts.tsv").lines() {
        let (label, words) = line.split_once('\t').expect("a label and words");
        let is_found = facts(&format!("{words}\n\n{}", argument())).is_some();
        small += usize::from(label == "small");
        found += usize::from(is_found && label == "small");
        if is_found && label == "other" {
            wrong.push(words);
        }
    }
    assert!(found >= 105, "found {found} of {small}");
    assert!(wrong.len() <= 6, "{wrong:#?}");
}

#[test]
fn only_a_message_out_of_proportion_counts() {
    let fee = "You charged me a $12 fee. ";
    let short = format!("{fee}{}", "I want it back. ".repeat(10));
    let three = format!(
        "{fee}\n\n{}",
        "I am writing this because it is the principle that counts and so forth.\n\n".repeat(5)
    );
    let three = three.replace("and so forth", "and it should count for you as well");
    let long = format!("{fee}{}", argument());
    assert!(facts(&short).is_none(), "46 words");
    assert!(facts(&three).is_some(), "five paragraphs");
    assert!(facts(&long).is_some(), "140 words");
    let history = |typical| History { typical_words: Some(typical), ..History::default() };
    assert!(detect(&long, &history(100)).is_empty(), "usual length here");
    assert_eq!(detect(&short, &history(20)).len(), 1, "twice as long as usual here");
}

#[test]
fn a_legal_template_is_not_the_customers_own_length() {
    let template =
        "Pursuant to the FCRA, 15 U.S.C. 1681, section 611, you must conduct a reasonable investigation. ";
    let message = format!("A collection of $42 is reported. {}", template.repeat(9));
    assert!(facts(&message).is_none());
}

#[test]
fn the_quote_is_the_sum_with_the_word_that_places_it() {
    let message = format!("Again you Charged me a {{$12.00}} fee today. {}", argument());
    let found = detect(&message, &History::default());
    assert_eq!(found[0].evidence[0].quote.expose(), "{$12.00} fee");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_text_gives_exact_quotes(words in "(?s).{0,30}(charged \u{130} ?\\$12|a fee of €4,90|refund).{0,60}") {
        let message = format!("{words} {}", argument());
        for evidence in detect(&message, &History::default()).into_iter().flat_map(|signal| signal.evidence) {
            let quote: String = message.chars().skip(evidence.start).take(evidence.end - evidence.start).collect();
            prop_assert_eq!(quote, evidence.quote.expose());
        }
    }
}
