//! Parser of all known formats of the readiness report.
//!
//! Unknown fields are ignored. A known field of the wrong type is recorded with its path and
//! affects only its own component.

use serde_json::{Map, Value};

use super::json::{flag, text, wrong_type};
use crate::facts::service::{
    Component, Exchange, Readiness, ReadinessFormat, ReportedFlag, ReportedQueue,
};
use crate::facts::{SourceError, SourceErrorKind};
use crate::redact;
use crate::sources::http::json_type;

/// Known components; some formats have them at the top level instead of below `checks`.
const COMPONENTS: [&str; 6] = ["env", "db", "worker", "stripe", "sentry", "ffmpeg"];

/// Parses a readiness report.
///
/// # Errors
/// [`SourceErrorKind::Malformed`] if the object has no known field.
pub(crate) fn parse(json: &Value, exchange: Exchange) -> Result<Readiness, SourceError> {
    let Some(format) = detect_format(json) else {
        let message =
            format!("HTTP {} without a readiness report: no known field", exchange.http_status);
        return Err(SourceError::new(SourceErrorKind::Malformed, message)
            .hint("check that the base URL is the one of the API"));
    };
    let mut problems = Vec::new();
    let mut components = Vec::new();
    match json.get("checks") {
        None | Some(Value::Null) => {}
        Some(Value::Object(checks)) => {
            components.extend(checks.iter().filter_map(|(name, v)| component("checks.", name, v)));
        }
        Some(other) => problems.push(wrong_type("checks", other, "an object")),
    }
    let top = COMPONENTS.iter().filter_map(|name| component("", name, json.get(name)?));
    components.extend(top);
    let mut queue = json.get("queue").and_then(queue);
    if format == ReadinessFormat::Integrations {
        // This format contains constants for ffmpeg and the queue: they were not checked.
        components.retain(|c| !(c.name == "ffmpeg" && is_constant_ffmpeg(c)));
        queue = queue.filter(|queue| !is_constant_queue(queue));
    }
    Ok(Readiness {
        exchange,
        ok: flag(json, "ok", ""),
        format,
        components,
        queue,
        timestamp: json.get("timestamp").or_else(|| json.get("ts")).and_then(text),
        fatal: json.get("fatal") == Some(&Value::Bool(true)),
        errors: errors(json),
        problems,
    })
}

/// Returns the format of a report, or `None` if it is not a readiness report.
fn detect_format(json: &Value) -> Option<ReadinessFormat> {
    let has = |name: &str| json.get(name).is_some_and(|value| !value.is_null());
    let empty = Map::new();
    let checks = json.get("checks").and_then(Value::as_object).unwrap_or(&empty);
    let only_flags = checks.values().all(Value::is_boolean);
    let format = if has("fatal") || (has("error") && !has("checks") && !has("db")) {
        ReadinessFormat::Failure
    } else if json.get("service").and_then(Value::as_str) == Some("worker") {
        ReadinessFormat::Worker
    } else if checks.contains_key("stripe") || checks.contains_key("sentry") {
        ReadinessFormat::Integrations
    } else if checks.contains_key("worker") || has("queue") || (has("ffmpeg") && has("checks")) {
        ReadinessFormat::Canonical
    } else if only_flags && checks.contains_key("env") {
        ReadinessFormat::Flags
    } else if !has("checks") && COMPONENTS.iter().any(|name| has(name)) {
        ReadinessFormat::Detailed
    } else if has("checks") {
        ReadinessFormat::Other
    } else if has("ok") {
        ReadinessFormat::Bare
    } else {
        return None;
    };
    Some(format)
}

/// Parses a component: a boolean, or an object with `ok`. Other values are malformed for a known
/// component and ignored for an unknown one.
fn component(prefix: &str, name: &str, value: &Value) -> Option<Component> {
    let path = format!("{prefix}{name}");
    let (ok, fields) = match value {
        Value::Null => return None,
        Value::Bool(ok) => (ReportedFlag::Is(*ok), None),
        Value::Object(fields) => (flag(value, "ok", &format!("{path}.")), Some(fields)),
        other if COMPONENTS.contains(&name) => {
            (ReportedFlag::Malformed(wrong_type(&path, other, "true, false or an object")), None)
        }
        _ => return None,
    };
    let message = fields.and_then(|f| f.get("message").or_else(|| f.get("error"))).and_then(text);
    let details = fields.map(details).unwrap_or_default();
    Some(Component { name: name.to_owned(), ok, message, details })
}

/// Returns the fields of a component that are not shown elsewhere, redacted.
fn details(fields: &Map<String, Value>) -> Vec<(String, String)> {
    let shown_elsewhere = ["ok", "message", "error"];
    let fields = fields.iter().filter(|(name, _)| !shown_elsewhere.contains(&name.as_str()));
    fields
        .filter_map(|(name, value)| Some((name.clone(), redact::value(name, &text(value)?))))
        .filter(|(_, text)| !text.is_empty())
        .collect()
}

/// Parses the `queue` object.
fn queue(value: &Value) -> Option<ReportedQueue> {
    let mut problems = Vec::new();
    match value {
        Value::Null => return None,
        Value::Object(_) => {}
        other => {
            let problems = vec![wrong_type("queue", other, "an object")];
            return Some(ReportedQueue { problems, ..ReportedQueue::default() });
        }
    }
    let mut number =
        |name: &str, expected: &str, is_valid: fn(&Value) -> bool| match value.get(name) {
            None | Some(Value::Null) => None,
            Some(number) if is_valid(number) => Some(number),
            Some(other) => {
                let problem = match other {
                    Value::Number(n) => {
                        format!("the field queue.{name} is {n}, not {wanted}", wanted = expected)
                    }
                    other => format!(
                        "the field queue.{name} is {}, not {wanted}",
                        json_type(other),
                        wanted = expected
                    ),
                };
                problems.push(problem);
                None
            }
        };
    let length = number("length", "a count", Value::is_u64).and_then(Value::as_u64);
    let age = number("oldestJobAge", "a number", Value::is_number).and_then(Value::as_f64);
    let warning = flag(value, "warning", "queue.");
    Some(ReportedQueue { length, oldest_job_age: age, age_unit: None, warning, problems })
}

/// Returns whether the queue is the constant of [`ReadinessFormat::Integrations`].
fn is_constant_queue(queue: &ReportedQueue) -> bool {
    *queue == ReportedQueue { length: Some(0), ..ReportedQueue::default() }
}

/// Returns whether the component is the constant of [`ReadinessFormat::Integrations`].
fn is_constant_ffmpeg(component: &Component) -> bool {
    component.ok == ReportedFlag::Is(true)
        && component.message.is_none()
        && component.details.is_empty()
}

/// Returns the errors of the report itself: `errors` in any format, and `error`.
fn errors(json: &Value) -> Vec<String> {
    let mut errors: Vec<String> = match json.get("errors") {
        Some(Value::Object(fields)) => fields
            .iter()
            .filter_map(|(name, value)| Some(format!("{name}: {}", text(value)?)))
            .collect(),
        Some(Value::Array(items)) => items.iter().filter_map(text).collect(),
        Some(other) => text(other).into_iter().collect(),
        None => vec![],
    };
    errors.extend(json.get("error").and_then(text));
    errors
}

#[cfg(test)]
#[path = "readiness_tests.rs"]
mod tests;
