//! `-o json`: the envelope, indented.

use crate::report::{Provenance, Report, envelope::Envelope};

/// One JSON document and a newline.
#[must_use]
pub fn render(report: &Report, from: &Provenance) -> String {
    let mut text = serde_json::to_string_pretty(&Envelope::new(report, from)).unwrap_or_default();
    text.push('\n');
    text
}
