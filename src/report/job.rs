//! The report of `jobs show`.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::{Block, Cell, Column, Document, Provenance, Report, Table, title_line};
use crate::advice::job_explanation::JobExplanation;
use crate::facts::job::{Job, RequeueEvent, TimelineEvent};
use crate::facts::stuck_job::SignOfLife;
use crate::queue::Lifecycle;
use crate::text;

/// Maximum number of events in the table and in the JSON.
const SHOWN: usize = 50;
/// Maximum length of nested JSON in the details of an event, in bytes.
const MAX_NESTED_JSON: usize = 80;

/// `data` of `jobs show`. Ages are in seconds by the database clock; secrets are redacted.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct JobJson {
    id: String,
    kind: Option<String>,
    workspace_id: Option<String>,
    state: String,
    /// Meaning of the state: `due`, `queued_too_long`, `scheduled`, `running`, `stuck`, `failed`,
    /// `finished`, `dead` or `unknown`.
    meaning: &'static str,
    attempts: Option<i64>,
    max_attempts: Option<i64>,
    /// Time since the job became due; negative if it is scheduled.
    due_age_seconds: Option<f64>,
    locked_by: Option<String>,
    /// Time since the last heartbeat, otherwise since the lock or the last change.
    heartbeat_age_seconds: Option<f64>,
    /// Source of the heartbeat age: `heartbeat`, `lock` or `change`; null without an age.
    heartbeat_source: Option<&'static str>,
    created_age_seconds: Option<f64>,
    updated_age_seconds: Option<f64>,
    last_error: Option<String>,
    /// Structured error, otherwise the error text.
    error: Value,
    payload: Value,
    result: Value,
    /// Events of the job, newest first.
    events: Vec<EventJson>,
    /// Whether these are all events of the job.
    events_complete: bool,
}

/// An event of a job.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct EventJson {
    stage: String,
    age_seconds: Option<f64>,
    data: Value,
}

/// Builds the report.
pub(crate) fn report(job: &Job, meaning: &JobExplanation, from: &Provenance) -> Report {
    let data = job_json(job, meaning);
    let mut report = Report::listing("jobs show", data, document(job, meaning, from));
    report.summary = vec![("state", job.state.clone().into()), ("meaning", meaning.label.into())];
    if !job.timeline.complete {
        report.not_examined.push(("older events".to_owned(), job.timeline.searched.clone()));
    }
    report
}

/// Returns the job as JSON.
pub(crate) fn job_json(job: &Job, meaning: &JobExplanation) -> JobJson {
    let round = |age: Option<f64>| age.map(f64::round);
    JobJson {
        id: job.id.clone(),
        kind: job.kind.clone(),
        workspace_id: job.workspace.clone(),
        state: job.state.clone(),
        meaning: meaning.label,
        attempts: job.attempts,
        max_attempts: job.max_attempts,
        due_age_seconds: round(job.due_age),
        locked_by: job.locked_by.clone(),
        heartbeat_age_seconds: round(job.heartbeat_age),
        heartbeat_source: job.heartbeat_age.map(|_| job.sign.as_str()),
        created_age_seconds: round(job.created_age),
        updated_age_seconds: round(job.updated_age),
        last_error: job.last_error.clone(),
        error: json(job.error.as_ref()),
        payload: json(job.payload.as_ref()),
        result: json(job.result.as_ref()),
        events: job.timeline.events.iter().take(SHOWN).map(event_json).collect(),
        events_complete: job.timeline.complete && job.timeline.events.len() <= SHOWN,
    }
}

/// Parses JSON text; other text becomes a string.
fn json(text: Option<&String>) -> Value {
    let parse = |text: &String| match serde_json::from_str(text) {
        Ok(value) => value,
        Err(_) => Value::String(text.clone()),
    };
    text.map_or(Value::Null, parse)
}

fn event_json(event: &TimelineEvent) -> EventJson {
    let age_seconds = event.age.map(f64::round);
    EventJson { stage: event.stage.clone(), age_seconds, data: json(event.data.as_ref()) }
}

fn document(job: &Job, meaning: &JobExplanation, from: &Provenance) -> Document {
    let mut document = Document::default();
    document.summary(meaning.sentence.clone());
    document.push(title_line::title_at(format!("job {}", job.id), from));
    if let Some(error) = error_text(job) {
        add_verbatim(&mut document, "Error", error);
    }
    document.push(Block::Pairs(overview(job)));
    add_error_fields(&mut document, job);
    add_details(&mut document, job);
    document.next(meaning.next.clone());
    document
}

/// Returns the error text: `last_error`, otherwise the message of the structured error, otherwise all of it.
pub(crate) fn error_text(job: &Job) -> Option<String> {
    let text = job.last_error.as_ref().filter(|text| !text.trim().is_empty());
    text.cloned().or_else(|| match json(job.error.as_ref()) {
        Value::Null => None,
        Value::Object(map) if map.is_empty() => None,
        Value::String(text) => Some(text),
        value => match value.get("message").and_then(Value::as_str) {
            Some(message) => Some(message.to_owned()),
            None => Some(value.to_string()),
        },
    })
}

/// Adds the structured error, without a message that repeats the error text.
pub(crate) fn add_error_fields(document: &mut Document, job: &Job) {
    let mut error = json(job.error.as_ref());
    let text = error_text(job);
    if error.as_str().is_some_and(|error| Some(error) == text.as_deref()) {
        return;
    }
    if let Some(fields) = error.as_object_mut()
        && fields.get("message").and_then(Value::as_str) == text.as_deref()
    {
        fields.remove("message");
    }
    add_value(document, "Error fields", error);
}

/// Adds payload, result and events, each under its heading.
pub(crate) fn add_details(document: &mut Document, job: &Job) {
    add_value(document, "Payload", json(job.payload.as_ref()));
    add_value(document, "Result", json(job.result.as_ref()));
    let events = &job.timeline.events;
    if !events.is_empty() {
        document.heading("Events");
        document.push(Block::Table(timeline(events.get(..SHOWN).unwrap_or(events))));
    }
    if events.len() > SHOWN {
        document.note(format!("Showing the newest {SHOWN} of {} events.", events.len()));
    }
    if !job.timeline.complete || events.is_empty() {
        document.note(format!("events: {}", job.timeline.searched));
    }
}

fn add_value(document: &mut Document, heading: &str, value: Value) {
    match value {
        Value::Null => {}
        Value::Object(map) if map.is_empty() => {}
        Value::String(text) => add_verbatim(document, heading, text),
        value => {
            let pretty = serde_json::to_string_pretty(&value).unwrap_or_default();
            add_verbatim(document, heading, pretty);
        }
    }
}

fn add_verbatim(document: &mut Document, heading: &str, text: String) {
    document.heading(heading);
    document.push(Block::Verbatim(text));
}

/// Returns the columns of the row as labels and values.
pub(crate) fn overview(job: &Job) -> Vec<(&'static str, Cell)> {
    let mut pairs = vec![("state", Cell::strong(&job.state))];
    let mut add = |name, value: Option<String>| pairs.extend(value.map(|v| (name, Cell::plain(v))));
    let ago = |age: Option<f64>| {
        age.map(|age| match age {
            future if future <= -1.0 => format!("in {}", text::age(-future)),
            past => format!("{} ago", text::age(past)),
        })
    };
    add("kind", job.kind.clone());
    add("workspace", job.workspace.clone());
    add(
        "attempts",
        match (job.running_attempt(), job.attempts, job.max_attempts) {
            (Some(running), _, Some(max)) => Some(format!("attempt {running} of {max} is running")),
            (Some(running), _, None) => Some(format!("attempt {running} is running")),
            (None, Some(counted), _) if job.role == Lifecycle::Claimed => {
                Some(format!("{counted} counted (not known whether the running one is included)"))
            }
            (None, Some(failed), Some(max)) => Some(format!("{failed} of {max} failed")),
            (None, failed, _) => failed.map(|failed| format!("{failed} failed")),
        },
    );
    add("due", ago(job.due_age));
    add("locked by", job.locked_by.clone());
    add("locked at", ago(job.locked_age));
    add("last heartbeat", ago(job.heartbeat_age.filter(|_| job.sign == SignOfLife::Heartbeat)));
    add("created", ago(job.created_age));
    add("last changed", ago(job.updated_age));
    let other_state = job.other_state.as_ref();
    add("other state", other_state.map(|value| format!("{value} (column is not maintained)")));
    pairs
}

fn timeline(events: &[TimelineEvent]) -> Table {
    let mut table =
        Table::new(vec![Column::number("age"), Column::text("event"), Column::prose("details")]);
    for event in events {
        table.row(vec![
            Cell::plain(
                event.age.map_or_else(|| "-".to_owned(), |age| format!("{} ago", text::age(age))),
            ),
            Cell::plain(&event.stage),
            Cell::plain(event_details(event)),
        ]);
    }
    table
}

/// Returns the details of an event as text. The counts that an operation recorded are only in the
/// JSON.
fn event_details(event: &TimelineEvent) -> String {
    if let Some(undone) = &event.undoes {
        return format!("undoes {undone}");
    }
    if let Some(RequeueEvent { operation, actor, host, reason: why, .. }) = &event.requeued {
        let or_unknown = |name: &Option<String>| name.clone().unwrap_or_else(|| "?".to_owned());
        let reason = why.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
        return match operation {
            Some(operation) => {
                format!("{} by {}@{}{reason}", operation, or_unknown(actor), or_unknown(host))
            }
            None => "requeued by the app".to_owned(),
        };
    }
    match json(event.data.as_ref()) {
        Value::Null => String::new(),
        Value::Object(map) => {
            let fields = map.iter().filter(|(_, value)| !value.is_null());
            fields
                .map(|(name, value)| format!("{name}: {}", shorten(value)))
                .collect::<Vec<_>>()
                .join(", ")
        }
        value => shorten(&value),
    }
}

/// Returns text as is, and other values only if they are short.
fn shorten(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        value => {
            let text = value.to_string();
            if text.len() <= MAX_NESTED_JSON { text } else { "…".to_owned() }
        }
    }
}
