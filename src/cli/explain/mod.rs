//! `undertone explain`: a message in, signals with their evidence and the note out. Needs no database.

mod human;
mod jsonl;

use std::io::{self, IsTerminal, Read};
use std::path::PathBuf;

use anyhow::Context;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::Failure;
use crate::detect::Detectors;
use crate::explain::{Message, explain};
use crate::helpdesk::zones;
use crate::ticket::CustomerText;

#[derive(clap::Args)]
pub struct Args {
    /// The message, a text file; standard input when left out.
    file: Option<PathBuf>,
    /// When it was sent, RFC 3339; now when left out.
    #[arg(long)]
    created_at: Option<DateTime<Utc>>,
    /// The customer's time zone: "Europe/Copenhagen", or a helpdesk's name for it, "Copenhagen".
    #[arg(long)]
    time_zone: Option<String>,
    /// Read lines of JSON and write a line of JSON for each; the form is in the README.
    #[arg(long)]
    jsonl: bool,
}

pub fn run(args: Args) -> Result<(), Failure> {
    let detectors = Detectors::load()?;
    let input = open(args.file.as_ref())?;
    if args.jsonl {
        return Ok(jsonl::run(&detectors, input)?);
    }
    let time_zone = args.time_zone.as_deref().map(parse_zone).transpose()?;
    let message = Message { text: read(input)?, subject: None, created_at: args.created_at, time_zone };
    let explained = explain(&detectors, &message, Utc::now());
    human::print(&mut io::stdout().lock(), message.text.expose(), &explained, io::stdout().is_terminal())?;
    Ok(())
}

fn open(file: Option<&PathBuf>) -> anyhow::Result<Box<dyn Read>> {
    Ok(match file {
        Some(file) => {
            Box::new(std::fs::File::open(file).with_context(|| format!("opening {}", file.display()))?)
        }
        None => Box::new(io::stdin().lock()),
    })
}

fn read(mut input: impl Read) -> anyhow::Result<CustomerText> {
    let mut bytes = Vec::new();
    input.read_to_end(&mut bytes).context("reading the message")?;
    Ok(CustomerText::new(String::from_utf8_lossy(&bytes)))
}

fn parse_zone(name: &str) -> anyhow::Result<Tz> {
    zones::zone(name)
        .with_context(|| format!("{name:?} is not a time zone; write for example Europe/Copenhagen"))
}
