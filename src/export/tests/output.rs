use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use opentelemetry::{
    KeyValue,
    trace::{SpanContext, SpanId, Status, TraceFlags, TraceId, TraceState},
};
use opentelemetry_sdk::trace::SpanData;

use super::{config, ledger::deliver, resource, span, spans};
use crate::{
    config::Destination,
    export::{
        Delivery, DropReason,
        encode::Encoder,
        transport::console::Console,
        tree::{Style, draw},
        unattended,
    },
};

/// A span of a trace: id, parent (0 for none), name, start and duration in milliseconds.
fn at(trace: u64, id: u64, parent: u64, name: &str, start: u64, duration: u64) -> SpanData {
    let mut span = span(id, name);
    span.span_context = SpanContext::new(
        TraceId::from(u128::from(trace)),
        SpanId::from(id),
        TraceFlags::SAMPLED,
        false,
        TraceState::default(),
    );
    span.parent_span_id = SpanId::from(parent);
    span.start_time = SystemTime::UNIX_EPOCH + Duration::from_millis(start);
    span.end_time = span.start_time + Duration::from_millis(duration);
    span
}

fn session() -> Vec<SpanData> {
    let mut chat = at(1, 3, 2, "chat gpt-4o", 200, 500);
    chat.status = Status::Ok;
    chat.attributes = vec![
        KeyValue::new("gen_ai.usage.prompt_tokens", 14),
        KeyValue::new("gen_ai.usage.completion_tokens", 8),
        KeyValue::new("gen_ai.usage.total_cost", 0.000_115),
    ];
    let mut tool = at(1, 4, 2, "search.tool", 100, 12);
    tool.status = Status::error("Timeout: no answer\nat line 1");
    let mut agent = at(1, 2, 1, "researcher.agent", 50, 800);
    agent.status = Status::Ok;
    vec![chat, tool, agent, at(1, 1, 0, "default.session", 0, 1_234)]
}

fn drawn(spans: Vec<SpanData>, style: Style) -> String {
    draw(&spans.into_iter().map(Into::into).collect::<Vec<_>>(), style)
}

#[test]
fn a_tree_reads_like_the_run() {
    assert_eq!(
        drawn(session(), Style::default()),
        "default.session  1.2s\n\
         \x20 researcher.agent  ok 800ms\n\
         \x20   search.tool  12ms  error: Timeout: no answer\n\
         \x20   chat gpt-4o  ok 500ms  tokens 14+8  $0.000115\n"
    );
    let plain = Style {
        durations: false,
        usage: false,
        ..Style::default()
    };
    assert_eq!(
        drawn(session(), plain),
        "default.session\n\
         \x20 researcher.agent  ok\n\
         \x20   search.tool  error: Timeout: no answer\n\
         \x20   chat gpt-4o  ok\n"
    );
}

#[test]
fn a_span_whose_parent_is_not_there_is_drawn_and_says_so() {
    let spans = vec![
        at(1, 5, 99, "late.tool", 10, 1),
        at(2, 1, 0, "other", 0, 1),
        at(2, 5, 1, "below", 5, 1),
    ];
    let style = Style {
        durations: false,
        ..Style::default()
    };
    assert_eq!(drawn(spans, style), "other\n  below\nlate.tool  (parent elsewhere)\n");
}

#[test]
fn no_spans_however_odd_are_left_out_of_a_tree() {
    let (loop_a, loop_b) = (at(1, 1, 2, "a", 0, 1), at(1, 2, 1, "b", 1, 1));
    let odd = vec![
        loop_a,
        loop_b,
        at(1, 3, 3, "itself", 2, 1),
        at(1, 4, 0, "twice", 3, 1),
        at(1, 4, 0, "twice", 3, 1),
    ];
    assert_eq!(drawn(odd, Style::default()).lines().count(), 5);
    let chain = (1..=5_000).map(|id| at(1, id, id - 1, "deep", id, 1)).collect();
    assert_eq!(drawn(chain, Style::default()).lines().count(), 5_000);
}

#[test]
fn a_name_cannot_steer_the_terminal() {
    let spans = vec![at(1, 1, 0, "evil\u{1b}[2J\u{7}", 0, 1)];
    assert!(drawn(spans, Style::default()).starts_with("evil[2J  1ms"));
}

/// Collects what is printed.
#[derive(Clone, Default)]
struct Paper(Arc<Mutex<Vec<u8>>>);

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Paper {
    fn take(&self) -> String {
        String::from_utf8(std::mem::take(&mut *self.0.lock().unwrap())).unwrap()
    }
}

fn console(out: impl Write + Send + 'static) -> Delivery {
    Delivery {
        encoder: Encoder::new(&resource()),
        sink: unattended(Console::new(Box::new(out))),
    }
}

#[tokio::test]
async fn the_console_prints_a_session_once_when_it_has_ended() {
    let paper = Paper::default();
    let mut delivery = console(paper.clone());
    let mut rest = session();
    let root = rest.pop().unwrap();
    assert_eq!(deliver(&mut delivery, rest).await.exported, 3);
    deliver(&mut delivery, vec![at(2, 9, 8, "of another trace", 0, 1)]).await;
    assert_eq!(paper.take(), "", "the session is still open");

    deliver(&mut delivery, vec![root]).await;
    assert_eq!(paper.take(), drawn(session(), Style::default()));

    deliver(&mut delivery, vec![at(1, 7, 2, "late.tool", 300, 5)]).await;
    assert_eq!(paper.take(), "late.tool  5ms  (parent elsewhere)\n");

    delivery.shutdown(Duration::from_secs(1)).await;
    assert_eq!(
        paper.take(),
        "of another trace  1ms  (parent elsewhere)\n",
        "what never got a root is printed at the end"
    );
}

#[tokio::test]
async fn a_session_that_continues_a_remote_trace_is_printed_when_it_ends() {
    let paper = Paper::default();
    let mut delivery = console(paper.clone());
    let mut session = at(1, 1, 77, "job.session", 0, 10);
    session.attributes.push(KeyValue::new("agentops.span.kind", "session"));
    let mut remote = at(2, 1, 77, "handler", 0, 10);
    remote.parent_span_is_remote = true;
    deliver(&mut delivery, vec![at(1, 2, 1, "step", 1, 1), session, remote]).await;
    assert_eq!(
        paper.take(),
        "job.session  10ms  (parent elsewhere)\n  step  1ms\nhandler  10ms  (parent elsewhere)\n"
    );
}

#[tokio::test]
async fn the_console_keeps_a_bounded_number_of_spans() {
    let paper = Paper::default();
    let mut delivery = console(paper.clone());
    let rootless = (1..=10_500)
        .map(|id| at(id / 10 + 1, id, 1 << 40, "x", id, 1))
        .collect();
    assert_eq!(deliver(&mut delivery, rootless).await.exported, 10_500);
    let lines = paper.take().lines().count();
    assert!(
        (500..600).contains(&lines),
        "{lines} lines: the oldest, so many as were too many"
    );
}

#[tokio::test]
async fn a_closed_console_costs_spans_and_nothing_else() {
    struct Closed;
    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let ledger = deliver(&mut console(Closed), spans(2)).await;
    assert_eq!(ledger.dropped(DropReason::Refused), 2);
    assert!(ledger.troubles[0].contains("broken pipe"), "{:?}", ledger.troubles);
}

#[tokio::test]
async fn a_file_gets_a_line_of_json_for_each_request_after_those_it_has() {
    /// Gone with the test, whatever comes of it.
    struct Scratch(std::path::PathBuf);
    impl Drop for Scratch {
        fn drop(&mut self) {
            drop(std::fs::remove_file(&self.0));
        }
    }
    let name = format!("agentops-lines-{}.jsonl", std::process::id());
    let Scratch(path) = &Scratch(std::env::temp_dir().join(name));
    std::fs::write(path, "{\"first\":true}\n").unwrap();
    let mut delivery = Delivery::new(&config(Destination::File(path.clone())), resource(), None).unwrap();
    assert_eq!(deliver(&mut delivery, spans(2)).await.exported, 2);
    assert_eq!(deliver(&mut delivery, spans(1)).await.exported, 1);
    assert!(delivery.check().await.is_ok());

    let text = std::fs::read_to_string(path).unwrap();
    let lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 3);
    assert_eq!(
        lines[1]["resourceSpans"][0]["scopeSpans"][0]["spans"][1]["name"],
        "span-2"
    );
    assert_eq!(
        lines[2]["resourceSpans"][0]["resource"]["attributes"][0]["value"]["stringValue"],
        "tested"
    );
}

#[test]
fn a_file_that_cannot_be_opened_is_an_error_at_once() {
    let error = Delivery::new(&config(Destination::File("/nowhere/at/all".into())), resource(), None)
        .err()
        .unwrap();
    assert!(error.contains("/nowhere/at/all"), "{error}");
}
