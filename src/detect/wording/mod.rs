//! What the words of a sentence say, singly and in pairs: for what no phrase of a lexicon names.
//!
//! A table is written by `undertone train` from labelled sentences; `docs/detection.md` names them. A row is a word,
//! a pair of neighbours, or a beginning (`annoyi-`) that longer words share; the columns are the outputs.

pub mod fit;
pub mod train;

use std::ops::Range;

use anyhow::Context;
use foldhash::HashMap;

use crate::detect::measured::Measured;
use crate::text::Cleaned;

/// A number for each output.
pub type Row<const N: usize> = [f32; N];

/// Letters of a longer word that make its beginning.
const BEGINNING: usize = 6;

/// Weights of words and of pairs of words.
pub struct Wording<const N: usize> {
    constant: Row<N>,
    /// Of a detector that decides by this table alone or beside its phrases: what cross-validation measured of it.
    pub measured: Measured<N>,
    /// By the `key` of a word, a beginning or a pair. The texts themselves are not kept: this is asked for each word of a message,
    /// and what is small stays near the processor.
    rows: HashMap<u64, Row<N>>,
}

/// A word of a sentence, or its run of marks, with its place in the text.
pub struct Word<'a> {
    pub text: &'a str,
    pub range: Range<usize>,
}

impl<const N: usize> Wording<N> {
    /// Reads the table.
    pub fn parse(table: &str) -> anyhow::Result<Self> {
        let mut wording =
            Self { constant: [0.0; N], measured: Measured::default(), rows: HashMap::default() };
        for line in table.lines().filter(|line| !line.starts_with('#')).skip(1) {
            let (words, numbers) = line.split_once('\t').context("wording without a number")?;
            let row = row(numbers).with_context(|| format!("wording {words:?}"))?;
            if words == "(constant)" {
                wording.constant = row;
                continue;
            }
            if wording.measured.take(words, row.map(f64::from)) {
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

    /// Logits of one sentence for each output.
    pub fn score(&self, sentence: &str) -> Row<N> {
        let mut sums = [0.0; N];
        let mut words = 0;
        self.each(sentence, |_, row| add(&mut sums, row), &mut words);
        let scale = scale(words);
        std::array::from_fn(|output| self.constant[output] + sums[output] * scale)
    }

    /// The words that weigh most for an output in a sentence, as a range within it.
    pub fn heaviest(&self, sentence: &str, output: usize) -> Option<Range<usize>> {
        let mut best: Option<(f32, Range<usize>)> = None;
        let weigh = |range: Range<usize>, row: &Row<N>| {
            if row[output] > best.as_ref().map_or(0.0, |best| best.0) {
                best = Some((row[output], range));
            }
        };
        self.each(sentence, weigh, &mut 0);
        best.map(|best| best.1)
    }

    /// The run of words that weighs most for an output in a sentence, as a range within it.
    pub fn heaviest_run(&self, sentence: &str, output: usize) -> Option<Range<usize>> {
        let mut weighed: Vec<_> = words(sentence).map(|word| (word.range, 0.0)).collect();
        let weigh = |range: Range<usize>, row: &Row<N>| {
            let at = weighed.partition_point(|(word, _)| word.end < range.end);
            weighed[at].1 += row[output];
        };
        self.each(sentence, weigh, &mut 0);
        let (mut best, mut run) = ((0.0, None), (0.0, 0));
        for (word, weight) in weighed {
            // A run that weighs nothing so far is better begun anew.
            run = if run.0 > 0.0 { (run.0 + weight, run.1) } else { (weight, word.start) };
            if run.0 > best.0 {
                best = (run.0, Some(run.1..word.end));
            }
        }
        best.1
    }

    /// Calls `found` with each weight in the order of the sentence, and counts the words.
    fn each(&self, sentence: &str, mut found: impl FnMut(Range<usize>, &Row<N>), count: &mut usize) {
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

/// The sentence of several that weighs most.
pub struct Strongest {
    /// Its logit.
    pub weight: f32,
    /// The run of words that weighs most in it, as a range of the text.
    pub words: Option<Range<usize>>,
}

impl Wording<1> {
    /// Of the sentences at these places, in their order, the one that weighs most.
    pub fn strongest(&self, text: &Cleaned<'_>, sentences: impl Iterator<Item = usize>) -> Option<Strongest> {
        let sentences = sentences.filter_map(|at| text.sentences().get(at));
        let weighed = sentences.map(|sentence| (self.score(&text.folded()[sentence.clone()])[0], sentence));
        let (weight, sentence) = weighed.max_by(|one, other| one.0.total_cmp(&other.0))?;
        let words = self.heaviest_run(&text.folded()[sentence.clone()], 0);
        let words = words.map(|words| sentence.start + words.start..sentence.start + words.end);
        Some(Strongest { weight, words })
    }
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

fn add<const N: usize>(sums: &mut Row<N>, row: &Row<N>) {
    for (sum, weight) in sums.iter_mut().zip(row) {
        *sum += weight;
    }
}

fn row<const N: usize>(numbers: &str) -> anyhow::Result<Row<N>> {
    let parsed: Vec<f32> = numbers.split('\t').map(str::parse).collect::<Result<_, _>>()?;
    parsed.try_into().map_err(|_| anyhow::anyhow!("not {N} numbers"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str =
        "# test\nwords\tany\tanger\n(constant)\t-1\t0\nso slow\t2\t0\nannoyi-\t1\t0\n??\t0.5\t0\n";

    #[test]
    fn words_pairs_and_beginnings_weigh() {
        let wording: Wording<2> = Wording::parse(TABLE).unwrap();
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
        assert!(Wording::<2>::parse("words\nso slow\t1").is_err(), "two numbers to a row");
    }

    #[test]
    fn the_heaviest_run_spans_what_weighs_together() {
        let table = "words\tany\n(constant)\t-1\nlose\t3\nour home\t2\nmy\t0.6\nthe\t-0.5\nred\t-9\n";
        let wording: Wording<1> = Wording::parse(table).unwrap();
        let cases = [
            ("we lose our home now", Some("lose our home")),
            ("lose the one and lose the other", Some("lose the one and lose")),
            ("lose it, red, our home", Some("lose")),
            ("my our home", Some("my our home")),
            ("home of the red", None),
        ];
        for (sentence, expected) in cases {
            assert_eq!(wording.heaviest_run(sentence, 0).map(|run| &sentence[run]), expected, "{sentence}");
        }
    }
}
