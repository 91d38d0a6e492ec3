//! The words around a phrase that are worth quoting with it.

use std::ops::Range;

use super::Cleaned;

/// Words shown on either side of a phrase, within its clause.
const AROUND: usize = 5;

/// A phrase with the words around it, up to the ends of its clause.
pub fn around(text: &Cleaned<'_>, phrase: &Range<usize>) -> Range<usize> {
    let folded = text.folded();
    let sentence = text.sentence_at(phrase.start);
    let (from, to) = (sentence.start.min(phrase.start), sentence.end.max(phrase.end));
    let ends = |c: char| matches!(c, ',' | ';' | ':' | '(' | ')' | '"' | '\n' | '.' | '!' | '?');
    let before = &folded[from..phrase.start];
    let cut = before.char_indices().rev().find(|&(_, c)| ends(c)).map_or(0, |(at, c)| at + c.len_utf8());
    let start = from + last_words(before, cut);
    let after = &folded[phrase.end..to];
    let cut = after.find(|c: char| ends(c) && !matches!(c, '!' | '?' | '.')).unwrap_or(after.len());
    let end = phrase.end + first_words(&after[..cut]);
    start..end.max(phrase.end)
}

/// Where the last few words of `before` start, not earlier than `cut`.
fn last_words(before: &str, cut: usize) -> usize {
    let mut start = before.len();
    for (n, word) in before[cut..].split_whitespace().rev().enumerate() {
        if n == AROUND {
            break;
        }
        start = word.as_ptr() as usize - before.as_ptr() as usize;
    }
    start
}

/// Where the first few words of `after` end.
fn first_words(after: &str) -> usize {
    let words = after.split_whitespace().take(AROUND);
    words.last().map_or(0, |word| word.as_ptr() as usize - after.as_ptr() as usize + word.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text;

    #[test]
    fn a_few_words_on_either_side_within_the_clause() {
        let cases = [
            ("we are here, and the HOUSE is gone, they say", "and the house is gone"),
            (
                "one two three four five six HOUSE one two three four five six",
                "two three four five six house one two three four five",
            ),
            ("HOUSE", "house"),
            ("It ends. The HOUSE! Another one.", "the house!"),
        ];
        for (message, expected) in cases {
            let cleaned = text::clean(message);
            let at = cleaned.folded().find("house").unwrap();
            let quoted = around(&cleaned, &(at..at + 5));
            assert_eq!(&cleaned.folded()[quoted], expected, "{message}");
        }
    }
}
