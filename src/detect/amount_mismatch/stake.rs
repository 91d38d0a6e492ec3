//! The sum at stake: of all the sums in a message, the one that is disputed.

use std::collections::HashSet;
use std::ops::Range;

use rust_decimal::Decimal;
use serde::Deserialize;

use super::relations::{settle_differences, settle_wholes};
use crate::detect::amounts::{Amount, Amounts};
use crate::detect::lexicon::Lexicon;
use crate::detect::search::{Found, Patterns};
use crate::text::Cleaned;

/// How far a word may stand from its sum, in bytes, within the sentence: about ten words.
const STAKE_WITHIN: usize = 60;
const PASSING_WITHIN: usize = 40;
/// How far from a sum a word may stand that says what it is, in bytes: about two words.
const NEAR: usize = 15;
/// What stands this close is right beside it: "{$900.00} check".
const BESIDE: usize = 3;
/// From this many legal phrases on, and one in every `WORDS_PER_LEGAL` words, the length is a template's.
const LEGAL_PHRASES: usize = 4;
const WORDS_PER_LEGAL: usize = 60;
/// A sum this many times what is small, paid or sent "in passing", is more likely the matter itself.
const TOO_LARGE_TO_PASS: u32 = 5;
/// How much of the clause around the sum is quoted at most, in bytes.
const QUOTE_WITHIN: usize = 45;

#[derive(Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    Stake,
    Total,
    Asked,
    Claim,
    Reward,
    Bill,
    Settled,
    Thing,
    Rate,
    Held,
    Gone,
    Passing,
    Often,
    Legal,
}

#[derive(Deserialize)]
struct Phrase {
    class: Class,
    cue: String,
}

pub struct Stakes {
    amounts: Amounts,
    lexicon: Lexicon<Phrase>,
}

/// A small sum at stake.
pub struct Stake {
    /// Its clause in the folded text.
    pub range: Range<usize>,
    pub value: Decimal,
    pub currency: Option<String>,
    pub cue: String,
}

/// A phrase near a sum.
struct Near<'a> {
    range: Range<usize>,
    phrase: &'a Phrase,
}

/// What a sum is in its sentence, with the phrase that says so.
pub struct Placed<'a> {
    pub amount: &'a Amount,
    /// Of two sums that should have been one, what they differ by.
    pub value: Decimal,
    /// `None` where no word places it.
    pub role: Option<Class>,
    near: Option<Range<usize>>,
    cue: &'a str,
}

impl Placed<'_> {
    fn is_large(&self) -> bool {
        self.value > self.amount.small
    }

    pub fn is_at_stake(&self) -> bool {
        matches!(self.role, Some(Class::Stake | Class::Total | Class::Claim | Class::Reward))
    }
}

impl Stakes {
    pub fn load(patterns: &mut Patterns) -> anyhow::Result<Self> {
        let toml = include_str!("../../../config/lexicons/en/amount_mismatch.toml");
        Ok(Self {
            amounts: Amounts::load()?,
            lexicon: Lexicon::parse(patterns, "amount_mismatch.toml", toml)?,
        })
    }

    /// The sum at stake, if it is small and nothing larger may be at stake as well.
    pub fn small(&self, text: &Cleaned<'_>, found: &Found) -> Option<Stake> {
        let mut amounts = self.amounts.find(text.folded());
        amounts.retain(|amount| !amount.value.is_zero());
        if amounts.is_empty() {
            return None;
        }
        let near: Vec<Near<'_>> =
            self.lexicon.among(found).map(|(range, phrase)| Near { range, phrase }).collect();
        if is_template(&near, text.words()) {
            return None;
        }
        let mut placed: Vec<Placed<'_>> = amounts
            .iter()
            .enumerate()
            .map(|(at, amount)| place(text, &near, amount, amounts.get(at + 1)))
            .collect();
        settle_wholes(text.folded(), &mut placed);
        settle_differences(&mut placed);
        decide(text, &placed).filter(|stake| !is_charged_often(text, &near, &stake.range))
    }
}

fn is_template(near: &[Near<'_>], words: usize) -> bool {
    let legal = near.iter().filter(|near| near.phrase.class == Class::Legal).count();
    legal >= LEGAL_PHRASES && legal * WORDS_PER_LEGAL >= words
}

/// Whether the sum of a clause was charged nobody says how many times: then its total is not known.
fn is_charged_often(text: &Cleaned<'_>, near: &[Near<'_>], clause: &Range<usize>) -> bool {
    let sentence = text.sentence_at(clause.start);
    near.iter()
        .filter(|near| sentence.start <= near.range.start && near.range.end <= sentence.end)
        .any(|near| near.phrase.class == Class::Often)
}

/// Says what a sum is, by what stands beside it, before it and around it, in this order.
fn place<'a>(
    text: &Cleaned<'_>,
    near: &'a [Near<'a>],
    amount: &'a Amount,
    next: Option<&Amount>,
) -> Placed<'a> {
    let sentence = text.sentence_at(amount.range.start);
    let first = near.partition_point(|near| near.range.end + STAKE_WITHIN < amount.range.start);
    let around = || {
        near[first..]
            .iter()
            .take_while(|near| near.range.start <= amount.range.end + STAKE_WITHIN)
            .filter(|near| near.range.start >= sentence.start && near.range.end <= sentence.end)
            .filter(|near| next.is_none_or(|next| !nearer(next, near, amount)))
    };
    let is = |class: Class| move |near: &&Near<'_>| near.phrase.class == class;
    let beside = |near: &&Near<'_>| distance(&near.range, &amount.range) <= BESIDE;
    let before = |near: &&Near<'_>| near.range.start < amount.range.start;
    let closest = |class: Class, most: usize| {
        around()
            .filter(is(class))
            .min_by_key(|near| distance(&near.range, &amount.range))
            .filter(|near| distance(&near.range, &amount.range) <= most)
    };
    // "Which would amount to $30 a month" sums up nothing.
    let is_rate = || around().any(|near| near.phrase.class == Class::Rate && beside(&near) && !before(&near));
    // Nothing but the sum before it can be meant by "that": a price becomes the claim two clauses later.
    let asked = next_in(&sentence, next).is_none().then(|| asked_back(near, amount, &sentence)).flatten();
    let found = asked
        .or_else(|| around().find(|near| is(Class::Claim)(near) && beside(near)))
        .or_else(|| {
            around().find(|near| is(Class::Total)(near) && beside(near) && before(near) && !is_rate())
        })
        .or_else(|| around().find(|near| is(Class::Thing)(near) && beside(near)))
        .or_else(|| around().find(|near| is(Class::Settled)(near) && beside(near) && before(near)))
        .or_else(|| closest(Class::Gone, PASSING_WITHIN))
        .or_else(|| around().find(|near| is(Class::Held)(near) && beside(near)))
        .or_else(|| closest(Class::Reward, PASSING_WITHIN))
        .or_else(|| closest(Class::Stake, BESIDE))
        .or_else(|| closest(Class::Bill, BESIDE))
        .or_else(|| closest(Class::Stake, STAKE_WITHIN))
        .or_else(|| closest(Class::Bill, STAKE_WITHIN))
        .or_else(|| closest(Class::Rate, BESIDE).filter(|near| !before(near)))
        .or_else(|| closest(Class::Thing, NEAR))
        .or_else(|| closest(Class::Held, NEAR))
        .or_else(|| closest(Class::Passing, PASSING_WITHIN));
    match found {
        Some(near) => Placed {
            amount,
            value: amount.value,
            role: Some(match near.phrase.class {
                Class::Asked | Class::Gone => Class::Stake,
                class => class,
            }),
            near: Some(near.range.clone()),
            cue: &near.phrase.cue,
        },
        None => Placed { amount, value: amount.value, role: None, near: None, cue: "" },
    }
}

/// The words that ask the last sum before them back, wherever in its sentence.
fn asked_back<'a>(near: &'a [Near<'a>], amount: &Amount, sentence: &Range<usize>) -> Option<&'a Near<'a>> {
    let after = near.partition_point(|near| near.range.start < amount.range.end);
    let asked = near[after..].iter().take_while(|near| near.range.start < sentence.end);
    asked.into_iter().find(|near| near.phrase.class == Class::Asked)
}

/// The sum after, where it stands in the same sentence.
fn next_in<'a>(sentence: &Range<usize>, next: Option<&'a Amount>) -> Option<&'a Amount> {
    next.filter(|next| next.range.start < sentence.end)
}

/// Whether a phrase after one sum is nearer to the next: "$250, and a $28 late fee". One before both may be of both.
fn nearer(next: &Amount, near: &Near<'_>, amount: &Amount) -> bool {
    near.range.start > amount.range.start
        && distance(&near.range, &next.range) < distance(&near.range, &amount.range)
}

fn distance(one: &Range<usize>, other: &Range<usize>) -> usize {
    one.start.saturating_sub(other.end).max(other.start.saturating_sub(one.end))
}

/// Chooses among the sums. A large one counts against a small one unless its words place it in passing or settle it.
fn decide(text: &Cleaned<'_>, placed: &[Placed<'_>]) -> Option<Stake> {
    let settled: HashSet<Decimal> =
        placed.iter().filter(|sum| sum.role == Some(Class::Settled)).map(|sum| sum.value).collect();
    let open: Vec<&Placed<'_>> = placed.iter().filter(|sum| !settled.contains(&sum.value)).collect();
    let stakes = at_stake(placed, &open);
    if speaks_of_more(&open, &stakes) {
        return None;
    }
    let total = stakes.iter().find(|sum| sum.role == Some(Class::Total));
    let shown = total.or(stakes.iter().max_by_key(|sum| sum.value))?;
    let value = if total.is_some() { shown.value } else { sum_of(&stakes, shown) };
    (value <= shown.amount.small).then(|| Stake {
        range: clause(text, shown),
        value,
        currency: shown.amount.currency.clone(),
        cue: shown.cue.to_owned(),
    })
}

/// What the customer asks back, else what is at stake by its words, else what is owed. Where money is spoken of at such
/// length and every sum is small, one of them is the matter all the same.
fn at_stake<'p>(placed: &[Placed<'_>], open: &[&'p Placed<'p>]) -> Vec<&'p Placed<'p>> {
    let those = |wanted: &dyn Fn(&Placed<'_>) -> bool| -> Vec<_> {
        open.iter().copied().filter(|sum| wanted(sum)).collect()
    };
    let all_small = !placed.iter().any(Placed::is_large);
    [
        those(&|sum| sum.role == Some(Class::Claim)),
        those(&|sum| sum.is_at_stake()),
        those(&|sum| sum.role == Some(Class::Bill)),
        those(&|sum| all_small && !matches!(sum.role, Some(Class::Thing | Class::Rate))),
    ]
    .into_iter()
    .find(|stakes| !stakes.is_empty())
    .unwrap_or_default()
}

/// Whether a large sum may be the matter. What they ask back, and what was promised for spending more, is the matter
/// whatever else was paid.
fn speaks_of_more(open: &[&Placed<'_>], stakes: &[&Placed<'_>]) -> bool {
    let is_told = stakes.iter().all(|sum| matches!(sum.role, Some(Class::Claim | Class::Reward)));
    let beside = |sum: &&Placed<'_>| match sum.role {
        Some(Class::Passing) => sum.value > sum.amount.small * Decimal::from(TOO_LARGE_TO_PASS),
        None => sum.is_large(),
        _ => false,
    };
    stakes.iter().any(|sum| sum.is_large()) || !is_told && open.iter().any(beside)
}

/// Several charges count by their total; a sum named twice is the same sum.
fn sum_of(stakes: &[&Placed<'_>], shown: &Placed<'_>) -> Decimal {
    let mut values: Vec<Decimal> = stakes
        .iter()
        .filter(|sum| sum.amount.currency == shown.amount.currency)
        .map(|sum| sum.value)
        .collect();
    values.sort();
    values.dedup();
    let total: Decimal = values.iter().fold(Decimal::ZERO, |total, value| total.saturating_add(*value));
    // "two fees of $15, $30 in all": the largest may be the sum of the rest already.
    if total == shown.value + shown.value { shown.value } else { total }
}

/// The sum with the word that places it.
fn clause(text: &Cleaned<'_>, sum: &Placed<'_>) -> Range<usize> {
    let amount = sum.amount.range.clone();
    let Some(near) = sum.near.clone().filter(|near| distance(near, &amount) <= QUOTE_WITHIN) else {
        return amount;
    };
    let range = near.start.min(amount.start)..near.end.max(amount.end);
    let trimmed = text.folded()[range.clone()].trim_end();
    range.start..range.start + trimmed.len()
}
