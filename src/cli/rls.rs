//! The arguments of the `rls` commands.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueHint};

use super::FailOnArgs;
use super::spec::Spec;

pub(super) const RLS_AUDIT: Spec = Spec::status(
    "rls audit",
    &[
        ("rls audit", "compare with the built-in contract for jobs"),
        ("rls audit --contract access.toml", "compare with your own contract"),
        ("-c staging rls audit --probe-writes", "test writes as well, rolled back"),
    ],
)
.in_several_contexts();

pub(super) const RLS_MATRIX: Spec = Spec::listing(
    "rls matrix",
    &[
        ("rls matrix", "access of each role to each table"),
        ("rls matrix -o json > access.json", "store a report for rls diff"),
    ],
);

pub(super) const RLS_EXPLAIN: Spec = Spec::listing(
    "rls explain",
    &[
        ("rls explain jobs anon select", "why anon can or cannot read jobs"),
        ("rls explain public.jobs authenticated update", "with the schema"),
    ],
);

pub(super) const RLS_DIFF: Spec = Spec::status(
    "rls diff",
    &[
        ("rls diff before.json after.json", "access gained or lost by a migration"),
        ("rls diff before.json after.json -o github", "as annotations of a pull request"),
    ],
);

pub(super) const RLS_CONTRACT: Spec = Spec::listing(
    "rls contract",
    &[
        ("rls contract > access.toml", "write a contract to review and commit"),
        ("rls contract --schemas public,api", "of two schemas"),
    ],
);

pub(super) const RLS_WHOCAN: Spec = Spec::listing(
    "rls whocan",
    &[
        ("rls whocan 3f8a2c1e-0000-4000-8000-000000000001", "rows of one user in all tables"),
        ("rls whocan 3f8a2c1e-0000-4000-8000-000000000001 jobs", "only in jobs"),
    ],
);

/// The `rls` commands.
#[derive(Debug, Subcommand)]
pub enum Rls {
    /// Compare expected, computed and tested access
    Audit(RlsAudit),
    /// Show the access of each role to each table
    Matrix(RlsScope),
    /// Explain why a role can or cannot run a command on a table
    Explain(RlsExplain),
    /// Show access gained or lost between two reports of `rls matrix` or `rls audit`
    Diff(RlsDiff),
    /// Write a contract from the current access, to review and commit
    Contract(RlsScope),
    /// Show which rows a user can read and change, and through which memberships
    Whocan(RlsWhocan),
}

/// The contract, the schemas and the roles that `rls` examines.
#[derive(Debug, Clone, Default, Args)]
pub struct RlsScope {
    /// Access contract [default: access_contract of the context, otherwise the built-in one for jobs]
    #[arg(long, value_name = "FILE")]
    pub(crate) contract: Option<PathBuf>,
    /// Schemas to examine [default: those that the API exposes, otherwise public]
    #[arg(long, value_name = "SCHEMA", value_delimiter = ',')]
    pub(crate) schemas: Vec<String>,
    /// Also examine Supabase Storage, against its built-in contract
    #[arg(long)]
    pub(crate) storage: bool,
    /// Additional role to examine; repeatable
    #[arg(long, value_name = "ROLE")]
    pub(crate) role: Vec<String>,
}

impl RlsScope {
    /// Returns the scope as flags for a suggested command, with a space in front.
    pub(crate) fn flags(&self) -> Vec<String> {
        let contract = self.contract.as_ref().map(|file| file.to_string_lossy().into_owned());
        let schemas = (!self.schemas.is_empty()).then(|| self.schemas.join(","));
        let single = [("--contract", contract), ("--schemas", schemas)];
        let roles = self.role.iter().map(|role| ("--role", Some(role.clone())));
        let given =
            single.into_iter().chain(roles).filter_map(|(flag, value)| Some((flag, value?)));
        let storage = self.storage.then(|| "--storage".to_owned());
        given.flat_map(|(flag, value)| [flag.to_owned(), value]).chain(storage).collect()
    }
}

/// The arguments of `rls audit`.
#[derive(Debug, Args)]
pub struct RlsAudit {
    /// The contract, the schemas and the roles.
    #[command(flatten)]
    pub(crate) scope: RlsScope,
    /// Test writes as well, rolled back: triggers run, sequences advance; only for test databases
    #[arg(long)]
    pub(crate) probe_writes: bool,
    /// Skip the confirmation prompt of --probe-writes
    #[arg(short, long, requires = "probe_writes")]
    pub(crate) yes: bool,
    /// The lowest status that fails.
    #[command(flatten)]
    pub(crate) status_args: FailOnArgs,
}

/// The arguments of `rls diff`.
#[derive(Debug, Args)]
pub struct RlsDiff {
    /// Earlier report, written with -o json
    #[arg(value_hint = ValueHint::FilePath)]
    pub(crate) old: PathBuf,
    /// Later report
    #[arg(value_hint = ValueHint::FilePath)]
    pub(crate) new: PathBuf,
    /// The lowest status that fails.
    #[command(flatten)]
    pub(crate) status_args: FailOnArgs,
}

/// The arguments of `rls explain`.
#[derive(Debug, Args)]
pub struct RlsExplain {
    /// Table: jobs or public.jobs
    pub(crate) table: String,
    /// Role: anon, authenticated, service_role or another
    #[arg(value_name = "ROLE")]
    pub(crate) as_role: String,
    /// Command
    #[arg(value_name = "CMD", ignore_case = true)]
    pub(crate) cmd: RowCommand,
    /// The contract, the schemas and the roles.
    #[command(flatten)]
    pub(crate) scope: RlsScope,
}

/// The arguments of `rls whocan`.
#[derive(Debug, Args)]
pub struct RlsWhocan {
    /// User id (claim `sub` of a token)
    pub(crate) user: String,
    /// Table: jobs or public.jobs [default: all tables that the role may use]
    pub(crate) table: Option<String>,
    /// Role to act as
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

impl Rls {
    /// Returns the spec of the command.
    pub(super) fn spec(&self) -> &'static Spec {
        match self {
            Self::Audit(_) => &RLS_AUDIT,
            Self::Matrix(_) => &RLS_MATRIX,
            Self::Explain(_) => &RLS_EXPLAIN,
            Self::Diff(_) => &RLS_DIFF,
            Self::Contract(_) => &RLS_CONTRACT,
            Self::Whocan(_) => &RLS_WHOCAN,
        }
    }
}
