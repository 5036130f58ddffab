//! The context that a running `cliplyctl demo` defines.

use std::path::{Path, PathBuf};

use super::{ContextSettings, Source};
use crate::error::Error;
use crate::settings::{Origin, ProcessEnvironment, demo};

/// Whether a running demo defined this context.
pub(crate) fn is_demo_context(context: &ContextSettings, environment: &ProcessEnvironment) -> bool {
    matches!(&context.origin, Origin::File { path, .. } if demo::config_file(environment).as_ref() == Some(path))
}

/// The directory of stored records for the context of a demo; they are deleted with the demo.
/// `None` for other contexts.
///
/// # Errors
/// If the demo no longer exists because its process was killed or the machine was restarted.
pub(crate) fn records_dir(
    context: &ContextSettings,
    environment: &ProcessEnvironment,
) -> Result<Option<PathBuf>, Error> {
    let (Origin::File { path, .. }, true, Some(Source::File(url))) =
        (&context.origin, is_demo_context(context, environment), &context.database)
    else {
        return Ok(None);
    };
    let url = Path::new(&url.value);
    if !url.exists() {
        let cause = format!("{} belongs to a demo that was killed", path.display());
        return Err(demo::not_running().cause(cause));
    }
    Ok(url.parent().map(|directory| directory.join(demo::RECORDS)))
}
