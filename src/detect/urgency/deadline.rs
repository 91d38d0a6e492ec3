//! A date or time by which something of the customer's must be, told from the dates of a story.

use std::ops::Range;

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::day::Day;
use super::resolve::{Meaning, resolve};
use super::when::{self, Said, When};
use crate::detect::Reading;
use crate::detect::lexicon::Lexicon;
use crate::detect::search::{Found, Patterns};

/// Frames count for a date when they end so many bytes before it, or begin so many after it, in its sentence.
const BEFORE: usize = 60;
const AFTER: usize = 40;
/// A need without "by" must stand closer: "I need this fixed today".
const NEED_BEFORE: usize = 36;
/// What they will do on the date likewise: "we close on the house on 12 March".
const PLAN_BEFORE: usize = 30;

/// No person reads more deadlines than this of one message.
const MOST: usize = 16;

/// What an entry of `urgency_frames.toml` means.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Frame {
    role: Role,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Role {
    Limit,
    Term,
    Need,
    Stake,
    Plan,
    Having,
    Stuck,
    Ahead,
    Past,
    Promise,
    Law,
}

/// A deadline in a message.
#[derive(Debug, Clone)]
pub struct Deadline {
    /// The date with what makes it a deadline: "presenting to the board at 9 tomorrow".
    pub range: Range<usize>,
    /// `None` where the words leave it open.
    pub at: Option<DateTime<Utc>>,
    pub has_time: bool,
    /// Whether the words name one moment: "6/12" may be either of two, "XX/XX" any.
    pub clear: bool,
}

pub struct Deadlines {
    frames: Lexicon<Frame>,
}

impl Deadlines {
    pub fn load(patterns: &mut Patterns) -> anyhow::Result<Self> {
        let toml = include_str!("../../../config/lexicons/en/urgency_frames.toml");
        Ok(Self { frames: Lexicon::parse(patterns, "urgency_frames.toml", toml)? })
    }

    /// The deadlines of a message, in the order of the text; none that is past.
    pub fn find(&self, reading: &Reading<'_>, found: &Found) -> Vec<Deadline> {
        let (text, sent_at, tz) = (reading.text, reading.sent_at, reading.zone.tz());
        let frames: Vec<_> = self.frames.among(found).map(|(range, frame)| (range, frame.role)).collect();
        let mut deadlines = Vec::new();
        for sentence in text.sentences() {
            let words = &text.folded()[sentence.clone()];
            let said = when::find(&when::words(words, sentence.start));
            if said.is_empty() {
                continue;
            }
            let frames = of_sentence(&frames, sentence);
            deadlines.extend(said.iter().filter_map(|said| {
                let (at, has_time) = match resolve(said.when, sent_at, tz) {
                    Meaning::Past => return None,
                    Meaning::Open => (None, false),
                    Meaning::Moment { at, has_time } => (Some(at), has_time),
                };
                let near = window(frames, &said.range);
                let range = Around { said, frames: near, text: text.folded() }.pressing()?;
                let clear = at.is_some() && !matches!(said.when, When::On(Day::Either { .. }, _));
                Some(Deadline { range, at, has_time, clear })
            }));
        }
        deadlines.truncate(MOST);
        deadlines
    }
}

/// The frames that begin in a sentence.
fn of_sentence<'f>(
    frames: &'f [(Range<usize>, Role)],
    sentence: &Range<usize>,
) -> &'f [(Range<usize>, Role)] {
    let before = |at: usize| frames.partition_point(|(range, _)| range.start < at);
    &frames[before(sentence.start)..before(sentence.end)]
}

/// The frames that can reach a date; a sentence can be as long as the message.
fn window<'f>(frames: &'f [(Range<usize>, Role)], date: &Range<usize>) -> &'f [(Range<usize>, Role)] {
    let first = frames.partition_point(|(range, _)| range.end + 2 * BEFORE < date.start);
    let end = frames.partition_point(|(range, _)| range.start <= date.end + AFTER);
    &frames[first..end.max(first)]
}

/// Whether the words stand right before the event.
fn leads(words: &Range<usize>, stake: &Range<usize>) -> bool {
    words.end <= stake.start && stake.start - words.end <= 1
}

/// A date and the frames of its sentence.
struct Around<'a> {
    said: &'a Said,
    frames: &'a [(Range<usize>, Role)],
    text: &'a str,
}

impl Around<'_> {
    /// The words that make the date press on the customer, or `None` where it is part of a story.
    fn pressing(&self) -> Option<Range<usize>> {
        let date = &self.said.range;
        let promised = self.near(Role::Promise, BEFORE, 0).is_some() && !self.runs_out_on_them();
        if promised || self.near(Role::Law, BEFORE, AFTER).is_some() {
            return None;
        }
        if let Some(plan) = self.plan() {
            return Some(plan.start.min(date.start)..plan.end.max(date.end));
        }
        let need = self.near(Role::Need, BEFORE, AFTER).filter(|need| !self.told(need));
        let stake = self.near(Role::Stake, BEFORE, AFTER).filter(|stake| !self.told(stake));
        if self.said.when == When::Unreadable {
            return self.unreadable_but_ahead();
        }
        if let Some((limit, role)) = self.limit()
            && self.limits(&limit, role, need.as_ref(), stake.is_some())
        {
            let stake = stake.filter(|stake| stake.end <= limit.start);
            return Some(self.with_stakes(stake.unwrap_or(limit)).start..date.end);
        }
        if let Some(stake) = stake
            && self.stake_ahead(&stake, need.as_ref())
        {
            let stake = self.with_stakes(stake);
            return Some(stake.start.min(date.start)..stake.end.max(date.end));
        }
        let need = self.near(Role::Need, NEED_BEFORE, 0)?;
        let for_it = self.text[need.end..date.start].trim_end().ends_with(" for");
        let meant = self.soon() || (for_it && self.text[need.clone()].contains("need"));
        (meant && !self.told(&need)).then_some(need.start..date.end)
    }

    /// What the customer will do on the date themselves: "we close on the house on 12 March".
    fn plan(&self) -> Option<Range<usize>> {
        let plan = self.near(Role::Plan, PLAN_BEFORE, 0)?;
        let asked = self.near(Role::Past, BEFORE, 0).is_some() || self.said.when == When::Unreadable;
        (!asked && !matches!(self.said.when, When::At(_))).then_some(plan)
    }

    /// "The offer expires in two hours and your site will not let me sign": somebody's offer, and their own time.
    fn runs_out_on_them(&self) -> bool {
        let stuck = self.near(Role::Stuck, BEFORE, AFTER).is_some();
        stuck && self.limit().is_some_and(|(_, role)| role == Role::Term)
    }

    /// A blacked-out date presses only where the words around it can be of nothing past: "closing is on XX/XX".
    fn unreadable_but_ahead(&self) -> Option<Range<usize>> {
        let date = &self.said.range;
        if self.near(Role::Past, BEFORE, AFTER).is_some() {
            return None;
        }
        let frame = match self.limit() {
            Some((_, Role::Term)) => return None,
            Some(_) => self.near(Role::Need, NEED_BEFORE, 0),
            None => {
                let ahead =
                    self.near(Role::Ahead, 4, 0).filter(|ahead| &self.text[ahead.clone()] != "for")?;
                self.near(Role::Stake, NEED_BEFORE, 0).filter(|stake| stake.end <= ahead.start)
            }
        };
        frame.map(|frame| frame.start..date.end)
    }

    /// Whether words of the past stand closer to the date than `frame` does: "I need to say that I called on Friday".
    fn told(&self, frame: &Range<usize>) -> bool {
        let date = &self.said.range;
        let from = if frame.end <= date.start { frame.end } else { date.start.saturating_sub(BEFORE) };
        let until = frame.start.max(date.start);
        self.frames
            .iter()
            .any(|(range, role)| *role == Role::Past && range.start >= from && range.end <= until)
            && !(frame.start >= date.end && self.surely_ahead())
    }

    /// The nearest frame of a role, at most so many bytes before the date or after it.
    fn near(&self, role: Role, before: usize, after: usize) -> Option<Range<usize>> {
        let date = &self.said.range;
        self.frames
            .iter()
            .filter(|(_, other)| *other == role)
            .map(|(range, _)| range)
            .filter(|range| {
                (range.start < date.start && date.start.saturating_sub(range.end) <= before)
                    || (after > 0 && range.start >= date.end && range.start - date.end <= after)
            })
            .min_by_key(|range| date.start.abs_diff(range.end))
            .cloned()
    }

    /// "By", "before" or "expires" right at the date.
    fn limit(&self) -> Option<(Range<usize>, Role)> {
        self.frames
            .iter()
            .filter(|(_, role)| matches!(role, Role::Limit | Role::Term))
            .find(|(range, _)| self.touches(range))
            .cloned()
    }

    /// Whether a limit is the customer's. "On vacation until 5 June" asks nothing before that day.
    fn limits(&self, limit: &Range<usize>, role: Role, need: Option<&Range<usize>>, stake: bool) -> bool {
        let until = matches!(&self.text[limit.clone()], "until" | "till");
        match need {
            Some(need) => !until || need.end <= limit.start,
            None => role == Role::Term || (stake && !until),
        }
    }

    /// Whether a frame stands directly before the date, or shares its "on".
    fn touches(&self, frame: &Range<usize>) -> bool {
        let date = &self.said.range;
        frame.start < date.start
            && (frame.end >= date.start
                || matches!(self.text[frame.end..date.start].trim(), "" | "the" | "this" | "at the"))
    }

    /// Whether the event that stands near the date is still to come on it.
    fn stake_ahead(&self, stake: &Range<usize>, need: Option<&Range<usize>>) -> bool {
        // "At 5pm" is as often an opening hour: it presses where they must.
        if matches!(self.said.when, When::At(_)) {
            let must = need.is_some_and(|need| need.start <= stake.start);
            return must || self.near(Role::Stuck, BEFORE, AFTER).is_some();
        }
        self.surely_ahead()
            || self.near(Role::Ahead, BEFORE, 0).is_some_and(|ahead| ahead.end > stake.end)
            || self.near(Role::Having, BEFORE, 0).is_some_and(|having| leads(&having, stake))
            || need.is_some_and(|need| need.start <= stake.start)
            || (self.touches(stake) && self.near(Role::Past, BEFORE, AFTER).is_none())
    }

    /// Takes in the words of the event that stand just before: "presenting to the board".
    fn with_stakes(&self, mut stake: Range<usize>) -> Range<usize> {
        for (range, role) in self.frames.iter().rev() {
            if *role == Role::Stake && range.end <= stake.start && stake.start - range.end <= 16 {
                stake.start = range.start;
            }
        }
        stake
    }

    /// Words that cannot mean the past.
    fn surely_ahead(&self) -> bool {
        match self.said.when {
            When::In { .. } => true,
            When::On(day, _) => matches!(
                day,
                Day::Date { year: Some(_), .. }
                    | Day::FromToday(1..)
                    | Day::NextWeekday(_)
                    | Day::ThisWeekday(_)
                    | Day::Week(1..)
            ),
            When::At(_) | When::Unreadable => false,
        }
    }

    /// Soon enough that needing it then is time pressure by itself.
    fn soon(&self) -> bool {
        match self.said.when {
            When::In { minutes } => minutes <= 72 * 60,
            When::On(day, _) => {
                matches!(day, Day::FromToday(_) | Day::ThisWeekday(_) | Day::Week(0) | Day::EndOfWeek(0))
            }
            When::At(_) | When::Unreadable => false,
        }
    }
}
