//! Without `-c`: flag > environment > `.env` > default context > default.

use std::path::Path;

use super::config::{ConfigFile, ContextSettings};
use super::dotenv::{self, DotEnv};
use super::{
    Origin, Overrides, ProcessEnvironment, Setting, Settings, base_url, context_database, headers,
    surroundings, unconfigured,
};
use crate::dsn::{ConnectionDefaults, Dsn, Secret, Sourced};
use crate::error::Error;

/// PG* variables and the libpq parameters they stand for.
pub(crate) const PG_VARIABLES: [(&str, &str); 18] = [
    ("PGHOST", "host"),
    ("PGHOSTADDR", "hostaddr"),
    ("PGPORT", "port"),
    ("PGUSER", "user"),
    ("PGPASSWORD", "password"),
    ("PGDATABASE", "dbname"),
    ("PGSSLMODE", "sslmode"),
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
];

/// PG* variables that say which database, rather than how to reach it.
const PG_PLACES: [&str; 4] = ["PGHOST", "PGHOSTADDR", "PGDATABASE", "PGSERVICE"];

/// The environment over `.env`.
struct EnvAndDotenv<'a> {
    environment: &'a ProcessEnvironment,
    dotenv: DotEnv,
}

impl EnvAndDotenv<'_> {
    fn of_environment(&self, name: &str) -> Option<Setting<String>> {
        let value = self.environment.get(name)?;
        Some(Setting::new(value.to_owned(), Origin::Env(name.to_owned())))
    }

    fn get(&self, name: &str) -> Option<Setting<String>> {
        self.of_environment(name).or_else(|| self.dotenv.get(name).cloned())
    }

    fn surroundings(&self) -> ConnectionDefaults {
        let set = |(name, key): &(&str, &str)| {
            let variable = self.get(name)?;
            let sourced = Sourced::new(variable.value, variable.origin.to_string());
            Some(((*key).to_owned(), sourced))
        };
        surroundings(self.environment, PG_VARIABLES.iter().filter_map(set).collect())
    }

    /// The database that the environment, else `.env`, speaks of.
    fn database(&self) -> Option<Result<Setting<Dsn>, Error>> {
        let environment = |name: &str| self.of_environment(name);
        let dotenv = |name: &str| self.dotenv.get(name).cloned();
        self.database_of(&environment).or_else(|| self.database_of(&dotenv))
    }

    fn database_of(
        &self,
        layer: &dyn Fn(&str) -> Option<Setting<String>>,
    ) -> Option<Result<Setting<Dsn>, Error>> {
        if let Some(url) = layer("DATABASE_URL") {
            return Some(parse(&url.value, url.origin, &self.surroundings()));
        }
        let place = PG_PLACES.iter().find_map(|name| layer(name))?;
        let dsn = Dsn::from_pg_variables(&self.surroundings());
        Some(dsn.map(|dsn| Setting::new(dsn, place.origin)).map_err(Error::from))
    }
}

fn parse(text: &str, origin: Origin, around: &ConnectionDefaults) -> Result<Setting<Dsn>, Error> {
    match Dsn::parse(text, around) {
        Ok(dsn) => Ok(Setting::new(dsn, origin)),
        Err(error) => Err(Error::from(error).cause(format!("set by {origin}"))),
    }
}

/// The settings that flags, environment, `.env` and the default context make together.
pub fn resolve(
    overrides: &Overrides,
    environment: &ProcessEnvironment,
    config: &ConfigFile,
    cwd: &Path,
) -> Result<Settings, Error> {
    let dotenv = match overrides.without_dotenv {
        true => DotEnv::new(),
        false => dotenv::read(&cwd.join(".env"))?,
    };
    let ambient = EnvAndDotenv { environment, dotenv };
    let context = default_context(config)?;
    let mut settings = Settings::blank(overrides, environment, config);
    if let Some(context) = context {
        settings.apply_thresholds(context);
    }
    let own_api = api(&mut settings, overrides, &ambient, context);
    let own_database = database(&mut settings, overrides, &ambient, context);
    if let Some(context) = context {
        if own_api && own_database {
            settings.context_name = Some(context.name.clone());
        }
        note_replacements(&mut settings, context, own_api, own_database);
    }
    Ok(settings)
}

fn default_context(config: &ConfigFile) -> Result<Option<&ContextSettings>, Error> {
    let Some(name) = &config.default_context else { return Ok(None) };
    match config.context(&name.value) {
        Some(context) => context.sound().map(Some),
        None => Err(Error::config(format!("{}: no context `{}`", name.origin, name.value))
            .hint(config.hint(&name.value))),
    }
}

/// Base URL, token and headers; says whether the context's API is the one in force.
fn api(
    settings: &mut Settings,
    overrides: &Overrides,
    ambient: &EnvAndDotenv,
    context: Option<&ContextSettings>,
) -> bool {
    let flag = overrides.base_url.clone();
    let flag = flag.map(|url| Setting::new(url, Origin::Flag("--base-url")));
    let said = flag.or_else(|| ambient.get("CLIPLY_BASE_URL"));
    let own = said.is_none();
    match (said, context) {
        (Some(url), _) => settings.base_url = base_url(url).map_err(unconfigured),
        // The context's credentials travel with the context's URL alone.
        (None, Some(context)) => settings.apply_api(context, ambient.environment),
        (None, None) => {}
    }
    if let Some(token) = ambient.get("CLIPLY_ADMIN_TOKEN") {
        settings.admin_token = Ok(token.map(Secret::new));
    }
    if let Some(text) = ambient.get("CLIPLY_HEADERS") {
        let headers = headers::parse(&text.value, &text.origin);
        let headers = headers.map_err(|wrong| Error::config(format!("{}: {wrong}", text.origin)));
        settings.headers = headers.map_err(unconfigured);
    }
    own
}

/// The database; says whether it is the context's.
fn database(
    settings: &mut Settings,
    overrides: &Overrides,
    ambient: &EnvAndDotenv,
    context: Option<&ContextSettings>,
) -> bool {
    let flag = overrides
        .database_url
        .as_ref()
        .map(|url| parse(url.expose(), Origin::Flag("--database-url"), &ambient.surroundings()));
    let said = flag.or_else(|| ambient.database());
    let own = said.is_none();
    let own_database = || context_database(context?, ambient.environment);
    if let Some(database) = said.or_else(own_database) {
        settings.database = database.map_err(unconfigured);
    }
    own
}

/// Says what of the default context is not in force; its guards hold on, unless a flag was typed.
fn note_replacements(
    settings: &mut Settings,
    context: &ContextSettings,
    api: bool,
    database: bool,
) {
    let mut notes = Vec::new();
    if let (Ok(url), Some(_), false) = (&settings.base_url, &context.base_url, api) {
        notes.push(format!("{} replaces the base URL of context {}", url.origin, context.name));
    }
    if let (Ok(dsn), Some(_), false) = (&settings.database, &context.database, database) {
        notes.push(format!("{} replaces the database of context {}", dsn.origin, context.name));
    }
    settings.warnings.extend(notes);
}
