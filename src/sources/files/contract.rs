//! Reads the access contract: a file or the built-in one.

use std::path::Path;

use crate::facts::access::contract::{BUILT_IN, Contract};
use crate::facts::{SourceError, SourceErrorKind};
use crate::redact;

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
        let message = format!("contract {shown} cannot be read: {why}");
        SourceError::new(SourceErrorKind::NotFound, message)
            .hint("cliplyctl rls contract writes one from the present database")
    };
    let size = std::fs::metadata(path).map_err(|e| read_error(e.to_string()))?.len();
    if size > MAX_BYTES {
        return Err(read_error(format!("{size} bytes; at most {MAX_BYTES} are read")));
    }
    let text = std::fs::read_to_string(path).map_err(|e| read_error(e.to_string()))?;
    parse(&text, &format!("contract {shown}"))
}

/// Describes a TOML error with its line number but without the text of the line: a file passed by
/// mistake may contain secrets.
fn describe_toml_error(text: &str, error: &toml::de::Error) -> String {
    let start = error.span().map_or(0, |span| span.start.min(text.len()));
    let line = 1 + text.as_bytes()[..start].iter().filter(|&&byte| byte == b'\n').count();
    format!("line {line}: {}", redact::text(error.message()))
}

fn parse(text: &str, name: &str) -> Result<Contract, SourceError> {
    let invalid = |why: String| {
        SourceError::new(SourceErrorKind::Malformed, format!("{name} is not valid: {why}"))
    };
    let contract: Contract =
        toml::from_str(text).map_err(|e| invalid(describe_toml_error(text, &e)))?;
    for (table, declared) in &contract.tables {
        for rule in declared.rules() {
            if !contract.rules.contains_key(&rule) {
                let error = invalid(format!("{table} refers to the unknown rule \"{rule}\""));
                return Err(error.hint(format!("declare [rules.{rule}]")));
            }
            if declared.tenant.is_none() {
                let error = invalid(format!("{table} names no tenant column for rule \"{rule}\""));
                return Err(error.hint("add, for example, tenant = \"workspace_id\" to the table"));
            }
        }
    }
    Ok(contract)
}
