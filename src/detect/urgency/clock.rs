//! Reading a time of day out of words: "at 9", "5pm", "noon", "in the evening", "close of business".

use super::when::{Word, number, word};

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
pub const AFTERNOON: Time = Time::Until { hour: 18, minute: 0 };
const EVENING: Time = Time::Until { hour: 22, minute: 0 };
const NIGHT: Time = Time::Until { hour: 23, minute: 59 };
pub const BUSINESS: Time = Time::Until { hour: 17, minute: 0 };
pub const NOON: Time = Time::Clock { hour: 12, minute: 0 };

/// "Tonight" and its like name their part of the day themselves.
pub fn implied_time(words: &[Word<'_>]) -> Option<Time> {
    (0..4)
        .find_map(|at| match word(words, at) {
            "tonight" => Some(NIGHT),
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
pub fn later_part(time: Time, words: &[Word<'_>]) -> Time {
    match (time, implied_time(words)) {
        (_, Some(part)) => merge(time, part),
        _ => time,
    }
}

/// A clock time and a part of the day: "at 9 in the evening" is 21:00.
pub fn merge(time: Time, part: Time) -> Time {
    match (time, part) {
        (Time::Bare { hour, minute }, MORNING) => Time::Clock { hour, minute },
        (Time::Bare { hour, minute }, Time::Until { .. }) => Time::Clock { hour: hour % 12 + 12, minute },
        _ => time,
    }
}

/// "At 9", "9:30 am", "by noon", "midnight", "in the morning". `anchored`: "at" stood before it.
pub fn clock(words: &[Word<'_>], anchored: bool) -> Option<(Time, usize)> {
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
pub fn time_after_day(words: &[Word<'_>]) -> Option<(Time, usize)> {
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
