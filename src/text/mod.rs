//! A message as it came, cleaned down to the customer's own words, every position leading back to the original.

pub mod html;
pub mod language;

use std::ops::Range;

use crate::detect::Evidence;

/// The customer's own words in a form to match on.
///
/// `folded` is what the detectors search: lower case, typographic quotes and dashes as ASCII, no
/// quoted history, signatures, logs or markup. Every byte of it knows the byte of the original it
/// stands for, so a match becomes an exact quote.
pub struct Cleaned<'a> {
    original: &'a str,
    folded: String,
    /// For each byte of `folded`, where the character it came from starts in `original`.
    origin: Vec<u32>,
    /// For each byte of `folded`, where that character ends in `original`.
    origin_end: Vec<u32>,
    sentences: Vec<Range<usize>>,
}

/// Cleans a message. Linear in its length; never panics.
pub fn clean(original: &str) -> Cleaned<'_> {
    let mut folded = String::with_capacity(original.len());
    let mut origin = Vec::with_capacity(original.len());
    let mut origin_end = Vec::with_capacity(original.len());
    for (at, c) in original.char_indices() {
        let before = folded.len();
        match c {
            '\u{2018}' | '\u{2019}' | '\u{02BC}' | '\u{00B4}' | '`' => folded.push('\''),
            '\u{201C}' | '\u{201D}' | '\u{201E}' => folded.push('"'),
            '\u{2010}'..='\u{2015}' => folded.push('-'),
            '\u{00A0}' | '\u{202F}' | '\t' => folded.push(' '),
            _ => folded.extend(c.to_lowercase()),
        }
        for _ in before..folded.len() {
            origin.push(at as u32);
            origin_end.push((at + c.len_utf8()) as u32);
        }
    }
    let sentences = sentences(&folded);
    Cleaned { original, folded, origin, origin_end, sentences }
}

impl<'a> Cleaned<'a> {
    /// The text to match on.
    pub fn folded(&self) -> &str {
        &self.folded
    }

    /// The sentences of `folded`, in order; headings and lines count as sentences.
    pub fn sentences(&self) -> &[Range<usize>] {
        &self.sentences
    }

    /// The sentence around a position in `folded`.
    pub fn sentence_at(&self, at: usize) -> Range<usize> {
        let after = self.sentences.partition_point(|sentence| sentence.end <= at);
        self.sentences.get(after).cloned().unwrap_or(at..at)
    }

    /// The original words behind a range of `folded`, their case and punctuation as written.
    pub fn original(&self, range: Range<usize>) -> &'a str {
        &self.original[self.original_range(range)]
    }

    /// Evidence for a range of `folded`: an exact quote of the original with its character offsets.
    pub fn evidence(&self, range: Range<usize>, cue: &str) -> Evidence {
        let bytes = self.original_range(range);
        let start = self.original[..bytes.start].chars().count();
        let quote = &self.original[bytes];
        Evidence { start, end: start + quote.chars().count(), quote: quote.into(), cue: cue.into() }
    }

    /// How many words the customer wrote.
    pub fn words(&self) -> usize {
        self.folded.split_whitespace().count()
    }

    /// How many paragraphs, blank lines between them.
    pub fn paragraphs(&self) -> usize {
        self.folded.split("\n\n").filter(|p| !p.trim().is_empty()).count()
    }

    fn original_range(&self, range: Range<usize>) -> Range<usize> {
        if range.is_empty() {
            let at = self.origin.get(range.start).map_or(self.original.len(), |&at| at as usize);
            return at..at;
        }
        self.origin[range.start] as usize..self.origin_end[range.end - 1] as usize
    }
}

fn sentences(folded: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = 0;
    let bytes = folded.as_bytes();
    for at in 0..bytes.len() {
        let ends = match bytes[at] {
            b'\n' => true,
            b'.' | b'!' | b'?' => bytes.get(at + 1).is_none_or(|next| next.is_ascii_whitespace()),
            _ => false,
        };
        if ends {
            if !folded[start..=at].trim().is_empty() {
                found.push(start..at + 1);
            }
            start = at + 1;
        }
    }
    if !folded[start..].trim().is_empty() {
        found.push(start..folded.len());
    }
    found
}
