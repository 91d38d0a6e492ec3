//! The command line: one file per verb.

pub mod backfill;
pub mod check_draft;
mod database;
pub mod demo;
pub mod erase;
pub mod eval;
pub mod explain;
pub mod health;
pub mod replay;
pub mod report;
pub mod serve;
mod since;
pub mod train;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::ConfigError;

/// Tells support agents what lies beneath a customer's message, in one short private note.
#[derive(Parser)]
#[command(version, about)]
pub struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Run the service.
    Serve(serve::Args),
    /// See the whole thing work on this machine, between pretend helpdesks.
    Demo(demo::Args),
    /// Remove one requester's words from the database.
    Erase(erase::Args),
    /// Measure detection on labelled messages, or run a suite of cases.
    Eval(eval::Args),
    /// Send failed deliveries through again.
    Replay(replay::Args),
    /// Show what is found in a message, and the note that would be posted.
    Explain(explain::Args),
    /// Train the weights of emotional language on labelled messages.
    Train(train::Args),
    /// Read the tickets of the last days, so that history is there from the first day. Posts nothing.
    Backfill(backfill::Args),
    /// Count what was posted, or would have been, with ten examples.
    Report(report::Args),
    /// Look at drafted replies beside the messages they answer.
    CheckDraft(check_draft::Args),
    /// Ask a running service whether it lives, for a container's health check.
    Health(health::Args),
}

/// Why a verb did not do its work.
pub enum Failure {
    /// The configuration is to be mended: exit code 2, one line.
    Configuration(ConfigError),
    Other(anyhow::Error),
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Other(error.into())
    }
}

pub fn run(cli: Cli) -> ExitCode {
    let done = match cli.verb {
        Verb::Serve(args) => serve::run(args),
        Verb::Demo(args) => demo::run(args),
        Verb::Erase(args) => erase::run(args),
        Verb::Eval(args) => eval::run(args),
        Verb::Replay(args) => replay::run(args),
        Verb::Explain(args) => explain::run(args),
        Verb::Train(args) => train::run(args),
        Verb::Backfill(args) => backfill::run(args),
        Verb::Report(args) => report::run(args),
        Verb::CheckDraft(args) => check_draft::run(args),
        Verb::Health(args) => health::run(args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Configuration(error)) => {
            eprintln!("undertone: {error}");
            ExitCode::from(2)
        }
        Err(Failure::Other(error)) => {
            eprintln!("undertone: {error:#}");
            ExitCode::FAILURE
        }
    }
}
