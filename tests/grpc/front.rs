//! [`Front`]: what stands between a program and its server: something that speaks TLS, or a network that loses whatever
//! was under way and tells nobody.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread::{self, JoinHandle},
};

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, split},
    net::{TcpListener, TcpStream},
    sync::oneshot,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::aws_lc_rs,
        pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
        version::{TLS12, TLS13},
    },
};

/// Hands on what comes to a server at another address.
pub(crate) struct Front {
    address: SocketAddr,
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    connections: AtomicUsize,
    /// Of the first so many of them nothing comes through any more. They stay open.
    silent: AtomicUsize,
}

impl Front {
    /// Hands on bytes as they are.
    pub(crate) fn to(server: SocketAddr) -> Self {
        Self::start(server, None)
    }

    /// Speaks TLS with a certificate of its own, and says that it knows this protocol; gives the certificate, too.
    pub(crate) fn with_tls(server: SocketAddr, protocol: &str) -> (Self, String) {
        let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(own.signing_key.serialize_der()));
        let provider = Arc::new(aws_lc_rs::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&TLS12, &TLS13])
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![own.cert.der().clone()], key)
            .unwrap();
        config.alpn_protocols = vec![protocol.as_bytes().to_vec()];
        let front = Self::start(server, Some(TlsAcceptor::from(Arc::new(config))));
        (front, own.cert.pem())
    }

    fn start(server: SocketAddr, tls: Option<TlsAcceptor>) -> Self {
        let shared = Arc::<Shared>::default();
        let ((told, hear), (stop, stopped)) = (mpsc::channel(), oneshot::channel());
        let ours = Arc::clone(&shared);
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                told.send(listener.local_addr().unwrap()).unwrap();
                tokio::select! {
                    () = accept(listener, server, tls, ours) => {}
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

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// Connections that were ever made.
    pub(crate) fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }

    /// From now on nothing comes through the connections that there are, in either direction; new ones are good.
    pub(crate) fn fall_silent(&self) {
        self.shared.silent.store(self.connections(), Ordering::SeqCst);
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

async fn accept(listener: TcpListener, server: SocketAddr, tls: Option<TlsAcceptor>, shared: Arc<Shared>) {
    loop {
        let (client, _) = listener.accept().await.unwrap();
        let number = shared.connections.fetch_add(1, Ordering::SeqCst) + 1;
        let (tls, shared) = (tls.clone(), Arc::clone(&shared));
        tokio::spawn(async move {
            let behind = TcpStream::connect(server).await.unwrap();
            match tls {
                // A client that does not like the certificate goes away.
                Some(tls) => {
                    if let Ok(client) = tls.accept(client).await {
                        hand_on(client, behind, number, &shared).await;
                    }
                }
                None => hand_on(client, behind, number, &shared).await,
            }
        });
    }
}

/// Hands on bytes in both directions until one side closes.
async fn hand_on(client: impl AsyncRead + AsyncWrite, server: TcpStream, number: usize, shared: &Shared) {
    let (client_reads, client_writes) = split(client);
    let (server_reads, server_writes) = split(server);
    tokio::select! {
        () = one_way(client_reads, server_writes, number, shared) => {}
        () = one_way(server_reads, client_writes, number, shared) => {}
    }
}

async fn one_way(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, number: usize, shared: &Shared) {
    let mut bytes = vec![0; 16 * 1024];
    while let Ok(read @ 1..) = from.read(&mut bytes).await {
        if number <= shared.silent.load(Ordering::SeqCst) {
            // Swallowed; and whoever waits for an answer waits.
            continue;
        }
        if to.write_all(&bytes[..read]).await.is_err() || to.flush().await.is_err() {
            return;
        }
    }
}
