//! What reading a message costs, each detector alone. `cargo bench --bench detect`.

use divan::Bencher;
use undertone::detect::urgency::Urgency;
use undertone::detect::{Detector, Reading};
use undertone::text;
use undertone::ticket::{History, Zone};

fn main() {
    divan::main();
}

/// 85 words with a deadline, a harm and a hurry in them.
const MESSAGE: &str = "Hello, I have been trying to get into the reporting workspace since lunch and the page keeps \
    sending me back to the sign-in screen. I changed the password once, cleared the browser and tried the app on my \
    phone, with the same result each time. I am presenting the quarterly figures to the board at 9 tomorrow and \
    every chart I need is in there. We cannot run payroll without it either. Please help as soon as possible, or \
    tell me how to export the numbers some other way tonight.";

fn detect(bencher: Bencher, detector: &dyn Detector, message: &str) {
    let cleaned = text::clean(message);
    let history = History::default();
    let sent_at = "2026-03-03T21:51:00Z".parse().expect("a moment");
    let zone = Zone::Customer(chrono_tz::Tz::Europe__Copenhagen);
    let reading = Reading { text: &cleaned, subject: "", sent_at, zone, history: &history };
    bencher.bench_local(|| detector.detect(divan::black_box(&reading)));
}

#[divan::bench]
fn urgency(bencher: Bencher) {
    detect(bencher, &Urgency::load().expect("the lexicons"), MESSAGE);
}

/// 64 kB, to hold beside the figure above: the cost grows with the length and no faster.
#[divan::bench]
fn urgency_64_kb(bencher: Bencher) {
    detect(bencher, &Urgency::load().expect("the lexicons"), &MESSAGE.repeat(65_536 / MESSAGE.len()));
}
