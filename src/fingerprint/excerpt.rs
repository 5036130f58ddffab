//! The parts of an error that are read: its start, its end, and its lines without labels.

use super::lexicon::starts_with;

/// How much of the start of an error is read.
const HEAD_BYTES: usize = 8 * 1024;

/// How much of the end is read, where command-line tools print the reason.
const TAIL_BYTES: usize = 4 * 1024;

/// The start of a text, cut at a character boundary.
pub(crate) fn head(text: &str) -> &str {
    text.get(..text.floor_char_boundary(HEAD_BYTES)).unwrap_or(text)
}

/// The end of a text, cut at a character boundary.
pub(crate) fn tail(text: &str) -> &str {
    text.get(text.ceil_char_boundary(text.len().saturating_sub(TAIL_BYTES))..)
        .unwrap_or(text)
        .trim_end()
}

/// Removes labels from the start of a line: one cause has several forms, because `String(error)` is "Error: x" where
/// `error.message` is "x", and Postgres adds a label of its own.
pub(crate) fn strip_label(line: &str) -> &str {
    const LABELS: [&str; 5] =
        ["error:", "uncaught ", "unhandled rejection:", "exception:", "[error]"];
    let mut line = line.trim_start();
    while let Some(label) = LABELS.iter().find(|label| starts_with(line, label)) {
        let rest = line.get(label.len()..).unwrap_or_default().trim_start();
        if rest.is_empty() {
            break;
        }
        line = rest;
    }
    // An error within an object, as Node prints it: `[Error: ENOENT: …] {`.
    line.strip_prefix("[Error: ").filter(|rest| rest.contains(']')).map_or(line, strip_label)
}
