//! The SQL of the documentation: whatever a reader copies has to run.

use undertone::pretend::{Happening, zendesk};

use crate::helpers::{CHASE, QUESTION, World, world, zendesk_secret};

/// The indented blocks of a document that begin with SQL, a block each.
fn sql_blocks(path: &str) -> Vec<String> {
    let document = std::fs::read_to_string(path).unwrap();
    let lines: Vec<_> = document.lines().collect();
    let blocks = lines.split(|line| !line.starts_with("    "));
    let blocks =
        blocks.map(|lines| lines.iter().map(|line| format!("{}\n", line.trim_start())).collect::<String>());
    blocks.filter(|block| ["select ", "with ", "begin;"].iter().any(|word| block.starts_with(word))).collect()
}

async fn run(connection: &mut sqlx::PgConnection, sql: &str) {
    let done = sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(connection).await;
    done.unwrap_or_else(|error| panic!("{error}\n{sql}"));
}

async fn tell(world: &World, text: &str) {
    let ticket = world.zendesk_ticket(text);
    let (form, happening) = (zendesk::Form::Event, Happening::TicketCreated);
    let (headers, body) = world.zendesk.signed_webhook(form, happening, &ticket, &zendesk_secret());
    assert!(world.post("/webhooks/zen", headers, body).await.is_success());
}

#[tokio::test]
async fn every_statement_in_the_documentation_runs() {
    let world = world("live").await;
    tell(&world, CHASE).await;
    tell(&world, QUESTION).await;
    world.settle().await;
    let mut connection = world.db.acquire().await.unwrap();
    let mut blocks = sql_blocks("README.md");
    assert!(blocks.len() >= 3, "the README's first questions are no longer found");
    let of_the_database = sql_blocks("docs/database.md");
    assert!(of_the_database.len() >= 19, "the questions of docs/database.md are no longer found");
    blocks.extend(of_the_database);
    for block in blocks {
        run(&mut connection, &block).await;
    }
}

#[tokio::test]
async fn the_dashboard_role_may_ask_what_the_documentation_says() {
    let world = world("live").await;
    let mut tx = world.db.begin().await.unwrap();
    run(&mut tx, &std::fs::read_to_string("deploy/readonly_role.sql").unwrap()).await;
    run(&mut tx, "set local role undertone_dashboard").await;
    let questions = sql_blocks("docs/database.md");
    for number in [1, 2, 3, 4, 6, 8, 9, 10, 13, 14, 15, 16, 17, 18, 19, 20] {
        run(&mut tx, &questions[number - 1]).await;
    }
    for number in [5, 7, 11, 12] {
        run(&mut tx, "savepoint before").await;
        let asked = sqlx::raw_sql(sqlx::AssertSqlSafe(questions[number - 1].clone())).execute(&mut *tx).await;
        assert!(asked.is_err(), "question {number} shows words");
        run(&mut tx, "rollback to before").await;
    }
}
