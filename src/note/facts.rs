//! The facts of a note: each with its strength in words, an exact quote, and what is known beside it.

use chrono::{DateTime, Utc};

use super::compose::{About, Line};
use super::lead::sum;
use super::quote::quoted;
use crate::detect::{Evidence, Facts, Kind, RepeatFacts, Signal, Strength, UrgencyFacts};
use crate::ticket::Zone;

/// The most facts of a note.
pub const MOST: usize = 3;

/// What a fact line begins with.
pub const LABELS: [&str; 2] = ["Clear", "Possible"];

/// Composes the fact lines, what weighs most first.
pub fn lines(about: &About<'_>) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut shown: Vec<&Evidence> = Vec::new();
    for signal in by_weight(about.signals) {
        // A quote that another line shows already would be read as a second finding.
        let fresh = |one: &&Evidence| !shown.iter().any(|other| overlap(one, other));
        let first = signal.evidence.iter().find(fresh);
        let telling = signal.evidence.iter().filter(fresh).find(|one| tells(signal, one));
        if let Some(evidence) = telling.or(first) {
            shown.push(evidence);
            let text = text(signal, evidence, about);
            lines.push(Line { label: label(signal.strength), text });
        }
    }
    lines.truncate(MOST);
    lines
}

/// Whether a piece of evidence holds the very words that the line will be about: of the deadline, or of this feeling.
fn tells(signal: &Signal, evidence: &Evidence) -> bool {
    match &signal.facts {
        Facts::Emotion(_) => evidence.cue.starts_with(signal.kind.as_str()),
        Facts::Urgency(UrgencyFacts { deadline_text: Some(words), .. }) => {
            evidence.quote.expose().contains(words.expose())
        }
        _ => false,
    }
}

fn overlap(one: &Evidence, other: &Evidence) -> bool {
    one.start < other.end && other.start < one.end
}

fn by_weight(signals: &[Signal]) -> Vec<&Signal> {
    let weight = |signal: &&Signal| match signal.kind {
        Kind::SmallAmount => 0,
        Kind::Deadline | Kind::Blocked => 1,
        Kind::Chase => 2,
        Kind::Churn => 3,
        Kind::Fear => 4,
        Kind::Anger => 5,
        Kind::Unheard => 6,
        Kind::Hurry => 7,
        Kind::Sadness => 8,
        Kind::Frustration => 9,
        Kind::Records | Kind::Gratitude | Kind::Joy => 10,
    };
    let mut signals: Vec<_> = signals.iter().filter(|signal| weight(signal) < 10).collect();
    // What is clear before what is possible, within a line's weight.
    signals.sort_by_key(|signal| (weight(signal), std::cmp::Reverse(signal.strength)));
    signals
}

fn label(strength: Strength) -> &'static str {
    let [clear, possible] = LABELS;
    match strength {
        Strength::Clear => clear,
        Strength::Possible => possible,
    }
}

fn text(signal: &Signal, evidence: &Evidence, about: &About<'_>) -> String {
    let quote = quoted(about.text, evidence);
    match (&signal.facts, signal.kind) {
        (Facts::Urgency(facts), Kind::Deadline) => format!("deadline {quote}{}", when(facts, about)),
        (Facts::Urgency(_), Kind::Blocked) => format!("blocked now {quote}"),
        (Facts::Urgency(_), _) => format!("in a hurry {quote}"),
        (Facts::Mismatch(facts), _) => {
            let sum = sum(signal, facts);
            format!("{sum} at stake {quote} ({} words; usual is {})", facts.words, facts.typical_words)
        }
        (Facts::Repeat(_), _) => format!("had to come back {quote}"),
        (Facts::Emotion(_), kind) => format!("{} {quote}", feeling(kind)),
    }
}

fn feeling(kind: Kind) -> &'static str {
    match kind {
        Kind::Anger => "strong words",
        Kind::Fear => "worry",
        Kind::Sadness => "hurt",
        Kind::Unheard => "not feeling heard",
        Kind::Churn => "talk of leaving",
        _ => "frustration",
    }
}

/// When a deadline is, in the customer's time: " (Tue 9:00 their time; sent Mon 22:51)".
fn when(facts: &UrgencyFacts, about: &About<'_>) -> String {
    let Some(at) = facts.deadline_at else { return String::new() };
    let clock = if facts.deadline_has_time { "%a %-H:%M" } else { "%a %-d %b" };
    let local =
        |moment: DateTime<Utc>, form: &str| moment.with_timezone(&about.zone.tz()).format(form).to_string();
    match about.zone {
        Zone::Customer(_) => {
            format!(" ({} their time; sent {})", local(at, clock), local(about.sent_at, "%a %-H:%M"))
        }
        Zone::Source(tz) => format!(" ({} in {}, their own zone unknown)", local(at, clock), tz.name()),
    }
}

/// What the records say, beside what the customer says; above all when the two disagree.
pub fn records(about: &About<'_>) -> Option<Line> {
    let repeat = about.signals.iter().find_map(|signal| match &signal.facts {
        Facts::Repeat(facts) => Some(facts),
        _ => None,
    });
    let text = match (repeat, &about.records) {
        (Some(facts), records) => {
            let said =
                records_say(facts).or(records.map(|_| "no earlier ticket of theirs on this".to_owned()))?;
            match records.map(|records| records.agent_replies) {
                Some(0) => format!("{said}; nobody has replied on this one"),
                Some(1) => format!("{said}; one reply on this one"),
                Some(replies) => format!("{said}; {replies} replies on this one"),
                None => said,
            }
        }
        (None, Some(_)) => "first contact about this".to_owned(),
        (None, None) => return None,
    };
    Some(Line { label: "Records", text })
}

fn records_say(facts: &RepeatFacts) -> Option<String> {
    let mut parts = Vec::new();
    match facts.record_tickets.as_slice() {
        [] => {}
        [one] => parts.push(format!("earlier ticket #{one}")),
        many => {
            let ids: Vec<_> = many.iter().take(3).map(|id| format!("#{id}")).collect();
            parts.push(format!("{} earlier tickets ({})", many.len(), ids.join(", ")));
        }
    }
    match facts.reopens {
        0 => {}
        1 => parts.push("reopened once".to_owned()),
        times => parts.push(format!("reopened {times} times")),
    }
    if facts.unanswered > 1 {
        parts.push(format!("{} messages without an answer", facts.unanswered));
    }
    (!parts.is_empty()).then(|| parts.join(", "))
}
