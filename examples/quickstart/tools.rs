//! Real tools, over the files of this repository.

#![allow(clippy::needless_pass_by_value, reason = "the macro makes the arguments owned")]

use std::path::Path;

use rig::rig_tool;
use rig::tool::ToolExecutionError;

/// Where the repository is.
const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The names in a folder of the repository.
#[rig_tool(
    description = "List the names in a folder of the repository",
    params(folder = "A folder, such as `src`")
)]
pub(crate) fn list_files(folder: String) -> Result<Vec<String>, ToolExecutionError> {
    let entries = std::fs::read_dir(inside(&folder)?).map_err(ToolExecutionError::from_error)?;
    let mut names: Vec<String> = entries
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    Ok(names)
}

/// The beginning of a file of the repository.
#[rig_tool(
    description = "Read the beginning of a file of the repository",
    params(path = "A file, such as `Cargo.toml`")
)]
pub(crate) fn read_file(path: String) -> Result<String, ToolExecutionError> {
    let text = std::fs::read_to_string(inside(&path)?).map_err(ToolExecutionError::from_error)?;
    Ok(text.chars().take(2_000).collect())
}

/// A path inside the repository, and nothing outside of it.
fn inside(path: &str) -> Result<std::path::PathBuf, ToolExecutionError> {
    let root = Path::new(ROOT).canonicalize().map_err(ToolExecutionError::from_error)?;
    let path = root.join(path).canonicalize().map_err(ToolExecutionError::from_error)?;
    if path.starts_with(&root) {
        Ok(path)
    } else {
        Err(ToolExecutionError::from_error(std::io::Error::other(
            "outside of the repository",
        )))
    }
}
