//! What holds for any text whatever: no panic, exact quotes, the same answer twice, and work in step with the length.

use proptest::prelude::*;
use undertone::text::{clean, html, language};

/// Texts made of what the cleaner looks for, in any order, with any Unicode between.
fn texts() -> impl Strategy<Value = String> {
    const PARTS: &[&str] = &[
        "<div>",
        "</div>",
        "<blockquote type=\"cite\">",
        "</blockquote>",
        "<br>",
        "<p class=MsoNormal>",
        "</p>",
        "<a href='",
        "<!--",
        "-->",
        "<script>",
        "&nbsp;",
        "&#8364;",
        "&bogus",
        "> ",
        ">",
        "\n",
        "\r\n",
        "\r",
        "\n\n",
        "-- \n",
        "--\n",
        "On Fri, 6 Mar 2026 at 19:50, Support <s@example.com> wrote:",
        "Am 6.3.26 um 19:50 schrieb X:",
        "wrote:",
        "-----Original Message-----\n",
        "From: a@example.com\n",
        "Sent: Friday\n",
        "To: b\n",
        "Subject: c\n",
        "Message: ",
        "Name: Maya\n",
        "Email: m@example.com\n",
        "Order: 4\n",
        "(14:32:05) Maya: ",
        "[14:33] Agent: ",
        "Customer: ",
        "Agent: ",
        "Me: ",
        "Traceback (most recent call last):\n",
        "  at a.b(C.java:1)\n",
        "```\n",
        "Sent from my iPhone\n",
        "Kind regards,\n",
        "T: +45 20 30 40 50\n",
        "Missed call from +45 20 30 40 50\n",
        "##- Please type your reply above this line -##\n",
        "----------------------------------------------\n\nMaya, Mar 6, 2026, 19:42\n\n",
        "Mr. ",
        "e.g. ",
        "...",
        "?!",
        "İ",
        "ẞ",
        "ﬁ",
        "\u{200B}",
        "\u{202E}",
        "\0",
        "😀",
        "👩\u{200D}🚀",
        "e\u{301}",
        "…",
        "“",
        "אבג",
        "好",
        "I am still waiting. ",
        "XX/XX/XXXX ",
        "I did n't, they 're ",
    ];
    let part = prop_oneof![
        3 => prop::sample::select(PARTS).prop_map(str::to_owned),
        1 => any::<String>(),
        1 => "[a-zA-Z ,.]{0,40}",
    ];
    prop::collection::vec(part, 0..40).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn any_range_leads_to_an_exact_quote(text in texts(), a in any::<prop::sample::Index>(), b in any::<prop::sample::Index>()) {
        let cleaned = clean(&text);
        let len = cleaned.folded().len();
        let (a, b) = (a.index(len + 1), b.index(len + 1));
        // Ranges may cut characters of `folded`: a pattern over bytes can.
        let range = a.min(b)..a.max(b);
        let evidence = cleaned.evidence(range.clone(), "cue");
        let quote: String = text.chars().skip(evidence.start).take(evidence.end - evidence.start).collect();
        prop_assert_eq!(evidence.quote.expose(), quote.as_str());
        prop_assert_eq!(cleaned.original(range), quote.as_str());
    }

    #[test]
    fn every_letter_leads_to_itself(text in texts()) {
        let cleaned = clean(&text);
        for (at, letter) in cleaned.folded().char_indices().filter(|(_, c)| c.is_ascii_alphanumeric()) {
            let original = cleaned.original(at..at + 1);
            // A letter of an entity or of a character that folds to several stands for the whole of it.
            if original.len() == 1 {
                prop_assert_eq!(original.to_ascii_lowercase(), letter.to_string());
            } else {
                prop_assert!(original.starts_with('&') || original.chars().count() == 1, "{:?}", original);
            }
        }
    }

    #[test]
    fn later_ranges_lead_further(text in texts()) {
        let cleaned = clean(&text);
        let mut last = 0;
        for at in 0..cleaned.folded().len() {
            let evidence = cleaned.evidence(at..at + 1, "cue");
            prop_assert!(evidence.start >= last && evidence.end >= evidence.start);
            last = evidence.start;
        }
    }

    #[test]
    fn sentences_are_in_order_and_whole(text in texts()) {
        let cleaned = clean(&text);
        let mut last = 0;
        for sentence in cleaned.sentences() {
            prop_assert!(sentence.start >= last && sentence.end > sentence.start);
            prop_assert!(!cleaned.folded()[sentence.clone()].trim().is_empty());
            prop_assert_eq!(cleaned.sentence_at(sentence.start), sentence.clone());
            last = sentence.end;
        }
    }

    #[test]
    fn the_same_text_gives_the_same_answer(text in texts()) {
        let (first, second) = (clean(&text), clean(&text));
        prop_assert_eq!(first.folded(), second.folded());
        prop_assert_eq!(first.sentences(), second.sentences());
        prop_assert_eq!(language::gate(&first, language::READ), language::gate(&second, language::READ));
        prop_assert_eq!(html::to_text(&text), html::to_text(&text));
    }
}

#[test]
fn folded_text_never_grows_much() {
    for part in [
        "a",
        "<",
        "&",
        ">",
        "\n",
        "<div>",
        "İ",
        "…",
        "> a\n",
        "wrote: ",
        "On 1:00 a@b.c wrote:\n",
        "--\n",
        "(14:32) A: x ",
        "```\n",
    ] {
        let text = part.repeat(20_000 / part.len());
        let cleaned = clean(&text);
        assert!(cleaned.folded().len() <= 3 * text.len() / 2 + 2, "{part:?}: {}", cleaned.folded().len());
        assert!(cleaned.sentences().len() <= text.len(), "{part:?}");
    }
}
