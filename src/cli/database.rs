//! The database of a verb that works beside the service: `DATABASE_URL`'s, else the private one, which a running service
//! may have open already.

use anyhow::Context;
use secrecy::ExposeSecret;
use sqlx::PgPool;

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
        let (options, private) = match &environment.database_url {
            Some(url) => (store::parse_url(url.expose_secret())?, None),
            None => {
                let dir = environment.data_dir(config);
                match postgres::running(&dir).await {
                    Some(options) => (options, None),
                    None => {
                        let private = PrivateServer::start(&dir).await.with_context(|| {
                            format!("no DATABASE_URL, and no private Postgres in {}", dir.display())
                        })?;
                        (private.options(), Some(private))
                    }
                }
            }
        };
        let db = store::connect(options).await?;
        store::migrate(&db).await?;
        Ok(Self { db, private })
    }

    pub async fn close(self) {
        self.db.close().await;
        if let Some(private) = self.private {
            private.stop().await;
        }
    }
}
