//! A Postgres for the whole run, a database and a service for each test.

use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use axum::http::{HeaderMap, StatusCode};
use chrono::Utc;
use metrics_exporter_prometheus::PrometheusHandle;
use secrecy::SecretString;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection, Executor, PgPool};
use tokio::runtime::Runtime;
use tokio::sync::{Mutex, OnceCell};
use undertone::config::Config;
use undertone::pretend::{NewTicket, NewUser, PretendFreshdesk, PretendZendesk};
use undertone::service::Service;
use undertone::store::{self, postgres::PrivateServer};
use undertone::ticket::TicketId;

pub const ZENDESK_SECRET: &str = "zendesk-secret-of-the-tests";
pub const APP_TOKEN: &str = "app-token-of-the-tests";
pub const FRESHDESK_SECRET: &str = "freshdesk-secret-of-the-tests";

/// A chase with strong words: worth a note in anybody's reading.
pub const CHASE: &str = "This is the third time I am writing about my refund and nobody has answered me. \
                         I am sick of being ignored, this is absolutely unacceptable.";
pub const QUESTION: &str =
    "Hello, where in the settings can I change the address on my invoices? Regards, Tom";

/// The server outlives the tests' own runtimes, so it lives in one of its own.
static SERVER: LazyLock<(Runtime, PgConnectOptions, PrivateServer)> = LazyLock::new(|| {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let server = runtime
        .block_on(PrivateServer::start_throwaway())
        .unwrap_or_else(|error| panic!("the tests need a Postgres: {error:#}"));
    (runtime, server.options(), server)
});

/// The metrics of all tests together: a process has one recorder.
static METRICS: LazyLock<PrometheusHandle> = LazyLock::new(|| undertone::figures::start().unwrap());

/// A migrated database that the tests' own are copied from.
static TEMPLATE: OnceCell<()> = OnceCell::const_new();
/// Postgres copies a template for one at a time.
static COPYING: Mutex<()> = Mutex::const_new(());

/// A fresh, migrated database.
pub async fn database() -> PgConnectOptions {
    let server = tokio::task::spawn_blocking(|| SERVER.1.clone()).await.unwrap();
    TEMPLATE
        .get_or_init(async || {
            let mut connection = server.connect().await.unwrap();
            connection.execute("create database template_undertone").await.unwrap();
            let db = store::connect(server.clone().database("template_undertone")).await.unwrap();
            store::migrate(&db).await.unwrap();
            db.close().await;
        })
        .await;
    let name = format!("test_{}", uuid::Uuid::now_v7().simple());
    let _one_at_a_time = COPYING.lock().await;
    let mut connection = server.connect().await.unwrap();
    let copy = format!("create database {name} template template_undertone");
    connection.execute(sqlx::AssertSqlSafe(copy)).await.unwrap();
    connection.close().await.unwrap();
    server.database(&name)
}

/// A fresh database with nothing in it.
pub async fn empty_database() -> PgConnectOptions {
    let server = tokio::task::spawn_blocking(|| SERVER.1.clone()).await.unwrap();
    let name = format!("empty_{}", uuid::Uuid::now_v7().simple());
    let mut connection = server.connect().await.unwrap();
    connection.execute(sqlx::AssertSqlSafe(format!("create database {name}"))).await.unwrap();
    server.database(&name)
}

/// A service between two pretend helpdesks.
pub struct World {
    pub zendesk: Arc<PretendZendesk>,
    pub freshdesk: Arc<PretendFreshdesk>,
    pub service: Service,
    pub db: PgPool,
    client: reqwest::Client,
}

pub async fn world(mode: &str) -> World {
    let zendesk = Arc::new(PretendZendesk::start().await.unwrap());
    let freshdesk = Arc::new(PretendFreshdesk::start().await.unwrap());
    start(mode, zendesk, freshdesk, database().await).await
}

/// A world in which both sources have these keys besides.
pub async fn world_with(mode: &str, keys: &str) -> World {
    let zendesk = Arc::new(PretendZendesk::start().await.unwrap());
    let freshdesk = Arc::new(PretendFreshdesk::start().await.unwrap());
    let settings = settings(mode, zendesk.base_url(), freshdesk.base_url());
    let settings = settings.replace("mode = ", &format!("{keys}\nmode = "));
    start_with(&settings, zendesk, freshdesk, database().await).await
}

pub async fn start(
    mode: &str,
    zendesk: Arc<PretendZendesk>,
    freshdesk: Arc<PretendFreshdesk>,
    database: PgConnectOptions,
) -> World {
    let settings = settings(mode, zendesk.base_url(), freshdesk.base_url());
    start_with(&settings, zendesk, freshdesk, database).await
}

/// A service with settings of the test's own.
pub async fn start_with(
    settings: &str,
    zendesk: Arc<PretendZendesk>,
    freshdesk: Arc<PretendFreshdesk>,
    database: PgConnectOptions,
) -> World {
    let config = Config::parse("test.toml", settings, &secret).unwrap_or_else(|error| panic!("{error}"));
    let db = store::connect(database).await.unwrap();
    let service = Service::start(config, db.clone(), Some(METRICS.clone())).await.unwrap();
    let client = undertone::helpdesk::http_client().unwrap();
    World { zendesk, freshdesk, service, db, client }
}

pub fn settings(mode: &str, zendesk: &str, freshdesk: &str) -> String {
    format!(
        r#"
        listen = "127.0.0.1:0"
        public_url = "https://undertone.example.com"
        [[source]]
        name = "zen"
        kind = "zendesk"
        base_url = "{zendesk}"
        webhook_secrets = ["ZENDESK_SECRET", "ZENDESK_OLD_SECRET"]
        app_tokens = ["APP_TOKEN"]
        agent_id_key = "AGENT_ID_KEY"
        drafters = ["777"]
        draft_notes = true
        poll_minutes = 0
        credentials = {{ oauth_client_id = "undertone_integration", oauth_client_secret = "ZENDESK_OAUTH" }}
        mode = "{mode}"
        time_zone = "Europe/Copenhagen"
        [[source]]
        name = "fresh"
        kind = "freshdesk"
        base_url = "{freshdesk}"
        webhook_secrets = ["FRESHDESK_SECRET"]
        app_tokens = ["OLD_APP_TOKEN", "APP_TOKEN"]
        poll_minutes = 0
        credentials = {{ api_key = "FRESHDESK_KEY" }}
        mode = "{mode}"
        time_zone = "Europe/Copenhagen"
        {QUICK}
        "#
    )
}

/// Pauses that a test can wait for.
pub const QUICK: &str = "[worker]\nfirst_pause_seconds = 0.2\ncall_timeout_seconds = 2.0";

/// The names that `settings` gives.
pub const SECRETS: [&str; 8] = [
    "ZENDESK_SECRET",
    "ZENDESK_OLD_SECRET",
    "ZENDESK_OAUTH",
    "FRESHDESK_SECRET",
    "FRESHDESK_KEY",
    "APP_TOKEN",
    "OLD_APP_TOKEN",
    "AGENT_ID_KEY",
];

pub fn secret(name: &str) -> Option<String> {
    let value = match name {
        "ZENDESK_SECRET" => ZENDESK_SECRET,
        "ZENDESK_OLD_SECRET" => "the-secret-before-the-rotation",
        "ZENDESK_OAUTH" => "EXAMPLE-NOT-A-SECRET",
        "FRESHDESK_SECRET" => FRESHDESK_SECRET,
        "APP_TOKEN" => APP_TOKEN,
        "OLD_APP_TOKEN" => "the-token-before-the-rotation",
        "AGENT_ID_KEY" => "a key for agents' ids",
        "FRESHDESK_KEY" => "EXAMPLE-API-KEY",
        _ => return None,
    };
    Some(value.to_owned())
}

impl World {
    pub fn zendesk_ticket(&self, text: &str) -> TicketId {
        let requester = self.zendesk.add_user(customer());
        self.zendesk.add_ticket(ticket(requester, text))
    }

    pub fn freshdesk_ticket(&self, text: &str) -> TicketId {
        let requester = self.freshdesk.add_user(customer());
        self.freshdesk.add_ticket(ticket(requester, text))
    }

    /// Posts a body to a path of the service.
    pub async fn post(&self, path: &str, headers: HeaderMap, body: Vec<u8>) -> StatusCode {
        let url = format!("http://{}{path}", self.service.address);
        self.client.post(url).headers(headers).body(body).send().await.unwrap().status()
    }

    /// Posts JSON with an app's token; gives status and answer.
    pub async fn ask(
        &self,
        path: &str,
        token: &str,
        body: &serde_json::Value,
    ) -> (StatusCode, serde_json::Value) {
        let url = format!("http://{}{path}", self.service.address);
        let answer = self.client.post(url).bearer_auth(token).json(body).send().await.unwrap();
        (answer.status(), answer.json().await.unwrap_or_default())
    }

    pub async fn get_with(&self, path: &str, token: &str) -> (StatusCode, serde_json::Value) {
        let url = format!("http://{}{path}", self.service.address);
        let answer = self.client.get(url).bearer_auth(token).send().await.unwrap();
        (answer.status(), answer.json().await.unwrap_or_default())
    }

    pub async fn get(&self, path: &str) -> (StatusCode, String) {
        let answer = self.client.get(format!("http://{}{path}", self.service.address)).send().await.unwrap();
        (answer.status(), answer.text().await.unwrap())
    }

    /// The same world after a restart in another mode.
    pub async fn turned(self, mode: &str) -> Self {
        let database = self.db.connect_options().as_ref().clone();
        self.service.stop().await.unwrap();
        start(mode, self.zendesk, self.freshdesk, database).await
    }

    /// Takes the database away: every connection is cut and none is let in.
    pub async fn cut_database(&self) {
        self.allow_connections(false).await;
        let name = self.db.connect_options().get_database().unwrap().to_owned();
        let mut server = SERVER.1.connect().await.unwrap();
        sqlx::query("select pg_terminate_backend(pid) from pg_stat_activity where datname = $1")
            .bind(name)
            .execute(&mut server)
            .await
            .unwrap();
    }

    pub async fn restore_database(&self) {
        self.allow_connections(true).await;
    }

    async fn allow_connections(&self, allowed: bool) {
        let options = self.db.connect_options();
        let name = options.get_database().unwrap();
        let mut server = SERVER.1.connect().await.unwrap();
        let change = format!("alter database {name} allow_connections {allowed}");
        server.execute(sqlx::AssertSqlSafe(change)).await.unwrap();
    }

    /// Waits until no delivery waits any more.
    pub async fn settle(&self) {
        let left = "select count(*) from delivery where state = 'waiting'";
        until(async || sqlx::query_scalar::<_, i64>(left).fetch_one(&self.db).await.unwrap() == 0).await;
    }

    pub async fn count(&self, query: &'static str) -> i64 {
        sqlx::query_scalar(query).fetch_one(&self.db).await.unwrap()
    }

    /// A delivery's state and reason, as SQL shows them, for each delivery of a source.
    pub async fn deliveries(&self) -> Vec<(String, Option<String>)> {
        sqlx::query_as("select state, reason from delivery order by id").fetch_all(&self.db).await.unwrap()
    }

    /// Each decision's state and reason.
    pub async fn decisions(&self) -> Vec<(String, String)> {
        sqlx::query_as("select state, reason from note order by decided_at")
            .fetch_all(&self.db)
            .await
            .unwrap()
    }
}

/// Waits on a condition, 30 s at the most.
pub async fn until(condition: impl AsyncFnMut() -> bool) {
    until_within(Duration::from_secs(30), condition).await;
}

pub async fn until_within(limit: Duration, mut condition: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + limit;
    while !condition().await {
        assert!(Instant::now() < deadline, "waited {} s for nothing", limit.as_secs());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// What this test's services log, as lines of JSON. The runtime of a test is one thread, and so is what listens.
///
/// One subscriber serves all tests: with one for each, a line first met by a test that does not listen is off for good.
pub struct Logs(Arc<std::sync::Mutex<Vec<u8>>>);

thread_local! {
    static LISTENING: std::cell::RefCell<Option<Arc<std::sync::Mutex<Vec<u8>>>>> = const { std::cell::RefCell::new(None) };
}

impl Logs {
    pub fn listen() -> Self {
        // A second start changes nothing.
        let _ = tracing_subscriber::fmt()
            .json()
            .with_env_filter(undertone::telemetry::DEFAULT_FILTER)
            .with_writer(|| LogWriter)
            .try_init();
        let lines = Arc::default();
        LISTENING.set(Some(Arc::clone(&lines)));
        Self(lines)
    }

    /// Each line that says this.
    pub fn that_say(&self, words: &str) -> Vec<serde_json::Value> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        text.lines()
            .filter(|line| line.contains(words))
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

struct LogWriter;

impl std::io::Write for LogWriter {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LISTENING.with_borrow(|lines| {
            if let Some(lines) = lines {
                lines.lock().unwrap().extend_from_slice(bytes);
            }
        });
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

pub fn customer() -> NewUser {
    NewUser { locale: Some("en-GB".into()), time_zone: Some("Copenhagen".into()), is_agent: false }
}

pub fn ticket(requester: undertone::ticket::UserId, text: &str) -> NewTicket {
    NewTicket {
        requester,
        subject: "Refund of order 48-2291".into(),
        text: text.into(),
        created_at: Utc::now(),
    }
}

pub fn zendesk_secret() -> SecretString {
    ZENDESK_SECRET.to_owned().into()
}

pub fn freshdesk_secret() -> SecretString {
    FRESHDESK_SECRET.to_owned().into()
}
