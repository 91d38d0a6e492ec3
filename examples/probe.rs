use undertone::detect::{Detectors, Reading};
use undertone::text;
use undertone::ticket::{History, Zone};
fn main() {
    let lines = include_str!("../tests/corpus/public_domain.jsonl").lines();
    let mut texts: Vec<String> = lines
        .map(|l| serde_json::from_str::<serde_json::Value>(l).unwrap()["text"].as_str().unwrap().to_owned())
        .collect();
    texts.sort_by_key(|text| text.split_whitespace().count().abs_diff(85));
    texts.truncate(50);
    let d = Detectors::load().unwrap();
    let h = History::default();
    for t in &texts {
        let c = text::clean(t);
        d.run(&Reading {
            text: &c,
            subject: "",
            sent_at: "2026-03-03T21:51:00Z".parse().unwrap(),
            zone: Zone::Customer(chrono_tz::Tz::Europe__Copenhagen),
            history: &h,
        });
    }
}
