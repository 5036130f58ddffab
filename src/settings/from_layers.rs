//! Settings without `-c`: flag > environment > `.env` > default context > default.

use std::path::Path;

use super::config::{ConfigFile, ContextSettings};
use super::credentials::{self, Author};
use super::dotenv::{self, DotEnv};
use super::{
    Origin, Overrides, ProcessEnvironment, Setting, Settings, base_url, connection_defaults,
    context_database, headers, invalid_setting,
};
use crate::dsn::{ConnectionDefaults, Dsn, Secret, Sourced};
use crate::error::Error;

/// PG* variables and their libpq parameters.
pub(super) const PG_VARIABLES: [(&str, &str); 21] = [
    ("PGHOST", "host"),
    ("PGHOSTADDR", "hostaddr"),
    ("PGPORT", "port"),
    ("PGUSER", "user"),
    ("PGPASSWORD", "password"),
    ("PGDATABASE", "dbname"),
    ("PGSSLMODE", "sslmode"),
    ("PGREQUIRESSL", "requiressl"),
    ("PGGSSENCMODE", "gssencmode"),
    ("PGSSLROOTCERT", "sslrootcert"),
    ("PGSSLCERT", "sslcert"),
    ("PGSSLKEY", "sslkey"),
    ("PGCHANNELBINDING", "channel_binding"),
    ("PGTARGETSESSIONATTRS", "target_session_attrs"),
    ("PGCONNECT_TIMEOUT", "connect_timeout"),
    ("PGAPPNAME", "application_name"),
    ("PGOPTIONS", "options"),
    ("PGPASSFILE", "passfile"),
    ("PGSERVICE", "service"),
    ("PGSERVICEFILE", "servicefile"),
    ("PGSYSCONFDIR", "sysconfdir"),
];

/// PG* variables that select a database. The others only say how to connect.
const PG_SELECTING: [&str; 4] = ["PGHOST", "PGHOSTADDR", "PGDATABASE", "PGSERVICE"];

/// PG* variables that say where a password is sent, or where it is read from.
const PG_SERVER: [&str; 6] =
    ["PGHOST", "PGHOSTADDR", "PGSERVICE", "PGSERVICEFILE", "PGSYSCONFDIR", "PGPASSFILE"];

/// The variables of the environment and of `.env`.
struct EnvAndDotenv<'a> {
    environment: &'a ProcessEnvironment,
    dotenv: DotEnv,
}

impl EnvAndDotenv<'_> {
    /// A variable of the environment.
    fn environment_variable(&self, name: &str) -> Option<Setting<String>> {
        let value = self.environment.get(name)?;
        Some(Setting::new(value.to_owned(), Origin::Env(name.to_owned())))
    }

    /// A variable of the environment, otherwise of `.env`.
    fn get(&self, name: &str) -> Option<Setting<String>> {
        self.environment_variable(name).or_else(|| self.dotenv.variables.get(name).cloned())
    }

    /// The values that complete a connection string of `author`, with the PG* variables. Another author does not
    /// choose the server.
    fn connection_defaults(&self, author: Author) -> ConnectionDefaults {
        let set = |(name, key): &(&str, &str)| {
            let is_usable = |variable: &Setting<String>| {
                variable.origin.author() == author || !PG_SERVER.contains(name)
            };
            let variable = self.get(name).filter(is_usable);
            let variable =
                variable.or_else(|| self.dotenv.variables.get(*name).cloned().filter(is_usable))?;
            let sourced = Sourced::new(variable.value, variable.origin.to_string());
            Some(((*key).to_owned(), sourced))
        };
        connection_defaults(self.environment, PG_VARIABLES.iter().filter_map(set).collect())
    }

    /// The database that the environment selects, otherwise the one that `.env` selects.
    fn database(&self) -> Option<Result<Setting<Dsn>, Error>> {
        let environment = |name: &str| self.environment_variable(name);
        let dotenv = |name: &str| self.dotenv.variables.get(name).cloned();
        self.database_of(&environment).or_else(|| self.database_of(&dotenv))
    }

    /// The database that the variables of one layer select: `DATABASE_URL`, otherwise PG*
    /// variables.
    fn database_of(
        &self,
        layer: &dyn Fn(&str) -> Option<Setting<String>>,
    ) -> Option<Result<Setting<Dsn>, Error>> {
        if let Some(url) = layer("DATABASE_URL") {
            return Some(self.parse(&url.value, url.origin));
        }
        let selecting = PG_SELECTING.iter().find_map(|name| layer(name))?;
        let dsn = Dsn::from_pg_variables(&self.connection_defaults(selecting.origin.author()));
        let database = dsn.map(|dsn| Setting::new(dsn, selecting.origin)).map_err(Error::from);
        Some(database.and_then(|database| self.with_own_password(database)))
    }

    /// Parses a connection string from `origin`, which is added to an error.
    fn parse(&self, text: &str, origin: Origin) -> Result<Setting<Dsn>, Error> {
        match Dsn::parse(text, &self.connection_defaults(origin.author())) {
            Ok(dsn) => self.with_own_password(Setting::new(dsn, origin)),
            Err(error) => Err(Error::from(error).cause(format!("set by {origin}"))),
        }
    }

    /// Refuses a database whose password comes from another source.
    fn with_own_password(&self, database: Setting<Dsn>) -> Result<Setting<Dsn>, Error> {
        credentials::check_password(&database, self.get("PGPASSWORD").as_ref())?;
        Ok(database)
    }
}

/// Merges flags, environment, `.env` and the default context.
pub(super) fn resolve(
    overrides: &Overrides,
    environment: &ProcessEnvironment,
    config: &ConfigFile,
    cwd: &Path,
) -> Result<Settings, Error> {
    let dotenv = match overrides.without_dotenv {
        true => DotEnv::default(),
        false => dotenv::read(&cwd.join(".env"))?,
    };
    let variables = EnvAndDotenv { environment, dotenv };
    let context = default_context(config)?;
    let mut settings = Settings::unset(overrides, environment, config);
    settings.warnings.clone_from(&variables.dotenv.warnings);
    if let Some(context) = context {
        settings.apply_thresholds(context);
    }
    let app_is_own = app(&mut settings, overrides, &variables, context);
    let database_is_own = database(&mut settings, overrides, &variables, context);
    if let Some(context) = context {
        if app_is_own && database_is_own {
            settings.context_name = Some(context.name.clone());
        }
        note_replacements(&mut settings, context, app_is_own, database_is_own);
    }
    Ok(settings)
}

/// The default context, if one is configured.
fn default_context(config: &ConfigFile) -> Result<Option<&ContextSettings>, Error> {
    let Some(name) = &config.default_context else { return Ok(None) };
    match config.context(&name.value) {
        Some(context) => context.valid().map(Some),
        None => Err(Error::config(format!("{}: no context `{}`", name.origin, name.value))
            .hint(config.unknown_context_hint(&name.value))),
    }
}

/// Sets base URL, token and headers. Returns whether the base URL is not replaced by a flag or
/// variable.
fn app(
    settings: &mut Settings,
    overrides: &Overrides,
    variables: &EnvAndDotenv,
    context: Option<&ContextSettings>,
) -> bool {
    let flag = overrides.base_url.clone();
    let flag = flag.map(|url| Setting::new(url, Origin::Flag("--base-url")));
    let replacement = flag.or_else(|| variables.get("CLIPLY_BASE_URL"));
    let is_own = replacement.is_none();
    match (replacement, context) {
        (Some(url), _) => settings.base_url = base_url(url).map_err(invalid_setting),
        // The credentials of the context are used only with its own URL.
        (None, Some(context)) => settings.apply_app(context, variables.environment),
        (None, None) => {}
    }
    let server = settings.base_url.as_ref().ok().map(|url| url.origin.clone());
    let check = |what, credential: &Origin| match &server {
        Some(server) => credentials::check(what, credential, server).map_err(invalid_setting),
        None => Ok(()),
    };
    if let Some(token) = variables.get("CLIPLY_ADMIN_TOKEN") {
        let checked = check("the admin token", &token.origin);
        settings.admin_token = checked.map(|()| token.map(Secret::new));
    }
    if let Some(text) = variables.get("CLIPLY_HEADERS") {
        let headers = headers::parse(&text.value, &text.origin);
        let headers = headers.map_err(|error| Error::config(format!("{}: {error}", text.origin)));
        let headers = headers.map_err(invalid_setting);
        settings.headers = check("a header", &text.origin).and(headers);
    }
    is_own
}

/// Sets the database. Returns whether it is not replaced by a flag or variable.
fn database(
    settings: &mut Settings,
    overrides: &Overrides,
    variables: &EnvAndDotenv,
    context: Option<&ContextSettings>,
) -> bool {
    let flag = overrides.database_url.as_ref();
    let flag = flag.map(|url| variables.parse(url.expose(), Origin::Flag("--database-url")));
    let replacement = flag.or_else(|| variables.database());
    let is_own = replacement.is_none();
    let own_database = || context_database(context?, variables.environment);
    if let Some(database) = replacement.or_else(own_database) {
        settings.database = database.map_err(invalid_setting);
    }
    // Another database has other tables.
    if is_own {
        settings.queue = context.and_then(|context| context.queue.clone());
        settings.access_contract =
            context.and_then(|context| context.contract_file(variables.environment));
    }
    is_own
}

/// Adds a warning for each setting of the default context that a flag or variable replaces. The
/// protection of the context still applies, unless the database was given as a flag.
fn note_replacements(
    settings: &mut Settings,
    context: &ContextSettings,
    app_is_own: bool,
    database_is_own: bool,
) {
    let mut notes = Vec::new();
    if let (Ok(url), Some(_), false) = (&settings.base_url, &context.base_url, app_is_own) {
        notes.push(format!("{} replaces the base URL of context {}", url.origin, context.name));
    }
    if let (Ok(dsn), Some(_), false) = (&settings.database, &context.database, database_is_own) {
        notes.push(format!("{} replaces the database of context {}", dsn.origin, context.name));
    }
    settings.warnings.extend(notes);
}
