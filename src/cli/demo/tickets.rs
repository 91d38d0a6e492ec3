//! The demo's tickets: invented customers, and what should become of each.

use chrono::{DateTime, Days, Duration, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;

use crate::pretend::{freshdesk, zendesk};

/// One ticket of the demo.
pub struct Sample {
    pub title: &'static str,
    pub way: Way,
    pub subject: &'static str,
    pub text: &'static str,
    /// The customer's local time of writing, where the story needs one.
    pub local_time: Option<(u32, u32)>,
    pub before: Before,
    pub expected: Expected,
}

/// Which helpdesk it comes to, and in what form its webhook goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Zendesk(zendesk::Form),
    Freshdesk(freshdesk::Form),
}

/// What happened before this ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Before {
    Nothing,
    /// Two earlier tickets on the same matter over two weeks, one of them answered and closed.
    TwoWeeksOfTickets,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    Note,
    Silence(&'static str),
}

pub const SAMPLES: &[Sample] = &[
    Sample {
        title: "Locked out the evening before a presentation",
        way: Way::Zendesk(zendesk::Form::Event),
        subject: "Cannot log in",
        text: "Your reset mail never arrives and I am locked out of my account. I am presenting to the board at 9 tomorrow and every slide is in there.\n\nThis is absolutely unacceptable. If this is not fixed tonight I'm done with your product.\n\nMaya",
        local_time: Some((22, 51)),
        before: Before::Nothing,
        expected: Expected::Note,
    },
    Sample {
        title: "Twelve dollars, four paragraphs",
        way: Way::Freshdesk(freshdesk::Form::Simple),
        subject: "Charge on my statement",
        text: "Hello,\n\nI was charged $12 on the 3rd for a premium month that I never ordered. I have gone through every mail you sent me since I signed up in the spring, and none of them says that the trial turns into a subscription by itself. I checked the page where I signed up as well, twice, on my phone and on my computer, and I could not find a single word about it there either.\n\nI wrote about this last week through the form on your site and got a link to an article about invoices. The article explains how to download an invoice. I know how to download an invoice. What I asked is why there is one in the first place, and nobody has answered that.\n\nI then looked for a phone number, for a chat, for anything that a person would pick up, and all I found was the same form again. So I am filling it in a second time, with the same facts, in the hope that somebody reads it to the end this time.\n\nTwelve dollars is not going to ruin me. But I counted on you being straight with me, and I would like the charge refunded and a person to tell me what happened.\n\nJonas",
        local_time: None,
        before: Before::Nothing,
        expected: Expected::Note,
    },
    Sample {
        title: "Two weeks and a third try",
        way: Way::Zendesk(zendesk::Form::Pointer),
        subject: "Router still drops the line",
        text: "This is the third time I am writing about the router. For two weeks now I have been told that somebody would get back to me within two days, and nobody did. Your colleague closed my last request without fixing anything.\n\nI work from home and I am exhausted from explaining the same thing to a new person every time. Is anyone reading these?\n\nPriya",
        local_time: None,
        before: Before::TwoWeeksOfTickets,
        expected: Expected::Note,
    },
    Sample {
        title: "A calm bug report at 23:00, with a deadline",
        way: Way::Freshdesk(freshdesk::Form::Pointer),
        subject: "Export writes empty columns",
        text: "Hi team,\n\nThe CSV export leaves the VAT column empty since yesterday's update. Steps: Reports, Export, choose March, CSV. The PDF export is fine.\n\nWe have to file the report with the tax office by tomorrow at noon, so a workaround would be enough for now.\n\nThanks,\nIngrid",
        local_time: Some((23, 0)),
        before: Before::Nothing,
        expected: Expected::Note,
    },
    Sample {
        title: "A hurried one-liner",
        way: Way::Zendesk(zendesk::Form::Trigger),
        subject: "invoice",
        text: "need the corrected invoice asap please, my flight boards in an hour",
        local_time: None,
        before: Before::Nothing,
        expected: Expected::Note,
    },
    Sample {
        title: "A happy customer who swears",
        way: Way::Freshdesk(freshdesk::Form::Advanced),
        subject: "the new update",
        text: "Holy shit, this new editor is insane! I have waited for years for something this good. You damn geniuses, thank you so much!",
        local_time: None,
        before: Before::Nothing,
        expected: Expected::Silence("nothing_noteworthy"),
    },
    Sample {
        title: "An ordinary question",
        way: Way::Zendesk(zendesk::Form::Event),
        subject: "Change of address",
        text: "Hello, I have moved and would like my invoices to go to the new address. Where in the settings can I change it? The error message says the postcode is invalid. Best regards, Tom",
        local_time: None,
        before: Before::Nothing,
        expected: Expected::Silence("nothing_noteworthy"),
    },
    Sample {
        title: "A message in Spanish",
        way: Way::Freshdesk(freshdesk::Form::Pointer),
        subject: "Pedido",
        text: "Hola, es la tercera vez que escribo por mi pedido y nadie me responde. Lo necesito para mañana por la mañana, por favor. Gracias, Lucía",
        local_time: None,
        before: Before::Nothing,
        expected: Expected::Silence("unsupported_language"),
    },
];

/// Zones around the world, by the names that both helpdesks use.
const ZONES: &[(&str, Tz)] = &[
    ("Hawaii", Tz::Pacific__Honolulu),
    ("Alaska", Tz::America__Juneau),
    ("Pacific Time (US & Canada)", Tz::America__Los_Angeles),
    ("Central Time (US & Canada)", Tz::America__Chicago),
    ("Brasilia", Tz::America__Sao_Paulo),
    ("London", Tz::Europe__London),
    ("Athens", Tz::Europe__Athens),
    ("Karachi", Tz::Asia__Karachi),
    ("Bangkok", Tz::Asia__Bangkok),
    ("Tokyo", Tz::Asia__Tokyo),
    ("Auckland", Tz::Pacific__Auckland),
];

/// Where on Earth it was this local time most recently, and when that was: so the story is always fresh.
pub fn most_recent(local: (u32, u32), now: DateTime<Utc>) -> (&'static str, DateTime<Utc>) {
    let time = NaiveTime::from_hms_opt(local.0, local.1, 0).expect("a time of day");
    let latest = |zone: Tz| {
        let today = now.with_timezone(&zone).date_naive();
        let days = [today, today - Days::new(1)];
        days.iter()
            .filter_map(|day| zone.from_local_datetime(&day.and_time(time)).earliest())
            .find(|at| *at <= now)
    };
    ZONES
        .iter()
        .filter_map(|(name, zone)| Some((*name, latest(*zone)?.with_timezone(&Utc))))
        .max_by_key(|(_, at)| *at)
        .unwrap_or(("London", now - Duration::minutes(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_every_hour_the_story_is_younger_than_the_age_at_which_notes_are_withheld() {
        for hour in 0..24 {
            let now = Utc.with_ymd_and_hms(2026, 7, 1, hour, 30, 0).unwrap();
            let (zone, at) = most_recent((22, 51), now);
            assert!(at <= now && now - at < Duration::hours(4), "{hour}: {zone} {at}");
        }
    }
}
