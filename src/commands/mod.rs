//! The commands, one file per verb: each gathers facts, evaluates them and returns a [`Report`]. [`run`] calls them.

mod acknowledged;
pub(crate) mod candidates;
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
mod prefix;
mod queue;
mod ready;
mod record;
mod rescue;
mod rls;
pub(crate) mod runbook;
mod schema;
mod session;
mod triage;
mod watch;

use crate::cli::{
    Command, ConfigCommand, Dlq, Env, FleetArguments, FleetCommand, JobsCommand, Rls,
};
use crate::context::Context;
use crate::error::Error;
use crate::exit::ExitCode;
use crate::render::row_stream::RowStream;
use crate::report::{self, Report};
use schema::of;
pub(crate) use session::Session;

/// What a command leaves to its caller.
pub(crate) enum Done {
    /// A report to print.
    Report(Box<Report>),
    /// The exit code: the command printed its output while it ran.
    Printed(ExitCode),
}

impl From<Report> for Done {
    fn from(report: Report) -> Self {
        Self::Report(Box::new(report))
    }
}

impl From<ExitCode> for Done {
    fn from(code: ExitCode) -> Self {
        Self::Printed(code)
    }
}

/// Runs the command of a session. `print` prints a report while the command runs, and returns the exit code.
pub(crate) async fn run(
    session: &Session<'_>,
    print: impl Fn(Report) -> ExitCode,
) -> Result<Done, Error> {
    let context = || session.context();
    Ok(match &session.cli.command {
        Command::Triage(args) => triage::run(context()?, args).await?.into(),
        Command::Handoff => handoff::run(context()?).await?.into(),
        Command::Watch(args) => watch::run(context()?, args).await?.into(),
        Command::Record(args) => match args.every {
            Some(every) => {
                let format = session.cli.format();
                record::record_repeatedly(context()?, args, every, format).await?.into()
            }
            None => record::run(context()?, args).await?.into(),
        },
        Command::History(args) => match RowStream::from_format(session.cli.format()) {
            Some(rows) => history::stream(context()?, args, rows).await?.into(),
            None => history::run(context()?, args).await?.into(),
        },
        Command::Health(args) => health::run(context()?, args).await?.into(),
        Command::Ready(args) => ready::run(context()?, args).await?.into(),
        Command::Queue(args) => queue::run(context()?, args).await?.into(),
        Command::Dlq(command) => run_dlq(session, command).await?,
        Command::Rls(command) => run_rls(session, command).await?.into(),
        Command::Env(Env::Check(args)) => env::check(context()?, args).await?.into(),
        Command::Env(Env::Explain(args)) => env::explain(context()?, args)?.into(),
        Command::Config(ConfigCommand::Show) => config::show(context()?).into(),
        Command::Config(ConfigCommand::Check { declare }) => {
            config::check(context()?, declare.as_deref()).await?.into()
        }
        Command::Config(ConfigCommand::Init { name }) => config::init(context()?, name)?.into(),
        Command::Config(ConfigCommand::Grants) => config::grants(context()?).await?.into(),
        Command::Demo(args) => demo::run(session, args, print).await?.into(),
        Command::Jobs(JobsCommand::List(args)) => jobs::list(context()?, args).await?.into(),
        Command::Jobs(JobsCommand::Show(args)) => jobs::show(context()?, args).await?.into(),
        Command::Jobs(JobsCommand::Rescue(args)) => rescue::run(context()?, args).await?.into(),
        Command::Runbook { section } => runbook::run(section.as_deref())?.into(),
        Command::Schema => schema::run().into(),
        Command::Completions { shell } => completions::completions(*shell).into(),
        Command::Man { command } => completions::man(command)?.into(),
    })
}

async fn run_dlq(session: &Session<'_>, command: &Dlq) -> Result<Done, Error> {
    let context = session.context()?;
    Ok(match command {
        Dlq::Groups(args) => dlq::groups::run(context, args).await?.into(),
        Dlq::List(args) => match RowStream::from_format(session.cli.format()) {
            Some(rows) => dlq::stream::run(context, args, rows).await?.into(),
            None => dlq::list::run(context, args).await?.into(),
        },
        Dlq::Show(args) => dlq::show::run(context, args).await?.into(),
        Dlq::Requeue(args) => dlq::requeue::run(context, args).await?.into(),
        Dlq::Follow(args) => dlq::follow::run(context, args).await?.into(),
        Dlq::Undo(args) => dlq::undo::run(context, args).await?.into(),
        Dlq::Ack(args) => dlq::ack::run(context, args).await?.into(),
        Dlq::Ops(args) => dlq::ops::run(context, args).await?.into(),
    })
}

async fn run_rls(session: &Session<'_>, command: &Rls) -> Result<Report, Error> {
    match command {
        Rls::Audit(args) => rls::audit::run(session.context()?, args).await,
        Rls::Matrix(args) => rls::matrix::run(session.context()?, args).await,
        Rls::Explain(args) => rls::explain::run(session.context()?, args).await,
        // It only reads two files: it also works with an invalid configuration.
        Rls::Diff(args) => rls::diff::run(args),
        Rls::Contract(args) => rls::contract::run(session.context()?, args).await,
        Rls::Whocan(args) => rls::whocan::run(session.context()?, args).await,
    }
}

/// Runs a command in one of several contexts.
async fn run_in(command: FleetCommand<'_>, context: &Context) -> Result<Report, Error> {
    match command.arguments {
        FleetArguments::Triage(args) => triage::run(context, args).await,
        FleetArguments::Health(args) => health::run(context, args).await,
        FleetArguments::Ready(args) => ready::run(context, args).await,
        FleetArguments::Queue(args) => queue::run(context, args).await,
        FleetArguments::RlsAudit(args) => rls::audit::run(context, args).await,
    }
}

/// `data` of each command. It is null as well: after an error, and in the report of several contexts.
const DATA: [(&str, &[schema::OfType]); 39] = [
    ("triage", &[of::<report::triage::TriageJson>]),
    ("handoff", &[of::<report::handoff::HandoffJson>]),
    ("watch", &[]),
    ("record", &[of::<report::record::RecordedJson>]),
    ("history", &[of::<report::history::HistoryJson>]),
    ("history systems", &[of::<report::history::systems::SystemsJson>]),
    ("history systems rename", &[of::<report::history::systems::RenamedJson>]),
    ("history systems join", &[of::<report::history::systems::JoinedJson>]),
    ("health", &[of::<report::health::HealthJson>]),
    ("ready", &[of::<report::ready::ReadyJson>]),
    ("queue", &[of::<report::queue::QueueJson>, of::<report::advice::IndexAdviceJson>]),
    (
        "dlq groups",
        &[of::<report::groups::GroupsJson>, of::<report::affected_workspaces::WorkspacesJson>],
    ),
    ("dlq ack", &[of::<report::acknowledged::AcknowledgedJson>]),
    ("dlq list", &[of::<report::dead_letters::DeadLettersJson>]),
    ("dlq show", &[of::<report::dead_letter::DeadLetterDetailJson>]),
    ("dlq requeue", &[of::<report::requeue::RequeueJson>]),
    ("dlq follow", &[of::<report::follow::FollowJson>]),
    ("dlq undo", &[of::<report::operations::UndoJson>]),
    ("dlq ops", &[of::<report::operations::OperationsJson>]),
    ("rls audit", &[of::<report::rls::audit::AuditJson>]),
    ("rls matrix", &[of::<Vec<report::rls::matrix::CellJson>>]),
    ("rls explain", &[of::<report::rls::explain::ExplainJson>]),
    ("rls diff", &[of::<report::rls::diff::DiffJson>]),
    ("rls contract", &[of::<crate::facts::access::Contract>]),
    ("rls whocan", &[of::<report::rls::whocan::WhocanJson>]),
    ("env check", &[of::<report::environment::EnvironmentJson>]),
    ("env explain", &[of::<report::environment::KeyJson>]),
    ("config show", &[of::<Vec<report::settings::SettingJson>>]),
    ("config check", &[of::<config::ConfigCheckJson>]),
    ("config init", &[of::<config::ConfigInitJson>]),
    ("config grants", &[of::<report::grants::GrantsJson>]),
    ("demo", &[of::<Vec<demo::ScenarioJson>>, of::<demo::FixedJson>]),
    ("jobs list", &[of::<report::jobs::JobsJson>]),
    ("jobs show", &[of::<report::job::JobJson>]),
    ("jobs rescue", &[of::<report::rescue::RescueJson>]),
    ("runbook", &[of::<runbook::RunbookJson>]),
    ("schema", &[of::<schemars::Schema>]),
    ("completions", &[of::<completions::TextJson>]),
    ("man", &[of::<completions::TextJson>]),
];
