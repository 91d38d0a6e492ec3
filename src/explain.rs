//! One message explained: what the service would find in it and the note it would post, with no history and no database.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use crate::config::Mode;
use crate::detect::{Detectors, Reading, Signal};
use crate::note::decide::{self, Decision, Situation};
use crate::note::{self, About, Draft};
use crate::text;
use crate::ticket::{CustomerText, History, Zone};

/// A message to be explained.
pub struct Message {
    pub text: CustomerText,
    pub subject: Option<CustomerText>,
    pub created_at: Option<DateTime<Utc>>,
    pub time_zone: Option<Tz>,
}

/// What was found in it, as live mode would see it with no history and the governor aside.
pub struct Explained {
    pub language: Option<&'static str>,
    pub signals: Vec<Signal>,
    pub decision: Decision,
    pub note: Option<Draft>,
}

/// Reads one message as the service would.
pub fn explain(detectors: &Detectors, message: &Message, now: DateTime<Utc>) -> Explained {
    let cleaned = text::clean(message.text.expose());
    let gate = text::language::gate(&cleaned, &["en"]);
    let sent_at = message.created_at.unwrap_or(now);
    let zone = message.time_zone.map_or(Zone::Source(Tz::UTC), Zone::Customer);
    let reading = Reading {
        text: &cleaned,
        subject: message.subject.as_ref().map_or("", |subject| subject.expose()),
        sent_at,
        zone,
        history: &History::default(),
    };
    let signals = if gate.is_ok() { detectors.run(&reading) } else { Vec::new() };
    let decision = decide::decide(
        &signals,
        gate.err().map(|unread| unread.as_str()),
        &Situation::undisturbed(Mode::Live),
    );
    let about = About { text: message.text.expose(), signals: &signals, sent_at, zone, records: None };
    let note = decision.wants_a_note().then(|| note::compose(&about));
    Explained { language: text::language::of(&cleaned), signals, decision, note }
}
