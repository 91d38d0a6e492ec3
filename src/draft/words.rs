//! Content words: what is left of a text without grammar and without the vocabulary of support itself.

use std::collections::HashSet;

use anyhow::Context;
use serde::Deserialize;

use crate::detect::numbers::Numbers;

/// A word without its ending, so that "charged" meets "charges" and "presentation" meets "presenting".
///
/// Coarse on purpose: two words that meet by accident make a reply look more specific, and a check stay silent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Stem([u8; STEM_BYTES]);

const STEM_BYTES: usize = 6;

const ENDINGS: [&str; 8] = ["'s", "ings", "ing", "ed", "es", "ly", "s", "e"];

impl Stem {
    pub fn of(word: &str) -> Self {
        let bare = ENDINGS
            .iter()
            .find_map(|ending| word.strip_suffix(ending).filter(|bare| bare.len() >= 3))
            .map_or(word, undoubled);
        let mut stem = [0; STEM_BYTES];
        let bytes = &bare.as_bytes()[..bare.len().min(STEM_BYTES)];
        stem[..bytes.len()].copy_from_slice(bytes);
        Self(stem)
    }
}

/// "bidd", left of "bidding", as it was before the ending: "bid".
fn undoubled(bare: &str) -> &str {
    match bare.as_bytes() {
        [.., one, other]
            if one == other && bare.len() > 3 && !b"lsz".contains(one) && one.is_ascii_alphabetic() =>
        {
            &bare[..bare.len() - 1]
        }
        _ => bare,
    }
}

pub struct Words {
    function: HashSet<String>,
    asked: HashSet<Stem>,
    channels: HashSet<String>,
    generic: HashSet<Stem>,
    numbers: Numbers,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    function: String,
    asked: String,
    channels: String,
    generic: String,
}

impl Words {
    pub fn load() -> anyhow::Result<Self> {
        let file: File = toml::from_str(include_str!("../../config/lexicons/en/draft_words.toml"))
            .context("lexicon draft_words.toml")?;
        Ok(Self {
            function: file.function.split_whitespace().map(str::to_owned).collect(),
            asked: file.asked.split_whitespace().map(Stem::of).collect(),
            channels: file.channels.split_whitespace().map(str::to_owned).collect(),
            generic: file.generic.split_whitespace().map(Stem::of).collect(),
            numbers: Numbers::load()?,
        })
    }

    /// The content words of a folded text: no mentions, hashtags, addresses or initials. "twelve" is "12".
    pub fn content<'t>(&'t self, folded: &'t str) -> impl Iterator<Item = Stem> + 't {
        folded.split_whitespace().filter(|token| !is_address(token)).flat_map(move |token| {
            token.split(|c: char| !c.is_alphanumeric() && c != '\'').filter_map(move |word| self.stem(word))
        })
    }

    /// How many words there are beside grammar, the vocabulary of support included.
    pub fn spoken(&self, folded: &str) -> usize {
        let own = folded.split_whitespace().filter(|token| !is_address(token));
        let words = own.flat_map(|token| token.split(|c: char| !c.is_alphanumeric() && c != '\''));
        words.filter(|word| word.len() > 1 && !self.function.contains(*word)).count()
    }

    /// Whether a folded text speaks of another channel: "can you DM us ..?" is no question about the case.
    pub fn names_a_channel(&self, folded: &str) -> bool {
        folded.split(|c: char| !c.is_alphanumeric()).any(|word| self.channels.contains(word))
    }

    /// Whether a folded text has a word that in a question asks for what only this case needs.
    pub fn asks(&self, folded: &str) -> bool {
        let mut words = folded.split(|c: char| !c.is_alphanumeric());
        words.any(|word| self.asked.contains(&Stem::of(word)))
    }

    fn stem(&self, word: &str) -> Option<Stem> {
        let word = word.trim_matches('\'');
        let figure = word.starts_with(|c: char| c.is_ascii_digit());
        if !figure && word.chars().nth(1).is_none() || self.function.contains(word) {
            return None;
        }
        if let Some(number) = self.numbers.cardinal(word) {
            return Some(Stem::of(&number.to_string()));
        }
        let stem = Stem::of(word);
        (!self.generic.contains(&stem)).then_some(stem)
    }
}

/// Mentions, hashtags, links and agents' initials ("^JM"): whom and where, not what.
fn is_address(token: &str) -> bool {
    token.starts_with(['@', '#', '^', '<', '.'])
        || token.starts_with("http")
        || token.contains("://")
        || token.contains('@')
        || token.contains(".com")
}

/// The names that a customer calls the company by: "@XboxSupport" makes "xbox" no content.
pub fn handles(folded: &str) -> Vec<&str> {
    let handles = folded.split_whitespace().filter_map(|token| token.strip_prefix(['@', '#']));
    handles.filter(|handle| handle.len() > 3).take(8).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_meet_their_other_forms_and_no_others() {
        let cases = [
            ("charged", "charges", true),
            ("presentation", "presenting", true),
            ("delivery", "delivered", true),
            ("flight", "flights", true),
            ("refund", "refunded", true),
            ("bidding", "bid", true),
            ("calling", "call", true),
            ("cat", "car", false),
            ("wedding", "webbing", false),
        ];
        for (one, other, expected) in cases {
            assert_eq!(Stem::of(one) == Stem::of(other), expected, "{one} {other}");
        }
    }

    #[test]
    fn content_is_neither_grammar_nor_the_vocabulary_of_support() {
        let words = Words::load().expect("the shipped words");
        let cases = [
            ("please send us your details so we can help you further", 0),
            ("@meadowlark your parcel arrived broken", 3),
            ("https://example.com/help ^JM", 0),
            ("twelve dollars", 2),
            ("", 0),
        ];
        for (text, expected) in cases {
            assert_eq!(words.content(text).count(), expected, "{text}");
        }
        assert!(words.content("twelve").eq(words.content("12")));
    }
}
