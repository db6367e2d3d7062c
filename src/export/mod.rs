//! Delivery: spans are encoded once, and the encoded request is the unit of sizing, retry and splitting.
//!
//! `encode` makes requests, the `outbox` decides when one is sent, sent again, halved or given up, a `transport` makes
//! one attempt, and `auth` has the token that attempts may need. Everything runs on the pipeline thread; only an
//! exporter that the program gave has a thread of its own (`custom`).

mod auth;
mod client;
mod custom;
mod encode;
pub(crate) mod endpoint;
mod mask;
mod outbox;
mod pending;
mod request;
mod retry;
mod settled;
pub(crate) mod shorten;
mod spool;
#[cfg(test)]
#[cfg(feature = "testing")]
mod tests;
mod token;
mod transport;
pub(crate) mod tree;

use std::{sync::Arc, time::Duration};

use futures_util::{FutureExt, future::BoxFuture};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_sdk::{Resource, trace::SpanData};
use reqwest::Client;
use tokio::time::Instant;
use url::Url;

pub use self::settled::DropReason;
#[cfg(feature = "grpc")]
use self::transport::grpc::Grpc;
use self::{
    auth::Auth,
    client::client,
    custom::Custom,
    encode::Encoder,
    outbox::{Limits, Outbox},
    request::EncodedRequest,
    spool::{Opening, Spool},
    token::{Denial, HttpExchange},
    transport::{Outcome, Transport, console::Console, file::LineFile, http::Http, own_headers::OwnHeaders},
};
pub(crate) use self::{custom::BoxedExporter, settled::Settled};
use crate::{
    config::{Config, Destination, Protocol, Secret},
    error::{ExportError, ExportErrorKind},
};

fn widen(spans: usize) -> u64 {
    u64::try_from(spans).unwrap_or(u64::MAX)
}

/// What the destination says about a key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Project {
    /// AgentOps' id of the project that the key belongs to. Empty for destinations that know no projects.
    pub id: String,
    /// The plan, as AgentOps names it (`free`, `pro`, ...). Empty for destinations that know no projects.
    pub plan: String,
}

/// Takes batches and delivers them. Owned by the pipeline thread; nothing here waits except `progress` and `shutdown`.
pub(crate) struct Delivery {
    encoder: Encoder,
    sink: Sink,
}

enum Sink {
    Outbox(Box<Outbox>),
    Custom(Custom),
    /// Nothing is recorded; what comes nevertheless is counted.
    Nowhere(Settled),
}

impl Delivery {
    /// To be called on the pipeline thread. The error is safe to show.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "whoever makes a resource for this has no other use for it"
    )]
    pub(crate) fn new(config: &Config, resource: Resource, exporter: Option<BoxedExporter>) -> Result<Self, String> {
        let encoder = Encoder::new(&resource);
        let sink = match &config.destination {
            Destination::AgentOps { api_key, auth, traces } => {
                let client = client(config.export_timeout, &[auth, traces])?;
                let exchange = Arc::new(HttpExchange::new(client.clone(), auth.clone()));
                let auth = Auth::new(exchange, api_key.clone());
                Sink::Outbox(outbox(config, client, traces, Some(auth))?)
            }
            Destination::Otlp { traces } => {
                let client = client(config.export_timeout, &[traces])?;
                Sink::Outbox(outbox(config, client, traces, None)?)
            }
            Destination::Console => unattended(Console::new(Box::new(std::io::stdout()))),
            Destination::File(path) => unattended(LineFile::open(path)?),
            Destination::Exporter => {
                let exporter = exporter.ok_or("an exporter is the destination, and none was given")?;
                Sink::Custom(Custom::new(exporter, &resource)?)
            }
            Destination::Inert | Destination::Off => Sink::Nowhere(Settled::default()),
        };
        Ok(Self { encoder, sink })
    }

    /// Encodes a batch and puts it in the outbox.
    pub(crate) fn submit(&mut self, batch: Vec<SpanData>) {
        match &mut self.sink {
            Sink::Outbox(outbox) if outbox.is_durable() => {
                for request in self.encoder.encode(batch) {
                    outbox.gather(request);
                }
                outbox.send_gathered();
            }
            Sink::Outbox(outbox) => {
                for request in self.encoder.encode(batch) {
                    outbox.push(request);
                }
            }
            Sink::Custom(custom) => custom.push(batch),
            Sink::Nowhere(settled) => settled.drop(DropReason::Refused, batch.len()),
        }
    }

    /// Everything is written to disk before it is sent.
    pub(crate) fn is_durable(&self) -> bool {
        matches!(&self.sink, Sink::Outbox(outbox) if outbox.is_durable())
    }

    /// Encodes a span, so that it is not the first time later.
    pub(crate) fn warm_up(&self, span: SpanData) {
        drop(self.encoder.encode(vec![span]));
    }

    /// Looks for what waits on disk.
    pub(crate) fn tend(&mut self) {
        if let Sink::Outbox(outbox) = &mut self.sink {
            outbox.tend(Instant::now());
        }
    }

    /// Writes spans to disk, to be sent with the next batch.
    pub(crate) fn gather(&mut self, spans: Vec<SpanData>) {
        if let Sink::Outbox(outbox) = &mut self.sink {
            for request in self.encoder.encode(spans) {
                outbox.gather(request);
            }
        }
    }

    /// Spans that were gathered.
    pub(crate) fn gathered_spans(&self) -> usize {
        match &self.sink {
            Sink::Outbox(outbox) => outbox.gathered_spans(),
            Sink::Custom(_) | Sink::Nowhere(_) => 0,
        }
    }

    /// Notes on disk which spans are open, by id and as they are to be reported if the process ends first, and which are
    /// no longer.
    pub(crate) fn note(&mut self, opened: Vec<(u64, SpanData)>, closed: &[u64]) {
        if let Sink::Outbox(outbox) = &mut self.sink {
            let openings: Vec<Opening> = opened
                .into_iter()
                .flat_map(|(span, data)| {
                    let requests = self.encoder.encode(vec![data]);
                    requests.into_iter().map(move |request| Opening {
                        span,
                        request: request.body().clone(),
                    })
                })
                .collect();
            outbox.note_open(&openings, closed);
        }
    }

    /// What cannot be sent can wait on disk.
    pub(crate) fn has_spool(&self) -> bool {
        matches!(&self.sink, Sink::Outbox(outbox) if outbox.spool().is_some())
    }

    /// Spans that wait on disk and no longer in memory, those of this process alone, and the bytes on disk.
    pub(crate) fn spooled(&self) -> (u64, u64, u64) {
        match &self.sink {
            Sink::Outbox(outbox) => outbox
                .spool()
                .map_or((0, 0, 0), |spool| (spool.spans(), spool.own_spans(), spool.bytes())),
            Sink::Custom(_) | Sink::Nowhere(_) => (0, 0, 0),
        }
    }

    /// Waits until something was settled and says what; for ever when nothing is under way. Safe to cancel: a send
    /// that is under way goes on with the next call.
    pub(crate) async fn progress(&mut self) -> Settled {
        match &mut self.sink {
            Sink::Outbox(outbox) => outbox.progress().await,
            Sink::Custom(custom) => custom.progress().await,
            Sink::Nowhere(settled) if settled.is_empty() => std::future::pending().await,
            Sink::Nowhere(settled) => std::mem::take(settled),
        }
    }

    /// Nothing is under way, and `progress` has nothing more to say.
    pub(crate) fn is_idle(&self) -> bool {
        match &self.sink {
            Sink::Outbox(outbox) => outbox.is_idle(),
            Sink::Custom(custom) => custom.is_idle(),
            Sink::Nowhere(settled) => settled.is_empty(),
        }
    }

    /// Whatever was submitted at `moment` or before is settled, and `progress` told what became of it.
    pub(crate) fn is_settled_up_to(&self, moment: Instant) -> bool {
        match &self.sink {
            Sink::Outbox(outbox) => outbox.is_settled_up_to(moment),
            Sink::Custom(custom) => custom.is_silent() && custom.pending().is_settled_up_to(moment),
            Sink::Nowhere(settled) => settled.is_empty(),
        }
    }

    pub(crate) fn pending_spans(&self) -> usize {
        match &self.sink {
            Sink::Outbox(outbox) => outbox.pending().spans(),
            Sink::Custom(custom) => custom.pending().spans(),
            Sink::Nowhere(_) => 0,
        }
    }

    pub(crate) fn pending_bytes(&self) -> usize {
        match &self.sink {
            Sink::Outbox(outbox) => outbox.pending().bytes(),
            Sink::Custom(custom) => custom.pending().bytes(),
            Sink::Nowhere(_) => 0,
        }
    }

    /// Cuts long values of what waits, the oldest first, until no more than `most` bytes are held; answers how many.
    pub(crate) fn shorten(&mut self, most: usize) -> u64 {
        match &mut self.sink {
            Sink::Outbox(outbox) => outbox.shorten(most),
            Sink::Custom(custom) => custom.shorten(most),
            Sink::Nowhere(_) => 0,
        }
    }

    /// Gives up everything that is under way, counted as `reason`.
    pub(crate) fn abandon(&mut self, reason: DropReason) -> Settled {
        match &mut self.sink {
            Sink::Outbox(outbox) => outbox.abandon(reason),
            Sink::Custom(custom) => custom.abandon(reason),
            Sink::Nowhere(settled) => std::mem::take(settled),
        }
    }

    /// Uses another key from now on; what waits goes out with it. Destinations other than AgentOps use no key.
    pub(crate) fn set_api_key(&mut self, key: Secret) {
        if let Sink::Outbox(outbox) = &mut self.sink {
            outbox.set_key(key);
        }
    }

    /// Asks the destination whether the key is good. An OTLP endpoint without a key gets a request without spans,
    /// which shows that it can be reached and takes the headers; the console, a file and a program's own exporter
    /// have nobody to ask and are good.
    pub(crate) fn check(&self) -> BoxFuture<'static, Result<Project, ExportError>> {
        let outbox = match &self.sink {
            Sink::Outbox(outbox) => outbox,
            Sink::Custom(_) => return std::future::ready(Ok(Project::default())).boxed(),
            Sink::Nowhere(_) => {
                return std::future::ready(Err(ExportError::new(ExportErrorKind::Inert))).boxed();
            }
        };
        if let Some(auth) = outbox.auth() {
            let exchange = auth.check();
            return async move {
                exchange
                    .await
                    .map(|grant| grant.project)
                    .map_err(|denial| match denial {
                        Denial::Refused(reason) => ExportError::new(ExportErrorKind::Unauthorized(reason)),
                        Denial::Failed { reason, .. } => ExportError::new(ExportErrorKind::Failed(reason)),
                    })
            }
            .boxed();
        }
        let empty = EncodedRequest::new(&ExportTraceServiceRequest::default());
        let attempt = outbox.transport().send(&empty, None);
        async move {
            match attempt.await {
                Outcome::Delivered | Outcome::Partial { .. } => Ok(Project::default()),
                Outcome::Unauthorized { reason } => Err(ExportError::new(ExportErrorKind::Unauthorized(reason))),
                Outcome::Retry { reason, .. } | Outcome::Split { reason } | Outcome::Refused { reason } => {
                    Err(ExportError::new(ExportErrorKind::Failed(reason)))
                }
            }
        }
        .boxed()
    }

    /// Tells the exporter that nothing follows.
    pub(crate) async fn shutdown(&mut self, timeout: Duration) {
        match &mut self.sink {
            Sink::Outbox(outbox) => outbox.close(),
            Sink::Custom(custom) => custom.shutdown(timeout).await,
            Sink::Nowhere(_) => {}
        }
    }
}

/// An outbox that keeps on disk what cannot be sent, where that was asked for.
fn outbox(config: &Config, client: Client, traces: &Url, auth: Option<Auth>) -> Result<Box<Outbox>, String> {
    let own = OwnHeaders::check(&config.headers, auth.is_some())?;
    let ignored = own.ignored.clone();
    let transport: Box<dyn Transport> = match config.protocol {
        Protocol::HttpProtobuf | Protocol::HttpJson => {
            let (protocol, compression) = (config.protocol, config.compression);
            Box::new(Http::new(client, traces.clone(), own, protocol, compression))
        }
        #[cfg(feature = "grpc")]
        Protocol::Grpc => Box::new(Grpc::new(
            config.export_timeout,
            traces.clone(),
            own,
            config.compression,
        )?),
        #[cfg(not(feature = "grpc"))]
        Protocol::Grpc => return Err("gRPC is not in this build: enable the feature `grpc` of agentops".to_owned()),
    };
    let options = config.spool.as_ref();
    let spool = options.and_then(|options| Spool::new(options, &config.destination, &config.headers));
    let limits = Limits {
        spans: config.max_queue_size,
        bytes: config.max_queue_bytes,
        batch: config.max_export_batch_size,
    };
    let outbox = Outbox::new(transport, auth).with_spool(spool, limits);
    Ok(mention(&ignored, outbox))
}

/// A local destination: nobody to authorize to.
fn unattended(transport: impl Transport + 'static) -> Sink {
    Sink::Outbox(Box::new(Outbox::new(Box::new(transport), None)))
}

/// A header that is silently left out would be looked for in the wrong place.
fn mention(ignored: &[String], mut outbox: Outbox) -> Box<Outbox> {
    if !ignored.is_empty() {
        outbox.note(format!(
            "these headers are set by agentops itself and were left out: {}",
            ignored.join(", ")
        ));
    }
    Box::new(outbox)
}
