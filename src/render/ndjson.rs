//! `-o ndjson`: the envelope's head on the first line, then one line a check.

use serde_json::{Map, Value};

use crate::redact::sanitize;
use crate::report::envelope::Envelope;
use crate::report::{Provenance, Report};

/// The value of `schema` on the first line.
pub const SCHEMA: &str = "cliplyctl.lines/v1";

/// One JSON object a line; `line` says which kind it is. Of several contexts, each wrote its own
/// lines when it answered: their sum is one line more.
#[must_use]
pub fn render(report: &Report, from: &Provenance) -> String {
    let envelope = serde_json::to_value(Envelope::new(report, from)).unwrap_or_default();
    let Value::Object(mut head) = envelope else { return String::new() };
    let checks = head.shift_remove("checks");
    // What is not OK is among the checks already, and data is one document.
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
    let mut whole = Map::new();
    whole.insert("line".to_owned(), kind.into());
    whole.extend(object);
    format!("{}\n", sanitize::json(&Value::Object(whole).to_string()))
}
