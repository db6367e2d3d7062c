//! Fields without a rule, and names that the server can nest.

use super::*;

#[test]
fn unknown_dotted_fields_keep_their_name_and_type() {
    let attributes = marked("x", EntityKind::Task)
        .int("shop.items", 3)
        .say("shop.total", Say::F64(9.5))
        .say("shop.paid", Say::Bool(true))
        .debug("shop.city", &"Paris")
        .say("shop.big", Say::U64(u64::MAX))
        .attributes();
    assert_eq!(attributes.get("shop.items"), Some(&3.into()));
    assert_eq!(attributes.get("shop.total"), Some(&9.5.into()));
    assert_eq!(attributes.get("shop.paid"), Some(&true.into()));
    assert_eq!(attributes.get("shop.city"), Some(&"Paris".into()));
    assert_eq!(attributes.get("shop.big"), Some(&u64::MAX.to_string().into()));
    assert_eq!(attributes.class("shop.city"), Class::Plain);
}

#[test]
fn fields_that_are_content_by_name_are_held_back_as_content() {
    let elsewhere = marked("x", EntityKind::Chain).text("llm.input_messages.0.message.content", "hi");
    assert_eq!(
        elsewhere.attributes().class("llm.input_messages.0.message.content"),
        Class::Message
    );
    let attributes = chat()
        .text("gen_ai.tool.definitions", "[]")
        .text("llm.input_messages.0.message.content", "hi")
        .text("app.prompt", "hi")
        .text("app.exception.message", "x")
        .text("exception.message", "x")
        .attributes();
    for key in [
        "gen_ai.tool.definitions",
        "gen_ai.prompt.0.content",
        "gen_ai.input.messages",
        "app.prompt",
    ] {
        assert_eq!(attributes.class(key), Class::Message, "{key}");
    }
    assert_eq!(attributes.class("exception.message"), Class::Diagnostic);
}

#[test]
fn nothing_of_the_program_replaces_what_we_say() {
    let attributes = marked("x", EntityKind::Task)
        .text("operation.name", "evil")
        .attributes();
    assert_eq!(attributes.str("operation.name"), "x");
    assert_eq!(
        attributes.keys().iter().filter(|key| **key == "operation.name").count(),
        1
    );
}

#[test]
fn no_key_is_a_value_and_an_object_at_once() {
    let attributes = marked("x", EntityKind::Tool)
        .text("tool", "an argument")
        .text("shop", "an argument, too")
        .int("shop.items", 1)
        .int("flow.step.n", 1)
        .int("flow.step", 2)
        .int("tool.name.length", 4)
        .attributes();
    assert_tangle_free(&attributes);
    assert_eq!(attributes.str("tool.name"), "x");
    assert_eq!(attributes.get_i64("tool.name_length"), Some(4));
    assert_eq!(attributes.get_i64("flow.step.n"), Some(1));
    assert_eq!(attributes.get_i64("flow.step_value"), Some(2));
    assert!(
        !attributes.has("tool") && !attributes.has("shop"),
        "both are in the input"
    );
    assert_eq!(attributes.get_i64("shop.items"), Some(1));
}

#[test]
fn an_argument_that_would_paint_its_span_is_in_the_input_only() {
    for name in ["agent", "tool", "gen_ai"] {
        let attributes = marked("x", EntityKind::Task).text(name, "x").attributes();
        assert!(!attributes.has(name), "{name}");
        assert!(attributes.str("agentops.entity.input").contains(name));
    }
    assert_eq!(
        marked("x", EntityKind::Task)
            .text("url", "https://x")
            .attributes()
            .str("url"),
        "https://x"
    );
}

#[test]
fn lists_begin_with_their_first_item() {
    let attributes = chat()
        .text("x.10.a", "k")
        .text("x.2.a", "c")
        .text("x.0.a", "a")
        .text("x.1.a", "b")
        .attributes();
    assert_eq!(attributes.below("x."), ["x.0.a", "x.1.a", "x.2.a", "x.10.a"]);
}

#[test]
fn a_key_below_prompt_that_is_no_place_goes_elsewhere() {
    for span in [chat(), marked("x", EntityKind::Agent).semconv(Semconv::Both)] {
        let attributes = span
            .text("gen_ai.prompt.name", "greet")
            .text("gen_ai.prompt.version", "3")
            .text("gen_ai.completion.x", "y");
        let attributes = attributes.attributes();
        assert_eq!(attributes.str("agentops.prompt.name"), "greet");
        assert_eq!(attributes.str("agentops.prompt.version"), "3");
        assert_eq!(attributes.below("gen_ai.prompt"), [""; 0]);
        assert_eq!(attributes.below("gen_ai.completion"), [""; 0]);
    }
}

#[test]
fn gen_ai_fields_of_other_kinds_lose_the_prefix_that_makes_a_span_a_model_call() {
    let span = |semconv| {
        marked("x", EntityKind::Operation)
            .semconv(semconv)
            .text("gen_ai.operation.name", "retrieval")
            .text("gen_ai.data_source.id", "docs")
            .text("gen_ai.tool.name", "not a tool")
            .attributes()
    };
    let ours = span(Semconv::AgentOps);
    assert_eq!(ours.below("gen_ai"), [""; 0]);
    assert_eq!(ours.below("tool"), [""; 0]);
    assert_eq!((ours.str("data_source.id"), ours.str("operation.name")), ("docs", "x"));
    let both = span(Semconv::Both);
    assert_eq!(
        (both.str("gen_ai.operation.name"), both.str("gen_ai.data_source.id")),
        ("retrieval", "docs")
    );
}

fn assert_tangle_free(attributes: &AttributeSet) {
    let keys = attributes.keys();
    for key in &keys {
        for (above, _) in key.match_indices('.').filter_map(|(dot, _)| key.split_at_checked(dot)) {
            assert!(!keys.contains(&above), "{key} is below a value");
        }
    }
    let unique: std::collections::HashSet<_> = keys.iter().collect();
    assert_eq!(unique.len(), keys.len(), "{keys:?}");
}

mod properties {
    use proptest::prelude::*;

    use super::*;

    const KINDS: [EntityKind; 6] = [
        EntityKind::Session,
        EntityKind::Agent,
        EntityKind::Tool,
        EntityKind::Llm,
        EntityKind::Guardrail,
        EntityKind::Unknown,
    ];

    fn key() -> impl Strategy<Value = String> {
        let segment = prop::sample::select(vec![
            "a",
            "b",
            "0",
            "1",
            "10",
            "gen_ai",
            "prompt",
            "completion",
            "usage",
            "tool",
            "agent",
            "name",
            "agentops",
            "value",
            "input",
            "tag",
            "content",
            "operation",
            "",
        ]);
        prop::collection::vec(segment, 1..6).prop_map(|segments| segments.join("."))
    }

    proptest! {
        #[test]
        fn whatever_is_said_can_be_nested(
            fields in prop::collection::vec((key(), any::<i64>()), 0..24),
            kind in prop::sample::select(KINDS.to_vec()),
            semconv in prop::sample::select(vec![Semconv::AgentOps, Semconv::Both]),
        ) {
            let mut span = marked("x", kind).semconv(semconv);
            for (key, n) in fields {
                span.record.fields.set(Key::Told(&key), Say::I64(n), CAP);
            }
            assert_tangle_free(&span.attributes());
            let wire = map(&span.record, &span.lineage, &span.policy);
            prop_assert!(!wire.name.is_empty());
        }
    }
}

#[test]
fn the_span_macros_declare_what_the_table_knows() {
    use super::super::{alias::TABLE, meaning::On};
    // A span that nobody wants has no fields.
    let spans = tracing::subscriber::with_default(tracing_subscriber::registry(), || {
        [
            (EntityKind::Llm, crate::llm_span!("a call")),
            (EntityKind::Tool, crate::tool_span!("a tool")),
            (EntityKind::Agent, crate::agent_span!("an agent")),
        ]
    });
    for (kind, span) in spans {
        for row in TABLE.iter().filter(|row| row.on.includes(kind)) {
            // Of sessions; what a function returned; totals of a run, which its calls carry.
            let is_others = matches!(row.on, On::Any) && kind != EntityKind::Llm
                || matches!(row.on, On::Model) && kind == EntityKind::Agent;
            let is_declared = row.accepted.iter().any(|key| span.has_field(*key));
            let exempt = [
                "agentops.end_state",
                "return",
                "gen_ai.prompt",
                "gen_ai.completion",
                "url.full",
            ];
            let is_exempt = row
                .accepted
                .iter()
                .any(|key| exempt.iter().any(|exempt| key.starts_with(exempt)));
            // Other dialects' ways to say what has a field of its own: usage in one object, milliseconds, moments.
            let is_dialect = row
                .accepted
                .iter()
                .all(|key| key.starts_with("langfuse.") || key.ends_with("_ms"));
            assert!(
                is_declared || is_exempt || is_others || is_dialect,
                "{kind}: none of {:?}",
                row.accepted
            );
        }
        for key in [
            "agentops.input",
            "agentops.output",
            "agentops.name",
            "otel.status_code",
            "error.type",
        ] {
            assert!(span.has_field(key), "{kind}: {key}");
        }
        assert!(!span.has_field("nobody.knows.this"));
    }
}
