//! `[context.NAME.thresholds]`: a number, a pair or `false` for each threshold.

use std::time::Duration;

use super::document::{TomlDocument, TomlKey, TomlValue};
use crate::error::Error;
use crate::facts::Threshold;
use crate::facts::thresholds::{THRESHOLD_DOCS, ThresholdDoc};
use crate::settings::{Setting, duration};

/// The thresholds of a context.
#[derive(Debug, Clone, Default)]
pub(crate) struct ThresholdSettings {
    /// The configured thresholds, each with both values.
    pub(crate) thresholds: Vec<(&'static ThresholdDoc, Setting<Threshold>)>,
    /// The heartbeat age from which a claimed job counts as stuck.
    pub(crate) stuck_after: Option<Setting<Duration>>,
}

/// Reads the table.
pub(super) fn read(
    document: &TomlDocument,
    key: &TomlKey,
    value: &TomlValue,
) -> Result<ThresholdSettings, Error> {
    let mut thresholds = ThresholdSettings::default();
    for (key, value) in document.subtable(key, value)? {
        if key.get_ref() == "stuck_after" {
            thresholds.stuck_after = Some(document.duration(key, value)?);
            continue;
        }
        let name = key.get_ref().as_ref();
        let is_named = |doc: &&ThresholdDoc| doc.name == name || doc.old_name == Some(name);
        let Some(doc) = THRESHOLD_DOCS.iter().find(is_named) else {
            let mut known: Vec<_> = THRESHOLD_DOCS.iter().map(|doc| doc.name).collect();
            known.push("stuck_after");
            return Err(document.unknown_key(key, &known));
        };
        let threshold = threshold(document, doc, key, value)?;
        thresholds.thresholds.push((doc, Setting::new(threshold, document.origin(key.span()))));
    }
    Ok(thresholds)
}

/// Reads one threshold. A single number sets the warning value; a value that is not given keeps its
/// default; `false` removes the threshold.
fn threshold(
    document: &TomlDocument,
    doc: &ThresholdDoc,
    key: &TomlKey,
    value: &TomlValue,
) -> Result<Threshold, Error> {
    let mut threshold = doc.default;
    if value.get_ref().as_bool() == Some(false) {
        return Ok(Threshold { warning: None, critical: None });
    } else if let Some(table) = value.get_ref().as_table() {
        for (key, value) in table {
            let slot = match key.get_ref().as_ref() {
                "warning" => &mut threshold.warning,
                "critical" => &mut threshold.critical,
                _ => return Err(document.unknown_key(key, &["warning", "critical"])),
            };
            *slot = number(document, doc, key, value)?;
        }
    } else {
        threshold.warning = number(document, doc, key, value)?;
    }
    match (threshold.warning, threshold.critical) {
        (Some(warning), Some(critical)) if warning > critical => Err(out_of_order(
            document,
            key,
            &format!("{warning} {unit}, critical {critical} {unit}", unit = doc.unit),
        )),
        _ => Ok(threshold),
    }
}

/// The warning or critical value in the unit of the threshold; `None` for `false`.
fn number(
    document: &TomlDocument,
    doc: &ThresholdDoc,
    key: &TomlKey,
    value: &TomlValue,
) -> Result<Option<f64>, Error> {
    if value.get_ref().as_bool() == Some(false) {
        return Ok(None);
    }
    let time = value.get_ref().as_str().and_then(|text| duration::parse(text).ok());
    let number = match (doc.unit, time) {
        ("s", Some(time)) => Some(time.as_secs_f64()),
        ("ms", Some(time)) => Some(time.as_secs_f64() * 1000.0),
        _ => document.number(value),
    };
    let expected = match doc.unit {
        "s" | "ms" => format!("a number of {}, a duration such as \"5m\", or false", doc.unit),
        unit => format!("a number of {unit}, or false"),
    };
    number.map(Some).ok_or_else(|| document.expected(key, value, &expected))
}

/// The error for a warning value above the critical value.
fn out_of_order(document: &TomlDocument, key: &TomlKey, values: &str) -> Error {
    let name = key.get_ref();
    document
        .error(key.span(), format!("`{name}` is critical before it warns: warning {values}"))
        .hint(format!(
            "set both: {name} = {{ warning = …, critical = … }}; false disables a threshold"
        ))
}
