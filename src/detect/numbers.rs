//! Numbers as customers write them: "3", "3rd", "third", "twelve".

use std::collections::HashMap;

use anyhow::Context;
use serde::Deserialize;

/// The number words of a language.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Numbers {
    cardinal: HashMap<String, u32>,
    ordinal: HashMap<String, u32>,
    days: HashMap<String, u32>,
}

impl Numbers {
    pub fn load() -> anyhow::Result<Self> {
        toml::from_str(include_str!("../../config/lexicons/en/numbers.toml")).context("lexicon numbers.toml")
    }

    /// "3", "three", "twice", "a". A folded word without its punctuation.
    pub fn cardinal(&self, word: &str) -> Option<u32> {
        self.cardinal.get(word).copied().or_else(|| digits(word))
    }

    /// "third", "3rd".
    pub fn ordinal(&self, word: &str) -> Option<u32> {
        let numeral = ["st", "nd", "rd", "th"].iter().find_map(|end| word.strip_suffix(end)).and_then(digits);
        self.ordinal.get(word).copied().or(numeral)
    }

    /// Days in a unit: "week" is 7, "month" 30.
    pub fn days(&self, unit: &str) -> Option<u32> {
        self.days.get(unit).copied()
    }
}

/// Up to three digits: more is a year, an order or a phone number.
fn digits(word: &str) -> Option<u32> {
    (word.len() <= 3 && word.bytes().all(|b| b.is_ascii_digit())).then(|| word.parse().ok()).flatten()
}
