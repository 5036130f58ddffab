//! What holds for every command.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::render::Format;
use crate::settings::{Overrides, Secret, duration};
use crate::terminal::ColorChoice;

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
    /// How to write the report [default: table; handoff: markdown]
    #[arg(short, long, global = true, value_name = "FORMAT")]
    pub output: Option<Format>,
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
            without_dotenv: false,
        }
    }
}
