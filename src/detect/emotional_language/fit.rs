//! Finds weights from labelled messages: logistic regression with a penalty on large weights, by Newton's method.
//!
//! No chance and no order of summation that varies: the same messages give the same weights.

const STEPS: usize = 30;
const SETTLED: f64 = 1e-9;

/// Which way a feature may speak of what is fitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    For,
    Against,
    Either,
}

impl Sign {
    fn allows(self, weight: f64) -> bool {
        match self {
            Self::For => weight >= 0.0,
            Self::Against => weight <= 0.0,
            Self::Either => true,
        }
    }
}

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

/// Fits one output. `rows` are messages as counted, `labels` whether each has it, `signs` what is known of each feature
/// beforehand: one whose weight contradicts its sign was misled by few messages, and is left out.
pub fn fit(rows: &[&[f64]], labels: &[bool], penalty: f64, signs: &[Sign]) -> Fit {
    let (means, mut scales) = spread(rows);
    loop {
        let fit = fit_scaled(rows, labels, penalty, &means, &scales);
        let contradicts = |place: &usize| !signs[*place].allows(fit.weights[*place]);
        let misled: Vec<_> = (0..scales.len()).filter(contradicts).collect();
        if misled.is_empty() {
            return fit;
        }
        for place in misled {
            scales[place] = 0.0;
        }
    }
}

/// Fits on the features that have a scale; the others weigh nothing.
fn fit_scaled(rows: &[&[f64]], labels: &[bool], penalty: f64, means: &[f64], scales: &[f64]) -> Fit {
    let used: Vec<usize> = (0..scales.len()).filter(|&place| scales[place] > 0.0).collect();
    // The first place of each row is the constant's.
    let standard: Vec<Vec<f64>> = rows
        .iter()
        .map(|row| {
            let rest = used.iter().map(|&place| (row[place] - means[place]) * scales[place]);
            std::iter::once(1.0).chain(rest).collect()
        })
        .collect();
    let mut weights = vec![0.0; used.len() + 1];
    for _ in 0..STEPS {
        let step = newton_step(&standard, labels, &weights, penalty);
        for (weight, change) in weights.iter_mut().zip(&step) {
            *weight += change;
        }
        if step.iter().all(|change| change.abs() < SETTLED) {
            break;
        }
    }
    let mut unscaled = vec![0.0; scales.len()];
    for (&place, weight) in used.iter().zip(&weights[1..]) {
        unscaled[place] = weight * scales[place];
    }
    Fit { constant: weights[0] - dot(&unscaled, means), weights: unscaled }
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
        let either = [Sign::Either; 3];
        let fit_signed = |signs: &[Sign]| fit(&rows, &labels, 1.0, signs);
        let fit = fit_signed(&either);
        assert!(fit.weights[0] > 3.0 * fit.weights[1].abs(), "{:?}", fit.weights);
        assert_eq!(fit.weights[2], 0.0, "a feature that never varies weighs nothing");
        assert!(fit.probability(&[1.0, 1.0, 1.0]) > 0.8 && fit.probability(&[0.0, 1.0, 1.0]) < 0.2);
        assert_eq!(fit_signed(&[Sign::For, Sign::Either, Sign::Either]).weights, fit.weights);
        assert_eq!(fit_signed(&[Sign::Against, Sign::Either, Sign::Either]).weights[0], 0.0);
    }
}
