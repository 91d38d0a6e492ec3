//! What is usual for a source, from its own messages.

use sqlx::PgExecutor;

/// Below this many messages about amounts a median says little, and the documented constant serves.
const ENOUGH: i64 = 50;

/// Gives the median length, in words, of this source's latest 500 messages about amounts; `None` until there are 50.
pub async fn typical_words(db: impl PgExecutor<'_>, source: &str) -> sqlx::Result<Option<u32>> {
    let (count, median): (i64, Option<f64>) = sqlx::query_as(
        "select count(*), percentile_cont(0.5) within group (order by words)
         from (
             select words from message
             where source = $1 and about_amount
             order by sent_at desc
             limit 500
         ) as latest",
    )
    .bind(source)
    .fetch_one(db)
    .await?;
    Ok(median.filter(|_| count >= ENOUGH).map(|median| median.round() as u32))
}
