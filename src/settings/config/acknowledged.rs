//! `[[acknowledged]]`: groups of dead letters that do not count until a date.

use jiff::civil::Date;

use super::document::{TomlDocument, TomlKey, TomlValue};
use crate::error::Error;
use crate::facts::acknowledged::Acknowledgement;
use crate::facts::group::is_group_id;
use crate::settings::Setting;
use crate::suggest::{CommandText, ShellCommand};

const KEYS: [&str; 6] = ["group", "owner", "reason", "expires", "max_jobs", "context"];

/// Reads the entries of one file.
pub(super) fn read(
    document: &TomlDocument,
    key: &TomlKey,
    value: &TomlValue,
) -> Result<Vec<Setting<Acknowledgement>>, Error> {
    let entries = value.get_ref().as_array();
    let entries =
        entries.ok_or_else(|| document.expected(key, value, "a list: [[acknowledged]]"))?;
    let mut read: Vec<Setting<Acknowledgement>> = Vec::new();
    for value in entries {
        let entry = entry(document, key, value)?;
        let is_same = |other: &Setting<Acknowledgement>| is_same_group(&other.value, &entry);
        if read.iter().any(is_same) {
            let message = format!("group {} is acknowledged twice", entry.group);
            return Err(document.error(value.span(), message).hint("remove one of the entries"));
        }
        read.push(Setting::new(entry, document.origin(value.span())));
    }
    Ok(read)
}

/// Whether two entries are about one group of one context.
pub(super) fn is_same_group(a: &Acknowledgement, b: &Acknowledgement) -> bool {
    a.group == b.group && a.context == b.context
}

/// Reads one entry; all keys but `context` are required.
fn entry(
    document: &TomlDocument,
    key: &TomlKey,
    value: &TomlValue,
) -> Result<Acknowledgement, Error> {
    let (mut group, mut owner, mut reason, mut context) = (None, None, None, None);
    let (mut expires, mut max_jobs) = (None, None);
    for (key, value) in document.subtable(key, value)? {
        let text = || document.string(key, value).map(|setting| setting.value);
        match key.get_ref().as_ref() {
            "group" => group = Some(group_id(document, key, value)?),
            "owner" => owner = Some(text()?),
            "reason" => reason = Some(text()?),
            "context" => context = Some(text()?),
            "expires" => expires = Some(date(document, key, value)?),
            "max_jobs" => max_jobs = Some(jobs(document, key, value)?),
            _ => return Err(document.unknown_key(key, &KEYS)),
        }
    }
    match (group, owner, reason, expires, max_jobs) {
        (Some(group), Some(owner), Some(reason), Some(expires), Some(max_jobs)) => {
            Ok(Acknowledgement { group, owner, reason, expires, max_jobs, context })
        }
        _ => Err(document
            .error(value.span(), "an entry of [[acknowledged]] is incomplete")
            .hint("it needs group, owner, reason, expires and max_jobs")
            .hint(CommandText::to(
                "write one",
                ShellCommand::new("dlq ack --group GROUP --expires DATE --reason TEXT"),
            ))),
    }
}

/// Reads the id of a group. One of other grouping rules matches nothing, as after an update of cliplyctl.
fn group_id(document: &TomlDocument, key: &TomlKey, value: &TomlValue) -> Result<String, Error> {
    let group = document.string(key, value)?.value;
    match is_group_id(&group) {
        true => Ok(group),
        false => Err(document.expected(key, value, "the id of a group, as dlq groups lists them")),
    }
}

/// Reads a date, quoted or as a date of TOML.
fn date(document: &TomlDocument, key: &TomlKey, value: &TomlValue) -> Result<Date, Error> {
    let text = match value.get_ref() {
        toml::de::DeValue::Datetime(datetime) => datetime.to_string(),
        value => value.as_str().unwrap_or_default().to_owned(),
    };
    text.parse().map_err(|_| document.expected(key, value, "a date such as \"2026-01-31\" (UTC)"))
}

fn jobs(document: &TomlDocument, key: &TomlKey, value: &TomlValue) -> Result<u64, Error> {
    let number = document.number(value).filter(|n| *n >= 1.0 && n.fract() == 0.0);
    // Exact for every number of jobs that a table can hold.
    number
        .map(|number| number as u64)
        .ok_or_else(|| document.expected(key, value, "a number of jobs, at least 1"))
}
