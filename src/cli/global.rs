//! The global options.

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args};

use crate::dsn::Secret;
use crate::render::Format;
use crate::settings::{Overrides, duration};
use crate::suggest::TargetFlags;
use crate::terminal::ColorChoice;

/// The options of every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// Use this context of cliplyctl.toml; status commands accept several (a,b)
    #[arg(short, long, global = true, value_name = "NAME", action = ArgAction::Set)]
    #[arg(value_delimiter = ',', num_args = 1)]
    pub(crate) context: Vec<String>,
    /// Run a status command in every context of cliplyctl.toml
    #[arg(long, global = true)]
    pub(crate) all_contexts: bool,
    /// Read this configuration file instead of the default ones
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Base URL of the app (env: CLIPLY_BASE_URL)
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) base_url: Option<String>,
    /// Database to read (env: DATABASE_URL); other users can see flags, so set the password elsewhere
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) database_url: Option<String>,
    /// Jobs table to use if the database has several: river, pg_boss:SCHEMA
    #[arg(long, global = true, value_name = "QUEUE", value_parser = queue_instance)]
    pub(crate) queue_instance: Option<String>,
    /// Timeout of the whole command [default: 10s]
    #[arg(long, global = true, value_name = "DURATION", value_parser = duration::parse)]
    pub(crate) timeout: Option<Duration>,
    /// Output format [default: table; handoff: markdown]
    #[arg(short, long, global = true, value_name = "FORMAT")]
    pub(crate) output: Option<Format>,
    /// When to use colors
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: ColorChoice,
}

impl Global {
    /// Returns the name of the context if exactly one is given.
    pub(crate) fn one(&self) -> Option<&str> {
        match self.context.as_slice() {
            [name] => Some(name),
            _ => None,
        }
    }

    /// Returns whether the command runs in several contexts.
    pub(crate) fn is_fleet(&self) -> bool {
        self.all_contexts || self.context.len() > 1
    }

    /// Returns the base URL if it is valid, and so contains no credentials and may be shown in suggested
    /// commands.
    fn shown_url(&self) -> Option<&str> {
        self.base_url.as_deref().filter(|url| crate::settings::is_base_url(url))
    }

    /// Returns the flags that select the context, the configuration file and the base URL, for suggested
    /// commands.
    pub(crate) fn address(&self) -> TargetFlags {
        TargetFlags::new(self.one(), self.config.as_deref(), self.shown_url())
            .with_queue_instance(self.queue_instance.as_deref())
    }

    /// Returns the name of the given flag whose value may contain a secret. Suggested commands need it as
    /// well, but do not show its value.
    pub(crate) fn secret_flag(&self) -> Option<&'static str> {
        self.database_url.is_some().then_some("--database-url")
    }

    /// Returns the flags that override settings.
    pub(crate) fn overrides(&self) -> Overrides {
        Overrides {
            context: self.one().map(str::to_owned),
            config: self.config.clone(),
            base_url: self.base_url.clone(),
            database_url: self.database_url.clone().map(Secret::new),
            timeout: self.timeout,
            queue_instance: self.queue_instance.clone(),
            without_dotenv: false,
        }
    }
}

/// Checks the choice of a jobs table; the text is kept for suggested commands.
fn queue_instance(text: &str) -> Result<String, String> {
    crate::settings::queue_choice(text).map(|_| text.to_owned())
}
