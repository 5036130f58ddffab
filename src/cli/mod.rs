//! The command line: [`Cli`] with the global options and the [`Command`]s, their arguments, names and
//! output formats. Doc comments of arguments and commands are the help texts.

mod demo;
mod dlq;
mod env;
mod filter;
mod global;
mod history;
mod jobs;
mod requeue;
mod rls;
mod triage;

use clap::{Args, Parser, Subcommand};
pub(crate) use demo::Demo;
pub(crate) use dlq::{Dlq, DlqList};
pub(crate) use env::{Env, EnvCheck, EnvExplain, EnvSources};
pub(crate) use filter::FilterArgs;
pub(crate) use global::Global;
pub(crate) use history::{History, Record, Watch};
pub(crate) use jobs::{JobsCommand, JobsList, JobsRescue, JobsShow};
pub(crate) use requeue::{ConfirmationArgs, DlqFollow, DlqOps, DlqRequeue, DlqUndo};
pub(crate) use rls::{Rls, RlsAudit, RlsDiff, RlsExplain, RlsScope, RlsWhocan, RowCommand};
pub(crate) use triage::{Goal, Triage};

use crate::error::Error;
use crate::exit::{EXIT_CODES, FailOn};
use crate::render::Format;

/// Walks the ops runbook of a Postgres-backed job system: is it up, is it ready, what is stuck,
/// what died, and what to do next.
#[derive(Debug, Parser)]
#[command(name = "cliplyctl", version, about, max_term_width = 100, after_help = exit_codes())]
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
    /// Walk the runbook: what is wrong, which section applies, what to type next
    Triage(Triage),
    /// Write everything that the next person needs into one text that is safe to paste
    Handoff,
    /// Look at everything again and again, on a live screen; acts on nothing
    Watch(Watch),
    /// Keep a snapshot of everything for the history
    Record(Record),
    /// Show how it was, and say when it started
    History(History),
    /// Is the app up? Ask /api/healthz
    Health(FailOnArgs),
    /// Is it ready? Ask /api/readyz
    Ready(Ready),
    /// What is waiting, in progress, stuck and dead? Ask the database
    Queue(QueueArgs),
    /// Work with dead letters
    #[command(subcommand, arg_required_else_help = true)]
    Dlq(Dlq),
    /// Prove who can do what, against a declared contract
    #[command(subcommand, arg_required_else_help = true)]
    Rls(Rls),
    /// Is the environment complete? Ask the schema, the template and the values
    #[command(subcommand, arg_required_else_help = true)]
    Env(Env),
    /// Show and check the settings in force
    #[command(subcommand, arg_required_else_help = true)]
    Config(ConfigCommand),
    /// Start a private database, app and workers with an incident to try everything on
    Demo(Demo),
    /// Look at single jobs
    #[command(subcommand, arg_required_else_help = true)]
    Jobs(JobsCommand),
    /// Print the runbook, or one section or check of it
    Runbook {
        /// A number (3.3) or a check's id (queue.oldest_due)
        section: Option<String>,
    },
    /// Print the JSON Schema of every report
    Schema,
    /// Print the completion script of a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page (roff) of the tool or of one command
    Man {
        /// The command: dlq requeue
        command: Vec<String>,
    },
}

/// The option of every command that reports a status.
#[derive(Debug, Args)]
pub struct FailOnArgs {
    /// The lowest verdict that fails; UNKNOWN always does
    #[arg(long, value_name = "VERDICT", default_value = "warning")]
    pub(crate) fail_on: FailOn,
}

/// The arguments of `ready`.
#[derive(Debug, Args)]
pub struct Ready {
    /// Ask /api/admin/readyz, which says more
    #[arg(long)]
    pub(crate) admin: bool,
    /// The lowest status that fails.
    #[command(flatten)]
    pub(crate) status_args: FailOnArgs,
}

/// The arguments of `queue`.
#[derive(Debug, Args)]
pub struct QueueArgs {
    /// Count jobs of this kind alone
    #[arg(long, value_name = "KIND")]
    pub(crate) kind: Option<String>,
    /// Count everything exactly, however long it takes (within --timeout)
    #[arg(long)]
    pub(crate) exact: bool,
    /// Print the indexes that would make every figure instant
    #[arg(long, conflicts_with_all = ["kind", "exact"])]
    pub(crate) advise: bool,
    /// The lowest status that fails.
    #[command(flatten)]
    pub(crate) status_args: FailOnArgs,
}

/// The `config` commands.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Show every setting and where it came from
    Show,
    /// Check that the settings are complete and that the database answers
    Check {
        /// Print a declaration of this table to paste into the configuration
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
            Self::History(_) => "history",
            Self::Health(_) => "health",
            Self::Ready(_) => "ready",
            Self::Queue(_) => "queue",
            Self::Dlq(Dlq::Groups(_)) => "dlq groups",
            Self::Dlq(Dlq::List(_)) => "dlq list",
            Self::Dlq(Dlq::Show(_)) => "dlq show",
            Self::Dlq(Dlq::Requeue(_)) => "dlq requeue",
            Self::Dlq(Dlq::Follow(_)) => "dlq follow",
            Self::Dlq(Dlq::Undo(_)) => "dlq undo",
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
            Self::History(_) => &[Format::Table, Format::Json, Format::Markdown, Format::Csv],
            Self::Watch(_) => &[Format::Table],
            Self::Runbook { .. } | Self::Schema | Self::Completions { .. } | Self::Man { .. } => {
                &[Format::Table, Format::Json]
            }
            _ => &[Format::Table, Format::Json, Format::Markdown],
        }
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

/// Returns the exit codes as the last section of the help.
fn exit_codes() -> String {
    let mut text = String::from("Exit codes:\n");
    for (code, sentence) in EXIT_CODES {
        text.push_str(&format!("  {:>3}  {sentence}\n", code.code()));
    }
    text
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn command_tree_passes_the_clap_assertions() {
        super::Cli::command().debug_assert();
    }
}
