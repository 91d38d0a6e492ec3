//! Real mails in, the customer's own words out: the fixtures of `tests/fixtures/cleaning/`.

use serde::Deserialize;
use undertone::text::{clean, html};

#[derive(Deserialize)]
struct File {
    mail: Vec<Mail>,
}

#[derive(Deserialize)]
struct Mail {
    name: String,
    text: String,
    /// The customer's own words, white space aside.
    own: String,
    paragraphs: Option<usize>,
    #[serde(default)]
    transcript: bool,
}

fn mails() -> Vec<Mail> {
    let files = [
        include_str!("fixtures/cleaning/html_mails.toml"),
        include_str!("fixtures/cleaning/plain_mails.toml"),
        include_str!("fixtures/cleaning/pasted.toml"),
    ];
    files.iter().flat_map(|file| toml::from_str::<File>(file).expect("a fixture file").mail).collect()
}

fn plain(text: &str) -> String {
    text.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn only_the_customers_own_words_are_left() {
    let mut wrong = Vec::new();
    for mail in mails() {
        let cleaned = clean(&mail.text);
        let found = plain(cleaned.folded());
        if found != plain(&mail.own) {
            wrong.push(format!("{}:\n  found    {found}\n  expected {}", mail.name, plain(&mail.own)));
        }
        if mail.paragraphs.is_some_and(|paragraphs| paragraphs != cleaned.paragraphs()) {
            wrong.push(format!("{}: {} paragraphs", mail.name, cleaned.paragraphs()));
        }
        if mail.transcript != cleaned.is_transcript() {
            wrong.push(format!("{}: transcript is {}", mail.name, cleaned.is_transcript()));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn html_gives_the_same_own_words_directly_and_by_way_of_text() {
    for mail in mails() {
        if html::is_html(&mail.text) {
            let text = html::to_text(&mail.text);
            assert_eq!(plain(clean(&text).folded()), plain(&mail.own), "{}:\n{text}", mail.name);
        }
    }
}
