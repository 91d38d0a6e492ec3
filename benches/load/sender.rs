//! Sends signed webhooks over kept-alive connections and takes the time of each answer.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use axum::http::HeaderMap;
use chrono::{SecondsFormat, Utc};
use secrecy::SecretString;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use undertone::helpdesk::zendesk::signature;

use crate::place::{EARLIER_REQUESTERS, SECRET};

/// Connections for a steady rate.
const STEADY: usize = 16;

const TEXT: &str = "Hello, this is the third time I am writing about order 48-2291. I was charged 4.90 EUR twice on 3 March and nobody \
    has answered me. I know it is only a few euros, but I have spent two evenings on this and I feel like I am being ignored. My \
    daughter's birthday is tomorrow and I was counting on the gift card being fixed today. Could a real person please look at it and \
    tell me what happened to the money and when it will be back on my card?";

/// Makes webhooks of ever new tickets of a source.
pub struct Webhooks {
    source: &'static str,
    next: u64,
}

impl Webhooks {
    pub fn new(source: &'static str) -> Self {
        Self { source, next: 1_000_000_000 }
    }

    /// Signed requests, ready to be written to a connection.
    pub fn make(&mut self, count: usize) -> VecDeque<Vec<u8>> {
        let (first, path) = (self.next, format!("/webhooks/{}", self.source));
        self.next += count as u64;
        (first..self.next).map(|ticket| request(&path, &HeaderMap::new(), &full_body(ticket))).collect()
    }
}

/// A trigger's body with all that is needed, by a requester who has earlier tickets where there are any.
fn full_body(ticket: u64) -> Vec<u8> {
    let now = Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true);
    let requester = (ticket % EARLIER_REQUESTERS).to_string();
    let body = json!({
        "schema": "undertone.zendesk.trigger.v1", "event": "ticket_created",
        "ticket": {"id": ticket.to_string(), "subject": "Charged twice", "text": TEXT, "status": "New", "priority": "-",
                   "tags": "billing", "channel": "Mail", "created_at": now, "updated_at": now},
        "requester": {"id": requester, "locale": "en-GB", "time_zone": "Copenhagen", "role": "End user"},
        "actor": {"id": requester, "role": "End user"},
    });
    body.to_string().into_bytes()
}

/// A request with these headers, signed now where they hold no signature.
pub fn request(path: &str, headers: &HeaderMap, body: &[u8]) -> Vec<u8> {
    let now = Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true);
    let mut head = format!("POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {}\r\n", body.len());
    for (name, value) in headers {
        head += &format!("{name}: {}\r\n", value.to_str().expect("printable ASCII"));
    }
    if headers.is_empty() {
        let signature = signature::sign(&SecretString::from(SECRET), &now, body);
        head += &format!(
            "content-type: application/json\r\nx-zendesk-webhook-signature: {signature}\r\n\
             x-zendesk-webhook-signature-timestamp: {now}\r\n"
        );
    }
    [head.as_bytes(), b"\r\n", body].concat()
}

/// How long each answer took.
pub struct Answered(Vec<Duration>);

impl Answered {
    pub fn count(&self) -> usize {
        self.0.len()
    }

    pub fn times(&self) -> String {
        let mut times = self.0.clone();
        times.sort_unstable();
        let at = |share: f64| 1000.0 * times[((times.len() - 1) as f64 * share) as usize].as_secs_f64();
        format!("p50 {:.1} ms, p99 {:.1} ms, slowest {:.0} ms", at(0.5), at(0.99), at(1.0))
    }
}

/// When the next request goes out.
#[derive(Clone, Copy)]
enum Pace {
    /// As soon as the connection has its answer, until then.
    Until(Instant),
    /// At its own moment, so many a second. A late one is reckoned from the moment it should have gone.
    Steady { start: Instant, rate: usize },
}

/// Sends for so long, each connection its next request as soon as it has its answer.
pub async fn at_full_speed(
    to: SocketAddr,
    requests: VecDeque<Vec<u8>>,
    connections: usize,
    spell: Duration,
) -> anyhow::Result<Answered> {
    run(to, requests, connections, Pace::Until(Instant::now() + spell)).await
}

/// Sends all of them, so many a second.
pub async fn at_a_rate(to: SocketAddr, requests: VecDeque<Vec<u8>>, rate: usize) -> anyhow::Result<Answered> {
    run(to, requests, STEADY, Pace::Steady { start: Instant::now(), rate }).await
}

type Line = Arc<Mutex<(usize, VecDeque<Vec<u8>>)>>;

async fn run(
    to: SocketAddr,
    requests: VecDeque<Vec<u8>>,
    connections: usize,
    pace: Pace,
) -> anyhow::Result<Answered> {
    let line: Line = Arc::new(Mutex::new((0, requests)));
    let mut all = JoinSet::new();
    for _ in 0..connections {
        all.spawn(over_one_connection(to, line.clone(), pace));
    }
    let mut times = Vec::new();
    while let Some(done) = all.join_next().await {
        times.extend(done??);
    }
    ensure!(!times.is_empty(), "no webhook was sent");
    Ok(Answered(times))
}

async fn over_one_connection(to: SocketAddr, line: Line, pace: Pace) -> anyhow::Result<Vec<Duration>> {
    let mut connection = TcpStream::connect(to).await.context("connecting to the service")?;
    connection.set_nodelay(true)?;
    let mut times = Vec::new();
    while let Some((nth, request)) = take(&line) {
        let began = match pace {
            Pace::Until(end) if Instant::now() >= end => break,
            Pace::Until(_) => Instant::now(),
            Pace::Steady { start, rate } => {
                let moment = start + Duration::from_secs_f64(nth as f64 / rate as f64);
                tokio::time::sleep_until(moment.into()).await;
                moment
            }
        };
        connection.write_all(&request).await?;
        read_answer(&mut connection).await?;
        times.push(began.elapsed());
    }
    Ok(times)
}

fn take(line: &Line) -> Option<(usize, Vec<u8>)> {
    let mut line = line.lock().expect("nothing panics under the lock");
    let request = line.1.pop_front()?;
    line.0 += 1;
    Some((line.0 - 1, request))
}

/// Reads one answer, which must be a 200. Answers are short: head and body come in one piece, or in two.
async fn read_answer(connection: &mut TcpStream) -> anyhow::Result<()> {
    let mut answer = Vec::with_capacity(512);
    loop {
        ensure!(connection.read_buf(&mut answer).await? > 0, "the service closed the connection");
        let text = std::str::from_utf8(&answer).context("reading an answer")?;
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            ensure!(head.starts_with("HTTP/1.1 200"), "not acknowledged: {head}");
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= length.context("an answer with no length")?.trim().parse::<usize>()? {
                return Ok(());
            }
        }
    }
}
