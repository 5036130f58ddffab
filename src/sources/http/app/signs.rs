//! What the values of a report say about health, in any of the known formats.
//!
//! Members of `checks`, `components` and `details` are read as components: each must be interpretable
//! ([`member`]). Everywhere else the health words count, words for what is down, and `false` for what is a
//! component by its name ([`other_field`]); all other fields are information.

use serde_json::{Map, Value};

use super::json::{text, wrong_type};
use super::names::{is_component, is_information, names_component};
use crate::facts::service::ReportedFlag;
use crate::redact;

/// The health words whose value is a status, the most important first.
pub(super) const STATUS_WORDS: [&str; 4] = ["ok", "status", "healthy", "ready"];
/// The health words whose value is a problem unless it is empty.
const PROBLEM_WORDS: [&str; 3] = ["fatal", "error", "errors"];
/// The fields whose members are components.
pub(super) const CONTAINERS: [&str; 3] = ["checks", "components", "details"];
/// The nested containers. Below a component, `details` is information.
const NESTED_CONTAINERS: [&str; 2] = ["checks", "components"];

const HEALTHY: [&str; 25] = [
    "ok",
    "okay",
    "up",
    "pass",
    "passed",
    "passing",
    "healthy",
    "ready",
    "alive",
    "live",
    "green",
    "good",
    "success",
    "successful",
    "succeeded",
    "operational",
    "available",
    "online",
    "running",
    "active",
    "connected",
    "serving",
    "normal",
    "nominal",
    "reachable",
];
const DEGRADED: [&str; 10] = [
    "degraded",
    "warn",
    "warning",
    "yellow",
    "amber",
    "partial",
    "impaired",
    "unstable",
    "partially_degraded",
    "partial_outage",
];
const UNHEALTHY: [&str; 35] = [
    "down",
    "fail",
    "failed",
    "failing",
    "failure",
    "error",
    "errored",
    "unhealthy",
    "critical",
    "red",
    "fatal",
    "dead",
    "unavailable",
    "out_of_service",
    "outage",
    "major_outage",
    "offline",
    "disconnected",
    "not_ready",
    "notready",
    "not_ok",
    "nok",
    "bad",
    "broken",
    "crashed",
    "timeout",
    "timed_out",
    "unreachable",
    "refused",
    "not_serving",
    "shutting_down",
    "inactive",
    "stopped",
    "service_unavailable",
    "not_available",
];

/// What a part of a report says about health.
#[derive(Debug, Default)]
pub(super) struct Signs {
    /// The worst that it says.
    pub(super) flag: ReportedFlag,
    /// Every unhealthy value with its path: `checks.db.pool.ok: false`.
    pub(super) unhealthy: Vec<String>,
}

impl Signs {
    fn of(flag: ReportedFlag) -> Self {
        Self { flag, unhealthy: vec![] }
    }

    /// Adds what another part says.
    pub(super) fn add(&mut self, other: Self) {
        if rank(&other.flag) > rank(&self.flag) {
            self.flag = other.flag;
        }
        self.unhealthy.extend(other.unhealthy);
    }
}

fn rank(flag: &ReportedFlag) -> u8 {
    match flag {
        ReportedFlag::Absent => 0,
        ReportedFlag::Is(true) => 1,
        ReportedFlag::Degraded => 2,
        ReportedFlag::Malformed(_) => 3,
        ReportedFlag::Is(false) => 4,
    }
}

/// Returns what a word says about health, or `None` if it is not a health status.
pub(super) fn health_of_word(text: &str) -> Option<ReportedFlag> {
    let word = text.trim().to_ascii_lowercase().replace([' ', '-'], "_");
    let word = word.as_str();
    if HEALTHY.contains(&word) {
        Some(ReportedFlag::Is(true))
    } else if DEGRADED.contains(&word) {
        Some(ReportedFlag::Degraded)
    } else if UNHEALTHY.contains(&word) {
        Some(ReportedFlag::Is(false))
    } else {
        None
    }
}

/// Returns whether the value of `error` or `errors` says that there is none.
pub(super) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Bool(true) => false,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.iter().all(is_empty),
        Value::Object(fields) => fields.iter().all(|(name, value)| match is_status_word(name) {
            true => {
                matches!(
                    status_of(name, name, value),
                    ReportedFlag::Is(true) | ReportedFlag::Absent
                )
            }
            false => is_empty(value),
        }),
    }
}

/// Returns the value of a status word. Objects and arrays are left to the caller, except for `ok`.
pub(super) fn status_of(name: &str, path: &str, value: &Value) -> ReportedFlag {
    let is_ok = name.eq_ignore_ascii_case("ok");
    match value {
        Value::Null => ReportedFlag::Absent,
        Value::Bool(value) => ReportedFlag::Is(*value),
        Value::String(text) if !is_ok => {
            health_of_word(text).unwrap_or_else(|| unknown_word(path, text))
        }
        Value::Number(number) if name.eq_ignore_ascii_case("status") => match number.as_u64() {
            Some(code @ 100..=599) => ReportedFlag::Is(code < 400),
            _ => ReportedFlag::Malformed(wrong_type(path, value, "a status")),
        },
        Value::Object(_) | Value::Array(_) if !is_ok => ReportedFlag::Absent,
        other => ReportedFlag::Malformed(wrong_type(path, other, "true or false")),
    }
}

fn unknown_word(path: &str, text: &str) -> ReportedFlag {
    let shown: String = redact::text(text).chars().take(40).collect();
    ReportedFlag::Malformed(format!("the field {path} is “{shown}”, which is not a known status"))
}

/// Reads a component: true, false, a status word, an object, or a list of these.
pub(super) fn member(path: &str, value: &Value) -> Signs {
    match value {
        Value::Null => Signs::default(),
        Value::Bool(ok) => Signs::of(ReportedFlag::Is(*ok)),
        Value::String(text) => {
            let flag = health_of_word(text).unwrap_or_else(|| unknown_word(path, text));
            let unhealthy = unhealthy_value(path, value, &flag);
            Signs { flag, unhealthy }
        }
        Value::Number(_) => Signs::of(ReportedFlag::Malformed(wrong_type(
            path,
            value,
            "true, false, a status or an object",
        ))),
        Value::Array(items) => {
            all(items.iter().enumerate().map(|(i, item)| member(&format!("{path}[{i}]"), item)))
        }
        Value::Object(fields) => object(path, fields),
    }
}

/// Reads an object that is a component. Without a status of its own it is a group of components.
fn object(path: &str, fields: &Map<String, Value>) -> Signs {
    let mut signs = Signs::default();
    for (name, value) in fields {
        signs.add(health_word(path, name, value));
        if NESTED_CONTAINERS.contains(&name.as_str()) {
            signs.add(members(&join(path, name), value));
        }
    }
    let others = fields.iter().filter(|(name, _)| !is_health_word(name));
    if signs.flag != ReportedFlag::Absent {
        signs.add(all(others.map(|(name, value)| other_field(path, name, value, fields))));
        return signs;
    }
    let of_group = |(name, value): (&String, &Value)| match value {
        Value::Bool(_) | Value::String(_) if is_information(name) => Signs::default(),
        _ => group_member(&join(path, name), value),
    };
    let mut group = all(others.map(of_group));
    // In `{"mode": "live", "host": "db1"}` the word is no status.
    let is_prose =
        |value: &Value| value.as_str().is_some_and(|text| health_of_word(text).is_none());
    if group.flag == ReportedFlag::Is(true)
        && fields.values().any(is_prose)
        && !fields.values().any(|value| value.is_object() || value.is_array())
    {
        group.flag = ReportedFlag::Absent;
    }
    signs.add(group);
    signs
}

/// Reads the members of a container below a component, which must all be interpretable.
pub(super) fn members(path: &str, value: &Value) -> Signs {
    let mandatory = |name: &str, value: &Value| {
        if is_problem_word(name) {
            return health_word(path, name, value);
        }
        let path = join(path, name);
        let mut signs = member(&path, value);
        if signs.flag == ReportedFlag::Absent {
            signs.flag = ReportedFlag::Malformed(format!("the field {path} has no status"));
        }
        signs
    };
    match value {
        Value::Object(fields) => all(fields.iter().map(|(name, value)| mandatory(name, value))),
        Value::Array(items) => {
            all(items.iter().enumerate().map(|(i, item)| mandatory(&i.to_string(), item)))
        }
        _ => Signs::default(),
    }
}

/// Reads a field of a group: what is not a status, such as a number, is information.
fn group_member(path: &str, value: &Value) -> Signs {
    match value {
        Value::Null | Value::Number(_) => Signs::default(),
        Value::Bool(false) => down(path, value),
        Value::String(text) if health_of_word(text).is_none() => Signs::default(),
        Value::Array(items) => all(items
            .iter()
            .enumerate()
            .map(|(i, item)| group_member(&format!("{path}[{i}]"), item))),
        _ => member(path, value),
    }
}

/// Reads information: only unhealthy health words count, at any depth.
pub(super) fn scan(path: &str, value: &Value) -> Signs {
    scan_in(path, value, false)
}

fn scan_in(path: &str, value: &Value, only_health_words: bool) -> Signs {
    match value {
        Value::Object(fields) => all(fields.iter().map(|(name, value)| {
            let mut signs = health_word(path, name, value);
            let is_other_status = matches!(signs.flag, ReportedFlag::Malformed(_))
                && !name.eq_ignore_ascii_case("ok");
            // `"status": "released"` is not about health.
            if is_other_status || signs.flag == ReportedFlag::Is(true) {
                signs.flag = ReportedFlag::Absent;
            }
            if !is_health_word(name) {
                signs.add(match only_health_words {
                    true => scan_in(&join(path, name), value, true),
                    false => other_field(path, name, value, fields),
                });
            }
            signs
        })),
        Value::Array(items) => {
            let place = |index| format!("{path}[{index}]");
            let items = items.iter().enumerate();
            all(items.map(|(index, item)| scan_in(&place(index), item, only_health_words)))
        }
        _ => Signs::default(),
    }
}

/// Interprets a field that is no health word, outside of `checks` and its like: a word for what is down, `false`
/// for a component, and what it contains. `fields` are those beside it.
pub(super) fn other_field(
    path: &str,
    name: &str,
    value: &Value,
    fields: &Map<String, Value>,
) -> Signs {
    let path = join(path, name);
    match value {
        Value::String(text) if !is_information(name) => match health_of_word(text) {
            Some(ReportedFlag::Is(false) | ReportedFlag::Degraded) => down(&path, value),
            _ => Signs::default(),
        },
        Value::Bool(false) if !is_information(name) => {
            let is_member = |(other, value): (&String, &Value)| {
                let is_word = value.as_str().is_some_and(|text| health_of_word(text).is_some());
                other != name
                    && !is_health_word(other)
                    && names_component(other)
                    && (value.is_boolean() || is_word)
            };
            match is_component(name) || fields.iter().any(is_member) {
                true => down(&path, value),
                false => Signs::default(),
            }
        }
        // In what is information only health words count: `"maintenance": {"active": false}`.
        Value::Object(_) | Value::Array(_) if is_information(name) => scan_in(&path, value, true),
        _ => scan(&path, value),
    }
}

/// An unhealthy value at a path.
fn down(path: &str, value: &Value) -> Signs {
    let unhealthy = vec![format!("{path}: {}", text(value).unwrap_or_default())];
    Signs { flag: ReportedFlag::Is(false), unhealthy }
}

/// What members of `checks` and its like say that `health` must not pass over: values that are not healthy, and
/// words that are not known.
pub(super) fn unhealthy_members(name: &str, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let mut add = |path: String, name: &str, value: &Value| {
        if is_problem_word(name) {
            found.extend(health_word(&path, "", value).unhealthy);
            return;
        }
        let signs = member(&path, value);
        let is_reported = !signs.unhealthy.is_empty();
        found.extend(signs.unhealthy);
        match signs.flag {
            ReportedFlag::Is(false) if !is_reported => found.push(format!("{path}: false")),
            ReportedFlag::Malformed(problem) if has_unknown_word(value) => found.push(problem),
            _ => {}
        }
    };
    match value {
        Value::Object(fields) => {
            for (member, value) in fields {
                // `"details": {"maintenance": false}`
                let is_other = name == "details" && !value.is_object() && !value.is_array();
                if is_other || is_information(member) && !value.is_object() {
                    continue;
                }
                add(join(name, member), member, value);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate().filter(|(_, item)| item.is_object()) {
                add(format!("{name}[{index}]"), "", item);
            }
        }
        _ => {}
    }
    found
}

/// Whether the status of a member is a word that is not known.
fn has_unknown_word(value: &Value) -> bool {
    let is_unknown = |value: &Value| value.as_str().is_some_and(|t| health_of_word(t).is_none());
    match value {
        Value::Object(fields) => {
            fields.iter().any(|(name, value)| is_status_word(name) && is_unknown(value))
        }
        Value::Array(items) => items.iter().any(has_unknown_word),
        _ => false,
    }
}

/// Reads one field if its name is a health word; otherwise it says nothing.
pub(super) fn health_word(path: &str, name: &str, value: &Value) -> Signs {
    let path = join(path, name);
    if is_problem_word(name) {
        if is_empty(value) {
            return Signs::default();
        }
        let shown = text(value).unwrap_or_default();
        let unhealthy = vec![format!("{path}: {shown}")];
        return Signs { flag: ReportedFlag::Is(false), unhealthy };
    }
    if !is_status_word(name) {
        return Signs::default();
    }
    let flag = status_of(name, &path, value);
    let mut signs = Signs { unhealthy: unhealthy_value(&path, value, &flag), flag };
    if value.is_object() || value.is_array() {
        signs.add(scan(&path, value));
    }
    signs
}

/// Returns whether the object has a status of its own: then it is a component wherever it is.
pub(super) fn has_status(fields: &Map<String, Value>) -> bool {
    fields.iter().any(|(name, value)| {
        is_status_word(name)
            && match status_of(name, name, value) {
                ReportedFlag::Is(_) | ReportedFlag::Degraded => true,
                ReportedFlag::Malformed(_) => name.eq_ignore_ascii_case("ok"),
                ReportedFlag::Absent => false,
            }
    })
}

fn unhealthy_value(path: &str, value: &Value, flag: &ReportedFlag) -> Vec<String> {
    match flag {
        ReportedFlag::Is(false) | ReportedFlag::Degraded => {
            vec![format!("{path}: {}", text(value).unwrap_or_default())]
        }
        _ => vec![],
    }
}

fn is_status_word(name: &str) -> bool {
    is_one_of(name, &STATUS_WORDS)
}

/// Whether a field holds problems: `fatal`, `error` or `errors`.
pub(super) fn is_problem_word(name: &str) -> bool {
    is_one_of(name, &PROBLEM_WORDS)
}

fn is_health_word(name: &str) -> bool {
    is_status_word(name) || is_problem_word(name)
}

pub(super) fn is_one_of(name: &str, names: &[&str]) -> bool {
    names.iter().any(|known| known.eq_ignore_ascii_case(name))
}

fn all(signs: impl Iterator<Item = Signs>) -> Signs {
    signs.fold(Signs::default(), |mut sum, signs| {
        sum.add(signs);
        sum
    })
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}
