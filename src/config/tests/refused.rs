//! What is refused, and in which words.

use super::{parse, with};

#[test]
fn what_is_refused_is_named_with_file_line_key_and_what_would_be_right() {
    let zendesk_secret = r#"["ACME_WEBHOOK_SECRET"]"#;
    let zendesk_credentials =
        r#"{ oauth_client_id = "undertone", oauth_client_secret = "ACME_OAUTH_SECRET" }"#;
    let cases: &[(&str, String, &[&str])] = &[
        (
            "an unknown key",
            with("listen =", "lisen ="),
            &["line 1: ", "`lisen`: ", "unknown field", "expected one of `listen`, "],
        ),
        (
            "an unknown key of a source",
            with("subdomain = ", "sub_domain = "),
            &["line 7: ", "`sub_domain`: ", "unknown field", "`subdomain`"],
        ),
        (
            "an unknown key of the worker",
            with("concurrency", "concurency"),
            &["line 3: ", "`concurency`: ", "unknown field", "`concurrency`"],
        ),
        (
            "a word for a number",
            with("concurrency = 8", "concurrency = \"8\""),
            &["line 3: ", "`concurrency`: ", "invalid type: string \"8\"", "expected usize"],
        ),
        (
            "a suite that is not there",
            with("[worker]", "suites = [\"nowhere.toml\"]\n[worker]"),
            &["line 2: ", "`suites`: ", "reading nowhere.toml", "No such file"],
        ),
        ("no TOML", with("[worker]", "[worker"), &["line 2: ", "unclosed table, expected `]`"]),
        (
            "no worker at all",
            with("concurrency = 8", "concurrency = 0"),
            &["line 2: ", "`worker.concurrency`: ", "0 is not from 1 to 64"],
        ),
        (
            "too many workers",
            with("concurrency = 8", "concurrency = 65"),
            &["line 2: ", "`worker.concurrency`: ", "65 is not from 1 to 64"],
        ),
        (
            "no attempt",
            with("concurrency = 8", "max_attempts = 0"),
            &["line 2: ", "`worker.max_attempts`: ", "0 is not from 1 to 100"],
        ),
        (
            "no pause",
            with("concurrency = 8", "first_pause_seconds = 0"),
            &["line 2: ", "`worker.first_pause_seconds`: ", "0 is not from 0.01 to 3600"],
        ),
        (
            "a pause that is no number",
            with("concurrency = 8", "longest_pause_seconds = nan"),
            &["line 2: ", "`worker.longest_pause_seconds`: ", "NaN is not from 0.01 to 86400"],
        ),
        (
            "an endless call",
            with("concurrency = 8", "call_timeout_seconds = 60.5"),
            &["line 2: ", "`worker.call_timeout_seconds`: ", "60.5 is not from 0.1 to 60"],
        ),
        (
            "no address to listen on",
            with("127.0.0.1:8477", "localhost"),
            &["line 1: ", "`listen`: ", "invalid socket address"],
        ),
        (
            "a name with a space",
            with(r#"name = "acme-shop""#, r#"name = "Acme shop""#),
            &["line 13: ", "`name`: ", "\"Acme shop\" is not a source name", "use a-z, 0-9, - and _"],
        ),
        (
            "a name twice",
            with(r#"name = "acme-shop""#, r#"name = "acme""#),
            &["line 13: ", "`name`: ", "there is already a source `acme`", "names are unique"],
        ),
        (
            "another helpdesk",
            with(r#"kind = "zendesk""#, r#"kind = "intercom""#),
            &["line 6: ", "`kind`: ", "unknown variant `intercom`", "expected `zendesk` or `freshdesk`"],
        ),
        (
            "a host for a subdomain",
            with(r#"subdomain = "acme""#, r#"subdomain = "acme.zendesk.com""#),
            &["line 7: ", "`subdomain`: ", "\"acme.zendesk.com\" is not a bare name", "write \"acme\""],
        ),
        (
            "an address for a subdomain",
            with(r#"subdomain = "acme""#, r#"subdomain = "https://acme.zendesk.com""#),
            &["line 7: ", "`subdomain`: ", "is not a bare name", "write \"acme\""],
        ),
        (
            "a subdomain that would leave the vendor's host",
            with(r#"subdomain = "acme""#, r#"subdomain = "evil.example/""#),
            &["line 7: ", "`subdomain`: ", "is not a bare name"],
        ),
        (
            "no subdomain",
            with("subdomain = \"acme\"\n", ""),
            &["line 4: ", "source `acme`: ", "`subdomain` is missing", "the part before .zendesk.com"],
        ),
        (
            "no domain",
            with("\ndomain = \"acme\"\n", "\n"),
            &["line 12: ", "source `acme-shop`: ", "`domain` is missing", "the part before .freshdesk.com"],
        ),
        (
            "plain http to elsewhere",
            with(r#"subdomain = "acme""#, r#"base_url = "http://acme.example""#),
            &["line 7: ", "`base_url`: ", "neither https://… nor http:// on loopback"],
        ),
        (
            "a password in the address",
            with(r#"subdomain = "acme""#, r#"base_url = "https://me:pw@acme.example""#),
            &["line 7: ", "`base_url`: ", "neither https://… nor http:// on loopback"],
        ),
        (
            "no webhook secret",
            with(zendesk_secret, "[]"),
            &["line 8: ", "source `acme`: ", "`webhook_secrets`: ", "the name of one environment variable"],
        ),
        (
            "webhook secrets left out",
            with("webhook_secrets = [\"ACME_WEBHOOK_SECRET\"]\n", ""),
            &["line 4: ", "source `acme`: ", "`webhook_secrets`: ", "the name of one environment variable"],
        ),
        (
            "three webhook secrets",
            with(zendesk_secret, r#"["ACME_WEBHOOK_SECRET", "ACME_WEBHOOK_SECRET_NEW", "ACME_API_TOKEN"]"#),
            &["line 8: ", "`webhook_secrets`: ", "or of two while one is being replaced"],
        ),
        (
            "a pasted secret",
            with(zendesk_secret, r#"["kJ8s+Xq2=="]"#),
            &[
                "line 8: ",
                "`webhook_secrets`: ",
                "the name of an environment variable",
                "not the secret itself",
            ],
        ),
        (
            "a variable that is not set",
            with(zendesk_secret, r#"["NOT_SET"]"#),
            &["line 8: ", "`webhook_secrets`: ", "the environment variable NOT_SET is not set"],
        ),
        (
            "an empty variable",
            with(zendesk_secret, r#"["EMPTY"]"#),
            &["line 8: ", "`webhook_secrets`: ", "EMPTY is empty or under 8 characters"],
        ),
        (
            "a secret that is too short",
            with(zendesk_secret, r#"["SHORT"]"#),
            &["line 8: ", "`webhook_secrets`: ", "SHORT is empty or under 8 characters"],
        ),
        (
            "the secret that everybody knows",
            with(zendesk_secret, r#"["ACME_WEBHOOK_SECRET", "ZENDESK_TEST"]"#),
            &[
                "line 8: ",
                "`webhook_secrets`: ",
                "ZENDESK_TEST holds Zendesk's public test secret",
                "its page",
            ],
        ),
        (
            "a window of no time",
            with("mode = \"shadow\"", "mode = \"shadow\"\nsignature_window_minutes = 0"),
            &["line 11: ", "source `acme`: ", "`signature_window_minutes`: ", "not from 1 to 1440"],
        ),
        (
            "a budget without end",
            with("mode = \"shadow\"", "mode = \"shadow\"\nupdates_per_minute = 1001"),
            &["line 11: ", "source `acme`: ", "`updates_per_minute`: ", "not from 0 to 1000"],
        ),
        (
            "a poll less than daily",
            with("mode = \"shadow\"", "mode = \"shadow\"\npoll_minutes = 1441"),
            &["line 11: ", "source `acme`: ", "`poll_minutes`: ", "not from 1 to 1440, nor 0 for never"],
        ),
        (
            "Freshdesk's key for Zendesk",
            with(zendesk_credentials, r#"{ api_key = "ACME_SHOP_API_KEY" }"#),
            &[
                "line 9: ",
                "source `acme`: ",
                "`credentials`: ",
                "give oauth_client_id and oauth_client_secret",
            ],
        ),
        (
            "Zendesk's token for Freshdesk",
            with(
                r#"{ api_key = "ACME_SHOP_API_KEY" }"#,
                r#"{ email = "a@example.com", api_token = "ACME_API_TOKEN" }"#,
            ),
            &["line 17: ", "source `acme-shop`: ", "`credentials`: ", "give api_key, and nothing else"],
        ),
        (
            "both kinds of Zendesk's",
            with(
                zendesk_credentials,
                r#"{ oauth_client_id = "u", oauth_client_secret = "ACME_OAUTH_SECRET", email = "a@example.com" }"#,
            ),
            &["line 9: ", "`credentials`: ", "give oauth_client_id and oauth_client_secret"],
        ),
        (
            "a credential that is not set",
            with("ACME_OAUTH_SECRET", "NOT_SET"),
            &["line 9: ", "`credentials.oauth_client_secret`: ", "NOT_SET is not set"],
        ),
        (
            "three tokens",
            with(
                "mode = \"shadow\"",
                "mode = \"shadow\"\napp_tokens = [\"ACME_APP_TOKEN\", \"ACME_APP_TOKEN\", \"ACME_APP_TOKEN\"]",
            ),
            &["line 11: ", "`app_tokens`: ", "or of two while one is being replaced"],
        ),
        (
            "a pasted key",
            with("mode = \"shadow\"", "mode = \"shadow\"\nagent_id_key = \"kJ8s+Xq2==\""),
            &["line 11: ", "`agent_id_key`: ", "not the secret itself"],
        ),
        (
            "an unknown mode",
            with(r#"mode = "shadow""#, r#"mode = "on""#),
            &["line 10: ", "`mode`: ", "unknown variant `on`", "expected `shadow` or `live`"],
        ),
        ("no mode", with("mode = \"shadow\"\n", ""), &["line 4: ", "missing field `mode`"]),
        (
            "a zone in a helpdesk's words",
            with("Europe/Copenhagen", "Copenhagen"),
            &["line 11: ", "`time_zone`: ", "\"Copenhagen\" is not an IANA zone", "\"Europe/Copenhagen\""],
        ),
        (
            "no note a ticket",
            with(r#"mode = "shadow""#, "mode = \"shadow\"\nnotes_per_ticket = 0"),
            &["line 11: ", "source `acme`: ", "`notes_per_ticket`: ", "0 is not from 1 to 10"],
        ),
        (
            "quiet hours of one time",
            with(r#"mode = "shadow""#, "mode = \"shadow\"\nquiet_hours = \"22:00\""),
            &["line 11: ", "`quiet_hours`: ", "\"22:00\" is not a span of the day", "\"22:00-07:00\""],
        ),
        (
            "a language without a pack",
            with(r#"mode = "shadow""#, "mode = \"shadow\"\nlanguages = [\"en\", \"da\"]"),
            &["line 11: ", "`languages`: ", "only \"en\" has a language pack", "write [\"en\"]"],
        ),
    ];
    for (name, text, fragments) in cases {
        let Err(error) = parse(text) else { panic!("{name} is let through") };
        assert!(error.starts_with("undertone.toml, line "), "{name}: {error}");
        assert_eq!(error.lines().count(), 1, "{name}: {error}");
        let mut rest = error.as_str();
        for fragment in *fragments {
            let at = rest.find(fragment);
            let at =
                at.unwrap_or_else(|| panic!("{name}: {fragment:?} is missing or out of place in {error:?}"));
            rest = &rest[at + fragment.len()..];
        }
        for secret in ["kJ8s", "EXAMPLE-", "1234567", "dGhpc19"] {
            assert!(!error.contains(secret), "{name}: the error shows a secret: {error}");
        }
    }
}
