//! `-o json`: the indented JSON envelope.

use crate::redact::sanitize;
use crate::report::envelope::Envelope;
use crate::report::{Provenance, Report};

/// Renders one JSON document and a newline.
pub(crate) fn render(report: &Report, from: &Provenance) -> String {
    let text = serde_json::to_string_pretty(&Envelope::new(report, from)).unwrap_or_default();
    format!("{}\n", sanitize::json(text))
}
