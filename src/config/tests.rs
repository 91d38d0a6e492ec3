//! Tests of the configuration: what is let through, and that the shipped file is right.

mod refused;

use std::collections::HashMap;

use super::*;

const SHIPPED: &str = include_str!("../../config/undertone.toml");

/// Two sources that are as they should be.
const GOOD: &str = r#"listen = "127.0.0.1:8477"
[worker]
concurrency = 8
[[source]]
name = "acme"
kind = "zendesk"
subdomain = "acme"
webhook_secrets = ["ACME_WEBHOOK_SECRET"]
credentials = { oauth_client_id = "undertone", oauth_client_secret = "ACME_OAUTH_SECRET" }
mode = "shadow"
time_zone = "Europe/Copenhagen"
[[source]]
name = "acme-shop"
kind = "freshdesk"
domain = "acme"
webhook_secrets = ["ACME_SHOP_WEBHOOK_SECRET"]
credentials = { api_key = "ACME_SHOP_API_KEY" }
mode = "live"
time_zone = "Europe/London"
"#;

fn lookup(name: &str) -> Option<String> {
    let secrets = HashMap::from([
        ("ACME_WEBHOOK_SECRET", "EXAMPLE-WEBHOOK-SECRET"),
        ("ACME_WEBHOOK_SECRET_NEW", "EXAMPLE-WEBHOOK-SECRET-2"),
        ("ACME_OAUTH_SECRET", "EXAMPLE-OAUTH-SECRET"),
        ("ACME_API_TOKEN", "EXAMPLE-API-TOKEN"),
        ("ACME_APP_TOKEN", "EXAMPLE-APP-TOKEN"),
        ("ACME_AGENT_ID_KEY", "EXAMPLE-KEY-FOR-AGENT-IDS"),
        ("ACME_SHOP_WEBHOOK_SECRET", "EXAMPLE-SHOP-SECRET"),
        ("ACME_SHOP_API_KEY", "EXAMPLE-API-KEY"),
        ("SHORT", "1234567"),
        ("EMPTY", ""),
        ("ZENDESK_TEST", "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ=="),
    ]);
    secrets.get(name).map(|value| (*value).to_owned())
}

fn parse(text: &str) -> Result<Config, String> {
    Config::parse("undertone.toml", text, &lookup).map_err(|error| error.to_string())
}

/// The good file with one piece replaced.
fn with(from: &str, to: &str) -> String {
    assert_eq!(GOOD.matches(from).count(), 1, "{from:?} is to stand in the file once");
    GOOD.replace(from, to)
}

#[test]
fn suites_are_read_beside_the_configuration() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/undertone.toml");
    let text = with("[worker]", "suites = [\"must_flag.toml\", \"README.md\"]\n[worker]");
    let refused =
        Config::parse(&corpus.display().to_string(), &text, &lookup).map_err(|error| error.to_string());
    let error = refused.err().expect("a text is no suite");
    assert!(
        error.contains("line 2: `suites`: suite ") && error.contains("README.md: not a suite, near line"),
        "{error}"
    );
    let config = Config::parse(&corpus.display().to_string(), &text.replace(", \"README.md\"", ""), &lookup);
    let suites = config.expect("a suite").suites;
    assert!(suites[0].path.ends_with("tests/corpus/must_flag.toml") && suites[0].case.len() > 200);
}

#[test]
fn what_is_near_to_it_is_let_through() {
    let cases = [
        ("as it is", GOOD.to_owned()),
        ("nothing at all", String::new()),
        (
            "two secrets",
            with(r#"["ACME_WEBHOOK_SECRET"]"#, r#"["ACME_WEBHOOK_SECRET", "ACME_WEBHOOK_SECRET_NEW"]"#),
        ),
        (
            "a token",
            with(
                r#"{ oauth_client_id = "undertone", oauth_client_secret = "ACME_OAUTH_SECRET" }"#,
                r#"{ email = "a@example.com", api_token = "ACME_API_TOKEN" }"#,
            ),
        ),
        ("https elsewhere", with(r#"subdomain = "acme""#, r#"base_url = "https://desk.acme.example""#)),
        ("plain http on loopback", with(r#"subdomain = "acme""#, r#"base_url = "http://127.0.0.1:9000""#)),
        ("http on loopback, IPv6", with(r#"subdomain = "acme""#, r#"base_url = "http://[::1]:9000""#)),
        ("capitals in the subdomain", with(r#"subdomain = "acme""#, r#"subdomain = "Acme""#)),
        ("a pause of whole seconds", with("concurrency = 8", "first_pause_seconds = 1")),
        (
            "the least and the most of notes",
            with(
                "mode = \"shadow\"",
                "mode = \"shadow\"\nnotes_per_ticket = 10\nnotes_per_day = 1\nhold_out_percent = 50",
            ),
        ),
        ("quiet hours", with("mode = \"shadow\"", "mode = \"shadow\"\nquiet_hours = \"22:00-07:00\"")),
        ("the most workers", with("concurrency = 8", "concurrency = 64")),
    ];
    for (name, text) in cases {
        assert!(parse(&text).is_ok(), "{name}: {:?}", parse(&text).err());
    }
}

#[test]
fn a_file_that_is_not_there_is_named_with_what_to_give() {
    let error = Config::load(Path::new("/nowhere/undertone.toml"), &lookup).err().expect("no such file");
    let error = error.to_string();
    assert!(error.starts_with("/nowhere/undertone.toml: cannot be read"), "{error}");
    assert!(error.ends_with("give another with --config"), "{error}");
}

#[test]
fn the_shipped_file_loads_with_no_source() {
    let config = parse(SHIPPED).expect("the shipped file");
    assert!(config.sources.is_empty());
    assert_eq!(config.listen, default_listen());
    assert_eq!((config.worker.concurrency, config.worker.max_attempts), (32, 20));
    assert_eq!(format!("{:?}", config.worker), format!("{:?}", Worker::default()));
}

#[test]
fn the_shipped_examples_load_once_they_are_uncommented() {
    // A commented line that is a key, a table or a comment within an example; prose comments stay.
    let uncommented: String = SHIPPED
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(rest) if rest.starts_with("[[source]]") || rest.starts_with('#') || is_setting(rest) => rest,
            _ => line,
        })
        .flat_map(|line| [line, "\n"])
        .collect();
    let config = parse(&uncommented).expect("the examples");
    let names: Vec<_> = config.sources.iter().map(|source| source.name.as_str()).collect();
    assert_eq!(names, ["acme", "acme-shop"]);
    assert!(config.sources.iter().all(|source| source.mode == Mode::Shadow));
    assert_eq!(config.data_dir.as_deref(), Some(Path::new("/var/lib/undertone")));
    let urls: Vec<_> = config.sources.iter().map(|source| source.base_url.as_str()).collect();
    assert_eq!(urls, ["https://acme.zendesk.com", "https://acme.freshdesk.com"]);
}

fn is_setting(line: &str) -> bool {
    line.split_once(" = ").is_some_and(|(key, _)| key.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
}

#[test]
fn a_source_that_says_nothing_of_notes_has_the_defaults_that_the_shipped_file_names() {
    let config = parse(GOOD).unwrap();
    assert!(config.sources.iter().all(|source| source.notes == NotePolicy::default()));
    for (key, value) in [("notes_per_ticket", 3), ("notes_per_day", 2000), ("hold_out_percent", 0)] {
        assert!(SHIPPED.contains(&format!("# {key} = {value}\n")), "{key}");
    }
}

/// Whoever adds a key has to say what it does in the shipped file.
#[test]
fn every_key_stands_in_the_shipped_file() {
    let keys = [
        "listen",
        "public_url",
        "data_dir",
        "concurrency",
        "max_attempts",
        "first_pause_seconds",
        "longest_pause_seconds",
        "call_timeout_seconds",
        "name",
        "kind",
        "subdomain",
        "domain",
        "base_url",
        "webhook_secrets",
        "signature_window_minutes",
        "updates_per_minute",
        "credentials",
        "mode",
        "time_zone",
        "languages",
        "notes_per_ticket",
        "notes_per_day",
        "quiet_hours",
        "hold_out_percent",
        "app_tokens",
        "agent_id_key",
        "drafters",
        "draft_notes",
        "keep_text",
        "poll_minutes",
    ];
    for key in keys {
        let stands = SHIPPED.lines().any(|line| {
            line.trim_start_matches(['#', ' ']).strip_prefix(key).is_some_and(|rest| rest.starts_with(" = "))
        });
        assert!(stands, "{key} is not explained in config/undertone.toml");
    }
}

#[test]
fn words_are_kept_for_days_forever_or_not_at_all() {
    let written =
        |value: &str| with(r#"mode = "shadow""#, &format!("mode = \"shadow\"\nkeep_text = {value}"));
    let good = [
        (r#""forever""#, KeepText::Forever),
        (r#""no""#, KeepText::No),
        (r#""1d""#, KeepText::Days(1)),
        (r#""30d""#, KeepText::Days(30)),
        (r#""3650d""#, KeepText::Days(3650)),
    ];
    for (value, expected) in good {
        assert_eq!(parse(&written(value)).expect(value).sources[0].keep_text, expected, "{value}");
    }
    assert_eq!(parse(GOOD).expect("the good file").sources[0].keep_text, KeepText::Days(90));
    for value in
        [r#""""#, r#""0d""#, r#""3651d""#, r#""30""#, r#""30 days""#, r#""-1d""#, r#""No""#, r#""99999999d""#]
    {
        let Err(error) = parse(&written(value)) else { panic!("{value} is let through") };
        assert!(error.starts_with("undertone.toml, line 11: `keep_text`: "), "{error}");
        assert!(error.contains("write for example \"30d\""), "{error}");
    }
    for value in ["30", "true"] {
        let Err(error) = parse(&written(value)) else { panic!("{value} is let through") };
        assert!(error.contains("line 11: `keep_text`: invalid type"), "{error}");
    }
}

#[test]
fn keyed_hashes_differ_by_secret_purpose_and_source_and_are_not_keyed_with_the_name() {
    use hmac::{Hmac, KeyInit, Mac};
    let two = with(r#"["ACME_WEBHOOK_SECRET"]"#, r#"["ACME_WEBHOOK_SECRET", "ACME_WEBHOOK_SECRET_NEW"]"#);
    let hashes = |config: &Config, at: usize, purpose| -> Vec<_> {
        config.sources[at]
            .keyed(purpose)
            .map(|mac| mac.chain_update("words").finalize().into_bytes())
            .collect()
    };
    let (one, two) = (parse(GOOD).expect("one"), parse(&two).expect("two"));
    assert_eq!(hashes(&one, 0, "quotes"), hashes(&two, 0, "quotes")[..1], "the first is the one that stays");
    let named = Hmac::<sha2::Sha256>::new_from_slice(b"acme").expect("any length").chain_update("words");
    let mut all = [
        hashes(&two, 0, "quotes"),
        hashes(&two, 0, "drafts"),
        hashes(&two, 1, "quotes"),
        vec![named.finalize().into_bytes()],
    ]
    .concat();
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 6);
}
