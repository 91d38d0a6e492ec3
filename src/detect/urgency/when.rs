//! Reading a moment out of words: "tomorrow at 9", "12 June", "in two hours", "end of the week".
//!
//! Only what the words say; `resolve` turns it into a moment. Everything works on folded text.

use std::ops::Range;

use chrono::Weekday;

/// A moment as the customer put it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// A day, and a time on it where one is said.
    On(Day, Option<Time>),
    /// A time with no day: the next such time.
    At(Time),
    /// So many minutes from now.
    In { minutes: i64 },
    /// A date that is blacked out or left open: "XX/XX/2019".
    Unreadable,
}

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

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Time {
    /// On the clock of 24 hours.
    Clock { hour: u32, minute: u32 },
    /// "At 9" with nothing to tell morning from evening; 1 to 11.
    Bare { hour: u32, minute: u32 },
    /// A part of the day, by its end: the last minute that it can mean.
    Until { hour: u32, minute: u32 },
}

impl Time {
    /// Whether a time of day was named, not a part of the day.
    pub fn is_clock(self) -> bool {
        !matches!(self, Self::Until { .. })
    }
}

/// The ends of the parts of a day. Close of business is 17:00, end of day the last minute of the date.
const MORNING: Time = Time::Until { hour: 12, minute: 0 };
const AFTERNOON: Time = Time::Until { hour: 18, minute: 0 };
const EVENING: Time = Time::Until { hour: 22, minute: 0 };
const NIGHT: Time = Time::Until { hour: 23, minute: 59 };
const BUSINESS: Time = Time::Until { hour: 17, minute: 0 };
const NOON: Time = Time::Clock { hour: 12, minute: 0 };

/// One word of folded text: letters, digits, and `:` `/` `-` `.` between digits.
#[derive(Debug, Clone, Copy)]
pub struct Word<'t> {
    pub text: &'t str,
    pub start: usize,
    pub end: usize,
}

/// A moment with the words it came from.
#[derive(Debug, Clone)]
pub struct Said {
    pub when: When,
    pub range: Range<usize>,
}

/// Splits a sentence of folded text, which starts at `offset`, into words.
pub fn words(sentence: &str, offset: usize) -> Vec<Word<'_>> {
    let bytes = sentence.as_bytes();
    let mut found = Vec::with_capacity(sentence.len() / 5);
    let mut at = 0;
    while at < bytes.len() {
        if !is_word(bytes[at]) {
            at += 1;
            continue;
        }
        let start = at;
        while at < bytes.len() && (is_word(bytes[at]) || joins(bytes, at)) {
            at += 1;
        }
        found.push(Word { text: &sentence[start..at], start: offset + start, end: offset + at });
    }
    found
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80
}

/// Whether the mark at `at` belongs to the word around it: "3/21", "9:30", "8.15", "xx/xx", "friday's".
fn joins(bytes: &[u8], at: usize) -> bool {
    let (Some(&before), Some(&after)) = (bytes.get(at.wrapping_sub(1)), bytes.get(at + 1)) else {
        return false;
    };
    match bytes[at] {
        b':' | b'.' | b'-' => before.is_ascii_digit() && after.is_ascii_digit(),
        b'/' => (before.is_ascii_digit() || before == b'x') && (after.is_ascii_digit() || after == b'x'),
        b'\'' => before.is_ascii_alphanumeric() && after.is_ascii_alphanumeric(),
        _ => false,
    }
}

/// Every moment named in a sentence, in order, none overlapping another.
pub fn find(words: &[Word<'_>]) -> Vec<Said> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < words.len() {
        match read(&words[at..]) {
            Some((when, length)) => {
                let range = words[at].start..words[at + length - 1].end;
                found.push(Said { when, range });
                at += length;
            }
            None => at += 1,
        }
    }
    found
}

/// Reads a moment from the first words: what it is and how many words it takes.
fn read(words: &[Word<'_>]) -> Option<(When, usize)> {
    let lead = usize::from(matches!(word(words, 0), "on" | "at" | "around" | "this" | "coming"));
    let anchored = matches!(word(words, 0), "on" | "at");
    if let Some((minutes, length)) = span_from_now(words) {
        return Some((When::In { minutes }, length));
    }
    if let Some((day, length)) = day(words) {
        let (time, more) = time_after_day(&words[length..]).map_or((None, 0), |(t, n)| (Some(t), n));
        return Some((When::On(day, time.or_else(|| implied_time(words))), length + more));
    }
    let rest = &words[lead..];
    if let Some((time, length)) = clock(rest, anchored) {
        let gap = usize::from(word(rest, length) == "on");
        if let Some((day, more)) = day(&rest[length + gap..]) {
            let time = later_part(time, &rest[length + gap..]);
            let (part, extra) =
                time_after_day(&rest[length + gap + more..]).map_or((time, 0), |(p, n)| (merge(time, p), n));
            return Some((When::On(day, Some(part)), lead + length + gap + more + extra));
        }
        // "At 5" with no day could be a price or a place: it needs a colon, am or pm, or a word.
        return (!matches!(time, Time::Bare { .. })).then_some((When::At(time), lead + length));
    }
    if lead == 1 {
        if let Some((day, length)) = day(rest) {
            let (time, more) = time_after_day(&rest[length..]).map_or((None, 0), |(t, n)| (Some(t), n));
            return Some((When::On(day, time.or_else(|| implied_time(rest))), lead + length + more));
        }
    }
    unreadable(words).map(|length| (When::Unreadable, length))
}

fn word<'t>(words: &[Word<'t>], at: usize) -> &'t str {
    words.get(at).map_or("", |word| word.text)
}

/// "Tonight" and its like name their part of the day themselves.
fn implied_time(words: &[Word<'_>]) -> Option<Time> {
    (0..4)
        .find_map(|at| match word(words, at) {
            "tonight" => Some(NIGHT),
            "eod" => None,
            "cob" | "eob" => Some(BUSINESS),
            "close" => Some(BUSINESS),
            "morning" => Some(MORNING),
            "afternoon" => Some(AFTERNOON),
            "evening" => Some(EVENING),
            _ => None,
        })
        .filter(|_| matches!(word(words, 0), "tonight" | "cob" | "eob" | "close" | "end" | "this"))
}

/// "9 tonight" and "9 this evening" are after noon.
fn later_part(time: Time, words: &[Word<'_>]) -> Time {
    match (time, implied_time(words)) {
        (_, Some(part)) => merge(time, part),
        _ => time,
    }
}

/// A clock time and a part of the day: "at 9 in the evening" is 21:00.
fn merge(time: Time, part: Time) -> Time {
    match (time, part) {
        (Time::Bare { hour, minute }, MORNING) => Time::Clock { hour, minute },
        (Time::Bare { hour, minute }, Time::Until { .. }) => Time::Clock { hour: hour % 12 + 12, minute },
        _ => time,
    }
}

/// "In two hours", "within the next 3 days", "two days from now", "5 days left".
fn span_from_now(words: &[Word<'_>]) -> Option<(i64, usize)> {
    let mut at = 0;
    let led = matches!(word(words, 0), "in" | "within");
    if led {
        at += 1;
        while matches!(
            word(words, at),
            "the" | "next" | "about" | "less" | "than" | "under" | "only" | "just" | "like" | "at" | "most"
        ) {
            at += 1;
        }
    }
    let (minutes, more) = span(&words[at..])?;
    let end = at + more;
    if led {
        // "In 3 days of trying", "in 10 minutes time".
        return (!matches!(word(words, end), "of" | "after" | "since" | "ago")).then_some((minutes, end));
    }
    match (word(words, end), word(words, end + 1)) {
        ("from", "now" | "today") => Some((minutes, end + 2)),
        ("left" | "away" | "remaining", _) => Some((minutes, end + 1)),
        _ => None,
    }
}

/// A length of time: "two hours", "half an hour", "24 hrs", "a week". Answers minutes and words read.
fn span(words: &[Word<'_>]) -> Option<(i64, usize)> {
    if word(words, 0) == "half" && matches!(word(words, 1), "an" | "a") && word(words, 2) == "hour" {
        return Some((30, 3));
    }
    let (count, mut at) = match (number(word(words, 0)), word(words, 0), word(words, 1)) {
        (_, "a", "couple") if word(words, 2) == "of" => (2, 3),
        (_, "a" | "the", "few") | (_, "a", "couple") => (3, 2),
        (_, "a" | "an" | "the", _) => (1, 1),
        (_, "hour" | "hours", _) => (1, 0),
        (Some(n), ..) => (n, 1),
        _ => return None,
    };
    let working = matches!(word(words, at), "business" | "working");
    at += usize::from(working || matches!(word(words, at), "short" | "more" | "calendar"));
    let unit = match word(words, at) {
        "minute" | "minutes" | "min" | "mins" => 1,
        "hour" | "hours" | "hr" | "hrs" => 60,
        "day" | "days" => 24 * 60,
        "week" | "weeks" => 7 * 24 * 60,
        _ => return None,
    };
    Some((count * unit, at + 1))
}

fn number(word: &str) -> Option<i64> {
    const NAMES: [&str; 15] = [
        "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
        "thirteen", "fourteen", "fifteen",
    ];
    if let Some(at) = NAMES.iter().position(|name| *name == word) {
        return Some(at as i64 + 1);
    }
    match word {
        "twenty" => Some(20),
        "thirty" => Some(30),
        _ => word.parse().ok().filter(|n| (1..=365).contains(n)),
    }
}

/// A day from the first words and how many words it takes.
fn day(words: &[Word<'_>]) -> Option<(Day, usize)> {
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

fn year(word: &str) -> (Option<i32>, usize) {
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

/// "At 9", "9:30 am", "by noon", "midnight", "in the morning". `anchored`: "at" stood before it.
fn clock(words: &[Word<'_>], anchored: bool) -> Option<(Time, usize)> {
    let first = word(words, 0);
    match first {
        "noon" | "midday" => return Some((NOON, 1)),
        "midnight" => return Some((NIGHT, 1)),
        _ => {}
    }
    let digits = first.trim_end_matches(|c: char| c.is_ascii_lowercase());
    let glued = &first[digits.len()..];
    let (hour, minute) = match digits.split_once([':', '.']) {
        Some((hour, minute)) if minute.len() == 2 => (hour.parse::<u32>().ok()?, minute.parse::<u32>().ok()?),
        Some(_) => return None,
        None => (digits.parse().ok().or_else(|| number(first).filter(|_| anchored).map(|n| n as u32))?, 0),
    };
    if hour > 23 || minute > 59 || digits.len() > 5 {
        return None;
    }
    // "9 a.m." is three words here: "9", "a", "m".
    let (half, length) = match (glued, word(words, 1), word(words, 2)) {
        ("am" | "a", ..) => (Some("am"), 1),
        ("pm" | "p", ..) => (Some("pm"), 1),
        ("h" | "", "am", _) => (Some("am"), 2),
        ("h" | "", "pm", _) => (Some("pm"), 2),
        ("", "a", "m") => (Some("am"), 3),
        ("", "p", "m") => (Some("pm"), 3),
        ("", "o'clock" | "oclock", _) => (None, 2),
        ("" | "h", ..) => (None, 1),
        _ => return None,
    };
    let time = match half {
        Some(_) if hour == 0 || hour > 12 => Time::Clock { hour, minute },
        Some("am") => Time::Clock { hour: hour % 12, minute },
        Some(_) => Time::Clock { hour: hour % 12 + 12, minute },
        None if hour == 0 || hour >= 12 => Time::Clock { hour, minute },
        None => Time::Bare { hour, minute },
    };
    // "13" alone is a number; "13:00" is a time.
    let said =
        half.is_some() || digits.contains([':', '.']) || matches!(time, Time::Bare { .. }) || length == 2;
    (said && !(digits.contains('.') && half.is_none() && !anchored)).then_some((time, length))
}

/// What may follow a day: "at 9", "9am", "morning", "in the evening", "by noon".
fn time_after_day(words: &[Word<'_>]) -> Option<(Time, usize)> {
    if let Some(part) = part_of_day(word(words, 0)) {
        return Some((part, 1));
    }
    if word(words, 0) == "in" && word(words, 1) == "the" {
        return part_of_day(word(words, 2)).map(|part| (part, 3));
    }
    let lead = usize::from(matches!(word(words, 0), "at" | "by" | "before" | "around"));
    let (time, length) = clock(&words[lead.min(words.len())..], lead == 1)?;
    if lead == 0 && matches!(time, Time::Bare { minute: 0, .. }) && word(words, 1) != "o'clock" {
        return None;
    }
    let (part, more) = match (word(words, lead + length), word(words, lead + length + 1)) {
        ("in", "the") => (part_of_day(word(words, lead + length + 2)), 3),
        (next, _) => (part_of_day(next), 1),
    };
    Some(match part {
        Some(part) => (merge(time, part), lead + length + more),
        None => (time, lead + length),
    })
}

fn part_of_day(word: &str) -> Option<Time> {
    Some(match word {
        "morning" => MORNING,
        "afternoon" => AFTERNOON,
        "evening" => EVENING,
        "night" => NIGHT,
        "noon" | "midday" => NOON,
        "cob" | "eob" => BUSINESS,
        _ => return None,
    })
}

/// A blacked-out date: "XX/XX/XXXX", "XX/XX/ 2019". A run of four could be a name.
fn unreadable(words: &[Word<'_>]) -> Option<usize> {
    let first = word(words, 0);
    let open = first.starts_with("xx/xx") || (first.starts_with("xx/") && first.len() >= 5);
    open.then(|| 1 + year(word(words, 1)).1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(text: &str) -> Vec<(When, &str)> {
        find(&words(text, 0)).into_iter().map(|said| (said.when, &text[said.range])).collect()
    }

    #[test]
    fn words_become_the_moment_they_name() {
        let date = |month, day| Day::Date { year: None, month, day };
        let nine = Time::Bare { hour: 9, minute: 0 };
        let cases = [
            ("tomorrow at 9", When::On(Day::FromToday(1), Some(nine)), "tomorrow at 9"),
            ("to the board at 9 tomorrow", When::On(Day::FromToday(1), Some(nine)), "at 9 tomorrow"),
            (
                "at 9am tomorrow",
                When::On(Day::FromToday(1), Some(Time::Clock { hour: 9, minute: 0 })),
                "at 9am tomorrow",
            ),
            ("tonight at 9", When::On(Day::FromToday(0), Some(nine)), "tonight at 9"),
            (
                "at 9 tonight",
                When::On(Day::FromToday(0), Some(Time::Clock { hour: 21, minute: 0 })),
                "at 9 tonight",
            ),
            ("by friday", When::On(Day::Weekday(Weekday::Fri), None), "friday"),
            ("this friday", When::On(Day::ThisWeekday(Weekday::Fri), None), "this friday"),
            ("next tuesday", When::On(Day::NextWeekday(Weekday::Tue), None), "next tuesday"),
            ("end of day", When::On(Day::FromToday(0), None), "end of day"),
            ("by cob friday", When::On(Day::Weekday(Weekday::Fri), Some(BUSINESS)), "cob friday"),
            ("the end of the week", When::On(Day::EndOfWeek(0), None), "end of the week"),
            ("end of the month", When::On(Day::EndOfMonth(0), None), "end of the month"),
            ("this afternoon", When::On(Day::FromToday(0), Some(AFTERNOON)), "this afternoon"),
            ("at noon", When::At(NOON), "at noon"),
            ("in two hours", When::In { minutes: 120 }, "in two hours"),
            ("within 24 hours", When::In { minutes: 1440 }, "within 24 hours"),
            ("in the next half an hour", When::In { minutes: 30 }, "in the next half an hour"),
            ("on the 14th", When::On(Day::OfMonth(14), None), "on the 14th"),
            ("12 june", When::On(date(6, 12), None), "12 june"),
            ("on june 12th", When::On(date(6, 12), None), "on june 12th"),
            (
                "3 june at 6am",
                When::On(date(6, 3), Some(Time::Clock { hour: 6, minute: 0 })),
                "3 june at 6am",
            ),
            ("6/12", When::On(Day::Either { year: None, first: 6, second: 12 }, None), "6/12"),
            ("3/21", When::On(date(3, 21), None), "3/21"),
            ("2026-06-12", When::On(Day::Date { year: Some(2026), month: 6, day: 12 }, None), "2026-06-12"),
            ("saturday (3/21)", When::On(date(3, 21), None), "saturday (3/21"),
            ("xx/xx/ 2019", When::Unreadable, "xx/xx/ 2019"),
            ("before christmas", When::On(date(12, 25), None), "christmas"),
            (
                "by 5 p.m. today",
                When::On(Day::FromToday(0), Some(Time::Clock { hour: 17, minute: 0 })),
                "5 p.m. today",
            ),
        ];
        for (text, when, quote) in cases {
            assert_eq!(read_all(text), [(when, quote)], "{text:?}");
        }
    }

    #[test]
    fn numbers_that_are_no_moment_stay_numbers() {
        let cases = [
            "version 102.13.0",
            "open 24/7",
            "i paid 12",
            "at 5 stars",
            "50/50",
            "the 2nd time",
            "in 3 days of trying",
            "two days ago",
            "ends in 4411",
            "may be",
            "march on",
            "sun and moon",
            "10:75",
            "192.168.1.1",
            "page 3/400",
            "xxxx xxxx",
            "1.5",
            "the 15",
            "9",
            "99/99/9999",
            "2 days",
        ];
        for text in cases {
            assert_eq!(read_all(text), [], "{text:?}");
        }
    }
}
