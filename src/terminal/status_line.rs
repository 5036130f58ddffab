//! A line that says what is being waited for; gone when the answer comes.

use std::cell::RefCell;
use std::io::{self, Write as _};

use crate::redact::sanitize;
use crate::text::wrap;

/// Columns left free, so that a `^C` which the terminal echoes does not wrap the line: what is on two
/// lines is not taken away.
const FREE: usize = 4;
/// To the beginning of the line, and away with it.
const CLEAR: &str = "\r\x1b[2K";

/// A status line on stderr; nothing where that is no terminal. Dropped, it takes itself away.
pub struct StatusLine {
    columns: Option<usize>,
    shown: RefCell<String>,
}

impl StatusLine {
    pub(crate) fn new(text: &str, width: Option<u16>) -> Self {
        let columns = width.map(|width| usize::from(width).saturating_sub(FREE));
        let status = Self { columns, shown: RefCell::default() };
        status.set_message(text);
        status
    }

    /// Shows another text, as much of it as fits.
    pub fn set_message(&self, text: &str) {
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

/// Nobody there to read it is no error.
fn write(text: &str) {
    let mut err = io::stderr().lock();
    _ = err.write_all(text.as_bytes()).and_then(|()| err.flush());
}
