//! The environment's variables, read through an injected lookup.

/// The file name of the running program, the last resort for `service.name`.
pub(crate) fn executable_name() -> Option<String> {
    let path = std::env::current_exe().ok()?;
    Some(path.file_name()?.to_string_lossy().into_owned())
}
