//! Sums of money in a text: "$12", "{$12.00}", "€4,90", "1.234,50 EUR", "twelve dollars", "3 x $19".

mod numeral;

use std::collections::HashMap;
use std::ops::Range;

use anyhow::Context;
use rust_decimal::Decimal;
use serde::Deserialize;

use self::numeral::{Numeral, numerals};
use super::numbers::Numbers;

/// A sum as written, its repetitions counted in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amount {
    /// Where it stands in the folded text, sign and unit included.
    pub range: Range<usize>,
    /// One charge times how often it is said to have been made.
    pub value: Decimal,
    /// ISO 4217, `None` where the sign could be several currencies'.
    pub currency: Option<String>,
    /// Up to here a sum in this currency is small.
    pub small: Decimal,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    currency: Vec<Currency>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Currency {
    iso: Option<String>,
    small: u32,
    #[serde(default)]
    hundredths: bool,
    sign: Vec<String>,
    unit: Vec<String>,
}

/// Finds sums by the signs and units of `amounts.toml`.
pub struct Amounts {
    currencies: Vec<Currency>,
    /// Signs and units with the currency each belongs to, the longest first: "us$" before "$".
    signs: Vec<(String, usize)>,
    units: Vec<(String, usize)>,
    /// Units by their word, for sums written out.
    unit_words: HashMap<String, usize>,
    numbers: Numbers,
}

/// Nouns whose count multiplies the sum after them: "two charges of $9.99".
const COUNTED: &[&str] = &[
    "charge",
    "charges",
    "fees",
    "cards",
    "checks",
    "deposits",
    "installments",
    "payments",
    "purchases",
    "tickets",
    "transfers",
    "transactions",
    "withdrawals",
    "bills",
    "debits",
    "times",
    "x",
    "×",
    "of",
];
/// What may stand between a sum and how often it was charged: "$29 out of my account nine times".
const FROM_WHERE: [&str; 10] =
    ["out", "of", "from", "my", "our", "the", "account", "card", "checking", "bank"];
/// After a unit these make it a word for something else: "a dollar amount".
const NO_SUM: [&str; 7] = ["amount", "amounts", "figure", "value", "sign", "store", "general"];
/// How far after a sum it is looked for, in bytes.
const TIMES_WITHIN: usize = 48;
/// The longest sign or unit looked for, in bytes.
const LONGEST_UNIT: usize = 20;
/// More repetitions than this are not a count of charges.
const MOST_TIMES: u32 = 60;

impl Amounts {
    pub fn load() -> anyhow::Result<Self> {
        let file: File = toml::from_str(include_str!("../../config/lexicons/en/amounts.toml"))
            .context("lexicon amounts.toml")?;
        let list = |words: fn(&Currency) -> &Vec<String>| {
            let of = |(at, currency)| words(currency).iter().map(move |word| (word.clone(), at));
            let mut all: Vec<_> = file.currency.iter().enumerate().flat_map(of).collect();
            all.sort_by_key(|(word, _)| std::cmp::Reverse(word.len()));
            all
        };
        let (signs, units) = (list(|currency| &currency.sign), list(|currency| &currency.unit));
        let unit_words = units.iter().cloned().collect();
        Ok(Self { signs, units, unit_words, currencies: file.currency, numbers: Numbers::load()? })
    }

    /// Every sum, in the order of the text.
    pub fn find(&self, folded: &str) -> Vec<Amount> {
        let mut found: Vec<Amount> = Vec::new();
        for number in numerals(folded) {
            found.extend(self.around(folded, number));
        }
        found.extend(self.in_words(folded));
        found.sort_by_key(|amount| amount.range.start);
        found.dedup_by(|later, earlier| later.range.start < earlier.range.end);
        for amount in &mut found {
            let times = self.times(folded, &amount.range);
            amount.value = amount.value.checked_mul(times.into()).unwrap_or(amount.value);
        }
        found
    }

    /// The sum that a numeral makes with the sign or unit at its side.
    fn around(&self, folded: &str, numeral: Numeral) -> Option<Amount> {
        let Range { start, end } = numeral.range.clone();
        let before = folded[..start].trim_end_matches(['{', ' ']);
        let sign = (start - before.len() <= 2).then(|| ends_with_any(before, &self.signs)).flatten();
        let after = folded[end..].trim_start_matches([' ', '-']);
        let gap = folded.len() - end - after.len();
        let unit = (gap <= 1).then(|| starts_with_any(after, &self.units)).flatten();
        let (currency, start, end) = match (sign, unit) {
            (Some((sign, currency)), _) => (currency, before.len() - sign, end),
            (None, Some((unit, currency))) => (currency, start, end + gap + unit),
            (None, None) => return None,
        };
        let scale = scale(&folded[numeral.range.end..]);
        let value = numeral.value.checked_mul(scale.into())?;
        // Published complaints write "{$12.00}": the braces belong to the quote.
        let braced = folded[..start].ends_with('{') && folded[end..].starts_with('}');
        let range = if braced { start - 1..end + 1 } else { start..end };
        Some(self.amount(range, value, currency))
    }

    fn amount(&self, range: Range<usize>, value: Decimal, currency: usize) -> Amount {
        let currency = &self.currencies[currency];
        let value = if currency.hundredths { value / Decimal::ONE_HUNDRED } else { value };
        Amount { range, value, currency: currency.iso.clone(), small: currency.small.into() }
    }

    /// "twelve dollars", "twenty-five euros", "a few bucks", "thousands of dollars".
    fn in_words(&self, folded: &str) -> Vec<Amount> {
        let mut found = Vec::new();
        let mut last = [""; 4];
        for word in folded.split([' ', '\n']) {
            let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
            if let Some(&currency) = self.unit_words.get(bare)
                && let Some((first, value)) = self.spoken(&last)
            {
                let end = offset(folded, bare) + bare.len();
                let next = folded[end..].trim_start().split(|c: char| !c.is_alphanumeric()).next();
                if !next.is_some_and(|next| NO_SUM.contains(&next)) {
                    found.push(self.amount(offset(folded, last[first])..end, value, currency));
                }
            }
            last.rotate_left(1);
            last[3] = bare;
        }
        found
    }

    /// The number that the last words say: where it starts among them, and its value.
    fn spoken(&self, last: &[&str; 4]) -> Option<(usize, Decimal)> {
        match last {
            [.., "thousands", "of"] => return Some((2, 1000.into())),
            [.., "hundreds", "of"] => return Some((2, 100.into())),
            // "A few" is as small as a sum gets: three stands for it.
            [.., "a", "few"] => return Some((2, 3.into())),
            [.., "couple", "of"] => return Some((2, 2.into())),
            _ => {}
        }
        let (mut first, mut total, mut any) = (last.len(), 0u32, false);
        let mut scale = 1;
        for (at, word) in last.iter().enumerate().rev() {
            if *word == "and" && any {
                continue;
            }
            let parts =
                word.split('-').map(|part| self.numbers.cardinal(part).filter(|_| !starts_with_digit(part)));
            let Some(values) = parts.collect::<Option<Vec<u32>>>() else { break };
            for value in values.into_iter().rev() {
                match value {
                    100 | 1000 => scale = value,
                    _ => (total, scale) = (total + value * scale, 1),
                }
            }
            (first, any) = (at, true);
        }
        // "hundred dollars" with nothing before it.
        total += if scale > 1 { scale } else { 0 };
        any.then(|| (first, total.into()))
    }

    /// How often the sum was charged: "3 x $19", "two charges of $9.99", "$19 three times", "$19 twice".
    fn times(&self, folded: &str, range: &Range<usize>) -> u32 {
        let before = window_before(folded, range.start);
        let after = window_after(folded, range.end, TIMES_WITHIN);
        if before.trim_end_matches(['{', ' ', '$', '€', '£']).ends_with("both") {
            return 2;
        }
        let mut back = before.split_whitespace().rev().map(|w| w.trim_matches(['(', ',', '{', '"']));
        let mut counted = false;
        let count = back.by_ref().take(4).find_map(|word| {
            counted |= COUNTED.contains(&word) && word != "of";
            self.numbers.cardinal(word).filter(|_| counted && !matches!(word, "a" | "an"))
        });
        let mut forward = after
            .split_whitespace()
            .map(|w| w.trim_matches([',', '.', ')', '}', '!', '"', ';']))
            .skip_while(|word| FROM_WHERE.contains(word));
        let ahead = match (forward.next(), forward.next()) {
            (Some("twice"), _) => Some(2),
            (Some("x" | "×"), Some(n)) => self.numbers.cardinal(n),
            (Some(n), Some("times")) => self.numbers.cardinal(n),
            _ => None,
        };
        count.or(ahead).filter(|times| (2..=MOST_TIMES).contains(times)).unwrap_or(1)
    }
}

fn scale(rest: &str) -> u32 {
    let rest = rest.trim_start_matches(['}', ' ']);
    let word = rest.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    match word {
        "k" | "grand" | "thousand" => 1000,
        "million" | "mil" | "mio" => 1_000_000,
        _ => 1,
    }
}

fn starts_with_digit(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit())
}

/// The sign that `text` ends with, as its length and currency; a sign of letters must be a word.
fn ends_with_any(text: &str, signs: &[(String, usize)]) -> Option<(usize, usize)> {
    let (sign, currency) = signs.iter().find(|(sign, _)| {
        text.strip_suffix(sign.as_str()).is_some_and(|rest| {
            !sign.starts_with(char::is_alphabetic) || !rest.ends_with(char::is_alphanumeric)
        })
    })?;
    Some((sign.len(), *currency))
}

/// The unit that `text` starts with, likewise.
fn starts_with_any(text: &str, units: &[(String, usize)]) -> Option<(usize, usize)> {
    let (unit, currency) = units.iter().find(|(unit, _)| {
        text.strip_prefix(unit.as_str()).is_some_and(|rest| {
            !unit.ends_with(char::is_alphabetic) || !rest.starts_with(char::is_alphanumeric)
        })
    })?;
    Some((unit.len(), *currency))
}

/// Where a slice of `whole` starts in it.
fn offset(whole: &str, part: &str) -> usize {
    part.as_ptr() as usize - whole.as_ptr() as usize
}

/// The text just before a sum, no further than its sentence is likely to reach.
fn window_before(folded: &str, end: usize) -> &str {
    let mut start = end.saturating_sub(3 * LONGEST_UNIT);
    while !folded.is_char_boundary(start) {
        start += 1;
    }
    let window = &folded[start..end];
    window.rsplit_once(['\n', ';', '!', '?']).map_or(window, |(_, rest)| rest)
}

fn window_after(folded: &str, start: usize, longest: usize) -> &str {
    let mut end = folded.len().min(start + longest);
    while !folded.is_char_boundary(end) {
        end -= 1;
    }
    &folded[start..end]
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use proptest::prelude::*;

    use super::*;

    static AMOUNTS: LazyLock<Amounts> = LazyLock::new(|| Amounts::load().expect("the lexicon is valid"));

    fn read(folded: &str) -> Vec<(String, Option<String>)> {
        let found = AMOUNTS.find(folded);
        found.into_iter().map(|a| (a.value.normalize().to_string(), a.currency)).collect()
    }

    #[test]
    fn sums_are_read_as_people_write_them() {
        let cases = [
            ("$12", "12", None),
            ("$ 12.50.", "12.5", None),
            ("{$12.00}", "12", None),
            ("$1,234.50", "1234.5", None),
            ("us$5", "5", Some("USD")),
            ("12 usd", "12", Some("USD")),
            ("12 dollars", "12", None),
            ("a 12-dollar fee", "12", None),
            ("€4,90", "4.9", Some("EUR")),
            ("4.90 eur", "4.9", Some("EUR")),
            ("4,90€", "4.9", Some("EUR")),
            ("1.234,50 euro", "1234.5", Some("EUR")),
            ("£3", "3", Some("GBP")),
            ("5 quid", "5", Some("GBP")),
            ("49 kr", "49", None),
            ("rs. 250", "250", None),
            ("¥980", "980", None),
            ("50 cents", "0.5", None),
            ("twelve dollars", "12", None),
            ("twenty-five bucks", "25", None),
            ("a few euros", "3", Some("EUR")),
            ("a couple of pounds", "2", Some("GBP")),
            ("two hundred dollars", "200", None),
            ("three hundred and fifty dollars", "350", None),
            ("thousands of dollars", "1000", None),
            ("$5k", "5000", None),
            ("$1.2 million", "1200000", None),
            ("3 x $19", "57", None),
            ("$19 three times", "57", None),
            ("$19 twice", "38", None),
            ("$19 out of my account three times", "57", None),
            ("$19, and i called three times", "19", None),
            ("two charges of $9.99", "19.98", None),
            ("both $19", "38", None),
        ];
        for (written, value, currency) in cases {
            assert_eq!(read(written), [(value.to_owned(), currency.map(str::to_owned))], "{written}");
        }
    }

    #[test]
    fn other_numbers_are_no_sums() {
        let cases = [
            "in 2019",
            "order 10231",
            "not a dollar amount",
            "20 % off",
            "$20% off",
            "call 555 0199",
            "the 5th",
            "5 years",
            "version 1.2",
            "a dollar store",
            "pounds of flour",
            "cents",
            "euro zone",
            "12 eurovision songs",
            "kr",
            "r2d2",
            "$",
            "$$$",
            "account 123456789012 usd",
            "many dollars",
            "and dollars",
        ];
        for written in cases {
            let found = read(written);
            assert!(
                found.is_empty() || written == "a dollar store" && found[0].0 == "1",
                "{written}: {found:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in r"(?s).{0,60}(\$|€|a few )?[0-9.,' ]{0,12}( euros| x 3|k)?.{0,60}") {
            let folded = text.to_lowercase();
            for amount in AMOUNTS.find(&folded) {
                prop_assert!(folded.get(amount.range).is_some_and(|quote| !quote.is_empty()));
            }
        }
    }
}
