//! `undertone train`: labelled messages in, the tables of emotional language out. The same messages give the same bytes.

use std::path::{Path, PathBuf};

use anyhow::Context;
use serde_json::json;

use crate::detect::emotional_language::{sources, train};
use crate::eval::labels;

#[derive(clap::Args)]
pub struct Args {
    /// Labelled messages, one JSON object a line.
    #[arg(long)]
    messages: PathBuf,
    /// Sentences with the feelings they show, "-" for none: the kinds, a tab, the sentence.
    #[arg(long)]
    sentences: Vec<PathBuf>,
    /// Comments with emotions, as GoEmotions has them: one JSON object a line.
    #[arg(long)]
    comments: Vec<PathBuf>,
    /// The folder for the tables: `weights.tsv` and `wording.tsv`.
    #[arg(long)]
    out: PathBuf,
    /// Where to write, for each message, what weights trained without it find: JSON lines.
    #[arg(long)]
    out_of_fold: Option<PathBuf>,
}

pub fn run(args: Args) -> Result<(), super::Failure> {
    let messages = labels::read(&args.messages)?;
    let mut others = Vec::new();
    for path in &args.sentences {
        others.extend(sources::invented(&read(path)?).with_context(|| path.display().to_string())?);
    }
    for path in &args.comments {
        others.extend(sources::comments(&read(path)?).with_context(|| path.display().to_string())?);
    }
    let comment = format!(
        "Written by `undertone train` from {} messages ({}) and {} sentences ({}).\n\
         docs/detection.md names the sources; rows in brackets are explained in weights.rs and wording.rs.",
        messages.len(),
        names(std::slice::from_ref(&args.messages)),
        others.len(),
        names(&[args.sentences, args.comments].concat()),
    );
    let trained = train::train(&messages, others, &comment)?;
    for (name, table) in [("weights.tsv", trained.weights), ("wording.tsv", trained.wording)] {
        let path = args.out.join(name);
        std::fs::write(&path, table).with_context(|| format!("writing {}", path.display()))?;
    }
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

fn read(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))
}

fn names(paths: &[PathBuf]) -> String {
    let names = paths.iter().filter_map(|path| path.file_name());
    names.map(|name| name.to_string_lossy()).collect::<Vec<_>>().join(", ")
}
