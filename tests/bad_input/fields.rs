//! Wrong values of the fields that AgentOps reads.

use std::time::Duration;

use agentops::{AgentOpsSpanExt as _, Usage, testing::StatusCode};
use tracing::{field, info_span};

use crate::{
    host::{DEADLINE, Host},
    patience::wait_until,
    table::Row,
};

pub(crate) const ROWS: [Row; 12] = [
    Row::new("a kind that does not exist", unknown_kind, |outcome| {
        assert_eq!(outcome.all("plan.unknown").count(), 4);
        let all_unknown = |span: &agentops::testing::Span| span.kind() == Some("unknown");
        assert!(outcome.all("plan.unknown").all(all_unknown));
        // Three spans of one callsite and one of another.
        let said = |line: u32| {
            format!(
                "WARN agentops.kind is \"planner\" on the span \"plan\" ({}:{line}): not a kind; one of session, \
                 agent, workflow, task, operation, llm, tool, guardrail, chain, http; it is sent as `unknown`",
                file!()
            )
        };
        assert_eq!(outcome.told, [said(PLANNER), said(OTHER_PLANNER)]);
    }),
    Row::new("a kind that is a number, empty, or said late", odd_kinds, |outcome| {
        for name in ["number.unknown", "empty.unknown", "late.unknown"] {
            assert_eq!(outcome.text(name, "agentops.span.kind"), "unknown");
        }
        let told: Vec<_> = outcome
            .told
            .iter()
            .map(|line| line.split(" (").next().unwrap())
            .collect();
        assert_eq!(
            told,
            [
                "WARN agentops.kind is \"5\" on the span \"number\"",
                "WARN agentops.kind is \"\" on the span \"empty\"",
                "WARN agentops.span.kind is \"later\" on the span \"late\"",
            ]
        );
    }),
    Row::new("tags that are not JSON", odd_tags, |outcome| {
        let tags = |name: &str| outcome.span(name).attribute("agentops.tags").cloned();
        assert_eq!(tags("cut off.tool"), Some(["[\"a\"", "\"b"].into()));
        assert_eq!(tags("object.tool"), Some([r#"{"a":1}"#].into()));
        assert_eq!(tags("mixed.tool"), Some(["1", "[2]", "a"].into()));
        assert_eq!(tags("number.tool"), Some(["7"].into()));
        assert_eq!(tags("blank.tool"), None);
        outcome.told_nothing();
    }),
    Row::new(
        "tags of names that AgentOps keeps for itself",
        refused_tags,
        |outcome| {
            for span in outcome.all("refused.tool") {
                assert_eq!(span.text("team"), Some("blue"));
                assert_eq!(span.text("tool.name"), Some("refused"), "ours stays");
                assert_eq!((span.attribute("agent"), span.attribute("a..b")), (None, None));
            }
            assert_eq!(outcome.all("refused.tool").count(), 3);
            assert_eq!(
                outcome.told,
                [format!(
                    "WARN tags were left out of the span \"refused\" ({}:{REFUSED}): [\"agent\", \"tool.name\", \
                     \"a..b\"]; AgentOps writes attributes of these names itself, or they have an empty part: choose \
                     other keys",
                    file!()
                )]
            );
        },
    ),
    Row::new(
        "a session's tag of a name that AgentOps keeps for itself",
        |host| {
            for _ in 0..2 {
                drop(
                    host.agentops
                        .session("s")
                        .with_tag("agentops.x", "1")
                        .with_tag("team", "blue")
                        .start(),
                );
            }
        },
        |outcome| {
            for session in outcome.all("s.session") {
                assert_eq!(
                    (session.text("team"), session.attribute("agentops.x")),
                    (Some("blue"), None)
                );
            }
            assert_eq!(outcome.told.len(), 1, "{:?}", outcome.told);
            assert!(outcome.told[0].contains("[\"agentops.x\"]"), "{:?}", outcome.told);
        },
    ),
    Row::new("NUL and control characters", control_characters, |outcome| {
        let span = outcome.span("a b\u{7}.tool");
        assert_eq!(
            span.text("t.text"),
            Some("x y\u{1b}[31m\u{7f}\u{85}"),
            "NUL is a blank, the rest stays"
        );
        assert_eq!(span.attribute("agentops.tags"), Some(&["a b"].into()));
        assert_eq!(span.status.message, "Error: no ne");
        assert_eq!(span.events[0].attribute("exception.message"), Some(&"no ne".into()));
        let with_nul = |key: &str| key.contains('\0');
        assert!(!span.attributes.keys().any(with_nul));
        assert_eq!(span.dropped_attributes, 1, "a key with NUL is no key");
        assert_eq!(span.text("t.ok"), Some("fine"));
    }),
    Row::new(
        "keys that are empty or have 100 KB",
        |_| {
            let span = info_span!("keys", agentops.kind = "tool", t.ok = "fine");
            span.record_attribute("", "nothing");
            span.record_attribute(format!("t.{}", "k".repeat(100_000)), "much");
        },
        |outcome| {
            let span = outcome.span("keys.tool");
            assert_eq!(span.dropped_attributes, 2);
            assert_eq!(span.text("t.ok"), Some("fine"));
            assert!(span.attributes.keys().all(|key| !key.is_empty() && key.len() <= 1024));
        },
    ),
    Row::new(
        "numbers that are none, and costs below zero",
        |_| {
            drop(info_span!(
                "numbers",
                agentops.kind = "tool",
                t.nan = f64::NAN,
                t.inf = f64::NEG_INFINITY,
                t.wide = u128::MAX,
                agentops.cost = -1.0
            ));
            drop(info_span!("cost", agentops.kind = "tool", agentops.cost = "dear"));
        },
        |outcome| {
            let span = outcome.span("numbers.tool");
            assert!(span.attribute("t.nan").unwrap().as_f64().unwrap().is_nan());
            assert_eq!(span.attribute("t.inf"), Some(&f64::NEG_INFINITY.into()));
            assert_eq!(span.text("t.wide"), Some("340282366920938463463374607431768211455"));
            for name in ["numbers.tool", "cost.tool"] {
                assert_eq!(outcome.span(name).attribute("gen_ai.usage.total_cost"), None, "{name}");
            }
        },
    ),
    Row::new(
        "tokens beyond what a counter holds",
        |_| {
            let chat = || info_span!("chat", gen_ai.operation.name = "chat", gen_ai.request.model = "m");
            chat().record_usage(&Usage::new(u64::MAX, 5));
            let most = i64::MAX.unsigned_abs();
            chat().record_usage(&Usage::new(most, most).with_cache_read(most).with_cache_creation(most));
        },
        |outcome| {
            let calls: Vec<_> = outcome.all("chat m").collect();
            assert_eq!(
                calls[0].attribute("gen_ai.usage.input_tokens"),
                None,
                "2^64 - 1 is no count of the wire"
            );
            assert_eq!(calls[0].attribute("gen_ai.usage.total_tokens"), Some(&5_i64.into()));
            assert_eq!(calls[1].attribute("gen_ai.usage.total_tokens"), Some(&i64::MAX.into()));
        },
    ),
    Row::new(
        "messages and inputs that are broken JSON",
        |_| {
            drop(info_span!(
                "chat",
                gen_ai.operation.name = "chat",
                gen_ai.request.model = "m",
                gen_ai.input.messages = r#"[{"role":"user","con"#,
                gen_ai.usage.input_tokens = "many"
            ));
            drop(info_span!(
                "op",
                agentops.kind = "operation",
                agentops.input = r#"{"a":"#
            ));
        },
        |outcome| {
            let chat = outcome.span("chat m");
            assert_eq!(chat.text("gen_ai.prompt.0.content"), Some(r#"[{"role":"user","con"#));
            assert_eq!(chat.attribute("gen_ai.usage.input_tokens"), None);
            assert_eq!(outcome.text("op.operation", "agentops.entity.input"), r#"{"a":"#);
        },
    ),
    Row::new(
        "a status, a kind and an end state that do not exist",
        |_| {
            drop(info_span!(
                "odd",
                agentops.kind = "session",
                otel.status_code = "great",
                otel.kind = "sideways",
                agentops.end_state = "exploded"
            ));
        },
        |outcome| {
            let session = outcome.span("odd.session");
            assert_eq!(session.text("agentops.session.end_state"), Some("exploded"));
            assert_eq!(session.status.code, StatusCode::Unset, "free text says neither");
            assert_eq!(session.otel_kind, agentops::testing::OtelKind::Internal);
        },
    ),
    Row::new(
        "a key that the destination refuses",
        |host| {
            host.collector.reject_keys();
            drop(info_span!("early", agentops.kind = "tool"));
            host.wait(|| {
                host.collector.wait_for_requests(1, DEADLINE).unwrap();
                let refused = host.agentops.force_flush(Duration::from_millis(300)).unwrap_err();
                assert!(refused.is_timeout(), "it waits for a better key: {refused}");
                wait_until(|| "it is told".to_owned(), || !host.told().is_empty());
            });
            assert_eq!(host.collector.requests()[0].status, Some(403));
            host.collector.accept_any_key();
            host.agentops.set_api_key("99999999-2222-4333-8444-555555555555");
        },
        |outcome| {
            outcome.span("early.tool");
            assert_eq!(outcome.stats.dropped.total(), 0);
            let [told] = &outcome.told[..] else {
                panic!("{:?}", outcome.told)
            };
            assert!(told.starts_with("WARN spans wait: delivery is in trouble"), "{told}");
            assert!(told.contains("AGENTOPS_API_KEY") || told.contains("403"), "{told}");
        },
    ),
];

const PLANNER: u32 = line!() + 4;

fn unknown_kind(host: &Host) {
    for _ in 0..3 {
        host.call(|| drop(info_span!("plan", agentops.kind = "planner")));
    }
    host.call(|| drop(info_span!("plan", agentops.kind = "planner")));
}

const OTHER_PLANNER: u32 = PLANNER + 2;

fn odd_kinds(_: &Host) {
    drop(info_span!("number", agentops.kind = 5_u64));
    drop(info_span!("empty", agentops.kind = ""));
    let late = info_span!("late", agentops.span.kind = field::Empty);
    late.record("agentops.span.kind", "later");
}

fn odd_tags(_: &Host) {
    let tagged = |name: &str, tags: &str| {
        drop(info_span!(
            "tagged",
            agentops.kind = "tool",
            agentops.name = name,
            agentops.tags = tags
        ));
    };
    tagged("cut off", r#"["a", "b"#);
    tagged("object", r#"{"a":1}"#);
    tagged("mixed", r#"[1, null, [2], " a ", "", 1]"#);
    tagged("blank", " , ,");
    drop(info_span!("number", agentops.kind = "tool", agentops.tags = 7));
}

const REFUSED: u32 = line!() + 4;

fn refused_tags(_: &Host) {
    for _ in 0..3 {
        let span = info_span!(
            "refused",
            agentops.kind = "tool",
            agentops.tag.agent = "x",
            agentops.tag.team = "blue"
        );
        span.record_attribute("agentops.tag.tool.name", "y");
        span.record_attribute("agentops.tag.a..b", "z");
    }
}

fn control_characters(_: &Host) {
    let span = info_span!(
        "controls",
        agentops.kind = "tool",
        agentops.name = "a\0b\u{7}",
        agentops.tags = "a\0b",
        t.ok = "fine"
    );
    span.record_attribute("t.text", "x\0y\u{1b}[31m\u{7f}\u{85}");
    span.record_attribute("t.\0key", "lost");
    span.record_error(&std::io::Error::other("no\0ne"));
}
