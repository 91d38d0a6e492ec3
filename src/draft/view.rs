//! A pair as the checks share it: read once, asked often.

use std::collections::HashSet;
use std::ops::Range;

use super::Pair;
use super::lexicons::Lexicons;
use super::reply::{Reply, Said};
use super::words::Stem;
use crate::detect::{DetectorName, Facts, Kind, Signal, Strength};
use crate::ticket::CustomerText;

/// The most words of the customer's that are quoted where no signal's evidence is.
const MOST_WORDS: usize = 20;

pub struct View<'a> {
    pub pair: &'a Pair<'a>,
    pub said: Said<'a>,
    pub reply: Reply,
}

impl<'a> View<'a> {
    pub fn of(lexicons: &'a Lexicons, pair: &'a Pair<'a>) -> Self {
        let said = Said::read(lexicons, pair.customer);
        let reply = Reply::read(lexicons, pair.draft, &said);
        Self { pair, said, reply }
    }

    /// The signal that says the customer is upset: strong feeling, or clear anger, fear, being unheard or leaving.
    pub fn upset(&self) -> Option<&'a Signal> {
        self.pair.signals.iter().filter(|signal| !signal.evidence.is_empty()).find(|signal| {
            let strong = matches!(&signal.facts, Facts::Emotion(facts) if facts.level >= 2);
            let weighty = matches!(signal.kind, Kind::Anger | Kind::Fear | Kind::Unheard | Kind::Churn);
            strong && !is_glad(signal) || weighty && signal.strength == Strength::Clear
        })
    }

    /// Whether the customer wrote to say thanks and nothing else was found.
    pub fn only_thanks(&self) -> bool {
        !self.pair.signals.is_empty() && self.pair.signals.iter().all(is_glad)
    }

    /// The content words of an evidence quote and of the sentence around it.
    pub fn around(&self, quote: &str) -> HashSet<Stem> {
        self.said.around(self.pair.customer, quote)
    }

    /// The content words around every piece of evidence; of the whole message where there is none.
    pub fn facts(&self) -> HashSet<Stem> {
        let quotes = self.pair.signals.iter().flat_map(|signal| &signal.evidence);
        let facts: HashSet<_> = quotes.flat_map(|evidence| self.around(evidence.quote.expose())).collect();
        if facts.is_empty() { self.said.content.clone() } else { facts }
    }

    /// A signal's own words: its deadline's or its duration's where it has one.
    pub fn quote_of(&self, signal: &Signal) -> CustomerText {
        let named = match &signal.facts {
            Facts::Urgency(facts) => facts.deadline_text.clone(),
            _ => None,
        };
        named.or_else(|| signal.evidence.first().map(|evidence| evidence.quote.clone())).unwrap_or_default()
    }

    /// What the customer said that a reply could take up: a signal's words, else the sentence that says most.
    pub fn what_they_said(&self) -> CustomerText {
        let told = self.pair.signals.iter().filter(|signal| !is_glad(signal) && !signal.evidence.is_empty());
        // A quoted feeling says less of what happened than a deadline or a chase does.
        let by_weight = told.min_by_key(|signal| signal.detector == DetectorName::EmotionalLanguage);
        by_weight.map_or_else(|| self.fullest_sentence(), |signal| self.quote_of(signal))
    }

    /// The draft's own words behind a range of its folded text.
    /// The draft's words, without an "and" that leads on to what is not quoted.
    pub fn draft_quote(&self, range: Range<usize>) -> CustomerText {
        let words = self.pair.draft.original(range).trim_end();
        ["and", "but"].iter().find_map(|joint| without_last(words, joint)).unwrap_or(words).into()
    }

    fn fullest_sentence(&self) -> CustomerText {
        let customer = self.pair.customer;
        let weigh = |range: &Range<usize>| self.said.within(&customer.folded()[range.clone()]).len();
        // The first of the fullest: `max_by_key` alone would give the last.
        let fullest = customer.sentences().iter().rev().max_by_key(|range| weigh(range));
        let words = fullest.map_or("", |range| customer.original(range.clone()));
        first_words(words.trim()).into()
    }
}

/// What stands before a last word, without the comma between; `None` where the text does not end in that word.
fn without_last<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let at = text.len().checked_sub(word.len()).filter(|&at| text.is_char_boundary(at))?;
    let (before, last) = text.split_at(at);
    let is_word = last.eq_ignore_ascii_case(word) && before.ends_with(char::is_whitespace);
    is_word.then(|| before.trim_end().trim_end_matches(','))
}

fn is_glad(signal: &Signal) -> bool {
    matches!(signal.kind, Kind::Gratitude | Kind::Joy)
}

fn first_words(text: &str) -> &str {
    let starts = text.match_indices(char::is_whitespace).map(|(at, _)| at);
    // Counts gaps, not words: several spaces in a row only make a quote shorter.
    starts.skip(MOST_WORDS - 1).map(|at| text[..at].trim_end()).next().unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_does_not_end_in_a_word_that_leads_on() {
        let cases = [
            ("we are sorry and", Some("we are sorry")),
            ("we are sorry, AND", Some("we are sorry")),
            ("we are sorry", None),
            ("a new brand", None),
            ("and", None),
            ("ünd", None),
        ];
        for (text, expected) in cases {
            assert_eq!(without_last(text, "and"), expected, "{text:?}");
        }
    }
}
