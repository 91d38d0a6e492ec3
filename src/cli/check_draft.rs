//! `undertone check-draft`: a customer's message and a drafted reply in, what is worth a second look out.
//!
//! Each input line is `{"id", "customer", "draft", "created_at"?}`, each output line `{"id", "items", "adapted"}` in the
//! same order. Needs no database. Deadlines are read in UTC and against `created_at`, or now where it is missing.

use std::io::{self, BufRead, Write};

use anyhow::Context;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use crate::detect::{Detectors, Reading};
use crate::draft::{DraftChecks, Findings, Pair};
use crate::text;
use crate::ticket::{CustomerText, History, Zone};

#[derive(clap::Args)]
pub struct Args {
    /// Read lines of JSON from standard input and write a line of JSON for each.
    #[arg(long, required = true)]
    jsonl: bool,
}

/// A line of input.
#[derive(Deserialize)]
pub struct Line {
    pub id: serde_json::Value,
    pub customer: CustomerText,
    pub draft: CustomerText,
    #[serde(default)]
    pub created_at: Option<DateTime<Utc>>,
}

/// A line of output.
#[derive(Serialize)]
pub struct Answer {
    pub id: serde_json::Value,
    #[serde(flatten)]
    pub findings: Findings,
}

pub fn run(_: Args) -> Result<(), super::Failure> {
    let detectors = Detectors::load()?;
    let checks = DraftChecks::load()?;
    let out = io::BufWriter::new(io::stdout().lock());
    Ok(check_lines(&detectors, &checks, io::stdin().lock(), out, Utc::now())?)
}

/// Answers line by line. Stops at the first line that cannot be read, naming it; what came before is written.
fn check_lines(
    detectors: &Detectors,
    checks: &DraftChecks,
    input: impl BufRead,
    mut out: impl Write,
    now: DateTime<Utc>,
) -> anyhow::Result<()> {
    for (number, line) in input.lines().enumerate() {
        let number = number + 1;
        let line = line.with_context(|| format!("line {number}: reading standard input"))?;
        if line.trim().is_empty() {
            continue;
        }
        // Without serde's own words: they quote the line.
        let line: Line = serde_json::from_str(&line).map_err(|error| {
            anyhow::anyhow!("line {number}: column {}: not a draft in the documented form", error.column())
        })?;
        serde_json::to_writer(&mut out, &check(detectors, checks, line, now))?;
        out.write_all(b"\n")?;
    }
    Ok(out.flush()?)
}

/// Looks at one draft as the service would, history aside.
pub fn check(detectors: &Detectors, checks: &DraftChecks, line: Line, now: DateTime<Utc>) -> Answer {
    let customer = text::clean(line.customer.expose());
    let draft = text::clean(line.draft.expose());
    let signals = detectors.run(&Reading {
        text: &customer,
        subject: "",
        sent_at: line.created_at.unwrap_or(now),
        zone: Zone::Source(Tz::UTC),
        history: &History::default(),
    });
    let findings = checks.check(&Pair { customer: &customer, signals: &signals, draft: &draft });
    Answer { id: line.id, findings }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(input: &str) -> (anyhow::Result<()>, String) {
        let detectors = Detectors::load().expect("the shipped lexicons");
        let checks = DraftChecks::load().expect("the shipped lexicons");
        let mut out = Vec::new();
        let done = check_lines(&detectors, &checks, input.as_bytes(), &mut out, DateTime::UNIX_EPOCH);
        (done, String::from_utf8(out).expect("JSON is UTF-8"))
    }

    #[test]
    fn answers_come_in_order_in_the_documented_form() {
        let (done, out) = answers(concat!(
            r#"{"id":7,"customer":"My parcel arrived with a cracked lamp.","draft":"We apologize for any inconvenience."}"#,
            "\n\n",
            r#"{"id":"b","customer":"My parcel arrived with a cracked lamp.","draft":"A new lamp ships today.","created_at":"2026-03-10T07:20:41Z"}"#,
        ));
        assert!(done.is_ok());
        let lines: Vec<serde_json::Value> =
            out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[0]["id"], 7);
        assert_eq!(lines[0]["items"][0]["check"], "stock_phrase_alone");
        assert_eq!(lines[0]["items"][0]["customer_quote"], "My parcel arrived with a cracked lamp.");
        assert_eq!(lines[0]["items"][0]["draft_quote"], "We apologize for any inconvenience");
        assert_eq!(lines[1], serde_json::json!({"id": "b", "items": [], "adapted": []}));
    }

    #[test]
    fn a_malformed_line_is_named_without_its_words() {
        for bad in
            ["nonsense secret", r#"{"id":1,"customer":"secret"}"#, r#"{"customer":"secret","draft":"x"}"#]
        {
            let good = r#"{"id":1,"customer":"Hello","draft":"Hello"}"#;
            let (done, out) = answers(&format!("{good}\n{bad}\n{good}"));
            let error = format!("{:#}", done.expect_err(bad));
            assert!(error.starts_with("line 2:"), "{error}");
            assert!(!error.contains("secret"), "{error}");
            assert_eq!(out.lines().count(), 1);
        }
    }
}
