//! The painters: one file a format.

pub mod github;
pub mod json;
pub mod sanitise;
pub mod table;

use crate::report::{Provenance, Report};

/// How a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Format {
    /// For people
    #[default]
    Table,
    /// For scripts: one JSON document (`cliplyctl schema` describes it)
    Json,
    /// For GitHub's runners: one annotation a finding
    Github,
}

/// What the painter must know of the place it paints on.
#[derive(Debug, Clone, Copy, Default)]
pub struct Canvas {
    /// Whether to colour.
    pub color: bool,
    /// Columns of the terminal; `None` when piped: nothing is wrapped or cut.
    pub width: Option<u16>,
}

/// Paints a report.
#[must_use]
pub fn render(report: &Report, from: &Provenance, format: Format, canvas: Canvas) -> String {
    match format {
        Format::Table => table::render(&report.document, canvas),
        Format::Json => json::render(report, from),
        Format::Github => github::render(report),
    }
}
