//! A lexicon: phrases from a data file, searched for all at once in one linear pass.
//!
//! The files are TOML, `[[phrase]]` entries with a `pattern` (a regular expression over folded text:
//! lower case, ASCII apostrophes; whole words) and whatever the detector
//! that owns the file wants to know of a match. Earlier entries win where two match at one place.
//! A `[words]` table names pieces that patterns (and later pieces) use as `<name>`; `<nt>` is in every file. With
//! `whole_words = true` a match must also end where a word ends.

use std::collections::BTreeMap;
use std::ops::Range;

use anyhow::Context;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::search::{Found, Patterns};

/// The piece `<nt>`: a match begins where a word does, so that a bare "n't" at its beginning would never be met.
const CONTRACTED: &str = "(?:do|does|did|is|are|was|were|has|have|had|wo|would|ca|could|should|need)n'?t";

/// Phrases with what each means, `T`.
pub struct Lexicon<T> {
    /// The number of its first pattern in the search that looks for it.
    first: usize,
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
    /// Reads a lexicon file, and adds its patterns to those that are searched for. The error names the file and what is wrong in it.
    pub fn parse(patterns: &mut Patterns, name: &str, toml: &str) -> anyhow::Result<Self> {
        Self::parse_parts(patterns, name, toml, |_| ())
    }

    /// Reads a lexicon file in parts, one for each `key` of its meanings: phrases of different
    /// parts may overlap. It also keeps the searches small: gaps in patterns multiply within one.
    pub fn parse_parts<K: Ord>(
        patterns: &mut Patterns,
        name: &str,
        toml: &str,
        key: impl Fn(&T) -> K,
    ) -> anyhow::Result<Self> {
        let mut file: File<Entry<T>> = toml::from_str(toml).with_context(|| format!("lexicon {name}"))?;
        file.words.entry("nt".to_owned()).or_insert_with(|| CONTRACTED.to_owned());
        let end = if file.whole_words { r"\b{end-half}" } else { "" };
        let mut parts: BTreeMap<K, (Vec<String>, Vec<T>)> = BTreeMap::new();
        for entry in file.phrase {
            let pattern = format!(r"(?:{}){end}", expand(&entry.pattern, &file.words));
            let (patterns, meanings) = parts.entry(key(&entry.meaning)).or_default();
            patterns.push(pattern);
            meanings.push(entry.meaning);
        }
        anyhow::ensure!(!parts.is_empty(), "lexicon {name} is empty");
        let (mut first, mut meanings) = (usize::MAX, Vec::new());
        for (part, meant) in parts.into_values() {
            first = first.min(patterns.add(&part).with_context(|| format!("lexicon {name}"))?);
            meanings.extend(meant);
        }
        Ok(Self { first, meanings })
    }

    /// What the entries mean, in the order of the file within each part.
    pub fn meanings(&self) -> &[T] {
        &self.meanings
    }

    /// Its phrases among all that was found in a text, in order of where they begin; none overlaps another of its part.
    pub fn among<'a>(&'a self, found: &'a Found) -> impl Iterator<Item = (Range<usize>, &'a T)> {
        let own = found.of(self.first..self.first + self.meanings.len());
        own.map(|(range, number)| (range, &self.meanings[number - self.first]))
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
        pattern = "them again|call|<nt> ask"
        class = "again"
    "#;

    /// What a lexicon finds that is searched for by itself, in parts by `key`.
    fn found<K: Ord>(key: impl Fn(&Meaning) -> K, text: &str) -> Vec<(Range<usize>, String)> {
        let mut patterns = Patterns::default();
        let lexicon = Lexicon::parse_parts(&mut patterns, "test.toml", FILE, key).expect("valid");
        let found = patterns.search().find(text);
        lexicon.among(&found).map(|(range, meaning)| (range, meaning.class.clone())).collect()
    }

    #[test]
    fn pieces_stand_in_pieces_and_matches_are_whole_words() {
        let cases = [
            ("i called the team", vec![(2..17, "contact".to_owned())]),
            ("i called them again", vec![(2..13, "contact".to_owned())]),
            ("i called the teams", vec![]),
            ("i didn't ask", vec![(2..12, "again".to_owned())]),
            ("i want ask", vec![]),
            ("recalled them, calling", vec![]),
        ];
        for (text, expected) in cases {
            assert_eq!(found(|_| (), text), expected, "{text}");
        }
    }

    #[test]
    fn phrases_of_different_parts_may_overlap() {
        let expected = [(2..13, "contact".to_owned()), (9..19, "again".to_owned())];
        assert_eq!(found(|meaning| meaning.class.clone(), "i called them again"), expected);
    }

    #[test]
    fn no_phrase_of_the_detectors_is_asked_at_every_word() {
        let always = |name: &str| {
            let path = format!("{}/config/lexicons/en/{name}.toml", env!("CARGO_MANIFEST_DIR"));
            let file = std::fs::read_to_string(path).expect("a shipped file");
            let mut patterns = Patterns::default();
            Lexicon::<BTreeMap<String, toml::Value>>::parse(&mut patterns, name, &file).expect("valid");
            patterns.search().always()
        };
        let names = ["emotion", "repeat_follow_up", "amount_mismatch"];
        let urgency = ["urgency", "urgency_families", "urgency_frames", "urgency_guards", "urgency_harm"];
        for name in names.into_iter().chain(urgency) {
            // Each entry has to begin with words of its own: `\w+ just` costs all the detector's time again.
            assert_eq!(always(name), 0, "{name}");
        }
    }

    #[test]
    fn a_wrong_file_is_named() {
        for file in ["phrase = 1", "[[phrase]]\npattern = \"(\"\nclass = \"x\"", "phrase = []"] {
            let error = Lexicon::<Meaning>::parse(&mut Patterns::default(), "test.toml", file)
                .err()
                .expect("an error");
            assert!(format!("{error:#}").contains("test.toml"), "{file}");
        }
    }
}
