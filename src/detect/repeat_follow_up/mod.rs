//! Repeat follow-up: the customer had to come back.
//!
//! ## What it finds
//! In the words: counts of contacts ("third time", "called six times"), chases ("still waiting", "nobody got
//! back to me"), promises not kept, undone fixes, a contact told together with how it failed ("I called ..
//! they refused"), and a sentence on contacts that tells of a chase by its wording. In the records:
//! earlier tickets on the same matter, a follow-up ticket, reopenings, several unanswered messages. Both stand side by side in one signal, so that a reader sees where they disagree.
//! ## Why an agent should know
//! Someone who explains for the third time must not be asked to explain once more.
//! ## Known limits
//! English only. A refusal counts as a contact even where the request before it is not told. Contacts with
//! another party about the same problem (a provider, a dealer) count; police and public bodies do not.

mod context;
mod facts;
mod records;
#[cfg(test)]
mod tests;
pub mod train;
mod words;

use self::context::Context;
use self::records::Records;
use self::words::{Heard, Said, Words};
use super::search::{Found, Patterns};
use super::{Detector, DetectorName, Facts, Kind, Reading, Signal, Strength};
use crate::eval::Counts;
use crate::text::{Cleaned, clause};

pub struct RepeatFollowUp {
    words: Words,
    records: Records,
    context: Context,
}

impl RepeatFollowUp {
    pub fn load(patterns: &mut Patterns) -> anyhow::Result<Self> {
        Ok(Self { words: Words::load(patterns)?, records: Records::load()?, context: Context::load()? })
    }

    /// What cross-validation measured when the table was trained.
    pub fn measured(&self) -> Counts {
        self.context.measured()
    }

    /// What the words say: phrases, unless they only may and the wording of their sentences speaks against it; else that
    /// wording alone.
    fn said(&self, text: &Cleaned<'_>, found: &Found) -> Option<Said> {
        let Heard { said, sentences } = self.words.read(text, found);
        let told = self.context.told(text, sentences)?;
        match said {
            Some(said) => (said.strength == Strength::Clear || told.bears_out()).then_some(said),
            None => told
                .chase()
                .map(|words| Said::by_wording(text.evidence(clause::around(text, &words), "wording"))),
        }
    }
}

impl Detector for RepeatFollowUp {
    fn version(&self) -> u32 {
        7
    }

    fn detect(&self, reading: &Reading<'_>, found: &Found) -> Vec<Signal> {
        let said = self.said(reading.text, found);
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
