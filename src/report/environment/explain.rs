//! The report of `env explain`: everything about one key except its value.

use super::{ValueJson, key_json};
use crate::checks::environment::variables;
use crate::facts::Status;
use crate::facts::Suggestion;
use crate::report::{Block, Cell, Document, Report};
use crate::suggest::ShellCommand;
use crate::zod::evaluate::{Evaluation, KeyResult};
use crate::zod::model::{EnvFile, EnvSchema, Environment, Input, SchemaKey};

/// Builds the report of `env explain`. `flags` are those that make the suggested command show the
/// source of the value.
pub(crate) fn explain(
    facts: &Environment,
    (schema, key): (&EnvSchema, &SchemaKey),
    flags: &[String],
) -> Report {
    let entries = facts.template.as_ref().map(EnvFile::in_force);
    let key_info = key_json(facts, schema, key, entries.as_ref());
    let mut document = Document::default();
    document.push(Block::Title(vec![Cell::strong(&key.name)]));
    let required = match key_info.required {
        Some(true) => "yes",
        Some(false) => "no",
        None => "not known without running the schema",
    };
    let mut pairs = vec![
        ("rule", Cell::plain(&key_info.rule)),
        ("required", Cell::plain(required)),
        ("declared", Cell::plain(format!("{} in {}", key_info.declared, schema.name))),
    ];
    pairs.extend(input_pair(schema, key));
    pairs.extend(key_info.description.as_ref().map(|text| ("description", Cell::plain(text))));
    if let (Some(state), Some(file)) = (key_info.template, &facts.template) {
        let entry = entries.as_ref().and_then(|entries| entries.get(key.name.as_str()));
        let line = entry.map(|entry| format!(":{}", entry.line));
        let location = format!("{}{}", file.path.display(), line.unwrap_or_default());
        pairs.push(("template", Cell::plain(format!("{state} in {location}"))));
    }
    let fallbacks = facts.policy.fallbacks.iter().filter(|fallback| fallback.key == key.name);
    for fallback in fallbacks {
        pairs.push(("else", Cell::plain(format!("{}, when missing or blank", fallback.from))));
    }
    pairs.extend(value_pairs(facts, (schema, key), key_info.value.as_ref()));
    document.push(Block::Pairs(pairs));
    if facts.values.is_none() {
        let command = ShellCommand::new("env explain").arg(&key.name).args(flags);
        document.next(vec![Suggestion::new(command, "sources of its value")]);
    }
    Report::listing("env explain", key_info, document)
}

/// Where the value comes from, if not from the variable of the same name.
fn input_pair(schema: &EnvSchema, key: &SchemaKey) -> Option<(&'static str, Cell)> {
    let text = match &key.input {
        Input::Own => return None,
        Input::Never => "none: the key is not passed to the schema".to_owned(),
        Input::Expression(script) => {
            format!("{} ({})", schema.variables(key).join(", "), script.shown)
        }
        Input::OwnOr { otherwise, .. } => match otherwise.script() {
            Some(script) => format!("{}, else {}", key.name, script.shown),
            None => return None,
        },
        Input::Whole(script) => script.shown.clone(),
        Input::Unresolved(what) => what.to_string(),
    };
    Some(("taken from", Cell::plain(text)))
}

fn value_pairs(
    facts: &Environment,
    (schema, key): (&EnvSchema, &SchemaKey),
    value: Option<&ValueJson>,
) -> Vec<(&'static str, Cell)> {
    let Some(values) = &facts.values else { return Vec::new() };
    let mut pairs = Vec::new();
    match value {
        Some(value) => {
            let text = format!("{} ({}, {})", value.variable, value.shape, value.origin);
            pairs.push(("value", Cell::plain(text)));
        }
        None => pairs.push(("value", Cell::plain("not set"))),
    }
    let shadowed = value.iter().flat_map(|value| &value.shadows);
    pairs.extend(shadowed.map(|origin| ("shadows", Cell::muted(origin))));
    let variables = variables(schema, values, &facts.policy.fallbacks);
    let (status, reasons) = match Evaluation::new(schema, variables).key(key) {
        KeyResult::Accepted => (Status::Ok, "accepted".to_owned()),
        KeyResult::Refused(reasons) => (Status::Critical, reasons.join("; ")),
        KeyResult::Unknown(reasons) => (Status::Unknown, reasons.join("; ")),
    };
    pairs.push(("status", Cell::value_with_status(reasons, status)));
    pairs
}
