//! The context `demo`: a running `cliplyctl demo` defines it in a file of the state directory.

use std::path::{Path, PathBuf};

use super::ProcessEnvironment;
use crate::error::Error;
use crate::suggest::{CommandText, ShellCommand};

/// The name of the context.
pub(crate) const NAME: &str = "demo";

/// The directory of stored records, below the directory of the demo.
pub(crate) const RECORDS: &str = "state/cliplyctl";

/// The source tree of the demo app, below the directory of the demo.
pub(crate) const PROJECT: &str = "project";

/// The configuration file that a running demo writes.
pub(crate) fn file(state_dir: &Path) -> PathBuf {
    state_dir.join("demo.toml")
}

/// The path of the demo's configuration file in this environment.
pub(super) fn config_file(environment: &ProcessEnvironment) -> Option<PathBuf> {
    let state = environment.xdg("XDG_STATE_HOME", ".local/state")?;
    Some(file(&state.join("cliplyctl")))
}

/// Whether a demo is running that `-c demo` selects.
pub(crate) fn is_running(environment: &ProcessEnvironment) -> bool {
    config_file(environment).is_some_and(|file| file.exists())
}

/// The source tree of the demo whose state directory this is.
pub(crate) fn project(state_dir: &Path) -> Option<PathBuf> {
    let directory = state_dir.ancestors().nth(Path::new(RECORDS).components().count())?;
    Some(directory.join(PROJECT)).filter(|project| project.is_dir())
}

/// The error for a command that needs a running demo.
pub(crate) fn not_running() -> Error {
    Error::config("no demo is running").hint(CommandText::to(
        "start one in another terminal",
        ShellCommand::without_target("demo"),
    ))
}
