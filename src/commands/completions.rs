//! `completions` and `man`: what the shell and the manual know of the command line.

use clap::{Command, CommandFactory as _, ValueHint};
use clap_complete::Shell;

use crate::cli::Cli;
use crate::error::Error;
use crate::report::{Block, Document, Report};
use crate::settings::suggest::did_you_mean;

/// Prints the completion script of a shell.
pub fn completions(shell: Shell) -> Report {
    let (name, mut script) = (env!("CARGO_PKG_NAME"), Vec::new());
    clap_complete::generate(shell, &mut without_files(Cli::command()), name, &mut script);
    if shell == Shell::Fish {
        // Fish offers files wherever nobody forbids it.
        script.extend_from_slice(format!("complete -c {name} -f\n").as_bytes());
    }
    raw("completions", &script)
}

/// A value that no static script can know is no file.
fn without_files(command: Command) -> Command {
    let command = command.mut_args(|arg| match arg.get_value_hint() {
        ValueHint::Unknown if arg.get_action().takes_values() => arg.value_hint(ValueHint::Other),
        _ => arg,
    });
    command.mut_subcommands(without_files)
}

/// Prints a manual page (roff): `cliplyctl man dlq requeue | man -l -`.
///
/// # Errors
/// When there is no such command.
pub fn man(words: &[String]) -> Result<Report, Error> {
    let mut tree = Cli::command().disable_help_subcommand(true);
    tree.build(); // names its commands in full, and gives them the global options
    let mut command = &tree;
    for word in words {
        command = command.find_subcommand(word).ok_or_else(|| unknown(command, word))?;
    }
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone())
        .render(&mut page)
        .map_err(|error| Error::bug("the manual page could not be written").cause(error))?;
    Ok(raw("man", &page))
}

fn unknown(parent: &Command, word: &str) -> Error {
    let known: Vec<_> = parent.get_subcommands().map(Command::get_name).collect();
    let error = Error::usage(format!("there is no command `{word}`"));
    if known.is_empty() { error } else { error.hint(did_you_mean(word, &known)) }
}

fn raw(command: &'static str, bytes: &[u8]) -> Report {
    let text = String::from_utf8_lossy(bytes).trim_end().to_owned();
    let mut document = Document::default();
    document.push(Block::Raw(text.clone()));
    Report::listing(command, serde_json::json!({ "text": text }), document)
}
