//! What can go wrong with a pretend helpdesk, one call at a time or at random over a bad day.

use std::time::{Duration, Instant};

use super::Call;

/// What goes wrong with one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The connection is cut once the request is read; nothing is done.
    Cut,
    /// The work is done and the connection is cut in place of the answer.
    LoseAnswer,
    /// The work is done and the answer comes after this long.
    Late(Duration),
    /// The work itself is done after this long, whether somebody still waits for the answer or not.
    Slow(Duration),
    /// A page of HTML with this status; nothing is done.
    Html(u16),
    /// The work is done and a page of HTML with this status is the answer.
    HtmlAfterWork(u16),
    /// 429 in plain text, to be tried again after so many seconds.
    LimitedPlain(u32),
    /// 429 as JSON.
    LimitedJson(u32),
    Conflict,
    /// The ticket is closed just before the call is answered.
    CloseFirst,
    Unauthorized,
    Forbidden,
}

/// A day on which calls go wrong at random. The same seed draws the same faults for the same calls in the same order.
#[derive(Debug, Clone, Copy)]
pub struct BadDay {
    pub seed: u64,
    /// Reads in a hundred that go wrong.
    pub reads: u64,
    /// Writes in a hundred that go wrong.
    pub writes: u64,
    /// How late a late answer is.
    pub late: Duration,
    /// How long the helpdesk is away when it goes away: every connection is cut.
    pub away: Duration,
}

/// Draws the faults of a bad day.
pub struct Misfortune {
    day: BadDay,
    dice: Dice,
    away_until: Option<Instant>,
}

impl Misfortune {
    pub fn new(day: BadDay) -> Self {
        Self { day, dice: Dice::new(day.seed), away_until: None }
    }

    /// Says what goes wrong with this call.
    pub fn draw(&mut self, call: Call) -> Option<Fault> {
        if self.away_until.is_some_and(|until| Instant::now() < until) {
            return Some(Fault::Cut);
        }
        let is_write = matches!(call, Call::Write | Call::Change);
        let share = if is_write { self.day.writes } else { self.day.reads };
        if self.dice.below(100) >= share {
            return None;
        }
        Some(match self.dice.below(100) {
            0..20 => Fault::LoseAnswer,
            20..36 => Fault::Cut,
            36..46 => Fault::Html(500),
            46..52 => Fault::Html(503),
            52..62 => Fault::HtmlAfterWork(502),
            62..70 => Fault::HtmlAfterWork(200),
            70..76 => Fault::Late(self.day.late),
            76 => Fault::LimitedPlain(1),
            77 => Fault::LimitedJson(1),
            78..80 => {
                self.away_until = Some(Instant::now() + self.day.away);
                Fault::Cut
            }
            80..82 if is_write => Fault::CloseFirst,
            _ if is_write => Fault::Conflict,
            _ => Fault::Cut,
        })
    }
}

/// Random numbers that are the same for the same seed (SplitMix64).
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Gives a number from nought up to `end`, which it leaves out and which is not nought.
    pub fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % end
    }
}
