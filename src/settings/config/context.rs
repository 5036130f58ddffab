//! `[context.NAME]`: the settings of one deployment.

use std::path::PathBuf;
use std::time::Duration;

use toml::de::DeTable;

use super::document::{TomlDocument, TomlKey, TomlValue};
use super::queue;
use super::source::{self, Source};
use super::thresholds::{self, ThresholdSettings};
use crate::error::Error;
use crate::queue::{Counting, QueueChoice};
use crate::settings::app::{AppOverrides, is_endpoint_path};
use crate::settings::{Header, Origin, ProcessEnvironment, Setting};

/// Every key of a context, with its description.
const CONTEXT_KEYS: [(&str, &str); 24] = [
    ("base_url", "base URL of the API, without /api"),
    ("database_url", "the database, without a password"),
    ("database_url_env", "name of the variable that holds the database URL"),
    ("database_url_file", "file that holds the database URL"),
    ("admin_token_env", "name of the variable that holds the bearer token for /api/admin/readyz"),
    ("admin_token_file", "file that holds the bearer token"),
    ("allow_plain_http", "true: the admin token may be sent without TLS"),
    ("headers", "table of extra headers; a value may be {env = \"NAME\"} or {file = \"PATH\"}"),
    ("protected", "true: writes need --confirm and --reason"),
    ("read_only", "true: writes are refused"),
    ("oldest_job_age_unit", "unit of readyz's oldestJobAge: \"s\" or \"ms\""),
    ("state_column", "column that the worker's claim reads: \"state\" or \"status\""),
    ("time_zone", "zone of times without one in the jobs table, such as \"UTC\""),
    ("attempts_counted", "when an attempt of a job is counted: \"at_claim\" or \"at_failure\""),
    (
        "queue",
        "table that chooses or declares a jobs table: docs/queues.md, docs/declared-layout.md",
    ),
    ("healthz_path", "path of the health report; default /api/healthz"),
    ("readyz_path", "path of the readiness report; default /api/readyz"),
    ("admin_readyz_path", "path of `ready --admin`; default /api/admin/readyz"),
    ("max_answer_age", "maximum age of an answer of the app; default \"60s\""),
    ("ignored_components", "components of readyz that are shown, but not evaluated: [\"worker\"]"),
    (
        "access_contract",
        "access contract, relative to this file; default: the built-in one for jobs",
    ),
    ("runbook_url", "URL of RUNBOOK.md in a browser; terminals link to its sections"),
    ("timeout", "timeout of one command: \"5s\""),
    ("thresholds", "table of thresholds: {warning, critical}, a number (warning) or false"),
];

/// The unit of `oldestJobAge` in the readiness report, which the report does not state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AgeUnit {
    /// Seconds.
    Seconds,
    /// Milliseconds.
    Milliseconds,
}

impl AgeUnit {
    /// The value in the file: `s` or `ms`.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Seconds => "s",
            Self::Milliseconds => "ms",
        }
    }
}

/// A context as defined in its file. Values in variables and other files are not read yet.
#[derive(Debug, Clone)]
pub(crate) struct ContextSettings {
    /// Its name.
    pub(crate) name: String,
    /// Where it is defined.
    pub(crate) origin: Origin,
    /// Base URL of the app.
    pub(crate) base_url: Option<Setting<String>>,
    /// Where the database URL is defined.
    pub(crate) database: Option<Source>,
    /// Where the admin token is defined.
    pub(crate) admin_token: Option<Source>,
    /// Whether the admin token may be sent without TLS.
    pub(crate) allow_plain_http: bool,
    /// The names of headers and where their values are defined.
    pub(crate) headers: Vec<(String, Source)>,
    /// Whether writes require its name.
    pub(crate) protected: Option<Setting<bool>>,
    /// Whether writes are refused.
    pub(crate) read_only: Option<Setting<bool>>,
    /// The unit of `oldestJobAge`.
    pub(crate) oldest_job_age_unit: Option<Setting<AgeUnit>>,
    /// The column of the jobs table that the worker maintains.
    pub(crate) state_column: Option<Setting<String>>,
    /// The zone of times without one.
    pub(crate) time_zone: Option<Setting<String>>,
    /// When an attempt is counted, where the database does not show it.
    pub(crate) attempts_counted: Option<Setting<Counting>>,
    /// The jobs table: declared, or a package's.
    pub(crate) queue: Option<Setting<QueueChoice>>,
    /// The endpoints of the app and how its answers are evaluated.
    pub(in crate::settings) app: AppOverrides,
    /// The file of the access contract.
    pub(crate) access_contract: Option<Setting<String>>,
    /// The address of the runbook for browsers.
    pub(crate) runbook_url: Option<Setting<String>>,
    /// The time limit of one probe.
    pub(crate) timeout: Option<Setting<Duration>>,
    /// Thresholds that differ from the defaults.
    pub(crate) thresholds: ThresholdSettings,
    /// The first error in it. If there is one, no other value may be used.
    pub(crate) error: Option<Error>,
}

impl ContextSettings {
    /// Reads the table of one context. An error is stored, so that only commands that use the
    /// context report it.
    pub(super) fn read(document: &TomlDocument, key: &TomlKey, table: &DeTable) -> Self {
        let mut context = Self::empty(key.get_ref().clone().into_owned(), document, key);
        for (key, value) in table {
            if let Err(error) = context.set(document, key, value) {
                context.error.get_or_insert(error);
            }
        }
        context
    }

    /// This context, if it is valid.
    pub(crate) fn valid(&self) -> Result<&Self, Error> {
        self.error.as_ref().map_or(Ok(self), |error| Err(error.clone()))
    }

    /// A context without values.
    fn empty(name: String, document: &TomlDocument, key: &TomlKey) -> Self {
        Self {
            name,
            origin: document.origin(key.span()),
            base_url: None,
            database: None,
            admin_token: None,
            allow_plain_http: false,
            headers: Vec::new(),
            protected: None,
            read_only: None,
            oldest_job_age_unit: None,
            state_column: None,
            time_zone: None,
            attempts_counted: None,
            queue: None,
            app: AppOverrides::default(),
            access_contract: None,
            runbook_url: None,
            timeout: None,
            thresholds: ThresholdSettings::default(),
            error: None,
        }
    }

    /// Sets the value of one key.
    fn set(
        &mut self,
        document: &TomlDocument,
        key: &TomlKey,
        value: &TomlValue,
    ) -> Result<(), Error> {
        let text = || document.string(key, value);
        match key.get_ref().as_ref() {
            "base_url" => self.base_url = Some(text()?),
            "database_url" => {
                set_once(&mut self.database, Source::Literal(text()?), document, key)?
            }
            "database_url_env" => {
                set_once(&mut self.database, Source::Env(text()?), document, key)?
            }
            "database_url_file" => {
                set_once(&mut self.database, Source::File(text()?), document, key)?
            }
            "admin_token_env" => {
                set_once(&mut self.admin_token, Source::Env(text()?), document, key)?
            }
            "admin_token_file" => {
                set_once(&mut self.admin_token, Source::File(text()?), document, key)?;
            }
            "allow_plain_http" => self.allow_plain_http = document.boolean(key, value)?.value,
            "headers" => self.headers = headers(document, key, value)?,
            "protected" => self.protected = Some(document.boolean(key, value)?),
            "read_only" => self.read_only = Some(document.boolean(key, value)?),
            "oldest_job_age_unit" => {
                self.oldest_job_age_unit = Some(age_unit(document, key, value)?);
            }
            "state_column" => self.state_column = Some(state_column(document, key, value)?),
            "time_zone" => self.time_zone = Some(document.string(key, value)?),
            "attempts_counted" => {
                let (counting, origin) =
                    (queue::counting(document, key, value)?, document.origin(key.span()));
                self.attempts_counted = Some(Setting::new(counting, origin));
            }
            "queue" => self.queue = Some(queue::read(document, key, value)?),
            "healthz_path" => self.app.healthz_path = Some(endpoint_path(document, key, value)?),
            "readyz_path" => self.app.readyz_path = Some(endpoint_path(document, key, value)?),
            "admin_readyz_path" => {
                self.app.admin_readyz_path = Some(endpoint_path(document, key, value)?);
            }
            "max_answer_age" => self.app.max_answer_age = Some(document.duration(key, value)?),
            "ignored_components" => {
                self.app.ignored_components = Some(document.strings(key, value)?);
            }
            "access_contract" => self.access_contract = Some(text()?),
            "runbook_url" => self.runbook_url = Some(runbook_url(document, key, value)?),
            "timeout" => self.timeout = Some(document.duration(key, value)?),
            "thresholds" => self.thresholds = thresholds::read(document, key, value)?,
            "database_password" | "password" | "admin_token" => {
                return Err(document
                    .error(key.span(), format!("`{}`: secrets do not belong in this file", key.get_ref()))
                    .hint("name a variable or a file: database_url_env, database_url_file, admin_token_env, admin_token_file"));
            }
            _ => return Err(document.unknown_key(key, &CONTEXT_KEYS.map(|(name, _)| name))),
        }
        Ok(())
    }

    /// The file of the access contract.
    pub(crate) fn contract_file(
        &self,
        environment: &ProcessEnvironment,
    ) -> Option<Setting<PathBuf>> {
        let file = self.access_contract.as_ref()?;
        Some(Setting::new(source::beside_config(file, environment), file.origin.clone()))
    }

    /// The headers with the values of their variables and files.
    pub(crate) fn read_headers(
        &self,
        environment: &ProcessEnvironment,
    ) -> Result<Vec<Header>, Error> {
        let header = |(name, source): &(String, Source)| {
            let value = source.read(environment)?;
            Header::new(name, &value.value, value.origin)
                .map_err(|error| Error::config(format!("context {}: {error}", self.name)))
        };
        self.headers.iter().map(header).collect()
    }
}

/// Sets a value that may be set only once, by one of several keys.
fn set_once(
    slot: &mut Option<Source>,
    source: Source,
    document: &TomlDocument,
    key: &TomlKey,
) -> Result<(), Error> {
    match slot.replace(source) {
        None => Ok(()),
        Some(_) => Err(document
            .error(key.span(), format!("`{}` is a second key for the same setting", key.get_ref()))
            .hint("remove one of them")),
    }
}

/// A valid http(s) address. Parsing makes it ASCII without control characters, as required for
/// terminal links.
fn runbook_url(
    document: &TomlDocument,
    key: &TomlKey,
    value: &TomlValue,
) -> Result<Setting<String>, Error> {
    let setting = document.string(key, value)?;
    let url = reqwest::Url::parse(&setting.value).ok();
    let url =
        url.filter(|url| matches!(url.scheme(), "http" | "https") && url.username().is_empty());
    let Some(mut url) = url else {
        return Err(document
            .error(key.span(), "`runbook_url` is not a valid URL".to_owned())
            .hint("expected https://host/path"));
    };
    url.set_fragment(None);
    Ok(Setting::new(url.to_string(), setting.origin))
}

/// A path that follows the base URL.
fn endpoint_path(
    document: &TomlDocument,
    key: &TomlKey,
    value: &TomlValue,
) -> Result<Setting<String>, Error> {
    let path = document.string(key, value)?;
    match is_endpoint_path(&path.value) {
        true => Ok(path),
        false => Err(document.expected(key, value, "a path such as \"/api/readyz\"")),
    }
}

/// `"s"` or `"ms"`.
fn age_unit(
    document: &TomlDocument,
    key: &TomlKey,
    value: &TomlValue,
) -> Result<Setting<AgeUnit>, Error> {
    let text = document.string(key, value)?;
    let unit =
        [AgeUnit::Seconds, AgeUnit::Milliseconds].into_iter().find(|u| u.as_str() == text.value);
    let unit = unit.ok_or_else(|| document.expected(key, value, "\"s\" or \"ms\""))?;
    Ok(Setting::new(unit, text.origin))
}

fn state_column(
    document: &TomlDocument,
    key: &TomlKey,
    value: &TomlValue,
) -> Result<Setting<String>, Error> {
    let column = document.string(key, value)?;
    if !["state", "status"].contains(&column.value.as_str()) {
        return Err(document.expected(key, value, "\"state\" or \"status\""));
    }
    Ok(column)
}

/// A table of strings, `{env = "NAME"}` or `{file = "PATH"}`.
fn headers(
    document: &TomlDocument,
    key: &TomlKey,
    value: &TomlValue,
) -> Result<Vec<(String, Source)>, Error> {
    let mut headers = Vec::new();
    for (name, value) in document.subtable(key, value)? {
        let source = match value.get_ref().as_table() {
            Some(table) => source_table(document, name, value, table)?,
            None => Source::Literal(document.string(name, value)?),
        };
        headers.push((name.get_ref().clone().into_owned(), source));
    }
    Ok(headers)
}

/// `{env = "NAME"}` or `{file = "PATH"}`.
fn source_table(
    document: &TomlDocument,
    name: &TomlKey,
    value: &TomlValue,
    table: &DeTable,
) -> Result<Source, Error> {
    let mut source = None;
    for (key, value) in table {
        let found = match key.get_ref().as_ref() {
            "env" => Source::Env(document.string(key, value)?),
            "file" => Source::File(document.string(key, value)?),
            _ => return Err(document.unknown_key(key, &["env", "file"])),
        };
        set_once(&mut source, found, document, key)?;
    }
    source
        .ok_or_else(|| document.expected(name, value, "a string, {env = \"…\"} or {file = \"…\"}"))
}
