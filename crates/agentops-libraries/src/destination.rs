//! [`Destination`]: where an example sends its spans.

use std::time::Duration;

use agentops::{Builder, testing::Collector};

use crate::KEY;

/// Where an example sends its spans: where the environment says, else to a fake AgentOps on loopback.
#[derive(Debug)]
pub struct Destination(Option<Collector>);

impl Destination {
    /// Looks at the environment.
    pub fn from_env() -> Self {
        let set = |name: &str| std::env::var_os(name).is_some();
        let is_said = set("AGENTOPS_API_KEY") || set("AGENTOPS_EXPORT") || set("OTEL_EXPORTER_OTLP_ENDPOINT");
        Self((!is_said).then(Collector::start))
    }

    /// A builder that sends there.
    pub fn builder(&self) -> Builder {
        let builder = agentops::builder().with_shutdown_timeout(Duration::from_secs(10));
        match &self.0 {
            Some(collector) => builder
                .with_api_key(KEY)
                .with_endpoint(collector.auth_endpoint())
                .with_exporter_endpoint(collector.traces_endpoint()),
            None => builder,
        }
    }

    /// Variables by which another process sends there; none where the environment says where.
    pub fn variables(&self) -> Vec<(&'static str, String)> {
        let collector = self.0.iter();
        let pairs = collector.flat_map(|collector| {
            [
                ("AGENTOPS_API_KEY", KEY.to_owned()),
                ("AGENTOPS_API_ENDPOINT", collector.auth_endpoint()),
                ("AGENTOPS_EXPORTER_ENDPOINT", collector.traces_endpoint()),
            ]
        });
        pairs.collect()
    }

    /// What arrived, drawn as a tree; where it went elsewhere, that it did.
    pub fn shown(&self) -> String {
        match &self.0 {
            Some(collector) => collector.tree(),
            None => "sent to where the environment says\n".to_owned(),
        }
    }
}
