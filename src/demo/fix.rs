//! Fixes in the demo: a marker file per kind that the workers check.

use std::io;
use std::path::Path;

use super::project::write_file;
use super::scenario::SCENARIOS;

/// Returns the kinds of jobs that fail in some scenario.
pub(crate) fn kinds() -> Vec<&'static str> {
    let mut kinds: Vec<_> = SCENARIOS
        .iter()
        .flat_map(|scenario| scenario.failures)
        .map(|failure| failure.kind)
        .collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds
}

/// Makes the workers succeed at jobs of this kind from now on.
pub(crate) fn deploy(directory: &Path, kind: &str) -> io::Result<()> {
    write_file(directory, &format!("fixed/{kind}"), "").map(|_| ())
}

/// Returns whether any fix was deployed.
pub(crate) fn is_any_deployed(directory: &Path) -> bool {
    directory.join("fixed").exists()
}

/// Returns whether the workers succeed at jobs of this kind.
pub(crate) fn is_deployed(directory: &Path, kind: &str) -> bool {
    directory.join("fixed").join(kind).exists()
}
