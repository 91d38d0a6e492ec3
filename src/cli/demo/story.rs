//! What the demo prints: each ticket in short, with its note or the reason for silence; then what to try.

use super::tickets::{Sample, Way};
use super::world::{FRESHDESK_SECRET, SOURCES, World};
use crate::ticket::TicketId;

/// As wide as a terminal is at least.
const WIDTH: usize = 80;

/// Tickets to go on with.
pub struct Known {
    pub on_zendesk: TicketId,
    pub on_freshdesk: TicketId,
}

/// Tells what became of one ticket.
pub async fn tell(world: &World, sample: &Sample, ticket: &TicketId) -> anyhow::Result<()> {
    let (source, desk) = match sample.way {
        Way::Zendesk(form) => (SOURCES.0, format!("Zendesk, {form:?} webhook")),
        Way::Freshdesk(form) => (SOURCES.1, format!("Freshdesk, {form:?} webhook")),
    };
    println!("── {} ({desk}, ticket {ticket})", sample.title);
    println!("{}", indent(&excerpt(sample.text), "   | "));
    let (state, reason, text, ms) = decision(world, source, ticket).await?;
    match (state.as_str(), text, ms) {
        ("posted", Some(text), Some(ms)) => {
            println!("   Private note, {ms:.0} ms after the webhook:");
            println!("{}\n", indent(&text, "   > "));
        }
        _ => println!("   No note: {} ({state})\n", reason.replace('_', " ")),
    }
    Ok(())
}

async fn decision(
    world: &World,
    source: &str,
    ticket: &TicketId,
) -> sqlx::Result<(String, String, Option<String>, Option<f64>)> {
    sqlx::query_as(
        "select note.state, note.reason, note.text, (note_latency.seconds * 1000)::double precision
         from note
         left join note_latency using (source, ticket_id, message_id)
         where note.source = $1 and note.ticket_id = $2",
    )
    .bind(source)
    .bind(ticket)
    .fetch_one(&world.db)
    .await
}

/// The beginning of a message: three lines of it at the most.
pub fn excerpt(text: &str) -> String {
    let all = wrap(&text.split_whitespace().collect::<Vec<_>>().join(" "), WIDTH - 6);
    let mut lines: Vec<_> = all.lines().take(3).map(str::to_owned).collect();
    if all.lines().count() > 3 {
        lines.push(format!("… ({} words)", text.split_whitespace().count()));
    }
    lines.join("\n")
}

fn wrap(text: &str, width: usize) -> String {
    let mut out = String::new();
    let mut column = 0;
    for word in text.split(' ') {
        let length = word.chars().count();
        if column > 0 && column + 1 + length > width {
            out.push('\n');
            column = 0;
        } else if column > 0 {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += length;
    }
    out
}

pub fn indent(text: &str, margin: &str) -> String {
    let lines = text
        .lines()
        .flat_map(|line| wrap(line, WIDTH - margin.len()).lines().map(str::to_owned).collect::<Vec<_>>());
    lines.map(|line| format!("{margin}{line}")).collect::<Vec<_>>().join("\n")
}

/// Says what to do next, with commands to copy.
pub fn what_to_try(world: &World, known: &Known) {
    let Known { on_zendesk, on_freshdesk } = known;
    let service = world.service.address;
    let socket = world.db.connect_options();
    let socket = socket.get_socket().map(|path| path.display().to_string()).unwrap_or_default();
    println!(
        "\nEverything still runs; Ctrl-C ends it and leaves nothing behind. To try:\n\n\
         A reply of your own, in a browser, with the app's panel beside it:\n  \
           {}\n\n\
         The signals and the decisions, in SQL:\n  \
           psql -h {socket} -U undertone postgres -c 'select ticket_id, detector, kind, facts from signal'\n  \
           psql -h {socket} -U undertone postgres -c 'select * from note_decisions_per_day'\n\n\
         A webhook by hand (ticket {on_freshdesk} of the pretend Freshdesk again: it is read, and no second note appears):\n  \
           curl -H 'X-Undertone-Key: {FRESHDESK_SECRET}' -d '{{\"event\":\"ticket_created\",\"ticket_id\":\"{on_freshdesk}\"}}' \\\n    \
           http://{service}/webhooks/{}\n\n\
         Your own words:\n  \
           echo 'Third time I ask, and my flight leaves at 6 tomorrow!' | cargo run -q -- explain\n\n\
         The pretend helpdesks answer like the real ones: {} (Zendesk), {} (Freshdesk).",
        world.zendesk.page(on_zendesk),
        SOURCES.1,
        world.zendesk.base_url(),
        world.freshdesk.base_url(),
    );
}
