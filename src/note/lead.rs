//! The lead line: what an agent knows after one second.

use super::compose::About;
use crate::detect::{Facts, Kind, MismatchFacts, RepeatFacts, Signal, Strength, UrgencyFacts};

/// The lead is shorter than this, in characters.
const SHORTER_THAN: usize = 90;

/// Composes the lead: the sum first, then the chase, the time, the feelings; as many as fit.
pub fn line(about: &About<'_>) -> String {
    let mut line = "Undertone: ".to_owned();
    let mut first = true;
    for part in parts(about.signals) {
        let joint = if first { "" } else { ", " };
        if line.chars().count() + joint.len() + part.chars().count() < SHORTER_THAN {
            line.push_str(joint);
            line.push_str(&part);
            first = false;
        }
    }
    line
}

fn parts(signals: &[Signal]) -> Vec<String> {
    let mut parts = Vec::new();
    for signal in signals {
        if let Facts::Mismatch(facts) = &signal.facts {
            parts.push(format!("{} in {} words", sum(signal, facts), facts.words));
        }
    }
    for signal in signals {
        if let Facts::Repeat(facts) = &signal.facts {
            parts.push(chase(facts, signal.kind));
        }
    }
    for signal in signals {
        if let Facts::Urgency(facts) = &signal.facts {
            parts.extend(pressure(facts, signal.kind));
        }
    }
    let mut feelings: Vec<_> = signals.iter().filter_map(|signal| Some((rank(signal)?, signal))).collect();
    feelings.sort_by_key(|(rank, _)| *rank);
    parts.extend(feelings.into_iter().filter_map(|(_, signal)| feeling(signal)));
    parts
}

/// The sum as the customer wrote it ("$12"), where a word of the evidence holds it; else the amount and its currency.
pub fn sum(signal: &Signal, facts: &MismatchFacts) -> String {
    let words = signal.evidence.iter().flat_map(|evidence| evidence.quote.expose().split_whitespace());
    let digits = facts.amount.trim_end_matches('0').trim_end_matches('.');
    let written = words.map(|word| word.trim_matches(['.', ',', ';', ':', '(', ')', '!', '?']));
    let mut written =
        written.filter(|word| word.contains(digits) && word.contains(|c: char| !c.is_ascii_digit()));
    match (&facts.currency, written.find(|word| word.chars().any(|c| "$€£¥".contains(c)))) {
        (_, Some(word)) => word.to_owned(),
        (Some(currency), None) => format!("{} {currency}", facts.amount),
        (None, None) => facts.amount.clone(),
    }
}

fn chase(facts: &RepeatFacts, kind: Kind) -> String {
    let duration = facts.duration_days.filter(|days| *days > 1).map(|days| format!(" in {}", span(days)));
    match (facts.contacts, kind) {
        (Some(contacts), _) if contacts > 1 => format!("{contacts} contacts{}", duration.unwrap_or_default()),
        (_, Kind::Records) if !facts.record_tickets.is_empty() => {
            format!("{} earlier tickets on this", facts.record_tickets.len())
        }
        (_, Kind::Records) if facts.unanswered > 1 => format!("{} messages unanswered", facts.unanswered),
        (_, Kind::Records) => "opened again".to_owned(),
        _ => format!("had to come back{}", duration.unwrap_or_default()),
    }
}

fn span(days: u32) -> String {
    match days {
        days if days % 7 == 0 && days < 60 => format!("{} weeks", days / 7).replace("1 weeks", "1 week"),
        days if days >= 60 => format!("{} months", days / 30),
        days => format!("{days} days"),
    }
}

fn pressure(facts: &UrgencyFacts, kind: Kind) -> Vec<String> {
    let mut parts = Vec::new();
    if facts.blocked {
        parts.push("blocked now".to_owned());
    }
    match facts.hours_left {
        Some(hours) if hours < 1.0 => parts.push("deadline within the hour".to_owned()),
        Some(hours) if hours < 48.0 => {
            parts.push(format!("deadline in {hours:.0} hours").replace(" 1 hours", " 1 hour"))
        }
        Some(hours) => parts.push(format!("deadline in {:.0} days", hours / 24.0)),
        None if kind == Kind::Deadline => parts.push("a deadline".to_owned()),
        None if facts.hurry && !facts.blocked => parts.push("in a hurry".to_owned()),
        None => {}
    }
    parts
}

/// Which feelings go first; `None` for what a note does not lead with.
fn rank(signal: &Signal) -> Option<u8> {
    match signal.kind {
        Kind::Churn => Some(0),
        Kind::Fear => Some(1),
        Kind::Anger => Some(2),
        Kind::Unheard => Some(3),
        Kind::Sadness => Some(4),
        Kind::Frustration => Some(5),
        _ => None,
    }
}

fn feeling(signal: &Signal) -> Option<String> {
    let word = match signal.kind {
        Kind::Churn => "talks of leaving",
        Kind::Fear => "worried",
        Kind::Anger => "angry",
        Kind::Unheard => "feels unheard",
        Kind::Sadness => "hurt",
        Kind::Frustration => "frustrated",
        _ => return None,
    };
    Some(match signal.strength {
        Strength::Clear => word.to_owned(),
        Strength::Possible => format!("maybe {word}"),
    })
}
