//! Finds weights from labelled messages: logistic regression with a penalty on large weights, by Newton's method.
//!
//! No chance and no order of summation that varies: the same messages give the same weights.

/// How strongly large weights are held down; found by cross-validation on the labelled messages.
pub const PENALTY: f64 = 60.0;

const STEPS: usize = 30;
const SETTLED: f64 = 1e-9;

/// A fitted output: its constant, and a weight for each feature as counted.
pub struct Fit {
    pub constant: f64,
    pub weights: Vec<f64>,
}

impl Fit {
    /// The probability for one message, 0 to 1.
    pub fn probability(&self, counted: &[f64]) -> f64 {
        logistic(self.constant + dot(&self.weights, counted))
    }
}

/// Fits one output. `rows` are messages as counted, `labels` whether each has it.
pub fn fit(rows: &[&[f64]], labels: &[bool], penalty: f64) -> Fit {
    let (means, scales) = spread(rows);
    // The first place of each row is the constant's.
    let standard: Vec<Vec<f64>> = rows
        .iter()
        .map(|row| {
            let rest =
                row.iter().zip(&means).zip(&scales).map(|((value, mean), scale)| (value - mean) * scale);
            std::iter::once(1.0).chain(rest).collect()
        })
        .collect();
    let width = means.len() + 1;
    let mut weights = vec![0.0; width];
    for _ in 0..STEPS {
        let step = newton_step(&standard, labels, &weights, penalty);
        for (weight, change) in weights.iter_mut().zip(&step) {
            *weight += change;
        }
        if step.iter().all(|change| change.abs() < SETTLED) {
            break;
        }
    }
    let unscaled: Vec<f64> = weights[1..].iter().zip(&scales).map(|(weight, scale)| weight * scale).collect();
    Fit { constant: weights[0] - dot(&unscaled, &means), weights: unscaled }
}

/// The mean of each feature and one over its standard deviation (0 where it never varies).
fn spread(rows: &[&[f64]]) -> (Vec<f64>, Vec<f64>) {
    let n = rows.len() as f64;
    let width = rows.first().map_or(0, |row| row.len());
    (0..width)
        .map(|place| {
            let mean = rows.iter().map(|row| row[place]).sum::<f64>() / n;
            let variance = rows.iter().map(|row| (row[place] - mean).powi(2)).sum::<f64>() / n;
            (mean, if variance > 1e-12 { variance.sqrt().recip() } else { 0.0 })
        })
        .unzip()
}

fn newton_step(rows: &[Vec<f64>], labels: &[bool], weights: &[f64], penalty: f64) -> Vec<f64> {
    let width = weights.len();
    let mut gradient: Vec<f64> =
        (0..width).map(|place| if place == 0 { 0.0 } else { -penalty * weights[place] }).collect();
    let mut curvature = vec![vec![0.0; width]; width];
    for (place, row) in curvature.iter_mut().enumerate() {
        row[place] = if place == 0 { 1e-9 } else { penalty };
    }
    for (row, &label) in rows.iter().zip(labels) {
        let probability = logistic(dot(weights, row));
        let error = f64::from(u8::from(label)) - probability;
        let certainty = probability * (1.0 - probability);
        for i in 0..width {
            gradient[i] += error * row[i];
            let scaled = certainty * row[i];
            for j in 0..=i {
                curvature[i][j] += scaled * row[j];
            }
        }
    }
    solve(curvature, gradient)
}

/// Solves a symmetric positive system (lower triangle given) by Cholesky's method.
fn solve(mut a: Vec<Vec<f64>>, mut b: Vec<f64>) -> Vec<f64> {
    let n = b.len();
    for i in 0..n {
        for j in 0..=i {
            let sum = a[i][j] - dot(&a[i][..j], &a[j][..j]);
            a[i][j] = if i == j { sum.max(1e-12).sqrt() } else { sum / a[j][j] };
        }
        b[i] = (b[i] - dot(&a[i][..i], &b[..i])) / a[i][i];
    }
    for i in (0..n).rev() {
        let known: f64 = (i + 1..n).map(|k| a[k][i] * b[k]).sum();
        b[i] = (b[i] - known) / a[i][i];
    }
    b
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn learns_which_feature_matters() {
        let rows: Vec<[f64; 3]> = (0..40).map(|n| [f64::from(n % 2), f64::from(n % 3), 1.0]).collect();
        let rows: Vec<&[f64]> = rows.iter().map(|row| &row[..]).collect();
        let labels: Vec<bool> = (0..40).map(|n| n % 2 == 1).collect();
        let fit = fit(&rows, &labels, 1.0);
        assert!(fit.weights[0] > 3.0 * fit.weights[1].abs(), "{:?}", fit.weights);
        assert_eq!(fit.weights[2], 0.0, "a feature that never varies weighs nothing");
        assert!(fit.probability(&[1.0, 1.0, 1.0]) > 0.8 && fit.probability(&[0.0, 1.0, 1.0]) < 0.2);
    }
}
