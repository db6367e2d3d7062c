//! The link to the dashboard, and the log of it.

use agentops::{AgentOps, Builder, EndState, testing::Collector};

use super::harness::{as_is, run, seen, to_plain, tool, variables};

fn session(agentops: &AgentOps) {
    let session = agentops.session("s").start();
    session.in_scope(tool);
    session.end(EndState::Success);
}

/// The lines about a session's link, after a check that the first link is that of the session.
fn links(settings: impl FnOnce(Builder) -> Builder) -> Vec<String> {
    let seen = seen(settings, session);
    let lines = seen.log.lines_with("replay");
    let trace = &seen.spans[0].trace_id;
    for line in &lines {
        assert!(
            line.starts_with("INFO") && line.ends_with(&format!("/sessions?trace_id={trace}")),
            "{line}"
        );
    }
    lines
}

#[test]
fn a_session_logs_its_link_at_start_and_end_unless_that_is_switched_off() {
    covers!("with_session_replay_log", "AGENTOPS_LOG_SESSION_REPLAY_URL");
    let no = [("AGENTOPS_LOG_SESSION_REPLAY_URL", "0")];
    let yes = [("AGENTOPS_LOG_SESSION_REPLAY_URL", "true")];
    for logged in [
        links(as_is),
        links(|builder| builder.with_env(variables(&no)).with_session_replay_log(true)),
    ] {
        assert_eq!(logged.len(), 2, "{logged:?}");
        assert!(
            logged[0].contains("started") && !logged[1].contains("started"),
            "{logged:?}"
        );
    }
    assert!(links(|builder| builder.with_session_replay_log(false)).is_empty());
    assert!(links(|builder| builder.with_env(variables(&no))).is_empty());
    assert!(links(|builder| builder.with_env(variables(&yes)).with_session_replay_log(false)).is_empty());

    let backend = Collector::start_without_auth();
    let plain = run(&backend, to_plain(&backend), session);
    assert!(
        plain.log.lines_with("replay").is_empty(),
        "without a key there is no link"
    );
    assert_eq!(plain.spans.len(), 2);
}

#[test]
fn links_lead_to_the_dashboard_that_the_program_names() {
    covers!("with_app_url", "AGENTOPS_APP_URL");
    let base = |settings: &dyn Fn(Builder) -> Builder| {
        let mut url = String::new();
        seen(settings, |agentops| {
            let session = agentops.session("s").start();
            url = session.replay_url();
            let trace = session.trace_id();
            url = url
                .strip_suffix(&format!("/sessions?trace_id={trace}"))
                .unwrap()
                .to_owned();
        });
        let logged = links(settings);
        assert_eq!(logged.len(), 2, "{logged:?}");
        assert!(logged.iter().all(|line| line.contains(&url)), "{url}: {logged:?}");
        url
    };
    let variable = [("AGENTOPS_APP_URL", "https://variable.example/app/")];
    assert_eq!(base(&as_is), "https://app.agentops.ai");
    assert_eq!(
        base(&|builder| builder.with_app_url("http://localhost:3000")),
        "http://localhost:3000"
    );
    assert_eq!(
        base(&|builder| builder.with_env(variables(&variable))),
        "https://variable.example/app"
    );
    let both = |builder: Builder| {
        builder
            .with_env(variables(&variable))
            .with_app_url("https://setter.example")
    };
    assert_eq!(base(&both), "https://setter.example");
}
