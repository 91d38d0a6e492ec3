//! The configuration: a file for everything tunable, the environment for secrets.
//!
//! The file names the environment variables that hold its secrets. Both are read once, at the start;
//! an error names the file, the line, the key, what is wrong and what would be right.

mod notes;
mod source;
#[cfg(test)]
mod tests;
mod values;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::SecretString;
use serde::Deserialize;

use crate::eval::suite::Suite;

pub use notes::NotePolicy;
pub use source::{Credentials, Kind, Mode, Source, WebhookSecrets};
pub use values::{BaseUrl, DnsLabel, KeepText, PublicUrl, QuietHours, SourceName};

/// Everything tunable, secrets filled in.
pub struct Config {
    pub listen: SocketAddr,
    /// Where agents' browsers reach us, for the feedback links of a note.
    pub public_url: Option<PublicUrl>,
    /// Where the private Postgres lives when there is no `DATABASE_URL`.
    pub data_dir: Option<PathBuf>,
    /// Cases of the admin's own, which `serve` checks detection by.
    pub suites: Vec<Suite>,
    pub worker: Worker,
    pub sources: Vec<Source>,
}

/// How deliveries are worked off.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Worker {
    /// Deliveries worked on at once, 1 to 64.
    pub concurrency: usize,
    /// Attempts before a delivery is marked as failed, 1 to 100.
    pub max_attempts: i16,
    /// The pause after the first failed attempt, 0.01 to 3600. It doubles with each further one.
    pub first_pause_seconds: f64,
    /// The longest pause between two attempts, 0.01 to 86,400.
    pub longest_pause_seconds: f64,
    /// How long a helpdesk may take to answer one call, 0.1 to 60.
    pub call_timeout_seconds: f64,
}

impl Default for Worker {
    fn default() -> Self {
        Self {
            concurrency: 32,
            max_attempts: 20,
            first_pause_seconds: 2.0,
            longest_pause_seconds: 600.0,
            call_timeout_seconds: 10.0,
        }
    }
}

impl Worker {
    pub fn first_pause(&self) -> Duration {
        Duration::from_secs_f64(self.first_pause_seconds)
    }

    pub fn longest_pause(&self) -> Duration {
        Duration::from_secs_f64(self.longest_pause_seconds)
    }

    pub fn call_timeout(&self) -> Duration {
        Duration::from_secs_f64(self.call_timeout_seconds)
    }

    /// How long a write whose answer never came may still be under way: the call's own time and half of it again.
    pub fn write_settles_after(&self) -> Duration {
        self.call_timeout().mul_f64(1.5)
    }
}

/// Where a secret or a setting from outside the file is found: the environment in `serve`, a map in tests.
pub type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

/// What is wrong with a configuration, in one line.
#[derive(Debug, thiserror::Error)]
#[error("{file}{}: {problem}", .line.map(|line| format!(", line {line}")).unwrap_or_default())]
pub struct ConfigError {
    file: String,
    line: Option<usize>,
    problem: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default = "default_listen")]
    listen: SocketAddr,
    public_url: Option<PublicUrl>,
    data_dir: Option<PathBuf>,
    #[serde(default)]
    suites: Vec<toml::Spanned<PathBuf>>,
    #[serde(default)]
    worker: Worker,
    #[serde(default)]
    source: Vec<toml::Spanned<source::RawSource>>,
}

fn default_listen() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 8477))
}

impl Config {
    /// Reads the file and looks up the secrets that it names.
    pub fn load(path: &Path, lookup: Lookup<'_>) -> Result<Self, ConfigError> {
        let file = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|error| ConfigError {
            file: file.clone(),
            line: None,
            problem: format!("cannot be read ({error}); give another with --config"),
        })?;
        Self::parse(&file, &text, lookup)
    }

    /// `load` for a text already read; `file` is the name that errors give.
    pub fn parse(file: &str, text: &str, lookup: Lookup<'_>) -> Result<Self, ConfigError> {
        let line_of = |at: usize| text[..at.min(text.len())].matches('\n').count() + 1;
        let error_at = |at: Option<usize>, problem: String| ConfigError {
            file: file.to_owned(),
            line: at.map(line_of),
            problem,
        };
        let parsed: File = toml::from_str(text).map_err(|error| {
            let at = error.span().map(|span| span.start);
            let key =
                at.and_then(|at| key_on_line(text, at)).map(|key| format!("`{key}`: ")).unwrap_or_default();
            error_at(at, format!("{key}{}", error.message().replace('\n', "; ")))
        })?;
        check_worker(&parsed.worker).map_err(|problem| error_at(text.find("[worker]"), problem))?;
        let suites = parsed.suites.into_iter().map(|suite| {
            let at = suite.span().start;
            read_suite(file, suite.get_ref()).map_err(|problem| error_at(Some(at), problem))
        });
        let suites = suites.collect::<Result<_, _>>()?;
        let mut sources: Vec<Source> = Vec::new();
        for raw in parsed.source {
            let at = raw.span().start;
            let source = raw.into_inner().resolve(lookup).map_err(|problem| {
                // "source `acme`: `credentials.api_key`: ..": the key is the second that is named.
                let key = problem.split('`').nth(3).and_then(|key| key.split('.').next());
                error_at(Some(place(text, at, key.unwrap_or_default())), problem)
            })?;
            if sources.iter().any(|other| other.name == source.name) {
                return Err(error_at(
                    Some(place(text, at, "name")),
                    format!("`name`: there is already a source `{}`; names are unique", source.name),
                ));
            }
            sources.push(source);
        }
        Ok(Self {
            listen: parsed.listen,
            public_url: parsed.public_url,
            data_dir: parsed.data_dir,
            suites,
            worker: parsed.worker,
            sources,
        })
    }
}

impl Config {
    /// Gives a source by its name. The error names those that there are.
    pub fn source(&self, name: &str) -> anyhow::Result<&Source> {
        self.sources.iter().find(|source| source.name.as_str() == name).ok_or_else(|| {
            let names: Vec<_> = self.sources.iter().map(|source| source.name.as_str()).collect();
            anyhow::anyhow!(
                "there is no source {name:?} in the configuration; there are: {}",
                names.join(", ")
            )
        })
    }
}

/// A suite's path is written as seen from the configuration file.
fn read_suite(file: &str, path: &Path) -> Result<Suite, String> {
    let path = Path::new(file).parent().unwrap_or(Path::new("")).join(path);
    Suite::read(&path).map_err(|error| format!("`suites`: {error:#}").replace('\n', " "))
}

/// The key that a position in the file belongs to, where its line has one.
fn key_on_line(text: &str, at: usize) -> Option<&str> {
    let start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let (key, _) = text[start..].lines().next()?.split_once('=')?;
    Some(key.trim())
}

/// Where a key stands in the table that begins at `table`, or `table` itself where it is not written.
fn place(text: &str, table: usize, key: &str) -> usize {
    let mut at = table;
    for (number, line) in text[table..].split_inclusive('\n').enumerate() {
        if number > 0 && line.trim_start().starts_with('[') {
            break;
        }
        if line.split_once('=').is_some_and(|(written, _)| written.trim() == key) {
            return at;
        }
        at += line.len();
    }
    table
}

fn check_worker(worker: &Worker) -> Result<(), String> {
    if !(1..=64).contains(&worker.concurrency) {
        return Err(format!("`worker.concurrency`: {} is not from 1 to 64", worker.concurrency));
    }
    if !(1..=100).contains(&worker.max_attempts) {
        return Err(format!("`worker.max_attempts`: {} is not from 1 to 100", worker.max_attempts));
    }
    let seconds = [
        ("first_pause_seconds", worker.first_pause_seconds, 0.01, 3600.0),
        ("longest_pause_seconds", worker.longest_pause_seconds, 0.01, 86_400.0),
        ("call_timeout_seconds", worker.call_timeout_seconds, 0.1, 60.0),
    ];
    for (key, value, least, most) in seconds {
        if !(least..=most).contains(&value) {
            return Err(format!("`worker.{key}`: {value} is not from {least} to {most}"));
        }
    }
    Ok(())
}

/// What comes from the environment alone beside the secrets that the file names.
pub struct Environment {
    /// `DATABASE_URL`: the Postgres to use; without it a private one is started.
    pub database_url: Option<SecretString>,
    /// Where data goes by default: `XDG_DATA_HOME`, or below `HOME`.
    data_home: Option<PathBuf>,
}

impl Environment {
    pub fn read(lookup: Lookup<'_>) -> Self {
        let set = |name: &str| lookup(name).filter(|value| !value.is_empty());
        Self {
            database_url: set("DATABASE_URL").map(SecretString::from),
            data_home: set("XDG_DATA_HOME")
                .map(PathBuf::from)
                .or_else(|| set("HOME").map(|home| Path::new(&home).join(".local/share"))),
        }
    }

    /// The private Postgres's place: as configured, else `undertone` in the user's data directory, or
    /// `/var/lib/undertone` for root, whose home the `postgres` user cannot enter.
    pub fn data_dir(&self, config: &Config) -> PathBuf {
        match (&config.data_dir, &self.data_home) {
            (Some(dir), _) => dir.clone(),
            (None, Some(home)) if !home.starts_with("/root") => home.join("undertone"),
            _ => PathBuf::from("/var/lib/undertone"),
        }
    }
}

/// Looks a name up in this process's environment.
pub fn from_env(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
