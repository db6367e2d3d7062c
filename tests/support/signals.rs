//! Signals that a process is started with as ignored stay so in it: `nohup` does that, and a shell for what runs in the
//! background. There is nothing to see of them.

/// The signal of this number is ignored here, and in what this process starts.
pub(crate) fn is_ignored(number: u32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (number - 1) & 1 == 1)
}
