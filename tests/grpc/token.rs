//! The token of AgentOps, and that nothing secret is repeated.

use std::sync::Mutex;

use agentops::{Builder, testing::Collector};
use tonic::Status;

use super::{
    program::{Program, to},
    server::{Server, taken},
};

const KEY: &str = "11111111-2222-4333-8444-555555555555";

fn with_key(keys: &Collector, server: &Server) -> Builder {
    to(server.endpoint())
        .with_api_key(KEY)
        .with_endpoint(keys.auth_endpoint())
}

#[test]
fn the_token_of_the_key_goes_with_every_call_and_the_programs_own_does_not() {
    let (keys, server) = (Collector::start(), Server::start(|_| taken()));
    let program = Program::new(with_key(&keys, &server).with_header("authorization", "Bearer mine"));
    for serial in 1..=3 {
        program.work([serial]);
        program.delivered();
    }
    assert_eq!(keys.requests().len(), 1, "one exchange for all of them");
    let bearer = format!("Bearer {}", keys.token().unwrap());
    let calls = server.calls();
    assert_eq!(calls.len(), 3);
    for call in calls {
        assert_eq!(call.text("authorization"), Some(bearer.as_str()));
    }
}

#[test]
fn a_token_that_is_refused_is_fetched_anew_and_no_span_is_lost() {
    for refusal in [Status::unauthenticated("expired"), Status::permission_denied("expired")] {
        let keys = Collector::start();
        let refused: Mutex<Option<String>> = Mutex::default();
        let server = Server::start(move |call| {
            let token = call.text("authorization").unwrap().to_owned();
            let mut refused = refused.lock().unwrap();
            if *refused.get_or_insert_with(|| token.clone()) == token {
                return Err(refusal.clone());
            }
            taken()
        });
        let program = Program::new(with_key(&keys, &server));
        program.work(1..=5);
        assert_eq!(program.delivered().exported, 5);
        assert_eq!((keys.requests().len(), server.calls().len()), (2, 2));
    }
}

#[test]
fn nothing_that_a_server_repeats_shows_a_secret() {
    let keys = Collector::start();
    let server = Server::start(|call| {
        let (token, own) = (call.text("authorization").unwrap(), call.text("x-own").unwrap());
        Err(Status::failed_precondition(format!("you sent {token} and {own}")))
    });
    let program = Program::new(with_key(&keys, &server).with_header("x-own", "header-s3cret"));
    program.work([1]);
    let (stats, error) = program.partly_delivered();
    assert_eq!(stats.dropped.total(), 1);
    assert!(error.contains("FailedPrecondition: you sent"), "{error}");
    for secret in [&*keys.token().unwrap(), "header-s3cret", KEY] {
        assert!(!error.contains(secret), "{error}");
    }
}
