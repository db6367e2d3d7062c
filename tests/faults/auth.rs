//! Keys and tokens.

use std::time::Duration;

use super::{
    case::{Case, DEADLINE, Drop, KEY, demand, first, first_tokens, healthy, impatient},
    server::{Answer, Server, TOKEN, TRACES},
};

const SHORT: Duration = Duration::from_millis(700);

const KEYS: &[Case] = &[
    Case::new("401 at token expiry", healthy, |run| {
        run.send(100);
        run.flush();
        run.server.expire_tokens();
        // Several requests meet the refusal; one token is fetched for all of them.
        run.send(400);
        run.flush();
        assert_eq!(run.server.issued(), 2);
    })
    .with(|builder| builder.with_max_export_batch_size(50)),
    Case::new(
        "a token that seems to have expired before it came",
        |head| {
            // `exp` is in 2001: the clock of this machine, or of that one, has jumped.
            if head.path == TOKEN {
                Answer::Token("e30.eyJleHAiOjEwMDAwMDAwMDB9.")
            } else {
                Answer::Take
            }
        },
        |run| {
            for _ in 0..5 {
                run.send(10);
                run.flush();
            }
            assert_eq!(run.server.issued(), 1, "it is used until it is refused");
        },
    ),
    Case::new("403, the key is revoked for good", healthy, |run| {
        run.send(100);
        run.flush();
        run.server.revoke();
        run.send(50);
    })
    .ends_within(SHORT)
    .costs(Drop::Exactly(50)),
    Case::new("403, the key is revoked and another one set", healthy, |run| {
        run.send(100);
        run.flush();
        run.server.revoke();
        run.send(50);
        assert!(run.try_flush(SHORT).unwrap_err().is_timeout());
        run.server.pardon();
        run.agentops.set_api_key(KEY);
        run.flush();
    }),
    Case::new(
        "auth server down at the start",
        |head| first_tokens(2, head, Answer::Status(503)),
        |run| {
            run.send(100);
            run.flush();
        },
    ),
    Case::new(
        "auth server that never answers, at first",
        |head| first_tokens(1, head, Answer::Silence),
        |run| {
            run.send(100);
            run.flush();
        },
    )
    .with(impatient),
];

#[test]
fn a_token_that_is_not_good_any_more_costs_no_span_and_a_key_that_is_not_none_uncounted() {
    demand(KEYS);
}

/// The other origin.
static ELSEWHERE: std::sync::OnceLock<Server> = std::sync::OnceLock::new();

const REDIRECTS: &[Case] = &[
    Case::new(
        "redirect to another origin",
        |head| {
            let to = ELSEWHERE.get().unwrap().url(TRACES);
            first(usize::MAX, head, Answer::StatusAnd(307, "location", to))
        },
        |run| {
            run.send(100);
            let told = run.try_flush(DEADLINE).unwrap_err().to_string();
            assert!(told.contains("another origin"), "{told}");
        },
    )
    .costs(Drop::Exactly(100)),
    Case::new(
        "redirect of the auth server, at first",
        |head| {
            let to = ELSEWHERE.get().unwrap().url(TOKEN);
            first_tokens(2, head, Answer::StatusAnd(307, "location", to))
        },
        |run| {
            run.send(100);
            run.flush();
            assert_eq!(run.server.times(TOKEN).len(), 3);
        },
    ),
];

#[test]
fn a_redirect_is_not_followed_and_takes_neither_token_nor_key_along() {
    let elsewhere = ELSEWHERE.get_or_init(|| Server::start(healthy));
    demand(REDIRECTS);
    let came = [TRACES, TOKEN].map(|path| elsewhere.times(path).len());
    assert_eq!(came, [0, 0], "nobody came there");
    elsewhere.go_away();
}
