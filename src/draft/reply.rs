//! A draft as the checks see it: its own sentences, what each does, and what it shares with the customer's message.

use std::collections::HashSet;
use std::ops::Range;

use super::lexicons::{CueClass, Does, Lexicons, PhraseClass};
use super::own_text;
use super::words::{self, Stem};
use crate::detect::search::Found;
use crate::text::Cleaned;

/// Words beside grammar from which on a message says something, be it in the vocabulary of support alone.
const SOMETHING: usize = 3;

const PERSONS: [&str; 5] = ["you", "your", "i", "my", "yours"];

/// One sentence of the agent's own new text.
pub struct Sentence {
    /// In the draft's folded text.
    pub range: Range<usize>,
    pub words: usize,
    /// The first stock phrase in it.
    pub stock: Option<Range<usize>>,
    pub does: Does,
    /// Asks for what only this case needs, beyond the details that everybody is asked for.
    pub clarifies: bool,
    /// Speaks of "you" or "I", not of how things are in general.
    pub is_personal: bool,
    /// Content words outside stock phrases and filler.
    pub content: Vec<Stem>,
    /// How many of these the customer used too.
    pub shared: usize,
}

impl Sentence {
    pub fn does(&self, class: CueClass) -> bool {
        self.does.has(class)
    }
}

pub struct Reply {
    pub sentences: Vec<Sentence>,
    pub words: usize,
}

impl Reply {
    /// Reads a draft beside the customer's content words.
    pub fn read(lexicons: &Lexicons, draft: &Cleaned<'_>, said: &Said<'_>) -> Self {
        let sentences: Vec<_> = own_text::sentences(draft)
            .into_iter()
            .map(|range| read_sentence(lexicons, draft.folded(), range, said))
            .collect();
        Self { words: sentences.iter().map(|sentence| sentence.words).sum(), sentences }
    }

    pub fn any_does(&self, class: CueClass) -> bool {
        self.sentences.iter().any(|sentence| sentence.does(class))
    }
}

fn read_sentence(lexicons: &Lexicons, folded: &str, range: Range<usize>, said: &Said<'_>) -> Sentence {
    let text = &folded[range.clone()];
    let found = lexicons.search.find(text);
    let phrases: Vec<_> =
        lexicons.phrases.among(&found).map(|(found, phrase)| (found, phrase.class)).collect();
    let own = || gaps(text, &phrases);
    let content: Vec<_> =
        own().flat_map(|own| lexicons.words.content(own)).filter(|stem| !said.brand.contains(stem)).collect();
    let stock = phrases.iter().find(|(_, class)| *class == PhraseClass::Stock);
    let asks = text.ends_with('?') && !lexicons.words.names_a_channel(text);
    Sentence {
        words: text.split_whitespace().count(),
        stock: stock.map(|(found, _)| range.start + found.start..range.start + found.end),
        does: what_it_does(lexicons, &found, &phrases),
        clarifies: asks && (!content.is_empty() || own().any(|own| lexicons.words.asks(own))),
        is_personal: text.split(|c: char| !c.is_alphanumeric()).any(|word| PERSONS.contains(&word)),
        shared: content.iter().filter(|stem| said.content.contains(stem)).count(),
        content,
        range,
    }
}

/// The cues of a sentence. A time, a promise or the history inside a set phrase ("how can we help you today") is
/// the phrase's and not the agent's.
fn what_it_does(lexicons: &Lexicons, found: &Found, phrases: &[(Range<usize>, PhraseClass)]) -> Does {
    let mut does = Does::default();
    for (found, cue) in lexicons.cues.among(found) {
        let set = phrases.iter().any(|(phrase, _)| phrase.start <= found.start && found.end <= phrase.end);
        if !set || !cue.class.is_empty_in_a_phrase() {
            does.add(cue.class);
        }
    }
    does
}

/// The text between phrases.
fn gaps<'t>(text: &'t str, phrases: &[(Range<usize>, PhraseClass)]) -> impl Iterator<Item = &'t str> {
    let starts = std::iter::once(0).chain(phrases.iter().map(|(found, _)| found.end));
    let ends = phrases.iter().map(|(found, _)| found.start).chain(std::iter::once(text.len()));
    starts.zip(ends).map(|(start, end)| &text[start..end])
}

/// What the customer said, as far as a reply can take it up.
pub struct Said<'a> {
    lexicons: &'a Lexicons,
    folded: &'a str,
    /// The content words of the whole message.
    pub content: HashSet<Stem>,
    /// Words that are only what the customer calls the company by.
    brand: HashSet<Stem>,
}

impl<'a> Said<'a> {
    pub fn read(lexicons: &'a Lexicons, customer: &'a Cleaned<'_>) -> Self {
        let folded = customer.folded();
        let handles = words::handles(folded);
        let is_brand = |word: &&str| word.len() > 2 && handles.iter().any(|handle| handle.contains(*word));
        let brand: HashSet<_> = if handles.is_empty() {
            HashSet::new()
        } else {
            let bare =
                folded.split_whitespace().map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()));
            bare.filter(is_brand).flat_map(|word| lexicons.words.content(word)).collect()
        };
        let content = lexicons.words.content(folded).filter(|stem| !brand.contains(stem)).collect();
        Self { lexicons, folded, content, brand }
    }

    /// Whether there is anything in the message that a reply could take up.
    pub fn is_anything(&self) -> bool {
        !self.content.is_empty() || self.lexicons.words.spoken(self.folded) >= SOMETHING
    }

    /// The content words of an evidence quote and of the sentence it stands in.
    pub fn around(&self, customer: &Cleaned<'_>, quote: &str) -> HashSet<Stem> {
        let quote = quote.to_lowercase();
        let sentence = self.folded.find(&quote).map(|at| customer.sentence_at(at)).unwrap_or_default();
        let words = &self.lexicons.words;
        words.content(&self.folded[sentence]).chain(words.content(&quote)).collect()
    }

    /// The content words of an evidence quote alone.
    pub fn within(&self, quote: &str) -> HashSet<Stem> {
        self.lexicons.words.content(&quote.to_lowercase()).collect()
    }
}
