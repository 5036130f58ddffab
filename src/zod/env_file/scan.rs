//! The grammar of dotenv 16, implemented by hand in linear time.
//!
//! dotenv applies one regular expression to the whole text (flags `mg`):
//! `(?:^|^)\s*(?:export\s+)?([\w.-]+)(?:\s*=\s*?|:\s+?)(VALUE)?\s*(?:#.*)?(?:$|$)` where VALUE is
//! `\s*'(?:\\'|[^'])*'`, the same with `"` and `` ` ``, or `[^#\r\n]+`. White space includes line ends, a
//! quoted value may start on the next line, and a closing quote must be followed by a comment or
//! the end of a line; otherwise an earlier, escaped quote closes the value. Each function names the part of
//! the expression that it implements.

use std::borrow::Cow;
use std::ops::Range;

use super::LineIndex;
use crate::zod::model::{EntryState, EnvEntry, EnvValue, Note, Quote};

/// The bytes of one assignment.
pub(super) struct Assignment {
    /// The key.
    pub(super) key: Range<usize>,
    /// The text between separator and comment, including quotes and white space.
    pub(super) value: Range<usize>,
    /// The end of the match, after the comments that belong to it.
    pub(super) end: usize,
    /// The key follows `export`.
    export: bool,
    /// The separator is a colon.
    colon: bool,
}

/// Every assignment that dotenv finds, in order.
pub(super) fn assignments(bytes: &[u8]) -> Vec<Assignment> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        // `^\s*`: backtracking into white space never leads to a match.
        let start = skip_space(bytes, at);
        let resume = match assignment(bytes, start) {
            Some(assignment) => {
                let end = assignment.end;
                found.push(assignment);
                end
            }
            None => start,
        };
        let line = skip_line(bytes, resume);
        at = line + line_end(bytes, line).max(1);
    }
    found
}

fn assignment(bytes: &[u8], start: usize) -> Option<Assignment> {
    let after_export = skip_export(bytes, start);
    let with_export = after_export.and_then(|at| keyed(bytes, at, true));
    with_export.or_else(|| keyed(bytes, start, false))
}

/// `export\s+`
fn skip_export(bytes: &[u8], start: usize) -> Option<usize> {
    let after = bytes.get(start..)?.starts_with(b"export").then_some(start + 6)?;
    let key = skip_space(bytes, after);
    (key > after).then_some(key)
}

/// `([\w.-]+)(?:\s*=\s*?|:\s+?)` and the value after it.
fn keyed(bytes: &[u8], start: usize, export: bool) -> Option<Assignment> {
    let key_char = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    let length = bytes.get(start..)?.iter().take_while(|byte| key_char(byte)).count();
    let key = start..start + length;
    let equals = skip_space(bytes, key.end);
    let (after, colon) = match (bytes.get(equals), bytes.get(key.end)) {
        _ if key.is_empty() => return None,
        (Some(b'='), _) => (equals + 1, false),
        (_, Some(b':')) => match space(bytes, key.end + 1) {
            0 => return None,
            // dotenv replaces CRLF by LF first, so it is one character.
            width => (key.end + 1 + line_end(bytes, key.end + 1).max(width), true),
        },
        _ => return None,
    };
    let (value, end) = value(bytes, after);
    Some(Assignment { key, value, end, export, colon })
}

/// `(VALUE)?\s*(?:#.*)?$`: the range of the value and the end of the match. It always matches.
fn value(bytes: &[u8], start: usize) -> (Range<usize>, usize) {
    let opening = skip_space(bytes, start);
    if let Some(quote @ (b'\'' | b'"' | b'`')) = bytes.get(opening).copied()
        && let Some((close, end)) = quoted(bytes, opening + 1, quote)
    {
        return (opening..close + 1, end);
    }
    let plain = bytes[start..].iter().position(|byte| matches!(byte, b'#' | b'\r' | b'\n'));
    let stop = plain.map_or(bytes.len(), |length| start + length);
    (start..stop, tail(bytes, stop).unwrap_or(stop))
}

/// The offset of the closing quote and the end of the match, if a quote closes the value.
fn quoted(bytes: &[u8], start: usize, quote: u8) -> Option<(usize, usize)> {
    let mut escaped = Vec::new();
    let mut at = start;
    while at < bytes.len() {
        if bytes[at] == b'\\' && bytes.get(at + 1) == Some(&quote) {
            escaped.push(at + 1);
            at += 2;
        } else if bytes[at] == quote {
            escaped.push(at);
            break;
        } else {
            at += 1;
        }
    }
    escaped.into_iter().rev().find_map(|close| Some((close, tail(bytes, close + 1)?)))
}

/// `\s*(?:#.*)?$`: the end of the match.
fn tail(bytes: &[u8], start: usize) -> Option<usize> {
    let stop = skip_space(bytes, start);
    if bytes.get(stop) == Some(&b'#') {
        return Some(skip_line(bytes, stop));
    }
    if stop == bytes.len() {
        return Some(stop);
    }
    // The match ends before the last line terminator in the white space.
    let mut last = None;
    let mut at = start;
    while at < stop {
        let width = line_end(bytes, at);
        if width > 0 {
            last = Some(at);
        }
        at += width.max(space(bytes, at)).max(1);
    }
    last
}

impl Assignment {
    /// The entry of the assignment.
    pub(super) fn entry(&self, bytes: &[u8], lines: &LineIndex) -> EnvEntry {
        let raw = trim(&bytes[self.value.clone()]);
        let (inner, quote) = unquote(raw);
        let mut value = with_lf(&String::from_utf8_lossy(&inner));
        // dotenv expands every value that starts with a double quote, closed or not.
        if raw.first() == Some(&b'"') {
            value = value.replace("\\n", "\n").replace("\\r", "\r");
        }
        EnvEntry {
            key: String::from_utf8_lossy(&bytes[self.key.clone()]).into_owned(),
            state: EntryState::Active,
            value: EnvValue::new(value),
            quote,
            line: lines.line(self.key.start),
            span: self.key.start..self.value.end.max(self.key.end),
            notes: self.notes(bytes, lines, raw, quote),
            expanded: None,
        }
    }

    /// Formatting issues of the assignment.
    fn notes(
        &self,
        bytes: &[u8],
        lines: &LineIndex,
        raw: &[u8],
        quote: Option<Quote>,
    ) -> Vec<Note> {
        let mut notes = Vec::new();
        let mut add = |condition: bool, note: Note| {
            if condition {
                notes.push(note);
            }
        };
        add(self.export, Note::Export);
        add(self.colon, Note::Colon);
        let spaced = space(bytes, self.key.end) > 0
            || (space(bytes, self.value.start) > 0 && !raw.is_empty());
        add(!self.colon && spaced, Note::SpacedEquals);
        let last = self.value.end.saturating_sub(1).max(self.key.start);
        add(!raw.is_empty() && lines.line(self.key.start) != lines.line(last), Note::MultiLine);
        let rest = skip_space(bytes, self.value.end);
        let comment =
            bytes.get(rest) == Some(&b'#') && lines.line(rest) == lines.line(self.value.end);
        let cut = comment && quote.is_none() && !raw.is_empty() && {
            rest == self.value.end && space(bytes, rest - 1) == 0
        };
        add(comment && !cut, Note::InlineComment);
        add(cut, Note::CutByHash);
        let opens = matches!(raw.first(), Some(b'\'' | b'"' | b'`'));
        add(opens && quote.is_none(), Note::UnclosedQuote);
        notes
    }
}

/// `replace(/^(['"`])([\s\S]*)\1$/mg, "$2")`: the text without its quotes, and the quotes.
fn unquote(raw: &[u8]) -> (Cow<'_, [u8]>, Option<Quote>) {
    match raw {
        [b'\'', inner @ .., b'\''] => (inner.into(), Some(Quote::Single)),
        [b'"', inner @ .., b'"'] => (inner.into(), Some(Quote::Double)),
        [b'`', inner @ .., b'`'] => (inner.into(), Some(Quote::Backtick)),
        _ => (unquote_lines(raw), None),
    }
}

/// An unquoted value ends at the end of its line, but `^` and `$` also match at U+2028 and U+2029.
fn unquote_lines(raw: &[u8]) -> Cow<'_, [u8]> {
    let mut unquoted = Vec::new();
    let mut start = 0;
    while start < raw.len() {
        let quote = raw[start];
        let ends =
            |at: &usize| raw[*at] == quote && (*at + 1 == raw.len() || line_end(raw, at + 1) > 0);
        let close = match quote {
            b'\'' | b'"' | b'`' => (start + 1..raw.len()).rev().find(ends),
            _ => None,
        };
        let end = match close {
            Some(close) => {
                unquoted.extend_from_slice(&raw[start + 1..close]);
                close + 1
            }
            None => start,
        };
        let line = skip_line(raw, end);
        let next = (line + line_end(raw, line).max(1)).min(raw.len());
        unquoted.extend_from_slice(&raw[end..next]);
        start = next;
    }
    unquoted.into()
}

/// dotenv replaces CRLF and CR by LF first.
fn with_lf(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

/// Length in bytes of the white space character (`\s`) at an offset; 0 if there is none.
fn space(bytes: &[u8], at: usize) -> usize {
    match bytes.get(at..) {
        Some([b'\t'..=b'\r' | b' ', ..]) => 1,
        Some([0xC2, 0xA0, ..]) => 2,
        // U+1680, U+2000–200A, U+2028, U+2029, U+202F, U+205F, U+3000, and U+FEFF: the BOM.
        Some(
            [0xE1, 0x9A, 0x80, ..]
            | [0xE2, 0x80, 0x80..=0x8A | 0xA8 | 0xA9 | 0xAF, ..]
            | [0xE2, 0x81, 0x9F, ..]
            | [0xE3, 0x80, 0x80, ..]
            | [0xEF, 0xBB, 0xBF, ..],
        ) => 3,
        _ => 0,
    }
}

/// Length in bytes of the line terminator of `^`, `$` and `.` at an offset; 0 if there is none.
fn line_end(bytes: &[u8], at: usize) -> usize {
    match bytes.get(at..) {
        Some([b'\r', b'\n', ..]) => 2,
        Some([b'\r' | b'\n', ..]) => 1,
        Some([0xE2, 0x80, 0xA8 | 0xA9, ..]) => 3,
        _ => 0,
    }
}

/// The next offset that is not white space.
fn skip_space(bytes: &[u8], mut at: usize) -> usize {
    loop {
        match space(bytes, at) {
            0 => return at,
            length => at += length,
        }
    }
}

/// The offset of the next line terminator, or the end.
fn skip_line(bytes: &[u8], mut at: usize) -> usize {
    while at < bytes.len() && line_end(bytes, at) == 0 {
        at += 1;
    }
    at
}

/// JavaScript's `trim`.
pub(super) fn trim(bytes: &[u8]) -> &[u8] {
    let start = skip_space(bytes, 0);
    let mut end = bytes.len();
    'shrink: while end > start {
        for length in 1..=3.min(end - start) {
            if space(bytes, end - length) == length {
                end -= length;
                continue 'shrink;
            }
        }
        break;
    }
    &bytes[start..end]
}
