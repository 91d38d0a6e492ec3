//! `undertone explain`: a message in, signals with their evidence and the note out. Needs no database.

use std::io::{self, BufRead, Write};

use anyhow::Context;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use crate::detect::{Detectors, Reading, Signal};
use crate::note::worth::worth_a_note;
use crate::text;
use crate::ticket::{CustomerText, History, Zone};

#[derive(clap::Args)]
pub struct Args {
    /// Read lines of JSON from standard input and write a line of JSON for each.
    #[arg(long)]
    jsonl: bool,
}

/// A line of `--jsonl` input.
#[derive(Deserialize)]
pub struct Line {
    pub id: serde_json::Value,
    pub text: CustomerText,
    #[serde(default)]
    pub subject: Option<CustomerText>,
    #[serde(default)]
    pub created_at: Option<DateTime<Utc>>,
    #[serde(default)]
    pub time_zone: Option<String>,
}

/// A line of `--jsonl` output.
#[derive(Serialize)]
pub struct Answer {
    pub id: serde_json::Value,
    pub language: Option<&'static str>,
    pub signals: Vec<Signal>,
    pub note: Option<serde_json::Value>,
    pub decision: serde_json::Value,
}

pub fn run(args: Args) -> Result<(), super::Failure> {
    if !args.jsonl {
        return Err(anyhow::anyhow!("only --jsonl for now").into());
    }
    let detectors = Detectors::load()?;
    let mut out = io::BufWriter::new(io::stdout().lock());
    for (number, line) in io::stdin().lock().lines().enumerate() {
        let line = line.context("reading standard input")?;
        if line.trim().is_empty() {
            continue;
        }
        let line: Line = serde_json::from_str(&line).map_err(|error| {
            anyhow::anyhow!(
                "line {}: column {}: not a message in the documented form",
                number + 1,
                error.column()
            )
        })?;
        serde_json::to_writer(&mut out, &explain(&detectors, line, Utc::now()))?;
        out.write_all(b"\n")?;
    }
    Ok(out.flush()?)
}

/// Reads one message as the service would, history and governor aside.
pub fn explain(detectors: &Detectors, line: Line, now: DateTime<Utc>) -> Answer {
    let cleaned = text::clean(line.text.expose());
    let reading = Reading {
        text: &cleaned,
        subject: line.subject.as_ref().map_or("", |subject| subject.expose()),
        sent_at: line.created_at.unwrap_or(now),
        zone: line.time_zone.and_then(|name| name.parse().ok()).map_or(Zone::Source(Tz::UTC), Zone::Customer),
        history: &History::default(),
    };
    let signals = detectors.run(&reading);
    let worth = worth_a_note(&signals);
    Answer {
        id: line.id,
        language: text::language::of(&cleaned),
        signals,
        note: worth.then(|| serde_json::json!({})),
        decision: if worth {
            serde_json::json!({"state": "posted", "reason": "noteworthy"})
        } else {
            serde_json::json!({"state": "withheld", "reason": "nothing_noteworthy"})
        },
    }
}
