use std::{sync::Arc, time::Instant};

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::{
    kind::EntityKind,
    semconv::wire::{Class, OtelKind, WireEvent},
};

/// Shaped like the real ones and made up. Written in two halves, so that no scanner takes this file for a leak.
const SHAPED: &[(&str, &str)] = &[
    ("sk-", "Qm7TtAbp1vYxN4sLw0RkZc8eT3BlbkFJUh2GdJ6y"),
    ("sk-proj-", "a8Kd_Lq2-Xw9ZbV7nC4tRy6UoPeM1sFgHj3kT3BlbkFJdQ"),
    ("sk-ant-", "api03-Zk4_pQx8-R2mWvN6tYbH1cLsUjD9eFgA7oIw5BAA"),
    ("sk-or-v1-", "4f7a1c9e0b2d8365"),
    ("AKIA", "Z7Q2M4N8P1R5T9W3"),
    ("ASIA", "Y3X8C6V1B5N9M2L7"),
    ("ghp_", "k3VbQ8xWz1TnYpLm6RcJdHs0FgU4oEaI7A2B"),
    ("gho_", "k3VbQ8xWz1TnYpLm6RcJdHs0FgU4oEaI7A2B"),
    ("ghs_", "k3VbQ8xWz1TnYpLm6RcJdHs0FgU4oEaI7A2B"),
    ("github_pat_", "11ABCDEFG0qWeRtYuIoPaS_dFgHjKlZxCvBnM1234567890"),
    ("glpat-", "xY7_kQ2mN9pR4tVwZs8b"),
    ("AIza", "SyD3kL9mN2pQ7rS5tU8vW1xY4zA6bC0dEfG"),
    ("xoxb-", "2480716153-9183746250-kQ8xWz1TnYpLm6RcJd"),
    ("xoxp-", "2480716153-9183746250-kQ8xWz1TnYpLm6RcJd"),
    ("sk_live_", "51HqYw2KlMnOpQrStUvWx"),
    ("rk_live_", "51HqYw2KlMnOpQrStUvWx"),
    ("hf_", "QwErTyUiOpAsDfGhJkLzXcVbNmQwErTyUi"),
    ("npm_", "k3VbQ8xWz1TnYpLm6RcJdHs0FgU4oEaI7A2B"),
    (
        "eyJ",
        "hbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTYifQ.dBjftJeZ4CVPmB92K27uhbUJU1p1r_wW1g",
    ),
    (
        "-----BEGIN RSA ",
        "PRIVATE KEY-----\nMIIEowIBAAKCAQEAx7Qz\nk3VbQ8xW\n-----END RSA PRIVATE KEY-----",
    ),
];

/// Every secret, and a part of it that must not be left.
fn shaped() -> impl Iterator<Item = (String, &'static str)> {
    SHAPED
        .iter()
        .map(|(prefix, rest)| ([*prefix, rest].concat(), rest.get(rest.len() / 2..).unwrap()))
}

fn redacted(text: &str) -> String {
    CredentialRedactor
        .redact("note", text)
        .unwrap_or_else(|| text.to_owned())
}

#[track_caller]
fn assert_hidden(text: &str, secret: &str) {
    let redacted = redacted(text);
    assert!(!redacted.contains(secret), "left in\n  {redacted}\nof\n  {text}");
    assert!(redacted.contains(MASK), "not marked in\n  {redacted}");
}

#[track_caller]
fn assert_masked_as(text: &str, masked: &str) {
    assert_eq!(redacted(text), masked);
}

#[track_caller]
fn assert_unchanged(text: &str) {
    assert_eq!(CredentialRedactor.redact("note", text), None, "of {text}");
}

/// `text` within a JSON string.
fn escaped(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

#[test]
fn credentials_of_known_shapes_are_masked_wherever_they_stand() {
    for (secret, rest) in shaped() {
        assert_hidden(&secret, rest);
        assert_hidden(&format!("use {secret} for it"), rest);
        assert_hidden(&format!("the first line\n{secret}\nthe last"), rest);
        assert_hidden(&format!("({secret})"), rest);
        assert_hidden(&format!("Request {{ body: {secret:?} }}"), rest);
        let mut json = json!({"messages": [{"content": format!("mine is\n{secret}\nkeep it")}]}).to_string();
        let mut rest_in_json = escaped(rest).trim_matches('"').to_owned();
        for _ in 0..3 {
            assert_hidden(&json, &rest_in_json);
            json = json!({ "arguments": json }).to_string();
            rest_in_json = escaped(&rest_in_json).trim_matches('"').to_owned();
        }
        if !secret.contains('\n') {
            assert_hidden(&format!("https://example.com/path?x={secret}&y=1"), rest);
            assert_hidden(&format!("https%3A%2F%2Fexample.com%3Fx%3D{secret}%26y"), rest);
        }
    }
}

#[test]
fn only_the_credential_is_masked() {
    assert_masked_as(
        "call it with sk-ant-api03-Zk4pQx8R2mW, then wait",
        "call it with [redacted], then wait",
    );
    assert_masked_as(
        "https://ana:s3cr3t@example.com/a?b=c",
        "https://ana:[redacted]@example.com/a?b=c",
    );
    assert_masked_as(
        "curl -H 'Authorization: Bearer a1b2c3d4e5' https://x",
        "curl -H 'Authorization: Bearer [redacted]' https://x",
    );
    assert_masked_as("a=1&access_token=xyz&b=2", "a=1&access_token=[redacted]&b=2");
    assert_masked_as(
        r#"{"user":"ana","password":"hunter2","n":1}"#,
        r#"{"user":"ana","password":"[redacted]","n":1}"#,
    );
}

#[test]
fn an_aws_secret_beside_its_id_is_masked() {
    let id = ["AKIA", "Z7Q2M4N8P1R5T9W3"].concat();
    let secret = "wJb7rXUtnFEMI/K7MDENG/bPxRfiCYq8Zk2mVt5L";
    assert_eq!(secret.len(), 40);
    assert_masked_as(&format!("{id}\n{secret}"), "[redacted]\n[redacted]");
    assert_unchanged("the digest 1f0c3e9a7b5d1f0c3e9a7b5d1f0c3e9a7b5d1f0c of the commit");
}

#[test]
fn bearer_and_basic_credentials_are_masked_and_prose_about_them_is_not() {
    assert_hidden("Authorization: Bearer a1b2c3d4e5f6", "a1b2c3d4e5f6");
    assert_hidden("authorization: bearer abcdefghijklmnopqrst", "abcdefghijklmnopqrst");
    assert_hidden(r#"headers: {"authorization": "Bearer tiny"}"#, "tiny");
    assert_hidden(r#"{"args":"-H \"Authorization: Bearer q9w8e7r6\""}"#, "q9w8e7r6");
    assert_hidden("Authorization: Basic YW5hOmh1bnRlcjI=", "YW5hOmh1bnRlcjI");
    assert_hidden("Proxy-Authorization: Basic YW5hOmh1bnRlcjI", "YW5hOmh1bnRlcjI");
    assert_unchanged("bearer tokens are sent in the Authorization header");
    assert_unchanged("Basic programming and basic authentication are taught on Monday");
}

#[test]
fn passwords_of_urls_are_masked_in_any_scheme() {
    for url in [
        "https://ana:hunter2@example.com",
        "postgres://ana:hunter2@db:5432/x?sslmode=require",
        "redis://:hunter2@localhost/0",
        "mongodb+srv://ana:p@hunter2@cluster0.example.net",
        r"https:\/\/ana:hunter2@example.com\/path",
    ] {
        assert_hidden(url, "hunter2");
        assert_hidden(&escaped(url), "hunter2");
        assert_hidden(&escaped(&escaped(url)), "hunter2");
    }
    assert_unchanged("http://localhost:8080/@scope/package and ssh://git@github.com:22/a/b and ana@example.com");
    assert_unchanged("postgres://ana:${PASSWORD}@db/x");
}

const SECRET_NAMES: &[&str] = &[
    "password",
    "passwd",
    "PASSWORD",
    "user_password",
    "userPassword",
    "dbpassword",
    "passphrase",
    "secret",
    "client_secret",
    "clientSecret",
    "ClientSecret",
    "api_key",
    "apikey",
    "api-key",
    "apiKey",
    "x-api-key",
    "X-API-Key",
    "OPENAI_API_KEY",
    "agentops_api_key",
    "authorization",
    "Proxy-Authorization",
    "cookie",
    "Set-Cookie",
    "private_key",
    "access_key",
    "secretAccessKey",
    "aws_secret_access_key",
    "access_token",
    "refreshToken",
    "id_token",
    "token",
    "auth_token",
    "session_token",
    "csrf-token",
    "credentials",
    "password_hash",
    "db_pass",
];

#[test]
fn values_of_secret_names_are_masked_at_any_depth_of_json() {
    for &name in SECRET_NAMES {
        let plain = json!({"a": 1, name: "zq\"x\\9 w", "b": [2]}).to_string();
        let masked = json!({"a": 1, name: MASK, "b": [2]}).to_string();
        let nest = |text: &str| json!({ "input": text }).to_string();
        assert_masked_as(&plain, &masked);
        assert_masked_as(&nest(&plain), &nest(&masked));
        assert_masked_as(&nest(&nest(&plain)), &nest(&nest(&masked)));
    }
}

#[test]
fn values_of_secret_names_are_masked_in_parameters_and_assignments() {
    for name in SECRET_NAMES {
        assert_masked_as(
            &format!("?page=2&{name}=zqx9w&n=1"),
            &format!("?page=2&{name}=[redacted]&n=1"),
        );
        assert_masked_as(
            &format!("export {name}='zqx9w'"),
            &format!("export {name}='[redacted]'"),
        );
        assert_masked_as(&format!("{name} = \"zqx9w\""), &format!("{name} = \"[redacted]\""));
    }
}

#[test]
fn json_stays_json_where_secrets_are_no_strings() {
    let json = concat!(
        r#"{"password":1234,"secret":true,"token":null,"passwords":["a","b"],"#,
        r#""cookies":{"sid":"q","n":[7]}}"#
    );
    let masked = concat!(
        r#"{"password":"[redacted]","secret":"[redacted]","token":null,"passwords":["[redacted]","[redacted]"],"#,
        r#""cookies":{"sid":"[redacted]","n":["[redacted]"]}}"#
    );
    assert_masked_as(json, masked);
    assert_masked_as(
        &json!({ "arguments": json }).to_string(),
        &json!({ "arguments": masked }).to_string(),
    );
}

#[test]
fn a_schema_of_a_tool_that_takes_a_password_stays() {
    let schema = json!({
        "name": "login",
        "parameters": {
            "type": "object",
            "properties": {"password": {"type": "string", "description": "of the user"}, "api_key": {"$ref": "#/k"}},
            "required": ["user", "password", "api_key"],
        }
    });
    assert_unchanged(&schema.to_string());
    assert_unchanged(&json!({ "definition": schema.to_string() }).to_string());
}

#[test]
fn debug_output_headers_and_command_lines_are_masked() {
    assert_masked_as(
        r#"Config { user: "ana", password: Some("hunter2"), api_key: Secret("k"), port: 80 }"#,
        r#"Config { user: "ana", password: Some("[redacted]"), api_key: Secret("[redacted]"), port: 80 }"#,
    );
    assert_masked_as(
        r#"[("x-api-key", "abc"), ("accept", "*/*")]"#,
        r#"[("x-api-key", "[redacted]"), ("accept", "*/*")]"#,
    );
    assert_masked_as(
        "Cookie: sid=abc; theme=dark\nAccept: */*",
        "Cookie: [redacted]\nAccept: */*",
    );
    assert_masked_as("X-Api-Key: 7f3a9c\nHost: x", "X-Api-Key: [redacted]\nHost: x");
    assert_masked_as("db_password: hunter2\nname: ana", "db_password: [redacted]\nname: ana");
    assert_masked_as(
        "mytool --api-key 7f3a9c --max-tokens 100 --password=hunter -v",
        "mytool --api-key [redacted] --max-tokens 100 --password=[redacted] -v",
    );
    assert_masked_as(
        "Server=x;User Id=ana;Password=hunter;",
        "Server=x;User Id=ana;Password=[redacted];",
    );
    assert_masked_as(
        r#"os.environ["API_KEY"] = "abc""#,
        r#"os.environ["API_KEY"] = "[redacted]""#,
    );
    assert_masked_as(r#"{"env":"A=1\nAPI_KEY=abc"}"#, r#"{"env":"A=1\nAPI_KEY=[redacted]"}"#);
    assert_masked_as(
        r#"{"a":"{\"env\":\"API_KEY=abc\"}"}"#,
        r#"{"a":"{\"env\":\"API_KEY=[redacted]\"}"}"#,
    );
}

#[test]
fn a_long_value_without_quotes_is_masked_to_its_end() {
    for value in ["a1".repeat(5000), "é7".repeat(5000), "a7€".repeat(5000)] {
        assert_masked_as(&format!("password={value}&b=1"), "password=[redacted]&b=1");
        assert_masked_as(&format!("password: {value}\nb"), "password: [redacted]\nb");
    }
}

#[test]
fn a_text_that_ends_within_a_secret_is_masked_to_its_end() {
    assert_masked_as(
        r#"{"user":"ana","password":"hunt"#,
        r#"{"user":"ana","password":"[redacted]"#,
    );
    assert_masked_as(r#"{"a":"{\"password\":\"hunt"#, r#"{"a":"{\"password\":\"[redacted]"#);
    assert_masked_as(
        r#"{"a":"{\"password\":\"hunt"}"#,
        r#"{"a":"{\"password\":\"[redacted]"}"#,
    );
    let key = ["-----BEGIN ", "PRIVATE KEY-----\\nMIIEowIBAAKCAQEAx7Qz\\nk3Vb"].concat();
    assert_hidden(&key, "k3Vb");
}

#[test]
fn healthy_text_is_left_as_it_is() {
    for text in [
        "max_tokens: 100, tokens: 15, total_tokens=115, \"completion_tokens\": 7, token_count = 3",
        "time_to_first_token: 0.31, price_per_token=0.000002, \"next_page_token\": \"CAUQAA\"",
        "4bf92f3577b34da6a3ce929d0e0e4736 and 00f067aa0ba902b7",
        "f81d4fae-7dec-11d0-a765-00c04fa0bf6f, 2026-03-19T12:00:00Z, 192.168.0.1:8080",
        "https://docs.rs/tracing/latest/tracing/?search=token#fields",
        "The secret of a good password is its length: a passphrase of four words is better than a token effort.",
        "The key: risk-averse disk-usage-monitoring-daemons and task-scheduling-frameworks-for-all need no keys.",
        "struct Login { user: String, password: String, token: Option<Token>, api_key: &'static str }",
        "let token = get_token(&client).await?; let secret = self.secret; if password == other { return }",
        "client = OpenAI(api_key=os.environ[\"OPENAI_API_KEY\"], token=self.token, password=read(path))",
        "export OPENAI_API_KEY=${KEY}; curl -H \"Authorization: Bearer $TOKEN\" --token <your token>",
        "PWD=/root/work and \"pwd\": \"/home/ana\"",
        "the tokenizer splits tokens; a secretary passes keys; cookies: none; \"has_password\": true",
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
        "text.startswith(\"-----BEGIN PRIVATE KEY-----\") is how a private key begins",
        "sk-learn and from hf_hub_download import npm_config_registry, eyJ, AKIA, ghp_",
        "{\"finish_reason\":\"stop\",\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":5},\"key\":\"value\"}",
        "",
    ] {
        assert_unchanged(text);
    }
}

#[test]
fn an_attribute_named_like_a_secret_is_masked_whole() {
    let redact = |key, value| CredentialRedactor.redact(key, value);
    for key in [
        "password",
        "db.password",
        "http.request.header.authorization",
        "tool.apiKey",
        "cookies.0",
    ] {
        assert_eq!(redact(key, "x"), Some(MASK.to_owned()), "{key}");
        assert_eq!(redact(key, MASK), None, "{key}");
    }
    for key in [
        "gen_ai.usage.prompt_tokens",
        "gen_ai.token.type",
        "token.count",
        "max_tokens",
        "user.id",
        "pass",
        "key",
    ] {
        assert_eq!(redact(key, "x"), None, "{key}");
    }
}

fn span() -> WireSpan {
    let mut attributes = AttributeSet::default();
    attributes.set("text", "one");
    attributes.set("list", vec!["two".to_owned(), "three".to_owned()]);
    attributes.set("count", 4);
    attributes.set("door.password", 1234);
    let mut of_event = AttributeSet::default();
    of_event.set_as(Class::Diagnostic, "exception.message", "five");
    WireSpan {
        name: "six".to_owned(),
        kind: EntityKind::Tool,
        otel_kind: OtelKind::Internal,
        status: WireStatus::Error("seven".to_owned()),
        attributes,
        events: vec![WireEvent {
            name: "eight".into(),
            name_class: Class::Diagnostic,
            at: Instant::now(),
            attributes: of_event,
        }],
        dropped_attributes: 0,
        dropped_events: 0,
    }
}

#[test]
fn a_redactor_sees_every_string_and_what_it_says_leaves() {
    let mut span = span();
    apply(&mut span, &|key: &str, value: &str| Some(format!("{key}={value}")));
    let list = vec!["list=two".to_owned(), "list=three".to_owned()];
    let event = &span.events[0];
    assert_eq!(span.name, "span.name=six");
    assert_eq!(span.status, WireStatus::Error("status.message=seven".to_owned()));
    assert_eq!(span.attributes.get_str("text"), Some("text=one"));
    assert_eq!(span.attributes.get("list"), Some(&WireValue::StrArray(list)));
    assert_eq!(span.attributes.get_i64("count"), Some(4));
    assert_eq!(span.attributes.get_str("door.password"), Some("door.password=1234"));
    assert_eq!(event.name, "event.name=eight");
    assert_eq!(
        event.attributes.get_str("exception.message"),
        Some("exception.message=five")
    );
}

#[test]
fn a_redactor_that_panics_leaks_nothing_and_stops_nothing() {
    let mut span = span();
    let redactor = Guarded::new(Arc::new(|_: &str, value: &str| {
        assert_ne!(value, "two", "a redactor that panics");
        None
    }));
    apply(&mut span, &redactor);
    assert_eq!(redactor.take_panicked().as_deref(), Some("list"));
    assert_eq!(redactor.take_panicked(), None, "it is told once");
    let list = vec![MASK.to_owned(), "three".to_owned()];
    assert_eq!(span.attributes.get("list"), Some(&WireValue::StrArray(list)));
    assert_eq!(span.attributes.get_str("text"), Some("one"));
}

/// Seconds without optimisation; quadratic time would be many minutes.
#[test]
fn a_text_made_to_be_slow_takes_linear_time() {
    let started = Instant::now();
    for unit in [
        "sk-",
        "eyJ-",
        "eyJa.",
        "token",
        "token:",
        "token=(",
        "pwd=/",
        "password='",
        "\\",
        "\\\"",
        "\"secret\":{",
        "\"secret\":[\"",
        "://a:",
        "://a:b@",
        "Bearer ",
        "-----BEGIN PRIVATE KEY-----",
        "Cookie: a=",
        "token=\\",
        "token \t",
        "Some(Some(",
        "\"password\":Some(",
        "-----BEGIN PRIVATE KEY-----AAAAAAAAAAAAAAAA:",
    ] {
        let text = unit.repeat(100_000 / unit.len());
        assert!(redacted(&text).len() <= text.len() * 4);
    }
    assert!(started.elapsed().as_secs() < 100, "took {:?}", started.elapsed());
}

/// What a secret is made of and stands in.
const PIECES: &[&str] = &[
    "password",
    "token",
    "api_key",
    "Authorization",
    "Cookie",
    "secret",
    "key",
    "max_tokens",
    "sig",
    "--token",
    ":",
    "=",
    " = ",
    ": ",
    "==",
    "\"",
    "'",
    "\\",
    "\\\"",
    "\\\\\\\"",
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    ",",
    " ",
    "\n",
    "\\n",
    "&",
    "@",
    "://",
    "https://",
    "a:b@",
    "Bearer ",
    "Basic ",
    "YW5hOmh1bnRlcjI=",
    "hunter2",
    "Some(",
    "true",
    "null",
    "12",
    "$",
    "${X}",
    "é",
    MASK,
    "[redact",
    "redacted]",
    "-----BEGIN PRIVATE KEY-----",
    "-----END PRIVATE KEY-----",
    "MIIEowIBAAKCAQEAx7Qz",
    "type",
    "string",
];

/// Secrets and pieces, glued in any order.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        3 => proptest::sample::select(PIECES).prop_map(str::to_owned),
        1 => (0..SHAPED.len()).prop_map(|i| [SHAPED[i].0, SHAPED[i].1].concat()),
        1 => "[a-zA-Z0-9_-]{1,24}",
    ];
    proptest::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn redaction_is_idempotent(text in pieces()) {
        if let Some(once) = CredentialRedactor.redact("note", &text) {
            prop_assert_eq!(CredentialRedactor.redact("note", &once), None, "of {} from {}", once, text);
        }
    }

    #[test]
    fn redaction_never_panics_and_never_says_that_it_changed_what_it_did_not(text in any::<String>()) {
        prop_assert_ne!(CredentialRedactor.redact("note", &text), Some(text.clone()));
    }

    #[test]
    fn a_planted_secret_is_found_in_any_text(
        before in "[a-z .,\n]{0,40}", after in "[ .,\n][a-z .,\n]{0,40}", which in 0..SHAPED.len(), depth in 0..4_usize,
    ) {
        let (secret, rest) = shaped().nth(which).unwrap();
        let mut text = format!("{before}\n{secret}{after}");
        let mut rest = rest.to_owned();
        for _ in 0..depth {
            text = json!({ "text": text }).to_string();
            rest = escaped(&rest).trim_matches('"').to_owned();
        }
        prop_assert!(!redacted(&text).contains(&rest), "{}", redacted(&text));
    }

    /// What stands for a value that is yet to be filled in stays, so no password here looks like that.
    #[test]
    fn a_password_of_any_letters_is_found_in_json_of_any_depth(password in "[^$<{*.xX]{10,20}", depth in 0..4_usize) {
        let nest = |value: &str| (0..depth).fold(
            json!({"user": "ana", "password": value, "n": 1}).to_string(),
            |text, _| json!({ "text": text }).to_string(),
        );
        prop_assert_eq!(redacted(&nest(&password)), nest(MASK));
    }
}
