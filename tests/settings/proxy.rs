//! A proxy in the environment of the process, which is this binary again.

use agentops::testing::Collector;
use tracing::subscriber::with_default;
use tracing_subscriber::layer::SubscriberExt as _;

use super::harness::{DEADLINE, KEY, tool};
use crate::process::{Ended, again_alone, role};

/// A program that sends where it is told, for the token and with its spans.
fn program(traces: &str) {
    let endpoint = traces.strip_suffix("/v1/traces").unwrap();
    let agentops = agentops::builder()
        .with_env(|_| None)
        .with_api_key(KEY)
        .with_endpoint(endpoint)
        .with_exporter_endpoint(traces)
        .build()
        .unwrap();
    with_default(tracing_subscriber::registry().with(agentops.layer()), tool);
    agentops.shutdown(DEADLINE).unwrap();
}

#[test]
fn requests_go_through_the_proxy_of_the_environment_but_for_the_hosts_that_it_is_not_for() {
    if let Some(traces) = role() {
        return program(&traces);
    }
    let test = "settings::proxy::requests_go_through_the_proxy_of_the_environment_but_for_the_hosts_that_it_is_not_for";
    let sent_to = |traces: &str, proxy: &Collector| {
        let mut command = again_alone(test, traces);
        command
            .env("HTTP_PROXY", proxy.auth_endpoint())
            .env("NO_PROXY", "127.0.0.1");
        Ended::well(&mut command);
    };
    let (proxy, direct) = (Collector::start(), Collector::start());
    sent_to("http://agentops.invalid/v1/traces", &proxy);
    assert_eq!(proxy.tree(), "default.session\n  tool.tool\n");
    proxy.clear();
    sent_to(&direct.traces_endpoint(), &proxy);
    assert_eq!(direct.tree(), "default.session\n  tool.tool\n");
    assert!(proxy.requests().is_empty(), "{:?}", proxy.requests());
}
