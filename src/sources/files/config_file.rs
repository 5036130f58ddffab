//! Creates a configuration file.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use crate::error::Error;

/// Writes a new file.
///
/// # Errors
/// If it exists already: it is never overwritten.
pub(crate) fn create(path: &Path, text: &str) -> Result<(), Error> {
    let shown = path.display();
    let file = OpenOptions::new().write(true).create_new(true).open(path);
    match file.and_then(|mut file| file.write_all(text.as_bytes())) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            Err(Error::refused(format!("{shown} already exists and is not overwritten"))
                .hint("rename or edit it"))
        }
        Err(error) => Err(Error::config(format!("cannot write {shown}")).cause(error)),
    }
}
