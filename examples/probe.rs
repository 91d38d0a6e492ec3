use std::sync::atomic::Ordering::Relaxed;
use undertone::detect::{Detectors, Reading, lexicon as l};
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
    println!(
        "calls {} steps {} hits {} a message; seen {} rows",
        l::CALLS.load(Relaxed) / 50,
        l::STEPS.load(Relaxed) / 50,
        l::HITS.load(Relaxed) / 50,
        l::SEEN.lock().unwrap().len()
    );
    println!("{:?}", l::DEPTH.lock().unwrap());
    let w = l::WHERE.lock().unwrap();
    let mut by: std::collections::BTreeMap<&str, u64> = Default::default();
    for ((_, k), n) in w.iter() {
        *by.entry(k.get(..8).unwrap_or(k)).or_default() += n;
    }
    let mut v: Vec<_> = by.into_iter().collect();
    v.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    for (k, n) in v.iter().take(40) {
        println!("{n:6} {k:?}");
    }
}
