//! Repeat follow-up: the customer had to come back.
//!
//! ## What it finds
//! In the words: counts of contacts ("third time", "called six times"), chases ("still waiting", "nobody got
//! back to me"), promises not kept, undone fixes, and a contact told together with how it failed ("I called ..
//! they refused"). In the records: earlier tickets on the same matter, a follow-up ticket, reopenings, several
//! unanswered messages. Both stand side by side in one signal, so that a reader sees where they disagree.
//! ## Why an agent should know
//! Someone who explains for the third time must not be asked to explain once more.
//! ## Known limits
//! English only. A refusal counts as a contact even where the request before it is not told. Contacts with
//! another party about the same problem (a provider, a dealer) count; police and public bodies do not.

mod facts;
mod records;
#[cfg(test)]
mod tests;
mod words;

use super::search::{Found, Patterns};
use super::{Detector, DetectorName, Facts, Kind, Reading, Signal, Strength};
use records::Records;
use words::Words;

pub struct RepeatFollowUp {
    words: Words,
    records: Records,
}

impl RepeatFollowUp {
    pub fn load(patterns: &mut Patterns) -> anyhow::Result<Self> {
        Ok(Self { words: Words::load(patterns)?, records: Records::load()? })
    }
}

impl Detector for RepeatFollowUp {
    fn version(&self) -> u32 {
        6
    }

    fn detect(&self, reading: &Reading<'_>, found: &Found) -> Vec<Signal> {
        let said = self.words.read(reading.text, found);
        let mut facts = self.records.read(reading);
        let recorded = records::speak(&facts);
        if said.is_none() && !recorded {
            return Vec::new();
        }
        let (kind, strength, evidence) = match said {
            Some(said) => {
                facts.contacts = said.counts.contacts;
                facts.duration_text = said.counts.duration_text;
                facts.duration_days = said.counts.duration_days;
                let strength = if recorded { Strength::Clear } else { said.strength };
                (Kind::Chase, strength, said.evidence)
            }
            None => (Kind::Records, Strength::Clear, Vec::new()),
        };
        let facts = Facts::Repeat(facts);
        vec![Signal { detector: DetectorName::RepeatFollowUp, kind, strength, evidence, facts }]
    }
}
