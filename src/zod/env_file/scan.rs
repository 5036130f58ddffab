//! dotenv's grammar, by hand.
//!
//! The expression it stands for (dotenv 16, flags `mg`):
//! `(?:^|^)\s*(?:export\s+)?([\w.-]+)(?:\s*=\s*?|:\s+?)(VALUE)?\s*(?:#.*)?(?:$|$)` where VALUE is
//! `\s*'(?:\\'|[^'])*'`, the same with `"` and `` ` ``, or `[^#\r\n]+`. White space crosses lines,
//! a quoted value may lie on the next line, and a closing quote must be followed by a comment or
//! the end of a line, else an earlier, escaped quote closes. Each branch below names its part.

use std::borrow::Cow;
use std::ops::Range;

use super::LineIndex;
use super::whitespace::{line_end, skip_line, skip_space, space, trim};
use crate::zod::model::{EntryState, EnvEntry, EnvValue, Note, Quote};

/// One assignment as it stands in the file.
pub(crate) struct Assignment {
    /// The name.
    pub key: Range<usize>,
    /// The text between separator and comment, quotes and white space included.
    pub value: Range<usize>,
    /// Where the match ends: comments that it swallowed lie before.
    pub end: usize,
    /// `export` stands before the key.
    export: bool,
    /// The separator is a colon.
    colon: bool,
}

/// Every assignment that dotenv would make, in order.
pub(crate) fn assignments(bytes: &[u8]) -> Vec<Assignment> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        // `^\s*`: giving white space back can never help, so skip all of it.
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

/// `([\w.-]+)(?:\s*=\s*?|:\s+?)` and what follows.
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
            // A CRLF is one line end to dotenv, which joins them first.
            width => (key.end + 1 + line_end(bytes, key.end + 1).max(width), true),
        },
        _ => return None,
    };
    let (value, end) = value(bytes, after);
    Some(Assignment { key, value, end, export, colon })
}

/// `(VALUE)?\s*(?:#.*)?$`: the value's range and where the match ends. It always matches.
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

/// The closing quote and the end of the match, when a quote closes the value.
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

/// `\s*(?:#.*)?$`: where it ends, if it matches.
fn tail(bytes: &[u8], start: usize) -> Option<usize> {
    let stop = skip_space(bytes, start);
    if bytes.get(stop) == Some(&b'#') {
        return Some(skip_line(bytes, stop));
    }
    if stop == bytes.len() {
        return Some(stop);
    }
    // White space is given back until the match ends before the last line terminator.
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
    /// The entry it makes.
    pub(crate) fn entry(&self, bytes: &[u8], lines: &LineIndex) -> EnvEntry {
        let raw = trim(&bytes[self.value.clone()]);
        let (inner, quote) = unquote(raw);
        let mut value = normal_line_ends(&String::from_utf8_lossy(&inner));
        // dotenv expands whatever begins with a double quote, closed or not.
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
        }
    }

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

/// `replace(/^(['"`])([\s\S]*)\1$/mg, "$2")`: the text without its quotes, and which they were.
fn unquote(raw: &[u8]) -> (Cow<'_, [u8]>, Option<Quote>) {
    match raw {
        [b'\'', inner @ .., b'\''] => (inner.into(), Some(Quote::Single)),
        [b'"', inner @ .., b'"'] => (inner.into(), Some(Quote::Double)),
        [b'`', inner @ .., b'`'] => (inner.into(), Some(Quote::Backtick)),
        _ => (unquote_lines(raw), None),
    }
}

/// An unquoted value ends with its line, but U+2028 and U+2029 end one for `^` and `$` alone.
fn unquote_lines(raw: &[u8]) -> Cow<'_, [u8]> {
    let mut kept = Vec::new();
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
                kept.extend_from_slice(&raw[start + 1..close]);
                close + 1
            }
            None => start,
        };
        let line = skip_line(raw, end);
        let next = (line + line_end(raw, line).max(1)).min(raw.len());
        kept.extend_from_slice(&raw[end..next]);
        start = next;
    }
    kept.into()
}

/// dotenv joins CRLF and CR into LF before anything else.
fn normal_line_ends(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}
