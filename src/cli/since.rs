//! How far back: "90d", "12h", "4w".

use chrono::TimeDelta;

/// Reads a time of days, hours or weeks, for clap.
pub fn parse(text: &str) -> Result<TimeDelta, String> {
    let wrong = || format!("{text:?} is no length of time: write for example 90d, 12h or 4w");
    let (number, unit) = text.split_at_checked(text.len().wrapping_sub(1)).ok_or_else(wrong)?;
    let number: u32 = number.parse().map_err(|_| wrong())?;
    let hours = match unit {
        "h" => 1,
        "d" => 24,
        "w" => 24 * 7,
        _ => return Err(wrong()),
    };
    let hours = i64::from(number) * hours;
    if !(1..=LONGEST_HOURS).contains(&hours) {
        return Err(format!("{text:?} is not from 1h to 3650d"));
    }
    Ok(TimeDelta::hours(hours))
}

const LONGEST_HOURS: i64 = 3650 * 24;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_with_its_unit_is_a_length_of_time() {
        let cases = [
            ("90d", Some(90 * 24)),
            ("12h", Some(12)),
            ("4w", Some(4 * 168)),
            ("3650d", Some(3650 * 24)),
            ("3651d", None),
            ("0d", None),
            ("90", None),
            ("d", None),
            ("", None),
            ("-1d", None),
            ("1.5d", None),
            ("90 d", None),
            ("90days", None),
            ("1é", None),
            ("99999999999d", None),
        ];
        for (text, hours) in cases {
            assert_eq!(parse(text).ok().map(|time| time.num_hours()), hours, "{text:?}");
        }
    }
}
