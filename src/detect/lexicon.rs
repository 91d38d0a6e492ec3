//! A lexicon: phrases from a data file, searched for all at once in one linear pass.
//!
//! The files are TOML, `[[phrase]]` entries with a `pattern` (a regular expression over folded text:
//! lower case, ASCII apostrophes; whole words) and whatever the detector
//! that owns the file wants to know of a match. Earlier entries win where two match at one place.
//! A `[words]` table names pieces that patterns (and later pieces) use as `<name>`. With
//! `whole_words = true` a match must also end where a word ends.

use std::collections::BTreeMap;
use std::ops::Range;

use anyhow::Context;
use regex_automata::meta::{self, Regex};
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// Bytes that a search may keep of its automaton, per thread. The default, 2 MB, is too small for large lexicons:
/// they then rebuild their states for every message, which costs a hundred times the search itself.
const MOST_CACHE: usize = 16 << 20;

/// Phrases with what each means, `T`.
pub struct Lexicon<T> {
    regex: Regex,
    meanings: Vec<T>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File<E> {
    #[serde(default)]
    whole_words: bool,
    #[serde(default)]
    words: BTreeMap<String, String>,
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
        let mut groups = Self::parse_groups(name, toml, |_| ())?;
        groups.remove(&()).with_context(|| format!("lexicon {name} is empty"))
    }

    /// Reads a lexicon file into one lexicon for each `key` of its meanings, so that phrases of different
    /// groups may overlap. It also keeps the searches small: gaps in patterns multiply within one.
    pub fn parse_groups<K: Ord>(
        name: &str,
        toml: &str,
        key: impl Fn(&T) -> K,
    ) -> anyhow::Result<BTreeMap<K, Self>> {
        let file: File<Entry<T>> = toml::from_str(toml).with_context(|| format!("lexicon {name}"))?;
        let end = if file.whole_words { r"\b{end-half}" } else { "" };
        let mut groups: BTreeMap<K, (Vec<String>, Vec<T>)> = BTreeMap::new();
        for entry in file.phrase {
            let pattern = format!(r"(?:{}){end}", expand(&entry.pattern, &file.words));
            let (patterns, meanings) = groups.entry(key(&entry.meaning)).or_default();
            patterns.push(pattern);
            meanings.push(entry.meaning);
        }
        groups
            .into_iter()
            .map(|(key, (patterns, meanings))| Ok((key, Self::build(name, &patterns, meanings)?)))
            .collect()
    }

    fn build(name: &str, patterns: &[String], meanings: Vec<T>) -> anyhow::Result<Self> {
        let regex = Regex::builder()
            .configure(meta::Config::new().hybrid_cache_capacity(MOST_CACHE))
            .syntax(syntax::Config::new().unicode(false).utf8(false))
            .build_many(patterns)
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

/// Puts the pieces in, pieces within pieces too; a cycle stops after a few rounds and then fails to compile.
fn expand(pattern: &str, words: &BTreeMap<String, String>) -> String {
    let mut expanded = pattern.to_owned();
    for _ in 0..4 {
        for (name, piece) in words {
            expanded = expanded.replace(&format!("<{name}>"), piece);
        }
    }
    expanded
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Meaning {
        class: String,
    }

    const FILE: &str = r#"
        whole_words = true
        [words]
        them = "(?:you|them|<team>)"
        team = "the team"
        [[phrase]]
        pattern = "called <them>"
        class = "contact"
        [[phrase]]
        pattern = "them again|call"
        class = "again"
    "#;

    fn found(lexicon: &Lexicon<Meaning>, text: &str) -> Vec<(Range<usize>, String)> {
        lexicon.find(text).map(|(range, meaning)| (range, meaning.class.clone())).collect()
    }

    #[test]
    fn pieces_stand_in_pieces_and_matches_are_whole_words() {
        let lexicon: Lexicon<Meaning> = Lexicon::parse("test.toml", FILE).expect("valid");
        let cases = [
            ("i called the team", vec![(2..17, "contact".to_owned())]),
            ("i called them again", vec![(2..13, "contact".to_owned())]),
            ("i called the teams", vec![]),
            ("recalled them, calling", vec![]),
        ];
        for (text, expected) in cases {
            assert_eq!(found(&lexicon, text), expected, "{text}");
        }
    }

    #[test]
    fn phrases_of_different_groups_may_overlap() {
        let groups = Lexicon::parse_groups("test.toml", FILE, |meaning: &Meaning| meaning.class.clone());
        let groups = groups.expect("valid");
        assert_eq!(found(&groups["contact"], "i called them again"), [(2..13, "contact".to_owned())]);
        assert_eq!(found(&groups["again"], "i called them again"), [(9..19, "again".to_owned())]);
    }

    #[test]
    fn a_wrong_file_is_named() {
        for file in ["phrase = 1", "[[phrase]]\npattern = \"(\"\nclass = \"x\"", "phrase = []"] {
            let error = Lexicon::<Meaning>::parse("test.toml", file).err().expect("an error");
            assert!(format!("{error:#}").contains("test.toml"), "{file}");
        }
    }
}
