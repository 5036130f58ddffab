//! `completions` and `man`: what the shell and the manual know of the command line.

use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::cli::Cli;
use crate::error::Error;
use crate::report::{Block, Document, Report};

/// Prints the completion script of a shell.
pub fn completions(shell: Shell) -> Report {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), env!("CARGO_PKG_NAME"), &mut script);
    raw("completions", &script)
}

/// Prints the manual page (roff): `cliplyctl man | man -l -`.
///
/// # Errors
/// When it cannot be rendered: a bug.
pub fn man() -> Result<Report, Error> {
    let mut page = Vec::new();
    clap_mangen::Man::new(Cli::command())
        .render(&mut page)
        .map_err(|error| Error::bug("the manual page could not be written").cause(error))?;
    Ok(raw("man", &page))
}

fn raw(command: &'static str, bytes: &[u8]) -> Report {
    let text = String::from_utf8_lossy(bytes).trim_end().to_owned();
    let mut document = Document::default();
    document.push(Block::Raw(text.clone()));
    Report::listing(command, serde_json::json!({ "text": text }), document)
}
