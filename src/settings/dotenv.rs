//! `.env` of the working directory: only the keys that this tool reads, with the values that Node's dotenv reads.
//!
//! Programs disagree about some values. The value is also read with dotenvy, which follows other rules than Node: if
//! it differs, a warning says so. An unescaped `$` outside of single quotes, which some programs expand, and so
//! truncate a password, is an error.

use std::collections::BTreeMap;
use std::path::Path;

use super::variables::variable;
use super::{Origin, Setting};
use crate::error::Error;
use crate::zod::env_file;
use crate::zod::model::{EntryState, EnvEntry, FileNote, Note, Quote};

/// Maximum number of lines of a quoted value.
const MAX_VALUE_LINES: usize = 200;

/// The variables of a file.
#[derive(Debug, Default)]
pub(super) struct DotEnv {
    /// The variables that are set, by name. The last value of a key counts.
    pub(super) variables: BTreeMap<String, Setting<String>>,
    /// What a reader of the file may not expect.
    pub(super) warnings: Vec<String>,
}

/// Reads the file. A missing file sets nothing.
pub(super) fn read(path: &Path) -> Result<DotEnv, Error> {
    match std::fs::read(path) {
        Ok(bytes) => parse(&bytes, path),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(DotEnv::default()),
        Err(error) => Err(Error::config(format!("cannot read {}", path.display())).cause(error)),
    }
}

fn parse(bytes: &[u8], path: &Path) -> Result<DotEnv, Error> {
    let file = env_file::parse(path, bytes);
    let mut dotenv = DotEnv::default();
    if file.notes.contains(&FileNote::Utf16) {
        let path = path.display();
        dotenv.warnings.push(format!("{path} is UTF-16 and is not read: save it as UTF-8"));
    }
    let text = String::from_utf8_lossy(bytes);
    let lines: Vec<&str> =
        text.strip_prefix('\u{feff}').unwrap_or(&text).split_inclusive('\n').collect();
    let active = file.entries.iter().filter(|entry| entry.state == EntryState::Active);
    for entry in active.filter(|entry| is_known(&entry.key)) {
        let value = value(entry, path)?;
        if entry.notes.contains(&Note::CutByHash) {
            let (path, line, key) = (path.display(), entry.line, &entry.key);
            dotenv.warnings.push(format!(
                "{path}:{line}: the value of {key} ends at the #, as in Node: quote it to keep the rest"
            ));
        } else if other_reading(&lines, entry).as_ref() != Some(&value) {
            let (path, line, key) = (path.display(), entry.line, &entry.key);
            dotenv.warnings.push(format!(
                "{path}:{line}: Node and other programs read different values of {key}: put it in single quotes"
            ));
        }
        dotenv.set(entry, value, path);
    }
    dotenv.variables.retain(|_, setting| !setting.value.is_empty());
    Ok(dotenv)
}

impl DotEnv {
    /// Sets a variable, and warns if it replaces another value.
    fn set(&mut self, entry: &EnvEntry, value: String, path: &Path) {
        let line = entry.line as usize;
        let origin = Origin::DotEnv { path: path.to_owned(), line };
        let setting = Setting::new(value, origin);
        let earlier = self.variables.insert(entry.key.clone(), setting.clone());
        if let Some(earlier) = earlier.filter(|earlier| earlier.value != setting.value) {
            let (place, key) = (&setting.origin, &entry.key);
            self.warnings.push(format!(
                "{place} sets {key} again, after {}: the last value is used",
                earlier.origin
            ));
        }
    }
}

/// The value of an entry as dotenvy reads it; `None` if it reads none.
fn other_reading(lines: &[&str], entry: &EnvEntry) -> Option<String> {
    let lines = lines.get((entry.line as usize).checked_sub(1)?..)?;
    let quoted = lines.first()?.contains(['"', '\'']);
    let max_length = if quoted { MAX_VALUE_LINES.min(lines.len()) } else { 1 };
    (1..=max_length).find_map(|length| {
        let text = lines[..length].concat();
        let (key, value) = dotenvy::from_read_iter(text.as_bytes()).next()?.ok()?;
        (key == entry.key).then_some(value)
    })
}

/// Whether this tool reads the variable from `.env`.
fn is_known(key: &str) -> bool {
    variable(key).is_some_and(|variable| variable.dotenv)
}

/// The value of an entry.
///
/// # Errors
/// If programs disagree about the value.
fn value(entry: &EnvEntry, path: &Path) -> Result<String, Error> {
    let (key, line) = (&entry.key, entry.line);
    if entry.notes.contains(&Note::UnclosedQuote) {
        return Err(Error::config(format!(
            "{}:{line}: the value of {key} starts with a quote that is not closed",
            path.display()
        ))
        .hint("put the value in single quotes"));
    }
    let text = entry.value.reveal();
    if entry.quote == Some(Quote::Single) {
        return Ok(text.to_owned());
    }
    if has_unescaped_dollar(text) {
        return Err(Error::config(format!(
            "{}:{line}: the value of {key} contains a `$`",
            path.display()
        ))
        .cause("some programs expand it, some do not")
        .hint("put the value in single quotes, or write `\\$`"));
    }
    Ok(text.replace("\\$", "$"))
}

fn has_unescaped_dollar(text: &str) -> bool {
    text.match_indices('$').any(|(at, _)| !text[..at].ends_with('\\'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(text: &str) -> Vec<(String, String, usize)> {
        let values = parse(text.as_bytes(), Path::new(".env")).unwrap().variables;
        let line = |origin: &Origin| match origin {
            Origin::DotEnv { line, .. } => *line,
            other => panic!("{other}"),
        };
        values.iter().map(|(k, v)| (k.clone(), v.value.clone(), line(&v.origin))).collect()
    }

    fn one(text: &str) -> String {
        let values = read_all(text);
        assert_eq!(values.len(), 1, "{values:?}");
        values[0].1.clone()
    }

    #[test]
    fn only_known_keys_are_read_with_their_lines() {
        let text =
            "\u{feff}PGHOST=h\r\n# PGPORT=1\nOTHER=x\nNO_COLOR=1\nexport PGUSER = \"u\" # who\n";
        let expected = [("PGHOST", "h", 1), ("PGUSER", "u", 5)];
        assert_eq!(read_all(text), expected.map(|(k, v, l)| (k.to_owned(), v.to_owned(), l)));
    }

    #[test]
    fn unescaped_dollar_is_an_error_without_the_value() {
        for value in ["hunter$2", "\"hunter$2\"", "hunter${X}", "\"hunter\"$b", "'hunter'$b"] {
            let text = format!("\nPGPASSWORD={value}\n");
            let error = parse(text.as_bytes(), Path::new(".env")).unwrap_err();
            assert!(error.message.starts_with(".env:2: the value of PGPASSWORD"), "{error}");
            assert!(!format!("{error:?}").contains("hunter"), "{error:?}");
        }
    }

    #[test]
    fn quoted_or_escaped_dollar_is_kept() {
        assert_eq!(one("PGPASSWORD='p$ss'"), "p$ss");
        assert_eq!(one(r"PGPASSWORD=p\$ss"), "p$ss");
        assert_eq!(one(r#"PGPASSWORD="p\$ss""#), "p$ss");
        assert_eq!(one("PGPASSWORD=pss # costs $5"), "pss");
    }

    #[test]
    fn lines_of_other_programs_may_be_malformed() {
        let text = "A=$B\nC=\"open\nwhat is this\nD='\nPGHOST=h\n";
        assert_eq!(read_all(text)[0].2, 5);
    }

    #[test]
    fn key_inside_a_multi_line_value_is_ignored() {
        assert_eq!(one("KEY=\"a\nPGHOST=wrong\nb\"\nPGHOST=right\n"), "right");
    }

    #[test]
    fn unclosed_value_is_an_error() {
        let error = parse(b"PGPASSWORD=\"hunter2\n", Path::new(".env")).unwrap_err();
        assert!(error.message.starts_with(".env:1: the value of PGPASSWORD starts with a quote"));
    }

    #[test]
    fn empty_value_is_unset() {
        assert_eq!(read_all("PGHOST=\nPGPORT=''\n"), []);
    }

    #[test]
    fn last_of_two_lines_counts_and_is_reported() {
        let read = |text: &str| parse(text.as_bytes(), Path::new(".env")).unwrap();
        let moved = read("PGHOST=old\nOTHER=1\nPGHOST=new\n");
        assert_eq!(moved.variables["PGHOST"].value, "new");
        assert_eq!(
            moved.warnings,
            [".env:3 sets PGHOST again, after .env:1: the last value is used"]
        );
        assert_eq!(read("PGHOST=same\nPGHOST=same\n").warnings, [""; 0]);
        assert!(read("PGHOST=old\nPGHOST=\n").variables.is_empty());
    }

    #[test]
    fn values_follow_the_rules_of_node() {
        let table = [
            ("PGHOST=`a \"b\" 'c'`", "a \"b\" 'c'"),
            ("PGHOST=\"a\\nb\"", "a\nb"),
            ("PGHOST='a\\nb'", "a\\nb"),
            ("PGHOST=a # b", "a"),
            ("PGHOST=a#b", "a"),
            ("PGHOST='a#b' # c", "a#b"),
            ("export PGHOST = a\r", "a"),
            ("PGHOST: a", "a"),
        ];
        for (text, value) in table {
            assert_eq!(one(text), value, "{text}");
        }
    }

    #[test]
    fn value_that_is_cut_at_a_hash_is_reported() {
        let warnings = |text: &str| parse(text.as_bytes(), Path::new(".env")).unwrap().warnings;
        let cut = warnings("PGPASSWORD=hun#ter2");
        assert!(cut[0].starts_with(".env:1: the value of PGPASSWORD ends at the #"), "{cut:?}");
        assert!(!cut[0].contains("hun") && !cut[0].contains("ter2"), "{cut:?}");
        for text in ["PGPASSWORD='hun#ter2'", "PGPASSWORD=pss # comment", "OTHER=a#b"] {
            assert_eq!(warnings(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn value_that_other_programs_read_otherwise_is_reported() {
        let warnings = |text: &str| parse(text.as_bytes(), Path::new(".env")).unwrap().warnings;
        for text in ["PGHOST=`a`", "PGHOST: a", "PGHOST=a b"] {
            let warnings = warnings(text);
            assert!(
                warnings.iter().any(|warning| warning.contains("single quotes")),
                "{text}: {warnings:?}"
            );
        }
        for text in [
            "PGHOST=a",
            "PGHOST='a b'",
            "PGHOST=\"a\\nb\"",
            "export PGHOST = a # b",
            "PGHOST=\"a\nb\"\n",
        ] {
            assert_eq!(warnings(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn file_in_utf_16_is_reported() {
        let bytes: Vec<u8> =
            "\u{feff}PGHOST=h\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let dotenv = parse(&bytes, Path::new(".env")).unwrap();
        assert!(dotenv.warnings[0].contains("UTF-16"), "{dotenv:?}");
    }
}
