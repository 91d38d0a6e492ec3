//! The two corpora: drafts that must never be flagged and drafts that must, run as `check-draft` would run them.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::Deserialize;

use super::*;
use crate::detect::{DetectorName, Detectors, EmotionFacts, Evidence, Facts, Kind, Reading, Strength};
use crate::text;
use crate::ticket::{History, Zone};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Corpus {
    pair: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    customer: String,
    draft: String,
    /// Why it must not be flagged.
    why: Option<String>,
    /// The check that must be among the items.
    check: Option<String>,
    /// What it must be said to do well.
    #[serde(default)]
    adapted: Vec<String>,
    /// The customer's words taken as clear anger.
    upset: Option<String>,
    sent: Option<DateTime<Utc>>,
}

struct Bench {
    detectors: Detectors,
    checks: DraftChecks,
}

impl Bench {
    fn load() -> Self {
        Self {
            detectors: Detectors::load().expect("the shipped lexicons"),
            checks: DraftChecks::load().expect("the shipped lexicons"),
        }
    }

    fn check(&self, row: &Row) -> Findings {
        let customer = text::clean(&row.customer);
        let draft = text::clean(&row.draft);
        let tuesday = "2026-03-10T08:00:00Z".parse().expect("a time");
        let mut signals = self.detectors.run(&Reading {
            text: &customer,
            subject: "",
            sent_at: row.sent.unwrap_or(tuesday),
            zone: Zone::Source(Tz::UTC),
            history: &History::default(),
        });
        signals.extend(row.upset.as_deref().map(|words| anger(&row.customer, words)));
        self.checks.check(&Pair { customer: &customer, signals: &signals, draft: &draft })
    }
}

fn anger(customer: &str, words: &str) -> Signal {
    let start = customer.find(words).expect("the words are the customer's");
    let start = customer[..start].chars().count();
    Signal {
        detector: DetectorName::EmotionalLanguage,
        kind: Kind::Anger,
        strength: Strength::Clear,
        evidence: vec![Evidence {
            start,
            end: start + words.chars().count(),
            quote: words.into(),
            cue: "strong words".into(),
        }],
        facts: Facts::Emotion(EmotionFacts { level: 2 }),
    }
}

fn rows(toml: &str) -> Vec<Row> {
    toml::from_str::<Corpus>(toml).expect("the corpus is in its documented form").pair
}

fn row(customer: &str, draft: &str) -> Row {
    Row {
        customer: customer.into(),
        draft: draft.into(),
        why: None,
        check: None,
        adapted: Vec::new(),
        upset: None,
        sent: None,
    }
}

fn must_flag() -> Vec<Row> {
    rows(include_str!("../../tests/corpus/draft_must_flag.toml"))
}

fn must_not_flag() -> Vec<Row> {
    rows(include_str!("../../tests/corpus/draft_must_not_flag.toml"))
}

fn found(findings: &Findings) -> Vec<&'static str> {
    findings.items.iter().map(|item| item.check.as_str()).collect()
}

#[test]
fn what_must_be_flagged_is() {
    let bench = Bench::load();
    let rows = must_flag();
    assert!(rows.len() >= 60);
    let missed: Vec<_> = rows
        .iter()
        .map(|row| (row, row.check.as_deref().expect("a row names its check"), bench.check(row)))
        .filter(|(_, check, findings)| !found(findings).contains(check))
        .map(|(row, check, findings)| {
            format!("{check} not in {:?}: {} | {}", found(&findings), row.customer, row.draft)
        })
        .collect();
    assert!(missed.is_empty(), "{} missed:\n{}", missed.len(), missed.join("\n"));
}

#[test]
fn what_must_never_be_flagged_is_not() {
    let bench = Bench::load();
    let rows = must_not_flag();
    assert!(rows.len() >= 80);
    let wrong: Vec<_> = rows
        .iter()
        .map(|row| (row, row.why.as_deref().expect("a row says why"), bench.check(row)))
        .filter(|(row, _, findings)| {
            !findings.items.is_empty()
                || !row.adapted.iter().all(|name| findings.adapted.contains(&name.as_str()))
        })
        .map(|(row, why, findings)| {
            let (found, adapted) = (found(&findings), &findings.adapted);
            format!("{why}: {found:?} {adapted:?}: {} | {}", row.customer, row.draft)
        })
        .collect();
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn quotes_are_exact_and_items_at_most_two() {
    let bench = Bench::load();
    for row in must_flag() {
        let findings = bench.check(&row);
        assert!(findings.items.len() <= 2, "{}", row.draft);
        for item in &findings.items {
            let customer = item.customer_quote.expose();
            assert!(!customer.is_empty() && row.customer.contains(customer), "{customer}");
            if let Some(draft) = &item.draft_quote {
                assert!(!draft.is_blank() && row.draft.contains(draft.expose()), "{}", draft.expose());
            }
            assert!(item.question.ends_with('?'));
        }
    }
}

#[test]
fn of_more_findings_the_two_weightiest_are_given() {
    let customer =
        "The dress has not come and the wedding is this Saturday. This is the third time I am writing.";
    let draft = "We're sorry to hear that. Please allow 3-5 working days and get back to us after that.";
    let findings = Bench::load().check(&row(customer, draft));
    assert_eq!(found(&findings), ["deadline_unacknowledged", "stock_phrase_alone"]);
}

#[test]
fn an_empty_side_is_never_flagged() {
    let bench = Bench::load();
    for (customer, draft) in [("", "We're sorry to hear that."), ("The lamp base is cracked.", ""), ("", "")]
    {
        assert!(bench.check(&row(customer, draft)).items.is_empty(), "{customer} | {draft}");
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(32))]

    #[test]
    fn whatever_stands_on_either_side_gives_at_most_two_exact_quotes(
        customer in r"(?s)(I am locked out, due tomorrow at 9\. |Sorry |.){0,40}",
        draft in r"(?s)(We're sorry to hear that\. |\n|\?|@a |Regards,\n|.){0,40}",
    ) {
        thread_local! {
            static BENCH: Bench = Bench::load();
        }
        let row = row(&customer, &draft);
        let findings = BENCH.with(|bench| bench.check(&row));
        assert!(findings.items.len() <= 2);
        for item in &findings.items {
            assert!(customer.contains(item.customer_quote.expose()));
            assert!(item.draft_quote.as_ref().is_none_or(|quote| draft.contains(quote.expose())));
        }
    }
}
