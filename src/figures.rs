//! Figures: the metrics' names and what they mean, and those that are looked up when somebody asks.

use std::time::Duration;

use metrics::{Unit, counter, gauge};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::helpdesk::gate::Reason;
use crate::store::{accounts, deliveries};

/// What a metric is, in Prometheus's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Counter,
    Gauge,
    Histogram,
}

/// A metric as it is documented: docs/operations.md has the same table.
#[derive(Debug)]
pub struct Figure {
    pub name: &'static str,
    pub kind: Kind,
    /// Its labels, with commas between.
    pub labels: &'static str,
    pub help: &'static str,
}

const fn figure(name: &'static str, kind: Kind, labels: &'static str, help: &'static str) -> Figure {
    Figure { name, kind, labels, help }
}

/// Every metric there is.
#[rustfmt::skip]
pub const ALL: [Figure; 17] = [
    figure("undertone_webhooks_total", Kind::Counter, "source, answer", "Webhooks received, by what they were answered."),
    figure("undertone_webhook_ack_seconds", Kind::Histogram, "source", "From a webhook's arrival to its answer."),
    figure("undertone_deliveries_total", Kind::Counter, "source, state, reason", "Attempts at kept webhooks, by how they ended."),
    figure("undertone_deliveries_waiting", Kind::Gauge, "source", "Kept webhooks that are still to be worked off."),
    figure("undertone_oldest_waiting_seconds", Kind::Gauge, "source", "Age of the oldest kept webhook that is still to be worked off; 0 for none."),
    figure("undertone_notes_total", Kind::Counter, "source, state, reason", "Decisions on messages, by what became of the note."),
    figure("undertone_webhook_to_note_seconds", Kind::Histogram, "source", "From a webhook's arrival to the confirmation of its note on the ticket."),
    figure("undertone_helpdesk_calls_total", Kind::Counter, "source, status", "Calls to the helpdesk's REST API, by class of the answer's status."),
    figure("undertone_source_paused", Kind::Gauge, "source, reason", "Whether no calls go to the source's helpdesk now: 1 beside the reason."),
    figure("undertone_update_budget_left", Kind::Gauge, "source", "Ticket updates left of this minute's budget; absent without a budget."),
    figure("undertone_updates_waiting", Kind::Gauge, "source", "Notes that wait for their turn in the budget of ticket updates."),
    figure("undertone_draft_looks_total", Kind::Counter, "source, answer", "Looks at drafted replies, by answer."),
    figure("undertone_polls_total", Kind::Counter, "source, outcome", "Turns of the reconciliation poll, by outcome."),
    figure("undertone_poll_found_total", Kind::Counter, "source", "Messages that the poll found and no webhook had told of."),
    figure("undertone_text_forgotten_total", Kind::Counter, "source, table", "Rows that lost their words by retention."),
    figure("undertone_ready", Kind::Gauge, "part", "Whether a part of the service does its work: 1 or 0."),
    figure("undertone_build_info", Kind::Gauge, "version", "1, beside the running version."),
];

/// Upper ends of the buckets, in seconds. The first ack is expected within 20 ms, and a helpdesk gives up after 10 s.
pub const ACK_BUCKETS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

/// The last is where a note is withheld as too late.
pub const NOTE_BUCKETS: [f64; 12] =
    [0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0, 21_600.0];

/// Installs the recorder that all metrics go to. Once per process; a second time is an error.
pub fn start() -> Result<PrometheusHandle, BuildError> {
    let full = |name: &str| Matcher::Full(name.to_owned());
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(full("undertone_webhook_ack_seconds"), &ACK_BUCKETS)?
        .set_buckets_for_metric(full("undertone_webhook_to_note_seconds"), &NOTE_BUCKETS)?
        .install_recorder()?;
    for figure in &ALL {
        match figure.kind {
            Kind::Counter => metrics::describe_counter!(figure.name, figure.help),
            Kind::Gauge => metrics::describe_gauge!(figure.name, figure.help),
            Kind::Histogram => metrics::describe_histogram!(figure.name, Unit::Seconds, figure.help),
        }
    }
    gauge!("undertone_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1);
    Ok(handle)
}

/// Keeps what nobody fetches from growing, until told to stop.
pub async fn upkeep(handle: PrometheusHandle, stop: CancellationToken) {
    while !stop.is_cancelled() {
        handle.run_upkeep();
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(Duration::from_secs(5)) => {}
        }
    }
}

/// Counts a decision on a message once it is final.
pub fn count_notes(source: &str, state: &'static str, reason: &str, notes: u64) {
    let labels = [("source", source.to_owned()), ("state", state.to_owned()), ("reason", reason.to_owned())];
    counter!("undertone_notes_total", &labels).increment(notes);
}

/// Looks up what is not counted as it happens. While the database is away the last figures stay.
pub async fn look_up(app: &App) {
    show_pauses(app);
    let worker_runs = app.health.worker_runs();
    gauge!("undertone_ready", "part" => "worker").set(f64::from(u8::from(worker_runs)));
    let (queue, budgets) = tokio::join!(deliveries::queue(&app.db), accounts::budgets(&app.db));
    gauge!("undertone_ready", "part" => "database").set(f64::from(u8::from(queue.is_ok())));
    if let (Ok(queue), Ok(budgets)) = (queue, budgets) {
        show_queue(app, &queue);
        show_budgets(app, &budgets);
    }
}

fn show_pauses(app: &App) {
    for account in app.accounts() {
        let pause = account.helpdesk.gate().pause();
        for reason in Reason::ALL {
            let paused = pause.is_some_and(|pause| pause.reason == reason);
            let source = account.source.name.as_str().to_owned();
            gauge!("undertone_source_paused", "source" => source, "reason" => reason.as_str())
                .set(f64::from(u8::from(paused)));
        }
    }
}

fn show_queue(app: &App, queue: &[deliveries::Queue]) {
    for account in app.accounts() {
        let source = account.source.name.as_str();
        let waiting = queue.iter().find(|queue| queue.source == source);
        gauge!("undertone_deliveries_waiting", "source" => source.to_owned())
            .set(waiting.map_or(0.0, |queue| queue.waiting as f64));
        gauge!("undertone_oldest_waiting_seconds", "source" => source.to_owned())
            .set(waiting.map_or(0.0, |queue| queue.oldest_seconds));
    }
}

fn show_budgets(app: &App, budgets: &[accounts::Budget]) {
    for account in app.accounts() {
        let Some(per_minute) = account.source.updates_per_minute else { continue };
        let source = account.source.name.as_str();
        let budget = budgets.iter().find(|budget| budget.source == source);
        let left = i64::from(per_minute) - budget.map_or(0, |budget| budget.taken);
        gauge!("undertone_update_budget_left", "source" => source.to_owned()).set(left.max(0) as f64);
        let waiting = budget.map_or(0, |budget| budget.waiting);
        gauge!("undertone_updates_waiting", "source" => source.to_owned()).set(waiting as f64);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use regex::Regex;

    use super::*;

    /// What the code under `dir` records, by name.
    fn recorded(dir: &Path, names: &mut BTreeSet<String>) {
        let record = Regex::new(r#"(?:counter|gauge|histogram)!\(\s*"(undertone_\w+)""#).unwrap();
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                recorded(&path, names);
            } else {
                let text = std::fs::read_to_string(&path).unwrap();
                names.extend(record.captures_iter(&text).map(|found| found[1].to_owned()));
            }
        }
    }

    #[test]
    fn every_metric_is_listed_named_by_the_conventions_and_recorded() {
        let mut names = BTreeSet::new();
        recorded(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut names);
        let listed: BTreeSet<_> = ALL.iter().map(|figure| figure.name.to_owned()).collect();
        assert_eq!(names, listed);
        for Figure { name, kind, labels, help } in &ALL {
            assert_eq!(name.ends_with("_total"), *kind == Kind::Counter, "{name}");
            assert!(*kind != Kind::Histogram || name.ends_with("_seconds"), "{name}");
            assert!(!labels.is_empty() && help.ends_with('.'), "{name}");
        }
    }

    #[test]
    fn the_documentation_has_the_same_table() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/operations.md");
        let document = std::fs::read_to_string(path).unwrap();
        let documented: BTreeSet<_> = document
            .lines()
            .filter(|line| line.starts_with("| `undertone_"))
            .map(|line| line.split('|').skip(1).take(3).map(str::trim).collect::<Vec<_>>().join(" | "))
            .collect();
        let listed: BTreeSet<_> = ALL
            .iter()
            .map(|figure| {
                let kind = format!("{:?}", figure.kind).to_lowercase();
                let labels = figure.labels.split(", ").map(|label| format!("`{label}`"));
                format!("`{}` | {kind} | {}", figure.name, labels.collect::<Vec<_>>().join(", "))
            })
            .collect();
        assert_eq!(documented, listed);
        let mentioned = Regex::new(r"undertone_\w+").unwrap();
        for name in mentioned.find_iter(&document).map(|found| found.as_str()) {
            let base =
                ["_bucket", "_count", "_sum"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
            assert!(ALL.iter().any(|figure| figure.name == base), "{name} is not a metric");
        }
        for bucket in [ACK_BUCKETS, NOTE_BUCKETS] {
            let listed = bucket.map(|end| end.to_string()).join(", ");
            assert!(document.contains(&listed), "the buckets {listed} are not documented");
        }
    }
}
