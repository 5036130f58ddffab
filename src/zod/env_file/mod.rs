//! Parses `.env` files and templates as Node's dotenv does, and inserts missing keys into templates.
//!
//! `scan` implements the grammar of dotenv. In addition, this file finds commented keys (`# KEY=`) and
//! formatting issues, which dotenv skips. `insert` plans insertions that preserve every byte of a template.

mod expand;
mod insert;
mod scan;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::path::Path;

pub(crate) use expand::{Doubt, doubts, expanded};
pub(crate) use insert::{Insertions, TemplateKey, plan_insertions};
use scan::{Assignment, trim};

use crate::zod::model::{EntryState, EnvEntry, EnvFile, EnvValue, FileNote, Note};

/// Ignored lines that are reported; a file of prose consists of them.
const IGNORED_SHOWN: usize = 20;

/// Parses the bytes of the file at `path` (or of `stdin`). Any bytes are accepted.
pub fn parse(path: &Path, bytes: &[u8]) -> EnvFile {
    let lines = LineIndex::new(bytes);
    let scanned = scan::assignments(bytes);
    let mut entries: Vec<EnvEntry> =
        scanned.iter().map(|assignment| assignment.entry(bytes, &lines)).collect();
    entries.extend(commented_entries(bytes, &scanned, &lines));
    entries.sort_by_key(|entry| entry.span.start);
    note_duplicates(&mut entries);
    let notes = file_notes(bytes, &scanned, &lines);
    EnvFile { path: path.to_owned(), entries, notes }
}

/// Adds a note to every active entry whose key is already set.
fn note_duplicates(entries: &mut [EnvEntry]) {
    let mut seen: HashMap<String, u32> = HashMap::new();
    for entry in entries.iter_mut().filter(|entry| entry.state == EntryState::Active) {
        if let Some(earlier) = seen.insert(entry.key.clone(), entry.line) {
            entry.notes.push(Note::Duplicate { earlier });
        }
    }
}

/// Converts byte offsets to line numbers. LF, CRLF and a single CR each end a line.
struct LineIndex {
    starts: Vec<usize>,
}

impl LineIndex {
    fn new(bytes: &[u8]) -> Self {
        let mut starts = vec![0];
        for (index, byte) in bytes.iter().enumerate() {
            let ends_line =
                *byte == b'\n' || (*byte == b'\r' && bytes.get(index + 1) != Some(&b'\n'));
            if ends_line {
                starts.push(index + 1);
            }
        }
        Self { starts }
    }

    /// The line of an offset, from 1.
    fn line(&self, offset: usize) -> u32 {
        let line = self.starts.partition_point(|start| *start <= offset);
        u32::try_from(line).unwrap_or(u32::MAX)
    }
}

/// The commented entries, except those inside of multi-line values.
fn commented_entries(bytes: &[u8], assignments: &[Assignment], lines: &LineIndex) -> Vec<EnvEntry> {
    let mut values = assignments.iter().peekable();
    let mut found = Vec::new();
    for (index, start) in lines.starts.iter().copied().enumerate() {
        let end = lines.starts.get(index + 1).copied().unwrap_or(bytes.len());
        while values.next_if(|assignment| assignment.value.end <= start).is_some() {}
        let inside = values.peek().is_some_and(|assignment| assignment.key.start < start);
        if !inside && let Some(entry) = commented_entry(bytes, start, end, lines.line(start)) {
            found.push(entry);
        }
    }
    found
}

/// The entry of a line `# [export] KEY=value`, where KEY is an identifier.
fn commented_entry(bytes: &[u8], start: usize, end: usize, line: u32) -> Option<EnvEntry> {
    let text = trim(&bytes[start..end]).strip_prefix(b"#")?;
    let text = trim(&text[text.iter().take_while(|byte| **byte == b'#').count()..]);
    let text = text.strip_prefix(b"export ").map_or(text, trim);
    let equals = text.iter().position(|byte| *byte == b'=')?;
    let (key, value) = (trim_end(&text[..equals]), trim(&text[equals + 1..]));
    let valid_start = key.first().is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_');
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    // `==` occurs in prose and code.
    if !valid_start || !key.iter().all(is_name) || value.first() == Some(&b'=') {
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
        expanded: None,
    })
}

fn trim_end(text: &[u8]) -> &[u8] {
    &text[..text.iter().rposition(|byte| *byte != b' ' && *byte != b'\t').map_or(0, |at| at + 1)]
}

/// The value without quotes and without a comment after it.
fn without_comment(value: &[u8]) -> &[u8] {
    if let Some(quote @ (b'\'' | b'"' | b'`')) = value.first().copied()
        && let Some(close) = value[1..].iter().position(|byte| *byte == quote)
    {
        return &value[1..=close];
    }
    let cut = value.iter().position(|byte| *byte == b'#').unwrap_or(value.len());
    trim(&value[..cut])
}

/// Formatting issues of the file: byte order mark, line ends, encoding, and lines that dotenv skips.
fn file_notes(bytes: &[u8], assignments: &[Assignment], lines: &LineIndex) -> Vec<FileNote> {
    if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
        return vec![FileNote::Utf16];
    }
    let mut notes = Vec::new();
    if bytes.starts_with(&[0xEF, 0xBB, 0xBF]) {
        notes.push(FileNote::ByteOrderMark);
    }
    notes.extend(line_end_note(bytes));
    if let Err(error) = std::str::from_utf8(bytes) {
        notes.push(FileNote::NotUtf8 { line: lines.line(error.valid_up_to()) });
    }
    notes.extend(ignored_lines(bytes, assignments, lines));
    notes
}

fn line_end_note(bytes: &[u8]) -> Option<FileNote> {
    // For each kind of line end: how often it occurs, and the first line with it.
    let (mut crlf, mut lf) = ((0_usize, 0_u32), (0_usize, 0_u32));
    let mut line = 0_u32;
    for (index, _) in bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n') {
        line = line.saturating_add(1);
        let kind = if index > 0 && bytes[index - 1] == b'\r' { &mut crlf } else { &mut lf };
        kind.0 += 1;
        if kind.1 == 0 {
            kind.1 = line;
        }
    }
    match (crlf.0, lf.0) {
        (0, _) => None,
        (_, 0) => Some(FileNote::Crlf),
        (crlfs, lfs) if crlfs > lfs => Some(FileNote::MixedLineEnds { line: lf.1 }),
        _ => Some(FileNote::MixedLineEnds { line: crlf.1 }),
    }
}

/// Lines that are neither an entry nor a comment.
fn ignored_lines(bytes: &[u8], assignments: &[Assignment], lines: &LineIndex) -> Vec<FileNote> {
    let mut found = assignments.iter().peekable();
    let mut notes = Vec::new();
    for (index, start) in lines.starts.iter().copied().enumerate() {
        let end = lines.starts.get(index + 1).copied().unwrap_or(bytes.len());
        while found.next_if(|entry| entry.end.max(entry.key.end) < start).is_some() {}
        let covered = found.peek().is_some_and(|entry| entry.key.start < end);
        let text = trim(&bytes[start..end]);
        if !covered && !text.is_empty() && text[0] != b'#' {
            notes.push(FileNote::Ignored { line: lines.line(start) });
        }
        if notes.len() == IGNORED_SHOWN {
            break;
        }
    }
    notes
}
