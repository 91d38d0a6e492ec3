//! Readings: what looking at a ticket leaves in the tables `requester`, `ticket`, `message` and `signal`, all of it or nothing.

use sqlx::PgExecutor;

use super::each;
use super::tickets::status_word;
use super::words::Words;
use crate::detect::Signal;
use crate::ticket::{Author, Case, CustomerText, Message};

/// One message and what reading it showed.
pub struct Reading<'a> {
    pub message: &'a Message,
    /// `None` for an agent's, which is not read.
    pub read: Option<Read<'a>>,
}

/// What reading a customer's message showed.
pub struct Read<'a> {
    pub words: u32,
    pub about_amount: bool,
    /// ISO 639-1.
    pub language: Option<&'static str>,
    /// Why it was not read; `None` when it was.
    pub unread_reason: Option<&'static str>,
    pub signals: &'a [Signal],
    pub detector_version: u32,
}

/// Writes down a ticket, its requester and messages of it, or what is new about them. An older reading of the ticket does
/// not undo a newer one; a message's second reading replaces its first, and its signals those of the first.
///
/// One statement in place of five round trips: a delivery spends most of its time on the way to Postgres and back.
pub async fn keep(
    db: impl PgExecutor<'_>,
    source: &str,
    case: &Case,
    readings: &[Reading<'_>],
    words: Words<'_>,
) -> sqlx::Result<()> {
    let (ticket, customer) = (&case.ticket, &case.customer);
    let text = |message: &'_ Message| words.kept(&message.text).filter(|_| is_customers(message)).cloned();
    let read: Vec<_> = readings.iter().filter_map(|one| Some((one.message, one.read.as_ref()?))).collect();
    let found: Vec<_> = read
        .iter()
        .flat_map(|(message, read)| read.signals.iter().map(move |s| (*message, *read, s)))
        .collect();
    sqlx::query(KEEP)
        .bind(source)
        .bind(&ticket.id)
        .bind(&ticket.requester_id)
        .bind(words.kept(&ticket.subject).map_or("", CustomerText::expose))
        .bind(status_word(ticket.status))
        .bind(&ticket.channel)
        .bind(ticket.created_at)
        .bind(ticket.updated_at)
        .bind(&ticket.follow_up_of)
        .bind(ticket.reopens as i32)
        .bind(&customer.locale)
        .bind(customer.time_zone.map(|zone| zone.name()))
        .bind(each(readings, |one| one.message.id.0.as_str()))
        .bind(each(readings, |one| if is_customers(one.message) { "customer" } else { "agent" }))
        .bind(each(readings, |one| one.message.sent_at))
        .bind(each(readings, |one| text(one.message)))
        .bind(each(readings, |one| one.read.as_ref().map_or(0, |read| read.words as i32)))
        .bind(each(readings, |one| one.read.as_ref().is_some_and(|read| read.about_amount)))
        .bind(each(readings, |one| one.read.as_ref()?.language))
        .bind(each(readings, |one| one.read.as_ref()?.unread_reason))
        .bind(each(&read, |(message, _)| message.id.0.as_str()))
        .bind(each(&found, |(message, ..)| message.id.0.as_str()))
        .bind(each(&found, |(.., signal)| signal.detector.as_str()))
        .bind(each(&found, |(.., signal)| signal.kind.as_str()))
        .bind(each(&found, |(.., signal)| signal.strength.as_str()))
        .bind(each(&found, |(.., signal)| words.evidence(&signal.evidence)))
        .bind(each(&found, |(.., signal)| words.facts(&signal.facts)))
        .bind(each(&found, |(_, read, _)| read.detector_version as i32))
        .bind(each(&found, |(_, read, _)| read.language.unwrap_or("und")))
        .bind(each(&found, |(message, ..)| message.sent_at))
        .execute(db)
        .await?;
    Ok(())
}

const KEEP: &str = "
with kept_requester as (
    insert into requester (source, requester_id, locale, time_zone)
    select $1, $3, $11, $12 where $3::text is not null
    on conflict on constraint requester_pkey do update
    set locale = coalesce(excluded.locale, requester.locale),
        time_zone = coalesce(excluded.time_zone, requester.time_zone),
        seen_at = now()
), kept_ticket as (
    insert into ticket (source, ticket_id, requester_id, subject, status, channel, created_at, updated_at, follow_up_of, reopens)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
    on conflict on constraint ticket_pkey do update
    set requester_id = coalesce(excluded.requester_id, ticket.requester_id),
        subject = excluded.subject,
        status = excluded.status,
        channel = excluded.channel,
        updated_at = excluded.updated_at,
        follow_up_of = coalesce(excluded.follow_up_of, ticket.follow_up_of),
        reopens = greatest(excluded.reopens, ticket.reopens),
        seen_at = now()
    where ticket.updated_at <= excluded.updated_at
), kept_messages as (
    insert into message (source, ticket_id, message_id, author, sent_at, text, words, about_amount, language, unread_reason)
    select distinct on (message_id) $1, $2, read.*
    from unnest($13::text[], $14::text[], $15::timestamptz[], $16::text[], $17::integer[], $18::boolean[], $19::text[], $20::text[])
        as read (message_id, author, sent_at, text, words, about_amount, language, unread_reason)
    on conflict on constraint message_pkey do update
    set author = excluded.author, sent_at = excluded.sent_at, text = excluded.text, words = excluded.words,
        about_amount = excluded.about_amount, language = excluded.language,
        unread_reason = excluded.unread_reason, seen_at = now()
), found as (
    select * from unnest($22::text[], $23::text[], $24::text[], $25::text[], $26::jsonb[], $27::jsonb[], $28::integer[], $29::text[], $30::timestamptz[])
        as found (message_id, detector, kind, strength, evidence, facts, detector_version, language, sent_at)
), gone as (
    delete from signal
    where source = $1 and ticket_id = $2 and message_id = any($21)
      and (message_id, detector, kind) not in (select message_id, detector, kind from found)
)
insert into signal (source, ticket_id, message_id, detector, kind, strength, evidence, facts, detector_version, language, sent_at)
select $1, $2, found.* from found
on conflict on constraint signal_pkey do update
set strength = excluded.strength, evidence = excluded.evidence, facts = excluded.facts,
    detector_version = excluded.detector_version, language = excluded.language,
    sent_at = excluded.sent_at, detected_at = now()";

fn is_customers(message: &Message) -> bool {
    message.author == Author::Customer
}
