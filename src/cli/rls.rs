//! The arguments of the `rls` commands.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueHint};

use super::FailOnArgs;

/// The `rls` commands.
#[derive(Debug, Subcommand)]
pub enum Rls {
    /// Find where declared, granted and observed access disagree
    Audit(RlsAudit),
    /// Show table × role × command: declared, predicted, observed
    Matrix(RlsScope),
    /// Say why a role may or may not run a command on a table
    Explain(RlsExplain),
    /// Say what access appeared or vanished between two reports of `rls matrix` or `rls audit`
    Diff(RlsDiff),
    /// Write a contract from the present database, to review and commit
    Contract(RlsScope),
    /// Show which rows a user can see and change, and through which memberships
    Whocan(RlsWhocan),
}

/// The contract, the schemas and the roles that `rls` examines.
#[derive(Debug, Clone, Args)]
pub struct RlsScope {
    /// Hold access against this contract instead of the runbook's for jobs
    #[arg(long, value_name = "FILE")]
    pub(crate) contract: Option<PathBuf>,
    /// Examine these schemas [default: those that the API exposes, else public]
    #[arg(long, value_name = "SCHEMA", value_delimiter = ',')]
    pub(crate) schemas: Vec<String>,
    /// Examine Supabase Storage as well, against its built-in contract: no client reaches a row
    #[arg(long)]
    pub(crate) storage: bool,
    /// Examine this role as well; may be given more than once
    #[arg(long, value_name = "ROLE")]
    pub(crate) role: Vec<String>,
}

impl RlsScope {
    /// Returns the scope as flags for a suggested command, with a space in front.
    pub(crate) fn flags(&self) -> String {
        let contract = self.contract.as_ref().map(|file| file.to_string_lossy().into_owned());
        let schemas = (!self.schemas.is_empty()).then(|| self.schemas.join(","));
        let single = [("--contract", contract), ("--schemas", schemas)];
        let roles = self.role.iter().map(|role| ("--role", Some(role.clone())));
        let given =
            single.into_iter().chain(roles).filter_map(|(flag, value)| Some((flag, value?)));
        let storage = self.storage.then(|| " --storage".to_owned());
        given
            .map(|(flag, value)| format!(" {flag} {}", crate::text::quote(&value)))
            .chain(storage)
            .collect()
    }
}

/// The arguments of `rls audit`.
#[derive(Debug, Args)]
pub struct RlsAudit {
    /// The contract, the schemas and the roles.
    #[command(flatten)]
    pub(crate) scope: RlsScope,
    /// Try writes as well and roll them back: triggers run, sequences move; for a test database
    #[arg(long)]
    pub(crate) probe_writes: bool,
    /// Go on with --probe-writes without asking
    #[arg(short, long, requires = "probe_writes")]
    pub(crate) yes: bool,
    /// The lowest status that fails.
    #[command(flatten)]
    pub(crate) status_args: FailOnArgs,
}

/// The arguments of `rls diff`.
#[derive(Debug, Args)]
pub struct RlsDiff {
    /// What `-o json` wrote before
    #[arg(value_hint = ValueHint::FilePath)]
    pub(crate) old: PathBuf,
    /// What it wrote after
    #[arg(value_hint = ValueHint::FilePath)]
    pub(crate) new: PathBuf,
    /// The lowest status that fails.
    #[command(flatten)]
    pub(crate) status_args: FailOnArgs,
}

/// The arguments of `rls explain`.
#[derive(Debug, Args)]
pub struct RlsExplain {
    /// The table: jobs, or public.jobs
    pub(crate) table: String,
    /// The role: anon, authenticated, service_role or another
    #[arg(value_name = "ROLE")]
    pub(crate) as_role: String,
    /// The command
    #[arg(value_name = "CMD", ignore_case = true)]
    pub(crate) cmd: RowCommand,
    /// The contract, the schemas and the roles.
    #[command(flatten)]
    pub(crate) scope: RlsScope,
}

/// The arguments of `rls whocan`.
#[derive(Debug, Args)]
pub struct RlsWhocan {
    /// The user id, as in the claim `sub` of a token
    pub(crate) user: String,
    /// The table: jobs, or public.jobs [default: all that the role may use]
    pub(crate) table: Option<String>,
    /// Act as this role
    #[arg(long = "as", value_name = "ROLE", default_value = "authenticated")]
    pub(crate) as_role: String,
    /// The contract, the schemas and the roles.
    #[command(flatten)]
    pub(crate) scope: RlsScope,
}

/// A SQL command on rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum RowCommand {
    /// Read rows
    Select,
    /// Add rows
    Insert,
    /// Change rows
    Update,
    /// Remove rows
    Delete,
}
