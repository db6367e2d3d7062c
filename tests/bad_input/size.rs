//! Too much of everything.

use agentops::{AgentOpsSpanExt as _, testing::StatusCode};
use tracing::{Span, error, field, info, info_span};

use crate::{host::Host, table::Row};

const MARK: &str = "...[truncated]";

const MANY: u64 = 1_000_000;

const BUDGET: usize = 1024 * 1024;

pub(crate) const ROWS: [Row; 11] = [
    Row::new("tags of a megabyte, as one and as many", megabyte_of_tags, |outcome| {
        let tags = |name: &str| {
            outcome
                .span(name)
                .attribute("agentops.tags")
                .unwrap()
                .as_array()
                .unwrap()
                .to_vec()
        };
        let one = tags("one.tool");
        let text = one[0].as_str().unwrap();
        assert_eq!((one.len(), text.chars().count()), (1, 1_000_000));
        assert!(text.starts_with("tttt") && text.ends_with(MARK));
        let many = tags("many.session");
        assert_eq!(many.len(), 1024, "the rest is cut off");
        assert_eq!((many[0].as_str(), many[1023].as_str()), (Some("0"), Some("1023")));
        assert_eq!(tags("below.tool"), many);
        assert_eq!(tags("json.session"), many);
    }),
    Row::new("10,000 attributes on a span", ten_thousand_attributes, |outcome| {
        let span = outcome.span("wide.tool");
        let kept = span.attributes.keys().filter(|key| key.starts_with("t.")).count();
        // A span keeps 1,024 fields, and its kind is one of them.
        assert_eq!((kept, span.dropped_attributes), (1023, 10_000 - 1023));
        assert_eq!(
            span.attribute("t.0"),
            Some(&"again".into()),
            "a key that is there is not one more"
        );
    }),
    Row::new("100,000 events on an open span", many_events, |outcome| {
        let span = outcome.span("chatty.operation");
        let names: Vec<_> = span.events.iter().map(|event| event.name.as_str()).collect();
        assert_eq!((names.len(), span.dropped_events), (512, 100_000 - 511));
        assert_eq!((names[0], names[510], names[511]), ("said", "said", "out of paper"));
        let status = (span.status.code, span.status.message.as_str());
        assert_eq!(
            status,
            (StatusCode::Error, "out of paper"),
            "an error beyond the bound is not overlooked"
        );
    }),
    Row::new("a value recorded a million times", often, |outcome| {
        assert_eq!(outcome.text("often.operation", "t.text"), format!("turn {}", MANY - 1));
        assert_eq!(
            outcome.span("often.operation").attribute("t.count"),
            Some(&(MANY.cast_signed() - 1).into())
        );
        assert_eq!(outcome.span("often.operation").dropped_attributes, 0);
    }),
    Row::new(
        "a name of 100 KB",
        |host| {
            let name = "n".repeat(100 * 1024);
            host.call(|| {
                drop(info_span!(
                    "span",
                    agentops.kind = "tool",
                    agentops.name = name.as_str()
                ))
            });
        },
        |outcome| {
            let span = outcome.spans.iter().find(|span| span.kind() == Some("tool")).unwrap();
            assert_eq!(span.name.chars().count(), 1024);
            assert!(
                span.name.starts_with("nnnn") && span.name.ends_with("...[truncated].tool"),
                "the kind stays readable"
            );
            assert_eq!(span.text("operation.name").map(str::len), Some(100 * 1024));
        },
    ),
    Row::new(
        "nesting 1,000 deep",
        |host| nest(host, 1000),
        |outcome| {
            let mut span = outcome
                .spans
                .iter()
                .find(|span| span.attribute("depth") == Some(&1_i64.into()))
                .unwrap();
            for depth in 2..=1000_i64 {
                let parent = outcome
                    .spans
                    .iter()
                    .find(|other| Some(&other.span_id) == span.parent_span_id.as_ref());
                span = parent.unwrap();
                assert_eq!(span.attribute("depth"), Some(&depth.into()));
            }
            assert_eq!(outcome.all("level.operation").count(), 1000);
        },
    ),
    Row::new(
        "JSON that nests 100,000 deep",
        |host| {
            let deep = "[".repeat(100_000);
            host.call(|| {
                drop(info_span!(
                    "deep",
                    agentops.kind = "operation",
                    agentops.input = deep.as_str(),
                    agentops.tags = deep.as_str()
                ));
            });
            host.call(|| {
                drop(info_span!(
                    "chat",
                    gen_ai.request.model = "m",
                    gen_ai.input.messages = deep.as_str()
                ))
            });
        },
        |outcome| {
            assert_eq!(outcome.text("deep.operation", "agentops.entity.input").len(), 100_000);
            assert_eq!(outcome.text("chat m", "gen_ai.prompt.0.content").len(), 100_000);
        },
    ),
    Row::new(
        "a span of 4 MB",
        |host| {
            let text = "x".repeat(1024 * 1024);
            let span = info_span!("huge", agentops.kind = "tool", t.last = field::Empty);
            for at in 0..4 {
                host.call(|| span.record_attribute(format!("t.{at}"), &text));
            }
            span.record("t.last", "short");
        },
        |outcome| {
            let span = outcome.span("huge.tool");
            let texts = || (0..4).map(|at| span.text(&format!("t.{at}")).unwrap());
            let bytes: usize = texts().map(str::len).sum();
            assert!((1_900_000..=2 * 1024 * 1024).contains(&bytes), "{bytes}");
            assert!(texts().all(|text| text.ends_with(MARK)));
            assert_eq!(span.text("t.last"), Some("short"), "short values stay whole");
        },
    ),
    Row::new(
        "open spans that would hold more than the budget",
        |host| {
            let text = "x".repeat(20_000);
            let spans: Vec<_> = (0..200)
                .map(|at| info_span!("open", agentops.kind = "tool", agentops.name = format!("open {at}")))
                .collect();
            for span in &spans {
                host.call(|| span.record_attribute("t.text", &text));
                span.in_scope(|| host.call(|| info!(t.text = text.as_str(), "said")));
            }
            let open = host.look().open_bytes;
            // Each keeps what makes it a span, whatever the others hold.
            assert!(open <= BUDGET + 200 * 2048, "{open} bytes are open");
            spans[199].in_scope(|| error!("out of memory"));
        },
        |outcome| {
            let texts: Vec<_> = outcome.spans.iter().filter_map(|span| span.text("t.text")).collect();
            assert!(
                texts.contains(&MARK) && texts.iter().any(|text| text.len() == 20_000),
                "{}",
                texts.len()
            );
            let last = outcome.span("open 199.tool");
            assert_eq!((last.text("t.text"), last.dropped_events), (Some(MARK), 1));
            assert_eq!(last.status.message, "out of memory");
            let dropped = outcome.stats.dropped;
            assert_eq!(
                (outcome.spans.len() as u64, dropped.total()),
                (201 - dropped.queue_bytes, dropped.queue_bytes)
            );
        },
    )
    .with(|builder| builder.with_max_queue_bytes(BUDGET)),
    Row::new(
        "sessions that are told more than the budget",
        |host| {
            let text = "x".repeat(100_000);
            let sessions: Vec<_> = (0..20)
                .map(|at| host.agentops.session(format!("told {at}")).with_user_id("u-1").start())
                .collect();
            for at in 0..20 {
                for session in &sessions {
                    host.call(|| session.set_metadata(format!("m.{at}"), &text));
                }
            }
            let open = host.look().open_bytes;
            assert!(
                (BUDGET / 2..=BUDGET + 20 * 16 * 1024).contains(&open),
                "{open} bytes are open"
            );
            host.call(|| drop(sessions));
        },
        |outcome| {
            let sessions = || outcome.spans.iter().filter(|span| span.name.starts_with("told "));
            for session in sessions() {
                for at in 0..20 {
                    let told = session.text(&format!("trace.metadata.m.{at}")).unwrap();
                    assert!(told.len() == 100_000 || told.ends_with(MARK), "{at}: {told:.100}");
                }
            }
            let dropped = outcome.stats.dropped;
            let arrived = sessions().count() as u64;
            assert_eq!(
                (arrived, dropped.total()),
                (20 - dropped.queue_bytes, dropped.queue_bytes)
            );
        },
    )
    .with(|builder| builder.with_max_queue_bytes(BUDGET)),
    Row::new(
        "200 links on a span",
        |_| {
            let span = info_span!("linked", agentops.kind = "tool");
            for _ in 0..200 {
                let other = info_span!("other", agentops.kind = "tool");
                span.follows_from(&other);
            }
        },
        |outcome| {
            let span = outcome.span("linked.tool");
            assert_eq!((span.links.len(), span.dropped_links), (128, 200 - 128));
        },
    ),
];

fn megabyte_of_tags(host: &Host) {
    let one = "t".repeat(1024 * 1024);
    host.call(|| drop(info_span!("one", agentops.kind = "tool", agentops.tags = one.as_str())));
    let many: Vec<_> = (0..150_000).map(|tag| tag.to_string()).collect();
    let many = many.join(",");
    assert!(many.len() > 900_000);
    let session = host.call(|| info_span!("many", agentops.kind = "session", agentops.tags = many.as_str()));
    drop(info_span!(parent: &session, "below", agentops.kind = "tool"));
    let json = format!("[{many}]");
    drop(host.call(|| info_span!("json", agentops.kind = "session", agentops.tags = json.as_str())));
}

fn ten_thousand_attributes(host: &Host) {
    let span = info_span!("wide", agentops.kind = "tool");
    for at in 0..10_000 {
        host.call(|| span.record_attribute(format!("t.{at}"), "once"));
    }
    span.record_attribute("t.0", "again");
}

fn many_events(host: &Host) {
    let _span = info_span!("chatty", agentops.kind = "operation").entered();
    for turn in 0..100_000 {
        host.call(|| info!(turn, "said"));
    }
    error!("out of paper");
}

fn often(host: &Host) {
    let span = info_span!(
        "often",
        agentops.kind = "operation",
        t.text = field::Empty,
        t.count = field::Empty
    );
    for turn in 0..MANY {
        host.call(|| {
            span.record("t.count", turn);
            span.record("t.text", format!("turn {turn}").as_str());
        });
    }
    let open = host.look().open_bytes;
    assert!(open < 64 * 1024, "it holds the last value only: {open} bytes");
}

fn nest(host: &Host, depth: u32) {
    let span: Span = host.call(|| info_span!("level", agentops.kind = "operation", depth));
    let _entered = span.enter();
    if depth > 1 {
        nest(host, depth - 1);
    }
}
