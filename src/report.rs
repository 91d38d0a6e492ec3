//! The report: what was posted, or would have been, since a day. For whoever decides about going live.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::PgPool;

use crate::store::report::{self as store, Count, Day, Example, Totals};

/// What a source's decisions come to. Its examples quote customers.
#[derive(Debug, Serialize)]
pub struct Report {
    pub source: String,
    pub since: DateTime<Utc>,
    #[serde(flatten)]
    pub totals: Totals,
    /// Tickets with a note of all tickets read, in percent, one decimal; `None` where none was read.
    pub percent: Option<f64>,
    /// Notes by what became of them: posted, shadow, backfill, ..
    pub notes: Vec<Count>,
    pub kinds: Vec<Count>,
    pub days: Vec<Day>,
    /// Messages without a note, by the reason.
    pub withheld: Vec<Count>,
    pub examples: Vec<Example>,
}

/// Counts what was decided on messages written since then.
pub async fn report(db: &PgPool, source: &str, since: DateTime<Utc>) -> sqlx::Result<Report> {
    let totals = store::totals(db, source, since).await?;
    let (notes, withheld) = store::ends(db, source, since).await?;
    Ok(Report {
        source: source.to_owned(),
        since,
        percent: percent(&totals),
        notes,
        kinds: store::kinds(db, source, since).await?,
        days: store::days(db, source, since).await?,
        withheld,
        examples: store::examples(db, source, since).await?,
        totals,
    })
}

fn percent(totals: &Totals) -> Option<f64> {
    let share = 100.0 * totals.noted as f64 / totals.tickets as f64;
    (totals.tickets > 0).then(|| (share * 10.0).round() / 10.0)
}

impl Report {
    /// The report for a terminal.
    pub fn text(&self) -> String {
        let mut out = format!("{}, since {}\n", self.source, self.since.format("%Y-%m-%d %H:%M UTC"));
        let Totals { tickets, noted, messages } = self.totals;
        if tickets == 0 {
            out.push_str("\n  Nothing was read in this time.\n");
            return out;
        }
        let notes: Vec<_> = self.notes.iter().map(|one| format!("{} {}", one.count, one.name)).collect();
        let _ = writeln!(out, "\n  {tickets} tickets, {messages} customer messages");
        let _ = writeln!(
            out,
            "  {noted} tickets with a note ({} %): {}",
            self.percent.unwrap_or_default(),
            if notes.is_empty() { "none".to_owned() } else { notes.join(", ") }
        );
        table(&mut out, "Notes by kind of signal", &self.kinds);
        table(&mut out, "Messages without a note, and why", &self.withheld);
        out.push_str("\nBy day           tickets   notes\n");
        for Day { day, tickets, notes } in &self.days {
            let _ = writeln!(out, "  {day}     {tickets:>7} {notes:>7}");
        }
        if !self.examples.is_empty() {
            out.push_str("\nExamples, picked by chance\n");
        }
        for example in &self.examples {
            let at = example.written_at.format("%Y-%m-%d %H:%M");
            let lead = example.lead.expose();
            let lead = if lead.is_empty() { "(the words are not kept)" } else { lead };
            let _ = writeln!(out, "  #{}  {at}  {}\n      {lead}", example.ticket_id, example.state);
        }
        out
    }
}

fn table(out: &mut String, title: &str, counts: &[Count]) {
    if counts.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n{title}");
    for Count { name, count } in counts {
        let _ = writeln!(out, "  {name:22} {count:>7}");
    }
}
