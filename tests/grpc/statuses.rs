//! What a server's answer means for the spans.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use agentops::Compression;
use http::StatusCode;
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTracePartialSuccess, ExportTraceServiceResponse};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

use crate::scratch::Scratch;

use super::{
    program::{Program, to},
    server::{Answer, Call, Server, taken},
};

/// Gives the first call this answer and takes the others.
fn first(answer: Status) -> impl Fn(&Call) -> Answer {
    let calls = AtomicUsize::new(0);
    move |_| match calls.fetch_add(1, Ordering::Relaxed) {
        0 => Err(answer.clone()),
        _ => taken(),
    }
}

fn after(code: Code, delay: Duration) -> Status {
    Status::with_error_details(code, "later", ErrorDetails::with_retry_info(Some(delay)))
}

#[test]
fn what_may_pass_is_sent_again() {
    let passing = [
        Code::Cancelled,
        Code::DeadlineExceeded,
        Code::Aborted,
        Code::OutOfRange,
        Code::Unavailable,
        Code::DataLoss,
    ];
    for code in passing {
        let server = Server::start(first(after(code, Duration::from_millis(1))));
        let program = Program::new(to(server.endpoint()));
        program.work(1..=2);
        let stats = program.delivered();
        assert_eq!((stats.exported, stats.retries), (2, 1), "{code:?}");
        assert_eq!(server.calls()[1].serials(), [1, 2], "{code:?}");
    }
}

#[test]
fn without_a_delay_the_back_off_is_that_of_every_transport() {
    let server = Server::start(first(Status::unavailable("down")));
    let program = Program::new(to(server.endpoint()));
    program.work([1]);
    assert_eq!(program.delivered().retries, 1);
    let calls = server.calls();
    assert!(calls[1].at - calls[0].at >= Duration::from_millis(400));
}

#[test]
fn the_delay_of_retry_info_is_obeyed() {
    let delay = Duration::from_millis(1_200);
    let server = Server::start(first(after(Code::ResourceExhausted, delay)));
    let program = Program::new(to(server.endpoint()));
    program.work(1..=2);
    let stats = program.delivered();
    assert_eq!((stats.exported, stats.retries), (2, 1));
    let calls = server.calls();
    assert_eq!(calls.len(), 2, "it was not halved");
    assert!(calls[1].at - calls[0].at >= delay, "{:?}", calls[1].at - calls[0].at);
}

#[test]
fn what_a_server_rejected_of_a_request_is_counted_with_its_reason() {
    let server = Server::start(|_| {
        Ok(ExportTraceServiceResponse {
            partial_success: Some(ExportTracePartialSuccess {
                rejected_spans: 2,
                error_message: "too old".to_owned(),
            }),
        })
    });
    let program = Program::new(to(server.endpoint()));
    program.work(1..=5);
    let (stats, error) = program.partly_delivered();
    assert_eq!((stats.exported, stats.dropped.refused), (3, 2));
    assert!(error.contains("too old"), "{error}");
}

#[test]
fn a_request_above_the_servers_limit_is_halved_until_it_fits() {
    // tonic's servers answer OUT_OF_RANGE, and RESOURCE_EXHAUSTED where the message was compressed, as others always do.
    let own = Server::start_with(16 * 1024, Vec::new(), |_| taken());
    let others = Server::start(|call| {
        if call.serials().len() > 2 {
            return Err(Status::resource_exhausted("received message larger than max"));
        }
        taken()
    });
    for (server, compression) in [
        (&own, Compression::None),
        (&own, Compression::Gzip),
        (&others, Compression::Gzip),
    ] {
        let before = server.calls().len();
        let program = Program::new(to(server.endpoint()).with_compression(compression));
        program.work_with(1..=8, &"x".repeat(5_000));
        let stats = program.delivered();
        assert_eq!((stats.exported, stats.dropped.total(), stats.retries), (8, 0, 0));
        let calls = server.calls().split_off(before);
        let taken = calls.iter().filter(|call| call.serials().len() <= 2);
        let mut serials: Vec<_> = taken.flat_map(Call::serials).collect();
        serials.sort_unstable();
        assert_eq!(serials, (1..=8).collect::<Vec<_>>());
    }
}

#[test]
fn a_single_span_above_the_servers_limit_is_given_up_at_once() {
    let server = Server::start_with(16 * 1024, Vec::new(), |_| taken());
    let program = Program::new(to(server.endpoint()).with_compression(Compression::None));
    program.work_with([1], &"x".repeat(20_000));
    let (stats, error) = program.partly_delivered();
    assert_eq!((stats.dropped.refused, stats.retries), (1, 0));
    assert!(error.contains("OutOfRange") && error.contains("too large"), "{error}");
}

#[test]
fn one_bad_span_of_many_costs_one_span() {
    let server = Server::start(|call| {
        if call.serials().contains(&23) {
            return Err(Status::invalid_argument("span 23 is no span"));
        }
        taken()
    });
    let program = Program::new(to(server.endpoint()));
    program.work(1..=40);
    let (stats, error) = program.partly_delivered();
    assert_eq!(server.calls()[0].serials().len(), 40, "they left together");
    assert_eq!((stats.exported, stats.dropped.refused), (39, 1));
    assert!(error.contains("InvalidArgument: span 23 is no span"), "{error}");
}

#[test]
fn what_will_never_be_taken_is_sent_once() {
    for code in [Code::Unimplemented, Code::Internal, Code::NotFound, Code::Unknown] {
        let server = Server::start(move |_| Err(Status::new(code, "never")));
        let program = Program::new(to(server.endpoint()));
        program.work(1..=4);
        let (stats, error) = program.partly_delivered();
        assert_eq!((stats.dropped.refused, server.calls().len()), (4, 1), "{code:?}");
        assert!(error.contains(&format!("{code:?}: never")), "{error}");
    }
}

#[test]
fn a_gateway_that_knows_no_grpc_is_understood_by_its_http_status() {
    let pages = vec![StatusCode::BAD_GATEWAY, StatusCode::PAYLOAD_TOO_LARGE];
    let server = Server::start_with(usize::MAX, pages, |_| taken());
    let program = Program::new(to(server.endpoint()));
    program.work(1..=4);
    let stats = program.delivered();
    assert_eq!((stats.exported, stats.retries), (4, 1));
    let mut serials: Vec<_> = server.calls().iter().map(Call::serials).collect();
    serials.sort();
    assert_eq!(
        serials,
        [[1, 2], [3, 4]],
        "again after the 502, in halves after the 413"
    );
}

#[test]
fn what_was_spooled_while_the_server_was_away_is_replayed_in_order() {
    let scratch = Scratch::new();
    let (away, serials) = (Arc::new(AtomicBool::new(true)), 0..=9);
    let server = {
        let away = Arc::clone(&away);
        Server::start(move |_| {
            if away.load(Ordering::SeqCst) {
                Err(Status::unavailable("away"))
            } else {
                taken()
            }
        })
    };
    let builder = to(server.endpoint())
        .with_spool_dir(&scratch)
        .with_export_flush_interval(Duration::from_millis(20))
        .with_max_export_batch_size(1);
    let program = Program::new(builder);
    program.work(serials.clone());
    program.wait_until(|stats| stats.spooled_spans == 10 && stats.queued_spans == 0);
    let failed = server.calls().len();
    away.store(false, Ordering::SeqCst);
    let stats = program.wait_until(|stats| stats.exported == 10 && stats.spooled_spans == 0);
    assert_eq!((stats.replayed, stats.dropped.total()), (10, 0));
    let replayed: Vec<_> = server.calls()[failed..].iter().flat_map(Call::serials).collect();
    // A probe may have failed after the count was taken.
    assert!(replayed.ends_with(&serials.collect::<Vec<_>>()), "{replayed:?}");
    program.agentops.shutdown(super::program::DEADLINE).unwrap();
}
