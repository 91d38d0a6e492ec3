//! `undertone explain`: a message in, signals with their evidence and the note out. Needs no database.

mod human;
mod jsonl;

use std::io::{self, IsTerminal, Read};
use std::path::PathBuf;

use anyhow::Context;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::Failure;
use crate::config::Mode;
use crate::detect::{Detectors, Reading, Signal};
use crate::helpdesk::zones;
use crate::note::decide::{self, Decision, Situation};
use crate::note::{self, About, Draft};
use crate::text;
use crate::ticket::{CustomerText, History, Zone};

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

/// A message to be explained.
pub struct Message {
    pub text: CustomerText,
    pub subject: Option<CustomerText>,
    pub created_at: Option<DateTime<Utc>>,
    pub time_zone: Option<Tz>,
}

/// What was found in it, as live mode would see it with no history and the governor aside.
pub struct Explained {
    pub language: Option<&'static str>,
    pub signals: Vec<Signal>,
    pub decision: Decision,
    pub note: Option<Draft>,
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

/// Reads one message as the service would.
pub fn explain(detectors: &Detectors, message: &Message, now: DateTime<Utc>) -> Explained {
    let cleaned = text::clean(message.text.expose());
    let gate = text::language::gate(&cleaned, &["en"]);
    let sent_at = message.created_at.unwrap_or(now);
    let zone = message.time_zone.map_or(Zone::Source(Tz::UTC), Zone::Customer);
    let reading = Reading {
        text: &cleaned,
        subject: message.subject.as_ref().map_or("", |subject| subject.expose()),
        sent_at,
        zone,
        history: &History::default(),
    };
    let signals = if gate.is_ok() { detectors.run(&reading) } else { Vec::new() };
    let decision = decide::decide(
        &signals,
        gate.err().map(|unread| unread.as_str()),
        &Situation::undisturbed(Mode::Live),
    );
    let about = About { text: message.text.expose(), signals: &signals, sent_at, zone, records: None };
    let note = decision.wants_a_note().then(|| note::compose(&about));
    Explained { language: text::language::of(&cleaned), signals, decision, note }
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
