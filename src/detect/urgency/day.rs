//! Reading a day out of words: "tomorrow", "12 June", "next Tuesday", "end of the week", "Black Friday".

use chrono::Weekday;

use super::when::{Word, word};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Day {
    /// Days from today.
    FromToday(i64),
    /// The next such weekday, today excluded.
    Weekday(Weekday),
    /// "This Friday": today included.
    ThisWeekday(Weekday),
    /// "Next Tuesday": that day of the next calendar week, which starts on Monday.
    NextWeekday(Weekday),
    Date {
        year: Option<i32>,
        month: u32,
        day: u32,
    },
    /// "6/12": the sixth of December or the twelfth of June.
    Either {
        year: Option<i32>,
        first: u32,
        second: u32,
    },
    /// "On the 14th".
    OfMonth(u32),
    /// The Friday of this week (0) or a later one.
    EndOfWeek(i64),
    /// The Sunday of this week (0) or a later one.
    Week(i64),
    EndOfMonth(u32),
    EndOfYear,
    BlackFriday,
    Thanksgiving,
}

/// A day from the first words and how many words it takes.
pub fn day(words: &[Word<'_>]) -> Option<(Day, usize)> {
    near_day(words).or_else(|| end_of(words)).or_else(|| weekday_or_date(words)).or_else(|| feast(words))
}

fn near_day(words: &[Word<'_>]) -> Option<(Day, usize)> {
    let first = word(words, 0);
    Some(match first.strip_suffix("'s").unwrap_or(first) {
        "today" | "tonight" => (Day::FromToday(0), 1),
        "this" if matches!(word(words, 1), "morning" | "afternoon" | "evening") => (Day::FromToday(0), 2),
        "tomorrow" | "tomorow" | "tommorow" | "tommorrow" | "tmrw" | "tmr" => (Day::FromToday(1), 1),
        "day" if word(words, 1) == "after" && word(words, 2).starts_with("tom") => (Day::FromToday(2), 3),
        "this" if word(words, 1) == "week" => (Day::Week(0), 2),
        "this" | "the" if word(words, 1) == "weekend" => (Day::Week(0), 2),
        "weekend" => (Day::Week(0), 1),
        "next" if word(words, 1) == "week" => (Day::Week(1), 2),
        "next" if word(words, 1) == "weekend" => (Day::Week(1), 2),
        _ => return None,
    })
}

/// "End of day", "EOD", "COB", "end of the week", "month's end".
fn end_of(words: &[Word<'_>]) -> Option<(Day, usize)> {
    match word(words, 0) {
        "eod" | "cob" | "eob" => return Some(with_day(Day::FromToday(0), 1, words)),
        "eow" => return Some((Day::EndOfWeek(0), 1)),
        "eom" => return Some((Day::EndOfMonth(0), 1)),
        "close" if word(words, 1) == "of" && matches!(word(words, 2), "business" | "play") => {
            return Some(with_day(Day::FromToday(0), 3, words));
        }
        "end" if word(words, 1) == "of" => {}
        _ => return None,
    }
    let mut at = 2;
    let next = (2..4).any(|i| word(words, i) == "next");
    while matches!(word(words, at), "the" | "this" | "my" | "our" | "next" | "business" | "working") {
        at += 1;
    }
    Some(match word(words, at) {
        "day" | "today" | "business" => with_day(Day::FromToday(0), at + 1, words),
        "tomorrow" => (Day::FromToday(1), at + 1),
        "week" => (Day::EndOfWeek(i64::from(next)), at + 1),
        "month" => (Day::EndOfMonth(u32::from(next)), at + 1),
        "year" if !next => (Day::EndOfYear, at + 1),
        _ => return None,
    })
}

/// "End of day Friday", "COB tomorrow": the day that follows, else the one given.
fn with_day(today: Day, length: usize, words: &[Word<'_>]) -> (Day, usize) {
    let gap = usize::from(word(words, length) == "on");
    let rest = words.get(length + gap..).unwrap_or_default();
    match near_day(rest).or_else(|| weekday_or_date(rest)) {
        Some((day, more)) => (day, length + gap + more),
        None => (today, length),
    }
}

fn weekday_or_date(words: &[Word<'_>]) -> Option<(Day, usize)> {
    let (which, at) = match word(words, 0) {
        "this" | "coming" => ("this", 1),
        "next" => ("next", 1),
        _ => ("", 0),
    };
    if let Some(weekday) = weekday(word(words, at)) {
        let past_comma = at + 1;
        // "Friday, 12 June": the date says it better.
        let gap = usize::from(matches!(word(words, past_comma), "the" | "on"));
        if let Some((date, more)) = words.get(past_comma + gap..).and_then(date) {
            return Some((date, past_comma + gap + more));
        }
        let day = match which {
            "this" => Day::ThisWeekday(weekday),
            "next" => Day::NextWeekday(weekday),
            _ => Day::Weekday(weekday),
        };
        return Some((day, past_comma));
    }
    date(words)
}

fn weekday(word: &str) -> Option<Weekday> {
    let word = word.strip_suffix("'s").unwrap_or(word);
    Some(match word {
        "monday" | "mon" => Weekday::Mon,
        "tuesday" | "tues" => Weekday::Tue,
        "wednesday" | "weds" => Weekday::Wed,
        "thursday" | "thurs" | "thur" => Weekday::Thu,
        "friday" | "fri" => Weekday::Fri,
        "saturday" => Weekday::Sat,
        "sunday" => Weekday::Sun,
        _ => return None,
    })
}

/// "12 June", "June 12th, 2026", "the 14th", "3/21", "2026-06-12", "12.06.2026".
fn date(words: &[Word<'_>]) -> Option<(Day, usize)> {
    let at = usize::from(word(words, 0) == "the");
    let rest = &words[at.min(words.len())..];
    if let Some(month) = month(word(rest, 0)) {
        let day = ordinal(word(rest, 1)).map(|(day, _)| day)?;
        let (year, more) = year(word(rest, 2));
        return Some((Day::Date { year, month, day }, at + 2 + more));
    }
    if let Some((day, suffixed)) = ordinal(word(rest, 0)) {
        let of = usize::from(word(rest, 1) == "of");
        if let Some(month) = month(word(rest, 1 + of)) {
            let (year, more) = year(word(rest, 2 + of));
            return Some((Day::Date { year, month, day }, at + 2 + of + more));
        }
        // "The 15th of this month"; the next such day is meant with "the month" too.
        if at == 1
            && word(rest, 1) == "of"
            && matches!(word(rest, 2), "this" | "the")
            && word(rest, 3) == "month"
        {
            return Some((Day::OfMonth(day), at + 4));
        }
        // "The 14th"; "the 2nd time" is a count.
        let counted = matches!(
            word(rest, 1),
            "time"
                | "day"
                | "week"
                | "month"
                | "year"
                | "call"
                | "email"
                | "one"
                | "party"
                | "attempt"
                | "of"
                | "quarter"
                | "century"
                | "floor"
                | "gen"
        );
        return (suffixed && at == 1 && !counted).then_some((Day::OfMonth(day), at + 1));
    }
    numeric(word(rest, 0)).map(|day| (day, at + 1))
}

fn month(word: &str) -> Option<u32> {
    const NAMES: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let short = if word == "sept" { "sep" } else { word };
    (short.len() >= 3)
        .then(|| NAMES.iter().position(|name| *name == short || name[..3] == *short))?
        .map(|at| at as u32 + 1)
}

/// A day of the month, and whether it had its "th".
fn ordinal(word: &str) -> Option<(u32, bool)> {
    let digits = word.trim_end_matches(|c: char| c.is_ascii_lowercase());
    let suffix = &word[digits.len()..];
    let suffixed = matches!(suffix, "st" | "nd" | "rd" | "th");
    let day = digits.parse().ok().filter(|day| (1..=31).contains(day))?;
    (digits.len() <= 2 && (suffixed || suffix.is_empty())).then_some((day, suffixed))
}

pub fn year(word: &str) -> (Option<i32>, usize) {
    match word.parse() {
        Ok(year) if word.len() == 4 && (1990..2100).contains(&year) => (Some(year), 1),
        _ => (None, 0),
    }
}

/// A date in digits. A slash may lack the year; dots and dashes need it, for versions look the same.
fn numeric(word: &str) -> Option<Day> {
    let mark = word.bytes().find(|byte| matches!(byte, b'/' | b'-' | b'.'))?;
    let mut parts = word.split(mark as char);
    let (a, b) = (parts.next()?, parts.next()?);
    let c = parts.next();
    if parts.next().is_some() || word == "24/7" {
        return None;
    }
    let (a_value, b_value): (u32, u32) = (a.parse().ok()?, b.parse().ok()?);
    if a.len() == 4 {
        let day: u32 = c?.parse().ok()?;
        return valid(b_value, day).then_some(Day::Date { year: Some(a_value as i32), month: b_value, day });
    }
    let year = match c {
        Some(c) if c.len() == 4 => Some(c.parse().ok()?),
        Some(c) if c.len() == 2 => Some(2000 + c.parse::<i32>().ok()?),
        Some(_) => return None,
        None if mark == b'/' => None,
        None => return None,
    };
    match (valid(a_value, b_value), valid(b_value, a_value)) {
        _ if mark == b'.' => {
            valid(b_value, a_value).then_some(Day::Date { year, month: b_value, day: a_value })
        }
        (true, true) if a_value != b_value => Some(Day::Either { year, first: a_value, second: b_value }),
        (true, _) => Some(Day::Date { year, month: a_value, day: b_value }),
        (_, true) => Some(Day::Date { year, month: b_value, day: a_value }),
        _ => None,
    }
}

fn valid(month: u32, day: u32) -> bool {
    (1..=12).contains(&month) && (1..=31).contains(&day)
}

fn feast(words: &[Word<'_>]) -> Option<(Day, usize)> {
    let on = |month, day| Day::Date { year: None, month, day };
    Some(match (word(words, 0), word(words, 1)) {
        ("christmas" | "xmas", "eve") => (on(12, 24), 2),
        ("christmas" | "xmas", "day") => (on(12, 25), 2),
        ("christmas" | "xmas", _) => (on(12, 25), 1),
        ("new", "year's" | "years" | "year") if word(words, 2) == "eve" => (on(12, 31), 3),
        ("new", "year's" | "years") => (on(1, 1), 2),
        ("halloween", _) => (on(10, 31), 1),
        ("valentine's" | "valentines", "day") => (on(2, 14), 2),
        ("black", "friday") => (Day::BlackFriday, 2),
        ("thanksgiving", _) => (Day::Thanksgiving, 1),
        _ => return None,
    })
}
