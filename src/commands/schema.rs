//! `schema`: prints the JSON Schema of the reports: the envelope, and `data` of each command.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

use super::completions::TextJson;
use super::config::{ConfigCheckJson, ConfigInitJson};
use super::demo::{FixedJson, ScenarioJson};
use super::runbook::RunbookJson;
use crate::facts::access::Contract;
use crate::report::acknowledged::AcknowledgedJson;
use crate::report::advice::IndexAdviceJson;
use crate::report::affected_workspaces::WorkspacesJson;
use crate::report::dead_letter::DeadLetterDetailJson;
use crate::report::dead_letters::DeadLettersJson;
use crate::report::envelope::Envelope;
use crate::report::environment::{EnvironmentJson, KeyJson};
use crate::report::follow::FollowJson;
use crate::report::grants::GrantsJson;
use crate::report::groups::GroupsJson;
use crate::report::handoff::HandoffJson;
use crate::report::health::HealthJson;
use crate::report::history::HistoryJson;
use crate::report::history::systems::{JoinedJson, RenamedJson, SystemsJson};
use crate::report::job::JobJson;
use crate::report::jobs::JobsJson;
use crate::report::operations::{OperationsJson, UndoJson};
use crate::report::queue::QueueJson;
use crate::report::ready::ReadyJson;
use crate::report::record::RecordedJson;
use crate::report::requeue::RequeueJson;
use crate::report::rescue::RescueJson;
use crate::report::rls::audit::AuditJson;
use crate::report::rls::diff::DiffJson;
use crate::report::rls::explain::ExplainJson;
use crate::report::rls::matrix::CellJson;
use crate::report::rls::whocan::WhocanJson;
use crate::report::settings::SettingJson;
use crate::report::triage::TriageJson;
use crate::report::{Block, Document, Report};

/// Adds the schema of a type.
type OfType = fn(&mut SchemaGenerator) -> Schema;

/// `data` of each command. It is null as well: after an error, and in the report of several contexts.
const DATA: [(&str, &[OfType]); 39] = [
    ("triage", &[of::<TriageJson>]),
    ("handoff", &[of::<HandoffJson>]),
    ("watch", &[]),
    ("record", &[of::<RecordedJson>]),
    ("history", &[of::<HistoryJson>]),
    ("history systems", &[of::<SystemsJson>]),
    ("history systems rename", &[of::<RenamedJson>]),
    ("history systems join", &[of::<JoinedJson>]),
    ("health", &[of::<HealthJson>]),
    ("ready", &[of::<ReadyJson>]),
    ("queue", &[of::<QueueJson>, of::<IndexAdviceJson>]),
    ("dlq groups", &[of::<GroupsJson>, of::<WorkspacesJson>]),
    ("dlq ack", &[of::<AcknowledgedJson>]),
    ("dlq list", &[of::<DeadLettersJson>]),
    ("dlq show", &[of::<DeadLetterDetailJson>]),
    ("dlq requeue", &[of::<RequeueJson>]),
    ("dlq follow", &[of::<FollowJson>]),
    ("dlq undo", &[of::<UndoJson>]),
    ("dlq ops", &[of::<OperationsJson>]),
    ("rls audit", &[of::<AuditJson>]),
    ("rls matrix", &[of::<Vec<CellJson>>]),
    ("rls explain", &[of::<ExplainJson>]),
    ("rls diff", &[of::<DiffJson>]),
    ("rls contract", &[of::<Contract>]),
    ("rls whocan", &[of::<WhocanJson>]),
    ("env check", &[of::<EnvironmentJson>]),
    ("env explain", &[of::<KeyJson>]),
    ("config show", &[of::<Vec<SettingJson>>]),
    ("config check", &[of::<ConfigCheckJson>]),
    ("config init", &[of::<ConfigInitJson>]),
    ("config grants", &[of::<GrantsJson>]),
    ("demo", &[of::<Vec<ScenarioJson>>, of::<FixedJson>]),
    ("jobs list", &[of::<JobsJson>]),
    ("jobs show", &[of::<JobJson>]),
    ("jobs rescue", &[of::<RescueJson>]),
    ("runbook", &[of::<RunbookJson>]),
    ("schema", &[of::<Schema>]),
    ("completions", &[of::<TextJson>]),
    ("man", &[of::<TextJson>]),
];

/// The command of a report about arguments that could not be parsed.
const UNPARSED: &str = "cliplyctl";

fn of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

/// Returns the schema, which is JSON in the table format as well.
pub(crate) fn run() -> Report {
    let schema = complete();
    let text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    let mut document = Document::default();
    document.push(Block::Raw(text));
    Report::listing("schema", schema, document)
}

/// Returns the schema of the envelope with one condition per command on `data`.
fn complete() -> Schema {
    let mut generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let null = json_schema!({ "type": "null" });
    let unparsed = (UNPARSED, [].as_slice());
    let conditions: Vec<Value> = DATA
        .iter()
        .copied()
        .chain([unparsed])
        .map(|(command, types)| {
            let types = types.iter().map(|of_type| of_type(&mut generator));
            let types: Vec<_> = types.chain([null.clone()]).collect();
            json!({
                "if": { "properties": { "command": { "const": command } } },
                "then": { "properties": { "data": { "anyOf": types } } },
            })
        })
        .collect();
    let commands: Vec<_> = DATA.iter().map(|(command, _)| *command).chain([UNPARSED]).collect();
    let mut schema = generator.into_root_schema_for::<Envelope>();
    if let Some(command) = schema.pointer_mut("/properties/command").and_then(Value::as_object_mut)
    {
        command.insert("enum".to_owned(), json!(commands));
    }
    schema.insert("allOf".to_owned(), conditions.into());
    schema
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::cli;

    /// Collects the commands that run without a subcommand.
    fn collect(command: &clap::Command, path: &str, all: &mut BTreeSet<String>) {
        for inner in command.get_subcommands().filter(|command| !command.is_hide_set()) {
            let path = format!("{path} {}", inner.get_name()).trim().to_owned();
            collect(inner, &path, all);
            if !inner.is_subcommand_required_set() {
                all.insert(path);
            }
        }
    }

    #[test]
    fn data_of_every_command_is_described() {
        let mut commands = BTreeSet::new();
        collect(&cli::command(), "", &mut commands);
        let described: BTreeSet<_> = DATA.iter().map(|(name, _)| (*name).to_owned()).collect();
        assert_eq!(described, commands);
        assert_eq!(described.len(), DATA.len());
    }
}
