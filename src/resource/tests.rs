use std::sync::Arc;

use opentelemetry::{Key, Value};

use super::{HostProbe, resource};
use crate::{
    config::{Config, Settings},
    policy::redact::CredentialRedactor,
    semconv::wire::AttributeSet,
};

fn config() -> Config {
    let (config, _) = Settings::new(Arc::new(CredentialRedactor)).resolve(&|_| None).unwrap();
    Config {
        service_name: "weather".to_owned(),
        ..config
    }
}

fn with_attributes(pairs: &[(&str, &str)]) -> Config {
    let resource_attributes = pairs
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect();
    Config {
        resource_attributes,
        ..config()
    }
}

fn get(config: &Config, key: &'static str) -> Option<String> {
    resource(config, &AttributeSet::default())
        .get(&Key::from_static_str(key))
        .map(|value| value.to_string())
}

#[test]
fn a_resource_names_the_program_and_the_sdk() {
    let config = Config {
        service_version: Some("1.2.3".to_owned()),
        ..config()
    };
    assert_eq!(get(&config, "service.name").as_deref(), Some("weather"));
    assert_eq!(get(&config, "service.version").as_deref(), Some("1.2.3"));
    assert_eq!(get(&config, "agentops.sdk.name").as_deref(), Some("agentops-rust"));
    assert_eq!(
        get(&config, "agentops.sdk.version").as_deref(),
        Some(env!("CARGO_PKG_VERSION"))
    );
    assert_eq!(get(&config, "telemetry.sdk.name").as_deref(), Some("opentelemetry"));
    assert_eq!(get(&config, "telemetry.sdk.language").as_deref(), Some("rust"));
    assert!(get(&config, "telemetry.sdk.version").is_some());
    assert_eq!(resource(&config, &AttributeSet::default()).len(), 7);
}

const ENVIRONMENTS: [&str; 3] = [
    "deployment.environment.name",
    "deployment.environment",
    "agentops.environment",
];

#[test]
fn the_environment_has_one_value_in_all_its_spellings() {
    let configured = Config {
        environment: Some("staging".to_owned()),
        ..config()
    };
    let given = with_attributes(&[("deployment.environment.name", "staging")]);
    for key in ENVIRONMENTS {
        assert_eq!(get(&configured, key).as_deref(), Some("staging"), "{key}");
        assert_eq!(get(&given, key).as_deref(), Some("staging"), "{key}");
        assert_eq!(get(&config(), key), None, "{key}");
    }
}

#[test]
fn given_attributes_win_over_detected_ones_and_the_last_one_wins() {
    let config = with_attributes(&[("host.name", "first"), ("team", "a"), ("host.name", "last")]);
    let mut host = AttributeSet::default();
    host.set("host.name", "detected");
    host.set("cpu.count", 4);
    let resource = resource(&config, &host);
    let get = |key| resource.get(&Key::from_static_str(key));
    assert_eq!(get("host.name"), Some(Value::from("last")));
    assert_eq!(get("team"), Some(Value::from("a")));
    assert_eq!(get("cpu.count"), Some(Value::I64(4)));
}

#[test]
fn a_credential_in_a_resource_attribute_is_masked() {
    let config = with_attributes(&[("db.url", "postgres://ana:hunter2@db/x"), ("deploy.token", "abc")]);
    assert_eq!(
        get(&config, "db.url").as_deref(),
        Some("postgres://ana:[redacted]@db/x")
    );
    assert_eq!(get(&config, "deploy.token").as_deref(), Some("[redacted]"));
}

#[test]
fn opting_out_leaves_no_host_and_keeps_what_was_given() {
    let config = Config {
        env_data_opt_out: true,
        ..with_attributes(&[("host.name", "mine")])
    };
    assert!(HostProbe::new(&config).is_none());
    assert_eq!(get(&config, "host.name").as_deref(), Some("mine"));
    let resource = resource(&config, &AttributeSet::default());
    for prefix in ["os.", "cpu.", "memory.", "process."] {
        assert!(
            resource.iter().all(|(key, _)| !key.as_str().starts_with(prefix)),
            "{prefix}"
        );
    }
}

#[cfg(not(feature = "host"))]
#[test]
fn without_the_feature_no_host_is_read() {
    assert!(HostProbe::new(&config()).is_none());
}

#[cfg(feature = "host")]
mod host {
    use sysinfo::System;

    use super::*;
    use crate::{
        config::{HostName, Secret},
        resource::facts::architecture,
        semconv::wire::WireValue,
    };

    fn facts(config: &Config) -> AttributeSet {
        HostProbe::new(config).unwrap().facts()
    }

    fn with_key(key: &str) -> Config {
        Config {
            api_key: Some(Secret::new(key)),
            ..config()
        }
    }

    #[test]
    fn every_fact_about_the_host_is_there() {
        let facts = facts(&config());
        let texts = [
            "host.name",
            "host.node",
            "host.machine",
            "host.arch",
            "host.processor",
            "host.system",
            "host.version",
            "host.os_release",
            "os.type",
            "os.version",
            "process.runtime.name",
            "process.runtime.version",
            "process.executable.name",
        ];
        for key in texts {
            assert!(facts.get_str(key).is_some_and(|text| !text.is_empty()), "{key}");
        }
        for key in ["cpu.count", "memory.total", "process.pid"] {
            assert!(facts.get_i64(key).is_some_and(|count| count > 0), "{key}");
        }
        assert_eq!(facts.0.len(), texts.len() + 3);
        assert_eq!(facts.get_str("process.runtime.name"), Some("rust"));
        assert!(facts.get_str("process.runtime.version").unwrap().starts_with("1."));
        assert_eq!(facts.get_i64("process.pid"), Some(i64::from(std::process::id())));
    }

    #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
    #[test]
    fn system_and_architecture_have_the_names_of_both_worlds() {
        let facts = facts(&config());
        let get = |key| facts.get_str(key);
        assert_eq!((get("host.system"), get("os.type")), (Some("Linux"), Some("linux")));
        assert_eq!((get("host.machine"), get("host.arch")), (Some("x86_64"), Some("amd64")));
        assert_eq!(architecture("aarch64"), "arm64");
        assert_eq!(architecture("armv7l"), "arm32");
        assert_eq!(architecture("riscv64"), "riscv64");
    }

    #[test]
    fn the_name_of_the_host_leaves_as_a_stable_hash_that_depends_on_the_key() {
        let name = |config: &Config| facts(config).get_str("host.name").unwrap().to_owned();
        let one = name(&with_key("one"));
        assert_eq!(one, name(&with_key("one")));
        assert_ne!(one, name(&with_key("two")));
        assert_ne!(
            name(&config()),
            name(&Config {
                service_name: "other".to_owned(),
                ..config()
            })
        );
        assert!(
            one.len() == 16 && one.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')),
            "{one}"
        );
        assert_eq!(facts(&with_key("one")).get_str("host.node"), Some(one.as_str()));
        assert_ne!(one, System::host_name().unwrap());
    }

    #[test]
    fn the_hash_is_hmac_sha256() {
        // RFC 4231, test case 2
        let hash = crate::resource::facts::hashed("Jefe", "what do ya want for nothing?");
        assert_eq!(hash.as_deref(), Some("5bdcc146bf60754e"));
    }

    #[test]
    fn the_name_of_the_host_leaves_plain_or_not_at_all_by_choice() {
        let plain = facts(&Config {
            host_name: HostName::Plain,
            ..config()
        });
        assert_eq!(plain.get_str("host.name"), System::host_name().as_deref());
        assert_eq!(plain.get_str("host.node"), System::host_name().as_deref());
        let omitted = facts(&Config {
            host_name: HostName::Omit,
            ..config()
        });
        assert_eq!((omitted.get("host.name"), omitted.get("host.node")), (None, None));
        assert!(omitted.get("host.machine").is_some());
    }

    #[test]
    fn the_load_has_memory_at_once_and_the_cpu_from_the_second_time() {
        let mut probe = HostProbe::new(&config()).unwrap();
        let total = probe.facts().get_i64("memory.total").unwrap();
        let percent = |load: &AttributeSet, key: &str| match load.get(key) {
            Some(WireValue::F64(percent)) => Some(*percent),
            _ => None,
        };
        let first = probe.load();
        assert_eq!(first.get("cpu.percent"), None);
        for key in ["memory.available", "memory.used"] {
            assert!(
                first.get_i64(key).is_some_and(|bytes| (1..=total).contains(&bytes)),
                "{key}"
            );
        }
        assert!((0.0..=100.0).contains(&percent(&first, "memory.percent").unwrap()));
        assert!((0.0..=100.0).contains(&percent(&probe.load(), "cpu.percent").unwrap()));
    }
}
