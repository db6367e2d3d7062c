//! What the crate says about itself: each kind of trouble once, where the program listens, and never into its spans.

use std::time::Duration;

use agentops::{
    Builder, ExportStats,
    testing::{Collector, Failure},
};
use tracing::{info_span, subscriber::with_default};
use tracing_subscriber::layer::SubscriberExt as _;

use crate::{
    harness::{DEADLINE, to},
    log::Log,
};

/// Trouble, how it is made, and what is said of it.
struct Trouble {
    settings: fn(Builder) -> Builder,
    happens: fn(&Collector),
    spans: usize,
    said: &'static str,
    counted: fn(&ExportStats) -> u64,
}

fn as_it_is(builder: Builder) -> Builder {
    builder
}

const TROUBLES: [Trouble; 8] = [
    Trouble {
        settings: as_it_is,
        happens: |collector| collector.fail_next_n(Failure::status(503), 2),
        spans: 1,
        said: "WARN spans wait: delivery is in trouble",
        counted: |stats| stats.retries,
    },
    Trouble {
        settings: as_it_is,
        happens: |collector| collector.fail_next(Failure::status(422)),
        spans: 1,
        said: "WARN spans were lost",
        counted: |stats| stats.dropped.refused,
    },
    Trouble {
        settings: as_it_is,
        happens: |collector| collector.fail_next(Failure::partial(1, "too old")),
        spans: 3,
        said: "part of a request was rejected: too old",
        counted: |stats| stats.dropped.refused,
    },
    Trouble {
        settings: |builder| builder.with_max_queue_size(2),
        happens: |_| (),
        spans: 50,
        said: "raise `with_max_queue_size`",
        counted: |stats| stats.dropped.queue_spans,
    },
    Trouble {
        settings: |builder| builder.with_max_queue_bytes(20_000),
        happens: |_| (),
        spans: 200,
        said: "WARN spans were dropped: those that wait to be sent hold too many bytes",
        counted: |stats| stats.dropped.queue_bytes,
    },
    Trouble {
        settings: |builder| builder.with_max_queue_bytes(200_000),
        happens: |_| (),
        spans: 20,
        said: "WARN content was cut so that its spans can stay",
        counted: |stats| stats.shed.recording + stats.shed.waiting,
    },
    Trouble {
        // A file stands where the directory should be made.
        settings: |builder| builder.with_spool_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")),
        happens: |collector| collector.fail_next_n(Failure::status(503), 2),
        spans: 1,
        said: "WARN the spool is in trouble",
        counted: |stats| stats.retries,
    },
    Trouble {
        settings: as_it_is,
        happens: Collector::reject_keys,
        spans: 1,
        said: "the API key was refused",
        counted: |stats| stats.queued_spans as u64,
    },
];

#[test]
fn each_kind_of_trouble_is_said_once_and_counted_and_never_recorded() {
    for trouble in TROUBLES {
        let collector = Collector::start();
        let settings = |builder: Builder| (trouble.settings)(builder).with_export_flush_interval(DEADLINE);
        let agentops = settings(to(&collector)).build().unwrap();
        let log = Log::default();
        let subscriber = tracing_subscriber::registry().with(log.clone()).with(agentops.layer());
        (trouble.happens)(&collector);
        with_default(subscriber, || {
            let _around = info_span!("around", agentops.kind = "agent").entered();
            let text = "x".repeat(20_000);
            for _ in 0..trouble.spans {
                drop(info_span!(
                    "tool",
                    agentops.kind = "tool",
                    agentops.input = text.as_str()
                ));
            }
            // Whether it says so itself is another test's.
            drop(agentops.force_flush(Duration::from_secs(5)));
            drop(agentops.force_flush(Duration::ZERO));
        });
        let said = log.lines_with(trouble.said);
        assert_eq!(said.len(), 1, "{}: {:#?}", trouble.said, log.lines_with(""));
        assert!(
            (trouble.counted)(&agentops.stats()) > 0,
            "{}: {:?}",
            trouble.said,
            agentops.stats()
        );
        collector.accept_any_key();
        agentops.set_api_key("11111111-2222-4333-8444-555555555555");
        drop(agentops.shutdown(DEADLINE));
        let spans = collector.spans();
        assert!(
            !spans.is_empty() && spans.iter().all(|span| span.events.is_empty()),
            "{spans:?}"
        );
    }
}
