//! How right detection is, on messages that people have labelled.

pub mod labels;
pub mod suite;

use serde::Serialize;

/// True positives, false alarms and misses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    pub hits: u32,
    pub false_alarms: u32,
    pub misses: u32,
}

/// A share with its 95 % Wilson interval; all 0 to 1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Share {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

impl Counts {
    pub fn add(&mut self, labelled: bool, found: bool) {
        self.hits += u32::from(labelled && found);
        self.false_alarms += u32::from(!labelled && found);
        self.misses += u32::from(labelled && !found);
    }

    /// Of what was found, how much is labelled so.
    pub fn precision(&self) -> f64 {
        share(self.hits, self.hits + self.false_alarms).value
    }

    /// Of what is labelled so, how much was found.
    pub fn recall(&self) -> f64 {
        share(self.hits, self.hits + self.misses).value
    }

    /// The harmonic mean of precision and recall, 0 to 1.
    pub fn f1(&self) -> f64 {
        let total = 2 * self.hits + self.false_alarms + self.misses;
        share(2 * self.hits, total).value
    }

    pub fn measures(&self) -> Measures {
        Measures {
            precision: share(self.hits, self.hits + self.false_alarms),
            recall: share(self.hits, self.hits + self.misses),
            f1: self.f1(),
        }
    }
}

/// What people ask of counts.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Measures {
    pub precision: Share,
    pub recall: Share,
    pub f1: f64,
}

/// `part` of `whole` with its Wilson score interval at 95 %; all zero of nothing.
pub fn share(part: u32, whole: u32) -> Share {
    if whole == 0 {
        return Share::default();
    }
    const Z: f64 = 1.959_964;
    let n = f64::from(whole);
    let p = f64::from(part) / n;
    let middle = p + Z * Z / (2.0 * n);
    let reach = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + Z * Z / n;
    Share { value: p, low: ((middle - reach) / scale).max(0.0), high: ((middle + reach) / scale).min(1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_wilsons() {
        // Reference values: Newcombe (1998), table I, method 3 (score without continuity correction).
        let cases = [
            (81, 263, 0.2553, 0.3662),
            (15, 148, 0.0624, 0.1605),
            (0, 20, 0.0, 0.1611),
            (1, 29, 0.0061, 0.1718),
        ];
        for (part, whole, low, high) in cases {
            let share = share(part, whole);
            assert!(
                (share.low - low).abs() < 5e-5 && (share.high - high).abs() < 5e-5,
                "{part}/{whole}: {share:?}"
            );
        }
        assert_eq!(share(0, 0), Share::default());
    }

    #[test]
    fn counts_what_was_found_and_missed() {
        let mut counts = Counts::default();
        for (labelled, found) in [(true, true), (true, true), (false, true), (true, false), (false, false)] {
            counts.add(labelled, found);
        }
        assert_eq!(counts, Counts { hits: 2, false_alarms: 1, misses: 1 });
        assert!((counts.precision() - 2.0 / 3.0).abs() < 1e-9 && (counts.f1() - 2.0 / 3.0).abs() < 1e-9);
    }
}
