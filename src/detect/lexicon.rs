//! A lexicon: phrases from a data file, searched for all at once in one linear pass.
//!
//! The files are TOML, `[[phrase]]` entries with a `pattern` (a regular expression over folded text:
//! lower case, ASCII apostrophes; whole words) and whatever the detector
//! that owns the file wants to know of a match. Earlier entries win where two match at one place.

use std::ops::Range;

use anyhow::Context;
use regex_automata::meta::Regex;
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// Bytes of automaton states kept per thread: the largest lexicon needs 6 MB for all it meets; less would make it
/// throw states away and make them again, a thousand times slower.
const STATES: usize = 16 << 20;

/// Phrases with what each means, `T`.
pub struct Lexicon<T> {
    regex: Regex,
    meanings: Vec<T>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File<E> {
    phrase: Vec<E>,
}

#[derive(Deserialize)]
struct Entry<T> {
    pattern: String,
    #[serde(flatten)]
    meaning: T,
}

impl<T: DeserializeOwned> Lexicon<T> {
    /// Reads a lexicon file. The error names the file and what is wrong in it.
    pub fn parse(name: &str, toml: &str) -> anyhow::Result<Self> {
        let file: File<Entry<T>> = toml::from_str(toml).with_context(|| format!("lexicon {name}"))?;
        let (patterns, meanings): (Vec<_>, Vec<_>) = file
            .phrase
            .into_iter()
            .map(|entry| (format!(r"(?:{})\b{{end-half}}", entry.pattern), entry.meaning))
            .unzip();
        let regex = Regex::builder()
            .configure(Regex::config().hybrid_cache_capacity(STATES))
            .syntax(syntax::Config::new().unicode(false).utf8(false))
            .build_many(&patterns)
            .with_context(|| format!("lexicon {name}"))?;
        Ok(Self { regex, meanings })
    }

    /// What the entries mean, in the order of the file.
    pub fn meanings(&self) -> &[T] {
        &self.meanings
    }

    /// Every match in `folded`, in order, none overlapping another.
    ///
    /// Each search is held to one word's start: searching from everywhere at once needs far more
    /// automaton states, and the time to make them, for the same matches.
    pub fn find<'a>(&'a self, folded: &'a str) -> impl Iterator<Item = (Range<usize>, &'a T)> {
        let bytes = folded.as_bytes();
        let mut at = 0;
        std::iter::from_fn(move || {
            while at < bytes.len() {
                let starts = !bytes[at].is_ascii_whitespace() && (at == 0 || !is_word(bytes[at - 1]));
                let input = Input::new(bytes).range(at..).anchored(Anchored::Yes);
                if starts && let Some(found) = self.regex.search(&input) {
                    at = found.end().max(at + 1);
                    return Some((found.range(), &self.meanings[found.pattern().as_usize()]));
                }
                at += 1;
            }
            None
        })
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}
