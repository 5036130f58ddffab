//! Settings: which deployment, how to reach it, what counts as too much.
//!
//! The environment is read here and nowhere else, and every value knows where it came from.
//!
//! Two rules decide. **With `-c NAME`** everything comes from that context alone: no variable of the
//! environment, no `.env`, no second flag can make half of a command speak of another deployment.
//! **Without** it: flag > environment > `.env` > default context of `cliplyctl.toml` > default. In
//! both, credentials travel only with the URL they were written beside, and the database of a
//! protected context is protected however it was reached.

mod base_url;
pub mod config;
pub mod demo;
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
#[cfg(test)]
mod tests;
pub mod variables;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use base_url::base_url;
pub use base_url::is_base_url;
pub use config::{AgeUnit, EnvTable};
use config::{ConfigFile, ContextSettings};
pub use environment::ProcessEnvironment;
pub use headers::Header;
pub use setting::{Origin, Setting};
pub use show::SettingRow;

pub(crate) use crate::dsn::suggest;
use crate::dsn::{self, Dsn, Secret, Sourced};
use crate::error::Error;
use crate::facts::advice::Advice;
use crate::facts::{SourceError, SourceErrorKind, Thresholds};
use crate::text::TargetFlags;

/// Longest time for one probe where nobody says otherwise.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

/// What the command line says; `cli.rs` fills it from flags.
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
    /// Leave the `.env` of the working directory alone: the command judges such files, and a fault in
    /// one is a finding, not a reason to stop.
    pub without_dotenv: bool,
}

/// Every setting in force. What is missing or unreadable is an error only to those who need it.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The context all of this comes from; none where flags or the environment replaced a part.
    pub context_name: Option<String>,
    /// The configuration file that the command line names.
    pub named_file: Option<PathBuf>,
    /// Every context that can be named with `-c`.
    pub contexts: Vec<String>,
    /// The configuration files that were read, the strongest first.
    pub config_files: Vec<PathBuf>,
    /// Base URL of the API, without a slash at its end.
    pub base_url: Result<Setting<String>, SourceError>,
    /// The database.
    pub database: Result<Setting<Dsn>, SourceError>,
    /// Bearer token for the admin endpoint.
    pub admin_token: Result<Setting<Secret>, SourceError>,
    /// Extra headers for every HTTP request.
    pub headers: Result<Vec<Header>, SourceError>,
    /// The context that protects this database: writes ask for its name.
    pub protected: Option<String>,
    /// Whether writes are refused.
    pub read_only: bool,
    /// Longest time for one probe.
    pub timeout: Setting<Duration>,
    /// The unit of readyz's `oldestJobAge`, where somebody said it.
    pub oldest_job_age_unit: Option<Setting<AgeUnit>>,
    /// Where the runbook is read in a browser, without a fragment.
    pub runbook_url: Option<Setting<String>>,
    /// The limits that checks judge by.
    pub limits: Thresholds,
    /// Where limits that differ from the defaults came from, by name.
    pub limit_origins: BTreeMap<&'static str, Origin>,
    /// What the application does beside its schema.
    pub env: EnvTable,
    /// What is known of causes beside the shipped table, the strongest first.
    pub advice: Vec<Advice>,
    /// The environment of this process, as `env check --process` judges it.
    pub process: ProcessEnvironment,
    /// Where records are kept; none without a home directory.
    pub state_dir: Option<PathBuf>,
    /// Login name of whoever types.
    pub actor: String,
    /// What is wrong in a context that was not named: whom it guards is not known, and nothing is written.
    pub broken: Option<Error>,
    /// What a person should know; none of it stops a command.
    pub warnings: Vec<String>,
}

impl Settings {
    /// Finds every setting. Fails on what makes all of them doubtful: a broken file, an unknown
    /// context or a broken one, a flag that contradicts it.
    pub fn resolve(
        overrides: &Overrides,
        environment: &ProcessEnvironment,
        cwd: &Path,
    ) -> Result<Self, Error> {
        let config =
            ConfigFile::load(named_config(overrides, environment).as_deref(), environment, cwd)?;
        let mut settings = match &overrides.context {
            Some(name) => from_context::resolve(name, overrides, environment, &config)?,
            None => from_layers::resolve(overrides, environment, &config, cwd)?,
        };
        protection::apply(&mut settings, &config, environment);
        if let Ok(database) = &settings.database {
            settings.warnings.extend(database.value.warnings.iter().cloned());
        }
        Ok(settings)
    }

    /// Every context of the configuration files, in the order of their lines. A demo that happens to run
    /// is none of them.
    ///
    /// # Errors
    /// A broken file, or no context at all.
    pub fn every_context(
        overrides: &Overrides,
        environment: &ProcessEnvironment,
        cwd: &Path,
    ) -> Result<Vec<String>, Error> {
        let config =
            ConfigFile::load(named_config(overrides, environment).as_deref(), environment, cwd)?;
        let mut names: Vec<String> = Vec::new();
        for context in config.contexts.iter().filter(|c| !demo::is_announced(c, environment)) {
            if !names.contains(&context.name) {
                names.push(context.name.clone());
            }
        }
        if names.is_empty() {
            return Err(Error::config("there is no context to ask: the demo's is none of yours")
                .hint("name contexts in cliplyctl.toml: [context.NAME]"));
        }
        Ok(names)
    }

    /// The base URL, where the command line named it.
    fn named_url(&self) -> Option<&str> {
        let url = self.base_url.as_ref().ok()?;
        matches!(url.origin, Origin::Flag(_)).then_some(url.value.as_str())
    }

    /// Where these settings come from, as other commands can say it.
    #[must_use]
    pub fn address(&self) -> TargetFlags {
        TargetFlags::new(self.context_name.as_deref(), self.named_file.as_deref(), self.named_url())
    }

    /// Nothing set, over the ground that all modes share.
    fn blank(overrides: &Overrides, environment: &ProcessEnvironment, config: &ConfigFile) -> Self {
        let timeout = overrides.timeout.map(|t| Setting::new(t, Origin::Flag("--timeout")));
        let state = environment.xdg("XDG_STATE_HOME", ".local/state");
        let mut contexts: Vec<_> = config.contexts.iter().map(|c| c.name.clone()).collect();
        contexts.sort();
        contexts.dedup();
        let missing = |what, ways| missing(what, ways, &contexts);
        Self {
            context_name: None,
            named_file: overrides.config.clone(),
            base_url: Err(missing("base URL", "--base-url, CLIPLY_BASE_URL")),
            database: Err(missing("database", "--database-url, DATABASE_URL, PGHOST")),
            admin_token: Err(missing("admin token", "CLIPLY_ADMIN_TOKEN")),
            contexts,
            config_files: config.files.clone(),
            headers: Ok(Vec::new()),
            protected: None,
            read_only: false,
            timeout: timeout.unwrap_or(Setting::default_value(DEFAULT_TIMEOUT)),
            oldest_job_age_unit: None,
            runbook_url: None,
            limits: Thresholds::default(),
            limit_origins: BTreeMap::new(),
            actor: actor(environment),
            env: config.env.clone(),
            advice: config.advice.clone(),
            process: environment.clone(),
            state_dir: state.map(|directory| directory.join("cliplyctl")),
            broken: config.contexts.iter().find_map(|context| context.fault.clone()),
            warnings: Vec::new(),
        }
    }

    /// What a context says besides where things are and who we are.
    fn apply_thresholds(&mut self, context: &ContextSettings) {
        if let (Origin::Default, Some(timeout)) = (&self.timeout.origin, &context.timeout) {
            self.timeout = timeout.clone();
        }
        self.runbook_url.clone_from(&context.runbook_url);
        for (doc, limit) in &context.thresholds.limits {
            (doc.set)(&mut self.limits, limit.value);
            self.limit_origins.insert(doc.name, limit.origin.clone());
        }
        if let Some(age) = &context.thresholds.stuck_after {
            self.limits.stuck_after = age.value.as_secs_f64();
            self.limit_origins.insert("stuck_after", age.origin.clone());
        }
    }

    /// The API of a context, with the credentials written beside it.
    fn apply_api(&mut self, context: &ContextSettings, environment: &ProcessEnvironment) {
        if let Some(url) = &context.base_url {
            self.base_url = base_url(url.clone()).map_err(unconfigured);
        }
        if let Some(token) = &context.admin_token {
            self.admin_token =
                token.read(environment).map(|t| t.map(Secret::new)).map_err(unconfigured);
        }
        self.headers = context.read_headers(environment).map_err(unconfigured);
        self.oldest_job_age_unit.clone_from(&context.oldest_job_age_unit);
    }
}

/// The configuration file that is to be read instead of the usual ones.
fn named_config(overrides: &Overrides, environment: &ProcessEnvironment) -> Option<PathBuf> {
    let named = overrides.config.clone();
    named.or_else(|| Some(environment.path(environment.get("CLIPLYCTL_CONFIG")?)))
}

/// The database of a context. It is complete in itself: no PG* variable fills its gaps. The
/// password file of the home directory may, since its lines name host, database and user.
fn context_database(
    context: &ContextSettings,
    environment: &ProcessEnvironment,
) -> Option<Result<Setting<Dsn>, Error>> {
    let source = context.database.as_ref()?;
    let surroundings = surroundings(environment, BTreeMap::new());
    let read = || {
        let text = source.read(environment)?;
        if matches!(source, config::source::Source::Literal(_))
            && dsn::holds_password(&text.value) == Some(true)
        {
            return Err(Error::config("the database URL holds a password")
                .hint("use database_url_env, database_url_file or ~/.pgpass for it"));
        }
        let dsn = Dsn::parse(&text.value, &surroundings)?;
        Ok(Setting::new(dsn, text.origin))
    };
    // What has a place of its own needs no second one.
    let place = |error: Error| match error.causes.is_empty() {
        true => error.cause(&context.origin),
        false => error,
    };
    Some(read().map_err(place))
}

fn actor(environment: &ProcessEnvironment) -> String {
    let names = ["SUDO_USER", "USER", "LOGNAME"];
    let name = names.iter().find_map(|name| environment.get(name)).map(str::to_owned);
    name.unwrap_or_else(login_name::who)
}

fn surroundings(
    environment: &ProcessEnvironment,
    pg_variables: BTreeMap<String, Sourced<String>>,
) -> dsn::ConnectionDefaults {
    let user = environment.get("USER").or_else(|| environment.get("LOGNAME"));
    let user = user.map(str::to_owned);
    dsn::ConnectionDefaults { pg_variables, home: environment.home(), user }
}

/// Nobody said where something is; the contexts that do are named, up to a few.
fn missing(what: &str, ways: &str, contexts: &[String]) -> SourceError {
    let named: Vec<_> = contexts.iter().take(5).map(|name| format!("-c {name}")).collect();
    let named = if named.is_empty() { String::new() } else { format!(": {}", named.join(", ")) };
    SourceError::new(SourceErrorKind::NotConfigured, format!("no {what} is configured"))
        .hint(format!("set it with {ways} or a context{named}"))
}

/// A setting that cannot be used, as seen by those who need it.
fn unconfigured(error: Error) -> SourceError {
    let causes = error.causes.join("; ");
    let message = match causes.as_str() {
        "" => error.message,
        causes => format!("{} ({causes})", error.message),
    };
    let hint = error.hints.into_iter().next();
    SourceError { kind: SourceErrorKind::NotConfigured, message, hint }
}
