//! Parser of all known formats of the readiness report.
//!
//! Every field is either a component, a health word, or information ([`super::signs`]). A value of the
//! wrong type is recorded with its path and affects only its own component.

use serde_json::{Map, Value};

use super::ReportDocument;
use super::json::{flag, text, wrong_type};
use super::signs::{
    CONTAINERS, STATUS_WORDS, Signs, has_status, health_of_word, health_word, is_empty, is_one_of,
    is_problem_word, member, other_field, scan, status_of,
};
use crate::facts::service::{
    Component, Exchange, IgnoredComponent, Readiness, ReadinessFormat, ReportedFlag, ReportedQueue,
};
use crate::facts::{SourceError, SourceErrorKind};
use crate::sources::http::json_type;

/// Known components; some formats have them at the top level instead of below `checks`.
const COMPONENTS: [&str; 6] = ["env", "db", "worker", "stripe", "sentry", "ffmpeg"];

/// Parses a readiness report without the components in `ignored`. Returns `None` if the object has no
/// known field.
pub(crate) fn parse(
    document: &ReportDocument,
    exchange: Exchange,
    ignored: &[String],
) -> Option<Readiness> {
    let json = &document.json;
    let format = detect_format(json);
    let format = document.format.filter(|_| format.is_some()).or(format)?;
    let ignored =
        ignored.iter().map(|name| IgnoredComponent { name: name.clone(), reported: None });
    let mut report = Readiness {
        is_for_operators: false,
        exchange,
        ok: ReportedFlag::Absent,
        format,
        components: vec![],
        queue: None,
        timestamp: json.get("timestamp").or_else(|| json.get("ts")).and_then(text),
        fatal: json.get("fatal") == Some(&Value::Bool(true)),
        errors: vec![],
        problems: vec![],
        unhealthy: vec![],
        ignored: ignored.collect(),
        constants: vec![],
    };
    read_statuses(&mut report, json);
    let fields = json.as_object()?;
    for (name, value) in fields {
        read_field(&mut report, name, value, fields);
    }
    read_errors(&mut report, json);
    if format == ReadinessFormat::Integrations {
        drop_constants(&mut report);
    }
    Some(report)
}

/// Returns the error for JSON that is not a readiness report.
pub(crate) fn not_a_report(exchange: Exchange) -> SourceError {
    let message =
        format!("HTTP {} without a readiness report: no known field", exchange.http_status);
    SourceError::new(SourceErrorKind::Unrecognized, message)
        .hint("check that the base URL is that of the app")
}

/// Returns the format of a report, or `None` if it is not a readiness report.
fn detect_format(json: &Value) -> Option<ReadinessFormat> {
    let has = |name: &str| json.get(name).is_some_and(|value| !value.is_null());
    let empty = Map::new();
    let checks = json.get("checks").and_then(Value::as_object).unwrap_or(&empty);
    let only_flags = checks.values().all(Value::is_boolean);
    let is_ready = json.get("ok") == Some(&Value::Bool(true));
    let is_fatal = json.get("fatal") == Some(&Value::Bool(true));
    let has_error = json.get("error").is_some_and(|error| !is_empty(error));
    let lists = has("checks") || has("components") || has("details") || has("db");
    let format = if !has("ok")
        && let Some(format) = detect_framework(json)
    {
        format
    } else if !is_ready && (is_fatal || (has_error && !lists)) {
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
    } else if CONTAINERS.iter().any(|name| has(name)) {
        ReadinessFormat::Other
    } else if STATUS_WORDS.iter().any(|name| has(name)) || has("fatal") || has_error {
        ReadinessFormat::Bare
    } else {
        return None;
    };
    Some(format)
}

/// Returns the format of a report of a common framework, by its `status`.
fn detect_framework(json: &Value) -> Option<ReadinessFormat> {
    let status = json.get("status")?.as_str()?;
    let is_object = |name: &str| json.get(name).is_some_and(Value::is_object);
    let has_list = json.get("checks").is_some_and(Value::is_array);
    let is_short = || {
        let mut names = json.as_object().into_iter().flat_map(Map::keys);
        names.all(|name| name == "status" || name == "timestamp")
    };
    match status {
        "ok" | "error" | "shutting_down"
            if is_object("details") && (is_object("info") || is_object("error")) =>
        {
            Some(ReadinessFormat::Terminus)
        }
        "pass" | "warn" | "fail" => Some(ReadinessFormat::HealthJson),
        "UP" | "DOWN" | "OUT_OF_SERVICE" | "UNKNOWN" => Some(ReadinessFormat::Actuator),
        "up" | "down" if is_short() => Some(ReadinessFormat::Rails),
        // Actuator allows further status words.
        _ if is_object("components") || has_list => Some(ReadinessFormat::Actuator),
        _ => None,
    }
}

/// Reads the status of the report: the first of the health words. Another one that is worse contradicts
/// it.
fn read_statuses(report: &mut Readiness, json: &Value) {
    let fields = json.as_object().into_iter().flatten();
    let mut found: Vec<_> = fields
        .filter_map(|(name, value)| {
            let place = STATUS_WORDS.iter().position(|word| name.eq_ignore_ascii_case(word))?;
            match status_of(name, name, value) {
                ReportedFlag::Absent => None,
                flag => Some((place, name, value, flag)),
            }
        })
        .collect();
    found.sort_by_key(|(place, ..)| *place);
    let mut found = found.into_iter();
    if let Some((.., flag)) = found.next() {
        report.ok = flag;
    }
    for (_, name, value, flag) in found {
        match flag {
            ReportedFlag::Malformed(problem) => report.problems.push(problem),
            ReportedFlag::Is(true) | ReportedFlag::Absent => {}
            ReportedFlag::Is(false) | ReportedFlag::Degraded => {
                report.unhealthy.push(format!("{name}: {}", text(value).unwrap_or_default()));
            }
        }
    }
}

/// Reads one field of the report, except its errors.
fn read_field(report: &mut Readiness, name: &str, value: &Value, fields: &Map<String, Value>) {
    let lower = name.to_ascii_lowercase();
    match (lower.as_str(), value) {
        ("error" | "errors", _) | (_, Value::Null) => {}
        ("fatal", _) => {
            if !is_empty(value) {
                report.unhealthy.push(format!("fatal: {}", text(value).unwrap_or_default()));
            }
        }
        ("checks" | "components" | "details", Value::Object(members)) => {
            for (member, value) in members {
                if is_problem_word(member) {
                    add_signs(report, health_word(name, member, value));
                } else {
                    add_component(report, member, &format!("{name}.{member}"), value);
                }
            }
        }
        ("checks" | "components" | "details", Value::Array(members)) => {
            for (i, value) in members.iter().enumerate() {
                let path = format!("{name}[{i}]");
                add_component(report, &name_in_list(value).unwrap_or(path.clone()), &path, value);
            }
        }
        ("checks", _) => report.problems.push(wrong_type(name, value, "an object")),
        ("queue", _) => read_queue(report, value),
        // `"env": "production"` is information.
        ("env" | "stripe" | "sentry", Value::String(text)) if health_of_word(text).is_none() => {}
        (known, _) if COMPONENTS.contains(&known) => add_component(report, name, name, value),
        (_, Value::Object(inner)) if has_status(inner) => {
            add_component(report, name, name, value);
        }
        // The status of the report was read before.
        _ if is_one_of(name, &STATUS_WORDS) => add_signs(report, scan(name, value)),
        _ => add_signs(report, other_field("", name, value, fields)),
    }
}

/// Returns the name of a component that is an element of a list.
fn name_in_list(value: &Value) -> Option<String> {
    let names = ["name", "id", "component", "componentName", "service"];
    names.iter().find_map(|name| Some(value.get(name)?.as_str()?.to_owned()))
}

fn add_signs(report: &mut Readiness, signs: Signs) {
    if let ReportedFlag::Malformed(problem) = signs.flag {
        report.problems.push(problem);
    }
    report.unhealthy.extend(signs.unhealthy);
}

/// Adds a component, or records what it says if it is ignored.
fn add_component(report: &mut Readiness, name: &str, path: &str, value: &Value) {
    let signs = member(path, value);
    let mut message = message(value).filter(|message| !message.is_empty());
    if let Some(ignored) = report.ignored.iter_mut().find(|ignored| ignored.name == name) {
        let reported = match (&signs.flag, message) {
            (ReportedFlag::Absent, message) => message,
            (_, Some(message)) => Some(message),
            (ReportedFlag::Is(true), None) => Some("ok".to_owned()),
            (ReportedFlag::Is(false), None) => Some("not ok".to_owned()),
            (ReportedFlag::Degraded, None) => Some("degraded".to_owned()),
            (ReportedFlag::Malformed(problem), None) => Some(problem.clone()),
        };
        ignored.reported = reported;
        return;
    }
    let is_own_flag = |text: &String| *text == format!("{path}.ok: false");
    let reasons: Vec<_> = signs.unhealthy.into_iter().filter(|text| !is_own_flag(text)).collect();
    if message.is_none() && !reasons.is_empty() {
        message = Some(reasons.join(", "));
    }
    let details = value.as_object().map(details).unwrap_or_default();
    report.components.push(Component { name: name.to_owned(), ok: signs.flag, message, details });
}

/// Returns the message of a component, or of the first element of a list that has one.
fn message(value: &Value) -> Option<String> {
    let of_field = |name: &&str| value.get(name).filter(|value| !is_empty(value)).and_then(text);
    match value {
        Value::Object(_) => MESSAGES.iter().find_map(of_field).or_else(|| {
            let error = value.get("details")?.get("error")?;
            text(error)
        }),
        Value::Array(items) => items.iter().find_map(message),
        _ => None,
    }
}

/// The fields of a component that hold its message.
const MESSAGES: [&str; 5] = ["message", "error", "errors", "output", "reason"];

/// Returns the fields of a component that are not shown elsewhere.
fn details(fields: &Map<String, Value>) -> Vec<(String, String)> {
    let is_shown_elsewhere = |name: &str| STATUS_WORDS.contains(&name) || MESSAGES.contains(&name);
    let fields = fields.iter().filter(|(name, _)| !is_shown_elsewhere(name));
    fields
        .filter_map(|(name, value)| Some((name.clone(), text(value)?)))
        .filter(|(_, text)| !text.is_empty())
        .collect()
}

/// Reads the `queue` field: its numbers, and as a component what it says about health.
fn read_queue(report: &mut Readiness, value: &Value) {
    if report.is_ignored("queue") {
        let shown = text(value).unwrap_or_default();
        for ignored in report.ignored.iter_mut().filter(|ignored| ignored.name == "queue") {
            ignored.reported = Some(shown.clone());
        }
        return;
    }
    let has_status = match value {
        Value::Bool(_) | Value::String(_) => true,
        Value::Object(fields) => has_status(fields) || !scan("queue", value).unhealthy.is_empty(),
        _ => false,
    };
    if has_status {
        add_component(report, "queue", "queue", value);
    }
    let has_numbers =
        ["length", "oldestJobAge", "warning"].iter().any(|name| value.get(name).is_some());
    if has_numbers || !has_status {
        report.queue = queue(value);
    }
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

/// Removes what [`ReadinessFormat::Integrations`] reports as constants: it was not checked.
fn drop_constants(report: &mut Readiness) {
    if report.queue.as_ref().is_some_and(is_constant_queue) {
        report.queue = None;
        report.constants.push("queue".to_owned());
    }
    let is_constant = |c: &Component| c.name == "ffmpeg" && is_constant_ffmpeg(c);
    if report.components.iter().any(is_constant) {
        report.components.retain(|component| !is_constant(component));
        report.constants.push("ffmpeg".to_owned());
    }
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

/// Reads the errors of the report itself: `errors` in any format, and `error`. Those of ignored
/// components do not count.
fn read_errors(report: &mut Readiness, json: &Value) {
    let mut errors = Vec::new();
    for (name, value) in ["errors", "error"].iter().filter_map(|name| Some((name, json.get(name)?)))
    {
        let has_message = value.get("message").is_some() || value.get("detail").is_some();
        match value {
            _ if is_empty(value) => {}
            Value::Object(fields) if *name == "errors" || !has_message => {
                let of_component = fields.iter().filter(|(_, value)| !is_empty(value));
                let count = errors.len();
                let is_ignored = |name: &str| report.is_ignored(name);
                let counting = of_component.clone().filter(|(name, _)| !is_ignored(name));
                errors.extend(
                    counting.filter_map(|(name, value)| Some(format!("{name}: {}", text(value)?))),
                );
                // `{"ok": false}` has no field that is an error by itself.
                if errors.len() == count && of_component.count() == 0 {
                    errors.extend(text(value));
                }
            }
            Value::Array(items) => {
                errors.extend(items.iter().filter(|item| !is_empty(item)).filter_map(text));
            }
            other => errors.extend(text(other)),
        }
    }
    report.errors = errors;
}

#[cfg(test)]
#[path = "readiness_tests.rs"]
mod tests;
