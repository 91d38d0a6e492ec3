//! Finds the weights of words from labelled sentences: logistic regression, step by step (AdaGrad).
//!
//! The order of the steps comes from the sentences themselves: the same sentences give the same weights.

use std::collections::{BTreeMap, HashMap};

use sha2::{Digest, Sha256};

use super::{Row, beginning, scale, words};
use crate::detect::measured::Measured;

/// A sentence as training sees it.
pub struct Sentence<const N: usize> {
    /// Folded.
    pub text: String,
    /// What it says, where that is known.
    pub felt: Option<[bool; N]>,
    /// How much it counts, 1 for a customer's.
    pub weight: f32,
    /// The message it stands in; sentences of no message are always trained on.
    pub message: Option<usize>,
}

/// The size of the first step.
const STEP: f32 = 0.3;
/// How strongly weights are held down.
const PENALTY: f32 = 2e-3;
/// Words, pairs and beginnings that occur less often say nothing.
const RARE: u32 = 2;
/// Rows whose weights are all smaller are left out of the table.
const SMALL: f32 = 0.6;
/// Where the sum of squared gradients starts: the first steps are not too long.
const START: f32 = 1e-2;

/// Sentences as counted: what of them has a weight.
pub struct Counted<'a, const N: usize> {
    sentences: &'a [Sentence<N>],
    names: Vec<String>,
    /// For each sentence the places of its weights, and what each is multiplied by.
    rows: Vec<(Vec<u32>, f32)>,
    order: Vec<usize>,
}

/// A weight for each of `Counted::names`; the constant stands first.
pub struct Fitted<const N: usize>(Vec<Row<N>>);

impl<'a, const N: usize> Counted<'a, N> {
    pub fn of(sentences: &'a [Sentence<N>]) -> Self {
        let mut often: BTreeMap<String, u32> = BTreeMap::new();
        for sentence in sentences {
            each(&sentence.text, |name| *often.entry(name.to_owned()).or_default() += 1);
        }
        let names: Vec<String> =
            often.into_iter().filter(|(_, n)| *n >= RARE).map(|(name, _)| name).collect();
        let places: HashMap<&str, u32> =
            names.iter().zip(1..).map(|(name, place)| (name.as_str(), place)).collect();
        let row = |sentence: &Sentence<N>| {
            let mut found = Vec::new();
            let words = each(&sentence.text, |name| found.extend(places.get(name)));
            (found, scale(words))
        };
        let rows = sentences.iter().map(row).collect();
        let mut order: Vec<usize> = (0..sentences.len()).collect();
        order.sort_by_cached_key(|&at| Sha256::digest(&sentences[at].text).to_vec());
        Self { sentences, names, rows, order }
    }

    /// Fits all outputs on the sentences whose message `is_seen`, in so many rounds over them.
    pub fn fit(&self, rounds: usize, is_seen: impl Fn(usize) -> bool) -> Fitted<N> {
        let mut weights = vec![[0.0; N]; self.names.len() + 1];
        let mut squares = vec![[START; N]; self.names.len() + 1];
        for _ in 0..rounds {
            for &at in &self.order {
                let sentence = &self.sentences[at];
                if let Some(felt) = sentence.felt.filter(|_| sentence.message.is_none_or(&is_seen)) {
                    self.step(&mut weights, &mut squares, at, felt);
                }
            }
        }
        Fitted(weights)
    }

    fn step(&self, weights: &mut [Row<N>], squares: &mut [Row<N>], at: usize, felt: [bool; N]) {
        let (places, scale) = &self.rows[at];
        let importance = self.sentences[at].weight;
        let sums = sums(weights, places, *scale);
        let errors: Row<N> = std::array::from_fn(|output| {
            let probability = 1.0 / (1.0 + (-sums[output]).exp());
            (probability - f32::from(u8::from(felt[output]))) * importance
        });
        let mut change = |place: usize, value: f32, penalty: f32| {
            let weights = weights[place].iter_mut().zip(&mut squares[place]);
            for ((weight, square), error) in weights.zip(&errors) {
                let gradient = error * value + penalty * *weight;
                *square += gradient * gradient;
                *weight -= STEP * gradient / square.sqrt();
            }
        };
        change(0, 1.0, 0.0);
        for &place in places {
            change(place as usize, *scale, PENALTY * importance);
        }
    }

    /// Logits of one of the sentences.
    pub fn score(&self, fitted: &Fitted<N>, at: usize) -> Row<N> {
        let (places, scale) = &self.rows[at];
        sums(&fitted.0, places, *scale)
    }

    /// Writes the table that `Wording::parse` reads, with two decimals.
    pub fn table(
        &self,
        fitted: &Fitted<N>,
        outputs: &[&str; N],
        measured: Option<Measured<N>>,
        comment: &str,
    ) -> String {
        let mut table: String = comment.lines().map(|line| format!("# {line}\n")).collect();
        table += &format!("words\t{}\n", outputs.join("\t"));
        for (name, row) in measured.into_iter().flat_map(Measured::rows) {
            table += &format!("{name}\t{}\n", row.map(|count| count.to_string()).join("\t"));
        }
        let names = std::iter::once("(constant)").chain(self.names.iter().map(String::as_str));
        for (place, (name, row)) in names.zip(&fitted.0).enumerate() {
            if place == 0 || row.iter().any(|weight| weight.abs() >= SMALL) {
                table += &format!("{name}\t{}\n", row.map(number).join("\t"));
            }
        }
        table
    }
}

fn sums<const N: usize>(weights: &[Row<N>], places: &[u32], scale: f32) -> Row<N> {
    let mut sums = weights[0];
    for &place in places {
        for (sum, weight) in sums.iter_mut().zip(&weights[place as usize]) {
            *sum += weight * scale;
        }
    }
    sums
}

/// Calls `found` with the name of each word, beginning and pair; says how many words there are.
fn each(sentence: &str, mut found: impl FnMut(&str)) -> usize {
    let (mut count, mut before) = (0, None);
    for word in words(sentence) {
        count += 1;
        found(word.text);
        if let Some(beginning) = beginning(word.text) {
            found(&format!("{beginning}-"));
        }
        if let Some(before) = before {
            found(&format!("{before} {}", word.text));
        }
        before = Some(word.text);
    }
    count
}

fn number(value: f32) -> String {
    let value = (value * 1e2).round() / 1e2;
    // Zero has one spelling.
    format!("{}", if value == 0.0 { 0.0 } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::wording::Wording;

    fn sentence(text: &str, any: bool) -> Sentence<2> {
        Sentence { text: text.to_owned(), felt: Some([any, false]), weight: 1.0, message: None }
    }

    #[test]
    fn what_was_fitted_is_what_the_table_says() {
        let sentences: Vec<_> = (0..20)
            .flat_map(|_| [sentence("this is dreadful!!", true), sentence("this is a list", false)])
            .collect();
        let counted = Counted::of(&sentences);
        let fitted = counted.fit(8, |_| true);
        let wording: Wording<2> =
            Wording::parse(&counted.table(&fitted, &["any", "anger"], None, "a test")).unwrap();
        let scores = [wording.score("this is dreadful!!")[0], wording.score("this is a list")[0]];
        assert!(scores[0] > 1.0 && scores[1] < -1.0, "{scores:?}");
        for (at, score) in scores.iter().enumerate() {
            assert!((score - counted.score(&fitted, at)[0]).abs() < 0.1, "small weights are left out");
        }
        assert_eq!(wording.heaviest("and this is dreadful", 0), Some(12..20));
    }
}
