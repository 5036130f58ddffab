//! Writing files so that nobody else can read them, choose what is written, or choose what is overwritten.
//!
//! Files that cliplyctl names itself are in a directory that only its user may write ([`create_directory`]) and are
//! never reached through a symbolic link. A file that the user names is written where the user says.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::hash::{BuildHasher as _, RandomState};
use std::io::{self, BufWriter, Write as _};
use std::os::unix::fs::{
    DirBuilderExt as _, FileTypeExt as _, MetadataExt as _, OpenOptionsExt as _,
};
use std::path::{Path, PathBuf};

/// Permission to write for the group or for others.
const OTHERS_MAY_WRITE: u32 = 0o022;

/// Creates a directory that only the user may use, and checks one that exists.
///
/// # Errors
/// If others may write it, or it belongs to another user.
pub(crate) fn create_directory(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    let directory = fs::metadata(path)?;
    if directory.mode() & OTHERS_MAY_WRITE != 0 {
        let fix = format!("other users may write it; run chmod go-w {}", path.display());
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, fix));
    }
    check_owner(&directory)
}

/// Opens a file for appending and creates it if it does not exist.
///
/// # Errors
/// If it is a symbolic link, no regular file, or belongs to another user.
pub(crate) fn append(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create(true).mode(0o600);
    // A fifo must not block.
    let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
    options.custom_flags(i32::try_from(flags.bits()).unwrap_or_default());
    let file = options.open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"));
    }
    check_owner(&metadata)?;
    Ok(file)
}

/// Replaces a file that cliplyctl names.
///
/// # Errors
/// If the file belongs to another user. A symbolic link is replaced, not followed.
pub(crate) fn replace(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> io::Result<()> {
    if let Ok(existing) = fs::symlink_metadata(path) {
        check_owner(&existing)?;
    }
    write_and_rename(path, write)
}

/// Writes a file that the user names. A symbolic link is followed; a device or fifo is written in place.
pub(crate) fn write_named(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> io::Result<()> {
    let is_special = |metadata: &fs::Metadata| {
        let kind = metadata.file_type();
        kind.is_char_device() || kind.is_block_device() || kind.is_fifo() || kind.is_socket()
    };
    if fs::metadata(path).is_ok_and(|metadata| is_special(&metadata)) {
        let mut writer = BufWriter::new(OpenOptions::new().write(true).open(path)?);
        write(&mut writer)?;
        return writer.flush();
    }
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    write_and_rename(&target, write)
}

/// Creates a file next to `path` whose name nobody can guess.
pub(crate) fn create_temporary(path: &Path) -> io::Result<(File, PathBuf)> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    // `RandomState` has random keys in each process and other ones for each instance.
    name.push(format!(".{:016x}.tmp", RandomState::new().hash_one(std::process::id())));
    let temporary = path.with_file_name(name);
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary)?;
    Ok((file, temporary))
}

fn write_and_rename(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> io::Result<()> {
    let (file, temporary) = create_temporary(path)?;
    let mut writer = BufWriter::new(file);
    let written = write(&mut writer)
        .and_then(|()| writer.flush())
        .and_then(|()| writer.get_ref().sync_data())
        .and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        _ = fs::remove_file(&temporary);
    }
    written
}

/// Refuses what belongs to another user; root may use everything.
fn check_owner(metadata: &fs::Metadata) -> io::Result<()> {
    let user = rustix::process::geteuid();
    if user.is_root() || metadata.uid() == user.as_raw() {
        return Ok(());
    }
    Err(io::Error::new(io::ErrorKind::PermissionDenied, "it belongs to another user"))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    fn write_text(writer: &mut BufWriter<File>) -> io::Result<()> {
        writer.write_all(b"new")
    }

    #[test]
    fn directory_that_others_may_write_is_refused() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("state/cliplyctl");
        create_directory(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o700);
        for mode in [0o770, 0o707, 0o1777] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let error = create_directory(&path).unwrap_err().to_string();
            assert!(error.contains("chmod go-w"), "{mode:o}: {error}");
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        create_directory(&path).unwrap();
    }

    #[test]
    fn own_files_are_not_written_through_links() {
        let home = tempfile::tempdir().unwrap();
        let (victim, link) = (home.path().join("victim"), home.path().join("link"));
        fs::write(&victim, "old").unwrap();
        symlink(&victim, &link).unwrap();
        assert!(append(&link).is_err());
        replace(&link, write_text).unwrap();
        assert_eq!(fs::read_to_string(&victim).unwrap(), "old");
        assert_eq!(fs::read_to_string(&link).unwrap(), "new");
        assert_eq!(fs::metadata(&link).unwrap().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 2, "no temporary file is left");
    }

    #[test]
    fn named_files_are_written_through_links_and_into_devices() {
        let home = tempfile::tempdir().unwrap();
        let (target, link) = (home.path().join("target"), home.path().join("link"));
        fs::write(&target, "old").unwrap();
        symlink(&target, &link).unwrap();
        write_named(&link, write_text).unwrap();
        assert_eq!(fs::read_to_string(&target).unwrap(), "new");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        write_named(Path::new("/dev/null"), write_text).unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
    }
}
