//! Reads every shape of readiness report that exists in the wild.
//!
//! Tolerant of further fields, strict about the types of those it judges by: a wrong type is kept
//! as such, with its path, and spoils its own part alone.

use serde_json::{Map, Value};

use super::json::{flag, text, wrong};
use crate::facts::service::{
    Component, Exchange, Readiness, ReadinessFormat, ReportedFlag, ReportedQueue,
};
use crate::facts::{SourceError, SourceErrorKind};
use crate::redact;
use crate::sources::http::json_type;

/// The parts that stand at the top of some reports rather than below `checks`.
const COMPONENTS: [&str; 6] = ["env", "db", "worker", "stripe", "sentry", "ffmpeg"];

/// Reads a report; an object in which nothing is known is none.
pub fn parse(json: &Value, exchange: Exchange) -> Result<Readiness, SourceError> {
    let Some(shape) = detect_format(json) else {
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
        Some(other) => problems.push(wrong("checks", other, "an object")),
    }
    let top = COMPONENTS.iter().filter_map(|name| component("", name, json.get(name)?));
    components.extend(top);
    let mut queue = json.get("queue").and_then(queue);
    if shape == ReadinessFormat::Integrations {
        // This builder writes constants here: nobody looked.
        components.retain(|c| !(c.name == "ffmpeg" && is_constant_ffmpeg(c)));
        queue = queue.filter(|queue| !is_constant_queue(queue));
    }
    Ok(Readiness {
        exchange,
        ok: flag(json, "ok", ""),
        format: shape,
        components,
        queue,
        timestamp: json.get("timestamp").or_else(|| json.get("ts")).and_then(text),
        fatal: json.get("fatal") == Some(&Value::Bool(true)),
        errors: errors(json),
        problems,
    })
}

/// Which builder wrote this; `None` when it is no readiness report at all.
fn detect_format(json: &Value) -> Option<ReadinessFormat> {
    let has = |name: &str| json.get(name).is_some_and(|value| !value.is_null());
    let empty = Map::new();
    let checks = json.get("checks").and_then(Value::as_object).unwrap_or(&empty);
    let checks_flags = checks.values().all(Value::is_boolean);
    let shape = if has("fatal") || (has("error") && !has("checks") && !has("db")) {
        ReadinessFormat::Failure
    } else if json.get("service").and_then(Value::as_str) == Some("worker") {
        ReadinessFormat::Worker
    } else if checks.contains_key("stripe") || checks.contains_key("sentry") {
        ReadinessFormat::Integrations
    } else if checks.contains_key("worker") || has("queue") || (has("ffmpeg") && has("checks")) {
        ReadinessFormat::Canonical
    } else if checks_flags && checks.contains_key("env") {
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
    Some(shape)
}

/// One part: a plain boolean, or an object with `ok`. Other values are wrong for a known part and
/// none of our business otherwise.
fn component(prefix: &str, name: &str, value: &Value) -> Option<Component> {
    let path = format!("{prefix}{name}");
    let (ok, fields) = match value {
        Value::Null => return None,
        Value::Bool(ok) => (ReportedFlag::Is(*ok), None),
        Value::Object(fields) => (flag(value, "ok", &format!("{path}.")), Some(fields)),
        other if COMPONENTS.contains(&name) => {
            (ReportedFlag::Malformed(wrong(&path, other, "true, false or an object")), None)
        }
        _ => return None,
    };
    let message = fields.and_then(|f| f.get("message").or_else(|| f.get("error"))).and_then(text);
    let details = fields.map(details).unwrap_or_default();
    Some(Component { name: name.to_owned(), ok, message, details })
}

fn details(fields: &Map<String, Value>) -> Vec<(String, String)> {
    let told = ["ok", "message", "error"];
    let fields = fields.iter().filter(|(name, _)| !told.contains(&name.as_str()));
    fields
        .filter_map(|(name, value)| Some((name.clone(), redact::value(name, &text(value)?))))
        .filter(|(_, text)| !text.is_empty())
        .collect()
}

fn queue(value: &Value) -> Option<ReportedQueue> {
    let mut problems = Vec::new();
    match value {
        Value::Null => return None,
        Value::Object(_) => {}
        other => {
            let problems = vec![wrong("queue", other, "an object")];
            return Some(ReportedQueue { problems, ..ReportedQueue::default() });
        }
    }
    let mut number = |name: &str, wanted: &str, fits: fn(&Value) -> bool| match value.get(name) {
        None | Some(Value::Null) => None,
        Some(number) if fits(number) => Some(number),
        Some(other) => {
            let what = match other {
                Value::Number(n) => format!("the field queue.{name} is {n}, not {wanted}"),
                other => format!("the field queue.{name} is {}, not {wanted}", json_type(other)),
            };
            problems.push(what);
            None
        }
    };
    let length = number("length", "a count", Value::is_u64).and_then(Value::as_u64);
    let age = number("oldestJobAge", "a number", Value::is_number).and_then(Value::as_f64);
    let warning = flag(value, "warning", "queue.");
    Some(ReportedQueue { length, oldest_job_age: age, age_unit: None, warning, problems })
}

fn is_constant_queue(queue: &ReportedQueue) -> bool {
    *queue == ReportedQueue { length: Some(0), ..ReportedQueue::default() }
}

fn is_constant_ffmpeg(part: &Component) -> bool {
    part.ok == ReportedFlag::Is(true) && part.message.is_none() && part.details.is_empty()
}

/// What the report says went wrong apart from its parts: `errors` in any form, `error`.
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
