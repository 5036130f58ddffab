//! `-c demo`: the context that a running `cliplyctl demo` announces in the state directory.

use std::path::{Path, PathBuf};

use super::config::ContextSettings;
use super::config::source::Source;
use super::{Origin, ProcessEnvironment};
use crate::error::Error;

/// The name of the context.
pub const NAME: &str = "demo";

/// Where a demo keeps the records of those who try it, below its own directory.
pub const RECORDS: &str = "state/cliplyctl";

/// Where a demo keeps the source tree of its app, below its own directory.
pub const PROJECT: &str = "project";

/// The file that the running demo writes; it reads like any configuration file.
#[must_use]
pub fn file(state_dir: &Path) -> PathBuf {
    state_dir.join("demo.toml")
}

/// The file below the state directory of this environment.
pub(crate) fn announced(environment: &ProcessEnvironment) -> Option<PathBuf> {
    let state = environment.xdg("XDG_STATE_HOME", ".local/state")?;
    Some(file(&state.join("cliplyctl")))
}

/// Whether a demo runs that `-c demo` would find.
#[must_use]
pub fn is_running(environment: &ProcessEnvironment) -> bool {
    announced(environment).is_some_and(|file| file.exists())
}

/// Whether a demo announced this context.
pub(crate) fn is_announced(context: &ContextSettings, environment: &ProcessEnvironment) -> bool {
    matches!(&context.origin, Origin::File { path, .. } if announced(environment).as_ref() == Some(path))
}

/// Where the records of this context go when a demo announced it: they go with the demo.
///
/// # Errors
/// When that demo is gone (killed, machine restarted).
pub(crate) fn records(
    context: &ContextSettings,
    environment: &ProcessEnvironment,
) -> Result<Option<PathBuf>, Error> {
    let (Origin::File { path, .. }, true, Some(Source::File(url))) =
        (&context.origin, is_announced(context, environment), &context.database)
    else {
        return Ok(None);
    };
    let url = Path::new(&url.value);
    if !url.exists() {
        let left = format!("{} was left by one that was killed", path.display());
        return Err(not_running().cause(left));
    }
    Ok(url.parent().map(|directory| directory.join(RECORDS)))
}

/// The source tree of the demo whose records go here.
#[must_use]
pub fn project(state_dir: &Path) -> Option<PathBuf> {
    let directory = state_dir.ancestors().nth(Path::new(RECORDS).components().count())?;
    Some(directory.join(PROJECT)).filter(|project| project.is_dir())
}

/// The error where a running demo is needed and there is none.
#[must_use]
pub fn not_running() -> Error {
    Error::config("no demo is running").hint("start one in another terminal: cliplyctl demo")
}
