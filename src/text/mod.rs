//! A message as it came, cleaned down to the customer's own words, every position leading back to the original.

pub mod clause;
pub(crate) mod fold;
mod form;
pub mod html;
pub mod language;
mod lines;
mod logs;
mod mapping;
mod quotes;
mod sentences;
mod signature;
mod system;
mod transcript;

use std::borrow::Cow;
use std::ops::Range;

use crate::detect::Evidence;
use fold::Folded;
use lines::{Lines, Why};
use mapping::Mapping;

/// The customer's own words in a form to match on.
///
/// `folded` is what the detectors search: lower case, typographic quotes and dashes as ASCII, spaces single, no
/// quoted history, signatures, logs or markup. Every byte of it knows the byte of the original it
/// stands for, so a match becomes an exact quote.
pub struct Cleaned<'a> {
    original: &'a str,
    folded: String,
    /// From `folded` to the text that was folded.
    mapping: Mapping,
    /// From the text that was folded to `original`, where that was HTML.
    html: Option<Mapping>,
    /// How many characters of the original begin before each block of `BLOCK` bytes; empty when all is ASCII.
    characters: Vec<u32>,
    sentences: Vec<Range<usize>>,
    source: Source,
}

/// What kind of text the own words were found in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// Something that the customer wrote.
    Written,
    /// A chat, of which the customer's turns are kept. Its length says nothing.
    Transcript,
    /// A notice by the helpdesk or a mail server, and nothing else.
    System,
}

/// How many bytes of the original are counted at once when a byte position becomes a character position.
const BLOCK: usize = 256;

/// Cleans a message, plain text or HTML. Linear in its length; never panics.
pub fn clean(original: &str) -> Cleaned<'_> {
    let (text, html) = if html::is_html(original) {
        let (text, mapping) = html::render(original);
        (Cow::Owned(text), Some(mapping))
    } else {
        (Cow::Borrowed(original), None)
    };
    let (lines, source) = own_lines(&text);
    let folded = fold_lines(&lines);
    let is_capital = |at: usize| {
        let source = folded.mapping.source(at..at + 1).start;
        text.get(source..).and_then(|rest| rest.chars().next()).is_some_and(char::is_uppercase)
    };
    let sentences = sentences::find(&folded.text, is_capital);
    let Folded { text: folded, mapping } = folded;
    Cleaned { original, folded, mapping, html, characters: count_characters(original), sentences, source }
}

/// The lines of a text with everything marked that the customer did not write for this message.
fn own_lines(text: &str) -> (Lines<'_>, Source) {
    let mut lines = Lines::of(text);
    system::mark(&mut lines);
    quotes::mark(&mut lines);
    let is_transcript = transcript::mark(&mut lines);
    signature::mark(&mut lines);
    logs::mark(&mut lines);
    form::mark(&mut lines);
    // To lose the customer's words is worse than to keep a form's.
    for why in [Why::Form, Why::Log, Why::Signature, Why::Quoted] {
        if lines.is_blank() {
            lines.restore(why);
        }
    }
    let source = match (lines.is_blank() && lines.has(Why::System), is_transcript) {
        (true, _) => Source::System,
        (_, true) => Source::Transcript,
        _ => Source::Written,
    };
    (lines, source)
}

/// Folds the own parts of the lines; what was left out between them ends a paragraph.
fn fold_lines(lines: &Lines<'_>) -> Folded {
    let mut folded = Folded::with_capacity(lines.text.len());
    let wrapping = lines.wrapping();
    let mut gap = false;
    for (index, line) in lines.all.iter().enumerate() {
        if line.dropped().is_some() {
            gap = true;
            continue;
        }
        if gap && !folded.text.is_empty() {
            folded.push_break(line.own().start, 0);
        }
        gap = false;
        folded.push(&lines.text[line.own()], line.own().start);
        let (at, len) = (line.range().end, line.next() - line.range().end);
        if len > 0 || index + 1 < lines.len() {
            if wrapping.is_some_and(|wrapping| lines.goes_on(index, wrapping)) {
                folded.push_space(at, len);
            } else {
                folded.push_break(at, len);
            }
        }
    }
    folded
}

fn count_characters(text: &str) -> Vec<u32> {
    if text.is_ascii() {
        return Vec::new();
    }
    let mut before = 0;
    let blocks = text.as_bytes().chunks(BLOCK).map(|block| {
        let here = before;
        before += begun(block);
        here
    });
    blocks.collect()
}

/// How many characters begin in these bytes.
fn begun(bytes: &[u8]) -> u32 {
    bytes.iter().map(|&byte| u32::from(byte & 0xC0 != 0x80)).sum()
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

    /// The sentence around a position in `folded`, or the next one for a position between two.
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
        let (start, end) = (self.character(bytes.start), self.character(bytes.end));
        Evidence { start, end, quote: self.original[bytes].into(), cue: cue.into() }
    }

    /// How many words the customer wrote.
    pub fn words(&self) -> usize {
        let said = |word: &&str| word.contains(char::is_alphanumeric);
        if self.folded.is_ascii() {
            return self.folded.split_ascii_whitespace().filter(said).count();
        }
        self.folded.split_whitespace().filter(said).count()
    }

    /// How many paragraphs the customer wrote: parted by blank lines, or by a line break between two long lines.
    pub fn paragraphs(&self) -> usize {
        /// Bytes from which on a line is a paragraph by itself.
        const LONG: usize = 120;
        let (mut count, mut last) = (0, 0);
        for line in self.folded.lines().map(str::trim) {
            let begins = !line.is_empty() && (last == 0 || last >= LONG && line.len() >= LONG);
            count += usize::from(begins);
            last = line.len();
        }
        count
    }

    /// What kind of text the own words were found in.
    pub fn source(&self) -> Source {
        self.source
    }

    /// Whether this is a chat, cut down to the customer's turns.
    pub fn is_transcript(&self) -> bool {
        self.source == Source::Transcript
    }

    /// Whether the customer wrote no letter and no figure.
    pub fn is_blank(&self) -> bool {
        !self.folded.contains(char::is_alphanumeric)
    }

    /// The bytes of the original behind a range of `folded`, widened to whole characters.
    fn original_range(&self, range: Range<usize>) -> Range<usize> {
        let mut bytes = self.mapping.source(range);
        if let Some(html) = &self.html {
            bytes = html.source(bytes);
        }
        let start = self.original.floor_char_boundary(bytes.start);
        start..self.original.ceil_char_boundary(bytes.end).max(start)
    }

    /// How many characters of the original stand before a byte position.
    fn character(&self, byte: usize) -> usize {
        let block = byte / BLOCK;
        match self.characters.get(block) {
            Some(&before) => (before + begun(&self.original.as_bytes()[block * BLOCK..byte])) as usize,
            None if self.characters.is_empty() => byte,
            None => {
                self.characters.last().map_or(0, |&last| last as usize)
                    + begun(&self.original.as_bytes()[(self.characters.len() - 1) * BLOCK..byte]) as usize
            }
        }
    }
}
