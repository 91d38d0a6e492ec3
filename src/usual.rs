//! Figures of a source that are asked of the database now and then, and not for every message.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sqlx::PgExecutor;

use crate::config::{Mode, Source};
use crate::store::{history, notes};

/// A median over hundreds of messages moves slowly.
const WORDS_GOOD_FOR: Duration = Duration::from_secs(60);

/// For so long the notes of other replicas, and those that have become older than a day, go unseen. Our own count at once.
const NOTES_GOOD_FOR: Duration = Duration::from_secs(10);

/// The same at the ceiling, so that notes go on soon after there is room.
const CEILING_GOOD_FOR: Duration = Duration::from_secs(1);

/// The figures, as last asked.
#[derive(Default)]
pub struct Usual {
    words: Remembered<Option<u32>>,
    notes: Remembered<u32>,
}

impl Usual {
    /// Gives the source's usual length of messages about amounts, in words.
    pub async fn words(&self, db: impl PgExecutor<'_>, source: &str) -> sqlx::Result<Option<u32>> {
        if let Some(words) = self.words.of(source, WORDS_GOOD_FOR) {
            return Ok(words);
        }
        let words = history::typical_words(db, source).await?;
        self.words.set(source, words);
        Ok(words)
    }

    /// Gives how many notes the source had in the last 24 hours, counted up to its ceiling.
    ///
    /// Counting takes a millisecond where there are thousands, too long for each message.
    pub async fn notes(&self, db: impl PgExecutor<'_>, source: &Source) -> sqlx::Result<u32> {
        let name = source.name.as_str();
        let below = self.notes.of(name, NOTES_GOOD_FOR).filter(|&count| count < source.notes.per_day);
        if let Some(count) = below.or_else(|| self.notes.of(name, CEILING_GOOD_FOR)) {
            return Ok(count);
        }
        let count = notes::of_source(db, name, source.mode == Mode::Shadow, source.notes.per_day).await?;
        self.notes.set(name, count);
        Ok(count)
    }

    pub fn one_more_note(&self, source: &str) {
        if let Some((_, count)) = self.notes.all().get_mut(source) {
            *count += 1;
        }
    }
}

/// A figure of each source, and when it was asked.
struct Remembered<T>(Mutex<HashMap<String, (Instant, T)>>);

impl<T> Default for Remembered<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Copy> Remembered<T> {
    fn of(&self, source: &str, good_for: Duration) -> Option<T> {
        let (asked, figure) = self.all().get(source).copied()?;
        (asked.elapsed() < good_for).then_some(figure)
    }

    fn set(&self, source: &str, figure: T) {
        self.all().insert(source.to_owned(), (Instant::now(), figure));
    }

    fn all(&self) -> MutexGuard<'_, HashMap<String, (Instant, T)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_remembered_for_its_time_and_each_source_has_its_own() {
        let usual = Usual::default();
        let hour = Duration::from_secs(3600);
        usual.notes.set("acme", 7);
        usual.notes.set("acme-shop", 3);
        usual.one_more_note("acme");
        usual.one_more_note("elsewhere");
        let cases = [
            ("asked a moment ago, and one more since", "acme", hour, Some(8)),
            ("another source's", "acme-shop", hour, Some(3)),
            ("asked too long ago", "acme", Duration::ZERO, None),
            ("never asked", "elsewhere", hour, None),
        ];
        for (name, source, good_for, expected) in cases {
            assert_eq!(usual.notes.of(source, good_for), expected, "{name}");
        }
    }
}
