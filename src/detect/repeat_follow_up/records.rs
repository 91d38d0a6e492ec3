//! What the records say: earlier tickets on the same matter, reopenings, messages nobody answered.

use std::collections::HashSet;

use chrono::TimeDelta;

use crate::detect::{Reading, RepeatFacts};
use crate::ticket::{EarlierTicket, TicketId};

/// Earlier tickets count for this long.
const WINDOW: TimeDelta = TimeDelta::days(60);
/// Unanswered messages from which on a customer is chasing: one is only waiting.
const CHASING: u32 = 2;
/// Share of trigrams two subjects must have in common (Dice). "Refund for order" and "Refund of my order" have .6.
const SAME_MATTER: f64 = 0.55;
/// Subjects with fewer words than this, "Help" or "Invoice", say too little to be compared.
const FEWEST_WORDS: usize = 2;
/// A reference has at least this many characters and digits in it; shorter ones are counts and years' ends.
const REFERENCE_LENGTH: usize = 5;
const REFERENCE_DIGITS: usize = 3;

/// What the records hold, as facts.
pub fn of(reading: &Reading<'_>) -> RepeatFacts {
    let history = reading.history;
    let mut record_tickets: Vec<TicketId> = history.follow_up_of.iter().cloned().collect();
    if !history.earlier_tickets.is_empty() {
        let this = Matter::of(reading.subject);
        let text_references = references(reading.text.folded());
        let same = history.earlier_tickets.iter().filter(|ticket| {
            let age = reading.sent_at - ticket.created_at;
            let recent = age >= TimeDelta::zero() && age <= WINDOW;
            recent && !record_tickets.contains(&ticket.id) && this.is_same(ticket, &text_references)
        });
        let same: Vec<_> = same.map(|ticket| ticket.id.clone()).collect();
        record_tickets.extend(same);
    }
    RepeatFacts {
        record_tickets,
        reopens: history.reopens,
        unanswered: if history.unanswered >= CHASING { history.unanswered } else { 0 },
        ..RepeatFacts::default()
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
    fn of(subject: &str) -> Self {
        let subject = bare(subject);
        let words =
            subject.split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().count() > 2).count();
        Self { words, trigrams: trigrams(&subject), references: references(&subject) }
    }

    fn is_same(&self, ticket: &EarlierTicket, text_references: &HashSet<String>) -> bool {
        let other = Self::of(ticket.subject.expose());
        let referred = |theirs: &String| self.references.contains(theirs) || text_references.contains(theirs);
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

/// A subject in lower case without "Re:", "Fwd:" and "[Brand]" before it.
fn bare(subject: &str) -> String {
    let lower = subject.to_lowercase();
    let mut rest = lower.trim();
    loop {
        let prefix = ["re:", "fw:", "fwd:", "aw:", "wg:", "sv:", "tr:", "rv:", "enc:", "antw:"];
        let stripped = prefix.iter().find_map(|prefix| rest.strip_prefix(prefix)).or_else(|| {
            rest.strip_prefix('[').and_then(|inside| inside.split_once(']')).map(|(_, after)| after)
        });
        match stripped {
            Some(after) => rest = after.trim_start(),
            None => return rest.to_owned(),
        }
    }
}

fn trigrams(text: &str) -> HashSet<[char; 3]> {
    let letters: Vec<char> = text.chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
    letters.windows(3).map(|three| [three[0], three[1], three[2]]).filter(|three| three[1] != ' ').collect()
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
