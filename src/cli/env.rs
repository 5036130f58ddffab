//! The arguments of the `env` commands.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueHint};

use super::FailOnArgs;

/// The `env` commands.
#[derive(Debug, Subcommand)]
pub enum Env {
    /// Hold template and values against the schema in the TypeScript source
    Check(EnvCheck),
    /// Explain one key: its rule, where it is declared, which source wins
    Explain(EnvExplain),
}

/// The arguments of `env check`.
#[derive(Debug, Args)]
pub struct EnvCheck {
    /// The schema, the template and the values.
    #[command(flatten)]
    pub(crate) sources: EnvSources,
    /// Hold the TypeScript and JavaScript below this directory against the schema: undeclared, unused
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) code: Option<PathBuf>,
    /// What this profile of cliplyctl.toml needs must be set, too
    #[arg(long, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// Commented keys count as missing; what is a warning about the template is critical
    #[arg(long)]
    pub(crate) strict: bool,
    /// Insert the keys that the template lacks, with their descriptions; shows the diff and asks
    #[arg(long)]
    pub(crate) fix: bool,
    /// Go on with --fix without asking
    #[arg(short, long, requires = "fix")]
    pub(crate) yes: bool,
    /// The lowest status that fails.
    #[command(flatten)]
    pub(crate) status_args: FailOnArgs,
}

/// The arguments of `env explain`.
#[derive(Debug, Args)]
pub struct EnvExplain {
    /// The key: SUPABASE_URL
    #[arg(value_name = "KEY")]
    pub(crate) key: String,
    /// The schema, the template and the values.
    #[command(flatten)]
    pub(crate) sources: EnvSources,
}

/// The schema, the template and the values to compare.
#[derive(Debug, Default, Args)]
pub(crate) struct EnvSources {
    /// The TypeScript file with the schema; repeatable [default: packages/shared/src/env.ts or another usual place]
    #[arg(long, value_name = "PATH")]
    pub(crate) schema: Vec<PathBuf>,
    /// The schema's name in that file [default: EnvSchema, else the only one]
    #[arg(long, value_name = "NAME")]
    pub(crate) schema_name: Option<String>,
    /// The template [default: .env.example]
    #[arg(long, value_name = "PATH")]
    pub(crate) template: Option<PathBuf>,
    /// Judge the values of these files, `-` for standard input; later ones win
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub(crate) values: Vec<PathBuf>,
    /// Judge this process's own environment, which wins over files
    #[arg(long)]
    pub(crate) process: bool,
}

impl EnvSources {
    /// Returns whether there are values to check.
    pub(crate) fn has_values(&self) -> bool {
        self.process || !self.values.is_empty()
    }
}
