//! What the words of the sentences on contacts say, by a table of weights: whether the customer had to come back.
//!
//! A phrase sees one contact and how it ended. The table hears the rest of the sentence, and what no phrase has words for.

use std::ops::Range;

use crate::detect::wording::{Strongest, Wording};
use crate::eval::Counts;
use crate::text::Cleaned;

/// What a sentence is weighed for.
pub const OUTPUTS: [&str; 1] = ["chased"];

/// Where all sentences on contacts weigh less than this, phrases among them that only may tell of a chase do not; a logit,
/// found on complaints that the table was not trained on.
const IDLE: f32 = -2.0;
/// From this on a sentence tells of a chase by its words alone; a logit, found likewise.
const CHASED: f32 = 1.0;

pub struct Context(Wording<{ OUTPUTS.len() }>);

/// The sentence that says most of it.
pub struct Told(Strongest);

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

    /// Of the sentences at these places, in their order, the one that says most.
    pub fn told(&self, text: &Cleaned<'_>, sentences: Vec<usize>) -> Option<Told> {
        self.0.strongest(text, sentences.into_iter()).map(Told)
    }
}

impl Told {
    /// Whether phrases in these sentences that may tell of a chase do.
    pub fn bears_out(&self) -> bool {
        self.0.weight >= IDLE
    }

    /// The words that tell of a chase where no phrase does.
    pub fn chase(self) -> Option<Range<usize>> {
        self.0.words.filter(|_| self.0.weight >= CHASED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text;

    const TABLE: &str = "words\tchased\n(constant)\t-1\nvain\t6\nhours\t-6\nasked\t1\n";

    #[test]
    fn the_sentence_that_says_most_counts() {
        let context = Context::parse(TABLE).unwrap();
        let message = "It opens at hours. I asked in vain. I asked.";
        let cases: [(&str, &[usize], bool, Option<&str>); 5] = [
            ("one tells of a chase", &[0, 1, 2], true, Some("asked in vain")),
            ("one allows it", &[0, 2], true, None),
            ("nothing allows it", &[0], false, None),
            ("no sentence there", &[0, 99], false, None),
            ("only what is asked for", &[2], true, None),
        ];
        for (name, sentences, bears_out, chase) in cases {
            let cleaned = text::clean(message);
            let told = context.told(&cleaned, sentences.to_vec()).unwrap();
            assert_eq!(told.bears_out(), bears_out, "{name}");
            assert_eq!(told.chase().map(|words| cleaned.original(words)), chase, "{name}");
        }
        assert!(context.told(&text::clean(message), Vec::new()).is_none());
    }
}
