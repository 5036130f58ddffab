//! The demo's files, all in the server's directory, which the server's supervisor removes.

use std::os::unix::fs::{MetadataExt as _, chown};
use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::settings::demo::PROJECT;

const SCHEMA: &str = include_str!("project/env.ts");
const WORKER: &str = include_str!("project/worker.ts");
const TEMPLATE: &str = include_str!("project/env.example");
const DRIFTED: &str = include_str!("project/env.drifted");

/// Writes the app's source tree as far as `env check` looks at it; returns its root.
pub fn write(directory: &Path, drifted: bool) -> io::Result<PathBuf> {
    let template = if drifted { DRIFTED } else { TEMPLATE };
    place(directory, "project/packages/shared/src/env.ts", SCHEMA)?;
    place(directory, "project/packages/worker/src/config.ts", WORKER)?;
    place(directory, "project/.env.example", template)?;
    Ok(directory.join(PROJECT))
}

/// Writes a file below `directory`. Everything new belongs to the owner of `directory`: the
/// supervisor, who may be another user than we, has to be able to remove it.
pub fn place(directory: &Path, path: &str, text: &str) -> io::Result<PathBuf> {
    let owner = fs::metadata(directory)?;
    let give = |path: &Path| chown(path, Some(owner.uid()), Some(owner.gid()));
    let file = directory.join(path);
    let parents: Vec<_> =
        file.ancestors().skip(1).take_while(|parent| *parent != directory).collect();
    for parent in parents.iter().rev().filter(|parent| !parent.exists()) {
        fs::create_dir(parent)?;
        give(parent)?;
    }
    fs::write(&file, text)?;
    give(&file)?;
    Ok(file)
}
