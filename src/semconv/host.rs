//! Keys of the host environment, on the resource and on session spans.

pub(crate) const HOST_NAME: &str = "host.name";
pub(crate) const HOST_NODE: &str = "host.node";
pub(crate) const HOST_MACHINE: &str = "host.machine";
pub(crate) const HOST_ARCH: &str = "host.arch";
pub(crate) const HOST_PROCESSOR: &str = "host.processor";
pub(crate) const HOST_SYSTEM: &str = "host.system";
pub(crate) const HOST_VERSION: &str = "host.version";
pub(crate) const HOST_OS_RELEASE: &str = "host.os_release";
pub(crate) const OS_TYPE: &str = "os.type";
pub(crate) const OS_VERSION: &str = "os.version";
pub(crate) const CPU_COUNT: &str = "cpu.count";
pub(crate) const CPU_PERCENT: &str = "cpu.percent";
pub(crate) const MEMORY_TOTAL: &str = "memory.total";
pub(crate) const MEMORY_AVAILABLE: &str = "memory.available";
pub(crate) const MEMORY_USED: &str = "memory.used";
pub(crate) const MEMORY_PERCENT: &str = "memory.percent";
pub(crate) const PROCESS_PID: &str = "process.pid";
pub(crate) const PROCESS_RUNTIME_NAME: &str = "process.runtime.name";
pub(crate) const PROCESS_RUNTIME_VERSION: &str = "process.runtime.version";
pub(crate) const PROCESS_EXECUTABLE_NAME: &str = "process.executable.name";
