//! The command tree with what help texts and manual pages add to the derived definition: examples, exit
//! codes, and the global options in one place (`cliplyctl help options`) instead of in each command.

use clap::builder::StyledStr;
use clap::{Args as _, Command, CommandFactory as _};

use super::spec::Example;
use super::{Cli, Global, find_spec};
use crate::exit::EXIT_CODES;
use crate::suggest::ShellCommand;

/// The pseudo command whose help lists the global options.
const OPTIONS: &str = "options";

/// Where the help of the global options is.
fn see_options() -> String {
    format!("Global options (-c, -o, --timeout, …): {}", ShellCommand::new("help options"))
}

/// Returns the command tree that parses the arguments and prints help.
#[must_use]
pub fn command() -> Command {
    let global = global_options();
    let tree = without_global_options();
    let exit_codes = format!("{}\n\n{}", see_options(), exit_status("Exit codes:"));
    let tree = with_examples(tree, "").after_help(see_options()).after_long_help(exit_codes);
    let options = global
        .about("List the global options, which every command accepts")
        .hide(true)
        .disable_version_flag(true)
        .arg_required_else_help(true);
    tree.subcommand(options)
}

/// Returns the tree for manual pages. Only the page of the tool has the global options.
pub(crate) fn for_manual(with_global_options: bool) -> Command {
    let tree = if with_global_options { Cli::command() } else { without_global_options() };
    tree.disable_help_subcommand(true)
}

fn global_options() -> Command {
    Global::augment_args(Command::new(OPTIONS))
}

/// Hides the global options at the root, and so in every command, to which clap copies them.
fn without_global_options() -> Command {
    let global = global_options();
    let names = global.get_arguments().map(|arg| arg.get_id().clone());
    names.fold(Cli::command(), |tree, name| tree.mut_arg(name, |arg| arg.hide(true)))
}

/// Adds examples and the pointer to the global options to each command below `path`.
fn with_examples(command: Command, path: &str) -> Command {
    command.mut_subcommands(|command| {
        let path = format!("{path} {}", command.get_name()).trim().to_owned();
        let after = match find_spec(&path) {
            None => see_options(),
            Some(spec) => format!("{}\n{}", examples_section(spec.examples), see_options()),
        };
        with_examples(
            command.after_help(see_options()).after_long_help(StyledStr::from(after)),
            &path,
        )
    })
}

/// Returns the section EXAMPLES of a help text: each command under its comment.
fn examples_section(examples: &[Example]) -> String {
    let mut text = String::from("EXAMPLES\n");
    for (line, about) in examples {
        text.push_str(&format!("  # {about}\n  {}\n", ShellCommand::new(line)));
    }
    text
}

/// Returns the exit codes under a heading.
fn exit_status(heading: &str) -> String {
    let mut text = format!("{heading}\n");
    for (code, sentence) in EXIT_CODES {
        text.push_str(&format!("  {:>3}  {sentence}\n", code.code()));
    }
    text
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::super::SPECS;
    use super::*;

    /// Calls `visit` with the path of each command that can be run.
    fn leaves(command: &Command, path: &str, visit: &mut impl FnMut(&str, &Command)) {
        for inner in command.get_subcommands().filter(|c| c.get_name() != OPTIONS) {
            let path = format!("{path} {}", inner.get_name()).trim().to_owned();
            leaves(inner, &path, visit);
            if !inner.is_subcommand_required_set() {
                visit(&path, inner);
            }
        }
    }

    #[test]
    fn command_tree_passes_the_clap_assertions() {
        command().debug_assert();
    }

    #[test]
    fn every_command_has_one_spec_and_no_spec_is_left() {
        let mut names = Vec::new();
        leaves(&Cli::command(), "", &mut |path, _| names.push(path.to_owned()));
        let mut specs = SPECS.map(|spec| spec.name.to_owned()).to_vec();
        names.sort();
        specs.sort();
        assert_eq!(specs, names);
    }

    #[test]
    fn examples_parse_and_run_their_command() {
        for spec in SPECS {
            let count = spec.examples.len();
            assert!((2..=4).contains(&count), "{} has {count} examples", spec.name);
            for (line, _) in spec.examples {
                // What follows a redirection or a pipe belongs to the shell.
                let words = shell_words::split(line).unwrap().into_iter();
                let words: Vec<_> = words.take_while(|word| word != ">" && word != "|").collect();
                let cli = Cli::try_parse_from([vec!["cliplyctl".to_owned()], words].concat());
                let cli = cli.unwrap_or_else(|error| panic!("{line}: {error}"));
                assert_eq!(cli.command.spec().name, spec.name, "{line}");
                assert!(spec.formats.contains(&cli.format()), "{line}");
            }
        }
    }

    #[test]
    fn short_help_fits_on_one_screen() {
        let tree = command().term_width(100);
        let height = |mut command: Command| command.render_help().to_string().lines().count();
        assert!(height(tree.clone()) <= 40, "the tool");
        leaves(&tree, "", &mut |path, command| {
            let lines = height(command.clone().term_width(100));
            assert!(lines <= 50, "{path} -h has {lines} lines");
        });
    }
}
