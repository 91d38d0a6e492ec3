//! What the words around a phrase say of it, by a table of weights: whether it presses now, or is told of as over, feared or asked.
//!
//! A phrase cannot see that: "before the foreclosure was lifted" and "they will not lift the foreclosure" hold the same one.

use std::ops::Range;

use crate::detect::wording::Wording;
use crate::eval::Counts;
use crate::text::Cleaned;

/// What a sentence is weighed for.
pub const OUTPUTS: [&str; 1] = ["pressing"];

/// Below this nothing near a harm presses, and it is left out; a logit, found by cross-validation.
const IDLE: f32 = -2.5;
/// The same for a harm that is only possible, in a long message: there are more of them by chance, and what presses is told in
/// more than one place; found on whole complaints that no table was trained on (docs/detection.md).
const IDLE_WHERE_LONG: f32 = -1.0;
/// A message of more sentences is long.
const LONG: usize = 5;
/// From this on a sentence presses by its words alone, where it speaks of what people live by; a logit,
/// found on whole complaints (docs/detection.md).
const PRESSING: f32 = 0.8;

pub struct Context(Wording<{ OUTPUTS.len() }>);

impl Context {
    pub fn load() -> anyhow::Result<Self> {
        Self::parse(include_str!("wording.tsv"))
    }

    /// Reads a table.
    pub fn parse(table: &str) -> anyhow::Result<Self> {
        Ok(Self(Wording::parse(table)?))
    }

    /// What cross-validation measured of the detector when the table was trained.
    pub fn measured(&self) -> Counts {
        self.0.measured.0[0]
    }

    /// Whether the sentence of a phrase or one beside it may press. A phrase that is only `possible` needs more of it.
    pub fn bears_out(&self, text: &Cleaned<'_>, phrase: &Range<usize>, possible: bool) -> bool {
        let sentences = text.sentences();
        let idle = if possible && sentences.len() > LONG { IDLE_WHERE_LONG } else { IDLE };
        let at = sentences.partition_point(|sentence| sentence.end <= phrase.start);
        let near = at.saturating_sub(1)..(at + 2).min(sentences.len());
        near.is_empty() || sentences[near].iter().any(|sentence| self.score(text, sentence) >= idle)
    }

    /// The run of words that weighs most in the sentence that presses most, if one of those at `places` does.
    pub fn pressing(&self, text: &Cleaned<'_>, places: impl Iterator<Item = usize>) -> Option<Range<usize>> {
        let sentences = text.sentences();
        let at = |place| sentences.partition_point(|sentence: &Range<usize>| sentence.end <= place);
        let mut spoken: Vec<_> = places.map(at).collect();
        spoken.dedup();
        let strongest = self.0.strongest(text, spoken.into_iter())?;
        strongest.words.filter(|_| strongest.weight >= PRESSING)
    }

    fn score(&self, text: &Cleaned<'_>, sentence: &Range<usize>) -> f32 {
        self.0.score(&text.folded()[sentence.clone()])[0]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text;

    const TABLE: &str = "words\tpressing\n(constant)\t-1\nauctioned\t4\nyears\t-4\nwrote\t-4\nours\t0.5\n";

    #[test]
    fn a_harm_counts_where_its_sentence_or_one_beside_it_may_press() {
        let context = Context::parse(TABLE).unwrap();
        let cases = [
            ("nothing speaks against it", "The house goes.", true),
            ("told of as over", "The house went years ago.", false),
            ("and all around as well", "They wrote. The house wrote years. They wrote.", false),
            ("the next one presses", "They wrote. The house wrote years. Now it is auctioned.", true),
            ("two further on is too far", "House wrote years. They wrote. It is auctioned.", false),
        ];
        for (name, message, expected) in cases {
            let cleaned = text::clean(message);
            let at = cleaned.folded().find("house").unwrap();
            assert_eq!(context.bears_out(&cleaned, &(at..at + 5), true), expected, "{name}");
        }
    }

    #[test]
    fn what_is_only_possible_needs_more_in_a_long_message() {
        let context = Context::parse("words\tpressing\n(constant)\t-1\nwrote\t-1\nauctioned\t1\n").unwrap();
        let cases = [
            ("a short one", "The house wrote. ", 4, true, true),
            ("a long one", "The house wrote. ", 5, true, false),
            ("a long one with a phrase that is sure", "The house wrote. ", 5, false, true),
            ("a long one that presses", "The house is auctioned. ", 5, true, true),
        ];
        for (name, first, further, possible, expected) in cases {
            let message = format!("{first}{}", "They wrote. ".repeat(further));
            let cleaned = text::clean(&message);
            let at = cleaned.folded().find("house").unwrap();
            assert_eq!(context.bears_out(&cleaned, &(at..at + 5), possible), expected, "{name}");
        }
    }

    #[test]
    fn the_sentence_that_presses_most_is_shown_by_its_words() {
        let context = Context::parse(TABLE).unwrap();
        let cleaned = text::clean("They wrote. Our home is auctioned. It was years ago.");
        let pressing = |places: &[usize]| context.pressing(&cleaned, places.iter().copied());
        assert_eq!(pressing(&[0, 20, 40]).map(|words| cleaned.original(words)), Some("auctioned"));
        assert_eq!(pressing(&[0, 40]), None, "only sentences on what people live by are asked");
        let calm = text::clean("It is ours.");
        assert_eq!(context.pressing(&calm, [0].into_iter()), None, "it weighs, and too little");
        assert_eq!(pressing(&[]), None);
        assert_eq!(pressing(&[9_999]), None, "no sentence there");
    }
}
