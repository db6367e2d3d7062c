//! Signals that a process is started with as ignored stay so in it: `nohup` does that, and a shell for what runs in the
//! background. There is nothing to see of them.

#![allow(dead_code, reason = "each test binary uses its part")]

/// The signal of this number is ignored here, and in what this process starts.
pub(crate) fn is_ignored(number: u32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (number - 1) & 1 == 1)
}

/// Sends a process the signal of this name. With the shell, which has `kill` even where there is no program of that name.
pub(crate) fn send(signal: &str, process: u32) {
    let script = "kill -s \"$0\" \"$1\"";
    let sent = std::process::Command::new("sh")
        .args(["-c", script, signal, &process.to_string()])
        .status();
    assert!(
        sent.is_ok_and(|status| status.success()),
        "{signal} could not be sent to {process}"
    );
}
