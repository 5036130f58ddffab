//! Writing a template back: whole or not at all, and only over what was read.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::permit::WritePermit;

/// Replaces the file's bytes, if they are still those that were read. Links are followed, the mode stays.
///
/// # Errors
/// When it was changed meanwhile (`InvalidData`), or cannot be written; then it is as it was.
pub fn replace(path: &Path, before: &[u8], after: &[u8], _permit: &WritePermit) -> io::Result<()> {
    let path = path.canonicalize()?;
    let beside = temporary_path(&path);
    let written = write_temporary(&path, &beside, after).and_then(|()| {
        if fs::read(&path)? != before {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "it was changed meanwhile"));
        }
        fs::rename(&beside, &path)
    });
    if written.is_err() {
        _ = fs::remove_file(&beside);
    }
    written
}

fn write_temporary(path: &Path, beside: &Path, bytes: &[u8]) -> io::Result<()> {
    let mode = fs::metadata(path)?.permissions();
    let mut file = OpenOptions::new().write(true).create_new(true).open(beside)?;
    file.set_permissions(mode)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn temporary_path(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    path.with_file_name(name)
}
