//! Where spans go without HTTP of ours: a file, the console, the program's own exporter.

use std::{
    fs,
    path::{Path, PathBuf},
};

use agentops::{Builder, Export, testing::Collector};
use opentelemetry_otlp::{WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::trace::InMemorySpanExporter;
use tracing::info_span;

use super::harness::{DEADLINE, run, seen, to, tool, variables};
use crate::process::{Ended, again, role};

/// A file that is not there.
fn fresh(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    match fs::remove_file(&path) {
        Ok(()) => {}
        Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::NotFound),
    }
    path
}

#[test]
fn a_file_gets_otlp_json_lines_and_the_network_nothing() {
    covers!("with_export", "AGENTOPS_EXPORT");
    let path = fresh("settings-export.jsonl");
    let variable = format!("file:{}", path.display());
    let by_variable = |builder: Builder| builder.with_env(variables(&[("AGENTOPS_EXPORT", &variable)]));
    let by_setter = |builder: Builder| builder.with_export(Export::File(path.clone()));
    let silent = [seen(by_setter, |_| tool()), seen(by_variable, |_| tool())];
    for seen in silent {
        assert_eq!((seen.stats.exported, seen.requests.len()), (2, 0));
    }
    let text = fs::read_to_string(&path).unwrap();
    let lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let names: Vec<_> = lines
        .iter()
        .flat_map(|line| line["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().unwrap())
        .map(|span| span["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["tool.tool", "default.session"].repeat(2));
}

#[test]
fn the_console_prints_the_tree_of_each_session() {
    covers!("with_export", "AGENTOPS_EXPORT");
    if role().is_some() {
        let collector = Collector::start();
        let console = [("AGENTOPS_EXPORT", "console")];
        for (name, builder) in [
            ("by-setter", to(&collector).with_export(Export::Console)),
            ("by-variable", to(&collector).with_env(variables(&console))),
            ("not-printed", to(&collector)),
        ] {
            run(&collector, builder.with_trace_name(name), |_| {
                info_span!("work", agentops.kind = "agent").in_scope(tool);
            });
        }
        assert_eq!(collector.spans().len(), 3, "only the last one was sent");
        return;
    }
    let test = "settings::local::the_console_prints_the_tree_of_each_session";
    let printed = Ended::well(&mut again(test, "prints")).stdout;
    for name in ["by-setter", "by-variable"] {
        let tree: Vec<_> = printed
            .lines()
            .skip_while(|line| !line.contains(name))
            .take(3)
            .collect();
        assert!(
            matches!(tree.as_slice(), [_, agent, inside] if agent.contains("work") && inside.contains("tool")),
            "{printed}"
        );
    }
    assert!(!printed.contains("not-printed"), "{printed}");
}

#[test]
fn an_exporter_of_the_program_gets_the_spans_instead() {
    covers!("with_span_exporter");
    let collector = Collector::start();
    let exporter = InMemorySpanExporter::default();
    let seen = run(
        &collector,
        to(&collector).with_span_exporter(exporter.clone()),
        |agentops| {
            info_span!("planner", agentops.kind = "agent").in_scope(tool);
            agentops.force_flush(DEADLINE).unwrap();
            let spans = exporter.get_finished_spans().unwrap();
            let names: Vec<_> = spans.iter().map(|span| span.name.as_ref()).collect();
            assert_eq!(names, ["tool.tool", "planner.agent"]);
            assert_eq!(spans[0].parent_span_id, spans[1].span_context.span_id());
        },
    );
    assert_eq!((seen.stats.exported, seen.requests.len()), (3, 0));

    let exporter = InMemorySpanExporter::default();
    let builder = to(&collector)
        .with_span_exporter(exporter.clone())
        .with_export(Export::Off);
    run(&collector, builder, |agentops| {
        tool();
        agentops.force_flush(DEADLINE).unwrap();
        assert!(exporter.get_finished_spans().unwrap().is_empty());
    });
}

#[test]
fn opentelemetrys_own_exporter_plugs_in() {
    covers!("with_span_exporter");
    let backend = Collector::start_without_auth();
    let exporter = opentelemetry_otlp::SpanExporter::builder()
        .with_http()
        .with_endpoint(backend.traces_endpoint())
        .with_headers([("x-from".to_owned(), "the exporter".to_owned())].into())
        .build()
        .unwrap();
    let builder = agentops::builder().with_env(|_| None).with_span_exporter(exporter);
    let seen = run(&backend, builder.with_service_name("desk"), |_| {
        info_span!("planner", agentops.kind = "agent").in_scope(tool);
    });
    assert_eq!(backend.tree(), "default.session\n  planner.agent\n    tool.tool\n");
    for request in &seen.requests {
        assert_eq!(request.header("x-from"), Some("the exporter"));
    }
    for span in &seen.spans {
        assert_eq!(span.resource.get("service.name"), Some(&"desk".into()));
    }
}
