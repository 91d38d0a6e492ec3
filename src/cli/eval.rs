//! `undertone eval`: how right detection is on labelled messages, and whether suites of cases hold.

use std::fmt::Write as _;
use std::path::PathBuf;

use chrono::Utc;
use serde::Serialize;

use crate::detect::emotional_language::{EmotionalLanguage, weights::OUTPUTS};
use crate::detect::search::Patterns;
use crate::detect::{Detectors, Signal};
use crate::eval::labels::{self, ASPECTS, Aspect, Labelled};
use crate::eval::suite::Suite;
use crate::eval::{Counts, Measures, Share};
use crate::explain::{Message, explain};
use crate::helpdesk::zones;

#[derive(clap::Args)]
pub struct Args {
    /// Labelled messages, one JSON object a line.
    #[arg(required_unless_present = "suite")]
    file: Option<PathBuf>,
    /// Print JSON instead of a table.
    #[arg(long)]
    json: bool,
    /// List misses and false alarms of one row of the table, with their texts.
    #[arg(long, value_name = "DETECTOR_OR_KIND")]
    errors: Option<String>,
    /// Run a file of cases that must or must not be found; can be given several times.
    #[arg(long, value_name = "FILE.toml")]
    suite: Vec<PathBuf>,
}

pub fn run(args: Args) -> Result<(), super::Failure> {
    let detectors = Detectors::load()?;
    if let Some(path) = &args.file {
        let messages = labels::read(path)?;
        let read: Vec<_> = messages.iter().map(|message| signals(&detectors, message)).collect();
        let rows = rows(&messages, &read)?;
        if args.json {
            println!("{}", serde_json::to_string_pretty(&rows)?);
        } else {
            print!("{}", table(messages.len(), &rows));
        }
        if let Some(name) = &args.errors {
            print!("{}", errors(name, &messages, &read)?);
        }
    }
    let mut failed = 0;
    for path in &args.suite {
        let suite = Suite::read(path)?;
        let failures = suite.failures(&detectors, Utc::now());
        println!(
            "{}: {} of {} cases hold",
            path.display(),
            suite.case.len() - failures.len(),
            suite.case.len()
        );
        for failure in &failures {
            let case = failure.case;
            println!("  case {}: {}", failure.number, case.reason);
            println!("    missing {:?}, wrong {:?}: {}", failure.missing, failure.wrong, case.text.expose());
        }
        failed += failures.len();
    }
    if failed > 0 {
        return Err(anyhow::anyhow!("{failed} cases do not hold").into());
    }
    Ok(())
}

fn signals(detectors: &Detectors, message: &Labelled) -> Vec<Signal> {
    let message = Message {
        text: message.text.clone(),
        subject: None,
        created_at: message.created_at,
        time_zone: message.time_zone.as_deref().and_then(zones::zone),
    };
    explain(detectors, &message, Utc::now()).signals
}

/// A row of the table.
#[derive(Serialize)]
struct Row {
    name: &'static str,
    #[serde(flatten)]
    counts: Counts,
    #[serde(flatten)]
    measures: Measures,
    /// What ten-fold cross-validation measured when the weights were trained; null for what is not trained.
    cross_validated: Option<Measures>,
}

fn rows(messages: &[Labelled], read: &[Vec<Signal>]) -> anyhow::Result<Vec<Row>> {
    let emotional_language = EmotionalLanguage::load(&mut Patterns::default())?;
    let row = |(name, aspect): (&'static str, Aspect)| {
        let mut counts = Counts::default();
        for (message, signals) in messages.iter().zip(read) {
            counts.add(aspect.is_labelled(message), aspect.is_found(signals));
        }
        let trained = if aspect == Aspect::Emotion { "any" } else { name };
        let output = OUTPUTS
            .iter()
            .position(|output| *output == trained && aspect != Aspect::Of(crate::detect::Kind::Joy));
        let cross_validated = output.map(|output| emotional_language.measured()[output].measures());
        Row { name, counts, measures: counts.measures(), cross_validated }
    };
    Ok(ASPECTS.into_iter().map(row).collect())
}

fn table(messages: usize, rows: &[Row]) -> String {
    let mut out = format!("{messages} messages; 95 % intervals (Wilson) in brackets\n\n");
    let _ = writeln!(
        out,
        "{:12} {:>5}  {:18} {:18} {:5}  trained part, cross-validated",
        "", "found", "precision", "recall", "F1"
    );
    for row in rows {
        let Measures { precision, recall, f1 } = &row.measures;
        let found = row.counts.hits + row.counts.false_alarms;
        let beside = row.cross_validated.map_or(String::new(), |cross| {
            format!("P {:.2}  R {:.2}  F1 {:.2}", cross.precision.value, cross.recall.value, cross.f1)
        });
        let line = format!(
            "{:12} {found:>5}  {:18} {:18} {f1:.2}   {beside}",
            row.name,
            interval(precision),
            interval(recall)
        );
        let _ = writeln!(out, "{}", line.trim_end());
    }
    out
}

fn interval(share: &Share) -> String {
    format!("{:.2} [{:.2}, {:.2}]", share.value, share.low, share.high)
}

/// Misses and false alarms of one row, with their texts: for whoever owns the file, on their own screen.
fn errors(name: &str, messages: &[Labelled], read: &[Vec<Signal>]) -> anyhow::Result<String> {
    let aspect = Aspect::named(name).ok_or_else(|| {
        let names: Vec<_> = ASPECTS.iter().map(|(name, _)| *name).collect();
        anyhow::anyhow!("{name:?} is no row of the table; the rows are {}", names.join(", "))
    })?;
    let mut out = String::new();
    for (message, signals) in messages.iter().zip(read) {
        let (labelled, found) = (aspect.is_labelled(message), aspect.is_found(signals));
        if labelled == found {
            continue;
        }
        let _ = writeln!(out, "\n== {} {}", if labelled { "miss" } else { "false alarm" }, message.id);
        for signal in signals {
            for evidence in &signal.evidence {
                let _ =
                    writeln!(out, "   {:?} {:?} [{}]", signal.kind, evidence.quote.expose(), evidence.cue);
            }
        }
        let _ = writeln!(out, "{}", message.text.expose().trim());
    }
    Ok(out)
}
