//! Who sends: the resource, and the host.

#[cfg(feature = "host")]
use agentops::HostName;
use agentops::{
    Builder,
    testing::{Collector, Span, Value},
};

use super::harness::{DEADLINE, as_is, named, run, seen, to, tool, variables};
use crate::patience::wait_until;

/// The spans of a program with these settings, all of one resource.
fn sent(settings: impl FnOnce(Builder) -> Builder) -> Vec<Span> {
    let seen = seen(settings, |_| tool());
    assert_eq!(seen.names(), ["tool.tool", "default.session"]);
    assert_eq!(seen.spans[0].resource, seen.spans[1].resource);
    seen.spans
}

fn resource(key: &str, settings: impl FnOnce(Builder) -> Builder) -> Option<Value> {
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

/// The keys on the resource and on the session that tell of the host.
#[cfg(feature = "host")]
fn host_keys(spans: &[Span]) -> [Vec<String>; 2] {
    let session = named(spans, "default.session");
    [&*session.resource, &session.attributes].map(|attributes| {
        let of_host = attributes.keys().filter(|key| {
            ["host.", "os.", "cpu.", "memory.", "process."]
                .iter()
                .any(|prefix| key.starts_with(prefix))
        });
        of_host.map(ToOwned::to_owned).collect()
    })
}

#[cfg(feature = "host")]
#[test]
fn the_host_is_told_unless_the_program_opts_out() {
    covers!("with_env_data_opt_out", "AGENTOPS_ENV_DATA_OPT_OUT");
    let variable = [("AGENTOPS_ENV_DATA_OPT_OUT", "yes")];
    for told in [
        sent(as_is),
        sent(|builder| builder.with_env(variables(&variable)).with_env_data_opt_out(false)),
    ] {
        for keys in host_keys(&told) {
            for key in ["host.arch", "os.type", "cpu.count", "memory.total", "process.pid"] {
                assert!(keys.iter().any(|have| have == key), "no {key} among {keys:?}");
            }
        }
        assert_eq!(
            told[0].resource.get("process.pid"),
            Some(&i64::from(std::process::id()).into())
        );
    }
    for held_back in [
        sent(|builder| builder.with_env_data_opt_out(true)),
        sent(|builder| builder.with_env(variables(&variable))),
    ] {
        assert_eq!(host_keys(&held_back), [Vec::<String>::new(), Vec::new()]);
    }
}

#[cfg(feature = "host")]
#[test]
fn a_session_says_how_busy_the_host_is_and_the_resource_does_not() {
    let collector = Collector::start();
    let has = |span: &Span, key: &str| span.attribute(key).is_some();
    // How busy the processors are takes two looks at them, so that the first sessions do not know.
    let measured = || collector.spans().iter().any(|span| has(span, "cpu.percent"));
    let seen = run(&collector, to(&collector), |agentops| {
        let sent = || {
            drop(agentops.session("s").start());
            agentops.force_flush(DEADLINE).unwrap();
            measured()
        };
        wait_until(|| "no session has cpu.percent".to_owned(), sent);
    });
    for session in &seen.spans {
        let total = session.attribute("memory.total").and_then(Value::as_i64).unwrap();
        for key in ["memory.available", "memory.used"] {
            let bytes = session.attribute(key).and_then(Value::as_i64);
            assert!(
                bytes.is_some_and(|bytes| (1..=total).contains(&bytes)),
                "{key}: {bytes:?}"
            );
        }
        for (key, is_there) in [("memory.percent", true), ("cpu.percent", has(session, "cpu.percent"))] {
            let percent = session.attribute(key).and_then(Value::as_f64);
            let is_one = percent.is_some_and(|percent| (0.0..=100.0).contains(&percent));
            assert_eq!(is_one, is_there, "{key}: {percent:?}");
        }
        for key in ["memory.available", "memory.used", "memory.percent", "cpu.percent"] {
            assert_eq!(session.resource.get(key), None, "{key}");
        }
        assert_eq!(session.resource.get("memory.total"), Some(&total.into()));
    }
}

#[cfg(feature = "host")]
#[test]
fn the_hosts_name_is_hashed_with_the_key_or_plain_or_not_there() {
    covers!("with_host_name");
    let name = |settings: fn(Builder) -> Builder| {
        resource("host.name", settings).map(|name| name.as_str().unwrap().to_owned())
    };
    let hashed = name(as_is).unwrap();
    assert!(
        hashed.len() == 16 && hashed.bytes().all(|byte| byte.is_ascii_hexdigit()),
        "{hashed}"
    );
    assert_eq!(
        name(|builder| builder.with_host_name(HostName::Hashed)),
        Some(hashed.clone())
    );
    let keyed = name(|builder| builder.with_api_key("22222222-2222-4333-8444-555555555555"));
    assert!(
        keyed.is_some() && keyed.as_deref() != Some(&hashed),
        "another key, another hash"
    );
    let plain = name(|builder| builder.with_host_name(HostName::Plain)).unwrap();
    assert_ne!(plain, hashed);
    if let Ok(known) = std::fs::read_to_string("/proc/sys/kernel/hostname") {
        assert_eq!(plain, known.trim());
    }
    let omitted = sent(|builder| builder.with_host_name(HostName::Omit));
    let keys = host_keys(&omitted);
    for keys in keys {
        assert!(
            !keys.iter().any(|key| key == "host.name" || key == "host.node"),
            "{keys:?}"
        );
        assert!(keys.iter().any(|key| key == "host.arch"), "the rest is told: {keys:?}");
    }
}
