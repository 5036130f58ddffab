//! `.env` of the working directory: only the keys that this tool reads.
//!
//! dotenvy parses one entry at a time, so that the line of each value is known and an invalid entry
//! with another key is no error. dotenvy would expand an unescaped `$` and so truncate a password:
//! such values are rejected.

use std::collections::BTreeMap;
use std::path::Path;

use super::variables::variable;
use super::{Origin, Setting};
use crate::error::Error;

/// The maximum number of lines of a quoted value.
const MAX_VALUE_LINES: usize = 200;

/// The variables that the file sets, by name. The first value of a key counts, as in dotenvy.
pub(super) type DotEnv = BTreeMap<String, Setting<String>>;

/// Reads the file. A missing file sets nothing.
pub(super) fn read(path: &Path) -> Result<DotEnv, Error> {
    match std::fs::read(path) {
        Ok(bytes) => parse(&String::from_utf8_lossy(&bytes), path),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(DotEnv::new()),
        Err(error) => Err(Error::config(format!("cannot read {}", path.display())).cause(error)),
    }
}

fn parse(text: &str, path: &Path) -> Result<DotEnv, Error> {
    let lines: Vec<&str> =
        text.strip_prefix('\u{feff}').unwrap_or(text).split_inclusive('\n').collect();
    let mut values = DotEnv::new();
    let mut at = 0;
    while at < lines.len() {
        let (entry, length) = entry(&lines[at..]);
        let line = at + 1;
        at += length;
        let Some(key) = key_of(lines[line - 1]).filter(|key| is_known(key)) else { continue };
        if has_unescaped_dollar(&lines[line - 1..at].concat()) {
            return Err(dollar_error(path, line, key));
        }
        let Some((_, value)) = entry else { return Err(value_error(path, line, key)) };
        let origin = Origin::DotEnv { path: path.to_owned(), line };
        values.entry(key.to_owned()).or_insert(Setting::new(value, origin));
    }
    Ok(values.into_iter().filter(|(_, setting)| !setting.value.is_empty()).collect())
}

/// The entry that begins at the first line (`None` if it is invalid) and its number of lines.
fn entry(lines: &[&str]) -> (Option<(String, String)>, usize) {
    let quoted = lines[0].contains(['"', '\'']);
    let max_length = if quoted { MAX_VALUE_LINES.min(lines.len()) } else { 1 };
    for length in 1..=max_length {
        match dotenvy::from_read_iter(lines[..length].concat().as_bytes()).next() {
            Some(Ok(pair)) => return (Some(pair), length),
            Some(Err(_)) => {}
            None => return (None, 1),
        }
    }
    (None, 1)
}

/// The text before the equals sign.
fn key_of(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let line = line.strip_prefix("export ").unwrap_or(line);
    Some(line.split_once('=')?.0.trim())
}

/// Whether this tool reads the variable from `.env`.
fn is_known(key: &str) -> bool {
    variable(key).is_some_and(|variable| variable.dotenv)
}

/// Whether the value contains an unescaped `$` outside single quotes and comments.
fn has_unescaped_dollar(entry: &str) -> bool {
    let value = entry.split_once('=').map_or("", |(_, value)| value);
    let (mut quote, mut escaped, mut after_blank) = (None, false, true);
    for c in value.chars() {
        match (quote, c) {
            _ if escaped => escaped = false,
            (Some('\''), c) if c != '\'' => {}
            (_, '\\') => escaped = true,
            (_, '$') => return true,
            (None, '#') if after_blank => return false,
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if c == open => quote = None,
            _ => {}
        }
        after_blank = c.is_whitespace();
    }
    false
}

/// The error for an unescaped `$`.
fn dollar_error(path: &Path, line: usize, key: &str) -> Error {
    Error::config(format!("{}:{line}: the value of {key} holds a `$`", path.display()))
        .cause("other readers of .env would expand it; this tool refuses to guess")
        .hint("put the value in single quotes, or write `\\$`")
}

/// The error for a value that cannot be parsed.
fn value_error(path: &Path, line: usize, key: &str) -> Error {
    Error::config(format!("{}:{line}: the value of {key} cannot be read", path.display()))
        .hint("put the value in single quotes")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(text: &str) -> Vec<(String, String, usize)> {
        let values = parse(text, Path::new(".env")).unwrap();
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
            let error = parse(&text, Path::new(".env")).unwrap_err();
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
        let error = parse("PGPASSWORD=\"hunter2\n", Path::new(".env")).unwrap_err();
        assert_eq!(error.message, ".env:1: the value of PGPASSWORD cannot be read");
    }

    #[test]
    fn empty_value_is_unset() {
        assert_eq!(read_all("PGHOST=\nPGPORT=''\n"), []);
    }
}
