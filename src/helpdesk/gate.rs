//! Whether calls to an account may go out: shut while its helpdesk wants quiet, or refuses our credentials.
//!
//! Every call passes here, whichever part of the service makes it. Replicas tell each other by the table `account`,
//! see [`crate::pauses`].

use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::Notify;

/// Why an account is paused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// 429: until `Retry-After`.
    RateLimited,
    /// 503 with a `Retry-After`.
    Unavailable,
    /// 401, also after one renewal: until a probe is let in.
    Unauthorized,
    /// 403 even for asking who we are: until a probe is let in.
    Forbidden,
}

impl Reason {
    pub const ALL: [Self; 4] = [Self::RateLimited, Self::Unavailable, Self::Unauthorized, Self::Forbidden];

    /// The word that stands in the database, in logs and in metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RateLimited => "helpdesk_rate_limited",
            Self::Unavailable => "helpdesk_unavailable",
            Self::Unauthorized => "helpdesk_unauthorized",
            Self::Forbidden => "helpdesk_forbidden",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == word)
    }

    /// Whether the pause has no end of its own: our credentials are refused, and only a probe can tell that they work again.
    pub fn ends_by_probe(self) -> bool {
        matches!(self, Self::Unauthorized | Self::Forbidden)
    }
}

/// A time without calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pause {
    pub reason: Reason,
    pub since: DateTime<Utc>,
    /// When it ends, or when the next probe is due.
    pub until: DateTime<Utc>,
}

impl Pause {
    fn is_over(&self, now: DateTime<Utc>) -> bool {
        !self.reason.ends_by_probe() && self.until <= now
    }
}

/// The gate of one account. Cheap to clone; all clones are the same gate.
#[derive(Debug, Clone, Default)]
pub struct Gate {
    inner: Arc<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    source: String,
    state: Mutex<State>,
    /// Told when there is something that other replicas should know.
    news: Arc<Notify>,
}

#[derive(Debug, Default)]
struct State {
    pause: Option<Pause>,
    /// Whether the pause is still to be told to the other replicas.
    is_news: bool,
}

impl Gate {
    pub fn new(source: &str, news: Arc<Notify>) -> Self {
        Self { inner: Arc::new(Inner { source: source.to_owned(), state: Mutex::default(), news }) }
    }

    pub fn source(&self) -> &str {
        &self.inner.source
    }

    /// The pause that is on now.
    pub fn pause(&self) -> Option<Pause> {
        self.with(|state| state.pause.filter(|pause| !pause.is_over(Utc::now())))
    }

    /// Shuts for so long. A longer pause that is on stays; refused credentials outlast a rate limit.
    pub fn shut(&self, reason: Reason, wait: Duration) {
        let now = Utc::now();
        let asked = Pause { reason, since: now, until: now + wait };
        let begins = self.with(|state| {
            let before = state.pause.filter(|pause| !pause.is_over(now));
            let pause = joined(before, asked);
            state.is_news |= before != Some(pause);
            state.pause = Some(pause);
            before.is_none_or(|before| before.reason != pause.reason)
        });
        if begins {
            tracing::warn!(
                source = self.inner.source, reason = reason.as_str(), until = %asked.until,
                "Source {} is paused: {}", self.inner.source, in_words(reason)
            );
        }
        self.inner.news.notify_one();
    }

    /// Opens after a probe was let in.
    pub fn open(&self) {
        self.with(|state| *state = State::default());
    }

    /// Takes a pause that the other replicas do not know yet.
    pub fn take_news(&self) -> Option<Pause> {
        self.with(|state| if std::mem::take(&mut state.is_news) { state.pause } else { None })
    }

    /// Gives news back that could not be told.
    pub fn keep_news(&self) {
        self.with(|state| state.is_news = state.pause.is_some());
    }

    /// Does as the replicas agreed, unless there is news of our own.
    pub fn follow(&self, agreed: Option<Pause>) {
        self.with(|state| {
            if !state.is_news {
                state.pause = agreed;
            }
        });
    }

    fn with<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut self.inner.state.lock().expect("nothing panics under the lock"))
    }
}

/// What two pauses make together.
fn joined(before: Option<Pause>, asked: Pause) -> Pause {
    match before {
        None => asked,
        Some(before) if before.reason.ends_by_probe() => before,
        Some(_) if asked.reason.ends_by_probe() => asked,
        Some(before) if before.until >= asked.until => before,
        Some(before) => Pause { since: before.since, ..asked },
    }
}

fn in_words(reason: Reason) -> &'static str {
    match reason {
        Reason::RateLimited => "the helpdesk's rate limit is reached (429)",
        Reason::Unavailable => "the helpdesk asks to come again later (503)",
        Reason::Unauthorized => {
            "the helpdesk refuses our credentials (401); mend them, and it resumes by itself"
        }
        Reason::Forbidden => {
            "the helpdesk forbids everything to our user (403); mend its role, and it resumes by itself"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pause(reason: Reason, since: i64, until: i64) -> Pause {
        let at = |seconds| DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap();
        Pause { reason, since: at(since), until: at(until) }
    }

    #[test]
    fn the_longer_pause_holds_and_refused_credentials_outlast_a_limit() {
        use Reason::{RateLimited, Unauthorized, Unavailable};
        let cases = [
            ("the first", None, pause(RateLimited, 5, 10), pause(RateLimited, 5, 10)),
            (
                "a longer one",
                Some(pause(RateLimited, 0, 8)),
                pause(RateLimited, 5, 10),
                pause(RateLimited, 0, 10),
            ),
            (
                "a shorter one",
                Some(pause(RateLimited, 0, 60)),
                pause(RateLimited, 5, 10),
                pause(RateLimited, 0, 60),
            ),
            (
                "as long",
                Some(pause(Unavailable, 0, 10)),
                pause(RateLimited, 5, 10),
                pause(Unavailable, 0, 10),
            ),
            (
                "a limit after a refusal",
                Some(pause(Unauthorized, 0, 2)),
                pause(RateLimited, 1, 60),
                pause(Unauthorized, 0, 2),
            ),
            (
                "a refusal after a limit",
                Some(pause(RateLimited, 0, 60)),
                pause(Unauthorized, 1, 3),
                pause(Unauthorized, 1, 3),
            ),
            (
                "a second refusal",
                Some(pause(Unauthorized, 0, 300)),
                pause(Unauthorized, 1, 3),
                pause(Unauthorized, 0, 300),
            ),
        ];
        for (name, before, asked, expected) in cases {
            assert_eq!(joined(before, asked), expected, "{name}");
        }
    }

    #[test]
    fn a_limit_ends_by_itself_and_a_refusal_does_not() {
        for reason in Reason::ALL {
            let gate = Gate::default();
            gate.shut(reason, Duration::ZERO);
            assert_eq!(gate.pause().is_some(), reason.ends_by_probe(), "{reason:?}");
            gate.shut(reason, Duration::from_secs(60));
            assert_eq!(gate.pause().map(|pause| pause.reason), Some(reason));
            assert_eq!(Reason::parse(reason.as_str()), Some(reason));
        }
        assert_eq!(Reason::parse("helpdesk_rejected"), None);
    }

    #[test]
    fn what_the_replicas_agreed_holds_unless_there_is_news() {
        let gate = Gate::default();
        gate.follow(Some(Pause { reason: Reason::Unauthorized, since: Utc::now(), until: Utc::now() }));
        assert!(gate.pause().is_some() && gate.take_news().is_none());
        gate.follow(None);
        assert_eq!(gate.pause(), None);
        gate.shut(Reason::RateLimited, Duration::from_secs(60));
        gate.follow(None);
        assert!(gate.pause().is_some(), "news was forgotten before it was told");
        assert!(gate.take_news().is_some());
        gate.keep_news();
        assert!(gate.take_news().is_some() && gate.take_news().is_none());
        gate.follow(None);
        assert_eq!(gate.pause(), None);
    }
}
