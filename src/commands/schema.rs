//! `schema`: the JSON Schema of every report.

use crate::report::envelope::Envelope;
use crate::report::{Block, Document, Report};

/// Prints the schema; it is JSON in either format.
pub fn run() -> Report {
    let schema = schemars::schema_for!(Envelope);
    let text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    let mut document = Document::default();
    document.push(Block::Raw(text));
    Report::listing("schema", schema, document)
}
