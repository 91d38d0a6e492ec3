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
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::search::Search;

/// Phrases with what each means, `T`.
pub struct Lexicon<T> {
    search: Search,
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
        let (patterns, meanings): (Vec<_>, Vec<_>) = parts.into_values().unzip();
        let search =
            Search::new(patterns.iter().map(Vec::as_slice)).with_context(|| format!("lexicon {name}"))?;
        Ok(Self { search, meanings: meanings.into_iter().flatten().collect() })
    }

    /// What the entries mean, in the order of the file within each part.
    pub fn meanings(&self) -> &[T] {
        &self.meanings
    }

    /// Every match in `folded`, in order of where it begins; none overlaps another of its part.
    pub fn find(&self, folded: &str) -> impl Iterator<Item = (Range<usize>, &T)> + use<'_, T> {
        let found = self.search.find(folded.as_bytes()).into_iter();
        found.map(|(range, phrase)| (range, &self.meanings[phrase]))
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
            assert_eq!(lexicon(name).search.always(), 0, "{name}");
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
