//! What the wording of a message's sentences says of its feelings, for those that no phrase of the lexicon names.

use std::borrow::Cow;
use std::ops::Range;

use crate::detect::wording::{self, Wording};
use crate::text::Cleaned;

/// What a sentence is weighed for: any ill feeling, and the kinds that words can tell apart.
pub const OUTPUTS: [&str; 6] = ["any", "anger", "frustration", "fear", "sadness", "unheard"];

/// A number for each output.
pub type Row = wording::Row<{ OUTPUTS.len() }>;

/// What a message without a sentence is taken for: matter of fact.
const NOTHING: f32 = -4.0;

/// What is counted of a message: for each output its strongest sentence, and all sentences together.
/// Words in `unmeant` ranges are not read.
pub fn count(wording: &Wording<{ OUTPUTS.len() }>, text: &Cleaned<'_>, unmeant: &[Range<usize>]) -> Vec<f64> {
    let score = |sentence| wording.score(&meant(text, sentence, unmeant));
    pool(&text.sentences().iter().map(score).collect::<Vec<_>>())
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text;

    const TABLE: &str = "words\tany\tanger\tfrustration\tfear\tsadness\tunheard\n\
                         (constant)\t-1\t0\t0\t0\t0\t0\nso slow\t2\t0\t3\t0\t0\t0\n";

    #[test]
    fn what_is_not_meant_is_not_read_and_offsets_stay() {
        let wording = Wording::parse(TABLE).unwrap();
        let cleaned = text::clean("Fine. It is so slow, she says.");
        let all = count(&wording, &cleaned, &[]);
        assert!(all[0] > count(&wording, &cleaned, std::slice::from_ref(&(12..19)))[0], "{all:?}");
        let sentence = cleaned.sentences()[1].clone();
        assert_eq!(meant(&cleaned, &sentence, std::slice::from_ref(&(12..19))), "it is _______, she says.");
        assert!(pool(&[])[0] < -3.0, "no sentence says nothing");
    }
}
