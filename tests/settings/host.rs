//! What is told of the host that the program runs on.

use agentops::{
    Builder, HostName,
    testing::{Collector, Span, Value},
};

use super::{
    harness::{DEADLINE, as_is, named, run, to, variables},
    service::{resource, sent},
};
use crate::patience::wait_until;

/// The keys on the resource and on the session that tell of the host.
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
