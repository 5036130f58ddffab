//! `[context.NAME.thresholds]`: a number, a pair, or `false` for each limit.

use std::time::Duration;

use super::document::{TomlDocument, TomlKey, TomlValue};
use crate::error::Error;
use crate::facts::Threshold;
use crate::facts::thresholds::{LIMITS, ThresholdDoc};
use crate::settings::{Setting, duration};

/// What a context says about limits.
#[derive(Debug, Clone, Default)]
pub struct ThresholdSettings {
    /// Limits by name, each complete.
    pub limits: Vec<(&'static ThresholdDoc, Setting<Threshold>)>,
    /// The age of a heartbeat from which a job counts as stuck.
    pub stuck_after: Option<Setting<Duration>>,
}

/// Reads the table.
pub fn read(
    document: &TomlDocument,
    key: &TomlKey,
    value: &TomlValue,
) -> Result<ThresholdSettings, Error> {
    let mut thresholds = ThresholdSettings::default();
    for (key, value) in document.inner(key, value)? {
        if key.get_ref() == "stuck_after" {
            thresholds.stuck_after = Some(document.duration(key, value)?);
            continue;
        }
        let Some(doc) = LIMITS.iter().find(|doc| doc.name == key.get_ref()) else {
            let mut known: Vec<_> = LIMITS.iter().map(|doc| doc.name).collect();
            known.push("stuck_after");
            return Err(document.unknown(key, &known));
        };
        let limit = limit(document, doc, key, value)?;
        thresholds.limits.push((doc, Setting::new(limit, document.origin(key.span()))));
    }
    Ok(thresholds)
}

/// A bare number sets the warning; a side that is not named keeps its default; `false` is no limit.
fn limit(
    document: &TomlDocument,
    doc: &ThresholdDoc,
    key: &TomlKey,
    value: &TomlValue,
) -> Result<Threshold, Error> {
    let mut limit = doc.default;
    if value.get_ref().as_bool() == Some(false) {
        return Ok(Threshold { warning: None, critical: None });
    } else if let Some(sides) = value.get_ref().as_table() {
        for (key, value) in sides {
            let side = match key.get_ref().as_ref() {
                "warning" => &mut limit.warning,
                "critical" => &mut limit.critical,
                _ => return Err(document.unknown(key, &["warning", "critical"])),
            };
            *side = self::side(document, doc, key, value)?;
        }
    } else {
        limit.warning = side(document, doc, key, value)?;
    }
    match (limit.warning, limit.critical) {
        (Some(warning), Some(critical)) if warning > critical => Err(out_of_order(
            document,
            key,
            &format!("{warning} {unit}, critical {critical} {unit}", unit = doc.unit),
        )),
        _ => Ok(limit),
    }
}

fn side(
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
    let wanted = match doc.unit {
        "s" | "ms" => format!("a number of {}, a time such as \"5m\", or false", doc.unit),
        unit => format!("a number of {unit}, or false"),
    };
    number.map(Some).ok_or_else(|| document.expected(key, value, &wanted))
}

fn out_of_order(document: &TomlDocument, key: &TomlKey, sides: &str) -> Error {
    let name = key.get_ref();
    document
        .error(
            key.span(),
            format!("`{name}` would never warn before it is critical: warning {sides}"),
        )
        .hint(format!(
            "set both: {name} = {{ warning = …, critical = … }}; false switches a side off"
        ))
}
