//! What reading a message costs: each detector alone, and the whole with cleaning and the language gate.
//! `cargo bench --bench detect`. The texts are real ones, in turn: one text over and over flatters a search that
//! keeps the states it has met.

use divan::Bencher;
use undertone::detect::amount_mismatch::AmountMismatch;
use undertone::detect::emotional_language::EmotionalLanguage;
use undertone::detect::repeat_follow_up::RepeatFollowUp;
use undertone::detect::search::Patterns;
use undertone::detect::urgency::Urgency;
use undertone::detect::{Detector, Detectors, Reading};
use undertone::text::{self, Cleaned, language};
use undertone::ticket::{History, Zone};

fn main() {
    divan::main();
}

/// Messages of the set, those nearest to 85 words.
const MESSAGES: usize = 50;

/// All complaints of the corpus, the longest run of real text at hand.
fn corpus() -> Vec<String> {
    let lines = include_str!("../tests/corpus/public_domain.jsonl").lines();
    let read = |line| serde_json::from_str::<serde_json::Value>(line).expect("a line of JSON");
    lines.filter_map(|line| read(line)["text"].as_str().map(str::to_owned)).collect()
}

fn about_85_words() -> Vec<String> {
    let mut texts = corpus();
    texts.sort_by_key(|text| text.split_whitespace().count().abs_diff(85));
    texts.truncate(MESSAGES);
    texts
}

/// So many kB of different complaints as one message.
fn long(kilobytes: usize) -> Vec<String> {
    vec![corpus().join("\n\n").chars().take(kilobytes * 1024).collect()]
}

fn reading<'a>(text: &'a Cleaned<'a>, history: &'a History) -> Reading<'a> {
    let sent_at = "2026-03-03T21:51:00Z".parse().expect("a moment");
    Reading { text, subject: "", sent_at, zone: Zone::Customer(chrono_tz::Tz::Europe__Copenhagen), history }
}

/// Times one message after the other. `before` is read first: the searches learn then.
fn in_turn(bencher: Bencher, before: &[String], texts: &[String], mut read: impl FnMut(&str)) {
    for text in before {
        read(text);
    }
    let mut texts = texts.iter().cycle();
    bencher.bench_local(|| texts.next().map(|text| read(divan::black_box(text))));
}

fn detect<D: Detector + 'static>(bencher: Bencher, load: fn(&mut Patterns) -> anyhow::Result<D>) {
    let detectors = Detectors::with(|patterns| Ok(vec![Box::new(load(patterns)?)])).expect("the lexicons");
    let (texts, history) = (about_85_words(), History::default());
    let cleaned: Vec<_> = texts.iter().map(|text| text::clean(text)).collect();
    for text in &cleaned {
        detectors.run(&reading(text, &history));
    }
    let mut texts = cleaned.iter().cycle();
    bencher
        .bench_local(|| texts.next().map(|text| detectors.run(&reading(divan::black_box(text), &history))));
}

fn everything(bencher: Bencher, before: &[String], texts: &[String]) {
    let detectors = Detectors::load().expect("the lexicons");
    let history = History::default();
    in_turn(bencher, before, texts, |text| {
        let cleaned = text::clean(text);
        divan::black_box(language::of(&cleaned));
        divan::black_box(detectors.run(&reading(&cleaned, &history)));
    });
}

#[divan::bench]
fn cleaning_85_words(bencher: Bencher) {
    in_turn(bencher, &[], &about_85_words(), |text| drop(divan::black_box(text::clean(text))));
}

#[divan::bench]
fn urgency_85_words(bencher: Bencher) {
    detect(bencher, Urgency::load);
}

#[divan::bench]
fn repeat_follow_up_85_words(bencher: Bencher) {
    detect(bencher, RepeatFollowUp::load);
}

#[divan::bench]
fn emotional_language_85_words(bencher: Bencher) {
    detect(bencher, EmotionalLanguage::load);
}

#[divan::bench]
fn amount_mismatch_85_words(bencher: Bencher) {
    detect(bencher, AmountMismatch::load);
}

#[divan::bench]
fn everything_85_words(bencher: Bencher) {
    let texts = about_85_words();
    everything(bencher, &texts, &texts);
}

/// As `everything_85_words`, but each message is met for the first time, by detectors that have read the rest of the corpus.
#[divan::bench(sample_count = 50, sample_size = 1)]
fn everything_85_words_first_met(bencher: Bencher) {
    let new = about_85_words();
    let rest = corpus().into_iter().filter(|text| !new.contains(text));
    everything(bencher, &rest.collect::<Vec<_>>(), &new);
}

/// Held side by side: the cost grows with the length and no faster.
#[divan::bench(args = [64, 128], sample_count = 20)]
fn everything_kilobytes(bencher: Bencher, kilobytes: usize) {
    let text = long(kilobytes);
    everything(bencher, &text, &text);
}
