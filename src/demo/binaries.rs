//! Finds the PostgreSQL server programs on this machine.
//!
//! Distributions do not put them on `PATH` (Debian wraps only the client programs), so the usual
//! directories are searched as well.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

/// Directories that hold one directory per installed version: (parent, prefix of the name).
const VERSIONED: &[(&str, &str)] = &[
    ("/usr/lib/postgresql", ""),         // Debian, Ubuntu
    ("/usr", "pgsql-"),                  // PostgreSQL's own RPMs
    ("/opt/homebrew/opt", "postgresql"), // Homebrew on Apple silicon
    ("/usr/local/opt", "postgresql"),    // Homebrew on Intel
    ("/home/linuxbrew/.linuxbrew/opt", "postgresql"),
];

/// Returns the directory that contains `initdb` and `postgres`: only `given` if it is set,
/// otherwise a directory of `path`, otherwise the newest version in the usual directories.
pub fn find(given: Option<&Path>, path: Option<&OsStr>) -> Option<PathBuf> {
    if let Some(dir) = given {
        return holds_server(dir).then(|| dir.to_owned());
    }
    std::env::split_paths(path.unwrap_or_default())
        .find(|dir| dir.is_absolute() && holds_server(dir))
        .or_else(|| VERSIONED.iter().find_map(|(parent, prefix)| newest(Path::new(parent), prefix)))
}

fn holds_server(dir: &Path) -> bool {
    ["initdb", "postgres"].iter().all(|name| dir.join(name).is_file())
}

/// Returns the `bin` directory of the highest version among `parent/prefix*`.
fn newest(parent: &Path, prefix: &str) -> Option<PathBuf> {
    let entries = fs::read_dir(parent).ok()?.flatten();
    let mut found: Vec<(u32, PathBuf)> = entries
        .filter_map(|entry| {
            let name = entry.file_name();
            let version = name.to_str()?.strip_prefix(prefix)?.trim_start_matches('@');
            let bin = entry.path().join("bin");
            // Homebrew's plain `postgresql` has no version number and sorts last.
            holds_server(&bin).then(|| (version.parse().unwrap_or(0), bin))
        })
        .collect();
    found.sort();
    found.pop().map(|(_, bin)| bin)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn install(parent: &Path, name: &str) -> PathBuf {
        let bin = parent.join(name).join("bin");
        fs::create_dir_all(&bin).unwrap();
        for program in ["initdb", "postgres"] {
            fs::write(bin.join(program), "").unwrap();
        }
        bin
    }

    #[test]
    fn newest_version_is_compared_numerically() {
        let dir = tempfile::tempdir().unwrap();
        install(dir.path(), "9");
        let newest_bin = install(dir.path(), "16");
        fs::create_dir_all(dir.path().join("17/bin")).unwrap(); // client programs only
        assert_eq!(newest(dir.path(), ""), Some(newest_bin));
    }

    #[test]
    fn homebrew_directory_names_are_recognized() {
        let dir = tempfile::tempdir().unwrap();
        install(dir.path(), "postgresql");
        let newest_bin = install(dir.path(), "postgresql@17");
        install(dir.path(), "postgresql@9");
        assert_eq!(newest(dir.path(), "postgresql"), Some(newest_bin));
    }

    #[test]
    fn given_bin_directory_is_never_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let on_path = install(dir.path(), "here");
        assert_eq!(find(Some(dir.path()), Some(on_path.as_os_str())), None);
        assert_eq!(find(None, Some(on_path.as_os_str())), Some(on_path.clone()));
        assert_eq!(find(Some(&on_path), None), Some(on_path));
    }
}
