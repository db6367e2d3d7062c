//! `#[session]`: a run that is a function.

use agentops::{session, testing, testing::StatusCode, tool};

use crate::{
    futures::block_on,
    harness::{arrived, named, text},
};

#[tool]
fn work() {}

#[session(name = "nightly", tags("a", team = "blue"))]
fn run(result: Result<u8, String>) -> Result<u8, String> {
    work();
    result
}

#[session]
async fn run_later(result: Result<u8, String>) -> Result<u8, String> {
    work();
    tokio::task::yield_now().await;
    result
}

#[session]
fn breaks() -> Result<(), String> {
    panic!("broken")
}

#[session]
fn says() -> Result<(), String> {
    tracing::error!("only said");
    Ok(())
}

#[session]
fn no_result() -> u8 {
    7
}

fn end_of(run: impl FnOnce()) -> (StatusCode, String, String) {
    let spans = arrived(|_| run());
    let session = spans.iter().find(|span| span.kind() == Some("session")).unwrap();
    let state = text(session, "agentops.session.end_state").to_owned();
    (session.status.code, session.status.message.clone(), state)
}

#[test]
fn a_session_ends_as_its_functions_result_says() {
    let end = |code: StatusCode, message: &str, state: &str| (code, message.to_owned(), state.to_owned());
    let (ok, err) = (
        end(StatusCode::Ok, "", "Success"),
        end(StatusCode::Error, "no money", "Fail"),
    );
    assert_eq!(end_of(|| drop(run(Ok(1)))), ok);
    assert_eq!(end_of(|| drop(run(Err("no money".to_owned())))), err);
    assert_eq!(end_of(|| drop(block_on(run_later(Ok(1))))), ok);
    assert_eq!(end_of(|| drop(block_on(run_later(Err("no money".to_owned()))))), err);
    assert_eq!(end_of(|| assert_eq!(no_result(), 7)), ok);
    assert_eq!(end_of(|| drop(says())), ok, "the result is what counts");
    let (code, _, state) = end_of(|| assert!(std::panic::catch_unwind(breaks).is_err()));
    assert_eq!((code, state.as_str()), (StatusCode::Error, "Fail"));
}

#[test]
fn a_session_is_the_root_of_its_own_trace_with_its_tags() {
    let spans = arrived(|_| {
        run(Ok(1)).unwrap();
    });
    assert_eq!(testing::draw(&spans), "nightly.session\n  work.tool\n");
    let session = named(&spans, "nightly.session");
    assert_eq!(session.attribute("agentops.tags"), Some(&vec!["a"].into()));
    assert_eq!(text(session, "team"), "blue");
    assert_eq!(text(session, "agentops.session.output"), "1");
    let below = named(&spans, "work.tool");
    assert_eq!(
        below.attribute("agentops.tags"),
        Some(&vec!["a"].into()),
        "spans right below repeat the tags"
    );
}
