//! The password file (`~/.pgpass`): passwords by host, port, database and user.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::{Secret, Sourced};

/// The contents of a password file.
pub(super) struct PassFile {
    path: PathBuf,
    /// Lines in any encoding: only those of this connection must fit.
    text: Vec<u8>,
}

/// The connection that a line is compared with.
pub(super) struct PgpassKey<'a> {
    /// The names of the host; for a socket, its directory and `localhost`.
    pub(super) hosts: Vec<&'a str>,
    /// The port.
    pub(super) port: u16,
    /// The database.
    pub(super) database: &'a str,
    /// The user.
    pub(super) user: &'a str,
}

impl PassFile {
    /// Reads the file. A file that other users can read is ignored with a warning, as in libpq.
    pub(super) fn open(path: &Path, warnings: &mut Vec<String>) -> Option<Self> {
        let metadata = std::fs::metadata(path).ok()?;
        let shown = path.display();
        if !metadata.is_file() {
            warnings.push(format!("password file {shown} is ignored: it is not a plain file"));
            return None;
        }
        if metadata.permissions().mode() & 0o077 != 0 {
            warnings.push(format!(
                "password file {shown} is ignored: other users may read it; run chmod 600 {shown}"
            ));
            return None;
        }
        match std::fs::read(path) {
            Ok(text) => Some(Self { path: path.to_owned(), text }),
            Err(error) => {
                warnings.push(format!("password file {shown} is ignored: {error}"));
                None
            }
        }
    }

    /// The password of the first line that matches.
    pub(super) fn find(&self, key: &PgpassKey) -> Option<Sourced<Secret<Vec<u8>>>> {
        let matched = |(index, line): (usize, &[u8])| Some((index + 1, password_of(line, key)?));
        let lines = self.text.split(|byte| *byte == b'\n');
        let (line, password) = lines.enumerate().find_map(matched)?;
        let origin = format!("{}:{line}", self.path.display());
        Some(Sourced::new(Secret::new(password), origin))
    }
}

/// The password of a line, if its first four fields match.
fn password_of(line: &[u8], key: &PgpassKey) -> Option<Vec<u8>> {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if line.starts_with(b"#") {
        return None;
    }
    let port = key.port.to_string();
    let mut rest = line;
    for values in [&key.hosts[..], &[&port], &[key.database], &[key.user]] {
        let (field, after) = field(rest)?;
        // An escaped asterisk is a literal name, not a wildcard.
        let wildcard = rest.starts_with(b"*:");
        if !wildcard && !values.iter().any(|value| value.as_bytes() == field) {
            return None;
        }
        rest = after;
    }
    let (password, _) = field(rest).unwrap_or_else(|| (unescape(rest), &[]));
    (!password.is_empty()).then_some(password)
}

/// The text before the next unescaped colon, unescaped, and the rest; `None` without such a colon.
fn field(text: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut escaped = false;
    let end = text.iter().position(|byte| match byte {
        _ if escaped => {
            escaped = false;
            false
        }
        b'\\' => {
            escaped = true;
            false
        }
        byte => *byte == b':',
    })?;
    Some((unescape(&text[..end]), &text[end + 1..]))
}

/// Removes the backslash of each escape.
fn unescape(text: &[u8]) -> Vec<u8> {
    let mut bytes = text.iter().copied();
    let mut plain = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        plain.push(if byte == b'\\' { bytes.next().unwrap_or(byte) } else { byte });
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(text: impl AsRef<[u8]>) -> Option<String> {
        let file = PassFile { path: PathBuf::from(".pgpass"), text: text.as_ref().to_owned() };
        let key = PgpassKey { hosts: vec!["h:1", "db"], port: 5432, database: "d\\b", user: "u" };
        file.find(&key)
            .map(|password| password.value.expose().iter().map(|byte| char::from(*byte)).collect())
    }

    #[test]
    fn lines_in_another_encoding_are_compared_as_bytes() {
        assert_eq!(find(b"h\xe9:*:*:*:no\n*:*:*:u:yes\n").as_deref(), Some("yes"));
        assert_eq!(find(b"*:*:*:u:p\xe9\r\n").as_deref(), Some("p\u{e9}"));
    }

    #[test]
    fn first_matching_line_wins() {
        let text =
            "# comment\nother:*:*:*:no\n*:5433:*:*:no\n*:*:*:v:no\n*:*:*:u:yes\n*:*:*:*:late";
        assert_eq!(find(text).as_deref(), Some("yes"));
    }

    #[test]
    fn escaped_colons_and_backslashes_are_unescaped() {
        assert_eq!(find(r"h\:1:5432:d\\b:u:p\:a\\s\s").as_deref(), Some(r"p:a\ss"));
        assert_eq!(find(r"db:5432:d\\b:u:pass word ").as_deref(), Some("pass word "));
    }

    #[test]
    fn escaped_asterisk_is_not_a_wildcard() {
        assert_eq!(find(r"\*:*:*:*:no"), None);
    }

    #[test]
    fn incomplete_lines_and_empty_passwords_are_ignored() {
        assert_eq!(find("*:*:*:u\n\n*\n*:*:*:u:\n:::"), None);
    }

    #[test]
    fn password_file_readable_by_others_is_ignored_with_a_warning() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut warnings = Vec::new();
        for (mode, usable) in [(0o600, true), (0o400, true), (0o640, false), (0o604, false)] {
            std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(mode)).unwrap();
            warnings.clear();
            assert_eq!(PassFile::open(file.path(), &mut warnings).is_some(), usable, "{mode:o}");
            assert_eq!(warnings.is_empty(), usable, "{warnings:?}");
        }
        assert!(warnings[0].contains("chmod 600"), "{warnings:?}");
    }

    #[test]
    fn missing_password_file_causes_no_warning() {
        let mut warnings = Vec::new();
        assert!(PassFile::open(Path::new("/nonexistent"), &mut warnings).is_none());
        assert_eq!(warnings, [""; 0]);
    }
}
