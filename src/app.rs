//! What the web side and the worker share.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context;
use sqlx::PgPool;
use tokio::sync::Notify;

use crate::config::{self, Config, Source};
use crate::detect::Detectors;
use crate::draft::DraftChecks;
use crate::helpdesk::{self, Gate, Helpdesk, freshdesk, zendesk};
use crate::keep::Keeper;
use crate::usual::Usual;

/// Everything a request or a job needs. Cheap to clone.
#[derive(Clone)]
pub struct App {
    pub db: PgPool,
    pub keeper: Keeper,
    pub detectors: Arc<Detectors>,
    pub checks: Arc<DraftChecks>,
    pub worker: config::Worker,
    pub health: Arc<Health>,
    pub usual: Arc<Usual>,
    /// Where agents' browsers reach us, for the links below a note.
    pub public_url: Option<Arc<str>>,
    /// Told when an account was paused and the other replicas should know.
    pub pause_news: Arc<Notify>,
    accounts: Arc<HashMap<String, Account>>,
}

/// A connected helpdesk account: its settings and the way to reach it.
pub struct Account {
    pub source: Source,
    pub helpdesk: Helpdesk,
}

/// What readiness reports beside the database.
#[derive(Debug, Default)]
pub struct Health {
    worker_runs: AtomicBool,
}

impl Health {
    pub fn set_worker(&self, runs: bool) {
        self.worker_runs.store(runs, Ordering::Relaxed);
    }

    pub fn worker_runs(&self) -> bool {
        self.worker_runs.load(Ordering::Relaxed)
    }
}

impl App {
    pub fn new(db: PgPool, keeper: Keeper, config: Config) -> anyhow::Result<Self> {
        let client = helpdesk::http_client_within(config.worker.call_timeout())
            .context("setting up the HTTP client")?;
        let pause_news = Arc::<Notify>::default();
        let accounts = config.sources.into_iter().map(|source| {
            let gate = Gate::new(source.name.as_str(), pause_news.clone());
            let helpdesk = connect(&source, client.clone(), gate);
            (source.name.as_str().to_owned(), Account { source, helpdesk })
        });
        Ok(Self {
            db,
            keeper,
            detectors: Arc::new(Detectors::load()?),
            checks: Arc::new(DraftChecks::load()?),
            worker: config.worker,
            public_url: config.public_url.map(|url| url.as_str().into()),
            health: Arc::default(),
            usual: Arc::default(),
            accounts: Arc::new(accounts.collect()),
            pause_news,
        })
    }

    pub fn account(&self, source: &str) -> Option<&Account> {
        self.accounts.get(source)
    }

    pub fn accounts(&self) -> impl Iterator<Item = &Account> {
        self.accounts.values()
    }
}

/// The job queue wants what it carries to be `Debug`; nothing in here is worth printing.
impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App").finish_non_exhaustive()
    }
}

fn connect(source: &Source, client: reqwest::Client, gate: Gate) -> Helpdesk {
    let (base_url, webhook) = (source.base_url.clone(), &source.webhook);
    let zendesk = |credentials| {
        let settings = zendesk::Settings {
            base_url: base_url.clone(),
            credentials,
            webhook_secrets: webhook.secrets.clone(),
            drafters: source.drafters.clone(),
            signature_window: webhook.window,
            gate: gate.clone(),
        };
        Helpdesk::Zendesk(zendesk::Zendesk::new(settings, client.clone()))
    };
    match source.credentials.clone() {
        config::Credentials::ZendeskOauth { client_id, client_secret } => {
            zendesk(zendesk::Credentials::Oauth { client_id, client_secret })
        }
        config::Credentials::ZendeskToken { email, token } => {
            zendesk(zendesk::Credentials::Token { email, token })
        }
        config::Credentials::Freshdesk { api_key } => {
            let settings = freshdesk::Settings {
                base_url,
                api_key,
                webhook_secrets: webhook.secrets.clone(),
                drafters: source.drafters.clone(),
                gate: gate.clone(),
            };
            Helpdesk::Freshdesk(freshdesk::Freshdesk::new(settings, client))
        }
    }
}
