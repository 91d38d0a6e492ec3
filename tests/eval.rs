//! Detection holds its floors on the repository's own labelled messages, and its suites.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use undertone::detect::Detectors;
use undertone::eval::Counts;
use undertone::eval::labels::{self, Aspect};
use undertone::eval::suite::Suite;
use undertone::explain::{Message, explain};
use undertone::helpdesk::zones;

fn corpus(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(file)
}

fn noon() -> DateTime<Utc> {
    "2026-03-04T12:00:00Z".parse().unwrap()
}

/// Of a row of the table: what its precision and its recall do not fall below, a little under what was measured.
type Floor = (&'static str, f64, f64);

#[test]
fn detection_stays_above_its_floors_on_public_domain_messages() {
    // The tables and whoever wrote the lexicons have seen most of these messages: this guards against breaking, it is no
    // measure of quality.
    let floors = [
        ("urgency", 0.92, 0.91),
        ("repeat", 0.96, 0.97),
        ("emotion", 0.94, 0.95),
        ("anger", 0.78, 0.91),
        ("frustration", 0.74, 0.95),
        ("fear", 0.77, 0.62),
        ("sadness", 0.86, 0.62),
        ("unheard", 0.84, 0.62),
        ("churn", 0.65, 0.65),
        ("mismatch", 0.80, 0.75),
        ("note", 0.96, 0.97),
    ];
    assert_floors("public_domain.jsonl", &floors);
}

#[test]
fn detection_stays_above_its_floors_on_whole_complaints() {
    // The tables of urgency and repeat follow-up have seen these, those of emotional language have not: only of the
    // emotions is this a measure of quality.
    let floors = [
        ("urgency", 0.84, 0.85),
        ("repeat", 0.95, 0.96),
        ("emotion", 0.84, 0.68),
        ("mismatch", 0.60, 0.80),
        ("note", 0.95, 0.96),
    ];
    assert_floors("complaints.jsonl", &floors);
}

#[test]
fn detection_stays_above_its_floors_on_complaints_that_no_table_has_seen() {
    // Few, but what they measure is quality: two phrases were mended by them, and nothing else.
    let floors = [
        ("urgency", 0.50, 0.99),
        ("repeat", 0.90, 0.90),
        ("emotion", 0.80, 0.70),
        ("anger", 0.78, 0.90),
        ("frustration", 0.82, 0.68),
        ("note", 0.90, 0.90),
    ];
    assert_floors("complaints_unseen.jsonl", &floors);
}

fn assert_floors(file: &str, floors: &[Floor]) {
    let detectors = Detectors::load().unwrap();
    let messages = labels::read(&corpus(file)).unwrap();
    let read: Vec<_> = messages
        .iter()
        .map(|message| {
            let message = Message {
                text: message.text.clone(),
                subject: None,
                created_at: message.created_at,
                time_zone: message.time_zone.as_deref().and_then(zones::zone),
            };
            explain(&detectors, &message, noon()).signals
        })
        .collect();
    for &(name, precision, recall) in floors {
        let aspect = Aspect::named(name).unwrap();
        let mut counts = Counts::default();
        for (message, signals) in messages.iter().zip(&read) {
            counts.add(aspect.is_labelled(message), aspect.is_found(signals));
        }
        assert!(
            counts.precision() >= precision && counts.recall() >= recall,
            "{name} in {file}: precision {:.3}, recall {:.3}, floors {precision} and {recall}",
            counts.precision(),
            counts.recall()
        );
    }
}

#[test]
fn what_must_be_found_is_found() {
    assert_suite("must_flag.toml");
}

#[test]
fn what_must_not_be_found_is_not() {
    assert_suite("must_not_flag.toml");
}

fn assert_suite(file: &str) {
    let suite = Suite::read(&corpus(file)).unwrap();
    assert!(suite.case.len() >= 120, "{file} has {} cases", suite.case.len());
    let detectors = Detectors::load().unwrap();
    let failures: Vec<_> = suite
        .failures(&detectors, noon())
        .iter()
        .map(|failure| {
            let case = failure.case;
            let (missing, wrong) = (&failure.missing, &failure.wrong);
            format!(
                "{}: missing {missing:?}, wrong {wrong:?}: {} ({})",
                failure.number,
                case.text.expose(),
                case.reason
            )
        })
        .collect();
    assert!(failures.is_empty(), "{} of {file} do not hold:\n{}", failures.len(), failures.join("\n"));
}
