//! A line that says what the command is waiting for, cleared when the wait ends.

use std::cell::RefCell;
use std::io::{self, Write as _};

use crate::redact::sanitize;
use crate::text::wrap;

/// Columns left free, so that a `^C` which the terminal echoes does not wrap the line: a wrapped
/// line cannot be cleared.
const RESERVED_COLUMNS: usize = 4;
/// Returns to the start of the line and clears it.
const CLEAR: &str = "\r\x1b[2K";

/// A status line on stderr, hidden if it is not a terminal. Cleared when dropped.
pub struct StatusLine {
    columns: Option<usize>,
    shown: RefCell<String>,
}

impl StatusLine {
    pub(crate) fn new(text: &str, width: Option<u16>) -> Self {
        let columns = width.map(|width| usize::from(width).saturating_sub(RESERVED_COLUMNS));
        let status = Self { columns, shown: RefCell::default() };
        status.set_message(text);
        status
    }

    /// Shows another text, truncated to the width of the terminal.
    pub(crate) fn set_message(&self, text: &str) {
        let Some(columns) = self.columns else { return };
        let text = wrap::truncate(&sanitize::line(text), columns);
        if self.shown.replace(text.clone()) != text {
            write(&format!("{CLEAR}{text}"));
        }
    }
}

impl Drop for StatusLine {
    fn drop(&mut self) {
        if self.columns.is_some() {
            write(CLEAR);
        }
    }
}

/// Writes to stderr. A failed write is ignored.
fn write(text: &str) {
    let mut err = io::stderr().lock();
    _ = err.write_all(text.as_bytes()).and_then(|()| err.flush());
}
