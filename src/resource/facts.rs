//! What does not change about a host while the process runs.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use sysinfo::System;

use crate::{
    config::{Config, HostName, env},
    semconv::{
        host::{
            CPU_COUNT, HOST_ARCH, HOST_MACHINE, HOST_NAME, HOST_NODE, HOST_OS_RELEASE, HOST_PROCESSOR, HOST_SYSTEM,
            HOST_VERSION, MEMORY_TOTAL, OS_TYPE, OS_VERSION, PROCESS_EXECUTABLE_NAME, PROCESS_PID,
            PROCESS_RUNTIME_NAME, PROCESS_RUNTIME_VERSION,
        },
        wire::AttributeSet,
    },
};

/// `system` has its CPUs and memory read.
pub(super) fn read(config: &Config, system: &System) -> AttributeSet {
    let mut facts = AttributeSet::default();
    if let Some(name) = System::host_name().and_then(|name| shown(config, name)) {
        facts.set(HOST_NAME, name.as_str());
        facts.set(HOST_NODE, name);
    }
    machine(&mut facts, system);
    operating_system(&mut facts);
    process(&mut facts);
    facts
}

fn machine(facts: &mut AttributeSet, system: &System) {
    let machine = System::cpu_arch();
    let brand = system
        .cpus()
        .first()
        .map(|cpu| cpu.brand().trim())
        .filter(|brand| !brand.is_empty());
    facts.set(HOST_ARCH, architecture(&machine));
    // A virtual machine may hide the brand; the architecture is what Python shows then on most systems.
    facts.set(HOST_PROCESSOR, brand.unwrap_or(&machine));
    facts.set(HOST_MACHINE, machine);
    facts.set(CPU_COUNT, i64::try_from(system.cpus().len()).unwrap_or(i64::MAX));
    facts.set(MEMORY_TOTAL, bytes(system.total_memory()));
}

fn operating_system(facts: &mut AttributeSet) {
    let release = System::kernel_version();
    let (system, os_type) = names();
    facts.set(HOST_SYSTEM, system);
    facts.set(OS_TYPE, os_type);
    facts.set(
        HOST_VERSION,
        System::long_os_version().unwrap_or_else(System::kernel_long_version),
    );
    // A distribution without releases has no version but its kernel's.
    if let Some(version) = System::os_version().or_else(|| release.clone()) {
        facts.set(OS_VERSION, version);
    }
    if let Some(release) = release {
        facts.set(HOST_OS_RELEASE, release);
    }
}

fn process(facts: &mut AttributeSet) {
    facts.set(PROCESS_PID, i64::from(std::process::id()));
    facts.set(PROCESS_RUNTIME_NAME, "rust");
    let compiler = env!("AGENTOPS_RUSTC_VERSION");
    if !compiler.is_empty() {
        facts.set(PROCESS_RUNTIME_VERSION, compiler);
    }
    if let Some(name) = env::executable_name() {
        facts.set(PROCESS_EXECUTABLE_NAME, name);
    }
}

pub(super) fn bytes(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// The system as Python names it, and as OpenTelemetry does.
const fn names() -> (&'static str, &'static str) {
    if cfg!(target_os = "linux") {
        ("Linux", "linux")
    } else if cfg!(target_os = "macos") {
        ("Darwin", "darwin")
    } else if cfg!(target_os = "windows") {
        ("Windows", "windows")
    } else if cfg!(target_os = "freebsd") {
        ("FreeBSD", "freebsd")
    } else {
        ("Other", "other")
    }
}

/// OpenTelemetry's name of what `uname -m` says.
pub(super) fn architecture(machine: &str) -> &str {
    match machine {
        "x86_64" => "amd64",
        "aarch64" | "arm64" => "arm64",
        "x86" | "i386" | "i586" | "i686" | "ia32" => "x86",
        "powerpc64" | "ppc64" | "ppc64le" => "ppc64",
        "powerpc" | "ppc" => "ppc32",
        arm if arm.starts_with("arm") => "arm32",
        other => other,
    }
}

fn shown(config: &Config, name: String) -> Option<String> {
    match config.host_name {
        HostName::Plain => Some(name),
        HostName::Omit => None,
        HostName::Hashed => {
            let key = config
                .api_key
                .as_ref()
                .map_or(config.service_name.as_str(), |key| key.expose());
            hashed(key, &name)
        }
    }
}

/// The first 16 hexadecimal digits of HMAC-SHA256. A plain hash would not do: host names can be guessed.
pub(super) fn hashed(key: &str, name: &str) -> Option<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).ok()?;
    mac.update(name.as_bytes());
    let digest = mac.finalize().into_bytes();
    let first: [u8; 8] = digest.first_chunk().copied()?;
    Some(format!("{:016x}", u64::from_be_bytes(first)))
}
