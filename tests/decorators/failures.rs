//! Errors and panics.

use std::{error::Error, fmt, panic};

use agentops::{operation, task, testing::StatusCode, tool};

use crate::harness::{arrived, named, text};

#[derive(Debug)]
struct Refused(std::num::ParseIntError);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("refused")
    }
}

impl Error for Refused {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

#[tool]
fn pay(amount: &str) -> Result<u8, Refused> {
    let amount = amount.parse().map_err(Refused)?;
    Ok(amount)
}

#[test]
fn an_error_is_its_type_its_causes_the_status_and_one_event() {
    let spans = arrived(|_| {
        assert!(pay("much").is_err());
    });
    let tool = named(&spans, "pay.tool");
    assert_eq!(
        (tool.status.code, tool.status.message.as_str()),
        (StatusCode::Error, "Refused: refused")
    );
    assert_eq!(text(tool, "error.type"), "Refused");
    assert_eq!(text(tool, "error.message"), "refused");
    assert_eq!(text(tool, "tool.status"), "failed");
    assert_eq!(tool.attribute("tool.result"), None, "an error is no result");
    assert_eq!(tool.events.len(), 1);
    let exception = &tool.events[0];
    assert_eq!(exception.name, "exception");
    assert_eq!(exception.attribute("exception.type"), Some(&"Refused".into()));
    assert_eq!(exception.attribute("exception.message"), Some(&"refused".into()));
    let causes = exception.attribute("exception.stacktrace").unwrap();
    assert_eq!(causes, "caused by: invalid digit found in string");
}

#[test]
fn a_good_result_is_its_value() {
    let spans = arrived(|_| assert_eq!(pay("7").unwrap(), 7));
    let tool = named(&spans, "pay.tool");
    assert_eq!(text(tool, "tool.result"), "7");
    assert_eq!((tool.status.code, tool.events.len()), (StatusCode::Ok, 0));
}

struct Unknown;

#[derive(Debug)]
struct OnlyDebug;

#[task]
fn boxed() -> Result<(), Box<dyn Error + Send + Sync>> {
    Err(Box::new(Refused("x".parse::<u8>().unwrap_err())))
}

#[task]
fn anyhow() -> anyhow::Result<()> {
    Err(anyhow::anyhow!("inner").context("outer"))
}

#[task]
fn said() -> Result<(), String> {
    Err("just words".to_owned())
}

#[task]
fn only_debug() -> Result<(), OnlyDebug> {
    Err(OnlyDebug)
}

#[task]
fn unknown() -> Result<(), Unknown> {
    Err(Unknown)
}

#[task(capture_output = false)]
fn kept_back() -> std::io::Result<()> {
    Err(std::io::Error::other("disk"))
}

#[test]
fn an_error_that_is_no_error_type_tells_what_it_can() {
    let spans = arrived(|_| {
        assert!(boxed().is_err() && anyhow().is_err() && said().is_err() && only_debug().is_err());
        assert!(unknown().is_err() && kept_back().is_err());
    });
    let told = |name: &str| {
        let span = named(&spans, name);
        assert_eq!((span.status.code, span.events.len()), (StatusCode::Error, 1), "{name}");
        span.status.message.as_str()
    };
    assert_eq!(told("boxed.task"), "refused", "a trait object does not tell its type");
    assert_eq!(told("anyhow.task"), "outer");
    assert_eq!(told("said.task"), "just words", "that a text is a text tells nothing");
    assert_eq!(told("only_debug.task"), "OnlyDebug: OnlyDebug");
    assert_eq!(told("unknown.task"), "Unknown: decorators::failures::Unknown");
    assert_eq!(
        told("kept_back.task"),
        "Error: disk",
        "errors are captured without results, too"
    );
    for (name, cause) in [
        ("boxed.task", "invalid digit found in string"),
        ("anyhow.task", "inner"),
    ] {
        let causes = named(&spans, name).events[0].attribute("exception.stacktrace").unwrap();
        assert_eq!(causes, &*format!("caused by: {cause}"));
    }
}

#[operation]
fn asks(what: &str) -> Result<u8, Refused> {
    pay(what)
}

#[test]
fn an_error_shows_on_every_span_that_it_passes() {
    let spans = arrived(|_| assert!(asks("x").is_err()));
    assert_eq!(
        agentops::testing::draw(&spans),
        "default.session\n  asks.operation !Refused: refused\n    pay.tool !Refused: refused\n"
    );
}

#[tool]
fn breaks(hard: bool) -> u8 {
    assert!(!hard, "the tool broke");
    0
}

#[tool]
async fn breaks_later() -> u8 {
    tokio::task::yield_now().await;
    breaks(true)
}

#[test]
fn a_panic_is_an_error_and_no_cancellation() {
    agentops::builder()
        .with_env(|_| None)
        .build()
        .unwrap()
        .install_handlers()
        .unwrap();
    let spans = arrived(|_| {
        assert!(panic::catch_unwind(|| breaks(true)).is_err());
        assert_eq!(breaks(false), 0);
    });
    let broken = spans.iter().find(|span| span.is_error()).unwrap();
    assert_eq!(broken.status.message, "panic: the tool broke");
    assert_eq!(broken.attribute("tool.result"), None);
    assert_eq!(spans.iter().filter(|span| span.is_error()).count(), 1);
    let spans = arrived(|_| {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let caught = panic::catch_unwind(panic::AssertUnwindSafe(|| runtime.block_on(breaks_later())));
        assert!(caught.is_err());
    });
    let broken = named(&spans, "breaks_later.tool");
    assert_eq!(broken.status.message, "panic: the tool broke");
    assert_eq!(broken.attribute("agentops.cancelled"), None);
}
