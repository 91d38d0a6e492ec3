//! Reading a moment out of words: "tomorrow at 9", "12 June", "in two hours", "end of the week".
//!
//! Only what the words say; `resolve` turns it into a moment. Everything works on folded text.

use std::ops::Range;

use super::clock::{Time, clock, implied_time, later_part, merge, time_after_day};
use super::day::{Day, day, year};

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
        if !may_begin(&words[at..]) {
            at += 1;
            continue;
        }
        let hour = || at.checked_sub(1).and_then(|before| hour_of(words[before].text, &words[at..]));
        match read(&words[at..]).or_else(hour) {
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

/// Turns away, by a glance at its first letters, nearly every word that no moment begins with.
fn may_begin(words: &[Word<'_>]) -> bool {
    let first = word(words, 0).as_bytes();
    match &first[..first.len().min(3)] {
        b"a" | b"an" | b"the" => {
            let next = word(words, 1).as_bytes();
            next.first().is_some_and(u8::is_ascii_digit) || is_lead(next) || next.starts_with(b"few")
        }
        start => start[0].is_ascii_digit() || is_lead(first),
    }
}

fn is_lead(word: &[u8]) -> bool {
    matches!(
        &word[..word.len().min(3)],
        b"on"
            | b"at"
            | b"aro"
            | b"thi"
            | b"com"
            | b"in"
            | b"wit"
            | b"hal"
            | b"hou"
            | b"min"
            | b"hr"
            | b"hrs"
            | b"one"
            | b"two"
            | b"thr"
            | b"fou"
            | b"fiv"
            | b"six"
            | b"sev"
            | b"eig"
            | b"nin"
            | b"ten"
            | b"ele"
            | b"twe"
            | b"fif"
            | b"cou"
            | b"wor"
            | b"bus"
            | b"sho"
            | b"mor"
            | b"cal"
            | b"tod"
            | b"ton"
            | b"tom"
            | b"tmr"
            | b"day"
            | b"wee"
            | b"nex"
            | b"eod"
            | b"cob"
            | b"eob"
            | b"eow"
            | b"eom"
            | b"clo"
            | b"end"
            | b"mon"
            | b"tue"
            | b"wed"
            | b"thu"
            | b"fri"
            | b"sat"
            | b"sun"
            | b"jan"
            | b"feb"
            | b"mar"
            | b"apr"
            | b"may"
            | b"jun"
            | b"jul"
            | b"aug"
            | b"sep"
            | b"oct"
            | b"nov"
            | b"dec"
            | b"chr"
            | b"xma"
            | b"new"
            | b"val"
            | b"bla"
            | b"tha"
            | b"noo"
            | b"mid"
            | b"xx/"
    )
}

/// "The show starts at 8": only such a verb makes a bare hour one.
fn hour_of(before: &str, words: &[Word<'_>]) -> Option<(When, usize)> {
    let starts = matches!(before, "starts" | "begins" | "leaves" | "departs" | "boards" | "closes");
    let time = (starts && word(words, 0) == "at").then(|| clock(&words[1..], true)).flatten()?;
    Some((When::At(time.0), 1 + time.1))
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
    if lead == 1
        && let Some((day, length)) = day(rest)
    {
        let (time, more) = time_after_day(&rest[length..]).map_or((None, 0), |(t, n)| (Some(t), n));
        return Some((When::On(day, time.or_else(|| implied_time(rest))), lead + length + more));
    }
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
    unreadable(words).map(|length| (When::Unreadable, length))
}

pub fn word<'t>(words: &[Word<'t>], at: usize) -> &'t str {
    words.get(at).map_or("", |word| word.text)
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

pub fn number(word: &str) -> Option<i64> {
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

/// A blacked-out date: "XX/XX/XXXX", "XX/XX/ 2019". A run of four could be a name.
fn unreadable(words: &[Word<'_>]) -> Option<usize> {
    let first = word(words, 0);
    let open = first.starts_with("xx/xx") || (first.starts_with("xx/") && first.len() >= 5);
    open.then(|| 1 + year(word(words, 1)).1)
}

#[cfg(test)]
mod tests {
    use chrono::Weekday;

    use super::super::clock::{AFTERNOON, BUSINESS, NOON};
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
