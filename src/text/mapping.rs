//! Where each byte of a derived text came from: the thread that leads every match back to an exact quote.

use std::ops::Range;

/// A map from byte positions of a derived text to byte positions of the text it was made from.
///
/// Stretches that were copied byte for byte are one run, so plain ASCII text costs one run in all.
#[derive(Default)]
pub struct Mapping {
    runs: Vec<Run>,
}

/// A stretch of the derived text and the stretch it stands for.
///
/// Equal lengths mean byte for byte. Otherwise the whole stands for the whole: 'İ' folds to three
/// bytes, and no part of them has a part of the original.
struct Run {
    at: u32,
    len: u32,
    from: u32,
    from_len: u32,
}

impl Run {
    fn is_exact(&self) -> bool {
        self.len == self.from_len
    }
}

impl Mapping {
    /// Notes that the next `len` bytes of the derived text stand for `from_len` bytes at `from`.
    ///
    /// `from` never goes back. A `from_len` of 0 marks something that was put in.
    pub fn push(&mut self, len: usize, from: usize, from_len: usize) {
        let (len, from, from_len) = (len as u32, from as u32, from_len as u32);
        if let Some(last) = self.runs.last_mut()
            && last.is_exact()
            && len == from_len
            && last.from + last.from_len == from
        {
            last.len += len;
            last.from_len += from_len;
            return;
        }
        let at = self.runs.last().map_or(0, |last| last.at + last.len);
        self.runs.push(Run { at, len, from, from_len });
    }

    /// The stretch of the source behind a stretch of the derived text. Past the end it gives the end.
    pub fn source(&self, range: Range<usize>) -> Range<usize> {
        let start = self.start(range.start);
        if range.is_empty() {
            return start..start;
        }
        start..self.end(range.end - 1).max(start)
    }

    fn start(&self, at: usize) -> usize {
        match self.run(at) {
            Some(run) if run.is_exact() => run.from as usize + (at - run.at as usize).min(run.len as usize),
            Some(run) => run.from as usize,
            None => 0,
        }
    }

    fn end(&self, at: usize) -> usize {
        match self.run(at) {
            Some(run) if run.is_exact() => {
                run.from as usize + (at + 1 - run.at as usize).min(run.len as usize)
            }
            Some(run) => (run.from + run.from_len) as usize,
            None => 0,
        }
    }

    fn run(&self, at: usize) -> Option<&Run> {
        let after = self.runs.partition_point(|run| run.at as usize <= at);
        after.checked_sub(1).map(|index| &self.runs[index])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stretch_leads_back() {
        let mut mapping = Mapping::default();
        mapping.push(3, 0, 3); // "abc"
        mapping.push(3, 5, 2); // two bytes left out, then 'İ' to "i̇"
        mapping.push(2, 7, 0); // put in
        mapping.push(1, 7, 1);
        mapping.push(1, 8, 1);
        let cases = [
            ("copied", 0..3, 0..3),
            ("part of the copied", 1..2, 1..2),
            ("over the gap", 2..4, 2..7),
            ("part of a grown character", 4..5, 5..7),
            ("put in", 6..8, 7..7),
            ("from the grown into the copied", 5..9, 5..8),
            ("the last", 9..10, 8..9),
            ("past the end", 10..12, 9..9),
            ("nothing", 1..1, 1..1),
        ];
        for (name, range, expected) in cases {
            assert_eq!(mapping.source(range), expected, "{name}");
        }
    }
}
