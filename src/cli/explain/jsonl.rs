//! The lines of `explain --jsonl`: a public contract, documented in the README.

use std::io::{self, BufRead, BufReader, Read, Write};

use anyhow::Context;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::detect::{Detectors, Signal};
use crate::explain::{Explained, Message, explain};
use crate::helpdesk::zones;
use crate::note::decide::Decision;
use crate::ticket::CustomerText;

#[derive(Deserialize)]
struct Question {
    id: serde_json::Value,
    text: CustomerText,
    subject: Option<CustomerText>,
    created_at: Option<DateTime<Utc>>,
    time_zone: Option<String>,
}

#[derive(Serialize)]
struct Answer {
    id: serde_json::Value,
    language: Option<&'static str>,
    signals: Vec<Signal>,
    note: Option<AnsweredNote>,
    decision: AnsweredDecision,
}

#[derive(Serialize)]
struct AnsweredNote {
    lead: String,
    text: String,
}

#[derive(Serialize)]
struct AnsweredDecision {
    state: &'static str,
    reason: &'static str,
}

/// Answers each line in order. The error of a line that is not in the form names it and does not quote it.
pub fn run(detectors: &Detectors, input: impl Read) -> anyhow::Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    for (at, line) in BufReader::new(input).lines().enumerate() {
        let line = line.with_context(|| format!("reading line {}", at + 1))?;
        if line.trim().is_empty() {
            continue;
        }
        let question: Question = serde_json::from_str(&line).map_err(|error| {
            anyhow::anyhow!(
                "line {}, column {}: not of the form {{\"id\",\"text\",\"subject\"?,\"created_at\"?,\"time_zone\"?}}",
                at + 1,
                error.column()
            )
        })?;
        serde_json::to_writer(&mut out, &answer(detectors, question))?;
        out.write_all(b"\n")?;
    }
    Ok(out.flush()?)
}

fn answer(detectors: &Detectors, question: Question) -> Answer {
    let message = Message {
        text: question.text,
        subject: question.subject,
        created_at: question.created_at,
        time_zone: question.time_zone.as_deref().and_then(zones::zone),
    };
    let Explained { language, signals, decision, note } = explain(detectors, &message, Utc::now());
    Answer {
        id: question.id,
        language,
        signals,
        note: note.map(|draft| AnsweredNote { text: draft.text(), lead: draft.lead }),
        decision: AnsweredDecision {
            // What live mode would have done: the word of a note that has come through.
            state: if decision == Decision::Post { "posted" } else { decision.state() },
            reason: decision.reason(),
        },
    }
}
