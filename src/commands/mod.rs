//! The commands, one file per verb: each gathers facts, evaluates them and returns a [`Report`].
//!
//! [`standalone`], [`stream`] and [`run`] dispatch a parsed [`Command`].

mod acknowledged;
mod completions;
mod config;
pub(crate) mod confirm;
pub(crate) mod demo;
mod dlq;
pub(crate) mod env;
pub(crate) mod fleet;
mod handoff;
mod health;
mod history;
mod jobs;
mod poll;
mod queue;
mod ready;
mod record;
mod rescue;
mod rls;
pub(crate) mod runbook;
mod schema;
mod triage;
mod watch;

use crate::cli::{Command, ConfigCommand, Dlq, Env, JobsCommand, Rls};
use crate::context::Context;
use crate::error::Error;
use crate::exit::ExitCode;
use crate::render::Format;
use crate::render::row_stream::RowStream;
use crate::report::Report;

/// Runs a command that needs neither settings nor a system, so that it works with an invalid
/// configuration file. Returns `None` for all other commands.
pub(crate) fn standalone(command: &Command) -> Option<Result<Report, Error>> {
    match command {
        Command::Runbook { section } => Some(runbook::run(section.as_deref())),
        Command::Completions { shell } => Some(Ok(completions::completions(*shell))),
        Command::Man { command } => Some(completions::man(command)),
        Command::Schema => Some(Ok(schema::run())),
        Command::Rls(Rls::Diff(args)) => Some(rls::diff::run(args)),
        _ => None,
    }
}

/// Runs a command that prints its output while it runs. Returns `None` for a command that returns a
/// report.
pub(crate) async fn stream(
    command: &Command,
    context: &Context,
    format: Format,
) -> Option<Result<ExitCode, Error>> {
    match (command, RowStream::from_format(format)) {
        (Command::Record(args), _) => {
            let every = args.every?;
            Some(match format {
                Format::Table => record::record_repeatedly(context, args, every).await,
                _ => Err(Error::usage("record --every does not support -o")
                    .hint("remove -o; the recorded data: cliplyctl history -o json")),
            })
        }
        (Command::Watch(args), _) => Some(watch::run(context, args).await),
        (Command::History(args), Some(rows)) => Some(history::stream(context, args, rows).await),
        (Command::Dlq(Dlq::List(args)), Some(rows)) => {
            Some(dlq::stream::run(context, args, rows).await)
        }
        _ => None,
    }
}

/// Runs a command and returns its report.
pub(crate) async fn run(command: &Command, context: &Context) -> Result<Report, Error> {
    match command {
        Command::Triage(args) => triage::run(context, args).await,
        Command::Handoff => handoff::run(context).await,
        Command::Record(args) => record::run(context, args).await,
        Command::History(args) => history::run(context, args).await,
        Command::Health(args) => health::run(context, args).await,
        Command::Ready(args) => ready::run(context, args).await,
        Command::Queue(args) => queue::run(context, args).await,
        Command::Dlq(Dlq::Groups(args)) => dlq::groups::run(context, args).await,
        Command::Dlq(Dlq::List(args)) => dlq::list::run(context, args).await,
        Command::Dlq(Dlq::Show(args)) => dlq::show::run(context, args).await,
        Command::Dlq(Dlq::Requeue(args)) => dlq::requeue::run(context, args).await,
        Command::Dlq(Dlq::Follow(args)) => dlq::follow::run(context, args).await,
        Command::Dlq(Dlq::Undo(args)) => dlq::undo::run(context, args).await,
        Command::Dlq(Dlq::Ack(args)) => dlq::ack::run(context, args).await,
        Command::Dlq(Dlq::Ops(args)) => dlq::ops::run(context, args).await,
        Command::Rls(Rls::Audit(args)) => rls::audit::run(context, args).await,
        Command::Rls(Rls::Matrix(args)) => rls::matrix::run(context, args).await,
        Command::Rls(Rls::Explain(args)) => rls::explain::run(context, args).await,
        Command::Rls(Rls::Contract(args)) => rls::contract::run(context, args).await,
        Command::Rls(Rls::Whocan(args)) => rls::whocan::run(context, args).await,
        Command::Env(Env::Check(args)) => env::check(context, args).await,
        Command::Env(Env::Explain(args)) => env::explain(context, args),
        Command::Config(ConfigCommand::Show) => Ok(config::show(context)),
        Command::Config(ConfigCommand::Check { declare }) => {
            config::check(context, declare.as_deref()).await
        }
        Command::Config(ConfigCommand::Init { name }) => config::init(context, name),
        Command::Config(ConfigCommand::Grants) => config::grants(context).await,
        Command::Jobs(JobsCommand::List(args)) => jobs::list(context, args).await,
        Command::Jobs(JobsCommand::Show(args)) => jobs::show(context, args).await,
        Command::Jobs(JobsCommand::Rescue(args)) => rescue::run(context, args).await,
        // Already handled by `standalone`, `demo::run` and `stream`.
        Command::Demo(_)
        | Command::Watch(_)
        | Command::Runbook { .. }
        | Command::Schema
        | Command::Rls(Rls::Diff(_))
        | Command::Completions { .. }
        | Command::Man { .. } => Err(Error::bug("this command uses no settings")),
    }
}
