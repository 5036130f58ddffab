//! The lock of an operation: one process owns it. The system releases it when the process ends, however it ends.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::thread;
use std::time::Duration;

use super::private_file;

/// Attempts before a lock counts as held: [`owner`] holds it for a moment.
const ATTEMPTS: u32 = 20;
/// Pause between two attempts.
const PAUSE: Duration = Duration::from_millis(20);

/// The ownership of an operation.
#[derive(Debug)]
pub(crate) struct OperationLock(
    #[expect(dead_code, reason = "holds the lock until it is dropped")] File,
);

/// Takes the lock and notes the owner in it; `None` if another process has it.
pub(crate) fn take(path: &Path, owner: &str) -> io::Result<Option<OperationLock>> {
    for _ in 0..ATTEMPTS {
        let mut file = private_file::append(path)?;
        match file.try_lock() {
            // The file may have been replaced between opening and locking it.
            Ok(()) if is_at(&file, path) => {
                file.set_len(0)?;
                file.write_all(owner.as_bytes())?;
                return Ok(Some(OperationLock(file)));
            }
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => thread::sleep(PAUSE),
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
    Ok(None)
}

/// Returns the owner that the lock names, if a process has it.
pub(crate) fn owner(path: &Path) -> Option<String> {
    let mut file = File::open(path).ok()?;
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => {
            let mut text = String::new();
            file.rewind().and_then(|()| file.read_to_string(&mut text)).ok()?;
            Some(if text.is_empty() { "another process".to_owned() } else { text })
        }
        _ => None,
    }
}

fn is_at(file: &File, path: &Path) -> bool {
    let inode = |metadata: fs::Metadata| (metadata.dev(), metadata.ino());
    let stored = fs::metadata(path).map(inode).ok();
    stored.is_some() && file.metadata().map(inode).ok() == stored
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lock_has_one_owner_until_it_is_dropped() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("rq.lock");
        assert_eq!(owner(&path), None);
        let lock = take(&path, "process 7 of ada@desk").unwrap().unwrap();
        assert!(take(&path, "process 8").unwrap().is_none());
        assert_eq!(owner(&path).as_deref(), Some("process 7 of ada@desk"));
        drop(lock);
        assert_eq!(owner(&path), None);
        assert!(take(&path, "process 8").unwrap().is_some());
    }
}
