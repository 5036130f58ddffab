//! How a fix is deployed in the demo: a file in its directory says so, and workers look for it.

use std::io;
use std::path::Path;

use super::project::place;
use super::scenario::SCENARIOS;

/// The kinds of jobs that some scenario's workers fail at.
#[must_use]
pub fn kinds() -> Vec<&'static str> {
    let mut kinds: Vec<_> = SCENARIOS
        .iter()
        .flat_map(|scenario| scenario.failures)
        .map(|failure| failure.kind)
        .collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds
}

/// From now on, workers succeed at this kind.
///
/// # Errors
/// When the demo's directory cannot be written.
pub fn deploy(directory: &Path, kind: &str) -> io::Result<()> {
    place(directory, &format!("fixed/{kind}"), "").map(|_| ())
}

/// Whether workers succeed at this kind.
pub(crate) fn is_deployed(directory: &Path, kind: &str) -> bool {
    directory.join("fixed").join(kind).exists()
}
