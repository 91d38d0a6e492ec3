//! The backfill: reads the tickets that changed in the last days, so that history and what is usual are there on day one.
//!
//! It goes through the same list as the poll, a page at a time, and a second start goes on from the page where the first
//! one stopped. It posts nothing.

use std::time::Duration;

use anyhow::Context;
use chrono::{DateTime, TimeDelta, Utc};
use tokio::time::{Instant, sleep, sleep_until};

use crate::app::{Account, App};
use crate::helpdesk::{CallError, Position};
use crate::store::{backfills, tickets};
use crate::ticket::{Status, TicketId};
use crate::worker::hindsight;

/// What was written this shortly before the start is left to webhooks and poll: it may still be given a note.
const RECENT: TimeDelta = TimeDelta::hours(6);

/// Calls that reading a ticket takes: ticket, messages, requester, their other tickets.
const CALLS_PER_TICKET: u32 = 4;

/// Pages asked for a minute, and at once after a rest: Zendesk gives ten a minute, the poll's included.
const PAGES_PER_MINUTE: u32 = 6;
const PAGES_AT_ONCE: u32 = 3;

/// What is to be read, and how fast.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    pub since: DateTime<Utc>,
    /// The helpdesk's allowance is the agents' too.
    pub calls_per_minute: u32,
}

/// How far it has got.
#[derive(Debug, Clone)]
pub struct Progress {
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
    /// Changes before this are read.
    pub at: DateTime<Utc>,
    /// Tickets read, those before an interruption included.
    pub read: u64,
    /// Tickets that were known as they are.
    pub known: u64,
    /// Tickets on which a note would have been posted.
    pub noted: u64,
    /// Set while the helpdesk asks us to wait.
    pub waiting: Option<Duration>,
}

impl Progress {
    /// From 0 to 1, by the time through which it goes.
    pub fn fraction(&self) -> f64 {
        let seconds = |time: TimeDelta| time.num_seconds().max(0) as f64;
        let whole = seconds(self.to - self.from).max(1.0);
        (seconds(self.at - self.from) / whole).min(1.0)
    }
}

/// Reads the past of a source, telling of each ticket. Errors end it; the next start goes on from there.
pub async fn run(
    app: &App,
    account: &Account,
    asked: Asked,
    tell: impl FnMut(&Progress),
) -> anyhow::Result<Progress> {
    let source = account.source.name.as_str();
    let now = Utc::now();
    let backfill = match backfills::unfinished(&app.db, source).await? {
        Some(backfill) if backfill.asked_since <= asked.since => backfill,
        _ => backfills::begin(&app.db, source, asked.since, now).await?,
    };
    let position = backfill.position();
    let progress = Progress {
        from: backfill.asked_since,
        to: backfill.started_at,
        at: position.since,
        read: backfill.tickets_read as u64,
        known: 0,
        noted: 0,
        waiting: None,
    };
    let mut walk = Walk {
        app,
        account,
        until: backfill.started_at - RECENT,
        tickets: Pace::new(asked.calls_per_minute, CALLS_PER_TICKET),
        pages: Pace::new(PAGES_PER_MINUTE, PAGES_AT_ONCE),
        progress,
        tell,
    };
    walk.through(position).await?;
    backfills::finish(&app.db, source).await?;
    Ok(walk.progress)
}

struct Walk<'a, T> {
    app: &'a App,
    account: &'a Account,
    /// Messages from here on are not for us.
    until: DateTime<Utc>,
    tickets: Pace,
    pages: Pace,
    progress: Progress,
    tell: T,
}

impl<T: FnMut(&Progress)> Walk<'_, T> {
    async fn through(&mut self, mut position: Position) -> anyhow::Result<()> {
        let source = self.account.source.name.as_str();
        loop {
            self.pages.wait(1).await;
            let helpdesk = &self.account.helpdesk;
            let page = self.patiently(async || helpdesk.changed_since(&position).await).await;
            let page = page.context(LIST_ADVICE)?;
            let unread = tickets::unread(&self.app.db, source, &page.tickets).await?;
            let mut read = 0;
            for ticket in &page.tickets {
                if matches!(ticket.status, Status::Spam | Status::Deleted) {
                    continue;
                }
                if unread.contains(&ticket.id) {
                    read += usize::from(self.read(&ticket.id).await?);
                } else {
                    self.progress.known += 1;
                }
                self.progress.at = self.progress.at.max(ticket.updated_at);
                (self.tell)(&self.progress);
            }
            backfills::advance(&self.app.db, source, &page.next, read).await?;
            if page.end || page.next.since > self.progress.to {
                self.progress.at = self.progress.to;
                (self.tell)(&self.progress);
                return Ok(());
            }
            position = page.next;
        }
    }

    /// Reads one ticket; `false` for one that is gone.
    async fn read(&mut self, ticket: &TicketId) -> anyhow::Result<bool> {
        self.tickets.wait(CALLS_PER_TICKET).await;
        let helpdesk = &self.account.helpdesk;
        let case = match self.patiently(async || helpdesk.complete(ticket).await).await {
            Err(CallError::NotFound) => return Ok(false),
            case => case.with_context(|| format!("reading ticket {ticket}"))?,
        };
        let noted = hindsight::read(self.app, self.account, &case, self.until).await?;
        self.progress.read += 1;
        self.progress.noted += u64::from(noted);
        Ok(true)
    }

    /// Asks until there is an answer: after the pause that the helpdesk names, or a dozen times after growing ones.
    async fn patiently<A>(&mut self, ask: impl AsyncFn() -> Result<A, CallError>) -> Result<A, CallError> {
        let mut pauses = pauses();
        loop {
            let pause = match ask().await {
                Err(CallError::RateLimited { retry_after }) => retry_after,
                Err(CallError::Paused(pause)) if !pause.reason.ends_by_probe() => {
                    (pause.until - Utc::now()).to_std().unwrap_or_default()
                }
                Err(error @ (CallError::Unavailable { .. } | CallError::Malformed)) => {
                    pauses.next().ok_or(error)?
                }
                answer => return answer,
            };
            self.progress.waiting = Some(pause);
            (self.tell)(&self.progress);
            sleep(pause).await;
            self.progress.waiting = None;
        }
    }
}

const LIST_ADVICE: &str = "asking for the tickets that changed (Zendesk answers this to admins alone: give the user Undertone that role)";

fn pauses() -> impl Iterator<Item = Duration> {
    use backon::BackoffBuilder;
    backon::ExponentialBuilder::default()
        .with_min_delay(Duration::from_secs(1))
        .with_max_delay(Duration::from_secs(60))
        .with_max_times(12)
        .with_jitter()
        .build()
}

/// So many calls a minute, and a few at once after a rest.
struct Pace {
    call: Duration,
    rest: Duration,
    due: Instant,
}

impl Pace {
    fn new(per_minute: u32, at_once: u32) -> Self {
        let call = Duration::from_secs(60) / per_minute.max(1);
        Self { call, rest: call * at_once.saturating_sub(1), due: Instant::now() }
    }

    /// Waits until so many calls may be made.
    async fn wait(&mut self, calls: u32) {
        sleep_until(self.turn(Instant::now(), calls)).await;
    }

    /// When so many calls may be made; they are taken as made then.
    fn turn(&mut self, now: Instant, calls: u32) -> Instant {
        let rested = now.checked_sub(self.rest).unwrap_or(now);
        let turn = self.due.max(rested);
        self.due = turn + self.call * calls;
        turn.max(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_come_three_at_once_and_never_ten_a_minute() {
        let begin = Instant::now();
        let mut pace = Pace { due: begin, ..Pace::new(PAGES_PER_MINUTE, PAGES_AT_ONCE) };
        let mut now = begin + Duration::from_secs(100);
        let mut turns = Vec::new();
        for number in 0..30 {
            // A rest in between saves up no more than the first three.
            now = pace.turn(now, 1) + Duration::from_secs(if number == 14 { 600 } else { 0 });
            turns.push((now - begin).as_secs());
        }
        assert_eq!(turns[..6], [100, 100, 100, 110, 120, 130]);
        for (at, turn) in turns.iter().enumerate() {
            let within_a_minute = turns[at..].iter().take_while(|later| *later - turn < 60).count();
            assert!(within_a_minute < 10, "{turns:?}");
        }
    }

    #[test]
    fn tickets_cost_their_calls() {
        let begin = Instant::now();
        let mut pace = Pace { due: begin, ..Pace::new(100, CALLS_PER_TICKET) };
        let turns: Vec<_> = (0..5).map(|_| pace.turn(begin, CALLS_PER_TICKET) - begin).collect();
        let expected = [0.0, 2.4, 4.8, 7.2, 9.6].map(Duration::from_secs_f64);
        assert_eq!(turns, expected);
    }

    #[test]
    fn progress_is_measured_by_the_time_that_is_read() {
        let day = |day: i64| DateTime::UNIX_EPOCH + TimeDelta::days(day);
        let at = |at| Progress { from: day(0), to: day(90), at, read: 0, known: 0, noted: 0, waiting: None };
        for (name, progress, fraction) in [
            ("at the start", at(day(0)), 0.0),
            ("before it", at(day(-1)), 0.0),
            ("half-way", at(day(45)), 0.5),
            ("at the end", at(day(90)), 1.0),
            ("tickets that changed since", at(day(91)), 1.0),
            ("no time at all", Progress { to: day(0), ..at(day(0)) }, 0.0),
        ] {
            assert_eq!(progress.fraction(), fraction, "{name}");
        }
    }
}
