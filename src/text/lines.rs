//! The lines of a message and which of them are the customer's own words.

use std::ops::Range;

/// Why a line, or a part of one, is not among the customer's own words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// Quoted or forwarded, and not known to be another's answer.
    Quoted,
    /// What the helpdesk or another wrote: quoted under "On .. wrote:", or another's turn in a chat.
    Another,
    /// What marks a quote or a forwarded mail: "From: ..", "----- Original Message -----".
    Header,
    Signature,
    Log,
    Form,
    /// Written by the helpdesk itself: "Conversation with ..", "Missed call from ..".
    System,
}

/// The widths at which mail programs wrap, in bytes. A longest line outside them means that nobody wrapped.
const WRAPPED: std::ops::RangeInclusive<usize> = 50..=100;

/// Wrapped lines may be this much shorter than the longest, in bytes.
const RAGGED: usize = 14;

/// How a mail program wrapped its lines.
#[derive(Clone, Copy)]
pub struct Wrapping {
    /// The longest line, in bytes.
    width: usize,
    /// Several lines are nearly that long. One alone may be long by chance.
    is_sure: bool,
}

/// A line's place in the text. Small, for a megabyte of line breaks has a million of them.
pub struct Line {
    start: u32,
    end: u32,
    next: u32,
    own_start: u32,
    own_end: u32,
    dropped: Option<Why>,
}

impl Line {
    fn new(text: &str, start: usize, end: usize, next: usize) -> Self {
        let mut line = Self {
            start: start as u32,
            end: end as u32,
            next: next as u32,
            own_start: end as u32,
            own_end: end as u32,
            dropped: None,
        };
        line.keep(text, start..end);
        line
    }

    /// Where the line stands, without its line break.
    pub fn range(&self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    /// Where the next one begins.
    pub fn next(&self) -> usize {
        self.next as usize
    }

    /// The part that is the customer's own, without the space around it; empty when the line is dropped or blank.
    pub fn own(&self) -> Range<usize> {
        self.own_start as usize..self.own_end as usize
    }

    pub fn dropped(&self) -> Option<Why> {
        self.dropped
    }

    fn keep(&mut self, text: &str, own: Range<usize>) {
        let kept = &text[own.clone()];
        let start = own.end - kept.trim_start().len();
        self.own_start = start as u32;
        self.own_end = (start + text[start..own.end].trim_end().len()) as u32;
    }
}

pub struct Lines<'t> {
    pub text: &'t str,
    pub all: Vec<Line>,
}

impl<'t> Lines<'t> {
    pub fn of(text: &'t str) -> Self {
        let mut all = Vec::with_capacity(text.len() / 64 + 1);
        let mut start = 0;
        while start < text.len() {
            let (end, next) = line_end(text, start);
            all.push(Line::new(text, start, end, next));
            start = next;
        }
        Self { text, all }
    }

    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// A line's own part, trimmed; empty when dropped.
    pub fn own(&self, index: usize) -> &'t str {
        self.all.get(index).map_or("", |line| &self.text[line.own()])
    }

    /// A line as it stands, trimmed, dropped or not.
    pub fn whole(&self, index: usize) -> &'t str {
        self.all.get(index).map_or("", |line| self.text[line.range()].trim())
    }

    pub fn is_own(&self, index: usize) -> bool {
        !self.own(index).is_empty()
    }

    /// Whether a line begins with two spaces or a tab.
    pub fn is_indented(&self, index: usize) -> bool {
        self.text[self.all[index].range()].starts_with('\t')
            || self.text[self.all[index].range()].starts_with("  ")
    }

    /// The next line from `index` on that has own words.
    pub fn next_own(&self, index: usize) -> Option<usize> {
        (index..self.len()).find(|&line| self.is_own(line))
    }

    pub fn drop(&mut self, index: usize, why: Why) {
        let line = &mut self.all[index];
        if line.dropped.is_none() {
            line.own_start = line.end;
            line.own_end = line.end;
            line.dropped = Some(why);
        }
    }

    pub fn drop_all(&mut self, range: Range<usize>, why: Why) {
        for index in range {
            self.drop(index, why);
        }
    }

    /// Keeps of a line only what stands between these positions of the text.
    pub fn narrow(&mut self, index: usize, own: Range<usize>) {
        self.all[index].keep(self.text, own);
    }

    /// Parts own lines at these positions, which are sorted.
    pub fn part_at(&mut self, positions: &[usize]) {
        let mut parted = Vec::with_capacity(self.all.len() + positions.len());
        let mut positions = positions.iter().copied().peekable();
        for mut line in std::mem::take(&mut self.all) {
            while let Some(at) = positions.next_if(|&at| at < line.next()) {
                if at > line.own().start && at < line.own().end {
                    let (start, own) = (line.range().start, line.own());
                    let mut first = Line::new(self.text, start, at, at);
                    first.keep(self.text, own.start..at);
                    parted.push(first);
                    line.start = at as u32;
                    line.keep(self.text, at..own.end);
                }
            }
            parted.push(line);
        }
        self.all = parted;
    }

    /// How a mail program wrapped the own lines, if one did.
    pub fn wrapping(&self) -> Option<Wrapping> {
        let lengths = || self.all.iter().map(|line| line.own().len());
        let width = lengths().max().filter(|width| WRAPPED.contains(width))?;
        let full = lengths().filter(|length| length + RAGGED >= width).count();
        Some(Wrapping { width, is_sure: full >= 2 })
    }

    /// Whether a line's sentence goes on in the next one: it is full, so that the next word did not fit, or it ends
    /// with the space of `format=flowed`.
    pub fn goes_on(&self, index: usize, wrapping: Wrapping) -> bool {
        let (line, next) = (self.own(index), self.own(index + 1));
        if line.is_empty() || next.is_empty() || is_item(next) || line.ends_with(':') {
            return false;
        }
        let word = next.split_whitespace().next().map_or(0, str::len);
        let is_flowed = line.len() * 2 >= wrapping.width && self.text[self.all[index].range()].ends_with(' ');
        // Programs count a wide character as one or two: a few bytes more or less.
        let is_full = line.len() + 1 + word + 6 > wrapping.width;
        is_full && (wrapping.is_sure || next.starts_with(char::is_lowercase)) || is_flowed
    }

    pub fn has(&self, why: Why) -> bool {
        self.all.iter().any(|line| line.dropped == Some(why))
    }

    pub fn is_blank(&self) -> bool {
        !(0..self.len()).any(|index| self.own(index).contains(char::is_alphanumeric))
    }

    /// Takes back what was dropped for this reason; a quoted line comes back without its `>` marks.
    pub fn restore(&mut self, why: Why) {
        for line in &mut self.all {
            if line.dropped == Some(why) {
                line.dropped = None;
                let kept = self.text[line.range()].trim_start_matches(['>', ' ', '\t', '|']).len();
                line.keep(self.text, line.range().end - kept..line.range().end);
            }
        }
    }
}

/// "- one", "* one", "1. one", "2) one".
fn is_item(line: &str) -> bool {
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    line.starts_with(['-', '*', '\u{2022}', '\u{00B7}', '>', '#'])
        || (1..=2).contains(&digits) && line[digits..].starts_with(['.', ')'])
}

/// Where the line that begins at `start` ends, and where the next begins. "\n", "\r\n" and "\r" all break lines.
fn line_end(text: &str, start: usize) -> (usize, usize) {
    let bytes = text.as_bytes();
    let Some(offset) = bytes[start..].iter().position(|byte| matches!(byte, b'\n' | b'\r')) else {
        return (text.len(), text.len());
    };
    let end = start + offset;
    let is_pair = bytes[end] == b'\r' && bytes.get(end + 1) == Some(&b'\n');
    (end, end + 1 + usize::from(is_pair))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_at_every_kind_of_break() {
        let lines = Lines::of("a\nb\r\nc\rd\n\ne");
        let found: Vec<_> = (0..lines.len()).map(|index| lines.own(index)).collect();
        assert_eq!(found, ["a", "b", "c", "d", "", "e"]);
    }
}
