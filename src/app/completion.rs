//! Dynamic shell completion of contexts, kinds, groups, plans, operations, ids of jobs, tables, roles, environment keys
//! and runbook sections.
//!
//! A shell that sourced `COMPLETE=bash cliplyctl` runs the binary on each press of Tab. An error could
//! not be shown then, so a failure yields no candidates. A shell inserts the only candidate, and what all candidates
//! begin with: a list that could not be read completely in time is not offered. Of jobs, only dead letters and stuck jobs
//! are offered: the id of another job has to be typed.

use std::ffi::{OsStr, OsString};
use std::time::Duration;

use clap::{ArgMatches, Command, CommandFactory as _};
use clap_complete::engine::{ArgValueCandidates, ArgValueCompleter, CompletionCandidate};
use clap_complete::env::CompleteEnv;

use crate::cli::Cli;
use crate::commands;
use crate::commands::candidates::Candidate;
use crate::context::Context;
use crate::dsn::Secret;
use crate::error::ErrorKind;
use crate::facts::SourceErrorKind;
use crate::facts::access::{CLIENT_ROLES, SERVICE_ROLE};
use crate::facts::job::JobState;
use crate::settings::{Overrides, ProcessEnvironment, Settings};
use crate::sources::files::local_store::LocalStore;
use crate::sources::postgres::access;
use crate::terminal::{ColorChoice, Terminal};

/// The time budget for reading. With the start and the end of the process a completion takes at most 300 ms.
const TIMEOUT: Duration = Duration::from_millis(200);
/// Maximum number of ids of jobs that are offered.
const MAX_JOBS: u32 = 200;

/// The error for a state that a table does not have.
const NO_SUCH_STATE: ErrorKind = ErrorKind::Source(SourceErrorKind::UnknownLayout);

/// Handles a completion request of a shell. Returns `false` if this is not one.
///
/// # Errors
/// An unknown shell in `COMPLETE`.
pub(crate) fn answer() -> clap::error::Result<bool> {
    let cwd = std::env::current_dir().ok();
    CompleteEnv::with_factory(|| with_candidates(Cli::command(), ""))
        .try_complete(hide_context(std::env::args_os().collect()), cwd.as_deref())
}

/// Replaces the value of a completed `-c`. `clap_complete` takes every argument that equals a command
/// name for that command, such as the context `demo`.
fn hide_context(mut arguments: Vec<OsString>) -> Vec<OsString> {
    for index in 1..arguments.len().saturating_sub(1) {
        let [option, value] = &mut arguments[index - 1..=index] else { break };
        if option == "-c" || option == "--context" {
            *value = "_".into();
        }
    }
    arguments
}

/// Adds the dynamic candidates to the arguments of a command below `parent`, and of its subcommands.
fn with_candidates(command: Command, parent: &str) -> Command {
    let name = command.get_name().to_owned();
    let states: &'static [JobState] = match (parent, name.as_str()) {
        ("dlq", _) => &[JobState::Dead],
        ("jobs", "rescue") => &[JobState::Stuck],
        _ => &[JobState::Dead, JobState::Stuck],
    };
    let command = command.mut_args(|arg| match arg.get_id().as_str() {
        "context" => arg.add(ArgValueCandidates::new(contexts)),
        "kind" => arg.add(ArgValueCandidates::new(kinds)),
        "group" => arg.add(ArgValueCandidates::new(groups)),
        "plan" => arg.add(ArgValueCandidates::new(plans)),
        "operation" | "resume" => arg.add(ArgValueCandidates::new(operations)),
        "id" | "ids" => arg.add(ArgValueCompleter::new(move |start: &OsStr| jobs(states, start))),
        "section" => arg.add(ArgValueCandidates::new(sections)),
        "as_role" | "role" => arg.add(ArgValueCandidates::new(roles)),
        "table" => arg.add(ArgValueCandidates::new(tables)),
        "key" => arg.add(ArgValueCandidates::new(keys)),
        _ => arg,
    });
    command.mut_subcommands(|inner| with_candidates(inner, &name))
}

fn contexts() -> Vec<CompletionCandidate> {
    // The context on the command line is incomplete, so it must not be resolved.
    let overrides = Overrides { context: None, database_url: None, ..typed_so_far() };
    let environment = ProcessEnvironment::from_process();
    candidates(settings(&overrides, &environment).map(|settings| settings.contexts))
}

fn kinds() -> Vec<CompletionCandidate> {
    candidates(read_with_timeout(read_kinds()))
}

fn tables() -> Vec<CompletionCandidate> {
    candidates(read_with_timeout(read_tables()))
}

fn groups() -> Vec<CompletionCandidate> {
    described(read_with_timeout(async { commands::candidates::groups(&context()?).await.ok()? }))
}

fn plans() -> Vec<CompletionCandidate> {
    let read = || {
        let context = context()?;
        let store = LocalStore::existing(context.settings.state_dir.as_deref())?;
        Some(commands::candidates::plans(&context, &store))
    };
    described(read())
}

fn operations() -> Vec<CompletionCandidate> {
    described(read_with_timeout(async {
        let context = context()?;
        let store = LocalStore::existing(context.settings.state_dir.as_deref());
        commands::candidates::operations(&context, store.as_ref(), "").await.ok()
    }))
}

/// Offers the jobs of these states whose ids have this start, if they are not too many.
fn jobs(states: &[JobState], start: &OsStr) -> Vec<CompletionCandidate> {
    let Some(start) = start.to_str() else { return Vec::new() };
    described(read_with_timeout(async {
        let context = context()?;
        let mut jobs = Vec::new();
        for state in states {
            let more = commands::candidates::jobs(&context, *state, start, MAX_JOBS + 1).await;
            match more {
                Ok(more) => jobs.extend(more),
                // A table without stuck jobs has dead letters.
                Err(error) if error.kind == NO_SUCH_STATE => {}
                Err(_) => return None,
            }
        }
        (jobs.len() <= MAX_JOBS as usize).then_some(jobs)
    }))
}

/// Runs `read` and returns its values; `None` if it fails or takes too long.
fn read_with_timeout<T>(read: impl Future<Output = Option<T>>) -> Option<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
    let values = runtime.block_on(async { tokio::time::timeout(TIMEOUT, read).await });
    // A name lookup that hangs in its thread must not delay the completion.
    runtime.shutdown_background();
    values.ok().flatten()
}

/// Returns the context that the command line selects.
fn context() -> Option<Context> {
    let environment = ProcessEnvironment::from_process();
    let settings = settings(&typed_so_far(), &environment)?;
    let terminal = Terminal::detect(ColorChoice::Never, &environment);
    Some(Context::new(settings, terminal, "completions"))
}

/// Reads the kinds that the schema lists.
async fn read_kinds() -> Option<Vec<String>> {
    context()?.layout().await.ok()?.kinds.clone()
}

/// Reads the names of the tables in the schemas that the API exposes, without the prefix `public.`.
async fn read_tables() -> Option<Vec<String>> {
    let context = context()?;
    let catalog =
        access::read(context.database().await.ok()?, TIMEOUT, &[], &[], None).await.ok()?;
    let unqualified = |name: &str| name.strip_prefix("public.").unwrap_or(name).to_owned();
    Some(catalog.tables().map(|table| unqualified(&table.name)).collect())
}

/// Returns the standard roles of the backend.
fn roles() -> Vec<CompletionCandidate> {
    let roles = CLIENT_ROLES.into_iter().chain([SERVICE_ROLE]);
    candidates(Some(roles.map(str::to_owned).collect()))
}

/// Returns the keys of the environment schema in the current directory.
fn keys() -> Vec<CompletionCandidate> {
    candidates(context().and_then(|context| commands::env::keys(&context)))
}

fn sections() -> Vec<CompletionCandidate> {
    candidates(Some(commands::runbook::names().map(str::to_owned).collect()))
}

/// Returns these values as candidates.
fn candidates(values: Option<Vec<String>>) -> Vec<CompletionCandidate> {
    let candidate = |id| Candidate { id, description: String::new() };
    described(values.map(|values| values.into_iter().map(candidate).collect()))
}

/// Returns the candidates without shell metacharacters. The shell inserts them without quotes, and they come from a
/// database or from files. Their descriptions are only shown.
fn described(values: Option<Vec<Candidate>>) -> Vec<CompletionCandidate> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let values = values.unwrap_or_default().into_iter();
    let candidate = |Candidate { id, description }| {
        let help = (!description.is_empty()).then(|| description.into());
        CompletionCandidate::new(id).help(help)
    };
    values.filter(|value| value.id.chars().all(is_plain)).map(candidate).collect()
}

fn settings(overrides: &Overrides, environment: &ProcessEnvironment) -> Option<Settings> {
    Settings::resolve(overrides, environment, &std::env::current_dir().ok()?).ok()
}

/// Returns the flags of the command line to complete. The script of the shell passes it after a `--`.
fn typed_so_far() -> Overrides {
    flags(std::env::args_os().skip_while(|argument| argument != "--").skip(1))
}

fn flags(arguments: impl Iterator<Item = OsString>) -> Overrides {
    let matches = Cli::command().ignore_errors(true).try_get_matches_from(arguments);
    let matches = matches.unwrap_or_default();
    Overrides {
        context: value(&matches, "context"),
        config: value(&matches, "config"),
        database_url: value(&matches, "database_url").map(Secret::new),
        queue_instance: value(&matches, "queue_instance"),
        timeout: Some(TIMEOUT),
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

    /// Collects the arguments of a command and its subcommands that hold an id and are not completed.
    fn not_completed(command: &Command, path: &str, found: &mut Vec<String>) {
        let path = format!("{path} {}", command.get_name());
        for arg in command.get_arguments() {
            let names = arg.get_value_names().unwrap_or_default();
            let is_id = names.iter().any(|name| {
                matches!(name.as_str(), "GROUP" | "PLAN" | "OPERATION")
                    || (name == "ID" && arg.get_id() != "workspace")
            });
            let has_candidates = arg.get::<ArgValueCandidates>().is_some()
                || arg.get::<ArgValueCompleter>().is_some();
            if is_id && !has_candidates {
                found.push(format!("{path} {}", arg.get_id()));
            }
        }
        command.get_subcommands().for_each(|inner| not_completed(inner, &path, found));
    }

    #[test]
    fn every_argument_that_holds_an_id_is_completed() {
        let mut found = Vec::new();
        not_completed(&with_candidates(Cli::command(), ""), "", &mut found);
        assert_eq!(found, Vec::<String>::new());
        not_completed(&Cli::command(), "", &mut found);
        assert!(found.len() > 10, "the walk finds them: {found:?}");
    }

    #[test]
    fn candidates_with_shell_metacharacters_are_not_offered() {
        let values = ["CLIP_RENDER", "queue.oldest_due", "$(reboot)", "a b", "a;b", "\u{1b}[31m"];
        let offered = candidates(Some(values.map(str::to_owned).to_vec()));
        let offered: Vec<_> = offered.iter().map(CompletionCandidate::get_value).collect();
        assert_eq!(offered, ["CLIP_RENDER", "queue.oldest_due"]);
    }
}
