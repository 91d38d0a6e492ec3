//! The service as its users meet it: real HTTP, a real Postgres, pretend helpdesks.

mod acknowledging;
mod backfill;
mod bad_days;
mod catch_up;
mod chaos;
mod crashes;
mod database;
mod disk;
mod docs;
mod drafts;
mod erasure;
mod governor;
mod helpers;
mod hostile;
mod loops;
mod notes;
mod privacy;
mod process;
mod replicas;
mod retries;
mod seeing;
mod stopping;
