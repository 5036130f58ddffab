//! Reads the access contract: a file or the built-in one.

use std::collections::BTreeSet;
use std::path::Path;

use super::old_keys::{self, KeyOwner};
use crate::facts::access::contract::{BUILT_IN, Contract, STORAGE};
use crate::facts::{SourceError, SourceErrorKind};
use crate::redact;
use crate::suggest::{CommandText, ShellCommand};

/// Maximum size of a contract, bytes.
const MAX_BYTES: u64 = 1 << 20;

/// Reads a contract; without a path, the built-in one.
///
/// # Errors
/// If the file cannot be read or is not a valid contract; the message names the line or the rule.
pub fn read(path: Option<&Path>) -> Result<Contract, SourceError> {
    let Some(path) = path else { return parse(BUILT_IN, "the built-in contract") };
    let shown = path.display().to_string();
    let read_error = |why: String| {
        let message = format!("cannot read contract {shown}: {why}");
        SourceError::new(SourceErrorKind::NotFound, message).hint(CommandText::to(
            "write one from this database",
            ShellCommand::new("rls contract"),
        ))
    };
    let size = std::fs::metadata(path).map_err(|e| read_error(e.to_string()))?.len();
    if size > MAX_BYTES {
        return Err(read_error(format!("{size} bytes; at most {MAX_BYTES} are read")));
    }
    let text = std::fs::read_to_string(path).map_err(|e| read_error(e.to_string()))?;
    parse(&text, &format!("contract {shown}"))
}

/// Returns the contract of Supabase Storage.
pub(crate) fn storage() -> Result<Contract, SourceError> {
    parse(STORAGE, "the built-in contract of storage")
}

/// Describes a TOML error with its line number but without the text of the line: a file passed by
/// mistake may contain secrets.
fn describe_toml_error(text: &str, error: &toml::de::Error) -> String {
    let start = error.span().map_or(0, |span| span.start.min(text.len()));
    let line = 1 + text.as_bytes()[..start].iter().filter(|&&byte| byte == b'\n').count();
    format!("line {line}: {}", redact::text(error.message()))
}

/// Returns the tables and paths whose header has the comment `# review`.
fn marked_for_review(text: &str) -> BTreeSet<String> {
    let headers = text.lines().filter_map(|line| {
        let (header, comment) = line.trim().rsplit_once('#')?;
        let is_header = header.starts_with("[tables.") || header.starts_with("[paths.");
        (is_header && comment.trim() == "review").then_some(header)
    });
    let keys = headers.filter_map(|header| {
        let parsed: toml::Table = toml::from_str(header).ok()?;
        let (_, section) = parsed.into_iter().next()?;
        section.as_table()?.keys().next().cloned()
    });
    keys.collect()
}

/// Parses a contract of version 0.1.0, in which keys have other names. Errors are described by the caller from the
/// text as it is.
fn with_old_keys(text: &str) -> Option<Contract> {
    let mut file: toml::Table = toml::from_str(text).ok()?;
    for section in ["rules", "tables"] {
        if let Some(section) = file.get_mut(section) {
            old_keys::rename_in_tables(KeyOwner::Contract, section);
        }
    }
    file.try_into().ok()
}

fn parse(text: &str, name: &str) -> Result<Contract, SourceError> {
    let invalid = |why: String| {
        SourceError::new(SourceErrorKind::Malformed, format!("{name} is not valid: {why}"))
    };
    let mut contract: Contract = toml::from_str(text)
        .or_else(|error| with_old_keys(text).ok_or(error))
        .map_err(|e| invalid(describe_toml_error(text, &e)))?;
    contract.review = marked_for_review(text);
    for (table, declared) in &contract.tables {
        for rule in declared.rules() {
            if !contract.rules.contains_key(&rule) {
                let error = invalid(format!("{table} refers to the unknown rule \"{rule}\""));
                return Err(error.hint(format!("declare [rules.{rule}]")));
            }
            if declared.workspace_column.is_none() {
                let error = invalid(format!("{table} has no workspace column for rule \"{rule}\""));
                return Err(error
                    .hint("add, for example, workspace_column = \"workspace_id\" to the table"));
            }
        }
    }
    Ok(contract)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn review_marks_are_comments_of_headers() {
        let text = "[tables.\"public.a\"] # review\n[tables.\"public.b\"]\nrls = true # review\n\
                    [tables.\"public.c\".roles]\nanon = \"allow\"\n";
        let contract = parse(text, "c").unwrap();
        assert_eq!(contract.review, BTreeSet::from(["public.a".to_owned()]));
    }
}
