//! A provider with scripted answers, which are sent in just the pieces that the script says.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        mpsc::{self, Receiver, Sender},
    },
    thread,
};

/// One answer.
pub(crate) struct Reply {
    status: u16,
    headers: Vec<(&'static str, String)>,
    /// Even the head waits for this.
    silent: Option<Receiver<()>>,
    pieces: Vec<Piece>,
}

enum Piece {
    Bytes(Vec<u8>),
    /// Until the test says so.
    Hold(Receiver<()>),
    /// The connection breaks.
    Break,
}

impl Reply {
    pub(crate) fn json(body: impl Into<Vec<u8>>) -> Self {
        Self::new(200, "application/json").piece(body)
    }

    pub(crate) fn events() -> Self {
        Self::new(200, "text/event-stream")
    }

    pub(crate) fn lines() -> Self {
        Self::new(200, "application/x-ndjson")
    }

    pub(crate) fn new(status: u16, content_type: &str) -> Self {
        Self {
            status,
            headers: vec![("content-type", content_type.to_owned())],
            silent: None,
            pieces: Vec::new(),
        }
    }

    /// Does not answer at all until the sender is dropped.
    pub(crate) fn silent() -> (Self, Sender<()>) {
        let mut reply = Self::json("");
        let (go_on, held) = mpsc::channel();
        reply.silent = Some(held);
        (reply, go_on)
    }

    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    /// Sent as one chunk.
    pub(crate) fn piece(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.pieces.push(Piece::Bytes(bytes.into()));
        self
    }

    /// Every line and the empty line after it as a chunk of its own.
    pub(crate) fn pieces_of(self, text: &str) -> Self {
        text.split_inclusive("\n\n")
            .fold(self, |reply, piece| reply.piece(piece))
    }

    /// Holds what follows until the sender speaks, or is dropped.
    pub(crate) fn hold(mut self) -> (Self, Sender<()>) {
        let (go_on, held) = mpsc::channel();
        self.pieces.push(Piece::Hold(held));
        (self, go_on)
    }

    pub(crate) fn broken(mut self) -> Self {
        self.pieces.push(Piece::Break);
        self
    }
}

/// What the provider was asked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked {
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

/// The running provider. It ends when nobody asks any more.
#[derive(Clone)]
pub(crate) struct Provider {
    pub(crate) url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Provider {
    pub(crate) fn start(replies: Vec<Reply>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::default());
        let seen = Arc::clone(&asked);
        thread::spawn(move || {
            for reply in replies {
                let Ok((stream, _)) = listener.accept() else { return };
                // Who wants no more of an answer closes the connection.
                let _over: std::io::Result<()> = answer(&stream, reply, &seen);
                drop(stream.shutdown(Shutdown::Both));
            }
        });
        Self { url, asked }
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// Waits until it was asked.
    pub(crate) async fn was_asked(&self) {
        while self.asked().is_empty() {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
    }
}

fn answer(stream: &TcpStream, reply: Reply, asked: &Mutex<Vec<Asked>>) -> std::io::Result<()> {
    let request = read(stream)?;
    asked.lock().unwrap().push(request);
    if let Some(silent) = reply.silent {
        wait(&silent);
    }
    let mut out = stream;
    let mut head = format!("HTTP/1.1 {} Scripted\r\n", reply.status);
    for (name, value) in &reply.headers {
        head.extend([name, ": ", value, "\r\n"]);
    }
    head.push_str("transfer-encoding: chunked\r\nconnection: close\r\n\r\n");
    out.write_all(head.as_bytes())?;
    for piece in reply.pieces {
        match piece {
            Piece::Bytes(bytes) if bytes.is_empty() => {}
            Piece::Bytes(bytes) => {
                out.write_all(format!("{:x}\r\n", bytes.len()).as_bytes())?;
                out.write_all(&bytes)?;
                out.write_all(b"\r\n")?;
            }
            Piece::Hold(until) => wait(&until),
            Piece::Break => return Ok(()),
        }
        out.flush()?;
    }
    out.write_all(b"0\r\n\r\n")
}

/// Until the test speaks, or lets go.
fn wait(held: &Receiver<()>) {
    let _said: Result<(), mpsc::RecvError> = held.recv();
}

/// Reads a request whose body has a length, or comes in chunks.
fn read(stream: &TcpStream) -> std::io::Result<Asked> {
    let mut reader = BufReader::new(stream);
    let mut asked = Asked::default();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        if line.trim().is_empty() {
            break;
        }
        asked.head.push_str(&line.to_ascii_lowercase());
    }
    let header = |name: &str| {
        let line = asked.head.lines().find(|line| line.starts_with(name))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    };
    if let Some(length) = header("content-length") {
        asked.body = vec![0; length.parse().unwrap()];
        reader.read_exact(&mut asked.body)?;
    } else if header("transfer-encoding").is_some() {
        loop {
            let mut line = String::new();
            reader.read_line(&mut line)?;
            let length = usize::from_str_radix(line.trim(), 16).unwrap();
            let mut chunk = vec![0; length + 2];
            reader.read_exact(&mut chunk)?;
            if length == 0 {
                break;
            }
            asked.body.extend_from_slice(&chunk[..length]);
        }
    }
    Ok(asked)
}
