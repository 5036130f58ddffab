//! One run of the program: the command line, and what commands open when they need it.

use std::cell::OnceCell;
use std::path::Path;

use crate::cli::{Cli, Command};
use crate::context::{Context, no_provenance};
use crate::error::Error;
use crate::report::Provenance;
use crate::settings::{Overrides, ProcessEnvironment, Settings};
use crate::terminal::Terminal;

/// One run of the program.
pub(crate) struct Session<'a> {
    pub(crate) cli: &'a Cli,
    pub(crate) environment: &'a ProcessEnvironment,
    pub(crate) terminal: Terminal,
    pub(crate) cwd: &'a Path,
    context: OnceCell<Context>,
}

impl<'a> Session<'a> {
    pub(crate) fn new(
        cli: &'a Cli,
        environment: &'a ProcessEnvironment,
        terminal: Terminal,
        cwd: &'a Path,
    ) -> Self {
        Self { cli, environment, terminal, cwd, context: OnceCell::new() }
    }

    /// Returns the context. The first call resolves the settings, so that a command that does not call this works with
    /// an invalid configuration file.
    ///
    /// # Errors
    /// If the settings are invalid.
    pub(crate) fn context(&self) -> Result<&Context, Error> {
        if let Some(context) = self.context.get() {
            return Ok(context);
        }
        let context = Context::new(self.settings()?, self.terminal, self.cli.command.name());
        Ok(self.context.get_or_init(|| context))
    }

    /// Returns where the results come from: the context if the command has one.
    pub(crate) fn provenance(&self) -> Provenance {
        self.context.get().map_or_else(no_provenance, Context::provenance)
    }

    /// Resolves the settings and prints their warnings.
    fn settings(&self) -> Result<Settings, Error> {
        let command = &self.cli.command;
        let without_dotenv = matches!(command, Command::Env(_));
        let overrides = Overrides { without_dotenv, ..self.cli.global.overrides() };
        let settings = Settings::resolve(&overrides, self.environment, self.cwd)?;
        if let Some(invalid) = &settings.invalid_config {
            self.terminal.print_note(&format!(
                "warning: {}; writes are refused until it is fixed",
                invalid.message
            ));
        }
        // `config` shows them in its report.
        if !matches!(command, Command::Config(_)) {
            for warning in &settings.warnings {
                self.terminal.print_note(&format!("warning: {warning}"));
            }
        }
        Ok(settings)
    }
}
