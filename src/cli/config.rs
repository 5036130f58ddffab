//! The command line of `config`.

use clap::Subcommand;

use super::spec::Spec;

pub(super) const CONFIG_SHOW: Spec = Spec::listing(
    "config show",
    &[
        ("config show", "settings of the default context and their sources"),
        ("-c prod config show", "settings of one context"),
    ],
);

pub(super) const CONFIG_CHECK: Spec = Spec::listing(
    "config check",
    &[
        ("-c prod config check", "test the settings and the database connection"),
        ("config check --declare app.tasks", "print a declaration of another jobs table"),
    ],
);

pub(super) const CONFIG_INIT: Spec = Spec::listing(
    "config init",
    &[
        ("config init", "write cliplyctl.toml from the current settings"),
        ("config init staging", "with the context name staging"),
    ],
);

pub(super) const CONFIG_GRANTS: Spec = Spec::listing(
    "config grants",
    &[
        ("config grants", "print GRANT statements to review"),
        ("-c prod config grants > roles.sql", "write them to a file"),
    ],
);

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

impl ConfigCommand {
    /// Returns the spec of the command.
    pub(super) fn spec(&self) -> &'static Spec {
        match self {
            Self::Show => &CONFIG_SHOW,
            Self::Check { .. } => &CONFIG_CHECK,
            Self::Init { .. } => &CONFIG_INIT,
            Self::Grants => &CONFIG_GRANTS,
        }
    }
}
