//! Who a message speaks of, and how often it says no: a letter full of "you" reproaches more than one full of "it".

use crate::detect::wording;

/// How often a message speaks of whom.
#[derive(Default)]
pub struct Voice {
    pub words: usize,
    pub writer: usize,
    pub reader: usize,
    pub others: usize,
    pub negations: usize,
}

/// Words added before a share is taken: in a line of five words one "you" is no reproach.
const FEW: f64 = 8.0;

impl Voice {
    pub fn of(folded: &str) -> Self {
        let mut voice = Self::default();
        for word in wording::words(folded) {
            voice.words += 1;
            match word.text {
                "i" | "my" | "me" | "we" | "our" | "us" | "i'm" | "im" | "i've" | "i'd" | "i'll"
                | "we're" | "we've" | "mine" | "myself" => voice.writer += 1,
                "you" | "your" | "you're" | "you've" | "you'll" | "you'd" | "u" | "ur" | "yours"
                | "y'all" | "yall" => voice.reader += 1,
                "they" | "them" | "their" | "they're" | "they've" | "they'd" | "he" | "she" | "his"
                | "her" | "him" | "these" => voice.others += 1,
                "not" | "no" | "never" | "nothing" | "none" | "nobody" | "cannot" | "nor" | "neither"
                | "without" | "dont" | "cant" | "wont" | "didnt" | "doesnt" | "isnt" => voice.negations += 1,
                word => voice.negations += usize::from(word.ends_with("n't")),
            }
        }
        voice
    }

    /// What share of all words a count is, 0 to 1.
    pub fn share(&self, count: usize) -> f64 {
        count as f64 / (FEW + self.words as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_is_counted_for_whom_it_names() {
        let cases = [
            ("i told you, they won't help me", [7, 2, 1, 1, 1]),
            ("the youth of theirs is imminent", [6, 0, 0, 0, 0]),
            ("you're not my bank, nobody is", [6, 1, 1, 0, 2]),
            ("", [0, 0, 0, 0, 0]),
        ];
        for (text, expected) in cases {
            let voice = Voice::of(text);
            let counts = [voice.words, voice.writer, voice.reader, voice.others, voice.negations];
            assert_eq!(counts, expected, "{text}");
        }
        let voice = Voice::of("you and you");
        assert!((voice.share(voice.reader) - 2.0 / 11.0).abs() < 1e-9, "few words make small shares");
    }
}
