//! `completions` and `man`: shell completion scripts and manual pages, generated from the command
//! line definition.

use clap::{Command, CommandFactory as _, ValueHint};
use clap_complete::Shell;
use clap_mangen::roff::{Roff, bold, roman};
use schemars::JsonSchema;
use serde::Serialize;

use crate::cli::{self, Cli};
use crate::error::Error;
use crate::exit::EXIT_CODES;
use crate::report::{Block, Document, Report};
use crate::settings::suggest::did_you_mean;
use crate::suggest::ShellCommand;

/// Returns the completion script of a shell.
pub(crate) fn completions(shell: Shell) -> Report {
    let (name, mut script) = (env!("CARGO_PKG_NAME"), Vec::new());
    clap_complete::generate(shell, &mut without_files(Cli::command()), name, &mut script);
    if shell == Shell::Fish {
        // Fish offers files everywhere unless this is disabled.
        script.extend_from_slice(format!("complete -c {name} -f\n").as_bytes());
    }
    raw("completions", &script)
}

/// Stops the script from offering files for values without a hint.
fn without_files(command: Command) -> Command {
    let command = command.mut_args(|arg| match arg.get_value_hint() {
        ValueHint::Unknown if arg.get_action().takes_values() => arg.value_hint(ValueHint::Other),
        _ => arg,
    });
    command.mut_subcommands(without_files)
}

/// Returns the manual page (roff) of a command: `cliplyctl man dlq requeue | man -l -`.
pub(crate) fn man(names: &[String]) -> Result<Report, Error> {
    let mut tree = cli::for_manual(names.is_empty());
    tree.build(); // sets the full names of the subcommands and their global options
    let mut command = &tree;
    for name in names {
        command = command.find_subcommand(name).ok_or_else(|| unknown(command, name))?;
    }
    let page = manual_page(command, &names.join(" "))
        .map_err(|error| Error::bug("cannot write the manual page").cause(error))?;
    Ok(raw("man", &page))
}

/// Writes the sections of a manual page, with EXAMPLES and EXIT STATUS.
fn manual_page(command: &Command, path: &str) -> std::io::Result<Vec<u8>> {
    let man = clap_mangen::Man::new(command.clone());
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut page)?;
    }
    if !path.is_empty() {
        let mut roff = Roff::new();
        roff.control("SH", ["GLOBAL OPTIONS"]);
        roff.text([roman("See cliplyctl(1).")]);
        roff.to_writer(&mut page)?;
    }
    let examples = cli::find_spec(path).map_or(&[][..], |spec| spec.examples);
    if !examples.is_empty() {
        let mut roff = Roff::new();
        roff.control("SH", ["EXAMPLES"]);
        for (line, about) in examples {
            roff.control("TP", []);
            roff.text([roman(*about)]);
            roff.text([bold(ShellCommand::new(line).to_string())]);
        }
        roff.to_writer(&mut page)?;
    }
    let mut roff = Roff::new();
    roff.control("SH", ["EXIT STATUS"]);
    for (code, sentence) in EXIT_CODES {
        roff.control("TP", []);
        roff.text([bold(code.code().to_string())]);
        roff.text([roman(sentence)]);
    }
    roff.to_writer(&mut page)?;
    man.render_version_section(&mut page)?;
    Ok(page)
}

fn unknown(parent: &Command, name: &str) -> Error {
    let known: Vec<_> = parent.get_subcommands().map(Command::get_name).collect();
    let error = Error::usage(format!("unknown command `{name}`"));
    if known.is_empty() { error } else { error.hint(did_you_mean(name, &known)) }
}

/// `data` of commands that print text for other programs.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct TextJson {
    /// The text.
    text: String,
}

fn raw(command: &'static str, bytes: &[u8]) -> Report {
    let text = String::from_utf8_lossy(bytes).trim_end().to_owned();
    let mut document = Document::default();
    document.push(Block::Raw(text.clone()));
    Report::listing(command, TextJson { text }, document)
}
