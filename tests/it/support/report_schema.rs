//! The schema that `cliplyctl schema` prints, with unknown keys refused, so that every JSON report that a test makes is
//! searched for keys that it does not describe.

use std::sync::OnceLock;

use jsonschema::Validator;
use serde_json::Value;

use super::cli::Cli;

/// Fails if a text is a report in JSON that does not match the schema, or names another command.
pub fn assert_described(text: &str, command: Option<&str>) {
    if !(text.starts_with("{\n") && text.contains("\"cliplyctl.report/v1\"")) {
        return;
    }
    let Ok(document) = serde_json::from_str::<Value>(text) else { return };
    if document["schema"] == "cliplyctl.report/v1" {
        let differences = differences(&document);
        assert!(differences.is_empty(), "not as in `cliplyctl schema`: {differences:#?}");
        assert!(
            command.is_none_or(|name| document["command"] == name),
            "the report of {command:?}"
        );
    }
}

/// Returns how a report differs from the schema.
pub fn differences(report: &Value) -> Vec<String> {
    static SCHEMA: OnceLock<Validator> = OnceLock::new();
    let schema = SCHEMA.get_or_init(|| {
        let printed = Cli::new(["schema"]).run().expect_code(0).stdout;
        let mut schema: Value = serde_json::from_str(&printed).unwrap();
        refuse_unknown_keys(&mut schema);
        for definition in schema["$defs"].as_object_mut().unwrap().values_mut() {
            refuse_unknown_keys(definition);
        }
        jsonschema::validator_for(&schema).unwrap()
    });
    let errors = schema.iter_errors(report);
    errors
        .map(|error| format!("{}: {error}", error.instance_path()).chars().take(600).collect())
        .collect()
}

/// Refuses keys that an object with described keys does not have, in a schema and in those of its values.
fn refuse_unknown_keys(schema: &mut Value) {
    let Some(keys) = schema.get_mut("properties").and_then(Value::as_object_mut) else { return };
    keys.values_mut().for_each(refuse_unknown_keys);
    let object = schema.as_object_mut().unwrap();
    object.entry("additionalProperties").or_insert(false.into());
}
