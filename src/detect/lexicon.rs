//! A lexicon: phrases from a data file, searched for all at once in one linear pass.
//!
//! The files are TOML, `[[phrase]]` entries with a `pattern` (a regular expression over folded text:
//! lower case, ASCII apostrophes; whole words unless it says otherwise) and whatever the detector
//! that owns the file wants to know of a match. Earlier entries win where two match at one place.

use std::ops::Range;

use anyhow::Context;
use regex_automata::meta::Regex;
use regex_automata::util::syntax;
use serde::Deserialize;
use serde::de::DeserializeOwned;

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
            .map(|entry| (format!(r"\b{{start-half}}(?:{})\b{{end-half}}", entry.pattern), entry.meaning))
            .unzip();
        let regex = Regex::builder()
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
    pub fn find<'a>(&'a self, folded: &'a str) -> impl Iterator<Item = (Range<usize>, &'a T)> {
        self.regex.find_iter(folded).map(|found| (found.range(), &self.meanings[found.pattern().as_usize()]))
    }
}
