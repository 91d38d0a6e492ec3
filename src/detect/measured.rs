//! What cross-validation measured when a table was trained, as rows that the table carries: true positives, false alarms
//! and misses of each output.

use crate::eval::Counts;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measured<const N: usize>(pub [Counts; N]);

type Field = fn(&mut Counts) -> &mut u32;

const FIELDS: [(&str, Field); 3] = [
    ("(hits)", |counts| &mut counts.hits),
    ("(false alarms)", |counts| &mut counts.false_alarms),
    ("(misses)", |counts| &mut counts.misses),
];

impl<const N: usize> Default for Measured<N> {
    fn default() -> Self {
        Self([Counts::default(); N])
    }
}

impl<const N: usize> Measured<N> {
    /// Takes a row of a table, if it is one of these.
    pub fn take(&mut self, name: &str, row: impl IntoIterator<Item = f64>) -> bool {
        let field = FIELDS.iter().find(|(field, _)| *field == name);
        let Some((_, field)) = field else { return false };
        for (counts, value) in self.0.iter_mut().zip(row) {
            *field(counts) = value as u32;
        }
        true
    }

    /// The rows of a table.
    pub fn rows(mut self) -> [(&'static str, [f64; N]); FIELDS.len()] {
        FIELDS.map(|(name, field)| (name, self.0.each_mut().map(|counts| f64::from(*field(counts)))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again_and_nothing_else() {
        let counts = |hits| Counts { hits, false_alarms: 2, misses: 3 };
        let measured = Measured([counts(1), counts(40)]);
        let mut read = Measured::default();
        for (name, row) in measured.rows() {
            assert!(read.take(name, row));
        }
        assert_eq!(read, measured);
        assert!(!read.take("(constant)", [7.0, 7.0]), "a row of something else");
        assert_eq!(read, measured);
    }
}
