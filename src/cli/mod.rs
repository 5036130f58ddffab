//! The command line: [`Cli`] with the global options and the [`Command`]s, their arguments, names and
//! output formats. Doc comments of arguments and commands are the help texts.

mod config;
mod demo;
mod dlq;
mod documents;
mod env;
mod filter;
mod fleet;
mod global;
mod help;
mod history;
mod jobs;
mod old_names;
mod queue;
mod ready;
mod requeue;
mod rls;
mod spec;
mod triage;

use clap::{Parser, Subcommand};
pub use config::ConfigCommand;
pub(crate) use demo::Demo;
pub(crate) use dlq::{Dlq, DlqAck, DlqGroups, DlqList, GroupBy};
pub(crate) use env::{Env, EnvCheck, EnvExplain, EnvSources};
pub(crate) use filter::FilterArgs;
pub(crate) use fleet::{FleetArguments, FleetCommand};
pub(crate) use global::Global;
pub use help::command;
pub(crate) use help::for_manual;
pub(crate) use history::{
    History, HistoryCommand, HistorySystems, Record, SystemsCommand, SystemsJoin, Watch,
};
pub(crate) use jobs::{JobsCommand, JobsList, JobsRescue, JobsShow};
pub use queue::QueueArgs;
pub use ready::{FailOnArgs, Ready};
pub(crate) use requeue::{ConfirmationArgs, DlqFollow, DlqOps, DlqRequeue, DlqUndo};
pub(crate) use rls::{Rls, RlsAudit, RlsDiff, RlsExplain, RlsScope, RlsWhocan, RowCommand};
pub use spec::Spec;
pub(crate) use triage::{Goal, Triage};

use crate::error::Error;
use crate::render::Format;

/// Diagnoses a Postgres-backed job system, shows the runbook section that applies, and requeues dead
/// letters safely.
#[derive(Debug, Parser)]
#[command(name = "cliplyctl", version, about, max_term_width = 100)]
#[command(propagate_version = true, arg_required_else_help = true)]
pub struct Cli {
    /// The global options.
    #[command(flatten)]
    pub(crate) global: Global,
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands, in the order in which an incident needs them.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Diagnose the system: what is wrong, which runbook section applies, what to run next
    Triage(Triage),
    /// Write a shift handoff report (Markdown, secrets redacted)
    Handoff,
    /// Show a live dashboard, from which a canary can be started
    Watch(Watch),
    /// Record a snapshot for `history`
    Record(Record),
    /// Show past status and when the problem started
    History(History),
    /// Check that the app is up (/api/healthz)
    Health(FailOnArgs),
    /// Check that the app is ready (/api/readyz)
    Ready(Ready),
    /// Count due, running, stuck and dead jobs in the database
    Queue(QueueArgs),
    /// List, requeue and undo dead letters
    #[command(subcommand, arg_required_else_help = true)]
    Dlq(Dlq),
    /// Audit who can access what, against an access contract
    #[command(subcommand, arg_required_else_help = true)]
    Rls(Rls),
    /// Check the environment: schema, template and values
    #[command(subcommand, arg_required_else_help = true)]
    Env(Env),
    /// Show and test the settings
    #[command(subcommand, arg_required_else_help = true)]
    Config(ConfigCommand),
    /// Start a private database, app and workers with a simulated incident
    Demo(Demo),
    /// List, show and rescue jobs
    #[command(subcommand, arg_required_else_help = true)]
    Jobs(JobsCommand),
    /// Print the runbook, one section or one check
    Runbook {
        /// Section number (3.3) or check id (queue.oldest_due)
        section: Option<String>,
    },
    /// Print the JSON Schema of all reports
    Schema,
    /// Print the completion script for a shell
    Completions {
        /// Name of the shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page (roff) of the tool or of a command
    Man {
        /// Name of the command: dlq requeue
        command: Vec<String>,
    },
}

/// The commands, in the order of the help.
pub const SPECS: [&Spec; 39] = [
    &triage::TRIAGE,
    &triage::HANDOFF,
    &history::WATCH,
    &history::RECORD,
    &history::HISTORY,
    &history::HISTORY_SYSTEMS,
    &history::HISTORY_SYSTEMS_RENAME,
    &history::HISTORY_SYSTEMS_JOIN,
    &ready::HEALTH,
    &ready::READY,
    &queue::QUEUE,
    &dlq::DLQ_GROUPS,
    &dlq::DLQ_LIST,
    &dlq::DLQ_SHOW,
    &dlq::DLQ_REQUEUE,
    &dlq::DLQ_ACK,
    &dlq::DLQ_FOLLOW,
    &dlq::DLQ_UNDO,
    &dlq::DLQ_OPS,
    &rls::RLS_AUDIT,
    &rls::RLS_MATRIX,
    &rls::RLS_EXPLAIN,
    &rls::RLS_DIFF,
    &rls::RLS_CONTRACT,
    &rls::RLS_WHOCAN,
    &env::ENV_CHECK,
    &env::ENV_EXPLAIN,
    &config::CONFIG_SHOW,
    &config::CONFIG_CHECK,
    &config::CONFIG_INIT,
    &config::CONFIG_GRANTS,
    &demo::DEMO,
    &jobs::JOBS_LIST,
    &jobs::JOBS_SHOW,
    &jobs::JOBS_RESCUE,
    &documents::RUNBOOK,
    &documents::SCHEMA,
    &documents::COMPLETIONS,
    &documents::MAN,
];

/// Returns the spec of a command such as `dlq list`; none for the tool and for groups of commands.
pub(crate) fn find_spec(name: &str) -> Option<&'static Spec> {
    SPECS.into_iter().find(|spec| spec.name == name)
}

impl Cli {
    /// Returns the output format.
    pub(crate) fn format(&self) -> Format {
        self.global.output.unwrap_or_else(|| self.command.spec().usual_format)
    }
}

impl Command {
    /// Returns what is known about the command besides its arguments.
    pub fn spec(&self) -> &'static Spec {
        match self {
            Self::Triage(_) => &triage::TRIAGE,
            Self::Handoff => &triage::HANDOFF,
            Self::Watch(_) => &history::WATCH,
            Self::Record(_) => &history::RECORD,
            Self::History(args) => args.spec(),
            Self::Health(_) => &ready::HEALTH,
            Self::Ready(_) => &ready::READY,
            Self::Queue(_) => &queue::QUEUE,
            Self::Dlq(command) => command.spec(),
            Self::Rls(command) => command.spec(),
            Self::Env(command) => command.spec(),
            Self::Config(command) => command.spec(),
            Self::Demo(_) => &demo::DEMO,
            Self::Jobs(command) => command.spec(),
            Self::Runbook { .. } => &documents::RUNBOOK,
            Self::Schema => &documents::SCHEMA,
            Self::Completions { .. } => &documents::COMPLETIONS,
            Self::Man { .. } => &documents::MAN,
        }
    }

    /// Returns the command without flags.
    pub(crate) fn name(&self) -> &'static str {
        self.spec().name
    }

    /// Whether the command writes to the database.
    pub(crate) fn can_write(&self) -> bool {
        match self {
            Self::Dlq(Dlq::Requeue(args)) => !args.confirmation.dry_run,
            Self::Dlq(Dlq::Undo(args)) => !args.confirmation.dry_run,
            Self::Jobs(JobsCommand::Rescue(args)) => !args.confirmation.dry_run,
            Self::Watch(_) => true,
            _ => false,
        }
    }

    /// Checks that the format is supported.
    ///
    /// # Errors
    /// A usage error that lists the supported formats.
    pub(crate) fn check_format(&self, format: Format) -> Result<(), Error> {
        let formats = self.spec().formats;
        if formats.contains(&format) {
            return Ok(());
        }
        let supported: Vec<_> = formats.iter().map(|format| format.as_str()).collect();
        Err(Error::usage(format!("{} does not support -o {}", self.name(), format.as_str()))
            .hint(format!("supported: {}", supported.join(", "))))
    }
}
