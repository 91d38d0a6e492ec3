//! What is usual for a source: asked of the database now and then, and not for every message.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use sqlx::PgPool;

use crate::store::history;

/// A median over hundreds of messages moves slowly.
const GOOD_FOR: Duration = Duration::from_secs(60);

/// The usual lengths, as last asked.
#[derive(Default)]
pub struct Usual {
    words: Mutex<HashMap<String, (Instant, Option<u32>)>>,
}

impl Usual {
    /// Gives the source's usual length of messages about amounts, in words; at most a minute old.
    pub async fn words(&self, db: &PgPool, source: &str) -> sqlx::Result<Option<u32>> {
        let known = self.words.lock().unwrap_or_else(PoisonError::into_inner).get(source).copied();
        if let Some((asked, words)) = known
            && asked.elapsed() < GOOD_FOR
        {
            return Ok(words);
        }
        let words = history::typical_words(db, source).await?;
        let mut all = self.words.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(source.to_owned(), (Instant::now(), words));
        Ok(words)
    }
}
