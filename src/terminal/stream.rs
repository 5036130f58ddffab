//! Stdout for rows that are written while they are read.

use std::io::{self, BufWriter, StdoutLock, Write as _};
use std::ops::ControlFlow;

use crate::redact::own;

/// Buffered stdout, locked by one command until it is finished.
pub struct Stream(BufWriter<StdoutLock<'static>>);

impl Stream {
    pub(crate) fn new() -> Self {
        Self(BufWriter::with_capacity(64 * 1024, io::stdout().lock()))
    }

    /// Writes a text; [`ControlFlow::Break`] if the reader has closed the pipe (`| head`).
    ///
    /// # Errors
    /// Returns any other error, such as a full disk.
    pub(crate) fn write(&mut self, text: &str) -> io::Result<ControlFlow<()>> {
        break_on_closed_pipe(self.0.write_all(own::remove_from_output(text).as_bytes()))
    }

    /// Writes the remaining buffer.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        let flushed = break_on_closed_pipe(self.0.flush());
        // The destructor must not retry a failed write.
        drop(self.0.into_parts());
        flushed.map(|_| ())
    }
}

fn break_on_closed_pipe(written: io::Result<()>) -> io::Result<ControlFlow<()>> {
    match written {
        Ok(()) => Ok(ControlFlow::Continue(())),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(ControlFlow::Break(())),
        Err(error) => Err(error),
    }
}
