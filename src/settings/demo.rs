//! `-c demo`: the context that a running `cliplyctl demo` announces in the state directory.

use std::path::{Path, PathBuf};

use super::config::Context;
use super::config::source::Source;
use super::{Environment, Origin};
use crate::error::Error;

/// The name of the context.
pub const NAME: &str = "demo";

/// The file that the running demo writes; it reads like any configuration file.
#[must_use]
pub fn file(state_dir: &Path) -> PathBuf {
    state_dir.join("demo.toml")
}

/// The file below the state directory of this environment.
pub(super) fn announced(environment: &Environment) -> Option<PathBuf> {
    let state = environment.xdg("XDG_STATE_HOME", ".local/state")?;
    Some(file(&state.join("cliplyctl")))
}

/// The file that leads to the demo's database, if this context is an announced demo.
fn url_file<'a>(context: &'a Context, environment: &Environment) -> Option<&'a Path> {
    match (&context.origin, &context.database) {
        (Origin::File { path, .. }, Some(Source::File(url)))
            if announced(environment).as_ref() == Some(path) =>
        {
            Some(Path::new(&url.value))
        }
        _ => None,
    }
}

/// Where commands that speak to the demo keep their records: with everything else of it
/// (`World::state`), to be gone with it.
pub(super) fn records(context: &Context, environment: &Environment) -> Option<PathBuf> {
    Some(url_file(context, environment)?.parent()?.join("state/cliplyctl"))
}

/// Says so when this context was announced by a demo that is gone (killed, machine restarted).
pub(super) fn still_runs(context: &Context, environment: &Environment) -> Result<(), Error> {
    match (url_file(context, environment), announced(environment)) {
        (Some(url), Some(file)) if !url.exists() => {
            Err(not_running().cause(format!("{} was left by one that was killed", file.display())))
        }
        _ => Ok(()),
    }
}

/// The error for `-c demo` without a demo.
pub(super) fn not_running() -> Error {
    Error::config("no demo is running").hint("start one in another terminal: cliplyctl demo")
}
