//! The real binary as one of several replicas on a Postgres that it did not start.

use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use sqlx::postgres::PgConnectOptions;

use crate::helpers::{SECRETS, secret};

/// A replica, killed when dropped.
pub struct Replica {
    child: Child,
    pub port: u16,
}

impl Drop for Replica {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Replica {
    /// Starts it with these settings, whose `listen` is replaced by the port.
    pub fn start(home: &Path, settings: &str, port: u16, database: &PgConnectOptions) -> Self {
        let listen = format!("listen = \"127.0.0.1:{port}\"");
        let config = home.join(format!("undertone-{port}.toml"));
        std::fs::write(&config, settings.replace("listen = \"127.0.0.1:0\"", &listen)).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_undertone"));
        command.args(["serve", "--config"]).arg(&config).env("DATABASE_URL", url(database));
        command.stdout(Stdio::null()).stderr(Stdio::null());
        for name in SECRETS {
            command.env(name, secret(name).unwrap());
        }
        Self { child: command.spawn().unwrap(), port }
    }

    pub async fn is_ready(&self) -> bool {
        let client = undertone::helpdesk::http_client().unwrap();
        let answer = client.get(format!("http://127.0.0.1:{}/readyz", self.port)).send().await;
        answer.is_ok_and(|answer| answer.status() == StatusCode::OK)
    }

    pub fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    /// Whether it has ended, and how.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().unwrap()
    }

    /// Waits until it has ended, half a minute at the most.
    pub async fn end(mut self) -> ExitStatus {
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            if let Some(status) = self.ended() {
                return status;
            }
            assert!(Instant::now() < deadline, "it did not end");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

fn url(database: &PgConnectOptions) -> String {
    let socket = database.get_socket().expect("the tests' server is on a socket").display();
    let (user, name) = (database.get_username(), database.get_database().unwrap());
    format!("postgres://{user}@localhost/{name}?host={socket}")
}
