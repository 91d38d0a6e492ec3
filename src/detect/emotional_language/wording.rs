//! What the words of a sentence say, singly and in pairs: for feelings that no phrase of the lexicon names.
//!
//! `wording.tsv` is written by `undertone train` from labelled sentences; `docs/detection.md` names them. A row is a word,
//! a pair of neighbours, or a beginning (`annoyi-`) that longer words share; the columns are the outputs.

use std::borrow::Cow;
use std::ops::Range;

use anyhow::Context;
use foldhash::HashMap;

use crate::text::Cleaned;

/// What a sentence is weighed for: any ill feeling, and the kinds that words can tell apart.
pub const OUTPUTS: [&str; 6] = ["any", "anger", "frustration", "fear", "sadness", "unheard"];

/// A number for each output.
pub type Row = [f32; OUTPUTS.len()];

/// Letters of a longer word that make its beginning.
const BEGINNING: usize = 6;
/// What a message without a sentence is taken for: matter of fact.
const NOTHING: f32 = -4.0;

/// Weights of words and of pairs of words.
#[derive(Default)]
pub struct Wording {
    constant: Row,
    /// By the `key` of a word, a beginning or a pair. The texts themselves are not kept: this is asked for each word of a message,
    /// and what is small stays near the processor.
    rows: HashMap<u64, Row>,
}

/// A word of a sentence, or its run of marks, with its place in the text.
pub struct Word<'a> {
    pub text: &'a str,
    pub range: Range<usize>,
}

impl Wording {
    /// Reads the table.
    pub fn parse(table: &str) -> anyhow::Result<Self> {
        let mut wording = Self::default();
        for line in table.lines().filter(|line| !line.starts_with('#')).skip(1) {
            let (words, numbers) = line.split_once('\t').context("wording without a number")?;
            let row = row(numbers).with_context(|| format!("wording {words:?}"))?;
            if words == "(constant)" {
                wording.constant = row;
                continue;
            }
            let key = match words.split_once(' ') {
                Some((first, second)) => pair(key(first), key(second)),
                None => key(words),
            };
            let earlier = wording.rows.insert(key, row);
            anyhow::ensure!(earlier.is_none(), "wording {words:?} stands there twice");
        }
        Ok(wording)
    }

    /// What is counted of a message: for each output its strongest sentence, and all sentences together.
    /// Words in `unmeant` ranges are not read.
    pub fn count(&self, text: &Cleaned<'_>, unmeant: &[Range<usize>]) -> Vec<f64> {
        let score = |sentence| self.score(&meant(text, sentence, unmeant));
        pool(&text.sentences().iter().map(score).collect::<Vec<_>>())
    }

    /// Logits of one sentence for each output.
    pub fn score(&self, sentence: &str) -> Row {
        let mut sums = Row::default();
        let mut words = 0;
        self.each(sentence, |_, row| add(&mut sums, row), &mut words);
        let scale = scale(words);
        std::array::from_fn(|output| self.constant[output] + sums[output] * scale)
    }

    /// The words that weigh most for an output in a sentence, as a range within it.
    pub fn heaviest(&self, sentence: &str, output: usize) -> Option<Range<usize>> {
        let mut best: Option<(f32, Range<usize>)> = None;
        let weigh = |range: Range<usize>, row: &Row| {
            if row[output] > best.as_ref().map_or(0.0, |best| best.0) {
                best = Some((row[output], range));
            }
        };
        self.each(sentence, weigh, &mut 0);
        best.map(|best| best.1)
    }

    /// Calls `found` with each weight in the order of the sentence, and counts the words.
    fn each(&self, sentence: &str, mut found: impl FnMut(Range<usize>, &Row), count: &mut usize) {
        let mut before: Option<(u64, usize)> = None;
        for word in words(sentence) {
            *count += 1;
            let (own, start) = (key(word.text), word.range.start);
            let mut weigh = |key: u64, start: usize| {
                if let Some(row) = self.rows.get(&key) {
                    found(start..word.range.end, row);
                }
            };
            weigh(own, start);
            if let Some(beginning) = beginning(word.text) {
                weigh(key_of([beginning, "-"]), start);
            }
            if let Some((first, start)) = before {
                weigh(pair(first, own), start);
            }
            before = Some((own, start));
        }
    }
}

/// A sentence with the words in `unmeant` ranges blotted out, every place kept.
pub fn meant<'a>(text: &'a Cleaned<'_>, sentence: &Range<usize>, unmeant: &[Range<usize>]) -> Cow<'a, str> {
    let folded = &text.folded()[sentence.clone()];
    let mut blotted = Cow::Borrowed(folded);
    for range in unmeant.iter().filter(|range| range.start < sentence.end && sentence.start < range.end) {
        let start = range.start.max(sentence.start) - sentence.start;
        let end = range.end.min(sentence.end) - sentence.start;
        blotted.to_mut().replace_range(start..end, &"_".repeat(end - start));
    }
    blotted
}

/// The names of what `Wording::count` gives, in its order.
pub fn features() -> impl Iterator<Item = String> {
    let of =
        |output: &&str| [format!("wording for {output}, most"), format!("wording for {output}, together")];
    OUTPUTS.iter().flat_map(of)
}

/// Pools the logits of a message's sentences.
pub fn pool(scores: &[Row]) -> Vec<f64> {
    let of = |output: usize| {
        let most = scores.iter().map(|row| row[output]).fold(f32::NEG_INFINITY, f32::max);
        let most = if most.is_finite() { most } else { NOTHING };
        let rest: f32 = scores.iter().map(|row| (row[output] - most).exp()).sum();
        [f64::from(most), f64::from(most + rest.max(1.0).ln())]
    };
    (0..OUTPUTS.len()).flat_map(of).collect()
}

/// Long sentences do not weigh more for being long.
pub fn scale(words: usize) -> f32 {
    1.0 / (words.max(1) as f32).sqrt()
}

/// The beginning that a longer word shares with its relatives: "annoyi" of "annoyingly".
pub fn beginning(word: &str) -> Option<&str> {
    word.get(..BEGINNING).filter(|_| word.len() > BEGINNING)
}

/// The words of a folded sentence. A run of "!" and "?" counts as a word, "!!" for any that is longer.
pub fn words(sentence: &str) -> impl Iterator<Item = Word<'_>> {
    let bytes = sentence.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < bytes.len() && !bytes[at].is_ascii_alphabetic() && !is_mark(bytes[at]) {
            at += 1;
        }
        let start = at;
        let marks = is_mark(*bytes.get(at)?);
        while at < bytes.len()
            && (if marks {
                is_mark(bytes[at])
            } else {
                bytes[at].is_ascii_alphabetic() || bytes[at] == b'\''
            })
        {
            at += 1;
        }
        let text =
            if marks { mark(&sentence[start..at]) } else { sentence[start..at].trim_end_matches('\'') };
        Some(Word { text, range: start..at })
    })
}

fn is_mark(byte: u8) -> bool {
    matches!(byte, b'!' | b'?')
}

fn mark(run: &str) -> &str {
    let both = run.contains('!') && run.contains('?');
    if both { "?!" } else { &run[..run.len().min(2)] }
}

/// A number for a word, the same in every process (FNV-1a, Fowler, Noll and Vo). That another word has the same as one of twenty
/// thousand is as good as impossible, and would cost a wrong weight.
fn key(word: &str) -> u64 {
    key_of([word])
}

fn key_of<const N: usize>(pieces: [&str; N]) -> u64 {
    let bytes = pieces.into_iter().flat_map(str::bytes);
    bytes.fold(0xcbf2_9ce4_8422_2325, |key, byte| (key ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

fn pair(first: u64, second: u64) -> u64 {
    (first.rotate_left(32) ^ second).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

fn add(sums: &mut Row, row: &Row) {
    for (sum, weight) in sums.iter_mut().zip(row) {
        *sum += weight;
    }
}

fn row(numbers: &str) -> anyhow::Result<Row> {
    let parsed: Vec<f32> = numbers.split('\t').map(str::parse).collect::<Result<_, _>>()?;
    parsed.try_into().map_err(|_| anyhow::anyhow!("not {} numbers", OUTPUTS.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text;

    const TABLE: &str = "# test\nwords\tany\tanger\tfrustration\tfear\tsadness\tunheard\n\
                         (constant)\t-1\t0\t0\t0\t0\t0\n\
                         so slow\t2\t0\t3\t0\t0\t0\nannoyi-\t1\t0\t0\t0\t0\t0\n??\t0.5\t0\t0\t0\t0\t0\n";

    #[test]
    fn words_pairs_and_beginnings_weigh() {
        let wording = Wording::parse(TABLE).unwrap();
        let cases = [
            ("nothing of it", -1.0, None),
            ("it is so slow", -1.0 + 2.0 / 2.0, Some(6..13)),
            ("so very slow", -1.0, None),
            ("annoyingly", 0.0, Some(0..10)),
            ("why????", -1.0 + 0.5 / 2_f32.sqrt(), Some(3..7)),
            ("", -1.0, None),
        ];
        for (sentence, any, heaviest) in cases {
            assert!((wording.score(sentence)[0] - any).abs() < 1e-6, "{sentence}");
            assert_eq!(wording.heaviest(sentence, 0), heaviest, "{sentence}");
        }
        assert!(Wording::parse("words\nso slow\t1").is_err(), "six numbers to a row");
    }

    #[test]
    fn what_is_not_meant_is_not_read_and_offsets_stay() {
        let wording = Wording::parse(TABLE).unwrap();
        let cleaned = text::clean("Fine. It is so slow, she says.");
        let all = wording.count(&cleaned, &[]);
        assert!(all[0] > wording.count(&cleaned, std::slice::from_ref(&(12..19)))[0], "{all:?}");
        let sentence = cleaned.sentences()[1].clone();
        assert_eq!(meant(&cleaned, &sentence, std::slice::from_ref(&(12..19))), "it is _______, she says.");
        assert!(pool(&[])[0] < -3.0, "no sentence says nothing");
    }
}
