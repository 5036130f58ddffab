//! `.env` of the working directory: only the keys this tool reads, and nothing expanded.
//!
//! dotenvy reads each value, one entry at a time, so that we know its line and so that a line we
//! do not read cannot hurt. It would expand `$` and cut a password in two; we refuse such values.

use std::collections::BTreeMap;
use std::path::Path;

use super::variables::variable;
use super::{Origin, Setting};
use crate::error::Error;

/// A quoted value may go on for this many lines.
const LONGEST_VALUE: usize = 200;

/// The variables that the file sets, by name; the first of several wins, as in dotenvy.
pub type DotEnv = BTreeMap<String, Setting<String>>;

/// Reads the file; a missing one sets nothing.
pub fn read(path: &Path) -> Result<DotEnv, Error> {
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
        let Some(name) = name_of(lines[line - 1]).filter(|name| is_ours(name)) else { continue };
        if has_live_dollar(&lines[line - 1..at].concat()) {
            return Err(dollar(path, line, name));
        }
        let Some((_, value)) = entry else { return Err(unreadable(path, line, name)) };
        let origin = Origin::DotEnv { path: path.to_owned(), line };
        values.entry(name.to_owned()).or_insert(Setting::new(value, origin));
    }
    Ok(values.into_iter().filter(|(_, setting)| !setting.value.is_empty()).collect())
}

/// The entry that begins at the first line, and how many lines it takes.
fn entry(lines: &[&str]) -> (Option<(String, String)>, usize) {
    let quoted = lines[0].contains(['"', '\'']);
    let most = if quoted { LONGEST_VALUE.min(lines.len()) } else { 1 };
    for length in 1..=most {
        match dotenvy::from_read_iter(lines[..length].concat().as_bytes()).next() {
            Some(Ok(pair)) => return (Some(pair), length),
            Some(Err(_)) => {}
            None => return (None, 1),
        }
    }
    (None, 1)
}

/// The name before the equals sign.
fn name_of(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let line = line.strip_prefix("export ").unwrap_or(line);
    Some(line.split_once('=')?.0.trim())
}

fn is_ours(name: &str) -> bool {
    variable(name).is_some_and(|variable| variable.dotenv)
}

/// Whether an unescaped `$` stands outside single quotes and before a comment.
fn has_live_dollar(entry: &str) -> bool {
    let value = entry.split_once('=').map_or("", |(_, value)| value);
    let (mut quote, mut escaped, mut blank) = (None, false, true);
    for c in value.chars() {
        match (quote, c) {
            _ if escaped => escaped = false,
            (Some('\''), c) if c != '\'' => {}
            (_, '\\') => escaped = true,
            (_, '$') => return true,
            (None, '#') if blank => return false,
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if c == open => quote = None,
            _ => {}
        }
        blank = c.is_whitespace();
    }
    false
}

fn dollar(path: &Path, line: usize, name: &str) -> Error {
    Error::config(format!("{}:{line}: the value of {name} holds a `$`", path.display()))
        .cause("other readers of .env would expand it; this tool refuses to guess")
        .hint("put the value in single quotes, or write `\\$`")
}

fn unreadable(path: &Path, line: usize, name: &str) -> Error {
    Error::config(format!("{}:{line}: the value of {name} cannot be read", path.display()))
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
