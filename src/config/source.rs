//! A source: one connected helpdesk account.

use std::time::Duration;

use chrono_tz::Tz;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use sha2::Sha256;

use super::Lookup;
use super::notes::NotePolicy;
use super::values::{BaseUrl, DnsLabel, KeepText, QuietHours, SourceName};

/// One connected helpdesk account, its secrets filled in.
#[derive(Clone)]
pub struct Source {
    pub name: SourceName,
    pub kind: Kind,
    pub base_url: String,
    pub credentials: Credentials,
    pub webhook: WebhookSecrets,
    pub mode: Mode,
    /// Where the support team's customers mostly are; for those whose own zone is not known.
    pub time_zone: Tz,
    /// Languages that are read, ISO 639-1.
    pub languages: Vec<String>,
    /// Ticket updates in any minute at the most; `None` for no budget of our own.
    pub updates_per_minute: Option<u32>,
    /// What keeps its notes few.
    pub notes: NotePolicy,
    /// What the sidebar app proves itself with. One or two, so that one can be rotated; none where there is no app.
    pub app_tokens: Vec<SecretString>,
    /// Users whose private notes are drafted replies.
    pub drafters: Vec<String>,
    /// Whether findings on a drafting bot's note go back as a private note.
    pub draft_notes: bool,
    /// How often to look for tickets whose webhook never came; `None` for never.
    pub poll: Option<Duration>,
    /// Turns agents' ids into pseudonyms; without it no agent is told from another.
    pub agent_id_key: Option<SecretString>,
    /// How long customers' words stay in the database.
    pub keep_text: KeepText,
}

impl Source {
    /// Keyed hashes for one purpose, the one to write with first; a second while a webhook secret is being replaced.
    ///
    /// The keys are derived from the webhook's secrets, which are not in the database.
    pub fn keyed(&self, purpose: &str) -> impl Iterator<Item = Hmac<Sha256>> {
        let mac = |key: &[u8]| Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
        self.webhook.secrets.iter().map(move |secret| {
            let key = mac(secret.expose_secret().as_bytes());
            mac(&key.chain_update(format!("undertone {purpose}\n{}", self.name)).finalize().into_bytes())
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Zendesk,
    Freshdesk,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Everything is worked out and stored; nothing is posted.
    Shadow,
    Live,
}

#[derive(Clone)]
pub enum Credentials {
    ZendeskOauth { client_id: String, client_secret: SecretString },
    ZendeskToken { email: String, token: SecretString },
    Freshdesk { api_key: SecretString },
}

/// What proves that a webhook is from this helpdesk. One or two secrets, so that one can be rotated.
#[derive(Clone)]
pub struct WebhookSecrets {
    pub secrets: Vec<SecretString>,
    /// How old or how far ahead a Zendesk signature's timestamp may be.
    pub window: Duration,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSource {
    name: SourceName,
    kind: Kind,
    subdomain: Option<DnsLabel>,
    domain: Option<DnsLabel>,
    base_url: Option<BaseUrl>,
    #[serde(default)]
    webhook_secrets: Vec<String>,
    #[serde(default = "fifteen")]
    signature_window_minutes: u32,
    credentials: RawCredentials,
    mode: Mode,
    time_zone: String,
    #[serde(default = "english")]
    languages: Vec<String>,
    #[serde(default = "twenty")]
    updates_per_minute: u32,
    #[serde(default = "default_per_ticket")]
    notes_per_ticket: u32,
    #[serde(default = "default_per_day")]
    notes_per_day: u32,
    quiet_hours: Option<QuietHours>,
    #[serde(default)]
    hold_out_percent: u32,
    #[serde(default)]
    app_tokens: Vec<String>,
    #[serde(default)]
    drafters: Vec<String>,
    #[serde(default)]
    draft_notes: bool,
    #[serde(default = "five")]
    poll_minutes: u32,
    agent_id_key: Option<String>,
    #[serde(default)]
    keep_text: KeepText,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCredentials {
    oauth_client_id: Option<String>,
    oauth_client_secret: Option<String>,
    email: Option<String>,
    api_token: Option<String>,
    api_key: Option<String>,
}

fn five() -> u32 {
    5
}

fn fifteen() -> u32 {
    15
}

fn twenty() -> u32 {
    20
}

fn default_per_ticket() -> u32 {
    NotePolicy::default().per_ticket
}

fn default_per_day() -> u32 {
    NotePolicy::default().per_day
}

fn english() -> Vec<String> {
    vec!["en".to_owned()]
}

impl RawSource {
    /// Checks what spans several keys and looks the secrets up. The error is the rest of a line that names file and line.
    pub(super) fn resolve(self, lookup: Lookup<'_>) -> Result<Source, String> {
        let source = format!("source `{}`", self.name);
        let secrets =
            self.resolve_webhook_secrets(lookup).map_err(|problem| format!("{source}: {problem}"))?;
        let base_url = self.resolve_base_url().map_err(|problem| format!("{source}: {problem}"))?;
        let time_zone = self.time_zone.parse().map_err(|_| {
            format!(
                "{source}: `time_zone`: {:?} is not an IANA zone; write for example \"Europe/Copenhagen\"",
                self.time_zone
            )
        })?;
        if !(1..=24 * 60).contains(&self.signature_window_minutes) {
            return Err(format!("{source}: `signature_window_minutes`: not from 1 to 1440"));
        }
        if self.updates_per_minute > 1000 {
            return Err(format!("{source}: `updates_per_minute`: not from 0 to 1000; 0 is for no budget"));
        }
        if self.languages.iter().any(|language| language != "en") || self.languages.is_empty() {
            return Err(format!("{source}: `languages`: only \"en\" has a language pack; write [\"en\"]"));
        }
        if self.poll_minutes > 24 * 60 {
            return Err(format!("{source}: `poll_minutes`: not from 1 to 1440, nor 0 for never"));
        }
        let notes = self.notes().checked().map_err(|problem| format!("{source}: {problem}"))?;
        let app_tokens = self.resolve_app_tokens(lookup).map_err(|problem| format!("{source}: {problem}"))?;
        let agent_id_key = self.agent_id_key.as_deref().map(|name| secret("agent_id_key", name, lookup));
        let agent_id_key = agent_id_key.transpose().map_err(|problem| format!("{source}: {problem}"))?;
        let credentials =
            self.credentials.resolve(self.kind, lookup).map_err(|problem| format!("{source}: {problem}"))?;
        let window = Duration::from_secs(u64::from(self.signature_window_minutes) * 60);
        Ok(Source {
            name: self.name,
            kind: self.kind,
            base_url,
            credentials,
            webhook: WebhookSecrets { secrets, window },
            mode: self.mode,
            time_zone,
            languages: self.languages,
            updates_per_minute: (self.updates_per_minute > 0).then_some(self.updates_per_minute),
            notes,
            app_tokens,
            drafters: self.drafters,
            draft_notes: self.draft_notes,
            poll: (self.poll_minutes > 0).then(|| Duration::from_secs(u64::from(self.poll_minutes) * 60)),
            agent_id_key,
            keep_text: self.keep_text,
        })
    }

    fn notes(&self) -> NotePolicy {
        NotePolicy {
            per_ticket: self.notes_per_ticket,
            per_day: self.notes_per_day,
            quiet_hours: self.quiet_hours,
            hold_out_percent: self.hold_out_percent,
        }
    }

    fn resolve_webhook_secrets(&self, lookup: Lookup<'_>) -> Result<Vec<SecretString>, String> {
        if !(1..=2).contains(&self.webhook_secrets.len()) {
            return Err("`webhook_secrets`: give the name of one environment variable that holds the webhook's secret, \
                        or of two while one is being replaced"
                .to_owned());
        }
        self.webhook_secrets.iter().map(|name| webhook_secret(name, lookup)).collect()
    }

    fn resolve_app_tokens(&self, lookup: Lookup<'_>) -> Result<Vec<SecretString>, String> {
        if self.app_tokens.len() > 2 {
            return Err(
                "`app_tokens`: give the name of one environment variable, or of two while one is being \
                        replaced"
                    .to_owned(),
            );
        }
        self.app_tokens.iter().map(|name| secret("app_tokens", name, lookup)).collect()
    }

    fn resolve_base_url(&self) -> Result<String, String> {
        let (key, label, host) = match self.kind {
            Kind::Zendesk => ("subdomain", &self.subdomain, "zendesk.com"),
            Kind::Freshdesk => ("domain", &self.domain, "freshdesk.com"),
        };
        match (&self.base_url, label) {
            (Some(url), _) => Ok(url.as_str().to_owned()),
            (None, Some(label)) => Ok(format!("https://{}.{host}", label.as_str())),
            (None, None) => Err(format!("`{key}` is missing: write the part before .{host}")),
        }
    }
}

impl RawCredentials {
    fn resolve(self, kind: Kind, lookup: Lookup<'_>) -> Result<Credentials, String> {
        match (kind, self) {
            (
                Kind::Zendesk,
                Self {
                    oauth_client_id: Some(id),
                    oauth_client_secret: Some(name),
                    email: None,
                    api_token: None,
                    api_key: None,
                },
            ) => Ok(Credentials::ZendeskOauth {
                client_id: id,
                client_secret: secret("credentials.oauth_client_secret", &name, lookup)?,
            }),
            (
                Kind::Zendesk,
                Self {
                    oauth_client_id: None,
                    oauth_client_secret: None,
                    email: Some(email),
                    api_token: Some(name),
                    api_key: None,
                },
            ) => Ok(Credentials::ZendeskToken {
                email,
                token: secret("credentials.api_token", &name, lookup)?,
            }),
            (
                Kind::Freshdesk,
                Self {
                    oauth_client_id: None,
                    oauth_client_secret: None,
                    email: None,
                    api_token: None,
                    api_key: Some(name),
                },
            ) => Ok(Credentials::Freshdesk { api_key: secret("credentials.api_key", &name, lookup)? }),
            (Kind::Zendesk, _) => {
                Err("`credentials`: give oauth_client_id and oauth_client_secret (or, for accounts that \
                                       still have tokens, email and api_token)"
                    .to_owned())
            }
            (Kind::Freshdesk, _) => Err("`credentials`: give api_key, and nothing else".to_owned()),
        }
    }
}

/// What Zendesk signs test requests of a webhook with that does not exist yet. It stands in their documentation.
const ZENDESK_PUBLIC_TEST_SECRET: &str = "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ==";

fn webhook_secret(name: &str, lookup: Lookup<'_>) -> Result<SecretString, String> {
    let secret = secret("webhook_secrets", name, lookup)?;
    if secret.expose_secret() == ZENDESK_PUBLIC_TEST_SECRET {
        return Err(format!(
            "`webhook_secrets`: the environment variable {name} holds Zendesk's public test secret, with which anyone can \
             sign; give the webhook's own, from Reveal secret on its page"
        ));
    }
    Ok(secret)
}

/// Looks up a secret by the variable's name. The name itself must look like one, lest a secret be pasted into the file.
fn secret(key: &str, name: &str, lookup: Lookup<'_>) -> Result<SecretString, String> {
    let looks_like_a_name = !name.is_empty()
        && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
        && !name.starts_with(|c: char| c.is_ascii_digit());
    if !looks_like_a_name {
        return Err(format!(
            "`{key}`: write the name of an environment variable (A-Z, 0-9, _), not the secret itself"
        ));
    }
    match lookup(name) {
        Some(value) if value.trim().len() >= 8 => Ok(SecretString::from(value.trim().to_owned())),
        Some(_) => Err(format!("`{key}`: the environment variable {name} is empty or under 8 characters")),
        None => Err(format!("`{key}`: the environment variable {name} is not set")),
    }
}
