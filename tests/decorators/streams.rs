//! Streams: the span ends with the stream, and the items are counted.

use std::pin::Pin;

use agentops::{operation, session, testing, testing::StatusCode, tool, workflow};
use futures::{Stream, StreamExt as _, stream, stream::BoxStream};

use crate::{
    futures::block_on,
    harness::{arrived, named, text},
};

#[operation]
fn step(n: u8) -> u8 {
    n
}

#[tool]
fn numbers(up_to: u8) -> impl Stream<Item = u8> + Unpin {
    stream::iter(0..up_to).map(step)
}

#[tool]
fn pinned<'a>(numbers: &'a [u8]) -> Pin<Box<dyn Stream<Item = u8> + Send + 'a>> {
    Box::pin(stream::iter(numbers).map(|n| step(*n)))
}

#[tool]
fn boxed(up_to: u8) -> BoxStream<'static, Result<u8, String>> {
    stream::iter(0..up_to)
        .map(|n| if n == 1 { Err(format!("no {n}")) } else { Ok(n) })
        .boxed()
}

#[tool]
async fn later(up_to: u8) -> Result<impl Stream<Item = u8>, String> {
    if up_to == 0 {
        return Err("nothing to count".to_owned());
    }
    tokio::task::yield_now().await;
    Ok(stream::iter(0..up_to).map(step))
}

#[test]
fn a_span_lasts_as_long_as_the_stream_and_counts_the_items() {
    let spans = arrived(|_| {
        block_on(async {
            let mut stream = numbers(2);
            assert_eq!(stream.size_hint(), (2, Some(2)));
            while let Some(_item) = stream.next().await {}
            assert_eq!(stream.next().await, None);
            // The span ended with the stream, although the stream is still here.
            step(9);
            assert_eq!(pinned(&[1, 2, 3]).collect::<Vec<_>>().await, [1, 2, 3]);
            assert_eq!(later(1).await.unwrap().collect::<Vec<_>>().await, [0]);
            drop(stream);
        });
    });
    assert_eq!(
        testing::draw(&spans),
        "default.session\n  numbers.tool\n    step.operation\n    step.operation\n  step.operation\n  pinned.tool\n    \
         step.operation\n    step.operation\n    step.operation\n  later.tool\n    step.operation\n"
    );
    for (name, items) in [("numbers.tool", 2_i64), ("pinned.tool", 3), ("later.tool", 1)] {
        let span = named(&spans, name);
        assert_eq!(span.attribute("agentops.stream.items"), Some(&items.into()), "{name}");
        assert_eq!(span.status.code, StatusCode::Ok);
        assert_eq!(span.attribute("tool.result"), None);
    }
    assert!(text(named(&spans, "numbers.tool"), "tool.parameters").contains("\"up_to\":2"));
}

#[test]
fn a_stream_that_is_dropped_early_ends_its_span_with_the_items_so_far() {
    let spans = arrived(|_| {
        block_on(async {
            assert_eq!(numbers(9).take(3).collect::<Vec<_>>().await, [0, 1, 2]);
        });
    });
    let span = named(&spans, "numbers.tool");
    assert_eq!(span.attribute("agentops.stream.items"), Some(&3_i64.into()));
    assert_eq!(span.status.code, StatusCode::Ok, "who takes three wants no more");
}

#[test]
fn an_item_that_is_an_error_is_the_spans_error() {
    let spans = arrived(|_| {
        block_on(async {
            assert_eq!(boxed(3).count().await, 3);
            assert!(later(0).await.is_err());
        });
    });
    let failed = named(&spans, "boxed.tool");
    assert_eq!(failed.status.message, "no 1");
    assert_eq!(
        (failed.attribute("agentops.stream.items"), failed.events.len()),
        (Some(&3_i64.into()), 1)
    );
    assert_eq!(named(&spans, "later.tool").status.message, "nothing to count");
}

#[session(name = "whole")]
fn session_of_items(up_to: u8) -> impl Stream<Item = u8> {
    stream::iter(0..up_to)
}

#[workflow]
fn breaks() -> impl Stream<Item = u8> {
    stream::iter(0..3).map(|n| if n == 1 { panic!("no {n}") } else { n })
}

#[test]
fn a_session_that_is_a_stream_ends_as_the_stream_does() {
    let ended = |take: usize| {
        let spans = arrived(|_| {
            block_on(async {
                session_of_items(2).take(take).count().await;
            });
        });
        text(named(&spans, "whole.session"), "agentops.session.end_state").to_owned()
    };
    assert_eq!(ended(5), "Success");
    assert_eq!(ended(1), "Indeterminate");
}

#[test]
fn a_stream_that_panics_is_an_error() {
    let spans = arrived(|_| {
        let caught = std::panic::catch_unwind(|| block_on(breaks().count()));
        assert!(caught.is_err());
    });
    let span = named(&spans, "breaks.workflow");
    assert!(span.is_error());
    assert_eq!(span.attribute("agentops.stream.items"), Some(&1_i64.into()));
}
