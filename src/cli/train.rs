//! `undertone train`: labelled messages in, the tables of urgency, of repeat follow-up and of emotional language out. The same
//! messages give the same bytes.

use std::path::{Path, PathBuf};

use anyhow::Context;
use serde_json::json;

use crate::detect::emotional_language::train::Sentence;
use crate::detect::emotional_language::{sources, train};
use crate::detect::wording::train::{Material, Task};
use crate::detect::{Detector, repeat_follow_up, urgency};
use crate::eval::labels::Labelled;
use crate::eval::suite::Suite;
use crate::eval::{Counts, labels};

#[derive(clap::Args)]
pub struct Args {
    /// Labelled messages, one JSON object a line.
    #[arg(long)]
    messages: PathBuf,
    /// Further labelled messages, for urgency and repeat follow-up alone: their feelings are one reader's.
    #[arg(long)]
    complaints: Vec<PathBuf>,
    /// Sentences with the feelings they show, "-" for none: the kinds, a tab, the sentence.
    #[arg(long)]
    sentences: Vec<PathBuf>,
    /// Comments with emotions, as GoEmotions has them: one JSON object a line.
    #[arg(long)]
    comments: Vec<PathBuf>,
    /// Passages that press or only look like it: "pressing" or "-", a tab, the passage.
    #[arg(long)]
    passages: Vec<PathBuf>,
    /// Suites whose cases on urgency and repeat follow-up are learned from as passages are.
    #[arg(long)]
    suites: Vec<PathBuf>,
    /// The folder of the detectors: the tables go into their own folders in it.
    #[arg(long)]
    out: PathBuf,
    /// Where to write, for each message, what weights trained without it find: JSON lines.
    #[arg(long)]
    out_of_fold: Option<PathBuf>,
}

pub fn run(args: Args) -> Result<(), super::Failure> {
    let messages = labels::read(&args.messages)?;
    let comments = comments(&args)?;
    train_wording(&args, &messages, &args.passages, &comments, &urgency::train::TASK, "urgency")?;
    train_wording(&args, &messages, &[], &comments, &repeat_follow_up::train::TASK, "repeat_follow_up")?;
    train_emotion(&args, &messages, comments)?;
    Ok(())
}

/// Trains the table that a detector asks, in the folder of this name.
fn train_wording<D: Detector>(
    args: &Args,
    messages: &[Labelled],
    passage_files: &[PathBuf],
    comments: &[Sentence],
    task: &Task<D>,
    folder: &str,
) -> anyhow::Result<()> {
    let mut passages = Vec::new();
    for path in passage_files {
        passages.extend(task.passages(&read(path)?).with_context(|| path.display().to_string())?);
    }
    for path in &args.suites {
        passages.extend(task.cases(Suite::read(path)?));
    }
    let mut complaints = Vec::new();
    for path in &args.complaints {
        complaints.extend(labels::read(path)?);
    }
    let messages: Vec<&Labelled> = messages.iter().chain(&complaints).collect();
    let comments: Vec<String> = comments.iter().map(|comment| comment.text.clone()).collect();
    let comment = format!(
        "Written by `undertone train` from {} messages ({}), {} passages ({}) and {} comments ({}).\n\
         docs/detection.md names the sources; rows in brackets are explained in wording/mod.rs.",
        messages.len(),
        names(&[std::slice::from_ref(&args.messages), &args.complaints].concat()),
        passages.len(),
        names(&[passage_files, &args.suites].concat()),
        comments.len(),
        names(&args.comments),
    );
    let material = Material { messages: &messages, passages: &passages, comments: &comments };
    let trained = task.train(&material, &comment)?;
    for (of, counts) in [("messages", trained.messages), ("passages", trained.passages)] {
        println!("{folder} in {of}, by a table that had not seen them: {}", told(&counts));
    }
    write(&args.out.join(folder).join("wording.tsv"), &trained.wording)
}

fn train_emotion(args: &Args, messages: &[Labelled], comments: Vec<Sentence>) -> anyhow::Result<()> {
    let mut others = Vec::new();
    for path in &args.sentences {
        others.extend(sources::invented(&read(path)?).with_context(|| path.display().to_string())?);
    }
    others.extend(comments);
    let comment = format!(
        "Written by `undertone train` from {} messages ({}) and {} sentences ({}).\n\
         docs/detection.md names the sources; rows in brackets are explained in weights.rs and wording/mod.rs.",
        messages.len(),
        names(std::slice::from_ref(&args.messages)),
        others.len(),
        names(&[args.sentences.as_slice(), &args.comments].concat()),
    );
    let trained = train::train(messages, others, &comment)?;
    write(&args.out.join("emotional_language/weights.tsv"), &trained.weights)?;
    write(&args.out.join("emotional_language/wording.tsv"), &trained.wording)?;
    if let Some(path) = &args.out_of_fold {
        let lines: String = messages
            .iter()
            .zip(&trained.out_of_fold)
            .map(|(message, found)| {
                let line =
                    json!({"id": message.id, "ill": found.ill, "joy": found.joy, "strong": found.strong});
                format!("{line}\n")
            })
            .collect();
        write(path, &lines)?;
    }
    Ok(())
}

fn comments(args: &Args) -> anyhow::Result<Vec<Sentence>> {
    let mut comments = Vec::new();
    for path in &args.comments {
        comments.extend(sources::comments(&read(path)?).with_context(|| path.display().to_string())?);
    }
    Ok(comments)
}

fn told(counts: &Counts) -> String {
    let (precision, recall) = (counts.precision(), counts.recall());
    let Counts { hits, false_alarms, misses } = counts;
    format!("P {precision:.2} R {recall:.2} ({hits} found, {false_alarms} false alarms, {misses} misses)")
}

fn read(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))
}

fn write(path: &Path, table: &str) -> anyhow::Result<()> {
    std::fs::write(path, table).with_context(|| format!("writing {}", path.display()))
}

fn names(paths: &[PathBuf]) -> String {
    let names = paths.iter().filter_map(|path| path.file_name());
    names.map(|name| name.to_string_lossy()).collect::<Vec<_>>().join(", ")
}
