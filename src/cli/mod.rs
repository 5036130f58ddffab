//! The command line: [`Cli`] with the global options and the [`Command`]s, their arguments, names and
//! output formats. Doc comments of arguments and commands are the help texts.

mod demo;
mod dlq;
mod env;
mod examples;
mod filter;
mod global;
mod help;
mod history;
mod jobs;
mod old_names;
mod requeue;
mod rls;
mod triage;

use clap::{Args, Parser, Subcommand};
pub(crate) use demo::Demo;
pub(crate) use dlq::{Dlq, DlqAck, DlqList};
pub(crate) use env::{Env, EnvCheck, EnvExplain, EnvSources};
pub(crate) use examples::of as examples_of;
pub(crate) use filter::FilterArgs;
pub(crate) use global::Global;
pub use help::command;
pub(crate) use help::for_manual;
pub(crate) use history::{
    History, HistoryCommand, HistorySystems, Record, SystemsCommand, SystemsJoin, Watch,
};
pub(crate) use jobs::{JobsCommand, JobsList, JobsRescue, JobsShow};
pub(crate) use requeue::{ConfirmationArgs, DlqFollow, DlqOps, DlqRequeue, DlqUndo};
pub(crate) use rls::{Rls, RlsAudit, RlsDiff, RlsExplain, RlsScope, RlsWhocan, RowCommand};
pub(crate) use triage::{Goal, Triage};

use crate::error::Error;
use crate::exit::FailOn;
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

/// The option of every command that reports a status.
#[derive(Debug, Args)]
pub struct FailOnArgs {
    /// Lowest status that fails the command; UNKNOWN always fails
    #[arg(long, value_name = "STATUS", default_value = "warning")]
    pub(crate) fail_on: FailOn,
}

/// The arguments of `ready`.
#[derive(Debug, Args)]
pub struct Ready {
    /// Check /api/admin/readyz, which has more details
    #[arg(long)]
    pub(crate) admin: bool,
    /// The lowest status that fails.
    #[command(flatten)]
    pub(crate) status_args: FailOnArgs,
}

/// The arguments of `queue`.
#[derive(Debug, Args)]
pub struct QueueArgs {
    /// Count only jobs of this kind
    #[arg(long, value_name = "KIND")]
    pub(crate) kind: Option<String>,
    /// Count everything exactly, even if slow (within --timeout)
    #[arg(long)]
    pub(crate) exact: bool,
    /// Print the indexes that make every metric fast
    #[arg(long, conflicts_with_all = ["kind", "exact"])]
    pub(crate) advise: bool,
    /// The lowest status that fails.
    #[command(flatten)]
    pub(crate) status_args: FailOnArgs,
}

/// The `config` commands.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Show all settings and their sources
    Show,
    /// Test the settings and the database connection
    Check {
        /// Print a declaration of this table for the configuration file
        #[arg(long, value_name = "TABLE")]
        declare: Option<String>,
    },
    /// Write a commented cliplyctl.toml from the current settings, without secrets
    Init {
        /// Name of the context
        #[arg(value_name = "NAME", default_value = "default")]
        name: String,
    },
    /// Print the GRANT statements for three roles: read, audit and write
    Grants,
}

impl Cli {
    /// Returns the output format.
    pub(crate) fn format(&self) -> Format {
        self.global.output.unwrap_or_else(|| self.command.usual_format())
    }
}

impl Command {
    /// Returns the command without flags, as reports and the `application_name` of sessions contain it.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Triage(_) => "triage",
            Self::Handoff => "handoff",
            Self::Watch(_) => "watch",
            Self::Record(_) => "record",
            Self::History(args) => args.name(),
            Self::Health(_) => "health",
            Self::Ready(_) => "ready",
            Self::Queue(_) => "queue",
            Self::Dlq(Dlq::Groups(_)) => "dlq groups",
            Self::Dlq(Dlq::List(_)) => "dlq list",
            Self::Dlq(Dlq::Show(_)) => "dlq show",
            Self::Dlq(Dlq::Requeue(_)) => "dlq requeue",
            Self::Dlq(Dlq::Follow(_)) => "dlq follow",
            Self::Dlq(Dlq::Undo(_)) => "dlq undo",
            Self::Dlq(Dlq::Ack(_)) => "dlq ack",
            Self::Dlq(Dlq::Ops(_)) => "dlq ops",
            Self::Rls(Rls::Audit(_)) => "rls audit",
            Self::Rls(Rls::Matrix(_)) => "rls matrix",
            Self::Rls(Rls::Explain(_)) => "rls explain",
            Self::Rls(Rls::Diff(_)) => "rls diff",
            Self::Rls(Rls::Contract(_)) => "rls contract",
            Self::Rls(Rls::Whocan(_)) => "rls whocan",
            Self::Env(Env::Check(_)) => "env check",
            Self::Env(Env::Explain(_)) => "env explain",
            Self::Config(ConfigCommand::Show) => "config show",
            Self::Config(ConfigCommand::Check { .. }) => "config check",
            Self::Config(ConfigCommand::Init { .. }) => "config init",
            Self::Config(ConfigCommand::Grants) => "config grants",
            Self::Demo(_) => "demo",
            Self::Jobs(JobsCommand::Show(_)) => "jobs show",
            Self::Jobs(JobsCommand::List(_)) => "jobs list",
            Self::Jobs(JobsCommand::Rescue(_)) => "jobs rescue",
            Self::Runbook { .. } => "runbook",
            Self::Schema => "schema",
            Self::Completions { .. } => "completions",
            Self::Man { .. } => "man",
        }
    }
}

/// The formats of a command that reports a status: all but those for rows.
const STATUS_FORMATS: [Format; 10] = [
    Format::Table,
    Format::Short,
    Format::Json,
    Format::Ndjson,
    Format::Markdown,
    Format::Nagios,
    Format::Junit,
    Format::Github,
    Format::Prometheus,
    Format::Sarif,
];

impl Command {
    /// Returns whether its exit code is a status (0–3).
    pub(crate) fn has_status(&self) -> bool {
        matches!(
            self,
            Self::Triage(_)
                | Self::Health(_)
                | Self::Ready(_)
                | Self::Queue(_)
                | Self::Rls(Rls::Audit(_) | Rls::Diff(_))
                | Self::Env(Env::Check(_))
        )
    }

    /// Returns why the command supports only one context; `None` if it supports several.
    pub(crate) fn single_context_reason(&self) -> Option<&'static str> {
        match self {
            Self::Triage(args) if args.save.is_some() || args.from.is_some() => {
                Some("a saved triage belongs to one context")
            }
            Self::Triage(args) if args.with_tests => Some("the tests belong to one checkout"),
            Self::Queue(args) if args.advise => Some("index advice belongs to one database"),
            Self::Rls(Rls::Audit(args)) if args.probe_writes => {
                Some("--probe-writes writes to the database")
            }
            Self::Env(_) | Self::Rls(Rls::Diff(_)) => {
                Some("it reads files, which are the same in every context")
            }
            command if command.has_status() => None,
            _ => Some("commands with several contexts: triage, health, ready, queue, rls audit"),
        }
    }

    /// Returns the default format.
    pub(crate) fn usual_format(&self) -> Format {
        if matches!(self, Self::Handoff) { Format::Markdown } else { Format::Table }
    }

    /// Returns the supported formats.
    pub fn formats(&self) -> &'static [Format] {
        match self {
            command if command.has_status() => &STATUS_FORMATS,
            Self::Dlq(Dlq::List(_)) => {
                &[Format::Table, Format::Json, Format::Markdown, Format::Ndjson, Format::Csv]
            }
            Self::History(args) if args.command.is_none() => {
                &[Format::Table, Format::Json, Format::Markdown, Format::Csv]
            }
            Self::Watch(_) => &[Format::Table],
            Self::Runbook { .. } | Self::Schema | Self::Completions { .. } | Self::Man { .. } => {
                &[Format::Table, Format::Json]
            }
            _ => &[Format::Table, Format::Json, Format::Markdown],
        }
    }

    /// Returns whether NDJSON of this command are rows and not a report.
    pub(crate) fn prints_rows(&self) -> bool {
        !self.has_status() && self.formats().contains(&Format::Ndjson)
    }

    /// Checks that the format is supported.
    ///
    /// # Errors
    /// A usage error that lists the supported formats.
    pub(crate) fn check_format(&self, format: Format) -> Result<(), Error> {
        if self.formats().contains(&format) {
            return Ok(());
        }
        let supported: Vec<_> = self.formats().iter().map(|format| format.as_str()).collect();
        Err(Error::usage(format!("{} does not support -o {}", self.name(), format.as_str()))
            .hint(format!("supported: {}", supported.join(", "))))
    }
}
