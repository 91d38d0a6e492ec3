//! The `undertone` command.

use std::process::ExitCode;

use clap::Parser;
use undertone::cli::{self, Cli};

fn main() -> ExitCode {
    cli::run(Cli::parse())
}
