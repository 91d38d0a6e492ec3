//! The demo's world: both pretend helpdesks, the real service between, and a way to send it webhooks.

use std::time::Duration;

use anyhow::{Context, ensure};
use axum::http::HeaderMap;
use chrono::{DateTime, Utc};
use secrecy::SecretString;
use serde_json::Value;
use sqlx::PgPool;

use super::tickets::{Before, Sample, Way, most_recent};
use crate::config::Config;
use crate::helpdesk::http_client;
use crate::pretend::zendesk::Installation;
use crate::pretend::{Happening, NewTicket, NewUser, NoteSeen, PretendFreshdesk, PretendZendesk};
use crate::service::Service;
use crate::store::{self, postgres::PrivateServer};
use crate::ticket::{TicketId, UserId};

pub const ZENDESK_SECRET: &str = "demo-zendesk-webhook-secret";
pub const FRESHDESK_SECRET: &str = "demo-freshdesk-webhook-secret";
pub const APP_TOKEN: &str = "demo-app-token";

/// Everything that runs during the demo.
pub struct World {
    pub zendesk: PretendZendesk,
    pub freshdesk: PretendFreshdesk,
    pub service: Service,
    pub db: PgPool,
    pub postgres: PrivateServer,
    client: reqwest::Client,
}

impl World {
    pub async fn start(listen: &str) -> anyhow::Result<Self> {
        let postgres = PrivateServer::start_throwaway().await?;
        let zendesk = PretendZendesk::start().await.context("starting the pretend Zendesk")?;
        let freshdesk = PretendFreshdesk::start().await.context("starting the pretend Freshdesk")?;
        let config =
            Config::parse("the demo's configuration", &settings(listen, &zendesk, &freshdesk), &secret)?;
        let db = store::connect(postgres.options()).await?;
        store::migrate(&db).await?;
        let service = Service::start(config, db.clone(), None).await?;
        let client = http_client()?;
        zendesk.install_app(Installation {
            service: format!("http://{}", service.address),
            source: SOURCES.0.to_owned(),
            token: SecretString::from(APP_TOKEN),
            client: client.clone(),
        });
        Ok(Self { zendesk, freshdesk, service, db, postgres, client })
    }

    /// Puts a sample's ticket, and what went before it, on its helpdesk.
    pub fn add(&self, sample: &Sample) -> TicketId {
        let now = Utc::now();
        let (zone, written_at) = match sample.local_time {
            Some(local) => most_recent(local, now),
            None => ("London", now),
        };
        let requester = self.add_customer(sample.way, zone);
        if sample.before == Before::TwoWeeksOfTickets {
            for (days, text) in
                [(14, "The router drops the line every hour."), (8, "Following up on my router.")]
            {
                let at = now - chrono::Duration::days(days);
                self.add_ticket(sample.way, &requester, sample.subject, text, at);
            }
        }
        self.add_ticket(sample.way, &requester, sample.subject, sample.text, written_at)
    }

    /// Sends the webhook of a new ticket as its helpdesk would, correctly signed.
    pub async fn announce(&self, way: Way, ticket: &TicketId) -> anyhow::Result<()> {
        let (source, (headers, body)) = self.webhook(way, ticket);
        let url = format!("http://{}/webhooks/{source}", self.service.address);
        let answer = self.client.post(url).headers(headers).body(body).send().await?;
        ensure!(answer.status().is_success(), "the service answered a webhook with {}", answer.status());
        Ok(())
    }

    /// Asks for a look at a drafted reply, as the app beside the ticket does.
    pub async fn ask_about(&self, source: &str, request: &Value) -> anyhow::Result<Value> {
        let url = format!("http://{}/webhooks/{source}/reply-drafted", self.service.address);
        let answer = self.client.post(url).bearer_auth(APP_TOKEN).json(request).send().await?;
        ensure!(answer.status().is_success(), "the service answered a draft with {}", answer.status());
        Ok(answer.json().await?)
    }

    fn webhook(&self, way: Way, ticket: &TicketId) -> (&'static str, (HeaderMap, Vec<u8>)) {
        let happening = Happening::TicketCreated;
        match way {
            Way::Zendesk(form) => {
                let secret = SecretString::from(ZENDESK_SECRET);
                (SOURCES.0, self.zendesk.signed_webhook(form, happening, ticket, &secret))
            }
            Way::Freshdesk(form) => {
                let secret = SecretString::from(FRESHDESK_SECRET);
                (SOURCES.1, self.freshdesk.signed_webhook(form, happening, ticket, &secret))
            }
        }
    }

    /// Waits until no delivery is left to be worked on.
    pub async fn settle(&self) -> anyhow::Result<()> {
        for _ in 0..600 {
            let waiting: i64 = sqlx::query_scalar("select count(*) from delivery where state = 'waiting'")
                .fetch_one(&self.db)
                .await?;
            if waiting == 0 {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        anyhow::bail!("after 30 s there are webhooks still to be worked on")
    }

    pub fn notes(&self, way: Way, ticket: &TicketId) -> Vec<NoteSeen> {
        match way {
            Way::Zendesk(_) => self.zendesk.notes(ticket),
            Way::Freshdesk(_) => self.freshdesk.notes(ticket),
        }
    }

    pub async fn stop(self) -> anyhow::Result<()> {
        self.service.stop().await?;
        self.postgres.stop().await;
        Ok(())
    }

    fn add_customer(&self, way: Way, zone: &str) -> UserId {
        let user =
            NewUser { locale: Some("en".to_owned()), time_zone: Some(zone.to_owned()), is_agent: false };
        match way {
            Way::Zendesk(_) => self.zendesk.add_user(user),
            Way::Freshdesk(_) => self.freshdesk.add_user(user),
        }
    }

    fn add_ticket(
        &self,
        way: Way,
        requester: &UserId,
        subject: &str,
        text: &str,
        at: DateTime<Utc>,
    ) -> TicketId {
        let ticket = NewTicket {
            requester: requester.clone(),
            subject: subject.into(),
            text: text.into(),
            created_at: at,
        };
        match way {
            Way::Zendesk(_) => self.zendesk.add_ticket(ticket),
            Way::Freshdesk(_) => self.freshdesk.add_ticket(ticket),
        }
    }
}

/// The demo's source names.
pub const SOURCES: (&str, &str) = ("demo-zendesk", "demo-freshdesk");

fn settings(listen: &str, zendesk: &PretendZendesk, freshdesk: &PretendFreshdesk) -> String {
    format!(
        r#"
        listen = "{listen}"
        [[source]]
        name = "{}"
        kind = "zendesk"
        base_url = "{}"
        webhook_secrets = ["ZENDESK_SECRET"]
        app_tokens = ["APP_TOKEN"]
        credentials = {{ oauth_client_id = "undertone_integration", oauth_client_secret = "ZENDESK_OAUTH" }}
        mode = "live"
        time_zone = "Europe/London"
        [[source]]
        name = "{}"
        kind = "freshdesk"
        base_url = "{}"
        webhook_secrets = ["FRESHDESK_SECRET"]
        app_tokens = ["APP_TOKEN"]
        credentials = {{ api_key = "FRESHDESK_KEY" }}
        mode = "live"
        time_zone = "Europe/London"
        "#,
        SOURCES.0,
        zendesk.base_url(),
        SOURCES.1,
        freshdesk.base_url(),
    )
}

/// What the pretend helpdesks accept.
fn secret(name: &str) -> Option<String> {
    let value = match name {
        "ZENDESK_SECRET" => ZENDESK_SECRET,
        "FRESHDESK_SECRET" => FRESHDESK_SECRET,
        "APP_TOKEN" => APP_TOKEN,
        "ZENDESK_OAUTH" => "EXAMPLE-NOT-A-SECRET",
        "FRESHDESK_KEY" => "EXAMPLE-API-KEY",
        _ => return None,
    };
    Some(value.to_owned())
}
