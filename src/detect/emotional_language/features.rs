//! What is counted in a message before its feelings are weighed.

use std::ops::Range;

use foldhash::HashMap;

use super::fit::Sign;
use super::phrases::{Hit, Meaning};
use super::voice::Voice;
use crate::text::Cleaned;

/// Families that say nothing of ill feeling by themselves.
const NEUTRAL: [&str; 11] = [
    "topic",
    "legal",
    "joy",
    "praise",
    "gratitude",
    "laughter",
    "courtesy",
    "degree",
    "self",
    "company",
    "said",
];

/// Families that speak against ill feeling.
const AGAINST: [&str; 6] = ["topic", "legal", "joy", "praise", "gratitude", "courtesy"];

/// How many features the shape of the text gives.
const SHAPES: usize = 21;

/// What the shape of the text gives, in the order `count` appends it.
const SHAPE: [&str; SHAPES] = [
    "log words",
    "shouted words",
    "shouted runs",
    "all capitals",
    "share of capitals",
    "exclamation marks",
    "runs of exclamation marks",
    "question marks",
    "runs of question marks",
    "trailing dots",
    "strong phrases",
    "most in one sentence",
    "families",
    "phrases",
    "phrases per length",
    "redacted",
    "of the writer",
    "to the reader",
    "of others",
    "negations",
    "words to a sentence",
];

/// The families of a lexicon, each with its place among the features.
pub struct Families {
    names: Vec<String>,
    places: HashMap<String, usize>,
    neutral: Vec<bool>,
}

impl Families {
    pub fn of(meanings: &[Meaning]) -> Self {
        let mut names: Vec<_> = meanings.iter().map(|meaning| meaning.family.clone()).collect();
        names.sort();
        names.dedup();
        let places = names.iter().enumerate().map(|(place, name)| (name.clone(), place)).collect();
        let neutral = names.iter().map(|name| NEUTRAL.contains(&name.as_str())).collect();
        Self { names, places, neutral }
    }

    /// How many there are; each has two features.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    pub fn place(&self, family: &str) -> usize {
        self.places[family]
    }

    /// Whether the family says nothing of ill feeling by itself.
    pub fn is_neutral(&self, family: &str) -> bool {
        self.neutral[self.places[family]]
    }

    /// The names of all features, in the order of `count`.
    pub fn features(&self) -> Vec<String> {
        let counts = self.names.iter().map(|name| format!("{name}, how often"));
        let presences = self.names.iter().map(|name| format!("{name}, at all"));
        counts.chain(presences).chain(SHAPE.map(String::from)).collect()
    }

    /// Which way each feature may speak of ill feeling, in the order of `features`.
    pub fn signs(&self) -> Vec<Sign> {
        let of = |(place, name): (usize, &String)| match name.as_str() {
            name if AGAINST.contains(&name) => Sign::Against,
            _ if self.neutral[place] => Sign::Either,
            _ => Sign::For,
        };
        let families: Vec<_> = self.names.iter().enumerate().map(of).collect();
        [&families[..], &families[..], &[Sign::Either; SHAPES]].concat()
    }

    /// Counts everything in a message. All values are small: counts go through a logarithm.
    pub fn count(&self, text: &Cleaned<'_>, hits: &[Hit<'_>], capitals: &Capitals) -> Vec<f64> {
        let n = self.names.len();
        let mut features = vec![0.0; 2 * n];
        let mut total = 0;
        let (mut strong, mut most, mut in_sentence, mut sentence) = (0, 0, 0, usize::MAX);
        for hit in hits {
            let place = self.place(&hit.meaning.family);
            features[place] += 1.0;
            strong += usize::from(hit.meaning.strong);
            if self.neutral[place] {
                continue;
            }
            total += 1;
            in_sentence = if hit.sentence == sentence { in_sentence + 1 } else { 1 };
            sentence = hit.sentence;
            most = most.max(in_sentence);
        }
        let kinds = (0..n).filter(|&place| features[place] > 0.0 && !self.neutral[place]).count();
        for place in 0..n {
            features[n + place] = f64::from(features[place] > 0.0);
            features[place] = features[place].ln_1p();
        }
        let words = text.words() as f64;
        let marks = Marks::of(text.folded());
        let voice = Voice::of(text.folded());
        let shouting = if capitals.everywhere() { 0.0 } else { 1.0 };
        let phrases = (total as f64).ln_1p();
        features.extend([
            words.ln_1p(),
            shouting * (capitals.common as f64).ln_1p(),
            shouting * (capitals.runs.len().min(3) as f64),
            1.0 - shouting,
            shouting * capitals.share,
            (marks.exclamations as f64).ln_1p(),
            marks.exclamation_runs.min(3) as f64,
            (marks.questions as f64).ln_1p(),
            marks.question_runs.min(3) as f64,
            marks.dots.min(3) as f64,
            (strong as f64).ln_1p(),
            f64::from(most),
            kinds as f64,
            phrases,
            phrases / (8.0 + words).ln(),
            f64::from(text.folded().contains("xxxx")),
            voice.share(voice.writer),
            voice.share(voice.reader),
            voice.share(voice.others),
            voice.share(voice.negations),
            (voice.words as f64 / text.sentences().len().max(1) as f64).ln_1p(),
        ]);
        features
    }
}

#[derive(Default)]
struct Marks {
    exclamations: usize,
    exclamation_runs: usize,
    questions: usize,
    question_runs: usize,
    dots: usize,
}

impl Marks {
    fn of(folded: &str) -> Self {
        let mut marks = Self::default();
        let mut bytes = folded.bytes().peekable();
        while let Some(byte) = bytes.next() {
            if !matches!(byte, b'!' | b'?' | b'.') {
                continue;
            }
            let (mut exclamations, mut questions, mut length) =
                (usize::from(byte == b'!'), usize::from(byte == b'?'), 1);
            while let Some(next) = bytes.next_if(|next| matches!(next, b'!' | b'?' | b'.')) {
                exclamations += usize::from(next == b'!');
                questions += usize::from(next == b'?');
                length += 1;
            }
            marks.exclamations += exclamations;
            marks.questions += questions;
            marks.exclamation_runs += usize::from(exclamations >= 2);
            marks.question_runs += usize::from(questions >= 1 && exclamations + questions >= 2);
            marks.dots += usize::from(length >= 3 && exclamations + questions == 0);
        }
        marks
    }
}

/// Words in capitals. Names, acronyms and redactions are not shouting: only ordinary words count.
pub struct Capitals {
    /// Ordinary words in capitals.
    pub common: usize,
    /// Three or more ordinary words in capitals in a row, as ranges of the folded text.
    pub runs: Vec<Range<usize>>,
    /// The share of all words that is in capitals, 0 to 1.
    pub share: f64,
}

/// How many ordinary words in a row make shouting.
const RUN: usize = 3;

impl Capitals {
    pub fn of(text: &Cleaned<'_>, ordinary: &Ordinary) -> Self {
        let folded = text.folded();
        let bytes = folded.as_bytes();
        let (mut words, mut big, mut common) = (0_usize, 0_usize, 0_usize);
        let mut runs = Vec::new();
        let (mut run, mut run_length, mut at) = (0..0, 0, 0);
        while at < bytes.len() {
            if !bytes[at].is_ascii_alphabetic() {
                at += 1;
                continue;
            }
            let start = at;
            while at < bytes.len() && (bytes[at].is_ascii_alphabetic() || bytes[at] == b'\'') {
                at += 1;
            }
            let word = &folded[start..at];
            if word.bytes().all(|byte| byte == b'x') {
                continue;
            }
            words += 1;
            let capital = word.len() > 1 && is_capital(text.original(start..at));
            big += usize::from(capital);
            let shouted = capital && ordinary.has(word);
            common += usize::from(shouted);
            if shouted || (run_length > 0 && word == "i") {
                run = if run_length == 0 { start..at } else { run.start..at };
                run_length += 1;
            } else {
                if run_length >= RUN {
                    runs.push(run.clone());
                }
                run_length = 0;
            }
        }
        if run_length >= RUN {
            runs.push(run);
        }
        Self { common, runs, share: big as f64 / words.max(1) as f64 }
    }

    /// Whether capitals are the form of the whole message, and so say nothing.
    pub fn everywhere(&self) -> bool {
        self.share >= 0.7
    }
}

fn is_capital(word: &str) -> bool {
    word.chars().all(|c| !c.is_lowercase())
}

/// Ordinary words: those that nobody writes in capitals because they are names.
pub struct Ordinary(foldhash::HashSet<&'static str>);

impl Ordinary {
    pub fn load() -> Self {
        Self(include_str!("../../../config/lexicons/en/ordinary_words.txt").split_whitespace().collect())
    }

    fn has(&self, word: &str) -> bool {
        self.0.contains(word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_feature_has_a_sign_and_families_that_of_what_they_mean() {
        let meaning =
            |family: &str| Meaning { family: family.to_owned(), says: None, feeling: false, strong: false };
        let families = Families::of(&["joy", "anger", "degree", "anger"].map(meaning));
        let signs = families.signs();
        assert_eq!(signs.len(), families.features().len());
        let cases = [("anger", Sign::For), ("degree", Sign::Either), ("joy", Sign::Against)];
        for (name, expected) in cases {
            let place = families.place(name);
            assert_eq!([signs[place], signs[place + families.len()]], [expected; 2], "{name}");
        }
        assert_eq!(signs.last(), Some(&Sign::Either), "shape speaks either way");
    }
}
