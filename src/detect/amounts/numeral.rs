//! Numbers in digits: "1234", "1,234.50", "1.234,50".

use std::ops::Range;

use rust_decimal::Decimal;

/// More digits than this are an account or a phone number.
const MOST_DIGITS: usize = 9;

/// A number in digits.
pub struct Numeral {
    pub range: Range<usize>,
    pub value: Decimal,
}

/// Numbers in digits, with their separators; those glued to letters ("a5", "2nd") or with a percent sign are none.
pub fn numerals(folded: &str) -> impl Iterator<Item = Numeral> {
    let bytes = folded.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < bytes.len() {
            if !bytes[at].is_ascii_digit() {
                at += 1;
                continue;
            }
            let start = at;
            while at < bytes.len() && (bytes[at].is_ascii_digit() || separates(bytes, at)) {
                at += 1;
            }
            if let Some(value) = value(&folded[start..at]).filter(|_| !percent(&folded[at..])) {
                return Some(Numeral { range: start..at, value });
            }
        }
        None
    })
}

/// A point, comma or apostrophe between digits.
fn separates(bytes: &[u8], at: usize) -> bool {
    matches!(bytes[at], b'.' | b',' | b'\'') && bytes.get(at + 1).is_some_and(u8::is_ascii_digit)
}

fn percent(rest: &str) -> bool {
    rest.trim_start().starts_with('%')
}

/// Reads "1,234.50", "1.234,50", "4,90", "1234". The last separator is a decimal one when one or two digits follow it.
fn value(written: &str) -> Option<Decimal> {
    let digits: String = written.chars().filter(char::is_ascii_digit).collect();
    if digits.len() > MOST_DIGITS {
        return None;
    }
    let decimals = written.rfind(['.', ',']).map_or(0, |at| written.len() - at - 1);
    let decimals = if decimals <= 2 { decimals } else { 0 };
    let number: i64 = digits.parse().ok()?;
    Some(Decimal::new(number, decimals as u32))
}
