//! `undertone train`: labelled messages in, the weights of emotional language out. The same messages give the same bytes.

use std::path::PathBuf;

use anyhow::Context;
use serde_json::json;

use crate::detect::emotional_language::train;
use crate::eval::labels;

#[derive(clap::Args)]
pub struct Args {
    /// Labelled messages, one JSON object a line.
    #[arg(long)]
    messages: PathBuf,
    /// Where to write the table of weights.
    #[arg(long)]
    out: PathBuf,
    /// Where to write, for each message, what weights trained without it find: JSON lines.
    #[arg(long)]
    out_of_fold: Option<PathBuf>,
}

pub fn run(args: Args) -> Result<(), super::Failure> {
    let messages = labels::read(&args.messages)?;
    let name = args.messages.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let comment = format!(
        "What each thing counted weighs for each feeling: logistic regression, written by `undertone train`.\n\
         Trained on {} labelled messages ({name}); rows in brackets are explained in weights.rs.",
        messages.len()
    );
    let trained = train::train(&messages, &comment)?;
    std::fs::write(&args.out, trained.table).with_context(|| format!("writing {}", args.out.display()))?;
    if let Some(path) = args.out_of_fold {
        let lines: String = messages
            .iter()
            .zip(&trained.out_of_fold)
            .map(|(message, found)| {
                let line =
                    json!({"id": message.id, "ill": found.ill, "joy": found.joy, "strong": found.strong});
                format!("{line}\n")
            })
            .collect();
        std::fs::write(&path, lines).with_context(|| format!("writing {}", path.display()))?;
    }
    Ok(())
}
