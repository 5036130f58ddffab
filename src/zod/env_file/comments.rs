//! Keys that are documented but not set: `# KEY=value`.

use super::LineIndex;
use super::scan::Assignment;
use super::whitespace::trim;
use crate::zod::model::{EntryState, EnvEntry, EnvValue};

/// Every documented key outside of the values of others.
pub(crate) fn documented(
    bytes: &[u8],
    assignments: &[Assignment],
    lines: &LineIndex,
) -> Vec<EnvEntry> {
    let mut values = assignments.iter().peekable();
    let mut found = Vec::new();
    for (index, start) in lines.starts.iter().copied().enumerate() {
        let end = lines.starts.get(index + 1).copied().unwrap_or(bytes.len());
        while values.next_if(|assignment| assignment.value.end <= start).is_some() {}
        let inside = values.peek().is_some_and(|assignment| assignment.key.start < start);
        if !inside && let Some(entry) = commented(bytes, start, end, lines.line(start)) {
            found.push(entry);
        }
    }
    found
}

/// `#+ [export] KEY=value` on one line, where KEY is an identifier.
fn commented(bytes: &[u8], start: usize, end: usize, line: u32) -> Option<EnvEntry> {
    let text = trim(&bytes[start..end]).strip_prefix(b"#")?;
    let text = trim(&text[text.iter().take_while(|byte| **byte == b'#').count()..]);
    let text = text.strip_prefix(b"export ").map_or(text, trim);
    let equals = text.iter().position(|byte| *byte == b'=')?;
    let (key, value) = (trim_end(&text[..equals]), trim(&text[equals + 1..]));
    let starts = key.first().is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_');
    let name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    // `==` is prose or code, not a value.
    if !starts || !key.iter().all(name) || value.first() == Some(&b'=') {
        return None;
    }
    let value = without_comment(value);
    Some(EnvEntry {
        key: String::from_utf8_lossy(key).into_owned(),
        state: EntryState::Commented,
        value: EnvValue::new(String::from_utf8_lossy(value)),
        quote: None,
        line,
        span: start..end,
        notes: Vec::new(),
    })
}

fn trim_end(text: &[u8]) -> &[u8] {
    &text[..text.iter().rposition(|byte| *byte != b' ' && *byte != b'\t').map_or(0, |at| at + 1)]
}

/// The value, were the line active: quotes go, and a comment after it.
fn without_comment(value: &[u8]) -> &[u8] {
    if let Some(quote @ (b'\'' | b'"' | b'`')) = value.first().copied()
        && let Some(close) = value[1..].iter().position(|byte| *byte == quote)
    {
        return &value[1..=close];
    }
    let cut = value.iter().position(|byte| *byte == b'#').unwrap_or(value.len());
    trim(&value[..cut])
}
