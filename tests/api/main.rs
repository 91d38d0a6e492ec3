//! The service as its users meet it: real HTTP, a real Postgres, pretend helpdesks.

mod acknowledging;
mod bad_days;
mod catch_up;
mod chaos;
mod database;
mod docs;
mod drafts;
mod governor;
mod helpers;
mod loops;
mod notes;
mod privacy;
mod process;
mod retries;
mod seeing;
