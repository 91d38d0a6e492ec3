//! Where the load runs: the service, its Postgres, and the pretend helpdesk beside them.

use std::collections::VecDeque;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use sqlx::{Connection, Executor, PgConnection};
use undertone::pretend::{Call, Happening, Limits, NewTicket, NewUser, PretendZendesk, zendesk};
use undertone::store::postgres::{find_binaries, running};

use crate::sender;

pub const SECRET: &str = "load-check-webhook-secret";
pub const EARLIER_TICKETS: u64 = 1_000_000;
/// Five earlier tickets each.
pub const EARLIER_REQUESTERS: u64 = 200_000;

/// The service with its Postgres, in a directory of its own. All of it goes when this is dropped.
pub struct Place {
    pub address: SocketAddr,
    pub started_in: Duration,
    home: PathBuf,
    service: Child,
    desk: Desk,
}

impl Place {
    pub async fn start() -> anyhow::Result<Self> {
        let home = std::env::temp_dir().join(format!("undertone-load-{}", std::process::id()));
        std::fs::create_dir_all(&home)?;
        let desk = Desk::start().await?;
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        std::fs::write(home.join("undertone.toml"), config(address, &home, desk.zendesk.base_url()))?;
        // Once for the database to be made, and once for the time that a start takes.
        let mut service = serve(&home)?;
        until_ready(address).await?;
        stop(&mut service)?;
        let began = Instant::now();
        let service = serve(&home)?;
        until_ready(address).await?;
        Ok(Self { address, started_in: began.elapsed(), home, service, desk })
    }

    pub fn helpdesk(&self) -> &Desk {
        &self.desk
    }

    async fn sql(&self) -> anyhow::Result<PgConnection> {
        let options =
            running(&self.home.join("data")).await.context("the service's Postgres is not there")?;
        Ok(PgConnection::connect_with(&options).await?)
    }

    /// Rows a second that pgbench inserts, one a transaction, into a table like that of deliveries.
    pub async fn pgbench(&self, clients: usize, spell: Duration) -> anyhow::Result<f64> {
        let table = "drop table if exists one_row; create table one_row (like delivery including all)";
        self.sql().await?.execute(table).await?;
        let script = self.home.join("one_row.sql");
        let body = "x".repeat(1100);
        std::fs::write(
            &script,
            format!(
                "insert into one_row (source, id, dedup_key, ticket_id, body) \
                 values ('empty', gen_random_uuid(), gen_random_uuid()::text, '35211', '{body}');"
            ),
        )?;
        let options =
            running(&self.home.join("data")).await.context("the service's Postgres is not there")?;
        let output = Command::new(find_binaries()?.join("pgbench"))
            .args(["-n", "-M", "prepared", "-j", "2", "-U", "undertone", "-c", &clients.to_string()])
            .args(["-T", &spell.as_secs().to_string(), "-f"])
            .arg(&script)
            .arg("-h")
            .arg(options.get_socket().context("it listens on a socket")?)
            .arg("postgres")
            .output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        let rate = text.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next());
        self.sql().await?.execute("drop table one_row").await?;
        rate.with_context(|| String::from_utf8_lossy(&output.stderr).into_owned())?.parse().context("tps")
    }

    pub async fn waiting(&self) -> anyhow::Result<i64> {
        let count = "select count(*) from delivery where state = 'waiting'";
        Ok(sqlx::query_scalar(count).fetch_one(&mut self.sql().await?).await?)
    }

    /// Waits until all is worked off.
    pub async fn idle(&self) -> anyhow::Result<()> {
        while self.waiting().await? > 0 {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        Ok(())
    }

    /// The median, the 95th and the 99th percentile over the newest so many notes.
    pub async fn note_seconds(&self, count: usize) -> anyhow::Result<[f64; 3]> {
        let (notes, p50, p95, p99) = sqlx::query_as::<_, (i64, f64, f64, f64)>(
            "select count(*), percentile_cont(0.5) within group (order by seconds),
                    percentile_cont(0.95) within group (order by seconds),
                    percentile_cont(0.99) within group (order by seconds)
             from (select seconds::float8 from note_latency where source = 'notes' order by posted_at desc limit $1) as newest",
        )
        .bind(count as i64)
        .fetch_one(&mut self.sql().await?)
        .await?;
        ensure!(notes == count as i64, "{count} tickets earned {notes} notes");
        Ok([p50, p95, p99])
    }

    /// Writes the earlier tickets, each with a message, a signal and its webhook. Gives how long that took.
    pub async fn fill(&self) -> anyhow::Result<Duration> {
        let began = Instant::now();
        let mut sql = self.sql().await?;
        for statement in FILL {
            sqlx::query(statement)
                .bind(EARLIER_TICKETS as i64)
                .bind(EARLIER_REQUESTERS as i64)
                .execute(&mut sql)
                .await?;
        }
        sql.execute("vacuum analyze").await?;
        sql.execute("checkpoint").await?;
        Ok(began.elapsed())
    }

    pub fn spent(&self) -> anyhow::Result<Spent> {
        let postgres = postmaster(&self.home)?;
        let children = std::fs::read_to_string(format!("/proc/{postgres}/task/{postgres}/children"))?;
        let of_children: f64 = children.split_whitespace().filter_map(|pid| seconds(pid, false)).sum();
        Ok(Spent {
            service: seconds(&self.service.id().to_string(), false).context("the service has gone")?,
            postgres: of_children + seconds(&postgres, true).context("its Postgres has gone")?,
        })
    }

    pub fn resident_megabytes(&self) -> u64 {
        let status =
            std::fs::read_to_string(format!("/proc/{}/status", self.service.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) / 1024
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = stop(&mut self.service);
        let _ = std::fs::remove_dir_all(&self.home);
    }
}

/// Processor time in seconds.
#[derive(Clone, Copy)]
pub struct Spent {
    service: f64,
    postgres: f64,
}

impl Spent {
    pub fn since(self, before: Self, count: usize) -> String {
        let each = |now: f64, before: f64| 1000.0 * (now - before) / count.max(1) as f64;
        format!(
            "processor time each: service {:.2} ms, Postgres {:.2} ms",
            each(self.service, before.service),
            each(self.postgres, before.postgres)
        )
    }
}

/// A pretend Zendesk without limits that takes 100 ms for each answer.
pub struct Desk {
    zendesk: PretendZendesk,
}

impl Desk {
    async fn start() -> anyhow::Result<Self> {
        let zendesk = PretendZendesk::start().await?;
        zendesk.set_limits(Limits { account: u32::MAX, updates: u32::MAX });
        zendesk.answer_after(Duration::from_millis(100));
        Ok(Self { zendesk })
    }

    /// New tickets that deserve a note, as webhooks that hold their ids alone.
    pub fn tickets(&self, count: usize) -> VecDeque<Vec<u8>> {
        let text = "This is the third time I am writing about my refund and nobody has answered me. I am sick of being ignored.";
        let webhook = |_| {
            let user = NewUser { locale: Some("en-GB".into()), ..NewUser::default() };
            let ticket = self.zendesk.add_ticket(NewTicket {
                requester: self.zendesk.add_user(user),
                subject: "Refund".into(),
                text: text.into(),
                created_at: chrono::Utc::now(),
            });
            let (form, happening) = (zendesk::Form::Pointer, Happening::TicketCreated);
            let (headers, body) = self.zendesk.signed_webhook(form, happening, &ticket, &SECRET.into());
            sender::request("/webhooks/notes", &headers, &body)
        };
        (0..count).map(webhook).collect()
    }

    /// Calls for tickets so far.
    pub fn calls(&self) -> usize {
        [Call::Ticket, Call::Comments, Call::User, Call::Earlier, Call::Write]
            .map(|call| self.zendesk.calls(call))
            .iter()
            .sum()
    }
}

const FILL: [&str; 4] = [
    "insert into requester (source, requester_id, locale, time_zone)
     select 'full', n::text, 'en-GB', 'Europe/Copenhagen' from generate_series(0, $2 - 1) as n where $1 > 0
     on conflict do nothing",
    "insert into ticket (source, ticket_id, requester_id, subject, status, channel, created_at, updated_at, reopens)
     select 'full', n::text, (n % $2)::text, 'Charged twice', 'solved', 'mail',
            now() - n * interval '30 seconds', now() - n * interval '30 seconds', 0
     from generate_series(1, $1) as n",
    "insert into message (source, ticket_id, message_id, author, sent_at, text, words, about_amount, language)
     select 'full', n::text, 'description', 'customer', now() - n * interval '30 seconds', repeat('I was charged twice. ', 20), 80, n % 3 = 0, 'en'
     from generate_series(1, $1) as n where $2 > 0",
    "insert into delivery (source, id, dedup_key, ticket_id, body, received_at, state, attempts, finished_at)
     select 'full', gen_random_uuid(), 'earlier:' || n, n::text, convert_to(repeat('earlier ', 60), 'UTF8'), now() - n * interval '30 seconds', 'done', 1, now()
     from generate_series(1, $1) as n where $2 > 0",
];

fn config(address: SocketAddr, home: &std::path::Path, desk: &str) -> String {
    let source = |name: &str, url: &str, mode: &str| {
        format!(
            "[[source]]\nname = \"{name}\"\nkind = \"zendesk\"\nbase_url = \"{url}\"\nwebhook_secrets = [\"LOAD_SECRET\"]\n\
             credentials = {{ oauth_client_id = \"undertone_integration\", oauth_client_secret = \"LOAD_OAUTH\" }}\n\
             mode = \"{mode}\"\ntime_zone = \"Europe/Copenhagen\"\nupdates_per_minute = 0\nnotes_per_day = 100000\npoll_minutes = 0\n"
        )
    };
    format!(
        "listen = \"{address}\"\ndata_dir = \"{}\"\n{}{}",
        home.join("data").display(),
        ["empty", "full"].map(|name| source(name, "http://127.0.0.1:9", "shadow")).concat(),
        source("notes", desk, "live")
    )
}

fn serve(home: &std::path::Path) -> anyhow::Result<Child> {
    Command::new(env!("CARGO_BIN_EXE_undertone"))
        .arg("serve")
        .arg("--config")
        .arg(home.join("undertone.toml"))
        .env_remove("DATABASE_URL")
        .envs([("LOAD_SECRET", SECRET), ("LOAD_OAUTH", "EXAMPLE-NOT-A-SECRET"), ("UNDERTONE_LOG", "error")])
        .spawn()
        .context("starting the service")
}

fn stop(service: &mut Child) -> anyhow::Result<()> {
    Command::new("kill").arg(service.id().to_string()).status()?;
    service.wait()?;
    Ok(())
}

async fn until_ready(address: SocketAddr) -> anyhow::Result<()> {
    let client = undertone::helpdesk::http_client()?;
    let deadline = Instant::now() + Duration::from_secs(60);
    let ready = async || {
        let answer = client.get(format!("http://{address}/readyz")).send().await;
        answer.is_ok_and(|answer| answer.status().is_success())
    };
    while !ready().await {
        ensure!(Instant::now() < deadline, "the service was not ready within a minute");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Ok(())
}

/// The process id of the private Postgres's own process.
fn postmaster(home: &std::path::Path) -> anyhow::Result<String> {
    for entry in std::fs::read_dir(home.join("data"))? {
        if let Ok(pid) = std::fs::read_to_string(entry?.path().join("postmaster.pid")) {
            return Ok(pid.lines().next().unwrap_or_default().trim().to_owned());
        }
    }
    anyhow::bail!("no postmaster.pid below {}", home.display())
}

/// Processor time of a process, and of those children of its that have ended.
fn seconds(pid: &str, with_children: bool) -> Option<f64> {
    /// Ticks a second, the same on every Linux for these files.
    const TICKS: f64 = 100.0;
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name may hold spaces; what follows it begins with the third field.
    let fields: Vec<_> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let sum = |fields: &[&str]| fields.iter().filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>();
    Some(sum(&fields[11..if with_children { 15 } else { 13 }]) / TICKS)
}

/// What it runs on, for whoever compares figures.
pub fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map_or("", |(_, name)| name);
    let release = if cfg!(debug_assertions) { "debug" } else { "release" };
    format!("{cores} cores of {model}, {release} build")
}
