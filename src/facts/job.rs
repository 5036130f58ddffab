//! One job in full.

use serde_json::Value;

use super::Fingerprint;
use super::layout::Role;

/// A job as its row shows it. Texts come from outside; ages are seconds by the server's clock.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// Its id, a uuid or a number.
    pub id: String,
    /// What it is to do.
    pub kind: Option<String>,
    /// Its tenant.
    pub workspace: Option<String>,
    /// The value of the column that the worker maintains.
    pub state: String,
    /// What that value means.
    pub role: Role,
    /// The value of the column that nobody maintains, where there is one.
    pub stale: Option<String>,
    /// Attempts made.
    pub attempts: Option<i64>,
    /// Attempts allowed.
    pub max_attempts: Option<i64>,
    /// Since it became due; negative: until then.
    pub due_age: Option<f64>,
    /// Who holds it.
    pub locked_by: Option<String>,
    /// Since when.
    pub locked_age: Option<f64>,
    /// Whether this schema keeps signs of life at all (a heartbeat, a time of locking).
    pub keeps_life: bool,
    /// Since the holder's last sign of life.
    pub life_age: Option<f64>,
    /// Since it was inserted.
    pub created_age: Option<f64>,
    /// Since it was last changed.
    pub updated_age: Option<f64>,
    /// The last failure as text.
    pub last_error: Option<String>,
    /// The last failure as the row keeps it in its other column: JSON or text.
    pub error: Option<String>,
    /// Its input as JSON text.
    pub payload: Option<String>,
    /// Its output as JSON text.
    pub result: Option<String>,
    /// What it failed of last.
    pub cause: Fingerprint,
    /// What happened to it.
    pub timeline: Timeline,
}

/// The events of a job, newest first, and how far back they were looked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Timeline {
    /// The events that were found.
    pub events: Vec<Event>,
    /// How they were looked for, in one sentence.
    pub looked: String,
    /// Whether events before these may exist.
    pub complete: bool,
}

/// One event.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// What happened.
    pub stage: String,
    /// The details as JSON text.
    pub data: Option<String>,
    /// Seconds ago.
    pub age: Option<f64>,
    /// Where it put a dead job back into the queue.
    pub requeued: Option<Requeued>,
    /// The operation that it takes back.
    pub undoes: Option<String>,
}

/// A dead job went back into the queue.
#[derive(Debug, Clone, PartialEq)]
pub struct Requeued {
    /// The operation; none where the worker's own helper did it.
    pub operation: Option<String>,
    /// Who.
    pub actor: Option<String>,
    /// Where.
    pub host: Option<String>,
    /// Why, in the operator's words.
    pub why: Option<String>,
    /// What it had died of: a fingerprint's hash, where the event tells.
    pub died_of: Option<String>,
}

/// Parts of key names whose values are nobody's business.
const SECRET_NAMES: [&str; 11] = [
    "token",
    "secret",
    "password",
    "passwd",
    "apikey",
    "api_key",
    "authorization",
    "cookie",
    "credential",
    "private",
    "signature",
];
/// What stands in for a secret.
const MASK: &str = "[masked]";

/// The same JSON without what its key names, or its look, call a secret.
#[must_use]
pub fn masked(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let mask = |(name, value): (String, Value)| {
                let hidden = is_secret_name(&name) && !value.is_null();
                let value = if hidden { MASK.into() } else { masked(value) };
                (name, value)
            };
            Value::Object(map.into_iter().map(mask).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(masked).collect()),
        Value::String(text) => Value::String(masked_text(text)),
        other => other,
    }
}

fn is_secret_name(name: &str) -> bool {
    let name = name.to_lowercase().replace('-', "_");
    SECRET_NAMES.iter().any(|part| name.contains(part)) || name.ends_with("_key") || name == "jwt"
}

/// Tokens by their look, and the query of a URL, which may carry a signature.
fn masked_text(text: String) -> String {
    if text.starts_with("eyJ") || text.starts_with("Bearer ") {
        return MASK.to_owned();
    }
    match text.split_once('?') {
        Some((before, _)) if before.contains("://") => format!("{before}?{MASK}"),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn secrets_are_masked_at_every_depth_and_the_rest_is_kept() {
        let payload = json!({
            "clip": 7, "access_token": "a", "nested": [{"apiKey": "b", "name": "c"}], "s3_key": "d",
            "Authorization": {"x": 1}, "jwt": "e", "token": null, "kind": "eyJhbGciOi",
            "source": "https://host/a.mp4?sig=f"
        });
        let expected = json!({
            "clip": 7, "access_token": MASK, "nested": [{"apiKey": MASK, "name": "c"}],
            "s3_key": MASK, "Authorization": MASK, "jwt": MASK, "token": null, "kind": MASK,
            "source": "https://host/a.mp4?[masked]"
        });
        assert_eq!(masked(payload), expected);
    }
}
