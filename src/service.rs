//! The running service: the web side, the writer and the worker, started and stopped together.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context;
use metrics_exporter_prometheus::PrometheusHandle;
use sqlx::PgPool;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::catch_up::poll;
use crate::config::Config;
use crate::figures;
use crate::http::{Patience, Web, router, serve};
use crate::jobs;
use crate::keep::Keeper;
use crate::pauses;
use crate::store;

/// A service that answers and works until it is stopped.
pub struct Service {
    pub app: App,
    pub address: SocketAddr,
    stop: CancellationToken,
    web: JoinHandle<()>,
    writer: JoinHandle<()>,
    worker: JoinHandle<()>,
    pauses: JoinHandle<()>,
    polls: JoinHandle<()>,
}

impl Service {
    /// Starts on a database that is migrated already.
    pub async fn start(
        config: Config,
        db: PgPool,
        metrics: Option<PrometheusHandle>,
    ) -> anyhow::Result<Self> {
        let listen = config.listen;
        let listener = TcpListener::bind(listen).await.with_context(|| format!("listening on {listen}"))?;
        let address = listener.local_addr()?;
        let options = db.connect_options().as_ref().clone();
        let work_db = store::connect_for_work(options.clone()).await?;
        let (keeper, writer) = Keeper::start(store::connect_for_keeping(options).await?);
        let app = App::new(work_db, keeper, config)?;
        let stop = CancellationToken::new();
        if let Some(metrics) = metrics.clone() {
            tokio::spawn(figures::upkeep(metrics, stop.clone()));
        }
        let web = Web { app: app.clone(), metrics, refusals: Arc::default() };
        Ok(Self {
            worker: tokio::spawn(jobs::run(app.clone(), stop.clone())),
            pauses: tokio::spawn(pauses::run(app.clone(), stop.clone())),
            polls: tokio::spawn(poll::run(app.clone(), stop.clone())),
            web: tokio::spawn(serve(listener, router(web), Patience::default(), stop.clone())),
            app,
            address,
            stop,
            writer,
        })
    }

    /// Stops taking webhooks, lets the work in hand finish (20 s at the most) and returns when all is at rest.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.stop.cancel();
        self.web.await?;
        self.worker.await?;
        self.pauses.await?;
        self.polls.await?;
        self.app.db.close().await;
        drop(self.app);
        self.writer.await?;
        Ok(())
    }
}
