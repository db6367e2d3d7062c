//! Names that cannot be resolved for a while, as on a laptop that wakes up or in a container whose network comes late.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use reqwest::{
    Client,
    dns::{Addrs, Name, Resolve, Resolving},
};
use url::Url;

use super::{
    ledger::deliver,
    resource,
    server::{Say, Server, TOKEN_PATH, TRACES_PATH},
    spans,
};
use crate::{
    config::{Compression, Protocol, Secret},
    export::{
        Delivery, Sink,
        auth::Auth,
        encode::Encoder,
        outbox::Outbox,
        token::HttpExchange,
        transport::{http::Http, own_headers::OwnHeaders},
    },
};

const HOST: &str = "collector.invalid";

/// Knows no name for a while, and then one.
#[derive(Clone)]
struct Resolver {
    address: SocketAddr,
    fails: Arc<AtomicUsize>,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let fails = self
            .fails
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        let answer: Result<Addrs, _> = match fails {
            Ok(_) => Err(format!("nobody knows {}", name.as_str()).into()),
            Err(_) => Ok(Box::new(std::iter::once(self.address))),
        };
        Box::pin(std::future::ready(answer))
    }
}

#[tokio::test]
async fn a_name_that_cannot_be_resolved_is_asked_for_again_and_costs_no_span() {
    let server = Server::start(|seen| match seen.path.as_str() {
        TOKEN_PATH => Say::token("jwt-1"),
        _ => Say::status(200),
    })
    .await;
    let address = server.url("").socket_addrs(|| None).unwrap()[0];
    let url = |path: &str| Url::parse(&format!("http://{HOST}:{}{path}", address.port())).unwrap();
    for token in [true, false] {
        // Each attempt looks the name up; the last one finds it.
        let resolver = Resolver {
            address,
            fails: Arc::new(AtomicUsize::new(2)),
        };
        let client = Client::builder()
            .no_proxy()
            .dns_resolver(Arc::new(resolver.clone()))
            .build()
            .unwrap();
        let own = OwnHeaders::check(&Vec::new(), token).unwrap();
        let (protocol, compression) = (Protocol::HttpProtobuf, Compression::None);
        let http = Http::new(client.clone(), url(TRACES_PATH), own, protocol, compression);
        let auth = token.then(|| {
            let exchange = Arc::new(HttpExchange::new(client.clone(), url(TOKEN_PATH)));
            Auth::new(exchange, Secret::new("key-1"))
        });
        let mut delivery = Delivery {
            encoder: Encoder::new(&resource()),
            sink: Sink::Outbox(Box::new(Outbox::new(Box::new(http), auth))),
        };
        let ledger = deliver(&mut delivery, spans(3)).await;
        assert_eq!((ledger.exported, ledger.dropped.len()), (3, 0), "{ledger:?}");
        assert_eq!(resolver.fails.load(Ordering::SeqCst), 0);
        assert_eq!(ledger.retries, if token { 0 } else { 2 });
        assert_eq!(ledger.troubles.len(), 2, "{ledger:?}");
        for trouble in &ledger.troubles {
            assert!(trouble.contains(&format!("nobody knows {HOST}")), "{trouble}");
        }
    }
    assert_eq!((server.seen(TOKEN_PATH).len(), server.seen(TRACES_PATH).len()), (1, 2));
}
