//! [`Server`]: AgentOps with everything that can go wrong below HTTP: it can be away and come back at the same address,
//! break off in the middle of a request, take spans and keep its answer, or give it byte by byte.

use std::{
    collections::{BTreeMap, HashSet},
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use opentelemetry_proto::tonic::{
    collector::trace::v1::{ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse},
    common::v1::any_value::Value,
    trace::v1::Span,
};
use prost::Message as _;
use tokio::net::TcpSocket;

pub(crate) const TOKEN: &str = "/v3/auth/token";
pub(crate) const TRACES: &str = "/v1/traces";
pub(crate) const SERIAL: &str = "t.serial";

/// What is known of a request before its body is read.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    pub(crate) path: String,
    /// How many of this path came before it.
    pub(crate) number: usize,
    /// Bytes of the body.
    pub(crate) length: usize,
    authorization: String,
}

/// What to do about a request.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    /// As AgentOps does: a token for a key, and spans are taken for a token.
    Take,
    /// A token of these words.
    Token(&'static str),
    Status(u16),
    /// A status, and one header more.
    StatusAnd(u16, &'static str, String),
    /// The request is read, and the connection closed.
    Reset,
    /// The connection is closed with half of the body unread.
    ResetMidBody,
    /// The request is read, and never answered.
    Silence,
    /// The spans are taken, and the connection closed: the answer is lost.
    TakeAndReset,
    /// The spans are taken, and the answer comes byte by byte, one a second.
    TakeAndDrip,
    /// All but the first so many spans are taken, and the answer says so.
    TakeAllBut(usize),
    /// 400 where this span is in the request.
    RefuseWith(i64),
}

/// A span as it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Numbered {
    serial: i64,
    id: u64,
}

/// A span that came more than once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Twice {
    pub(crate) serial: i64,
    pub(crate) span_id: u64,
    /// The answer to a request that brought it was lost, and it had the same id each time.
    pub(crate) is_explained: bool,
}

type Script = Box<dyn Fn(&Head) -> Answer + Send + Sync>;

/// A server on a port of its own, up or down.
pub(crate) struct Server {
    shared: Arc<Shared>,
    accepting: Mutex<Option<JoinHandle<()>>>,
    /// Keeps the port while the server is down: nobody else is given it, and who connects is refused.
    held: Mutex<Option<TcpSocket>>,
}

struct Shared {
    address: SocketAddr,
    script: Script,
    down: AtomicBool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    connections: Vec<TcpStream>,
    /// The spans that were taken, in the order of arrival.
    taken: Vec<Numbered>,
    /// Those of them whose answers were lost on purpose, by serial number.
    unanswered: HashSet<i64>,
    /// When each request came, and its path.
    requests: Vec<(Instant, String)>,
    issued: usize,
    /// Tokens up to this one are not good any more.
    expired: usize,
    /// The key is not good any more.
    revoked: bool,
}

impl Server {
    /// A server that is down.
    pub(crate) fn down(script: impl Fn(&Head) -> Answer + Send + Sync + 'static) -> Self {
        let held = TcpSocket::new_v4().unwrap();
        held.set_reuseaddr(true).unwrap();
        held.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
        let address = held.local_addr().unwrap();
        Self {
            shared: Arc::new(Shared {
                address,
                script: Box::new(script),
                down: AtomicBool::new(true),
                state: Mutex::default(),
            }),
            accepting: Mutex::default(),
            held: Mutex::new(Some(held)),
        }
    }

    /// A server that is up.
    pub(crate) fn start(script: impl Fn(&Head) -> Answer + Send + Sync + 'static) -> Self {
        let server = Self::down(script);
        server.come_back();
        server
    }

    /// Is up from now on.
    pub(crate) fn come_back(&self) {
        // Some systems do not give a port to two, although both are ready to share it.
        let listener = TcpListener::bind(self.shared.address).or_else(|_| {
            drop(self.held.lock().unwrap().take());
            TcpListener::bind(self.shared.address)
        });
        let listener = listener.unwrap();
        self.shared.down.store(false, Ordering::SeqCst);
        let shared = Arc::clone(&self.shared);
        *self.accepting.lock().unwrap() = Some(thread::spawn(move || shared.accept(&listener)));
    }

    /// Is down from now on: its connections break, and nobody listens.
    pub(crate) fn go_away(&self) {
        if self.shared.down.swap(true, Ordering::SeqCst) {
            return;
        }
        // Wakes whoever waits for a connection.
        drop(TcpStream::connect(self.shared.address));
        let accepting = self.accepting.lock().unwrap().take();
        accepting.map(JoinHandle::join).transpose().unwrap();
        let connections = std::mem::take(&mut self.shared.lock().connections);
        for connection in connections {
            // It may be closed already.
            drop(connection.shutdown(Shutdown::Both));
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.shared.address)
    }

    /// Tokens that were issued are refused from now on.
    pub(crate) fn expire_tokens(&self) {
        let mut state = self.shared.lock();
        state.expired = state.issued;
    }

    /// The key is refused from now on, and tokens that were given for it.
    pub(crate) fn revoke(&self) {
        self.expire_tokens();
        self.shared.lock().revoked = true;
    }

    /// Keys are good again.
    pub(crate) fn pardon(&self) {
        self.shared.lock().revoked = false;
    }

    pub(crate) fn issued(&self) -> usize {
        self.shared.lock().issued
    }

    /// Serial numbers of the spans that were taken, in the order of arrival.
    pub(crate) fn taken(&self) -> Vec<i64> {
        self.shared.lock().taken.iter().map(|span| span.serial).collect()
    }

    /// The spans that came more than once.
    pub(crate) fn twice(&self) -> Vec<Twice> {
        let state = self.shared.lock();
        let mut ids: BTreeMap<i64, Vec<u64>> = BTreeMap::new();
        for span in &state.taken {
            ids.entry(span.serial).or_default().push(span.id);
        }
        let again = ids.into_iter().filter(|(_, ids)| ids.len() > 1);
        again
            .map(|(serial, ids)| Twice {
                serial,
                span_id: ids[0],
                is_explained: state.unanswered.contains(&serial) && ids.iter().all(|id| *id == ids[0]),
            })
            .collect()
    }

    /// Bytes that it needs to remember what came.
    #[allow(dead_code, reason = "a test of memory asks")]
    pub(crate) fn remembered(&self) -> usize {
        let state = self.shared.lock();
        let paths: usize = state.requests.iter().map(|(_, path)| path.capacity()).sum();
        paths
            + state.requests.capacity() * size_of::<(Instant, String)>()
            + state.taken.capacity() * size_of::<Numbered>()
    }

    /// When requests of this path came.
    pub(crate) fn times(&self, path: &str) -> Vec<Instant> {
        let state = self.shared.lock();
        let of_path = state.requests.iter().filter(|(_, have)| have == path);
        of_path.map(|(at, _)| *at).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.go_away();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    fn accept(self: &Arc<Self>, listener: &TcpListener) {
        while let Ok((stream, _)) = listener.accept() {
            if self.down.load(Ordering::SeqCst) {
                return;
            }
            self.lock().connections.push(stream.try_clone().unwrap());
            let shared = Arc::clone(self);
            // Ends with its connection.
            thread::spawn(move || {
                let mut reader = BufReader::new(stream);
                while let Ok(true) = shared.serve(&mut reader) {}
                // The list of connections has a copy, which alone would keep it open.
                drop(reader.get_ref().shutdown(Shutdown::Both));
            });
        }
    }

    /// Serves one request; says whether the connection stays.
    fn serve(&self, reader: &mut BufReader<TcpStream>) -> io::Result<bool> {
        let Some(head) = self.head(reader)? else {
            return Ok(false);
        };
        let answer = match self.objection(&head) {
            Some(status) => Answer::Status(status),
            None => (self.script)(&head),
        };
        if let Answer::ResetMidBody = answer {
            io::copy(&mut reader.by_ref().take(head.length as u64 / 2), &mut io::sink())?;
            return Ok(false);
        }
        let mut body = vec![0; head.length];
        reader.read_exact(&mut body)?;
        self.answer(&head, answer, &body, reader.get_mut())
    }

    fn head(&self, reader: &mut BufReader<TcpStream>) -> io::Result<Option<Head>> {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
        let (mut length, mut authorization) = (0, String::new());
        loop {
            line.clear();
            reader.read_line(&mut line)?;
            match line.trim_end().split_once(": ") {
                Some((name, value)) if name.eq_ignore_ascii_case("content-length") => length = value.parse().unwrap(),
                Some((name, value)) if name.eq_ignore_ascii_case("authorization") => {
                    value.clone_into(&mut authorization);
                }
                Some(_) => {}
                None => break,
            }
        }
        let mut state = self.lock();
        let number = state.requests.iter().filter(|(_, have)| *have == path).count();
        state.requests.push((Instant::now(), path.clone()));
        drop(state);
        Ok(Some(Head {
            path,
            number,
            length,
            authorization,
        }))
    }

    /// What AgentOps has against a key or a token.
    fn objection(&self, head: &Head) -> Option<u16> {
        let state = self.lock();
        if state.revoked {
            return Some(403);
        }
        let token = head.authorization.strip_prefix("Bearer ");
        let number: Option<usize> = token.and_then(|token| token.rsplit('-').next()?.parse().ok());
        let is_good = number.is_some_and(|number| number > state.expired);
        (head.path == TRACES && !is_good).then_some(401)
    }

    fn answer(&self, head: &Head, answer: Answer, body: &[u8], stream: &mut TcpStream) -> io::Result<bool> {
        match answer {
            Answer::Take if head.path == TOKEN => respond(stream, 200, "", &self.issue("token").into_bytes())?,
            Answer::Token(words) => respond(stream, 200, "", &self.issue(words).into_bytes())?,
            Answer::Take => {
                self.take(numbered(body));
                respond(stream, 200, "", &[])?;
            }
            Answer::Status(status) => respond(stream, status, "", &[])?,
            Answer::StatusAnd(status, name, value) => respond(stream, status, &format!("{name}: {value}\r\n"), &[])?,
            Answer::Reset | Answer::ResetMidBody => return Ok(false),
            Answer::Silence => {
                // Until the client gives up.
                io::copy(stream, &mut io::sink())?;
                return Ok(false);
            }
            Answer::TakeAndReset => {
                self.take_unanswered(numbered(body));
                return Ok(false);
            }
            Answer::TakeAndDrip => {
                self.take_unanswered(numbered(body));
                for byte in b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n" {
                    stream.write_all(&[*byte])?;
                    thread::sleep(Duration::from_secs(1));
                }
            }
            Answer::TakeAllBut(rejected) => {
                let mut spans = numbered(body);
                let rejected = spans.drain(..rejected.min(spans.len())).count();
                self.take(spans);
                let partial_success = Some(ExportTracePartialSuccess {
                    rejected_spans: i64::try_from(rejected).unwrap(),
                    error_message: "some are not welcome".to_owned(),
                });
                let message = ExportTraceServiceResponse { partial_success }.encode_to_vec();
                respond(stream, 200, "", &message)?;
            }
            Answer::RefuseWith(poison) => {
                let spans = numbered(body);
                let is_poisoned = spans.iter().any(|span| span.serial == poison);
                if !is_poisoned {
                    self.take(spans);
                }
                respond(stream, if is_poisoned { 400 } else { 200 }, "", &[])?;
            }
        }
        Ok(true)
    }

    /// The answer with the next token, which is these words and its number.
    fn issue(&self, words: &str) -> String {
        let mut state = self.lock();
        state.issued += 1;
        format!("{{\"token\":\"{words}-{}\"}}", state.issued)
    }

    fn take(&self, spans: Vec<Numbered>) {
        self.lock().taken.extend(spans);
    }

    /// Takes spans and will not be heard to say so.
    fn take_unanswered(&self, spans: Vec<Numbered>) {
        self.lock().unanswered.extend(spans.iter().map(|span| span.serial));
        self.take(spans);
    }
}

fn respond(stream: &mut TcpStream, status: u16, header: &str, body: &[u8]) -> io::Result<()> {
    let mut answer = format!("HTTP/1.1 {status} -\r\n{header}content-length: {}\r\n\r\n", body.len()).into_bytes();
    answer.extend(body);
    stream.write_all(&answer)
}

/// The spans of a request.
fn numbered(body: &[u8]) -> Vec<Numbered> {
    let message = ExportTraceServiceRequest::decode(body).unwrap();
    let scopes = message
        .resource_spans
        .into_iter()
        .flat_map(|resource| resource.scope_spans);
    let number = |span: Span| {
        let id = u64::from_be_bytes(span.span_id.try_into().unwrap());
        let found = span.attributes.into_iter().find(|attribute| attribute.key == SERIAL);
        match found.and_then(|attribute| attribute.value?.value) {
            Some(Value::IntValue(serial)) => Numbered { serial, id },
            other => panic!("a span {} without a serial number: {other:?}", span.name),
        }
    };
    scopes.flat_map(|scope| scope.spans).map(number).collect()
}
