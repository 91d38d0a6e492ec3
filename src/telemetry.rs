//! Logs: readable lines, searchable fields, never a customer's words.

use std::any::Any;
use std::io::{self, IsTerminal};
use std::panic::{self, PanicHookInfo};

use tracing::{Level, Metadata};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::prelude::*;

/// What is logged unless `UNDERTONE_LOG` says otherwise. The queue's own lines come with every job.
pub const DEFAULT_FILTER: &str = "info,graphile_worker=warn,graphile_worker::runner::release::failure=off,graphile_worker_task_details=error,\
     sqlx::postgres::notice=warn";

/// Starts logging to standard error, as JSON lines when asked.
pub fn start(filter: Option<String>, json: bool) {
    let filter = EnvFilter::try_new(filter.as_deref().unwrap_or(DEFAULT_FILTER))
        .unwrap_or_else(|_| EnvFilter::new(DEFAULT_FILTER));
    let registry = tracing_subscriber::registry().with(filter).with(filter_fn(is_safe));
    let lines =
        tracing_subscriber::fmt::layer().with_writer(io::stderr).with_ansi(io::stderr().is_terminal());
    // A second start (a test, the demo within a test) changes nothing.
    let _ = if json { registry.with(lines.json()).try_init() } else { registry.with(lines).try_init() };
    panic::set_hook(Box::new(say_where));
}

/// Whether a line may be written at all, whatever the filter says: ours always, a library's from `info` up.
///
/// Below that some can write what they carry (axum a refused body, reqwest its buffers), and what the next release of
/// one writes nobody knows.
fn is_safe(line: &Metadata<'_>) -> bool {
    let ours = line.target() == "undertone" || line.target().starts_with("undertone::");
    ours || *line.level() <= Level::INFO
}

/// Says where a panic was.
fn say_where(panic: &PanicHookInfo<'_>) {
    let message = as_it_stands(panic.payload());
    let place = panic.location().map(|place| format!("{}:{}", place.file(), place.line()));
    tracing::error!(place, "Panicked: {message}");
    if !tracing::enabled!(Level::ERROR) {
        eprintln!("undertone: panicked at {}: {message}", place.unwrap_or_default());
    }
}

/// A panic's message if it stands in the source as it is. A formatted one can quote the text at hand, as those about a
/// character boundary do.
fn as_it_stands(payload: &dyn Any) -> &'static str {
    payload.downcast_ref::<&'static str>().copied().unwrap_or("(message left out)")
}

#[cfg(test)]
pub mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    /// Lines of log in memory, without colours.
    #[derive(Clone, Default)]
    pub struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Lines {
        /// A subscriber that writes here, as `start` would with this filter.
        pub fn subscriber(&self, filter: &str) -> impl tracing::Subscriber + Send + Sync + use<> {
            let writer = self.clone();
            let lines = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(move || writer.clone());
            let filter = EnvFilter::new(filter);
            tracing_subscriber::registry().with(filter).with(filter_fn(is_safe)).with(lines)
        }

        pub fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_panic_tells_no_text_that_it_was_about() {
        let name = "Zéphyrine".to_owned();
        let about_the_text = panic::catch_unwind(|| name[..2].len()).unwrap_err();
        assert_eq!(as_it_stands(&*about_the_text), "(message left out)");
        let plain = panic::catch_unwind(|| panic!("no text")).unwrap_err();
        assert_eq!(as_it_stands(&*plain), "no text");
    }

    #[test]
    fn libraries_never_write_below_info_and_we_do_when_asked() {
        let events = || {
            tracing::trace!(target: "undertone::worker", "one");
            tracing::trace!(target: "hyper::proto", "two");
            tracing::debug!(target: "sqlx::query", "three");
            tracing::info!(target: "graphile_worker", "four");
            tracing::debug!(target: "undertone_of_others", "five");
            tracing::error!(target: "h2", "six");
        };
        let cases = [
            ("trace", vec!["one", "four", "six"]),
            ("hyper=trace,sqlx=trace", vec![]),
            ("undertone=trace,warn", vec!["one", "six"]),
            ("error", vec!["six"]),
        ];
        for (filter, expected) in cases {
            let lines = Lines::default();
            tracing::subscriber::with_default(lines.subscriber(filter), events);
            let written = lines.text();
            let words: Vec<_> = written.lines().filter_map(|line| line.split(' ').next_back()).collect();
            assert_eq!(words, expected, "{filter}");
        }
    }
}
