//! The data that drafts are read with: stock phrases, what a reply does, and words that say nothing.

use serde::Deserialize;

use super::words::Words;
use crate::detect::lexicon::Lexicon;
use crate::detect::search::{Patterns, Search};

/// What an entry of `stock_phrases.toml` means.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Phrase {
    pub class: PhraseClass,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PhraseClass {
    /// Sympathy, thanks or assurance that fits every ticket.
    Stock,
    /// Courtesy and procedure.
    Filler,
}

/// What an entry of `draft_cues.toml` means.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cue {
    pub class: CueClass,
}

/// What a sentence of a reply does. The numbers are bits of `Does`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CueClass {
    /// Something done, or being done, for this customer.
    Acted = 1,
    /// Something that will be done.
    Promise = 2,
    /// A moment, or a nearness in time.
    Time = 4,
    /// A wait that answers no deadline, a receipt, a routing.
    Stall = 8,
    /// Earlier contacts, the wait, the repetition.
    History = 16,
    /// What to do in the product.
    Step = 32,
    /// Something to submit or to read elsewhere.
    Errand = 64,
    /// An outright answer.
    Answer = 128,
    /// The customer's feeling, named.
    Feeling = 256,
}

impl CueClass {
    /// Whether such a cue says nothing where it stands inside a set phrase.
    pub fn is_empty_in_a_phrase(self) -> bool {
        matches!(self, Self::Promise | Self::Time | Self::History | Self::Answer | Self::Feeling)
    }
}

/// The cues of one sentence.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Does(u16);

impl Does {
    pub fn add(&mut self, class: CueClass) {
        self.0 |= class as u16;
    }

    pub fn has(self, class: CueClass) -> bool {
        self.0 & class as u16 != 0
    }
}

pub struct Lexicons {
    /// For the phrases of both lexicons.
    pub search: Search,
    pub phrases: Lexicon<Phrase>,
    pub cues: Lexicon<Cue>,
    pub words: Words,
}

impl Lexicons {
    pub fn load() -> anyhow::Result<Self> {
        let mut patterns = Patterns::default();
        Ok(Self {
            phrases: Lexicon::parse(
                &mut patterns,
                "stock_phrases.toml",
                include_str!("../../config/lexicons/en/stock_phrases.toml"),
            )?,
            cues: Lexicon::parse(
                &mut patterns,
                "draft_cues.toml",
                include_str!("../../config/lexicons/en/draft_cues.toml"),
            )?,
            words: Words::load()?,
            search: patterns.search(),
        })
    }
}
