//! [`Provider`]: a server on loopback with scripted answers.

use std::{
    collections::VecDeque,
    convert::Infallible,
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, Response, StatusCode, Uri, header::CONTENT_TYPE},
};
use futures_core::Stream;
use serde_json::{Value, json};
use tokio::sync::oneshot;

/// One answer of the script.
#[derive(Clone, Debug)]
pub struct Answer {
    status: u16,
    content_type: &'static str,
    /// Pieces of the body; each leaves by itself.
    pieces: Vec<String>,
    /// The connection stays open after the last piece, until the client has enough.
    held_open: bool,
}

impl Answer {
    /// A body of JSON.
    pub fn json(body: &Value) -> Self {
        Self {
            status: 200,
            content_type: "application/json",
            pieces: vec![body.to_string()],
            held_open: false,
        }
    }

    /// An error with a body of JSON.
    pub fn error(status: u16, body: &Value) -> Self {
        Self {
            status,
            ..Self::json(body)
        }
    }

    /// Server-sent events, each with what stands after `data: ` and, where it has one, its `event` name.
    pub fn events(events: impl IntoIterator<Item = (Option<&'static str>, String)>) -> Self {
        let event = |(name, data): (Option<&str>, String)| match name {
            Some(name) => format!("event: {name}\ndata: {data}\n\n"),
            None => format!("data: {data}\n\n"),
        };
        Self {
            status: 200,
            content_type: "text/event-stream",
            pieces: events.into_iter().map(event).collect(),
            held_open: false,
        }
    }

    /// Only so many pieces of it, after which nothing more comes and nothing ends.
    #[must_use]
    pub fn stalling_after(mut self, pieces: usize) -> Self {
        self.pieces.truncate(pieces);
        self.held_open = true;
        self
    }
}

/// A request that was made.
#[derive(Clone, Debug)]
pub struct Request {
    /// With the query.
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// `null` where it was no JSON.
    pub body: Value,
}

#[derive(Default)]
struct Script {
    answers: VecDeque<Answer>,
    requests: Vec<Request>,
}

/// A server on loopback with scripted answers, given in order. It runs on a thread of its own and stops when dropped.
#[derive(Debug)]
pub struct Provider {
    address: String,
    script: Arc<Mutex<Script>>,
    stop: Option<oneshot::Sender<Infallible>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl std::fmt::Debug for Script {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Script")
            .field("left", &self.answers.len())
            .finish_non_exhaustive()
    }
}

impl Provider {
    /// Starts it on a free port.
    ///
    /// # Panics
    ///
    /// If the system refuses a port on 127.0.0.1 or a thread.
    #[expect(clippy::expect_used, reason = "a test without its server ends")]
    pub fn start(answers: impl IntoIterator<Item = Answer>) -> Self {
        let script = Arc::new(Mutex::new(Script {
            answers: answers.into_iter().collect(),
            requests: Vec::new(),
        }));
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        listener.set_nonblocking(true).expect("a listener for async code");
        let address = listener.local_addr().expect("an address of its own").to_string();
        let (stop, stopped) = oneshot::channel();
        let router = Router::new().fallback(answer).with_state(Arc::clone(&script));
        let serve = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
                tokio::select! {
                    served = axum::serve(listener, router) => served.expect("a server"),
                    // Nothing is ever sent: the other end is dropped.
                    _ = stopped => {}
                }
            });
        };
        let thread = thread::Builder::new().name("provider".to_owned()).spawn(serve);
        Self {
            address,
            script,
            stop: Some(stop),
            thread: Some(thread.expect("a thread")),
        }
    }

    /// `http://127.0.0.1:PORT`, with this path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The requests so far.
    pub fn requests(&self) -> Vec<Request> {
        lock(&self.script).requests.clone()
    }

    /// Answers that nobody asked for.
    pub fn left(&self) -> usize {
        lock(&self.script).answers.len()
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic in there was printed.
            drop(thread.join());
        }
    }
}

fn lock(script: &Mutex<Script>) -> std::sync::MutexGuard<'_, Script> {
    script.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn answer(State(script): State<Arc<Mutex<Script>>>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response<Body> {
    let text = |value: &axum::http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let request = Request {
        path: uri.to_string(),
        headers: headers
            .iter()
            .map(|(name, value)| (name.to_string(), text(value)))
            .collect(),
        body: serde_json::from_slice(&body).unwrap_or_default(),
    };
    let next = {
        let mut script = lock(&script);
        script.requests.push(request);
        script.answers.pop_front()
    };
    let Answer {
        status,
        content_type,
        pieces,
        held_open,
    } = next.unwrap_or_else(|| Answer::error(501, &json!({ "error": "the script is at its end" })));
    let mut response = Response::new(Body::from_stream(Pieces {
        pieces: pieces.into(),
        held_open,
    }));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if let Ok(value) = content_type.parse() {
        response.headers_mut().insert(CONTENT_TYPE, value);
    }
    response
}

/// The pieces of a body.
struct Pieces {
    pieces: VecDeque<String>,
    held_open: bool,
}

impl Stream for Pieces {
    type Item = Result<String, Infallible>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        match self.pieces.pop_front() {
            Some(piece) => std::task::Poll::Ready(Some(Ok(piece))),
            // Nobody wakes it: the server drops it with the connection.
            None if self.held_open => std::task::Poll::Pending,
            None => std::task::Poll::Ready(None),
        }
    }
}

/// What a client may wait for an answer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);
