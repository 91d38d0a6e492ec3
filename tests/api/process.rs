//! The real binary as a new user starts it: its own Postgres, kill -9, and a start over what that left.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use axum::http::StatusCode;
use undertone::pretend::{Call, Fault, Happening, PretendFreshdesk, PretendZendesk, zendesk};

use crate::helpers::{
    CHASE, QUICK, SECRETS, customer, secret, settings, ticket, until, until_within, zendesk_secret,
};

/// A directory that the `postgres` user can enter too, removed afterwards.
pub struct Home(pub PathBuf);

impl Home {
    pub fn new() -> Self {
        let dir = std::env::temp_dir().join(format!("undertone-test-{}", uuid::Uuid::now_v7().simple()));
        std::fs::create_dir_all(&dir).unwrap();
        Self(dir)
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The binary, killed when dropped.
pub struct Undertone(pub Child);

impl Drop for Undertone {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub fn serve(config: &Path) -> Undertone {
    serve_telling(config, Stdio::null())
}

/// The service, with all that it can log going there.
pub fn serve_telling(config: &Path, log: impl Into<Stdio>) -> Undertone {
    Undertone(command("serve", config).env("UNDERTONE_LOG", "trace").stderr(log).spawn().unwrap())
}

/// A verb of the binary, on a configuration and its secrets.
pub fn command(verb: &str, config: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_undertone"));
    command.args([verb, "--config"]).arg(config).env_remove("DATABASE_URL");
    for name in SECRETS {
        command.env(name, secret(name).unwrap());
    }
    command
}

/// A port that was free a moment ago.
pub fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

pub fn configured(home: &Home, port: u16, zendesk: &PretendZendesk, freshdesk: &PretendFreshdesk) -> PathBuf {
    let listen = format!("listen = \"127.0.0.1:{port}\"\ndata_dir = \"{}\"", home.0.join("data").display());
    let settings = settings("live", zendesk.base_url(), freshdesk.base_url());
    let path = home.0.join("undertone.toml");
    std::fs::write(&path, settings.replace("listen = \"127.0.0.1:0\"", &listen)).unwrap();
    path
}

pub async fn ready(port: u16) {
    let client = undertone::helpdesk::http_client().unwrap();
    until(async || {
        let answer = client.get(format!("http://127.0.0.1:{port}/readyz")).send().await;
        answer.is_ok_and(|answer| answer.status() == StatusCode::OK)
    })
    .await;
}

/// Whether a Postgres runs in this directory.
fn postgres_runs(data: &Path) -> bool {
    postmaster(data).is_some_and(|pid| Path::new("/proc").join(pid).exists())
}

fn postmaster(data: &Path) -> Option<String> {
    let pid = std::fs::read_to_string(data.join("postgres/postmaster.pid")).ok()?;
    pid.lines().next().filter(|pid| !pid.is_empty()).map(str::to_owned)
}

/// Restarts the Postgres of this directory in immediate mode: as after a crash, what was not flushed is gone.
pub async fn crash_postgres(data: &Path) {
    let before = postmaster(data).expect("Postgres runs");
    assert!(Command::new("kill").args(["-QUIT", &before]).status().unwrap().success());
    until_within(Duration::from_secs(120), async || postmaster(data).is_some_and(|now| now != before)).await;
}

#[tokio::test]
async fn killed_in_the_middle_of_its_work_it_loses_nothing_and_posts_nothing_twice() {
    let (home, port) = (Home::new(), free_port());
    let zendesk = PretendZendesk::start().await.unwrap();
    let freshdesk = PretendFreshdesk::start().await.unwrap();
    let config = configured(&home, port, &zendesk, &freshdesk);
    let first = serve(&config);
    ready(port).await;

    // The note reaches the ticket, and the process is killed before it hears so.
    zendesk.fail_next(Call::Write, Fault::Late(Duration::from_secs(60)));
    let requester = zendesk.add_user(customer());
    let ticket = zendesk.add_ticket(ticket(requester, CHASE));
    let (headers, body) =
        zendesk.signed_webhook(zendesk::Form::Event, Happening::TicketCreated, &ticket, &zendesk_secret());
    let client = undertone::helpdesk::http_client().unwrap();
    let url = format!("http://127.0.0.1:{port}/webhooks/zen");
    assert_eq!(client.post(url).headers(headers).body(body).send().await.unwrap().status(), StatusCode::OK);
    until(async || zendesk.calls(Call::Write) == 1).await;
    drop(first);
    until(async || !postgres_runs(&home.0.join("data"))).await;

    let comments_read = zendesk.calls(Call::Comments);
    let second = serve(&config);
    ready(port).await;
    // Taken up again, the delivery looks for the note before it would post another.
    until(async || zendesk.calls(Call::Comments) > comments_read + 1).await;
    assert_eq!(zendesk.notes(&ticket).len(), 1);
    assert_eq!(zendesk.calls(Call::Write), 1);

    let interrupted = Command::new("kill").args(["-INT", &second.0.id().to_string()]).status().unwrap();
    assert!(interrupted.success());
    let mut second = second;
    assert_eq!(second.0.wait().unwrap().code(), Some(0));
    assert!(!postgres_runs(&home.0.join("data")));
}

#[tokio::test]
async fn a_replay_reaches_the_private_postgres_of_a_running_service() {
    let (home, port) = (Home::new(), free_port());
    let zendesk = PretendZendesk::start().await.unwrap();
    let freshdesk = PretendFreshdesk::start().await.unwrap();
    let config = configured(&home, port, &zendesk, &freshdesk);
    let once =
        std::fs::read_to_string(&config).unwrap().replace(QUICK, &format!("{QUICK}\nmax_attempts = 1"));
    std::fs::write(&config, once).unwrap();
    let _service = serve(&config);
    ready(port).await;
    zendesk.fail_next(Call::Ticket, Fault::Html(500));
    let requester = zendesk.add_user(customer());
    let ticket = zendesk.add_ticket(ticket(requester, CHASE));
    let (form, happening) = (zendesk::Form::Pointer, Happening::TicketCreated);
    let (headers, body) = zendesk.signed_webhook(form, happening, &ticket, &zendesk_secret());
    let client = undertone::helpdesk::http_client().unwrap();
    let url = format!("http://127.0.0.1:{port}/webhooks/zen");
    assert_eq!(client.post(url).headers(headers).body(body).send().await.unwrap().status(), StatusCode::OK);
    // Until the delivery has failed there is nothing to be sent through again.
    until(async || {
        let replayed = command("replay", &config).args(["--source", "zen"]).output().unwrap();
        String::from_utf8(replayed.stdout).unwrap().contains("Sent 1 delivery through again")
    })
    .await;
    until(async || zendesk.notes(&ticket).len() == 1).await;
}

#[test]
fn a_bad_configuration_ends_with_code_2_and_one_line() {
    let home = Home::new();
    let path = home.0.join("undertone.toml");
    std::fs::write(&path, "listen = \"127.0.0.1:0\"\nlissten = 1\n").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_undertone"))
        .args(["serve", "--config"])
        .arg(&path)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(error.trim().lines().count(), 1, "{error}");
    assert!(error.contains("undertone.toml, line 2") && error.contains("lissten"), "{error}");
}

#[test]
fn explain_answers_lines_in_order_with_exact_offsets_and_needs_no_database() {
    use std::io::Write;
    let lines = [
        serde_json::json!({"id": 1, "text": "🙂 Third time I am writing, nobody has answered me. I need it by tomorrow at 9!",
                           "created_at": "2026-03-09T22:51:00+01:00", "time_zone": "Copenhagen"}),
        serde_json::json!({"id": "two", "text": ""}),
        serde_json::json!({"id": null, "text": "\u{0} a\u{301} مرحبا"}),
    ];
    let mut child = Command::new(env!("CARGO_BIN_EXE_undertone"))
        .args(["explain", "--jsonl"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let input = lines.iter().map(|line| format!("{line}\n")).collect::<String>();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
    let answers: Vec<serde_json::Value> =
        output.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers.len(), 3);
    for (line, answer) in lines.iter().zip(&answers) {
        assert_eq!(line["id"], answer["id"]);
        let text: Vec<char> = line["text"].as_str().unwrap().chars().collect();
        for evidence in
            answer["signals"].as_array().unwrap().iter().flat_map(|s| s["evidence"].as_array().unwrap())
        {
            let (start, end) = (evidence["start"].as_u64().unwrap(), evidence["end"].as_u64().unwrap());
            let quote: String = text[start as usize..end as usize].iter().collect();
            assert_eq!(evidence["quote"], quote);
        }
    }
    let detectors: Vec<_> =
        answers[0]["signals"].as_array().unwrap().iter().map(|s| s["detector"].clone()).collect();
    assert!(
        detectors.contains(&"urgency".into()) && detectors.contains(&"repeat_follow_up".into()),
        "{detectors:?}"
    );
    assert_eq!(answers[0]["signals"][0]["facts"]["deadline_at"], "2026-03-10T08:00:00Z");
    assert_eq!(answers[0]["decision"]["state"], "posted");
    assert_eq!(
        (&answers[1]["note"], &answers[1]["decision"]["reason"]),
        (&serde_json::Value::Null, &"empty_text".into())
    );
}

#[test]
fn cases_of_an_admins_own_that_do_not_hold_are_named_at_the_start() {
    let home = Home::new();
    let config = home.0.join("undertone.toml");
    std::fs::write(&config, "suites = [\"mine.toml\"]\n").unwrap();
    let case = |name: &str, kind: &str| {
        format!(
            "[[case]]\nname = \"{name}\"\ntext = \"I am furious about this lamp.\"\nmust = [\"{kind}\"]\nreason = \"stated\"\n"
        )
    };
    std::fs::write(home.0.join("mine.toml"), case("wrath", "anger") + &case("leaving", "churn")).unwrap();
    // Nothing listens there, so that the start ends after the suites.
    let mut command = command("serve", &config);
    let output = command.env("DATABASE_URL", "postgres://nobody@127.0.0.1:1/none").output().unwrap();
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(log.contains("mine.toml: 1 of 2 cases hold"), "{log}");
    assert!(log.contains("case 2 (leaving): churn is not found"), "{log}");
    assert!(!log.contains("wrath") && !log.contains("furious"), "{log}");
}
