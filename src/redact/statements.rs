//! Secrets in SQL: literals, lists of columns and values, and arguments of functions.

use std::ops::Range;

use super::{names, values};

/// Maximum length between `IDENTIFIED` and the word before a password.
const MAX_STATEMENT: usize = 64;

/// Maximum length of a list of columns.
const MAX_COLUMNS: usize = 4096;

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
fn fields(row: &str) -> Vec<Range<usize>> {
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
