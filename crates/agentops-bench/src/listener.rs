//! [`Listener`]: the subscriber of the process.

use std::{fs, path::PathBuf, str::FromStr, time::Duration};

use agentops::{AgentOps, Export};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::{
    error::OTelSdkResult,
    trace::{SdkTracerProvider, SpanData, SpanExporter},
};
use tracing::{Subscriber, level_filters::LevelFilter};
use tracing_subscriber::{Layer, layer::SubscriberExt as _, registry};

use crate::destination;

/// Who listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listener {
    /// Our layer alone.
    Ours,
    /// The same with a durable spool.
    OursDurable,
    /// The default layer of `tracing-opentelemetry` alone, on the SDK's batch processor.
    OpenTelemetry,
    /// A layer that wants every span and does nothing with it.
    Other,
    /// Our layer beside that one.
    OursBesideOther,
    /// Nobody.
    Nobody,
    /// Our layer alone, told to look at nothing below errors.
    OursUnwanting,
    /// Our layer, switched off, beside the one that wants every span.
    OursOffBesideOther,
}

/// What listens, for as long as this is kept.
#[derive(Debug)]
pub struct Listening {
    ours: Option<AgentOps>,
    provider: Option<SdkTracerProvider>,
    /// The directory of a spool.
    spool: Option<PathBuf>,
}

impl Listener {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Ours,
        Self::OursDurable,
        Self::OpenTelemetry,
        Self::Other,
        Self::OursBesideOther,
        Self::Nobody,
        Self::OursUnwanting,
        Self::OursOffBesideOther,
    ];

    /// Its name on the command line and in the file of ceilings.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ours => "agentops",
            Self::OursDurable => "agentops-durable",
            Self::OpenTelemetry => "tracing-opentelemetry",
            Self::Other => "other",
            Self::OursBesideOther => "agentops-beside-other",
            Self::Nobody => "nobody",
            Self::OursUnwanting => "agentops-unwanting",
            Self::OursOffBesideOther => "agentops-off-beside-other",
        }
    }

    /// Makes it the subscriber of this process. Ours and OpenTelemetry's hand their spans to the same exporter; with a
    /// durable spool they are written to a directory, and sent to a server that takes everything.
    ///
    /// # Errors
    /// The handle could not be built, or the process has a subscriber.
    pub fn install(self) -> Result<Listening, Box<dyn std::error::Error>> {
        let mut listening = Listening {
            ours: None,
            provider: None,
            spool: None,
        };
        match self {
            Self::Ours => {
                let ours = listening.ours.insert(handle()?);
                tracing::subscriber::set_global_default(registry().with(ours.layer()))?;
            }
            Self::OursDurable => {
                let spool = std::env::temp_dir().join(format!("agentops-cost-spool-{}", std::process::id()));
                let durable = agentops::builder()
                    .with_env(|_| None)
                    .with_exporter_endpoint(format!("http://{}/v1/traces", destination::start()?))
                    .with_spool_dir(listening.spool.insert(spool).as_path())
                    .with_durable_spool(true);
                let ours = listening.ours.insert(durable.build()?);
                tracing::subscriber::set_global_default(registry().with(ours.layer()))?;
            }
            Self::OpenTelemetry => {
                let provider = SdkTracerProvider::builder().with_batch_exporter(Nowhere).build();
                let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("cost"));
                tracing::subscriber::set_global_default(registry().with(layer))?;
                listening.provider = Some(provider);
            }
            Self::Other => tracing::subscriber::set_global_default(registry().with(Idle))?,
            Self::OursBesideOther => {
                let ours = listening.ours.insert(handle()?);
                tracing::subscriber::set_global_default(registry().with(Idle).with(ours.layer()))?;
            }
            Self::Nobody => {}
            Self::OursUnwanting => {
                let ours = listening
                    .ours
                    .insert(builder().with_max_level(LevelFilter::ERROR).build()?);
                tracing::subscriber::set_global_default(registry().with(ours.layer()))?;
            }
            Self::OursOffBesideOther => {
                let ours = listening.ours.insert(builder().with_export(Export::Off).build()?);
                tracing::subscriber::set_global_default(registry().with(Idle).with(ours.layer()))?;
            }
        }
        Ok(listening)
    }
}

/// A handle whose spans go nowhere, whatever the environment says.
fn handle() -> Result<AgentOps, agentops::InitError> {
    builder().build()
}

/// A handle as a program has it, with a key and a place to send to. Nothing listens there, and nothing is sent.
///
/// # Errors
/// The handle could not be built.
pub fn sending_handle() -> Result<AgentOps, agentops::InitError> {
    let builder = agentops::builder()
        .with_env(|_| None)
        .with_api_key("11111111-2222-4333-8444-555555555555");
    let nowhere = "http://127.0.0.1:9";
    builder
        .with_endpoint(nowhere)
        .with_exporter_endpoint(format!("{nowhere}/v1/traces"))
        .build()
}

fn builder() -> agentops::Builder {
    agentops::builder().with_env(|_| None).with_span_exporter(Nowhere)
}

impl Listening {
    /// Waits until everything that was recorded is out of the way.
    ///
    /// # Errors
    /// Spans were lost: then something else was measured than was meant.
    pub fn settle(&self) -> Result<(), Box<dyn std::error::Error>> {
        if let Some(ours) = &self.ours {
            ours.force_flush(Duration::from_secs(30))?;
        }
        if let Some(provider) = &self.provider {
            provider.force_flush()?;
        }
        Ok(())
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        if let (Some(ours), Some(spool)) = (&self.ours, &self.spool) {
            // What is left to be sent nobody will miss.
            let _delivered = ours.shutdown(Duration::from_secs(10));
            let _removed = fs::remove_dir_all(spool);
        }
    }
}

impl FromStr for Listener {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let mut all = Self::ALL.into_iter();
        all.find(|listener| listener.name() == name)
            .ok_or_else(|| format!("{name} is not a listener"))
    }
}

/// Takes spans and forgets them.
#[derive(Debug)]
struct Nowhere;

impl SpanExporter for Nowhere {
    async fn export(&self, _batch: Vec<SpanData>) -> OTelSdkResult {
        Ok(())
    }
}

/// Wants everything.
struct Idle;

impl<S: Subscriber> Layer<S> for Idle {}
