//! A lexicon: phrases from a data file, searched for all at once in one linear pass.
//!
//! The files are TOML, `[[phrase]]` entries with a `pattern` (a regular expression over folded text:
//! lower case, ASCII apostrophes; whole words) and whatever the detector
//! that owns the file wants to know of a match. Earlier entries win where two match at one place.
//! A `[words]` table names pieces that patterns (and later pieces) use as `<name>`. With
//! `whole_words = true` a match must also end where a word ends.

use std::collections::BTreeMap;
use std::mem;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use anyhow::Context;
use regex_automata::hybrid::dfa::{self, DFA};
use regex_automata::nfa::thompson::{self, WhichCaptures};
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::gate::{Beginnings, Gate, Parts};

/// Bytes that a search may keep of its automaton, per part. Far more than they fill: one that has too little
/// makes its states anew for every message, which costs a hundred times the search itself.
const MOST_CACHE: usize = 8 << 20;

/// Phrases with what each means, `T`.
pub struct Lexicon<T> {
    /// Phrases of one part never overlap one another; those of different parts may.
    parts: Vec<Part>,
    meanings: Vec<T>,
    gate: Gate,
    /// What earlier searches kept of their automata, ready for the next.
    idle: Mutex<Vec<Caches>>,
}

/// One for each part.
type Caches = Vec<dfa::Cache>;

struct Part {
    /// Searches forward only: where a match begins is known.
    dfa: DFA,
    /// Where the meanings of its phrases begin among all.
    first: usize,
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
        Self::parse_parts(name, toml, |_| ())
    }

    /// Reads a lexicon file in parts, one for each `key` of its meanings: phrases of different
    /// parts may overlap. It also keeps the searches small: gaps in patterns multiply within one.
    pub fn parse_parts<K: Ord>(name: &str, toml: &str, key: impl Fn(&T) -> K) -> anyhow::Result<Self> {
        let file: File<Entry<T>> = toml::from_str(toml).with_context(|| format!("lexicon {name}"))?;
        let end = if file.whole_words { r"\b{end-half}" } else { "" };
        let mut parts: BTreeMap<K, (Vec<String>, Vec<T>)> = BTreeMap::new();
        for entry in file.phrase {
            let pattern = format!(r"(?:{}){end}", expand(&entry.pattern, &file.words));
            let (patterns, meanings) = parts.entry(key(&entry.meaning)).or_default();
            patterns.push(pattern);
            meanings.push(entry.meaning);
        }
        anyhow::ensure!(!parts.is_empty(), "lexicon {name} is empty");
        Self::build(parts.into_values()).with_context(|| format!("lexicon {name}"))
    }

    fn build(groups: impl Iterator<Item = (Vec<String>, Vec<T>)>) -> anyhow::Result<Self> {
        let config = syntax::Config::new().unicode(false).utf8(false);
        let (mut parts, mut all, mut beginnings) = (Vec::new(), Vec::new(), Beginnings::default());
        for (patterns, meanings) in groups {
            anyhow::ensure!(parts.len() < Parts::BITS as usize, "more than {} parts", Parts::BITS);
            for pattern in &patterns {
                beginnings.add(parts.len(), pattern, &config)?;
            }
            let nfa = thompson::Compiler::new()
                .syntax(config)
                .configure(thompson::Config::new().utf8(false).which_captures(WhichCaptures::None))
                .build_many(&patterns)?;
            let dfa = DFA::builder()
                .configure(dfa::Config::new().cache_capacity(MOST_CACHE))
                .build_from_nfa(nfa)?;
            parts.push(Part { dfa, first: all.len() });
            all.extend(meanings);
        }
        Ok(Self { parts, meanings: all, gate: Gate::new(beginnings), idle: Mutex::default() })
    }

    /// What the entries mean, in the order of the file within each part.
    pub fn meanings(&self) -> &[T] {
        &self.meanings
    }

    /// Every match in `folded`, in order of where it begins; none overlaps another of its part.
    ///
    /// Each search is held to one word's start: searching from everywhere at once needs far more
    /// automaton states, and the time to make them, for the same matches. The gate leaves out the words at
    /// which no phrase can begin.
    pub fn find<'a>(&'a self, folded: &'a str) -> impl Iterator<Item = (Range<usize>, &'a T)> {
        let bytes = folded.as_bytes();
        let mut borrowed = self.borrow();
        let mut ends = vec![0; self.parts.len()];
        let (mut at, mut waiting): (usize, Parts) = (0, 0);
        let mut next = next_start(bytes, 0);
        std::iter::from_fn(move || {
            loop {
                while waiting != 0 {
                    let index = waiting.trailing_zeros() as usize;
                    waiting &= waiting - 1;
                    let part = &self.parts[index];
                    let input = Input::new(bytes).range(at..).anchored(Anchored::Yes);
                    if ends[index] <= at
                        && let Ok(Some(end)) = part.dfa.try_search_fwd(&mut borrowed.caches[index], &input)
                    {
                        ends[index] = end.offset().max(at + 1);
                        return Some((
                            at..end.offset(),
                            &self.meanings[part.first + end.pattern().as_usize()],
                        ));
                    }
                }
                at = next?;
                next = next_start(bytes, at + 1);
                waiting = self.gate.at(&bytes[at..]);
            }
        })
    }

    fn borrow(&self) -> Borrowed<'_> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let fresh = || self.parts.iter().map(|part| part.dfa.create_cache()).collect();
        Borrowed { idle: &self.idle, caches: idle.unwrap_or_else(fresh) }
    }
}

/// Caches in use by one search; they go back when it ends. The automata's own pool would keep one set for
/// each thread, and each takes megabytes: only one is kept.
struct Borrowed<'a> {
    idle: &'a Mutex<Vec<Caches>>,
    caches: Caches,
}

impl Drop for Borrowed<'_> {
    fn drop(&mut self) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.is_empty() {
            idle.push(mem::take(&mut self.caches));
        }
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

/// Where the next word or mark starts, from `at` on: nowhere inside a word.
fn next_start(bytes: &[u8], at: usize) -> Option<usize> {
    if at == 0 && bytes.first().is_some_and(|byte| !byte.is_ascii_whitespace()) {
        return Some(0);
    }
    let from = at.max(1);
    let starts = |pair: &[u8]| !IS_WORD[usize::from(pair[0])] && !pair[1].is_ascii_whitespace();
    bytes.get(from - 1..)?.windows(2).position(starts).map(|gap| from + gap)
}

/// Whether a byte belongs to a word: asked of every byte by every lexicon.
const IS_WORD: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        table[byte as usize] = byte.is_ascii_alphanumeric() || byte == b'_';
        byte += 1;
    }
    table
};

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
    fn phrases_of_different_parts_may_overlap() {
        let lexicon = Lexicon::parse_parts("test.toml", FILE, |meaning: &Meaning| meaning.class.clone());
        let lexicon = lexicon.expect("valid");
        let expected = [(2..13, "contact".to_owned()), (9..19, "again".to_owned())];
        assert_eq!(found(&lexicon, "i called them again"), expected);
    }

    #[test]
    fn no_phrase_of_the_detectors_is_asked_at_every_word() {
        let lexicon = |name: &str| {
            let path = format!("{}/config/lexicons/en/{name}.toml", env!("CARGO_MANIFEST_DIR"));
            let file = std::fs::read_to_string(path).expect("a shipped file");
            Lexicon::<BTreeMap<String, toml::Value>>::parse(name, &file).expect("valid")
        };
        let names = ["emotion", "repeat_follow_up", "amount_mismatch"];
        let urgency = ["urgency", "urgency_families", "urgency_frames", "urgency_guards", "urgency_harm"];
        for name in names.into_iter().chain(urgency) {
            // Each entry has to begin with words of its own: `\w+ just` costs all the detector's time again.
            assert_eq!(lexicon(name).gate.always, 0, "{name}");
        }
    }

    #[test]
    fn a_wrong_file_is_named() {
        for file in ["phrase = 1", "[[phrase]]\npattern = \"(\"\nclass = \"x\"", "phrase = []"] {
            let error = Lexicon::<Meaning>::parse("test.toml", file).err().expect("an error");
            assert!(format!("{error:#}").contains("test.toml"), "{file}");
        }
    }
}
