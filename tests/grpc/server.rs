//! [`Server`]: a gRPC server on loopback, on a thread of its own, that says what a script says.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, mpsc},
    thread::{self, JoinHandle},
    time::Instant,
};

use futures::future::{BoxFuture, FutureExt as _};
use http::{Request, Response, StatusCode};
use hyper::{body::Incoming, server::conn::http2, service::service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo};
use opentelemetry_proto::tonic::{
    collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse},
    common::v1::any_value::Value,
};
use tokio::sync::oneshot;
use tonic::{Status, body::Body, codec::CompressionEncoding, metadata::MetadataMap};
use tonic_prost::ProstCodec;

pub(crate) const METHOD: &str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";

/// What a server says to a call.
pub(crate) type Answer = Result<ExportTraceServiceResponse, Status>;

/// All spans arrived.
#[expect(clippy::unnecessary_wraps, reason = "it is one of the answers")]
pub(crate) fn taken() -> Answer {
    Ok(ExportTraceServiceResponse::default())
}

/// A call that came in whole.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) at: Instant,
    pub(crate) metadata: MetadataMap,
    pub(crate) message: ExportTraceServiceRequest,
}

impl Call {
    /// The serial numbers of its spans, in order.
    pub(crate) fn serials(&self) -> Vec<i64> {
        let scopes = self.message.resource_spans.iter().flat_map(|of| &of.scope_spans);
        let attributes = scopes.flat_map(|scope| &scope.spans).flat_map(|span| &span.attributes);
        attributes
            .filter(|attribute| attribute.key == "test.serial")
            .map(
                |attribute| match attribute.value.as_ref().and_then(|value| value.value.as_ref()) {
                    Some(Value::IntValue(serial)) => *serial,
                    other => panic!("a serial number is {other:?}"),
                },
            )
            .collect()
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        let mut values = self.metadata.get_all(name).iter();
        let value = values.next()?;
        assert!(values.next().is_none(), "{name} came twice");
        Some(value.to_str().unwrap())
    }
}

type Script = dyn Fn(&Call) -> Answer + Send + Sync;

/// What all connections share.
struct Shared {
    calls: Mutex<Vec<Call>>,
    /// Paths and the encoding of what came, before it was understood.
    heads: Mutex<Vec<(String, Option<String>)>>,
    /// Answers of something before the server that knows no gRPC, in reverse.
    gateway: Mutex<Vec<StatusCode>>,
    most_bytes: usize,
    script: Box<Script>,
}

pub(crate) struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub(crate) fn start(script: impl Fn(&Call) -> Answer + Send + Sync + 'static) -> Self {
        Self::start_with(usize::MAX, Vec::new(), script)
    }

    /// Takes messages of so many bytes at most, by the server's own limit, and has gateways before it that give these
    /// answers first.
    pub(crate) fn start_with(
        most_bytes: usize,
        mut gateway: Vec<StatusCode>,
        script: impl Fn(&Call) -> Answer + Send + Sync + 'static,
    ) -> Self {
        gateway.reverse();
        let shared = Arc::new(Shared {
            calls: Mutex::default(),
            heads: Mutex::default(),
            gateway: Mutex::new(gateway),
            most_bytes,
            script: Box::new(script),
        });
        let ((told, hear), (stop, stopped)) = (mpsc::channel(), oneshot::channel());
        let served = Arc::clone(&shared);
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
                told.send(listener.local_addr().unwrap()).unwrap();
                let serve = async {
                    loop {
                        let (stream, _) = listener.accept().await.unwrap();
                        let shared = Arc::clone(&served);
                        let service = service_fn(move |request| answer(request, Arc::clone(&shared)));
                        let connection = http2::Builder::new(TokioExecutor::new());
                        tokio::spawn(connection.serve_connection(TokioIo::new(stream), service));
                    }
                };
                tokio::select! {
                    () = serve => {}
                    _ = stopped => {}
                }
            });
        });
        Self {
            address: hear.recv().unwrap(),
            shared,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// An endpoint as people write it.
    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn calls(&self) -> Vec<Call> {
        self.shared.calls.lock().unwrap().clone()
    }

    /// The path of every request, and the encoding of its messages.
    pub(crate) fn heads(&self) -> Vec<(String, Option<String>)> {
        self.shared.heads.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

async fn answer(request: Request<Incoming>, shared: Arc<Shared>) -> Result<Response<Body>, std::convert::Infallible> {
    let encoding = request.headers().get("grpc-encoding");
    let head = (
        request.uri().path().to_owned(),
        encoding.map(|value| value.to_str().unwrap().to_owned()),
    );
    shared.heads.lock().unwrap().push(head);
    let gateway = shared.gateway.lock().unwrap().pop();
    if let Some(status) = gateway {
        let mut page = Response::new(Body::new(http_body_util::Full::new(bytes::Bytes::from(
            "<html>no</html>",
        ))));
        *page.status_mut() = status;
        return Ok(page);
    }
    let codec = ProstCodec::<ExportTraceServiceResponse, ExportTraceServiceRequest>::default();
    let mut grpc = tonic::server::Grpc::new(codec)
        .accept_compressed(CompressionEncoding::Gzip)
        .max_decoding_message_size(shared.most_bytes);
    Ok(grpc.unary(Scripted(shared), request).await)
}

struct Scripted(Arc<Shared>);

impl tonic::server::UnaryService<ExportTraceServiceRequest> for Scripted {
    type Response = ExportTraceServiceResponse;
    type Future = BoxFuture<'static, Result<tonic::Response<Self::Response>, Status>>;

    fn call(&mut self, request: tonic::Request<ExportTraceServiceRequest>) -> Self::Future {
        let (metadata, _, message) = request.into_parts();
        let call = Call {
            at: Instant::now(),
            metadata,
            message,
        };
        let answer = (self.0.script)(&call);
        self.0.calls.lock().unwrap().push(call);
        std::future::ready(answer.map(tonic::Response::new)).boxed()
    }
}
