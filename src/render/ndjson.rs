//! `-o ndjson`: the head of the envelope on the first line, then one line per check.

use serde_json::{Map, Value};

use crate::redact::sanitize;
use crate::report::envelope::Envelope;
use crate::report::{Provenance, Report};

/// The value of `schema` on the first line.
pub(crate) const SCHEMA: &str = "cliplyctl.lines/v1";

/// Renders one JSON object per line; `line` names its kind. With several contexts, each context has
/// written its own lines when it answered, so only the line of their overall result remains.
pub(crate) fn render(report: &Report, from: &Provenance) -> String {
    let envelope = serde_json::to_value(Envelope::new(report, from)).unwrap_or_default();
    let Value::Object(mut head) = envelope else { return String::new() };
    let checks = head.shift_remove("checks");
    // Findings that are not OK are among the checks, and `data` is not split into lines.
    head.retain(|name, _| !matches!(name.as_str(), "findings" | "data" | "contexts"));
    head.insert("schema".to_owned(), SCHEMA.into());
    if !report.contexts.is_empty() {
        return line("fleet", head);
    }
    let mut text = line("head", head);
    for check in checks.iter().filter_map(Value::as_array).flatten() {
        text.push_str(&line("check", check.as_object().cloned().unwrap_or_default()));
    }
    text
}

fn line(kind: &str, object: Map<String, Value>) -> String {
    let mut fields = Map::new();
    fields.insert("line".to_owned(), kind.into());
    fields.extend(object);
    format!("{}\n", sanitize::json(Value::Object(fields).to_string()))
}
