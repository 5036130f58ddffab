//! `schema`: prints the JSON Schema of the reports.

use crate::report::envelope::Envelope;
use crate::report::{Block, Document, Report};

/// Returns the schema, which is JSON in the table format as well.
pub(crate) fn run() -> Report {
    let schema = schemars::schema_for!(Envelope);
    let text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    let mut document = Document::default();
    document.push(Block::Raw(text));
    Report::listing("schema", schema, document)
}
