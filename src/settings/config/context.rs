//! `[context.NAME]`: everything needed to reach one deployment.

use std::time::Duration;

use toml::de::DeTable;

use super::document::{TomlDocument, TomlKey, TomlValue};
use super::source::Source;
use super::thresholds::{self, ThresholdSettings};
use crate::error::Error;
use crate::settings::{Header, Origin, ProcessEnvironment, Setting};

/// Every key of a context, with one line for the documents.
pub const CONTEXT_KEYS: [(&str, &str); 13] = [
    ("base_url", "base URL of the API, without /api"),
    ("database_url", "the database, without a password"),
    ("database_url_env", "name of the variable that holds the database URL"),
    ("database_url_file", "file that holds the database URL"),
    ("admin_token_env", "name of the variable that holds the bearer token for /api/admin/readyz"),
    ("admin_token_file", "file that holds the bearer token"),
    ("headers", "table of extra headers; a value may be {env = \"NAME\"} or {file = \"PATH\"}"),
    ("protected", "true: writes ask for the context's name"),
    ("read_only", "true: writes are refused"),
    ("oldest_job_age_unit", "unit of readyz's oldestJobAge: \"s\" or \"ms\""),
    ("runbook_url", "where RUNBOOK.md is read in a browser: terminals link to its sections"),
    ("timeout", "longest time for one probe: \"5s\""),
    ("thresholds", "table of limits: {warning, critical}, a number (warning) or false"),
];

/// The unit of readyz's `oldestJobAge`, which its value does not tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AgeUnit {
    /// Seconds.
    Seconds,
    /// Milliseconds.
    Milliseconds,
}

impl AgeUnit {
    /// The word in the file: `s` or `ms`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Seconds => "s",
            Self::Milliseconds => "ms",
        }
    }
}

/// One context as its file describes it; secrets are not fetched yet.
#[derive(Debug, Clone)]
pub struct ContextSettings {
    /// Its name.
    pub name: String,
    /// Where it is defined.
    pub origin: Origin,
    /// Base URL of the API.
    pub base_url: Option<Setting<String>>,
    /// Where the database URL is found.
    pub database: Option<Source>,
    /// Where the admin token is found.
    pub admin_token: Option<Source>,
    /// Names of headers and where their values are found.
    pub headers: Vec<(String, Source)>,
    /// Whether writes ask for its name.
    pub protected: Option<Setting<bool>>,
    /// Whether writes are refused.
    pub read_only: Option<Setting<bool>>,
    /// The unit of `oldestJobAge`.
    pub oldest_job_age_unit: Option<Setting<AgeUnit>>,
    /// Where the runbook is read in a browser.
    pub runbook_url: Option<Setting<String>>,
    /// Longest time for one probe.
    pub timeout: Option<Setting<Duration>>,
    /// Limits that differ from the defaults.
    pub thresholds: ThresholdSettings,
    /// The first thing in it that cannot be used: nobody may rely on the rest.
    pub fault: Option<Error>,
}

impl ContextSettings {
    /// Reads the table of one context. What is wrong in it is kept for those who name it.
    pub fn read(document: &TomlDocument, key: &TomlKey, table: &DeTable) -> Self {
        let mut context = Self::empty(key.get_ref().clone().into_owned(), document, key);
        for (key, value) in table {
            if let Err(fault) = context.set(document, key, value) {
                context.fault.get_or_insert(fault);
            }
        }
        context
    }

    /// This context, where all of it can be used.
    ///
    /// # Errors
    /// What is wrong in it.
    pub fn sound(&self) -> Result<&Self, Error> {
        self.fault.as_ref().map_or(Ok(self), |fault| Err(fault.clone()))
    }

    fn empty(name: String, document: &TomlDocument, key: &TomlKey) -> Self {
        Self {
            name,
            origin: document.origin(key.span()),
            base_url: None,
            database: None,
            admin_token: None,
            headers: Vec::new(),
            protected: None,
            read_only: None,
            oldest_job_age_unit: None,
            runbook_url: None,
            timeout: None,
            thresholds: ThresholdSettings::default(),
            fault: None,
        }
    }

    fn set(
        &mut self,
        document: &TomlDocument,
        key: &TomlKey,
        value: &TomlValue,
    ) -> Result<(), Error> {
        let text = || document.string(key, value);
        match key.get_ref().as_ref() {
            "base_url" => self.base_url = Some(text()?),
            "database_url" => only(&mut self.database, Source::Literal(text()?), document, key)?,
            "database_url_env" => only(&mut self.database, Source::Env(text()?), document, key)?,
            "database_url_file" => only(&mut self.database, Source::File(text()?), document, key)?,
            "admin_token_env" => only(&mut self.admin_token, Source::Env(text()?), document, key)?,
            "admin_token_file" => {
                only(&mut self.admin_token, Source::File(text()?), document, key)?;
            }
            "headers" => self.headers = headers(document, key, value)?,
            "protected" => self.protected = Some(document.boolean(key, value)?),
            "read_only" => self.read_only = Some(document.boolean(key, value)?),
            "oldest_job_age_unit" => {
                self.oldest_job_age_unit = Some(age_unit(document, key, value)?);
            }
            "runbook_url" => self.runbook_url = Some(runbook_url(document, key, value)?),
            "timeout" => self.timeout = Some(document.duration(key, value)?),
            "thresholds" => self.thresholds = thresholds::read(document, key, value)?,
            "database_password" | "password" | "admin_token" => {
                return Err(document
                    .error(key.span(), format!("`{}`: secrets do not belong in this file", key.get_ref()))
                    .hint("name a variable or a file: database_url_env, database_url_file, admin_token_env, admin_token_file"));
            }
            _ => return Err(document.unknown(key, &CONTEXT_KEYS.map(|(name, _)| name))),
        }
        Ok(())
    }

    /// The headers with their values fetched.
    pub fn read_headers(&self, environment: &ProcessEnvironment) -> Result<Vec<Header>, Error> {
        let header = |(name, source): &(String, Source)| {
            let value = source.read(environment)?;
            Header::new(name, &value.value, value.origin)
                .map_err(|wrong| Error::config(format!("context {}: {wrong}", self.name)))
        };
        self.headers.iter().map(header).collect()
    }
}

/// Sets what may be set once, under one of several keys.
fn only(
    slot: &mut Option<Source>,
    source: Source,
    document: &TomlDocument,
    key: &TomlKey,
) -> Result<(), Error> {
    match slot.replace(source) {
        None => Ok(()),
        Some(_) => Err(document
            .error(
                key.span(),
                format!("`{}` says a second time what another key says", key.get_ref()),
            )
            .hint("keep one of the two")),
    }
}

/// An address that a terminal may be told to open: written in ASCII, without control characters.
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
            .error(key.span(), "`runbook_url` is no address of a page".to_owned())
            .hint("expected https://host/path"));
    };
    url.set_fragment(None);
    Ok(Setting::new(url.to_string(), setting.origin))
}

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

fn headers(
    document: &TomlDocument,
    key: &TomlKey,
    value: &TomlValue,
) -> Result<Vec<(String, Source)>, Error> {
    let mut headers = Vec::new();
    for (name, value) in document.inner(key, value)? {
        let source = match value.get_ref().as_table() {
            Some(table) => named_source(document, name, value, table)?,
            None => Source::Literal(document.string(name, value)?),
        };
        headers.push((name.get_ref().clone().into_owned(), source));
    }
    Ok(headers)
}

fn named_source(
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
            _ => return Err(document.unknown(key, &["env", "file"])),
        };
        only(&mut source, found, document, key)?;
    }
    source
        .ok_or_else(|| document.expected(name, value, "a string, {env = \"…\"} or {file = \"…\"}"))
}
