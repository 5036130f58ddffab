//! `history systems`: lists, renames and joins the recorded systems. Reads no system, only the store.

use jiff::Timestamp;

use crate::cli::{HistorySystems, SystemsCommand, SystemsJoin};
use crate::context::Context;
use crate::error::{Error, ErrorKind};
use crate::facts::recorded_system::RecordedSystem;
use crate::facts::{Provenance, SourceErrorKind};
use crate::permit::{self, WriteRequest};
use crate::report::Report;
use crate::report::history::systems as report;
use crate::settings::suggest::did_you_mean;
use crate::sources::files::history::Store;
use crate::suggest::{CommandText, ShellCommand};
use crate::text;

/// Runs the command.
///
/// # Errors
/// The error of the store, or that of a system that does not exist or is ambiguous.
pub(crate) async fn run(context: &Context, args: &HistorySystems) -> Result<Report, Error> {
    match &args.command {
        None => {
            let store = Store::read(context.settings.state_dir.as_deref())?;
            let systems = store.as_ref().map(Store::systems).transpose()?.unwrap_or_default();
            Ok(report::list(systems, store.as_ref().map(Store::path)))
        }
        Some(SystemsCommand::Rename { system, name }) => rename(context, system, name),
        Some(SystemsCommand::Join(args)) => join(context, args).await,
    }
}

/// Opens the store.
///
/// # Errors
/// If there is none.
pub(super) fn open(context: &Context) -> Result<Store, Error> {
    Store::read(context.settings.state_dir.as_deref())?.ok_or_else(|| {
        Error::new(ErrorKind::Source(SourceErrorKind::NotFound), "no system was recorded")
            .hint(CommandText::to("record one", ShellCommand::new("record")))
    })
}

/// Returns the only system that a text can mean.
///
/// # Errors
/// A usage error if there is none, or more than one.
pub(super) fn select(store: &Store, text: &str) -> Result<RecordedSystem, Error> {
    let mut found = store.systems_called(text)?;
    match (found.pop(), found.as_slice()) {
        (Some(system), []) => Ok(system),
        (None, _) => {
            let systems = store.systems()?;
            let names: Vec<_> = systems.iter().map(|system| system.name.as_str()).collect();
            Err(Error::usage(format!("no recorded system \"{text}\""))
                .hint(did_you_mean(text, &names))
                .hint(CommandText::to("list the systems", ShellCommand::new("history systems"))))
        }
        (Some(last), others) => {
            let found = others.iter().chain([&last]);
            let found: Vec<_> = found.map(|s| format!("{} ({})", s.id, s.name)).collect();
            Err(Error::usage(format!("\"{text}\" can be several systems"))
                .cause(found.join(", "))
                .hint(CommandText::to("use the id of one", ShellCommand::new("history systems"))))
        }
    }
}

/// Returns what the history of a selected system is about, whatever the settings of this run are.
pub(super) fn provenance(system: &RecordedSystem, now: Timestamp) -> Provenance {
    Provenance {
        context: system.context.clone(),
        database: system.addresses.first().cloned(),
        started_at: now,
        ..Provenance::default()
    }
}

fn rename(context: &Context, text: &str, name: &str) -> Result<Report, Error> {
    let mut store = writable(context)?;
    let system = select(&store, text)?;
    if !store.rename_system(system.id, name)? {
        let join = ShellCommand::new("history systems join").arg(system.id.to_string()).arg(name);
        return Err(Error::usage(format!("another system is named \"{name}\""))
            .hint(format!("if both are the same system: {join}")));
    }
    let previous = system.name.clone();
    Ok(report::renamed(RecordedSystem { name: name.to_owned(), ..system }, &previous))
}

async fn join(context: &Context, args: &SystemsJoin) -> Result<Report, Error> {
    let mut store = writable(context)?;
    let (from, into) = (select(&store, &args.from)?, select(&store, &args.into)?);
    if from.id == into.id {
        return Err(Error::usage("both are the same system")
            .hint(CommandText::to("list the systems", ShellCommand::new("history systems"))));
    }
    let shown = permit::show(&report::join_plan(&from, &into), |text| {
        context.terminal.print_stderr(text);
    });
    let snapshots = text::plural(from.snapshots, "snapshot", "snapshots");
    let question = format!("Move {snapshots} of {} to {}?", from.name, into.name);
    let request = WriteRequest {
        question: &question,
        read_only: None, // applies only to databases
        protected: None,
        jobs: 0,
        yes: args.yes,
        confirm: None,
        reason: None,
        interactive: context.terminal.interactive,
    };
    let ask = async |prompt: &str| context.terminal.ask(prompt).await.map_err(permit::unanswered);
    request.permit(shown, ask).await?;
    store.join_systems(from.id, into.id)?;
    let joined = select(&store, &into.id.to_string())?;
    Ok(report::joined(&from, joined))
}

/// Opens the store for writing, without creating one.
fn writable(context: &Context) -> Result<Store, Error> {
    open(context)?;
    Store::open(context.settings.state_dir.as_deref())
}
