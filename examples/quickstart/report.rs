//! What arrived, as a tree, and whether it is all of it.

use std::error::Error;

use agentops::testing::{Collector, Span, StatusCode, Value};

use crate::model::{COMPLETION_TOKENS, PROMPT_TOKENS, ScriptedModel};

/// Prints the tree that the server decoded; an error names what is missing.
pub(crate) fn show_and_check(collector: &Collector, scripted: Option<&ScriptedModel>) -> Result<(), Box<dyn Error>> {
    let spans = collector.spans();
    for root in spans.iter().filter(|span| span.parent_span_id.is_none()) {
        show(&spans, root, 0);
    }
    println!();

    let of_kind = |kind: &str| {
        spans
            .iter()
            .filter(|span| span.kind() == Some(kind))
            .collect::<Vec<_>>()
    };
    let sessions = of_kind("session");
    expect(sessions.len() == 1, &format!("1 session, not {}", sessions.len()))?;
    let agents = of_kind("agent");
    expect(agents.len() == 2, &format!("2 agents, not {}", agents.len()))?;
    for agent in &agents {
        let below = |kind: &str| {
            of_kind(kind)
                .into_iter()
                .filter(|span| is_below(&spans, span, agent))
                .count()
        };
        expect(
            below("llm") >= 2,
            &format!("2 llm calls of {}, not {}", agent.name, below("llm")),
        )?;
        expect(below("tool") >= 1, &format!("a tool of {}", agent.name))?;
        expect(
            agent.status.code == StatusCode::Ok,
            &format!("status Ok of {}", agent.name),
        )?;
    }
    let Some(scripted) = scripted else { return Ok(()) };
    let calls = of_kind("llm");
    expect(
        calls.len() as u64 == scripted.requests(),
        "one llm span for each request that the model answered",
    )?;
    for call in calls {
        let tokens = |key: &str| call.attribute(key).and_then(Value::as_i64);
        let prompt = tokens("gen_ai.usage.prompt_tokens");
        let completion = tokens("gen_ai.usage.completion_tokens");
        expect(
            prompt == i64::try_from(PROMPT_TOKENS).ok(),
            &format!("the scripted prompt tokens, not {prompt:?}"),
        )?;
        expect(
            completion == i64::try_from(COMPLETION_TOKENS).ok(),
            "the scripted completion tokens",
        )?;
    }
    println!("everything that ran arrived");
    Ok(())
}

/// One line: name, kind, duration, tokens, status.
fn show(spans: &[Span], span: &Span, depth: usize) {
    let millis = (span.end_unix_nanos - span.start_unix_nanos) as f64 / 1e6;
    let count = |key: &str| span.attribute(key).and_then(Value::as_i64);
    let tokens = count("gen_ai.usage.prompt_tokens")
        .zip(count("gen_ai.usage.completion_tokens"))
        .map(|(prompt, completion)| format!(", {prompt}+{completion} tokens"))
        .unwrap_or_default();
    let (name, kind, status) = (&span.name, span.kind().unwrap_or("-"), span.status.code);
    println!(
        "{:indent$}{name} ({kind}): {millis:.1} ms{tokens}, {status:?}",
        "",
        indent = 2 * depth
    );
    let mut children: Vec<_> = spans
        .iter()
        .filter(|child| child.parent_span_id.as_ref() == Some(&span.span_id))
        .collect();
    children.sort_by_key(|child| child.start_unix_nanos);
    for child in children {
        show(spans, child, depth + 1);
    }
}

fn expect(there: bool, what: &str) -> Result<(), Box<dyn Error>> {
    if there {
        Ok(())
    } else {
        Err(format!("expected {what}").into())
    }
}

fn is_below(spans: &[Span], span: &Span, above: &Span) -> bool {
    let parent = spans
        .iter()
        .find(|other| Some(&other.span_id) == span.parent_span_id.as_ref());
    parent.is_some_and(|parent| parent.span_id == above.span_id || is_below(spans, parent, above))
}
