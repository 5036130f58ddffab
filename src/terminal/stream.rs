//! Output that is written while it is made.

use std::io::{self, BufWriter, StdoutLock, Write as _};
use std::ops::ControlFlow;

/// Stdout, buffered, held by one command until it has written everything.
pub struct Stream(BufWriter<StdoutLock<'static>>);

impl Stream {
    pub(crate) fn new() -> Self {
        Self(BufWriter::with_capacity(64 * 1024, io::stdout().lock()))
    }

    /// Writes; a reader that went away (`| head`) wants no more.
    ///
    /// # Errors
    /// Any other failure, a full disk for one.
    pub fn write(&mut self, text: &str) -> io::Result<ControlFlow<()>> {
        quietly(self.0.write_all(text.as_bytes()))
    }

    /// Writes what is left in the buffer.
    ///
    /// # Errors
    /// As [`Stream::write`].
    pub fn finish(mut self) -> io::Result<()> {
        let flushed = quietly(self.0.flush());
        // What could not be written must not be tried again by the destructor.
        drop(self.0.into_parts());
        flushed.map(|_| ())
    }
}

fn quietly(written: io::Result<()>) -> io::Result<ControlFlow<()>> {
    match written {
        Ok(()) => Ok(ControlFlow::Continue(())),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(ControlFlow::Break(())),
        Err(error) => Err(error),
    }
}
