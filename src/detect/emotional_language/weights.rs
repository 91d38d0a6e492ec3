//! What each thing counted weighs for each feeling: read from a table that people can read too.
//!
//! `weights.tsv` is written by `undertone train` from labelled messages; `docs/detection.md` names them.
//! A row per feature, a column per feeling. Rows in brackets are not features: the constant, the
//! threshold, and what ten-fold cross-validation found (true positives, false alarms, misses).

use anyhow::Context;

use crate::detect::Kind;
use crate::detect::measured::Measured;

/// What is weighed: any ill feeling, each kind, and whether it is strong.
pub const OUTPUTS: [&str; 9] =
    ["any", "anger", "frustration", "fear", "sadness", "unheard", "churn", "joy", "strong"];

/// The ill feelings, in the order of `OUTPUTS` from its second on.
pub const ILL: [Kind; 6] =
    [Kind::Anger, Kind::Frustration, Kind::Fear, Kind::Sadness, Kind::Unheard, Kind::Churn];

pub const ANY: usize = 0;
const JOY: usize = 7;
const STRONG: usize = 8;

/// A number for each output.
pub type Scores = [f64; OUTPUTS.len()];

pub struct Weights {
    pub constant: Scores,
    /// Probabilities from which on an output is taken as found, 0 to 1.
    pub thresholds: Scores,
    /// What cross-validation measured for each output, decided as `decide` does.
    pub measured: Measured<{ OUTPUTS.len() }>,
    pub features: Vec<Scores>,
}

/// What a message was found to feel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Ill feelings, in the order of `ILL`.
    pub ill: Vec<Kind>,
    pub joy: bool,
    pub strong: bool,
}

impl Decision {
    /// The decision as a flag for each output.
    pub fn flags(&self) -> [bool; OUTPUTS.len()] {
        let mut flags = [false; OUTPUTS.len()];
        flags[ANY] = !self.ill.is_empty();
        for (place, kind) in ILL.iter().enumerate() {
            flags[place + 1] = self.ill.contains(kind);
        }
        flags[JOY] = self.joy;
        flags[STRONG] = self.strong;
        flags
    }
}

impl Weights {
    /// Reads the table. It must have exactly these features, in this order.
    pub fn parse(table: &str, features: &[String]) -> anyhow::Result<Self> {
        let mut weights = Self {
            constant: Scores::default(),
            thresholds: Scores::default(),
            measured: Measured::default(),
            features: Vec::with_capacity(features.len()),
        };
        for line in table.lines().filter(|line| !line.starts_with('#')).skip(1) {
            let (name, numbers) = line.split_once('\t').context("a weight without a number")?;
            let row = row(numbers).with_context(|| format!("weights of {name}"))?;
            match name {
                "(constant)" => weights.constant = row,
                "(threshold)" => weights.thresholds = row,
                _ if weights.measured.take(name, row) => {}
                _ => {
                    let expected = features.get(weights.features.len());
                    anyhow::ensure!(
                        expected.is_some_and(|expected| expected == name),
                        "weights are of another lexicon at {name:?}: run `undertone train`"
                    );
                    weights.features.push(row);
                }
            }
        }
        anyhow::ensure!(
            weights.features.len() == features.len(),
            "weights are of another lexicon: run `undertone train`"
        );
        Ok(weights)
    }

    /// Writes the table that `parse` reads; numbers with four decimals, so that the same data give the same bytes.
    pub fn table(&self, comment: &str, features: &[String]) -> String {
        let mut table: String = comment.lines().map(|line| format!("# {line}\n")).collect();
        table += &format!("feature\t{}\n", OUTPUTS.join("\t"));
        let special = [("(constant)", self.constant), ("(threshold)", self.thresholds)];
        let rows = features.iter().map(String::as_str).zip(self.features.iter().copied());
        for (name, row) in special.into_iter().chain(self.measured.rows()).chain(rows) {
            table += &format!("{name}\t{}\n", row.map(number).join("\t"));
        }
        table
    }

    /// The probability of each output, 0 to 1.
    pub fn probabilities(&self, counted: &[f64]) -> Scores {
        let mut sums = self.constant;
        for (value, row) in counted.iter().zip(&self.features).filter(|(value, _)| **value != 0.0) {
            for (sum, weight) in sums.iter_mut().zip(row) {
                *sum += value * weight;
            }
        }
        sums.map(|sum| 1.0 / (1.0 + (-sum).exp()))
    }
}

/// Decides what a message feels. `said` are the ill feelings that its words state by themselves, in the order of `ILL`.
pub fn decide(probabilities: &Scores, thresholds: &Scores, said: [bool; ILL.len()]) -> Decision {
    let ratio = |output: usize| probabilities[output] / thresholds[output].max(1e-9);
    let any = ratio(ANY) >= 1.0;
    let found = |place: usize| said[place] || (any && ratio(place + 1) >= 1.0);
    let mut ill: Vec<_> = (0..ILL.len()).filter(|&place| found(place)).map(|place| ILL[place]).collect();
    if any && ill.is_empty() {
        // Ill feeling for certain, its kind not: the nearest one. Leaving is stated or it is not.
        let nearest = (0..ILL.len() - 1).max_by(|&a, &b| ratio(a + 1).total_cmp(&ratio(b + 1)));
        ill.extend(nearest.map(|place| ILL[place]));
    }
    let strong = !ill.is_empty() && ratio(STRONG) >= 1.0;
    Decision { ill, joy: ratio(JOY) >= 1.0, strong }
}

fn number(value: f64) -> String {
    let value = (value * 1e4).round() / 1e4;
    // Zero has one spelling.
    format!("{}", if value == 0.0 { 0.0 } else { value })
}

fn row(numbers: &str) -> anyhow::Result<Scores> {
    let parsed: Vec<f64> = numbers.split('\t').map(str::parse).collect::<Result<_, _>>()?;
    parsed.try_into().map_err(|_| anyhow::anyhow!("not {} numbers", OUTPUTS.len()))
}
