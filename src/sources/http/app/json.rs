//! Small readings of foreign JSON.

use serde_json::Value;

use crate::facts::service::ReportedFlag;
use crate::redact;
use crate::sources::http::json_type;

/// A field that should be `true` or `false`; null counts as absent.
pub fn flag(object: &Value, name: &str, path: &str) -> ReportedFlag {
    match object.get(name) {
        None | Some(Value::Null) => ReportedFlag::Absent,
        Some(Value::Bool(value)) => ReportedFlag::Is(*value),
        Some(other) => {
            ReportedFlag::Malformed(wrong(&format!("{path}{name}"), other, "true or false"))
        }
    }
}

/// `the field checks.db.ok is a string, not true or false`.
pub fn wrong(path: &str, value: &Value, wanted: &str) -> String {
    format!("the field {path} is {}, not {wanted}", json_type(value))
}

/// A message in whatever form: a text, an object with a `message`, or any JSON; `None` for null.
/// Secrets are masked.
pub fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(redact::text(text)),
        Value::Array(items) => Some(items.iter().filter_map(text).collect::<Vec<_>>().join(", ")),
        Value::Object(fields) => {
            let message = fields.get("message").and_then(text);
            let detail = fields.get("detail").and_then(text);
            match (message, detail) {
                (Some(message), Some(detail)) => Some(format!("{message}: {detail}")),
                (Some(message), None) => Some(message),
                (None, _) => Some(redact::json(value.clone()).to_string()),
            }
        }
        other => Some(other.to_string()),
    }
}
