//! What the records say: earlier tickets on the same matter, reopenings, messages nobody answered.

use std::collections::HashSet;

use anyhow::Context;
use chrono::TimeDelta;
use serde::Deserialize;

use crate::detect::{Reading, RepeatFacts};
use crate::ticket::TicketId;

/// Earlier tickets count for this long.
const WINDOW: TimeDelta = TimeDelta::days(60);
/// Unanswered messages from which on a customer is chasing: one is only waiting.
const CHASING: u32 = 2;
/// Share of trigrams that two subjects, filler left out, must have in common (Dice). "Order not delivered" and
/// "Parcel not delivered" have .6, "Missing item in delivery" and "Item missing from delivery" .8.
const SAME_MATTER: f64 = 0.6;
/// Subjects that say less than this, in words, "Help" or "Invoice", say too little to be compared.
const FEWEST_WORDS: usize = 2;
/// A reference has at least this many characters and digits in it; shorter ones are counts and years' ends.
const REFERENCE_LENGTH: usize = 5;
const REFERENCE_DIGITS: usize = 3;

/// Compares subjects.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Records {
    filler: HashSet<String>,
    prefix: Vec<String>,
}

impl Records {
    pub fn load() -> anyhow::Result<Self> {
        let toml = include_str!("../../../config/lexicons/en/subjects.toml");
        toml::from_str(toml).context("lexicon subjects.toml")
    }

    /// What the records hold, as facts.
    pub fn read(&self, reading: &Reading<'_>) -> RepeatFacts {
        let history = reading.history;
        let mut record_tickets: Vec<TicketId> = history.follow_up_of.iter().cloned().collect();
        if !history.earlier_tickets.is_empty() {
            let this = self.matter(reading.subject);
            let mentioned = references(reading.text.folded());
            let recent = history.earlier_tickets.iter().filter(|ticket| {
                let age = reading.sent_at - ticket.created_at;
                age >= TimeDelta::zero() && age <= WINDOW
            });
            for ticket in recent {
                let same = this.is_same(&self.matter(ticket.subject.expose()), &mentioned);
                if same && !record_tickets.contains(&ticket.id) {
                    record_tickets.push(ticket.id.clone());
                }
            }
        }
        let unanswered = if history.unanswered >= CHASING { history.unanswered } else { 0 };
        RepeatFacts { record_tickets, reopens: history.reopens, unanswered, ..RepeatFacts::default() }
    }

    fn matter(&self, subject: &str) -> Matter {
        let subject = self.bare(subject);
        let said: Vec<&str> = subject
            .split(|c: char| !c.is_alphanumeric() && c != '\'')
            .filter(|word| word.chars().count() > 2 && !self.filler.contains(*word))
            .collect();
        Matter { words: said.len(), trigrams: trigrams(&said), references: references(&subject) }
    }

    /// A subject in lower case without "Re:", "Fwd:" and "[Brand]" before it.
    fn bare(&self, subject: &str) -> String {
        let lower = subject.to_lowercase();
        let mut rest = lower.trim();
        loop {
            let bracketed = || rest.strip_prefix('[')?.split_once(']').map(|(_, after)| after);
            let answered = || self.prefix.iter().find_map(|prefix| rest.strip_prefix(prefix.as_str()));
            match answered().or_else(bracketed) {
                Some(after) => rest = after.trim_start(),
                None => return rest.to_owned(),
            }
        }
    }
}

/// Whether they hold anything of a repeat.
pub fn speak(facts: &RepeatFacts) -> bool {
    !facts.record_tickets.is_empty() || facts.reopens > 0 || facts.unanswered > 0
}

/// What a subject is about.
struct Matter {
    words: usize,
    trigrams: HashSet<[char; 3]>,
    references: HashSet<String>,
}

impl Matter {
    fn is_same(&self, other: &Self, mentioned: &HashSet<String>) -> bool {
        let referred = |theirs: &String| self.references.contains(theirs) || mentioned.contains(theirs);
        if other.references.iter().any(referred) {
            return true;
        }
        // Two references that differ are two matters, however alike the rest ("Order 10231 late", "Order 10377 late").
        let apart = !self.references.is_empty() && !other.references.is_empty();
        let enough = self.words >= FEWEST_WORDS && other.words >= FEWEST_WORDS;
        let shared = self.trigrams.intersection(&other.trigrams).count() as f64;
        enough && !apart && 2.0 * shared >= SAME_MATTER * (self.trigrams.len() + other.trigrams.len()) as f64
    }
}

/// Three letters each, within words padded by a space, so that their order counts for nothing.
fn trigrams(words: &[&str]) -> HashSet<[char; 3]> {
    let padded = words.iter().map(|word| format!(" {word} ").chars().collect::<Vec<char>>());
    padded.flat_map(|word| word.windows(3).map(|w| [w[0], w[1], w[2]]).collect::<Vec<_>>()).collect()
}

/// Order and case numbers: words with several digits in them.
fn references(text: &str) -> HashSet<String> {
    text.split(|c: char| !c.is_alphanumeric() && c != '-')
        .map(|word| word.trim_matches('-'))
        .filter(|word| {
            word.len() >= REFERENCE_LENGTH
                && word.bytes().filter(u8::is_ascii_digit).count() >= REFERENCE_DIGITS
        })
        .map(str::to_owned)
        .collect()
}
