//! The database as ops people meet it.

use undertone::pretend::{Happening, zendesk};

use crate::helpers::{CHASE, QUESTION, World, world, zendesk_secret};

async fn worked_off() -> World {
    let world = world("live").await;
    for text in [CHASE, QUESTION] {
        let ticket = world.zendesk_ticket(text);
        let (form, happening) = (zendesk::Form::Event, Happening::TicketCreated);
        let (headers, body) = world.zendesk.signed_webhook(form, happening, &ticket, &zendesk_secret());
        assert!(world.post("/webhooks/zen", headers, body).await.is_success());
    }
    world.settle().await;
    world
}

#[tokio::test]
async fn quotes_are_what_substr_gives_back() {
    let world = worked_off().await;
    let quotes = "select count(*) from signal join message using (source, ticket_id, message_id),
                  jsonb_to_recordset(evidence) as e (start int, \"end\" int, quote text)";
    assert!(world.count(quotes).await > 0);
    let wrong = "select count(*) from signal join message using (source, ticket_id, message_id),
                 jsonb_to_recordset(evidence) as e (start int, \"end\" int, quote text)
                 where substr(text, e.start + 1, e.\"end\" - e.start) is distinct from e.quote";
    assert_eq!(world.count(wrong).await, 0);
}

#[tokio::test]
async fn what_is_usual_is_measured_on_messages_about_sums() {
    let world = world("shadow").await;
    for text in [QUESTION, "You took $12.50 twice from my card, please have a look at it."] {
        let ticket = world.zendesk_ticket(text);
        let (form, happening) = (zendesk::Form::Pointer, Happening::TicketCreated);
        let (headers, body) = world.zendesk.signed_webhook(form, happening, &ticket, &zendesk_secret());
        assert!(world.post("/webhooks/zen", headers, body).await.is_success());
    }
    world.settle().await;
    assert_eq!(world.count("select count(*) from message where about_amount").await, 1);
    assert_eq!(world.count("select words::bigint from message where about_amount").await, 13);
}

#[tokio::test]
async fn every_table_and_column_and_view_says_what_it_is() {
    let world = worked_off().await;
    let silent: Vec<String> = sqlx::query_scalar(
        "select c.relname || coalesce('.' || a.attname, '')
         from pg_class c
         left join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and c.relkind = 'r'
         where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'v') and c.relname not like '\\_sqlx%'
           and (col_description(c.oid, a.attnum) is null and c.relkind = 'r' or obj_description(c.oid) is null)",
    )
    .fetch_all(&world.db)
    .await
    .unwrap();
    assert!(silent.is_empty(), "without a comment: {silent:?}");
    let unled: Vec<String> = sqlx::query_scalar(
        "select i.indexrelid::regclass::text
         from pg_index i
         join pg_class c on c.oid = i.indrelid
         join pg_attribute a on a.attrelid = c.oid and a.attnum = i.indkey[0]
         where c.relnamespace = 'public'::regnamespace and c.relname not like '\\_sqlx%' and a.attname <> 'source'",
    )
    .fetch_all(&world.db)
    .await
    .unwrap();
    assert!(unled.is_empty(), "not led by the source: {unled:?}");
}

#[tokio::test]
async fn the_views_answer() {
    let world = worked_off().await;
    for (view, rows) in [
        ("select sum(signals)::bigint from signals_per_day where kind = 'chase'", 1),
        ("select sum(decisions)::bigint from note_decisions_per_day", 2),
        ("select contacts_by_their_count::bigint from repeat_chain", 3),
        ("select count(*) from delivery_to_replay", 0),
        ("select count(*) from note_latency where seconds between 0 and 30", 1),
    ] {
        assert_eq!(world.count(view).await, rows, "{view}");
    }
}

#[tokio::test]
async fn the_dashboard_role_sees_signals_and_no_words() {
    let world = worked_off().await;
    let script = std::fs::read_to_string("deploy/readonly_role.sql").unwrap();
    let mut tx = world.db.begin().await.unwrap();
    sqlx::raw_sql(sqlx::AssertSqlSafe(script)).execute(&mut *tx).await.unwrap();
    sqlx::query("set local role undertone_dashboard").execute(&mut *tx).await.unwrap();
    for allowed in [
        "select count(*) from signals_per_day",
        "select count(kind) from signal",
        "select count(words) from message",
        "select count(state) from note",
        "select count(*) from note_latency",
    ] {
        sqlx::query(allowed).fetch_one(&mut *tx).await.unwrap_or_else(|error| panic!("{allowed}: {error}"));
    }
    for (at, forbidden) in [
        "select text from message",
        "select evidence from signal",
        "select subject from ticket",
        "select html from note",
        "select body from delivery",
        "update note set state = 'failed'",
    ]
    .into_iter()
    .enumerate()
    {
        let savepoint = format!("savepoint s{at}");
        sqlx::raw_sql(sqlx::AssertSqlSafe(savepoint)).execute(&mut *tx).await.unwrap();
        assert!(sqlx::query(forbidden).execute(&mut *tx).await.is_err(), "{forbidden}");
        sqlx::raw_sql(sqlx::AssertSqlSafe(format!("rollback to s{at}"))).execute(&mut *tx).await.unwrap();
    }
}
