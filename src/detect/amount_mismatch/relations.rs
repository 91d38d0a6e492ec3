//! What sums say of one another: a part of a whole, the difference of two, the one that should have been.

use std::collections::HashSet;

use rust_decimal::Decimal;

use super::stake::{Class, Placed};

/// What stands between a sum and the one that it should have been.
const IN_PLACE: [&str; 5] = ["instead of", "in place of", "rather than", "should have been", "should be"];
/// Words between two such sums at the most.
const MOST_BETWEEN: usize = 7;
/// Of more sums than this none is looked at as the difference of two others: each pair is.
const MOST_COMPARED: usize = 12;

/// Looks at sums that follow one another. "Received $540 of the $590" settles the 590 too: what is left of it is named, if
/// anything is. Of "$50 of my $250 payment", "$15 more than the $345" and "$100, of which $46 of it was gone" the part is the
/// matter; of "$840 instead of $812" it is what they differ by.
pub fn settle_wholes(folded: &str, placed: &mut [Placed<'_>]) {
    for at in 1..placed.len() {
        let between = &folded[placed[at - 1].amount.range.end..placed[at].amount.range.start];
        let after = folded[placed[at].amount.range.end..].trim_start();
        let words: Vec<_> = between
            .split_whitespace()
            .filter(|word| !matches!(*word, "the" | "my" | "our" | "a"))
            .take(MOST_BETWEEN + 1)
            .collect();
        let (earlier, later) = (at - 1, at);
        match words[..] {
            ["of"] | ["out", "of"] | ["of", _, "of"] => {
                let role = placed[earlier].role;
                placed[later].role = role.filter(|role| *role == Class::Settled).or(Some(Class::Thing));
                placed[earlier].role = role.or(Some(Class::Stake));
            }
            ["more" | "less" | "higher" | "lower", "than"] => {
                placed[later].role = Some(Class::Thing);
                placed[earlier].role = Some(Class::Stake);
            }
            _ if words.len() <= MOST_BETWEEN
                && placed[earlier].amount.currency == placed[later].amount.currency
                && placed[earlier].value != placed[later].value
                && IN_PLACE.iter().any(|phrase| between.contains(phrase)) =>
            {
                let differ = (placed[earlier].value - placed[later].value).abs();
                placed[earlier].role = Some(Class::Thing);
                placed[later].role = Some(Class::Stake);
                placed[later].value = differ;
            }
            _ if ["of it", "of that", "of this", "of them"].iter().any(|of| after.starts_with(of)) => {
                placed[earlier].role = Some(Class::Thing);
                placed[later].role = Some(Class::Stake);
            }
            _ => {}
        }
    }
}

/// "Charged $100 in place of $96, that is $4 too much": of a sum at stake and two that differ by it, those two only explain it.
/// Where all three are at stake one is the sum of the others.
pub fn settle_differences(placed: &mut [Placed<'_>]) {
    let values: HashSet<Decimal> = placed.iter().map(|sum| sum.value).collect();
    if values.len() > MOST_COMPARED {
        return;
    }
    let at_stake: HashSet<Decimal> =
        placed.iter().filter(|sum| sum.is_at_stake()).map(|sum| sum.value).collect();
    // What was given back is no claim, though the charge and the rest of it differ by as much.
    let settled: HashSet<Decimal> =
        placed.iter().filter(|sum| sum.role == Some(Class::Settled)).map(|sum| sum.value).collect();
    let mut explained = HashSet::new();
    for less in &values {
        for more in values.iter().filter(|more| *more > less) {
            let difference = more - less;
            let explain =
                at_stake.contains(&difference) && !settled.contains(&difference) && difference != *less;
            if explain && !(at_stake.contains(less) && at_stake.contains(more)) {
                explained.extend([*less, *more]);
            }
        }
    }
    for sum in placed.iter_mut().filter(|sum| explained.contains(&sum.value)) {
        sum.role = Some(Class::Thing);
    }
}
