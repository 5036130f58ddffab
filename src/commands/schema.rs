//! `schema`: prints the JSON Schema of the reports: the envelope, and `data` of each command.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

use super::DATA;
use crate::report::envelope::Envelope;
use crate::report::{Block, Document, Report};

/// Adds the schema of a type.
pub(super) type OfType = fn(&mut SchemaGenerator) -> Schema;

/// The command of a report about arguments that could not be parsed.
const UNPARSED: &str = "cliplyctl";

/// Adds the schema of `T`.
pub(super) fn of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
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

    #[test]
    fn data_of_every_command_is_described() {
        let described: BTreeSet<_> = DATA.iter().map(|(name, _)| *name).collect();
        assert_eq!(described, cli::SPECS.iter().map(|spec| spec.name).collect());
        assert_eq!(described.len(), DATA.len());
    }
}
