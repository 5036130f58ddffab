//! `.env` files: read from disk or standard input, and replaced by a write.

use std::fs::{self, File};
use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};

use super::private_file;
use super::read_limited;
use crate::permit::WritePermit;
use crate::zod::env_file::parse;
use crate::zod::model::EnvFile;

/// The largest file that is read, in bytes; real files have a few KiB.
const MAX_BYTES: u64 = 16 << 20;

/// Why a `.env` file could not be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EnvFileError {
    /// The file could not be read.
    #[error("cannot read {path}")]
    Io {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// The file is larger than the limit.
    #[error("{path} is larger than {} MiB", MAX_BYTES >> 20)]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
}

/// Reads and parses a file.
///
/// # Errors
/// If it cannot be read or is larger than the limit.
pub(crate) fn read(path: &Path) -> Result<EnvFile, EnvFileError> {
    Ok(parse(path, &read_bytes(path)?))
}

/// Reads and parses standard input, under the name `stdin`.
pub(crate) fn read_stdin() -> Result<EnvFile, EnvFileError> {
    let path = Path::new("stdin");
    Ok(parse(path, &bytes_from(path, io::stdin().lock())?))
}

/// Reads the bytes of a file.
pub(crate) fn read_bytes(path: &Path) -> Result<Vec<u8>, EnvFileError> {
    let file = File::open(path);
    bytes_from(path, file.map_err(|source| EnvFileError::Io { path: path.to_owned(), source })?)
}

fn bytes_from(path: &Path, reader: impl Read) -> Result<Vec<u8>, EnvFileError> {
    let path = path.to_owned();
    match read_limited::reader(reader, MAX_BYTES) {
        Ok(Some(bytes)) => Ok(bytes),
        Ok(None) => Err(EnvFileError::TooLarge { path }),
        Err(source) => Err(EnvFileError::Io { path, source }),
    }
}

/// Replaces the content of a file, unless it changed since `before` was read. Links are followed and the
/// permissions are preserved.
///
/// # Errors
/// If the file changed (`InvalidData`) or cannot be written; the file is then unchanged.
pub(crate) fn replace(
    path: &Path,
    before: &[u8],
    after: &[u8],
    _permit: &WritePermit,
) -> io::Result<()> {
    let path = path.canonicalize()?;
    let permissions = fs::metadata(&path)?.permissions();
    let (file, temporary) = private_file::create_temporary(&path)?;
    let replaced = write_temporary(file, permissions, after).and_then(|()| {
        if fs::read(&path)? != before {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "it was changed in the meantime",
            ));
        }
        fs::rename(&temporary, &path)
    });
    if replaced.is_err() {
        _ = fs::remove_file(&temporary);
    }
    replaced
}

fn write_temporary(mut file: File, permissions: fs::Permissions, bytes: &[u8]) -> io::Result<()> {
    file.set_permissions(permissions)?;
    file.write_all(bytes)?;
    file.sync_all()
}
