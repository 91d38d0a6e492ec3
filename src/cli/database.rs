//! The database of a verb that works beside the service: `DATABASE_URL`'s, else the private one, which a running service
//! may have open already.

use std::path::Path;

use anyhow::Context;
use secrecy::ExposeSecret;
use sqlx::PgPool;
use sqlx::postgres::PgConnectOptions;

use crate::config::{Config, Environment};
use crate::store::{self, postgres, postgres::PrivateServer};

/// An open, migrated database. `close` also stops a private server that was started for it.
pub struct Database {
    pub db: PgPool,
    private: Option<PrivateServer>,
}

impl Database {
    /// Opens the database that the service of this configuration uses, whether it runs or not.
    pub async fn open(config: &Config, environment: &Environment) -> anyhow::Result<Self> {
        let (db, private) = match &environment.database_url {
            Some(url) => (opened(store::parse_url(url.expose_secret())?).await?, None),
            None => open_private(&environment.data_dir(config)).await?,
        };
        Ok(Self { db, private })
    }

    pub async fn close(self) {
        self.db.close().await;
        if let Some(private) = self.private {
            private.stop().await;
        }
    }
}

/// The private Postgres: the running service's, else one that is started for us.
///
/// A service that ends at this moment takes its Postgres with it, which only trying tells.
async fn open_private(dir: &Path) -> anyhow::Result<(PgPool, Option<PrivateServer>)> {
    if let Some(options) = postgres::running(dir).await
        && let Ok(db) = opened(options).await
    {
        return Ok((db, None));
    }
    let private = PrivateServer::start(dir)
        .await
        .with_context(|| format!("no DATABASE_URL, and no private Postgres in {}", dir.display()))?;
    Ok((opened(private.options()).await?, Some(private)))
}

async fn opened(options: PgConnectOptions) -> anyhow::Result<PgPool> {
    let db = store::connect(options).await?;
    store::migrate(&db).await?;
    Ok(db)
}
