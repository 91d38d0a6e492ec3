//! The command line: one file per verb.

pub mod explain;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Tells support agents what lies beneath a customer's message, in one short private note.
#[derive(Parser)]
#[command(version, about)]
pub struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Show what is found in a message, and the note that would be posted.
    Explain(explain::Args),
}

pub fn run(cli: Cli) -> ExitCode {
    let done = match cli.verb {
        Verb::Explain(args) => explain::run(args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("undertone: {error:#}");
            ExitCode::FAILURE
        }
    }
}
