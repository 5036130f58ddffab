//! Completion of what only this machine or the database knows: contexts, kinds, pages of the runbook.
//!
//! A shell that sourced `COMPLETE=bash cliplyctl` runs us once for each press of Tab. Nobody can
//! read an error then, so whatever fails offers nothing.

use std::ffi::OsString;
use std::time::Duration;

use clap::{ArgMatches, Command, CommandFactory as _};
use clap_complete::engine::{ArgValueCandidates, CompletionCandidate};
use clap_complete::env::CompleteEnv;

use crate::cli::Cli;
use crate::commands;
use crate::context::Context;
use crate::dsn::Secret;
use crate::facts::access::{CLIENT_ROLES, SERVICE_ROLE};
use crate::settings::{Overrides, ProcessEnvironment, Settings};
use crate::sources::postgres::access;
use crate::terminal::{ColorChoice, Terminal};

/// Longest time for the database: a person waits with a finger on Tab.
const PATIENCE: Duration = Duration::from_millis(500);

/// Answers a shell that asks; `false` where this is an ordinary run.
///
/// # Errors
/// When `COMPLETE` names no shell that is known.
pub fn answer() -> clap::error::Result<bool> {
    let cwd = std::env::current_dir().ok();
    CompleteEnv::with_factory(|| with_candidates(Cli::command()))
        .try_complete(line(std::env::args_os().collect()), cwd.as_deref())
}

/// The library takes any word that is a command's name for that command, the context `demo` as
/// well. What a finished `-c` names does not matter to it, so it gets another word.
fn line(mut words: Vec<OsString>) -> Vec<OsString> {
    for index in 1..words.len().saturating_sub(1) {
        let [option, value] = &mut words[index - 1..=index] else { break };
        if option == "-c" || option == "--context" {
            *value = "_".into();
        }
    }
    words
}

/// The same tree, in which these arguments know their values wherever they occur.
fn with_candidates(command: Command) -> Command {
    let command = command.mut_args(|arg| match arg.get_id().as_str() {
        "context" => arg.add(ArgValueCandidates::new(contexts)),
        "kind" => arg.add(ArgValueCandidates::new(kinds)),
        "section" => arg.add(ArgValueCandidates::new(sections)),
        "as_role" | "role" => arg.add(ArgValueCandidates::new(roles)),
        "table" => arg.add(ArgValueCandidates::new(tables)),
        "key" => arg.add(ArgValueCandidates::new(keys)),
        _ => arg,
    });
    command.mut_subcommands(with_candidates)
}

fn contexts() -> Vec<CompletionCandidate> {
    // The context being typed is no context yet.
    let overrides = Overrides { context: None, database_url: None, ..typed_so_far() };
    let environment = ProcessEnvironment::from_process();
    candidates(settings(&overrides, &environment).map(|settings| settings.contexts))
}

fn kinds() -> Vec<CompletionCandidate> {
    ask(read_kinds())
}

fn tables() -> Vec<CompletionCandidate> {
    ask(read_tables())
}

/// What the database says, if it says it in time.
fn ask(question: impl Future<Output = Option<Vec<String>>>) -> Vec<CompletionCandidate> {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
        return Vec::new();
    };
    let answer = runtime.block_on(async { tokio::time::timeout(PATIENCE, question).await });
    // A name look-up that hangs in its thread must not keep the person waiting.
    runtime.shutdown_background();
    candidates(answer.ok().flatten())
}

/// What the command line speaks of.
fn context() -> Option<Context> {
    let environment = ProcessEnvironment::from_process();
    let settings = settings(&typed_so_far(), &environment)?;
    let terminal = Terminal::detect(ColorChoice::Never, &environment);
    Some(Context::new(settings, terminal, "completions"))
}

/// The kinds that the schema lists.
async fn read_kinds() -> Option<Vec<String>> {
    context()?.layout().await.ok()?.kinds.clone()
}

/// The tables of the schemas that the API exposes, without `public`, which nobody types.
async fn read_tables() -> Option<Vec<String>> {
    let context = context()?;
    let catalog = access::read(context.database().await.ok()?, PATIENCE, &[], &[]).await.ok()?;
    let short = |name: &str| name.strip_prefix("public.").unwrap_or(name).to_owned();
    Some(catalog.tables().map(|table| short(&table.name)).collect())
}

/// The roles that a backend of this kind has.
fn roles() -> Vec<CompletionCandidate> {
    let roles = CLIENT_ROLES.into_iter().chain([SERVICE_ROLE]);
    candidates(Some(roles.map(str::to_owned).collect()))
}

/// The keys of the schema in the working directory.
fn keys() -> Vec<CompletionCandidate> {
    candidates(context().and_then(|context| commands::env::keys(&context)))
}

fn sections() -> Vec<CompletionCandidate> {
    candidates(Some(commands::runbook::names().map(str::to_owned).collect()))
}

/// Only plain words: the shell puts them on the command line as they are, and a name from a
/// database or a file in some repository must not be a command to it.
fn candidates(words: Option<Vec<String>>) -> Vec<CompletionCandidate> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let words = words.unwrap_or_default().into_iter();
    words.filter(|word| word.chars().all(plain)).map(CompletionCandidate::new).collect()
}

fn settings(overrides: &Overrides, environment: &ProcessEnvironment) -> Option<Settings> {
    Settings::resolve(overrides, environment, &std::env::current_dir().ok()?).ok()
}

/// The flags on the line so far, which stands behind a `--` of the shell's script.
fn typed_so_far() -> Overrides {
    flags(std::env::args_os().skip_while(|word| word != "--").skip(1))
}

fn flags(words: impl Iterator<Item = OsString>) -> Overrides {
    let matches = Cli::command().ignore_errors(true).try_get_matches_from(words);
    let matches = matches.unwrap_or_default();
    Overrides {
        context: value(&matches, "context"),
        config: value(&matches, "config"),
        database_url: value(&matches, "database_url").map(Secret::new),
        ..Overrides::default()
    }
}

fn value<T: Clone + Send + Sync + 'static>(matches: &ArgMatches, name: &str) -> Option<T> {
    matches.try_get_one::<T>(name).ok().flatten().cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_read_from_an_unfinished_command_line() {
        for line in ["cliplyctl -c prod queue --kind ", "cliplyctl dlq list -c prod --kind CLIP"] {
            let flags = flags(line.split(' ').map(OsString::from));
            assert_eq!(flags.context.as_deref(), Some("prod"), "{line}");
        }
    }

    #[test]
    fn candidates_with_shell_metacharacters_are_not_offered() {
        let words = ["CLIP_RENDER", "queue.oldest_due", "$(reboot)", "a b", "a;b", "\u{1b}[31m"];
        let offered = candidates(Some(words.map(str::to_owned).to_vec()));
        let offered: Vec<_> = offered.iter().map(CompletionCandidate::get_value).collect();
        assert_eq!(offered, ["CLIP_RENDER", "queue.oldest_due"]);
    }
}
