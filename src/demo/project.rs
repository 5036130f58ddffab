//! The files of the demo, all in the directory of the server, which its supervisor removes.

use std::os::unix::fs::{MetadataExt as _, chown};
use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::settings::demo::PROJECT;

const SCHEMA: &str = include_str!("project/env.ts");
const WORKER: &str = include_str!("project/worker.ts");
const TEMPLATE: &str = include_str!("project/env.example");
const DRIFTED: &str = include_str!("project/env.drifted");

/// Writes the part of the app's source tree that `env check` reads, and returns its root.
pub(crate) fn write(directory: &Path, drifted: bool) -> io::Result<PathBuf> {
    let template = if drifted { DRIFTED } else { TEMPLATE };
    write_file(directory, "project/packages/shared/src/env.ts", SCHEMA)?;
    write_file(directory, "project/packages/worker/src/config.ts", WORKER)?;
    write_file(directory, "project/.env.example", template)?;
    Ok(directory.join(PROJECT))
}

/// Writes a file below `directory`. New files and directories belong to the owner of `directory`,
/// because the supervisor, which may run as another user, has to be able to remove them.
pub(crate) fn write_file(directory: &Path, path: &str, text: &str) -> io::Result<PathBuf> {
    let owner = fs::metadata(directory)?;
    let set_owner = |path: &Path| chown(path, Some(owner.uid()), Some(owner.gid()));
    let file = directory.join(path);
    let parents: Vec<_> =
        file.ancestors().skip(1).take_while(|parent| *parent != directory).collect();
    for parent in parents.iter().rev().filter(|parent| !parent.exists()) {
        fs::create_dir(parent)?;
        set_owner(parent)?;
    }
    fs::write(&file, text)?;
    set_owner(&file)?;
    Ok(file)
}
