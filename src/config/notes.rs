//! A source's note policy: what keeps its notes few.

use super::values::QuietHours;

/// Ceilings, quiet hours and hold-out share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotePolicy {
    /// The most notes on one ticket in any 24 hours, 1 to 10: the last defence against a loop.
    pub per_ticket: u32,
    /// The most notes of the whole source in any 24 hours, 1 to 100,000.
    pub per_day: u32,
    /// When no note is posted, by the clock of the source's time zone.
    pub quiet_hours: Option<QuietHours>,
    /// How many of a hundred tickets get no note, to compare the others with, 0 to 50.
    pub hold_out_percent: u32,
}

impl Default for NotePolicy {
    fn default() -> Self {
        Self { per_ticket: 3, per_day: 2000, quiet_hours: None, hold_out_percent: 0 }
    }
}

impl NotePolicy {
    /// Refuses what is out of range; the error names the key as it is written in the file.
    pub(super) fn checked(self) -> Result<Self, String> {
        let ranges = [
            ("notes_per_ticket", self.per_ticket, 1..=10),
            ("notes_per_day", self.per_day, 1..=100_000),
            ("hold_out_percent", self.hold_out_percent, 0..=50),
        ];
        for (key, value, range) in ranges {
            if !range.contains(&value) {
                return Err(format!("`{key}`: {value} is not from {} to {}", range.start(), range.end()));
            }
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_number_has_its_range_and_its_key_in_the_error() {
        let usual = NotePolicy::default();
        let cases = [
            ("as it is", usual, Ok(())),
            ("one note a ticket", NotePolicy { per_ticket: 1, ..usual }, Ok(())),
            ("none", NotePolicy { per_ticket: 0, ..usual }, Err("`notes_per_ticket`: 0 is not from 1 to 10")),
            ("ten notes a ticket", NotePolicy { per_ticket: 10, ..usual }, Ok(())),
            (
                "eleven",
                NotePolicy { per_ticket: 11, ..usual },
                Err("`notes_per_ticket`: 11 is not from 1 to 10"),
            ),
            ("one note a day", NotePolicy { per_day: 1, ..usual }, Ok(())),
            ("none", NotePolicy { per_day: 0, ..usual }, Err("`notes_per_day`: 0 is not from 1 to 100000")),
            ("half held out", NotePolicy { hold_out_percent: 50, ..usual }, Ok(())),
            (
                "more than half",
                NotePolicy { hold_out_percent: 51, ..usual },
                Err("`hold_out_percent`: 51 is not from 0 to 50"),
            ),
        ];
        for (name, policy, expected) in cases {
            let checked = policy.checked().map(|checked| assert_eq!(checked, policy, "{name}"));
            assert_eq!(checked, expected.map_err(str::to_owned), "{name}");
        }
    }
}
