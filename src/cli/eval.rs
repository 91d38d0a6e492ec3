//! `undertone eval`: how right detection is on labelled messages, and whether suites of cases hold.

use std::fmt::Write as _;
use std::path::PathBuf;

use chrono::Utc;
use serde::Serialize;

use crate::detect::emotional_language::EmotionalLanguage;
use crate::detect::repeat_follow_up::RepeatFollowUp;
use crate::detect::search::Patterns;
use crate::detect::urgency::Urgency;
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
    /// Whether any message of the file carries this label; the counts of a row without it say nothing.
    labelled: bool,
    #[serde(flatten)]
    counts: Counts,
    #[serde(flatten)]
    measures: Measures,
    /// What ten-fold cross-validation measured when the weights were trained; null for what is not trained.
    cross_validated: Option<Measures>,
}

fn rows(messages: &[Labelled], read: &[Vec<Signal>]) -> anyhow::Result<Vec<Row>> {
    let trained = Trained::load()?;
    let row = |(name, aspect): (&'static str, Aspect)| {
        let mut counts = Counts::default();
        for (message, signals) in messages.iter().zip(read) {
            counts.add(aspect.is_labelled(message), aspect.is_found(signals));
        }
        let labelled = messages.iter().any(|message| aspect.label(message).is_some());
        let cross_validated = trained.measured(aspect).map(|counts| counts.measures());
        Row { name, labelled, counts, measures: counts.measures(), cross_validated }
    };
    Ok(ASPECTS.into_iter().map(row).collect())
}

/// The detectors that ask a trained table.
struct Trained {
    urgency: Urgency,
    repeat: RepeatFollowUp,
    emotion: EmotionalLanguage,
}

impl Trained {
    fn load() -> anyhow::Result<Self> {
        let patterns = &mut Patterns::default();
        Ok(Self {
            urgency: Urgency::load(patterns)?,
            repeat: RepeatFollowUp::load(patterns)?,
            emotion: EmotionalLanguage::load(patterns)?,
        })
    }

    /// What ten-fold cross-validation measured at the training.
    fn measured(&self, aspect: Aspect) -> Option<Counts> {
        match aspect {
            Aspect::Urgency => Some(self.urgency.measured()),
            Aspect::Repeat => Some(self.repeat.measured()),
            Aspect::Emotion => Some(self.emotion.measured_any()),
            Aspect::Of(kind) => self.emotion.measured(kind),
            Aspect::Mismatch | Aspect::Note => None,
        }
    }
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
        let compared = match row.labelled {
            true => format!("{:18} {:18} {f1:.2} ", interval(precision), interval(recall)),
            false => format!("{:43}", "not labelled in this file"),
        };
        let line = format!("{:12} {found:>5}  {compared}  {beside}", row.name);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_that_no_message_labels_is_no_row_of_zeros() {
        let lines = [
            r#"{"id": "1", "text": "I called three times and nobody helps.", "repeat": 1, "emotion": 0}"#,
            r#"{"id": "2", "text": "How do I sort the list?"}"#,
        ];
        let messages: Vec<Labelled> = lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
        let detectors = Detectors::load().unwrap();
        let read: Vec<_> = messages.iter().map(|message| signals(&detectors, message)).collect();
        let rows = rows(&messages, &read).unwrap();
        let row = |name: &str| rows.iter().find(|row| row.name == name).unwrap();
        assert_eq!(row("repeat").counts, Counts { hits: 1, false_alarms: 0, misses: 0 });
        for (name, labelled) in [("repeat", true), ("emotion", true), ("urgency", false), ("anger", false)] {
            assert_eq!(row(name).labelled, labelled, "{name}");
        }
        let table = table(messages.len(), &rows);
        let line = |name: &str| table.lines().find(|line| line.starts_with(name)).unwrap();
        assert!(line("repeat").contains("1.00 [0.21, 1.00]"), "{table}");
        assert!(line("urgency").contains("not labelled in this file"), "{table}");
        assert_eq!(
            line("repeat").find("P 0."),
            line("urgency").find("P 0."),
            "columns stand below each other"
        );
    }

    #[test]
    fn what_is_trained_shows_what_cross_validation_measured() {
        let trained = Trained::load().unwrap();
        for (name, aspect) in ASPECTS {
            let weighed = !matches!(name, "mismatch" | "note" | "gratitude" | "joy");
            let measured = trained.measured(aspect);
            assert_eq!(measured.is_some(), weighed, "{name}");
            assert!(measured.is_none_or(|counts| counts.f1() > 0.4), "{name}: {measured:?}");
        }
    }
}
