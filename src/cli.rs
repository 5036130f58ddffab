//! The whole command line on one page.

mod env;
mod filter;
mod requeue;

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Args, Parser, Subcommand};

pub use env::{Env, EnvCheck, EnvExplain, EnvSources};
pub use filter::{Filter, Moment};
pub use requeue::{Consent, DlqOps, DlqRequeue, DlqUndo};

use crate::demo::scenario::SCENARIOS;
use crate::exit::{EXIT_CODES, FailOn};
use crate::render::Format;
use crate::settings::{Overrides, Secret, duration};
use crate::terminal::ColorChoice;

/// Walks the ops runbook of a Postgres-backed job system: is it up, is it ready, what is stuck,
/// what died, and what to do next.
#[derive(Debug, Parser)]
#[command(name = "cliplyctl", version, about, max_term_width = 100, after_help = exit_codes())]
#[command(propagate_version = true, arg_required_else_help = true)]
pub struct Cli {
    /// What holds for every command.
    #[command(flatten)]
    pub global: Global,
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// What holds for every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// Take everything from this context of cliplyctl.toml
    #[arg(short, long, global = true, value_name = "NAME")]
    pub context: Option<String>,
    /// Read this configuration file instead of the usual ones
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Base URL of the app (env: CLIPLY_BASE_URL)
    #[arg(long, global = true, value_name = "URL")]
    pub base_url: Option<String>,
    /// Database to read; other users see flags, so keep passwords in DATABASE_URL or ~/.pgpass
    #[arg(long, global = true, value_name = "URL")]
    pub database_url: Option<String>,
    /// Longest time for the whole command [default: 10s]
    #[arg(long, global = true, value_name = "TIME", value_parser = duration::parse)]
    pub timeout: Option<Duration>,
    /// How to write the report
    #[arg(short, long, global = true, value_name = "FORMAT", default_value = "table")]
    pub output: Format,
    /// When to colour
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: ColorChoice,
}

impl Global {
    /// The flags that override settings.
    #[must_use]
    pub fn overrides(&self) -> Overrides {
        Overrides {
            context: self.context.clone(),
            config: self.config.clone(),
            base_url: self.base_url.clone(),
            database_url: self.database_url.clone().map(Secret::new),
            timeout: self.timeout,
        }
    }
}

/// The commands, in the order in which an incident needs them.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Walk the runbook: what is wrong, which section applies, what to type next
    Triage(Judging),
    /// Is the app up? Ask /api/healthz
    Health(Judging),
    /// Is it ready? Ask /api/readyz
    Ready(Ready),
    /// What is waiting, in progress, stuck and dead? Ask the database
    Queue(Queue),
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
    Config(Config),
    /// Start a private database, app and workers with an incident to try everything on
    Demo(Demo),
    /// Look at single jobs
    #[command(subcommand, arg_required_else_help = true)]
    Jobs(Jobs),
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
    /// Print the manual page (roff)
    Man,
}

/// Options of every command that judges.
#[derive(Debug, Args)]
pub struct Judging {
    /// The lowest verdict that fails; UNKNOWN always does
    #[arg(long, value_name = "VERDICT", default_value = "warning")]
    pub fail_on: FailOn,
}

/// `ready`
#[derive(Debug, Args)]
pub struct Ready {
    /// Ask /api/admin/readyz, which says more
    #[arg(long)]
    pub admin: bool,
    /// How to judge.
    #[command(flatten)]
    pub judging: Judging,
}

/// `queue`
#[derive(Debug, Args)]
pub struct Queue {
    /// Count jobs of this kind alone
    #[arg(long, value_name = "KIND")]
    pub kind: Option<String>,
    /// Count everything exactly, however long it takes (within --timeout)
    #[arg(long)]
    pub exact: bool,
    /// Print the indexes that would make every figure instant
    #[arg(long, conflicts_with_all = ["kind", "exact"])]
    pub advise: bool,
    /// How to judge.
    #[command(flatten)]
    pub judging: Judging,
}

/// `dlq …`
#[derive(Debug, Subcommand)]
pub enum Dlq {
    /// Group dead letters by cause: what failed, since when, is it still happening?
    Groups(Filter),
    /// List dead letters, newest first
    List(DlqList),
    /// Put dead letters back into the queue: plan, consent, guarded writes
    Requeue(Box<DlqRequeue>),
    /// Take a requeue back, where nothing happened since
    Undo(DlqUndo),
    /// List recent requeues: who, why, how many, and what became of them
    Ops(DlqOps),
}

/// `dlq list`
#[derive(Debug, Args)]
pub struct DlqList {
    /// Which of them.
    #[command(flatten)]
    pub filter: Filter,
    /// At most this many
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub limit: u32,
    /// Go on behind this cursor, as an earlier page printed it
    #[arg(long, value_name = "CURSOR")]
    pub after: Option<String>,
}

/// `rls …`
#[derive(Debug, Subcommand)]
pub enum Rls {
    /// Find where declared, granted and observed access disagree
    Audit(RlsAudit),
    /// Show table × role × command: declared, predicted, observed
    Matrix(RlsScope),
    /// Say why a role may or may not run a command on a table
    Explain(RlsExplain),
    /// Write a contract from the present database, to review and commit
    Contract(RlsScope),
}

/// What `rls` looks at.
#[derive(Debug, Clone, Args)]
pub struct RlsScope {
    /// Hold access against this contract instead of the runbook's for jobs
    #[arg(long, value_name = "FILE")]
    pub contract: Option<PathBuf>,
    /// Examine these schemas [default: those that the API exposes, else public]
    #[arg(long, value_name = "SCHEMA", value_delimiter = ',')]
    pub schemas: Vec<String>,
    /// Examine this role as well; may be given more than once
    #[arg(long, value_name = "ROLE")]
    pub role: Vec<String>,
}

/// `rls audit`
#[derive(Debug, Args)]
pub struct RlsAudit {
    /// What to look at.
    #[command(flatten)]
    pub scope: RlsScope,
    /// How to judge.
    #[command(flatten)]
    pub judging: Judging,
}

/// `rls explain`
#[derive(Debug, Args)]
pub struct RlsExplain {
    /// The table: jobs, or public.jobs
    pub table: String,
    /// The role: anon, authenticated, service_role or another
    #[arg(value_name = "ROLE")]
    pub as_role: String,
    /// The command
    #[arg(value_name = "CMD", ignore_case = true)]
    pub cmd: RowCommand,
    /// What to look at.
    #[command(flatten)]
    pub scope: RlsScope,
}

/// A command on rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum RowCommand {
    /// Read rows
    Select,
    /// Add rows
    Insert,
    /// Change rows
    Update,
    /// Remove rows
    Delete,
}

/// `config …`
#[derive(Debug, Subcommand)]
pub enum Config {
    /// Show every setting and where it came from
    Show,
    /// Check that the settings are complete and that the database answers
    Check,
}

/// `jobs …`
#[derive(Debug, Subcommand)]
pub enum Jobs {
    /// Show a job in full: errors, payload, timeline, and what its state means
    Show(JobsShow),
}

/// `jobs show`
#[derive(Debug, Args)]
pub struct JobsShow {
    /// The job's id
    pub id: String,
}

/// `demo`
#[derive(Debug, Args)]
pub struct Demo {
    /// What is to be wrong
    #[arg(long, value_name = "NAME", default_value = "incident", value_parser = scenarios())]
    pub scenario: String,
    /// List the scenarios
    #[arg(long)]
    pub list_scenarios: bool,
    /// Run one command against it and end with its exit code: --exec "dlq list"
    #[arg(
        long,
        value_name = "COMMAND",
        conflicts_with = "list_scenarios",
        allow_hyphen_values = true
    )]
    pub exec: Option<String>,
}

fn scenarios() -> PossibleValuesParser {
    PossibleValuesParser::new(SCENARIOS.iter().map(|s| PossibleValue::new(s.name).help(s.about)))
}

impl Command {
    /// The command as typed, without flags: it names the report and the database session.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Triage(_) => "triage",
            Self::Health(_) => "health",
            Self::Ready(_) => "ready",
            Self::Queue(_) => "queue",
            Self::Dlq(Dlq::Groups(_)) => "dlq groups",
            Self::Dlq(Dlq::List(_)) => "dlq list",
            Self::Dlq(Dlq::Requeue(_)) => "dlq requeue",
            Self::Dlq(Dlq::Undo(_)) => "dlq undo",
            Self::Dlq(Dlq::Ops(_)) => "dlq ops",
            Self::Rls(Rls::Audit(_)) => "rls audit",
            Self::Rls(Rls::Matrix(_)) => "rls matrix",
            Self::Rls(Rls::Explain(_)) => "rls explain",
            Self::Rls(Rls::Contract(_)) => "rls contract",
            Self::Env(Env::Check(_)) => "env check",
            Self::Env(Env::Explain(_)) => "env explain",
            Self::Config(Config::Show) => "config show",
            Self::Config(Config::Check) => "config check",
            Self::Demo(_) => "demo",
            Self::Jobs(Jobs::Show(_)) => "jobs show",
            Self::Runbook { .. } => "runbook",
            Self::Schema => "schema",
            Self::Completions { .. } => "completions",
            Self::Man => "man",
        }
    }
}

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
    fn the_command_tree_is_sound() {
        super::Cli::command().debug_assert();
    }
}
