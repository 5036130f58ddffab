//! Helpers to read fields of JSON with an uncertain format.

use serde_json::Value;

use crate::facts::service::ReportedFlag;
use crate::sources::http::json_type;

/// Returns a field that should be a boolean; null counts as absent. `path` is the prefix of the
/// field's name in messages.
pub(crate) fn flag(object: &Value, name: &str, path: &str) -> ReportedFlag {
    match object.get(name) {
        None | Some(Value::Null) => ReportedFlag::Absent,
        Some(Value::Bool(value)) => ReportedFlag::Is(*value),
        Some(other) => {
            ReportedFlag::Malformed(wrong_type(&format!("{path}{name}"), other, "true or false"))
        }
    }
}

/// Returns the message for a value of the wrong type: `the field checks.db.ok is a string, not true
/// or false`.
pub(crate) fn wrong_type(path: &str, value: &Value, expected: &str) -> String {
    format!("the field {path} is {}, not {wanted}", json_type(value), wanted = expected)
}

/// Returns a message from a string, an object with a `message` and `detail`, an array of these, or
/// any other JSON; `None` for null.
pub(crate) fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        Value::Array(items) => Some(items.iter().filter_map(text).collect::<Vec<_>>().join(", ")),
        Value::Object(fields) => {
            let message = fields.get("message").and_then(text);
            let detail = fields.get("detail").and_then(text);
            match (message, detail) {
                (Some(message), Some(detail)) => Some(format!("{message}: {detail}")),
                (Some(message), None) => Some(message),
                (None, _) => Some(value.to_string()),
            }
        }
        other => Some(other.to_string()),
    }
}
