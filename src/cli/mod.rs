//! The command line: one file per verb.

pub mod eval;
pub mod explain;
pub mod train;

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
    /// Measure detection on labelled messages, or run a suite of cases.
    Eval(eval::Args),
    /// Show what is found in a message, and the note that would be posted.
    Explain(explain::Args),
    /// Train the weights of emotional language on labelled messages.
    Train(train::Args),
}

pub fn run(cli: Cli) -> ExitCode {
    let done = match cli.verb {
        Verb::Eval(args) => eval::run(args),
        Verb::Explain(args) => explain::run(args),
        Verb::Train(args) => train::run(args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("undertone: {error:#}");
            ExitCode::FAILURE
        }
    }
}
