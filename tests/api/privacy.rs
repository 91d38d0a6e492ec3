//! Customers' words: kept for as long as the source says, and never in a log.

use std::process::Command;
use std::sync::Arc;

use chrono::Utc;
use serde_json::{Value, json};
use sqlx::postgres::PgConnectOptions;
use undertone::pretend::{
    Call, Fault, Happening, NewComment, NewTicket, NewUser, PretendFreshdesk, PretendZendesk, freshdesk,
    zendesk,
};
use undertone::privacy::{self, Erasure};
use undertone::store::postgres::find_binaries;
use undertone::ticket::{TicketId, UserId};

use crate::helpers::{
    APP_TOKEN, World, customer, database, freshdesk_secret, settings, start_with, ticket, until, world,
    zendesk_secret,
};

/// A name that stands in everything its customer writes.
pub const NAME: &str = "Zephyrine";
pub const TEXT: &str = "Zephyrine's lamp arrived with a crack in it. I am furious that Zephyrine was lied to. This is \
                    absolutely unacceptable, I'm done with your shop.";
const DRAFT: &str =
    "<p>Hi there,</p><p>We apologize for any inconvenience caused and appreciate your patience.</p>";
pub const PATH: &str = "/webhooks/zen/reply-drafted";

/// The tables that hold customers' words.
pub const TABLES: [&str; 6] = ["delivery", "ticket", "message", "signal", "note", "draft_check"];

/// The whole database as `pg_dump` gives it.
pub fn dump(options: &PgConnectOptions) -> String {
    let output = Command::new(find_binaries().unwrap().join("pg_dump"))
        .arg("-h")
        .arg(options.get_socket().unwrap())
        .args(["-U", "undertone", options.get_database().unwrap()])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Whether a name stands in a dump, as it is or in the hexadecimal of a `bytea`.
pub fn names(dump: &str, name: &str) -> bool {
    let hex: String = name.bytes().map(|byte| format!("{byte:02x}")).collect();
    dump.contains(name) || dump.contains(&hex)
}

/// The tables of a dump that hold the name.
pub fn tables_that_name(dump: &str, name: &str) -> Vec<String> {
    let copies = dump.split("\nCOPY public.").skip(1);
    let holding = copies.filter(|copy| names(copy.split("\n\\.\n").next().unwrap(), name));
    let mut tables: Vec<String> = holding.map(|copy| copy.split(' ').next().unwrap().to_owned()).collect();
    tables.sort();
    tables
}

pub fn sorted(tables: &[&str]) -> Vec<String> {
    let mut tables: Vec<String> = tables.iter().map(|table| (*table).to_owned()).collect();
    tables.sort();
    tables
}

pub fn named_ticket(requester: &UserId) -> NewTicket {
    NewTicket { subject: format!("Refund for {NAME}"), ..ticket(requester.clone(), TEXT) }
}

pub fn draft(ticket: &TicketId) -> Value {
    json!({"draft_id": "d1", "ticket_id": ticket.0, "comment_type": "publicReply", "draft_html": DRAFT})
}

pub async fn announce(world: &World, ticket: &TicketId, form: zendesk::Form) {
    let (headers, body) =
        world.zendesk.signed_webhook(form, Happening::TicketCreated, ticket, &zendesk_secret());
    assert!(world.post("/webhooks/zen", headers, body).await.is_success());
}

async fn keeping(keep_text: &str) -> World {
    let zendesk = Arc::new(PretendZendesk::start().await.unwrap());
    let freshdesk = Arc::new(PretendFreshdesk::start().await.unwrap());
    let settings = settings("live", zendesk.base_url(), freshdesk.base_url());
    let settings = settings.replace("mode = ", &format!("keep_text = \"{keep_text}\"\nmode = "));
    start_with(&settings, zendesk, freshdesk, database().await).await
}

#[tokio::test]
async fn a_source_that_keeps_no_text_has_none_once_the_work_is_done_and_all_goes_on() {
    let world = keeping("no").await;
    let options = world.db.connect_options();
    let requester = world.zendesk.add_user(customer());
    let ticket = world.zendesk.add_ticket(named_ticket(&requester));
    world.zendesk.fail_next(Call::Write, Fault::LimitedPlain(3));
    announce(&world, &ticket, zendesk::Form::Event).await;
    let attempted = "select count(*) from delivery where state = 'waiting' and reason is not null";
    until(async || world.count(attempted).await == 1).await;
    // What the work still needs is there, and nothing else.
    assert_eq!(tables_that_name(&dump(&options), NAME), ["delivery", "note"]);

    world.settle().await;
    let (_, answer) = world.ask(PATH, APP_TOKEN, &draft(&ticket)).await;
    let items = answer["items"].as_array().unwrap();
    assert!(items.iter().any(|item| TEXT.contains(item["customer_quote"].as_str().unwrap())), "{answer}");
    until(async || {
        world.count("select count(*) from draft_check where items::text like '%check%'").await == 1
    })
    .await;
    assert!(!names(&dump(&options), NAME));

    assert_eq!(world.zendesk.notes(&ticket).len(), 1);
    assert!(world.zendesk.notes(&ticket)[0].html.contains(NAME));
    let hashed = "select count(*) from signal, jsonb_to_recordset(evidence) as e (start int, \"end\" int, quote_hash text)
                  where e.\"end\" > e.start and length(quote_hash) = 32";
    assert!(world.count(hashed).await >= 1);
    let (_, shown) = world.get_with(&format!("/webhooks/zen/tickets/{ticket}/signals"), APP_TOKEN).await;
    assert_eq!((&shown["note"], &shown["decision"]["state"]), (&Value::Null, &json!("posted")));

    // Worked off once more from the ticket's id alone: the same again, and no second note.
    let again = "with again as (update delivery set state = 'waiting', finished_at = null returning source, id)
                 select count(graphile_worker.add_job('process_delivery',
                                                      json_build_object('source', source, 'delivery', id))) from again";
    assert_eq!(world.count(again).await, 1);
    world.settle().await;
    announce(&world, &ticket, zendesk::Form::Pointer).await;
    world.settle().await;
    assert_eq!(world.count("select count(*) from delivery where state = 'done'").await, 2);
    assert_eq!(world.zendesk.notes(&ticket).len(), 1);
    assert!(!names(&dump(&options), NAME));

    // The hashes tell whether a quote is a text that somebody has, and go with the requester.
    privacy::erase(&world.db, "zen", &requester, Erasure::ForGood).await.unwrap().unwrap();
    assert_eq!(world.count(hashed).await, 0);
}

#[tokio::test]
async fn a_source_that_keeps_no_text_keeps_none_of_any_form_and_what_failed_for_a_day() {
    let world = keeping("no").await;
    let options = world.db.connect_options();
    for form in [zendesk::Form::Event, zendesk::Form::Trigger, zendesk::Form::Pointer] {
        let requester = world.zendesk.add_user(customer());
        announce(&world, &world.zendesk.add_ticket(named_ticket(&requester)), form).await;
    }
    for form in [freshdesk::Form::Simple, freshdesk::Form::Advanced, freshdesk::Form::Pointer] {
        let requester = world.freshdesk.add_user(customer());
        let ticket = world.freshdesk.add_ticket(named_ticket(&requester));
        let happening = Happening::TicketCreated;
        let (headers, body) = world.freshdesk.signed_webhook(form, happening, &ticket, &freshdesk_secret());
        assert!(world.post("/webhooks/fresh", headers, body).await.is_success());
    }
    // A drafting bot's note, whose findings go back as a private note.
    let requester = world.zendesk.add_user(customer());
    let drafted = world.zendesk.add_ticket(named_ticket(&requester));
    let bot = world.zendesk.add_user(NewUser { is_agent: true, ..NewUser::default() });
    let text =
        "#undertone-draft\nHi,\n\nWe apologize for any inconvenience caused and appreciate your patience.";
    let note = NewComment { author: bot, text: text.into(), public: false, created_at: Utc::now() };
    world.zendesk.add_comment(&drafted, note);
    let (form, happening) = (zendesk::Form::Event, Happening::NoteAdded);
    let (headers, body) = world.zendesk.signed_webhook(form, happening, &drafted, &zendesk_secret());
    assert!(world.post("/webhooks/zen", headers, body).await.is_success());
    world.settle().await;

    assert_eq!(world.count("select count(*) from delivery where state = 'done'").await, 7);
    assert_eq!(world.count("select count(*) from note where state = 'posted'").await, 7);
    assert!(world.zendesk.notes(&drafted)[0].html.contains(NAME));
    let left = dump(&options);
    for words in [NAME, "inconvenience"] {
        assert!(!names(&left, words), "{words}: left in {:?}", tables_that_name(&left, words));
    }

    let failed = "insert into delivery (source, id, dedup_key, body, state, reason, finished_at)
                  select 'zen', gen_random_uuid(), hours || ' hours', 'Zephyrine', 'failed', 'no_ticket_id',
                         now() - make_interval(hours => hours)
                  from unnest(array[1, 23, 25]) as hours";
    sqlx::query(failed).execute(&world.db).await.unwrap();
    assert_eq!(world.count("select count(graphile_worker.add_job('forget_text', '{}'))").await, 1);
    let kept = "select count(*) from delivery where state = 'failed' and body <> ''";
    until(async || world.count(kept).await == 2).await;
    assert_eq!(
        world.count("select count(*) from delivery where dedup_key = '25 hours' and body = ''").await,
        1
    );
}

#[tokio::test]
async fn words_go_in_the_night_after_their_days_and_the_younger_stay() {
    let world = keeping("30d").await;
    let options = world.db.connect_options();
    let [old, young] = [(); 2].map(|()| {
        let requester = world.zendesk.add_user(customer());
        world.zendesk.add_ticket(named_ticket(&requester))
    });
    for ticket in [&old, &young] {
        announce(&world, ticket, zendesk::Form::Event).await;
        world.settle().await;
        world.ask(PATH, APP_TOKEN, &draft(ticket)).await;
    }
    until(async || world.count("select count(*) from draft_check").await == 2).await;
    assert_eq!(tables_that_name(&dump(&options), NAME), sorted(&TABLES));
    for (table, times) in [
        ("delivery", "finished_at"),
        ("ticket", "seen_at"),
        ("message", "seen_at"),
        ("signal", "detected_at"),
        ("note", "decided_at"),
        ("draft_check", "asked_at"),
    ] {
        let aged =
            format!("update {table} set {times} = {times} - interval '31 days' where ticket_id = '{old}'");
        sqlx::query(sqlx::AssertSqlSafe(aged)).execute(&world.db).await.unwrap();
    }
    // More of each than one statement takes, and one that waits all this time.
    for crowd in [
        "insert into ticket (source, ticket_id, subject, status, channel, created_at, updated_at, seen_at)
         select 'zen', n::text, 'Zephyrine', 'open', 'email', now(), now(), now() - interval '31 days'
         from generate_series(100, 700) as n",
        "insert into delivery (source, id, dedup_key, body, state, finished_at)
         select 'zen', gen_random_uuid(), 'crowd ' || n, 'Zephyrine', 'done', now() - interval '31 days'
         from generate_series(1, 2500) as n",
        "insert into delivery (source, id, dedup_key, ticket_id, body, received_at)
         select 'zen', gen_random_uuid(), 'waiting', '1', 'Zephyrine', now() - interval '31 days'",
    ] {
        sqlx::query(crowd).execute(&world.db).await.unwrap();
    }
    let tonight = "select count(graphile_worker.add_job('forget_text', '{}'))";
    assert_eq!(world.count(tonight).await, 1);
    let left = "select (select count(*) from ticket where subject <> '') + (select count(*) from delivery where body <> '')";
    until(async || world.count(left).await == 3).await;
    until(async || world.count("select count(*) from graphile_worker.jobs").await == 0).await;

    let per_ticket = |words: &str| format!("select count(*) from {words} and ticket_id = '{old}'");
    for (words, rows) in [
        ("message where text is not null", 0),
        ("note where coalesce(lead, text, html) is not null", 0),
        ("note where state = 'posted' and marker is not null", 1),
        ("signal where evidence::text || facts::text like '%Zeph%'", 0),
        ("signal where evidence::text like '%\"quote_hash\"%' and kind = 'anger'", 1),
        ("draft_check where items::text like '%_quote%'", 0),
    ] {
        let count: i64 =
            sqlx::query_scalar(sqlx::AssertSqlSafe(per_ticket(words))).fetch_one(&world.db).await.unwrap();
        assert_eq!(count, rows, "{words}");
    }
    // The young ticket's are all there, and the webhook that waits.
    assert_eq!(world.count("select count(*) from message where text is not null").await, 1);
    assert_eq!(world.count("select count(*) from delivery where state = 'waiting' and body <> ''").await, 1);
    assert_eq!(tables_that_name(&dump(&options), NAME), sorted(&TABLES));
    // A ticket without words goes on as any other.
    let done = "select count(*) from delivery where state = 'done' and ticket_id is not null";
    let before = world.count(done).await;
    announce(&world, &old, zendesk::Form::Pointer).await;
    until(async || world.count(done).await == before + 1).await;
    assert_eq!(world.zendesk.notes(&old).len(), 1);
    let planned =
        "select count(*) from graphile_worker._private_known_crontabs where identifier = 'forget_text'";
    assert_eq!(world.count(planned).await, 1);
}

#[tokio::test]
async fn a_stop_does_not_wait_for_the_end_of_the_night() {
    let world = keeping("30d").await;
    let requester = world.zendesk.add_user(customer());
    let ticket = world.zendesk.add_ticket(named_ticket(&requester));
    announce(&world, &ticket, zendesk::Form::Event).await;
    world.settle().await;
    for aged in [
        "update delivery set finished_at = now() - interval '31 days'",
        "update ticket set seen_at = now() - interval '31 days'",
    ] {
        sqlx::query(aged).execute(&world.db).await.unwrap();
    }
    // The night's first statement waits for as long as we like.
    let mut lock = world.db.begin().await.unwrap();
    sqlx::query("select from delivery for update").execute(&mut *lock).await.unwrap();
    let tonight = "select count(graphile_worker.add_job('forget_text', '{}'))";
    assert_eq!(world.count(tonight).await, 1);
    let waits = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    until(async || world.count(waits).await == 1).await;

    let World { service, db, .. } = world;
    let address = service.address;
    let stop = tokio::spawn(service.stop());
    until(async || tokio::net::TcpStream::connect(address).await.is_err()).await;
    lock.rollback().await.unwrap();
    stop.await.unwrap().unwrap();
    let left = "select (select count(*) from ticket where subject <> '')
                     + (select count(*) from graphile_worker._private_jobs where locked_at is null)";
    let left: i64 = sqlx::query_scalar(left).fetch_one(&db).await.unwrap();
    assert_eq!(left, 2, "the rest is left, and another replica's");
}

/// Every three words in a row of the demo's tickets and drafts.
fn phrases(source: &str) -> Vec<String> {
    let texts = source.lines().filter_map(|line| {
        let (key, text) = line.trim().split_once(": \"")?;
        matches!(key, "text" | "draft").then(|| text.trim_end_matches("\",").replace("\\n", " "))
    });
    texts
        .flat_map(|text| {
            let words: Vec<_> = text.split_whitespace().map(str::to_owned).collect();
            words.windows(3).map(|three| three.join(" ")).collect::<Vec<_>>()
        })
        .collect()
}

#[test]
fn the_demo_at_trace_level_logs_nothing_of_what_its_customers_write() {
    let output = Command::new(env!("CARGO_BIN_EXE_undertone"))
        .args(["demo", "--exit"])
        .env("UNDERTONE_LOG", "trace")
        .env_remove("DATABASE_URL")
        .output()
        .unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    let logged = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{told}");
    assert!(logged.lines().count() > 20 && logged.contains("undertone::worker"), "{logged}");
    let phrases = phrases(include_str!("../../src/cli/demo/tickets.rs"));
    assert!(phrases.len() > 300, "the demo's texts are no longer found");
    let as_one_line = told.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(phrases.iter().any(|phrase| as_one_line.contains(phrase)), "the search finds what is there");
    let leaked: Vec<_> = phrases.iter().filter(|phrase| logged.contains(phrase.as_str())).collect();
    assert!(leaked.is_empty(), "{leaked:?}");
}

#[tokio::test]
async fn whether_a_draft_was_sent_as_it_was_is_known_across_a_change_of_secrets() {
    let before = world("live").await;
    let (zendesk, freshdesk) = (before.zendesk.clone(), before.freshdesk.clone());
    let options = before.db.connect_options().as_ref().clone();
    let ticket = before.zendesk_ticket(TEXT);
    announce(&before, &ticket, zendesk::Form::Event).await;
    before.settle().await;
    before.ask(PATH, APP_TOKEN, &draft(&ticket)).await;
    until(async || {
        before.count("select count(*) from draft_check where draft_digest is not null").await == 1
    })
    .await;
    before.service.stop().await.unwrap();

    let swapped = settings("live", zendesk.base_url(), freshdesk.base_url()).replace(
        r#"["ZENDESK_SECRET", "ZENDESK_OLD_SECRET"]"#,
        r#"["ZENDESK_OLD_SECRET", "ZENDESK_SECRET"]"#,
    );
    let after = start_with(&swapped, zendesk, freshdesk, options).await;
    let at = Utc::now() + chrono::Duration::seconds(2);
    let agent = after.zendesk.add_user(NewUser { is_agent: true, ..NewUser::default() });
    let sent = "Hi there,\n\nWe apologize for any inconvenience caused and appreciate your patience.";
    after
        .zendesk
        .add_comment(&ticket, NewComment { author: agent, text: sent.into(), public: true, created_at: at });
    announce(&after, &ticket, zendesk::Form::Pointer).await;
    after.settle().await;
    let settled = "select count(*) from draft_check where not sent_changed and draft_digest is null";
    assert_eq!(after.count(settled).await, 1);
}
