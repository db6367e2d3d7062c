//! Who sends: the resource.

use agentops::{
    Builder,
    testing::{Span, Value},
};

use super::harness::{as_is, seen, tool, variables};

/// The spans of a program with these settings, all of one resource.
pub(crate) fn sent(settings: impl FnOnce(Builder) -> Builder) -> Vec<Span> {
    let seen = seen(settings, |_| tool());
    assert_eq!(seen.names(), ["tool.tool", "default.session"]);
    assert_eq!(seen.spans[0].resource, seen.spans[1].resource);
    seen.spans
}

pub(crate) fn resource(key: &str, settings: impl FnOnce(Builder) -> Builder) -> Option<Value> {
    sent(settings)[0].resource.get(key).cloned()
}

fn under(key: &str, pairs: &[(&str, &str)]) -> Option<Value> {
    resource(key, |builder| builder.with_env(variables(pairs)))
}

#[test]
fn the_service_has_a_name() {
    covers!("with_service_name", "AGENTOPS_SERVICE_NAME", "OTEL_SERVICE_NAME");
    let name = "service.name";
    let (first, second, third) = (
        ("AGENTOPS_SERVICE_NAME", "first"),
        ("OTEL_SERVICE_NAME", "second"),
        ("OTEL_RESOURCE_ATTRIBUTES", "service.name=third"),
    );
    let executable = std::env::current_exe().unwrap();
    let executable = executable.file_name().unwrap().to_string_lossy().into_owned();
    assert_eq!(resource(name, as_is), Some(executable.into()));
    assert_eq!(under(name, &[third]), Some("third".into()));
    assert_eq!(under(name, &[third, second]), Some("second".into()));
    assert_eq!(under(name, &[third, second, first]), Some("first".into()));
    let by_setter = resource(name, |builder| {
        builder.with_env(variables(&[first])).with_service_name("desk")
    });
    assert_eq!(by_setter, Some("desk".into()));
}

#[test]
fn the_service_has_a_version_and_an_environment() {
    covers!(
        "with_service_version",
        "with_environment",
        "AGENTOPS_ENVIRONMENT",
        "OTEL_RESOURCE_ATTRIBUTES"
    );
    let given = (
        "OTEL_RESOURCE_ATTRIBUTES",
        "service.version=0.9,deployment.environment.name=staging",
    );
    let version = "service.version";
    assert_eq!(resource(version, as_is), None);
    assert_eq!(under(version, &[given]), Some("0.9".into()));
    let by_setter = |builder: Builder| builder.with_env(variables(&[given])).with_service_version("1.2.3");
    assert_eq!(resource(version, by_setter), Some("1.2.3".into()));

    for key in [
        "deployment.environment.name",
        "deployment.environment",
        "agentops.environment",
    ] {
        assert_eq!(resource(key, as_is), None);
        assert_eq!(under(key, &[given]), Some("staging".into()));
        let variable = ("AGENTOPS_ENVIRONMENT", "canary");
        assert_eq!(under(key, &[given, variable]), Some("canary".into()));
        let by_setter = |builder: Builder| builder.with_env(variables(&[variable])).with_environment("production");
        assert_eq!(resource(key, by_setter), Some("production".into()));
    }
}

#[test]
fn attributes_of_the_resource_win_over_what_is_detected_and_survive_the_opt_out() {
    covers!("with_resource_attribute", "OTEL_RESOURCE_ATTRIBUTES");
    let variable = (
        "OTEL_RESOURCE_ATTRIBUTES",
        "team=variable,host.name=given,cloud.region=eu%20west",
    );
    for opt_out in [false, true] {
        let spans = sent(|builder| {
            builder
                .with_env(variables(&[variable]))
                .with_resource_attribute("team", "setter")
                .with_resource_attribute("process.runtime.name", "ours")
                .with_env_data_opt_out(opt_out)
        });
        for (key, value) in [
            ("team", "setter"),
            ("host.name", "given"),
            ("cloud.region", "eu west"),
            ("process.runtime.name", "ours"),
        ] {
            assert_eq!(spans[0].resource.get(key), Some(&value.into()), "{key}");
        }
    }
    assert_eq!(resource("team", as_is), None);
}
