//! What is remarkable about a `.env` file as a whole.

use super::LineIndex;
use super::scan::Assignment;
use super::whitespace::trim;
use crate::zod::model::FileNote;

/// At most so many ignored lines are named; a file of prose would name them all.
const IGNORED_SHOWN: usize = 20;

/// Byte order mark, line ends, encoding, and lines that dotenv skips.
pub(crate) fn notes(bytes: &[u8], assignments: &[Assignment], lines: &LineIndex) -> Vec<FileNote> {
    if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
        return vec![FileNote::Utf16];
    }
    let mut notes = Vec::new();
    if bytes.starts_with(&[0xEF, 0xBB, 0xBF]) {
        notes.push(FileNote::ByteOrderMark);
    }
    notes.extend(line_ends(bytes));
    if let Err(error) = std::str::from_utf8(bytes) {
        notes.push(FileNote::NotUtf8 { line: lines.line(error.valid_up_to()) });
    }
    notes.extend(ignored(bytes, assignments, lines));
    notes
}

fn line_ends(bytes: &[u8]) -> Option<FileNote> {
    let mut crlf = (0_usize, 0_u32);
    let mut lf = (0_usize, 0_u32);
    let mut line = 0_u32;
    for (index, byte) in bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n') {
        debug_assert_eq!(*byte, b'\n');
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
        (many, few) if many > few => Some(FileNote::MixedLineEnds { line: lf.1 }),
        _ => Some(FileNote::MixedLineEnds { line: crlf.1 }),
    }
}

fn ignored(bytes: &[u8], assignments: &[Assignment], lines: &LineIndex) -> Vec<FileNote> {
    let mut matches = assignments.iter().peekable();
    let mut notes = Vec::new();
    for (index, start) in lines.starts.iter().copied().enumerate() {
        let end = lines.starts.get(index + 1).copied().unwrap_or(bytes.len());
        while matches.next_if(|found| found.end.max(found.key.end) < start).is_some() {}
        let covered = matches.peek().is_some_and(|found| found.key.start < end);
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
