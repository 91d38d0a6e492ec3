//! From a moment in words to a moment in time, in the customer's zone; never one that is past.
//!
//! Choices, for words leave them open:
//! - A day without a time means its last minute, and a part of the day its end (morning 12:00, afternoon 18:00,
//!   evening 22:00, tonight 23:59): the customer's time is over no later. Close of business is 17:00.
//! - A bare hour is a working hour: 7 to 11 in the morning, 1 to 6 in the afternoon. Where that is past
//!   today and the other half of the day is not, the other is meant.
//! - A weekday's name means the next one, today excluded; "this Friday" includes today; "next Friday" lies in
//!   the next calendar week.
//! - A date without a year is the next one, if that is within six months; else it is past.
//! - A time that a clock change skips means the first moment after the gap; one that comes twice, the earlier.

use chrono::{
    DateTime, Datelike, Days, Months, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Utc, Weekday,
};
use chrono_tz::Tz;

use super::clock::Time;
use super::day::Day;
use super::when::When;

/// How far ahead a deadline can lie and still press, in days: half a year.
const HORIZON_DAYS: i64 = 183;

/// What a moment in words means to one who wrote them at `sent_at`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    Moment {
        at: DateTime<Utc>,
        has_time: bool,
    },
    /// Ahead, but the words leave open when.
    Open,
    /// Over, or too far away to press.
    Past,
}

pub fn resolve(when: When, sent_at: DateTime<Utc>, tz: Tz) -> Meaning {
    let now = sent_at.with_timezone(&tz).naive_local();
    let moment = match when {
        When::Unreadable => return Meaning::Open,
        When::In { minutes } => {
            let has_time = minutes < 24 * 60;
            return checked(sent_at.checked_add_signed(TimeDelta::minutes(minutes)), has_time, sent_at);
        }
        When::At(time) => next_time(time, now).map(|at| (at, time.is_clock())),
        When::On(Day::Either { year, first, second }, time) => {
            let one = dated(year, first, second, now.date());
            let other = dated(year, second, first, now.date());
            match (one, other) {
                (Some(_), Some(_)) => return Meaning::Open,
                (one, other) => one.or(other).and_then(|date| at_time(date, time, now)),
            }
        }
        When::On(day, time) => date_of(day, now.date()).and_then(|date| at_time(date, time, now)),
    };
    let Some((local, has_time)) = moment else { return Meaning::Past };
    checked(to_utc(local, tz), has_time, sent_at)
}

fn checked(at: Option<DateTime<Utc>>, has_time: bool, sent_at: DateTime<Utc>) -> Meaning {
    match at {
        Some(at) if at >= sent_at && at - sent_at <= TimeDelta::days(HORIZON_DAYS) => {
            Meaning::Moment { at, has_time }
        }
        _ => Meaning::Past,
    }
}

fn to_utc(local: NaiveDateTime, tz: Tz) -> Option<DateTime<Utc>> {
    // No zone has ever skipped more than a day; most gaps are an hour.
    (0..=96)
        .find_map(|quarter| {
            let shifted = local.checked_add_signed(TimeDelta::minutes(15 * quarter))?;
            tz.from_local_datetime(&shifted).earliest()
        })
        .map(|at| at.with_timezone(&Utc))
}

fn date_of(day: Day, today: NaiveDate) -> Option<NaiveDate> {
    let weekday = i64::from(today.weekday().num_days_from_monday());
    let add = |days: i64| today.checked_add_signed(TimeDelta::days(days));
    let ahead = |wanted: Weekday| (i64::from(wanted.num_days_from_monday()) - weekday).rem_euclid(7);
    match day {
        Day::FromToday(days) => add(days),
        Day::Weekday(wanted) => add(if ahead(wanted) == 0 { 7 } else { ahead(wanted) }),
        Day::ThisWeekday(wanted) => add(ahead(wanted)),
        Day::NextWeekday(wanted) => add(7 - weekday + i64::from(wanted.num_days_from_monday())),
        Day::Date { year, month, day } => dated(year, month, day, today),
        Day::Either { .. } => None,
        Day::OfMonth(day) => (0..3).find_map(|months| {
            let month = today.with_day(1)?.checked_add_months(Months::new(months))?;
            month.with_day(day).filter(|date| *date >= today)
        }),
        // On a weekend this week's Friday is over: the next is meant.
        Day::EndOfWeek(weeks) => add(if weekday <= 4 { 4 - weekday } else { 11 - weekday } + 7 * weeks),
        Day::Week(weeks) => add(6 - weekday + 7 * weeks),
        Day::EndOfMonth(months) => {
            today.with_day(1)?.checked_add_months(Months::new(months + 1))?.checked_sub_days(Days::new(1))
        }
        Day::EndOfYear => NaiveDate::from_ymd_opt(today.year(), 12, 31),
        Day::Thanksgiving => in_november(today, 0),
        Day::BlackFriday => in_november(today, 1),
    }
}

/// The fourth Thursday of November and so many days, this year or next.
fn in_november(today: NaiveDate, days: u64) -> Option<NaiveDate> {
    (0..2).find_map(|years| {
        let fourth =
            NaiveDate::from_weekday_of_month_opt(today.year().checked_add(years)?, 11, Weekday::Thu, 4)?;
        fourth.checked_add_days(Days::new(days)).filter(|date| *date >= today)
    })
}

/// A calendar date from today on and within the horizon; the year filled in where it is not said.
fn dated(year: Option<i32>, month: u32, day: u32, today: NaiveDate) -> Option<NaiveDate> {
    let years = match year {
        Some(year) => year..=year,
        None => today.year()..=today.year().checked_add(1)?,
    };
    years
        .filter_map(|year| NaiveDate::from_ymd_opt(year, month, day))
        .find(|date| (0..=HORIZON_DAYS).contains(&(*date - today).num_days()))
}

/// The moment on a date, and whether a time of day was named. `None` when it is over.
fn at_time(date: NaiveDate, time: Option<Time>, now: NaiveDateTime) -> Option<(NaiveDateTime, bool)> {
    let Some(time) = time else { return Some((date.and_time(end_of_day()), false)) };
    let at = readings(time).map(|at| date.and_time(at)).find(|at| *at >= now)?;
    Some((at, time.is_clock()))
}

fn next_time(time: Time, now: NaiveDateTime) -> Option<NaiveDateTime> {
    let today = now.date();
    [Some(today), today.succ_opt()]
        .into_iter()
        .flatten()
        .find_map(|date| Some(at_time(date, Some(time), now)?.0))
}

/// The times of day that the words can mean, the likelier first.
fn readings(time: Time) -> impl Iterator<Item = NaiveTime> {
    let (hours, minute) = match time {
        Time::Clock { hour, minute } | Time::Until { hour, minute } => ([Some(hour), None], minute),
        Time::Bare { hour, minute } if hour >= 7 => ([Some(hour), Some(hour + 12)], minute),
        Time::Bare { hour, minute } => ([Some(hour + 12), None], minute),
    };
    hours.into_iter().flatten().filter_map(move |hour| NaiveTime::from_hms_opt(hour, minute, 0))
}

fn end_of_day() -> NaiveTime {
    NaiveTime::from_hms_opt(23, 59, 0).unwrap_or_default()
}
