//! How long reading for feelings takes: `cargo bench --bench emotional_language`.

use divan::Bencher;
use undertone::detect::emotional_language::EmotionalLanguage;
use undertone::detect::{Detector, Reading};
use undertone::text;
use undertone::ticket::{History, Zone};

fn main() {
    divan::main();
}

/// 85 words, cool and hot sentences in turn.
const MESSAGE: &str = "Hello, I moved my subscription to the yearly plan in January and since then the invoices show \
    the old address. I wrote to you twice about it and was told that it would be corrected with the next bill. It was \
    not. To be honest I am getting quite frustrated, because my accountant sends each of them back and nobody seems to \
    care. Could you please tell me who is in charge of this? If it is not solved this month I will be looking for \
    another provider.";

#[divan::bench(args = [1, 10, 150])]
fn messages_in_a_row(bencher: Bencher, times: usize) {
    let detector = EmotionalLanguage::load().unwrap();
    let message = vec![MESSAGE; times].join(" ");
    let cleaned = text::clean(&message);
    let history = History::default();
    let reading = Reading {
        text: &cleaned,
        subject: "",
        sent_at: "2026-03-04T12:00:00Z".parse().unwrap(),
        zone: Zone::Source(chrono_tz::Tz::UTC),
        history: &history,
    };
    bencher.bench_local(|| detector.detect(&reading));
}
