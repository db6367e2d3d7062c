//! Notes of open spans, as the next process reads them.

use std::{
    fs::File,
    io::{self, Write as _},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    trace::v1::{ResourceSpans, ScopeSpans, Span},
};
use prost::Message;
use tokio::time::Instant;

use super::{Scratch, options, spool};
use crate::export::{
    Settled,
    request::EncodedRequest,
    spool::{Opening, Spool, folder::Folder},
};

/// A request of spans with these ids.
fn request(ids: &[u8]) -> ExportTraceServiceRequest {
    let spans = ids.iter().map(|id| Span {
        span_id: vec![*id; 8],
        start_time_unix_nano: 1_000,
        ..Span::default()
    });
    let scope_spans = vec![ScopeSpans {
        spans: spans.collect(),
        ..ScopeSpans::default()
    }];
    ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans {
            scope_spans,
            ..ResourceSpans::default()
        }],
    }
}

fn opening(id: u8) -> Opening {
    Opening {
        span: u64::from_le_bytes([id; 8]),
        request: request(&[id]).encode_to_vec().into(),
    }
}

/// A spool that wrote these spans and noted those, and whose process was killed.
fn killed(scratch: &Scratch, ended: &[u8], open: &[u8]) -> Spool {
    let mut options = options(scratch);
    options.durable = true;
    let mut dead = spool(&options);
    dead.open(&open.iter().copied().map(opening).collect::<Vec<_>>());
    for id in ended {
        dead.hold(&mut EncodedRequest::new(&request(&[*id])));
    }
    dead
}

/// The ids of the spans that are sent, and whether each has an end.
fn sent(scratch: &Scratch) -> (Settled, Vec<(u8, bool)>) {
    let mut heir = spool(&options(scratch));
    heir.tend(Instant::now());
    let mut settled = Settled::default();
    heir.tell(&mut settled);
    let mut spans = Vec::new();
    while let Some(mut request) = heir.next(100, Instant::now()) {
        let message = request.message().unwrap();
        let scopes = message
            .resource_spans
            .into_iter()
            .flat_map(|resource| resource.scope_spans);
        for span in scopes.flat_map(|scope| scope.spans) {
            spans.push((span.span_id[0], span.end_time_unix_nano > span.start_time_unix_nano));
        }
        heir.settle(request.take_receipt());
    }
    spans.sort_unstable();
    (settled, spans)
}

#[tokio::test(start_paused = true)]
async fn a_span_that_ended_is_not_reported_as_open_though_its_note_is_still_there() {
    let scratch = Scratch::new();
    // Killed between the writing of what ended and the taking back of its note.
    drop(killed(&scratch, &[1, 2], &[2, 3]));
    let (settled, spans) = sent(&scratch);
    assert_eq!(spans, [(1, false), (2, false), (3, true)]);
    assert_eq!((settled.recovered, settled.damaged_segments), (3, 0));
}

#[tokio::test(start_paused = true)]
async fn a_note_that_was_taken_back_is_no_open_span() {
    let scratch = Scratch::new();
    let mut dead = killed(&scratch, &[], &[1, 2]);
    dead.close(&[opening(1).span]);
    drop(dead);
    assert_eq!(sent(&scratch).1, [(2, true)]);
    assert_eq!(sent(&scratch).1, [], "and it is reported once");
}

#[tokio::test(start_paused = true)]
async fn what_is_held_is_in_no_count_of_what_waits_until_it_cannot_be_sent() {
    let scratch = Scratch::new();
    let mut options = options(&scratch);
    options.durable = true;
    let mut spool = spool(&options);
    let mut parts = [1, 2].map(|id| EncodedRequest::new(&request(&[id])));
    for part in &mut parts {
        spool.hold(part);
    }
    assert_eq!(spool.spans(), 0);
    let [joined] = EncodedRequest::join(parts.into()).try_into().unwrap();
    assert_eq!(joined.spans(), 2);
    let bytes = spool.bytes();
    spool.keep(joined).unwrap();
    assert_eq!((spool.spans(), spool.bytes()), (2, bytes), "it is not written twice");
    drop(spool);
    assert_eq!(sent(&scratch).1, [(1, false), (2, false)]);
}

#[tokio::test(start_paused = true)]
async fn of_two_halves_the_one_that_arrived_is_not_sent_again() {
    let scratch = Scratch::new();
    let mut options = options(&scratch);
    options.durable = true;
    let mut spool = spool(&options);
    let mut whole = EncodedRequest::new(&request(&[1, 2, 3]));
    spool.hold(&mut whole);
    let (mut first, second) = whole.split().unwrap();
    drop(whole);
    spool.keep(second).unwrap();
    assert_eq!(spool.spans(), 2);
    spool.settle(first.take_receipt());
    drop(spool);
    assert_eq!(sent(&scratch).1, [(2, false), (3, false)]);
}

#[tokio::test(start_paused = true)]
async fn a_note_that_could_not_be_taken_back_is_taken_back_once_the_disk_has_rested() {
    let scratch = Scratch::new();
    let mut dead = killed(&scratch, &[], &[1, 2, 3]);
    let fails = Arc::new(AtomicBool::new(true));
    let failing = Arc::clone(&fails);
    let folder = Folder::new(scratch.path().to_owned());
    dead.folder = folder.writing(Box::new(move |file: &mut File, bytes: &[u8]| {
        if failing.load(Ordering::Relaxed) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        file.write_all(bytes)
    }));
    let span = |id: u8| u64::from_le_bytes([id; 8]);
    dead.close(&[span(1)]);
    // The disk rests now.
    dead.close(&[span(2)]);
    fails.store(false, Ordering::Relaxed);
    dead.close(&[]);
    tokio::time::advance(Duration::from_secs(2)).await;
    dead.close(&[]);
    drop(dead);
    assert_eq!(sent(&scratch).1, [(3, true)], "the other two ended");
}
