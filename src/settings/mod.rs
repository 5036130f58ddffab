//! Settings of a command: the app and database to use, credentials, thresholds and write
//! protection.
//!
//! Merges flags, the process environment, `.env` and the configuration files. Every value carries
//! its origin. This is the only module that reads the process environment.
//!
//! Precedence:
//! - **With `-c NAME`** or `CLIPLYCTL_CONTEXT=NAME`, everything comes from that context and the variables and files that it
//!   names. Other variables and `.env` are ignored; a flag that contradicts the context is an error.
//! - **Without `-c`**: flag > environment > `.env` > default context of `cliplyctl.toml` > default.
//!
//! In both cases the credentials of a context are used only with the URL of that context, and a
//! database that belongs to a protected context is protected however it was selected.

mod app;
mod base_url;
mod config;
mod credentials;
pub(crate) mod demo;
mod dotenv;
pub mod duration;
mod environment;
mod from_context;
mod from_layers;
mod headers;
mod login_name;
mod protection;
mod setting;
mod show;
mod starter;
#[cfg(test)]
mod tests;
mod variables;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub(crate) use app::AppSettings;
use base_url::base_url;
pub(crate) use base_url::is_base_url;
pub(crate) use config::{AgeUnit, EnvTable, FILE_NAME as CONFIG_FILE};
use config::{ConfigFile, ContextSettings};
pub use environment::ProcessEnvironment;
use from_context::SelectedContext;
pub use headers::Header;
pub(crate) use protection::{AddressMatch, GuardedContext};
pub use setting::{Origin, Setting};
pub use show::SettingRow;

pub(crate) use crate::dsn::suggest;
use crate::dsn::{self, ConnectionDefaults, Dsn, Secret, Sourced};
use crate::error::Error;
use crate::facts::acknowledged::Acknowledgement;
use crate::facts::advice::Advice;
use crate::facts::{SourceError, SourceErrorKind, Thresholds};
use crate::queue::{Counting, InstanceChoice, QueueChoice};
use crate::suggest::TargetFlags;

/// The default time limit of one probe.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

/// The values of global flags.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// `-c, --context`
    pub context: Option<String>,
    /// `--config`
    pub config: Option<PathBuf>,
    /// `--base-url`
    pub base_url: Option<String>,
    /// `--database-url`
    pub database_url: Option<Secret>,
    /// `--timeout`
    pub timeout: Option<Duration>,
    /// `--queue-instance`
    pub queue_instance: Option<String>,
    /// Ignore `.env` of the working directory. For commands that check such files: an error in one
    /// is a finding and must not stop the command.
    pub without_dotenv: bool,
}

/// The effective settings. A setting that is missing or invalid holds an error, which is reported
/// only by commands that need the setting.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The context that all settings come from; `None` if flags or the environment replace some of
    /// them.
    pub(crate) context_name: Option<String>,
    /// Whether `-c` selects the context: only then do other contexts not restrict writes.
    pub(crate) is_selected_by_flag: bool,
    /// The value of `--config`.
    pub(crate) named_file: Option<PathBuf>,
    /// The names of all contexts, sorted.
    pub(crate) contexts: Vec<String>,
    /// The configuration files that were read, highest precedence first.
    pub(crate) config_files: Vec<PathBuf>,
    /// Base URL of the app, without a trailing slash.
    pub(crate) base_url: Result<Setting<String>, SourceError>,
    /// The database.
    pub database: Result<Setting<Dsn>, SourceError>,
    /// Bearer token for the admin endpoint.
    pub(crate) admin_token: Result<Setting<Secret>, SourceError>,
    /// Whether the context allows to send the token without TLS.
    allow_plain_http: bool,
    /// Extra headers for every HTTP request.
    pub(crate) headers: Result<Vec<Header>, SourceError>,
    /// The context that protects this database; writes require its name.
    pub(crate) protected: Option<String>,
    /// Whether writes are refused.
    pub(crate) read_only: bool,
    /// The protected and read-only contexts. A write compares their databases with the selected one.
    pub(crate) guards: Vec<GuardedContext>,
    /// The time limit of one probe.
    pub(crate) timeout: Setting<Duration>,
    /// The endpoints of the app and how its answers are evaluated.
    pub(crate) app: AppSettings,
    /// The unit of `oldestJobAge` in the readiness report, if it is configured.
    pub(crate) oldest_job_age_unit: Option<Setting<AgeUnit>>,
    /// The column of the jobs table that the worker maintains, if it is configured.
    pub(crate) state_column: Option<Setting<String>>,
    /// The zone of times without one in the jobs table, if it is configured.
    pub(crate) time_zone: Option<Setting<String>>,
    /// When an attempt is counted, where the database does not show it.
    pub(crate) attempts_counted: Option<Setting<Counting>>,
    /// The jobs table that the context of the database, or a flag, chooses.
    pub(crate) queue: Option<Setting<QueueChoice>>,
    /// The text of `--queue-instance`.
    queue_instance: Option<String>,
    /// The file of the access contract; `None`: the built-in one.
    pub(crate) access_contract: Option<Setting<PathBuf>>,
    /// The address of the runbook for browsers, without a fragment.
    pub(crate) runbook_url: Option<Setting<String>>,
    /// The thresholds of checks.
    pub(crate) thresholds: Thresholds,
    /// The origins of thresholds that are configured, by name.
    pub(crate) threshold_origins: BTreeMap<&'static str, Origin>,
    /// How the app uses its environment, in addition to its schema.
    pub(crate) env: EnvTable,
    /// Advice on causes in addition to the built-in table, highest precedence first.
    pub(crate) advice: Vec<Advice>,
    /// Acknowledged groups of all contexts.
    pub(crate) acknowledged: Vec<Setting<Acknowledgement>>,
    /// The environment of this process, for `env check --process`.
    pub(crate) process: ProcessEnvironment,
    /// The directory for stored records; `None` without a home directory.
    pub(crate) state_dir: Option<PathBuf>,
    /// The login name of the operator.
    pub(crate) actor: String,
    /// The error of an invalid context. It might protect this database, so all writes are refused.
    pub(crate) invalid_config: Option<Error>,
    /// Warnings for the user.
    pub(crate) warnings: Vec<String>,
}

/// Reads the text of `--queue-instance`.
///
/// # Errors
/// If it names a package that is not known.
pub(crate) fn queue_choice(text: &str) -> Result<QueueChoice, String> {
    InstanceChoice::parse(text).map(QueueChoice::Instance)
}

impl Settings {
    /// Resolves every setting.
    ///
    /// # Errors
    /// If no setting can be trusted: a configuration file or `.env` is invalid, the selected context
    /// is unknown or invalid, or a flag contradicts it.
    pub fn resolve(
        overrides: &Overrides,
        environment: &ProcessEnvironment,
        cwd: &Path,
    ) -> Result<Self, Error> {
        let config =
            ConfigFile::load(explicit_config(overrides, environment).as_deref(), environment, cwd)?;
        let mut settings = match SelectedContext::of(overrides, environment) {
            Some(selected) => from_context::resolve(selected, overrides, environment, &config)?,
            None => from_layers::resolve(overrides, environment, &config, cwd)?,
        };
        if let Some(text) = &overrides.queue_instance {
            let choice = queue_choice(text).map_err(Error::usage)?;
            settings.queue = Some(Setting::new(choice, Origin::Flag("--queue-instance")));
        }
        settings.refuse_plain_http();
        protection::apply(&mut settings, &config, environment);
        if let Ok(database) = &settings.database {
            settings.warnings.extend(database.value.warnings.iter().cloned());
        }
        Ok(settings)
    }

    /// The names of all contexts of the configuration files, in file order, without the context of
    /// a running demo.
    pub(crate) fn every_context(
        overrides: &Overrides,
        environment: &ProcessEnvironment,
        cwd: &Path,
    ) -> Result<Vec<String>, Error> {
        let config =
            ConfigFile::load(explicit_config(overrides, environment).as_deref(), environment, cwd)?;
        let mut names: Vec<String> = Vec::new();
        for context in config
            .contexts
            .iter()
            .filter(|c| !config::demo_context::is_demo_context(c, environment))
        {
            if !names.contains(&context.name) {
                names.push(context.name.clone());
            }
        }
        if names.is_empty() {
            return Err(Error::config(
                "--all-contexts found no context (a running demo is not included)",
            )
            .hint("add contexts to cliplyctl.toml: [context.NAME]"));
        }
        Ok(names)
    }

    /// The base URL, if it was given as a flag.
    fn base_url_flag(&self) -> Option<&str> {
        let url = self.base_url.as_ref().ok()?;
        matches!(url.origin, Origin::Flag(_)).then_some(url.value.as_str())
    }

    /// The flags that select the same context, configuration file and base URL in another command.
    pub(crate) fn address(&self) -> TargetFlags {
        TargetFlags::new(
            self.context_name.as_deref(),
            self.named_file.as_deref(),
            self.base_url_flag(),
        )
        .with_queue_instance(self.queue_instance.as_deref())
    }

    /// Settings without app, database and credentials, with the values that do not depend on the
    /// selected context.
    fn unset(overrides: &Overrides, environment: &ProcessEnvironment, config: &ConfigFile) -> Self {
        let timeout = overrides.timeout.map(|t| Setting::new(t, Origin::Flag("--timeout")));
        let state_home = environment.xdg("XDG_STATE_HOME", ".local/state");
        let mut contexts: Vec<_> = config.contexts.iter().map(|c| c.name.clone()).collect();
        contexts.sort();
        contexts.dedup();
        let missing = |name, alternatives| missing(name, alternatives, &contexts);
        Self {
            context_name: None,
            is_selected_by_flag: overrides.context.is_some(),
            named_file: overrides.config.clone(),
            base_url: Err(missing("base URL", "--base-url, CLIPLY_BASE_URL")),
            database: Err(missing("database", "--database-url, DATABASE_URL, PGHOST")),
            admin_token: Err(missing("admin token", "CLIPLY_ADMIN_TOKEN")),
            contexts,
            config_files: config.files.clone(),
            allow_plain_http: false,
            headers: Ok(Vec::new()),
            protected: None,
            read_only: false,
            guards: Vec::new(),
            timeout: timeout.unwrap_or(Setting::default_value(DEFAULT_TIMEOUT)),
            app: AppSettings::default(),
            oldest_job_age_unit: None,
            state_column: None,
            time_zone: None,
            attempts_counted: None,
            queue: None,
            queue_instance: overrides.queue_instance.clone(),
            access_contract: None,
            runbook_url: None,
            thresholds: Thresholds::default(),
            threshold_origins: BTreeMap::new(),
            actor: actor(environment),
            env: config.env.clone(),
            advice: config.advice.clone(),
            acknowledged: config.acknowledged.clone(),
            process: environment.clone(),
            state_dir: state_home.map(|directory| directory.join("cliplyctl")),
            invalid_config: config.contexts.iter().find_map(|context| context.error.clone()),
            warnings: Vec::new(),
        }
    }

    /// Applies the timeout, the runbook address and the thresholds of a context.
    fn apply_thresholds(&mut self, context: &ContextSettings) {
        if let (Origin::Default, Some(timeout)) = (&self.timeout.origin, &context.timeout) {
            self.timeout = timeout.clone();
        }
        self.runbook_url.clone_from(&context.runbook_url);
        for (doc, threshold) in &context.thresholds.thresholds {
            (doc.set)(&mut self.thresholds, threshold.value);
            self.threshold_origins.insert(doc.name, threshold.origin.clone());
        }
        if let Some(age) = &context.thresholds.stuck_after {
            self.thresholds.stuck_after = age.value.as_secs_f64();
            self.threshold_origins.insert("stuck_after", age.origin.clone());
        }
    }

    /// Replaces the admin token by an error if it would be sent without TLS.
    fn refuse_plain_http(&mut self) {
        let (Ok(url), Ok(_), false) = (&self.base_url, &self.admin_token, self.allow_plain_http)
        else {
            return;
        };
        if let Err(error) = credentials::check_plain_http(url) {
            self.admin_token = Err(invalid_setting(error));
        }
    }

    /// Applies the base URL of a context with its token and headers.
    fn apply_app(&mut self, context: &ContextSettings, environment: &ProcessEnvironment) {
        if let Some(url) = &context.base_url {
            self.base_url = base_url(url.clone()).map_err(invalid_setting);
        }
        if let Some(token) = &context.admin_token {
            self.admin_token =
                token.read(environment).map(|t| t.map(Secret::new)).map_err(invalid_setting);
        }
        self.allow_plain_http = context.allow_plain_http;
        self.headers = context.read_headers(environment).map_err(invalid_setting);
        self.app.apply(&context.app);
        self.oldest_job_age_unit.clone_from(&context.oldest_job_age_unit);
        self.state_column.clone_from(&context.state_column);
        self.time_zone.clone_from(&context.time_zone);
        self.attempts_counted.clone_from(&context.attempts_counted);
    }
}

/// The configuration file that replaces the usual ones: from `--config` or `CLIPLYCTL_CONFIG`.
fn explicit_config(overrides: &Overrides, environment: &ProcessEnvironment) -> Option<PathBuf> {
    let flag = overrides.config.clone();
    flag.or_else(|| Some(environment.path(environment.get("CLIPLYCTL_CONFIG")?)))
}

/// The database of a context; `None` if it has none. PG* variables are not used, but the password
/// file of the home directory is: its lines name host, database and user.
fn context_database(
    context: &ContextSettings,
    environment: &ProcessEnvironment,
) -> Option<Result<Setting<Dsn>, Error>> {
    let source = context.database.as_ref()?;
    let defaults = connection_defaults(environment, BTreeMap::new());
    let read = || {
        let text = source.read(environment)?;
        if matches!(source, config::Source::Literal(_))
            && dsn::holds_password(&text.value) == Some(true)
        {
            return Err(Error::config("the database URL contains a password")
                .hint("use database_url_env, database_url_file or ~/.pgpass for it"));
        }
        let dsn = Dsn::parse(&text.value, &defaults)?;
        Ok(Setting::new(dsn, text.origin))
    };
    // An error with a cause already names its place.
    let add_origin = |error: Error| match error.causes.is_empty() {
        true => error.cause(&context.origin),
        false => error,
    };
    Some(read().map_err(add_origin))
}

/// The login name of the operator.
fn actor(environment: &ProcessEnvironment) -> String {
    let names = ["SUDO_USER", "USER", "LOGNAME"];
    let name = names.iter().find_map(|name| environment.get(name)).map(str::to_owned);
    name.unwrap_or_else(login_name::of_process)
}

/// The values that complete a connection string; `pg_variables` by libpq parameter.
fn connection_defaults(
    environment: &ProcessEnvironment,
    pg_variables: BTreeMap<String, Sourced<String>>,
) -> ConnectionDefaults {
    let user = environment.login_name().map(str::to_owned);
    ConnectionDefaults { pg_variables, home: environment.home(), user }
}

/// The error for a setting that is not configured; the hint names up to five contexts.
fn missing(name: &str, alternatives: &str, contexts: &[String]) -> SourceError {
    let flags: Vec<_> =
        contexts.iter().take(5).map(|name| format!("-c {}", crate::suggest::quote(name))).collect();
    let flags = if flags.is_empty() { String::new() } else { format!(": {}", flags.join(", ")) };
    SourceError::new(SourceErrorKind::NotConfigured, format!("no {name} is configured"))
        .hint(format!("set it with {alternatives} or a context{flags}"))
}

/// Converts the error of an invalid setting for the commands that need the setting.
fn invalid_setting(error: Error) -> SourceError {
    let causes = error.causes.join("; ");
    let message = match causes.as_str() {
        "" => error.message,
        causes => format!("{} ({causes})", error.message),
    };
    let hint = error.hints.into_iter().next();
    SourceError { kind: SourceErrorKind::InvalidSetting, message, hint }
}
