//! Small amount, long message: twelve dollars, four paragraphs.
//!
//! ## What it finds
//! A message whose sum at stake is small, up to about 50 US dollars, and whose length is far out of proportion.
//! ## Why an agent should know
//! Nobody writes four paragraphs about twelve dollars: something else is at stake, a principle or a history.
//! ## Known limits
//! English only. Where a large sum stands without a word that places it, nothing is said. Sums blacked out or told
//! as a share ("20 % of it") are not read.

mod relations;
mod stake;
#[cfg(test)]
mod tests;

use super::search::{Found, Patterns};
use super::{Detector, DetectorName, Facts, Kind, MismatchFacts, Reading, Signal, Strength};
use crate::text::Cleaned;
use stake::Stakes;

/// What a message about an amount usually has, in words, until there is enough history of a source: with
/// `LONG_FACTOR` it gives the "about 120 words" from which readers called a message long.
const TYPICAL_WORDS: u32 = 58;
/// A message this many times as long as usual is out of proportion.
const LONG_FACTOR: u32 = 2;
/// So many paragraphs are long too, from this many words each on, if the whole is longer than usual.
const LONG_PARAGRAPHS: usize = 3;
const PARAGRAPH_WORDS: usize = 15;

pub struct AmountMismatch {
    stakes: Stakes,
}

impl AmountMismatch {
    pub fn load(patterns: &mut Patterns) -> anyhow::Result<Self> {
        Ok(Self { stakes: Stakes::load(patterns)? })
    }
}

impl Detector for AmountMismatch {
    fn version(&self) -> u32 {
        4
    }

    fn detect(&self, reading: &Reading<'_>, found: &Found) -> Vec<Signal> {
        let words = reading.text.words() as u32;
        let typical_words = reading.history.typical_words.unwrap_or(TYPICAL_WORDS);
        if !long(reading.text, words, typical_words) {
            return Vec::new();
        }
        let Some(stake) = self.stakes.small(reading.text, found) else { return Vec::new() };
        let evidence = vec![reading.text.evidence(stake.range, &stake.cue)];
        let facts = MismatchFacts {
            amount: stake.value.normalize().to_string(),
            currency: stake.currency,
            words,
            typical_words,
        };
        vec![Signal {
            detector: DetectorName::AmountMismatch,
            kind: Kind::SmallAmount,
            strength: Strength::Clear,
            evidence,
            facts: Facts::Mismatch(facts),
        }]
    }
}

fn long(text: &Cleaned<'_>, words: u32, typical_words: u32) -> bool {
    words >= typical_words.saturating_mul(LONG_FACTOR)
        || (words > typical_words && paragraphs(text) >= LONG_PARAGRAPHS)
}

/// Paragraphs that argue: a greeting, a heading or a number on its own line is none.
fn paragraphs(text: &Cleaned<'_>) -> usize {
    text.folded().split("\n\n").filter(|p| p.split_whitespace().nth(PARAGRAPH_WORDS - 1).is_some()).count()
}
