//! Secrets in SQL: literals, lists of columns and values, and arguments of functions.

use std::ops::Range;

use super::{names, values};

/// Maximum length between `IDENTIFIED` and the word before a password.
const MAX_STATEMENT: usize = 64;

/// Maximum length of a list of columns.
const MAX_COLUMNS: usize = 4096;

/// Values of a statement whose columns have secret names: `… (email, password) … [parameters: ('a', 'x')]`, `params: 1,x`.
/// By their position they could be matched to the columns only in the simplest statements, so that all are redacted.
pub(super) fn parameters(text: &str, spans: &mut Vec<Range<usize>>) {
    for (at, _) in text.match_indices("arams").chain(text.match_indices("arameters")) {
        let word = text[at..].trim_start_matches(|c: char| c.is_ascii_lowercase());
        let list = word.trim_start_matches(['"', '\'', ':', '=', ' ']);
        let near = text.floor_char_boundary(at.saturating_sub(MAX_COLUMNS));
        let statement = &text[near..at];
        if list.len() == word.len() || !is_statement(statement) || !has_secret_column(statement) {
            continue;
        }
        let start = text.len() - list.len();
        let end = match list.as_bytes().first() {
            // Names precede the values.
            None | Some(b'{') => continue,
            Some(b'[' | b'(') => closing_bracket(list),
            _ => list.find('\n'),
        };
        let end = start + end.unwrap_or(list.len());
        let open = usize::from(list.starts_with(['[', '(']));
        if text[start + open..end].bytes().any(|byte| byte.is_ascii_alphanumeric()) {
            spans.push(start + open..end);
        }
    }
}

/// Whether a text contains an SQL statement.
fn is_statement(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    ["insert into", "update ", "select ", "delete from", "values"].iter().any(|v| lower.contains(v))
}

/// Whether a word of a statement is the name of a secret.
fn has_secret_column(statement: &str) -> bool {
    let words = statement.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-'));
    words.into_iter().any(|word| !word.is_empty() && is_secret_column(word))
}

/// Where the bracket closes that opens a text; brackets within quotes do not count.
fn closing_bracket(text: &str) -> Option<usize> {
    let (mut depth, mut quote, mut escaped) = (0_usize, None, false);
    for (at, c) in text.char_indices() {
        match (quote, c) {
            _ if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some(open), _) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '[' | '(' | '{') => depth += 1,
            (None, ']' | ')' | '}') => {
                depth -= 1;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

/// Values that a unique key has already: `Duplicate entry 'x' for key 'token_index'`, `The duplicate key value is (x)`,
/// `dup key: { : "x" }`.
pub(super) fn duplicates(text: &str, spans: &mut Vec<Range<usize>>) {
    const ENTRY: &str = "Duplicate entry '";
    for (at, _) in text.match_indices(ENTRY) {
        let start = at + ENTRY.len();
        let Some((value, after)) = text[start..].split_once("' for key '") else { continue };
        let key = after.split('\'').next().unwrap_or_default();
        let is_secret = key.split(['_', '.', '-', ' ']).any(is_secret_column);
        if is_secret && !values::is_uuid(value) && !values::is_number(value) {
            spans.push(start..start + value.len());
        }
    }
    for (mark, close) in [("duplicate key value is (", ')'), ("dup key: { : \"", '"')] {
        for (at, _) in text.match_indices(mark) {
            let start = at + mark.len();
            let value = text[start..].split(close).next().unwrap_or_default();
            if values::is_random(value) {
                spans.push(start..start + value.len());
            }
        }
    }
}

/// Literals after words: `IDENTIFIED BY 'x'`, `IDENTIFIED WITH a BY 'x'`, and `response="x"` of digest authentication.
pub(super) fn literals(text: &str, spans: &mut Vec<Range<usize>>) {
    let lower = text.to_ascii_lowercase();
    for (at, found) in lower.match_indices("identified ") {
        let line = &lower[at + found.len()..];
        let line = &line[..line.floor_char_boundary(MAX_STATEMENT)];
        let Some(by) = line.find("by ").or_else(|| line.find("as ")) else { continue };
        let start = at + found.len() + by + 3;
        let skipped = text[start..].trim_start();
        let Some(literal) = skipped.strip_prefix(['\'', '"', '`']) else { continue };
        let from = text.len() - literal.len();
        let end = literal.find(['\'', '"', '`']).unwrap_or(literal.len());
        if !values::is_plain(&literal[..end]) {
            spans.push(from..from + end);
        }
    }
    if !lower.contains("nonce=") {
        return;
    }
    for (at, found) in lower.match_indices("response=") {
        let start = text[at + found.len()..].trim_start_matches('"');
        let length = start.bytes().take_while(u8::is_ascii_hexdigit).count();
        let from = text.len() - start.len();
        if length >= 32 {
            spans.push(from..from + length);
        }
    }
}

/// Columns and values: `Key (a, b)=(x, y)`, `insert into t(a, b) values ('x', 'y')`.
pub(super) fn lists(text: &str, spans: &mut Vec<Range<usize>>) {
    for (at, _) in text.match_indices(')') {
        let after = text[at + 1..].trim_start();
        let lower = after.get(..6).map(str::to_ascii_lowercase);
        let is_insert = lower.as_deref() == Some("values");
        let Some(values) = (if is_insert { Some(&after[6..]) } else { after.strip_prefix('=') })
        else {
            continue;
        };
        let near = text.floor_char_boundary(at.saturating_sub(MAX_COLUMNS));
        let Some(open) = text[near..at].rfind('(').map(|open| near + open) else { continue };
        let columns: Vec<bool> = text[open + 1..at].split(',').map(is_secret_column).collect();
        if !columns.contains(&true) {
            continue;
        }
        let mut rows = values.trim_start();
        while let Some(row) = rows.strip_prefix('(') {
            let start = text.len() - row.len();
            let fields = fields(row);
            for (field, is_secret) in fields.iter().zip(columns.iter().cycle()) {
                let value = row[field.clone()].trim().trim_matches('\'');
                if *is_secret && !values::is_plain(value) && !values::is_uuid(value) {
                    let offset = start + field.start + row[field.clone()].find(value).unwrap_or(0);
                    spans.push(offset..offset + value.len());
                }
            }
            let end = fields.last().map_or(0, |field| field.end);
            rows = row[end..]
                .strip_prefix(')')
                .unwrap_or("")
                .trim_start()
                .trim_start_matches(',')
                .trim_start();
            if !is_insert {
                break;
            }
        }
    }
}

fn is_secret_column(name: &str) -> bool {
    let name = name.trim().trim_matches(['"', '`', '\'']);
    matches!(names::classify(name), Some(names::Name::Password | names::Name::Secret))
}

/// The places of the fields up to the closing parenthesis; commas within quotes and parentheses do not count.
pub(super) fn fields(row: &str) -> Vec<Range<usize>> {
    let (mut fields, mut start, mut depth, mut quoted) = (Vec::new(), 0, 0_usize, false);
    for (at, c) in row.char_indices() {
        match c {
            '\'' => quoted = !quoted,
            _ if quoted => {}
            '(' => depth += 1,
            ')' if depth == 0 => {
                fields.push(start..at);
                return fields;
            }
            ')' => depth -= 1,
            ',' if depth == 0 => {
                fields.push(start..at);
                start = at + 1;
            }
            _ => {}
        }
    }
    fields.push(start..row.len());
    fields
}

/// Literals in the arguments of functions that take keys: `pgp_sym_decrypt(x, 'key')`.
pub(super) fn calls(text: &str, spans: &mut Vec<Range<usize>>) {
    for name in [
        "pgp_sym_encrypt(",
        "pgp_sym_decrypt(",
        "crypt(",
        "hmac(",
        "encrypt(",
        "decrypt(",
        "_bytea(",
        "set_config(",
    ] {
        for (at, _) in text.match_indices(name) {
            let start = at + name.len();
            for field in fields(&text[start..]) {
                let value = text[start + field.start..start + field.end].trim();
                let inner = value.trim_matches('\'');
                if inner.len() + 2 == value.len()
                    && inner.len() >= 6
                    && !values::is_plain(inner)
                    && (name != "set_config(" || values::is_random(inner))
                {
                    let offset =
                        start + field.start + text[start + field.start..].find(inner).unwrap_or(0);
                    spans.push(offset..offset + inner.len());
                }
            }
        }
    }
}
