//! The arguments of the `env` commands.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueHint};

use super::FailOnArgs;
use super::spec::Spec;

pub(super) const ENV_CHECK: Spec = Spec::status(
    "env check",
    &[
        ("env check", "compare .env.example with the schema"),
        ("env check --values .env --profile worker", "validate values for the worker"),
        ("env check --code . --strict", "also compare with the code, for CI"),
        ("env check --fix", "insert missing variables (asks first)"),
    ],
);

pub(super) const ENV_EXPLAIN: Spec = Spec::listing(
    "env explain",
    &[
        ("env explain SUPABASE_URL", "rule, declaration and source of one variable"),
        ("env explain SUPABASE_URL --values .env", "with its value in .env (not shown)"),
    ],
);

/// The `env` commands.
#[derive(Debug, Subcommand)]
pub enum Env {
    /// Check template and values against the TypeScript schema
    Check(EnvCheck),
    /// Explain one variable: rule, declaration, and which source is used
    Explain(EnvExplain),
}

/// The arguments of `env check`.
#[derive(Debug, Args)]
pub struct EnvCheck {
    /// The schema, the template and the values.
    #[command(flatten)]
    pub(crate) sources: EnvSources,
    /// Also find undeclared and unused variables in the code below this directory
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) code: Option<PathBuf>,
    /// Require the variables of this profile in cliplyctl.toml
    #[arg(long, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// Treat commented keys as missing, and warnings about the template as CRITICAL
    #[arg(long)]
    pub(crate) strict: bool,
    /// Insert missing keys into the template: show the diff, confirm, write
    #[arg(long)]
    pub(crate) fix: bool,
    /// Skip the confirmation prompt of --fix
    #[arg(short, long, requires = "fix")]
    pub(crate) yes: bool,
    /// The lowest status that fails.
    #[command(flatten)]
    pub(crate) status_args: FailOnArgs,
}

/// The arguments of `env explain`.
#[derive(Debug, Args)]
pub struct EnvExplain {
    /// Name of the variable: SUPABASE_URL
    #[arg(value_name = "KEY")]
    pub(crate) key: String,
    /// The schema, the template and the values.
    #[command(flatten)]
    pub(crate) sources: EnvSources,
}

/// The schema, the template and the values to compare.
#[derive(Debug, Default, Args)]
pub(crate) struct EnvSources {
    /// TypeScript file with the schema; repeatable [default: packages/shared/src/env.ts or a similar path]
    #[arg(long, value_name = "PATH")]
    pub(crate) schema: Vec<PathBuf>,
    /// Name of the schema in that file [default: EnvSchema, otherwise the only one]
    #[arg(long, value_name = "NAME")]
    pub(crate) schema_name: Option<String>,
    /// Template [default: .env.example]
    #[arg(long, value_name = "PATH")]
    pub(crate) template: Option<PathBuf>,
    /// Validate the values of these files (- for stdin); later files take precedence
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub(crate) values: Vec<PathBuf>,
    /// Validate the environment of this process, which takes precedence over files
    #[arg(long)]
    pub(crate) process: bool,
}

impl EnvSources {
    /// Returns whether there are values to check.
    pub(crate) fn has_values(&self) -> bool {
        self.process || !self.values.is_empty()
    }
}

impl Env {
    /// Returns the spec of the command.
    pub(super) fn spec(&self) -> &'static Spec {
        match self {
            Self::Check(_) => &ENV_CHECK,
            Self::Explain(_) => &ENV_EXPLAIN,
        }
    }
}
