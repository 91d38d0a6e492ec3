//! Finds the phrases of feeling in a message, and leaves out those that are not the writer's or not meant.

use std::ops::Range;
use std::sync::LazyLock;

use regex::bytes::Regex;
use serde::Deserialize;

use crate::detect::Kind;
use crate::detect::lexicon::Lexicon;
use crate::detect::search;
use crate::text::Cleaned;

/// What an entry of the lexicon says of itself; the file's head explains the fields.
#[derive(Deserialize)]
pub struct Meaning {
    pub family: String,
    #[serde(default)]
    pub says: Option<Kind>,
    #[serde(default)]
    pub feeling: bool,
    #[serde(default)]
    pub strong: bool,
}

/// A phrase found, with the sentence it stands in.
pub struct Hit<'a> {
    pub range: Range<usize>,
    pub sentence: usize,
    pub meaning: &'a Meaning,
}

/// What the lexicon finds in a message.
pub struct Found<'a> {
    /// Phrases of the writer's, in the order of the text.
    pub hits: Vec<Hit<'a>>,
    /// Where words do not mean what they say: topics, and feelings that are not the writer's or not real.
    pub unmeant: Vec<Range<usize>>,
}

/// Finds all phrases.
pub fn find<'a>(lexicon: &'a Lexicon<Meaning>, text: &Cleaned<'_>, found: &'a search::Found) -> Found<'a> {
    let folded = text.folded();
    let sentences = text.sentences();
    let mut sentence = 0;
    let (mut hits, mut unmeant) = (Vec::new(), Vec::new());
    for (range, meaning) in lexicon.among(found) {
        while sentence + 1 < sentences.len() && sentences[sentence].end <= range.start {
            sentence += 1;
        }
        let from = sentences.get(sentence).map_or(0, |sentence| sentence.start.min(range.start));
        if meaning.feeling && !is_the_writers(before(folded, from, range.start), &folded[range.clone()]) {
            unmeant.push(range);
            continue;
        }
        if meaning.family == TOPIC {
            unmeant.push(range.clone());
        }
        hits.push(Hit { range, sentence, meaning });
    }
    Found { hits, unmeant }
}

/// The family of what only sounds like feeling.
const TOPIC: &str = "topic";

/// How far back negations, conditions and other people are looked for, in bytes.
const LOOK_BACK: usize = 60;

fn before(folded: &str, from: usize, to: usize) -> &str {
    let mut from = from.max(to.saturating_sub(LOOK_BACK));
    while !folded.is_char_boundary(from) {
        from += 1;
    }
    &folded[from..to]
}

/// Says whether a feeling named by `phrase` after the words `before` is the writer's own, and real.
fn is_the_writers(before: &str, phrase: &str) -> bool {
    static UNREAL: LazyLock<Regex> = LazyLock::new(|| {
        let negated = r"(?:\bnot|n't|\bnever|\bno longer|\bwithout|\bneither|\bnor|\b(?:is|do|was|ai|are)nt|\bno)(?: \w+){0,2} ?$|n't (?:find|think|call|consider)(?: \w+){0,4} $";
        let supposed = r"\b(?:if|unless|would be|might be|should be|don't want (?:you|to)|to avoid)\b[^,;]*$";
        pattern(&format!("{negated}|{supposed}"))
    });
    static OTHERS: LazyLock<Regex> = LazyLock::new(|| {
        let people = "boss|borrower|wife|husband|mother|father|mom|dad|son|daughter|friends?|clients?|customers|colleagues?|\
                      coworkers?|manager|neighbou?rs?|he|she|they|people|users|kids|team|you";
        let verbs = "'s|'re| is| are| was| were| gets?| got| seem(?:s|ed)| sound(?:s|ed)| said";
        pattern(&format!(r"\b(?:{people})(?:{verbs})(?: \w+){{0,2}} $"))
    });
    let first_person = ["i ", "i'm ", "im ", "we ", "we're "].iter().any(|start| phrase.starts_with(start));
    !UNREAL.is_match(before.as_bytes()) && (first_person || !OTHERS.is_match(before.as_bytes()))
}

fn pattern(pattern: &str) -> Regex {
    Regex::new(&format!("(?-u){pattern}")).expect("the pattern is valid")
}
