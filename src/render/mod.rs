//! Renderers: one file per output format.
//!
//! The human formats render the [`Document`](crate::report::Document) of a report, the machine formats
//! its envelope or findings. Only `style` and `watch::style` use colors.

mod column_widths;
pub(crate) mod github;
pub(crate) mod html;
pub(crate) mod json;
pub(crate) mod junit;
pub(crate) mod markdown;
pub(crate) mod nagios;
pub(crate) mod ndjson;
pub(crate) mod openmetrics;
pub(crate) mod prometheus;
pub(crate) mod row_stream;
pub(crate) mod sarif;
pub(crate) mod short;
mod style;
pub(crate) mod table;
mod table_layout;
mod terminal_markdown;
pub(crate) mod watch;

use clap::ValueEnum as _;

use crate::exit::ExitCode;
use crate::report::{Provenance, Report};
use crate::terminal::RenderTarget;

/// How a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Format {
    /// Tables for a terminal
    #[default]
    Table,
    /// One JSON document for scripts (described by `cliplyctl schema`)
    Json,
    /// Annotations for GitHub Actions, one per finding
    Github,
    /// One JSON object per line, for pipes
    Ndjson,
    /// Rows for spreadsheets (RFC 4180)
    Csv,
    /// One line, for chats
    Short,
    /// Markdown for tickets and pull requests
    Markdown,
    /// Status line with performance data, for Nagios and Icinga
    Nagios,
    /// Test cases for CI servers, one per check
    Junit,
    /// Metrics for the textfile collector of node_exporter
    Prometheus,
    /// SARIF 2.1.0 for code scanning
    Sarif,
}

impl Format {
    /// The formats of a command that reports a status: all but those for rows.
    pub(crate) const OF_FINDINGS: [Self; 10] = [
        Self::Table,
        Self::Short,
        Self::Json,
        Self::Ndjson,
        Self::Markdown,
        Self::Nagios,
        Self::Junit,
        Self::Github,
        Self::Prometheus,
        Self::Sarif,
    ];

    /// Returns the value on the command line.
    pub fn as_str(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    /// Returns whether an error is written to stdout in this format. Rows cannot hold an error, and people read that on
    /// stderr.
    pub(crate) fn holds_errors(self, is_for_rows: bool) -> bool {
        match self {
            Self::Table | Self::Csv => false,
            Self::Ndjson => !is_for_rows,
            Self::Json
            | Self::Github
            | Self::Short
            | Self::Markdown
            | Self::Nagios
            | Self::Junit
            | Self::Prometheus
            | Self::Sarif => true,
        }
    }

    /// Returns the exit code for this format: monitoring plugins only use 0 to 3.
    pub(crate) fn code(self, code: ExitCode) -> ExitCode {
        match (self, code) {
            (_, ExitCode::Ok | ExitCode::Warning | ExitCode::Critical) => code,
            (Self::Nagios, _) => ExitCode::Unknown,
            _ => code,
        }
    }
}

/// Renders a report.
pub fn render(report: &Report, from: &Provenance, format: Format, target: RenderTarget) -> String {
    match format {
        Format::Table => table::render(&report.document, target),
        Format::Json => json::render(report, from),
        Format::Github => github::render(report, from),
        Format::Ndjson => ndjson::render(report, from),
        Format::Short => short::render(report, from),
        Format::Markdown => markdown::render(&report.document),
        Format::Nagios => nagios::render(report, from),
        Format::Junit => junit::render(report, from),
        Format::Prometheus => prometheus::render(report, from),
        Format::Sarif => sarif::render(report, from),
        // CSV rows are written while they are read (see [`row_stream`]), so that there is no
        // report.
        Format::Csv => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum as _;

    use super::*;

    #[test]
    fn formats_document_has_a_row_for_every_format() {
        let document = include_str!("../../docs/formats.md");
        let formats = Format::value_variants();
        for format in formats.iter().filter_map(Format::to_possible_value) {
            let row = format!("\n| `{}` | ", format.get_name());
            assert!(document.contains(&row), "docs/formats.md has no row of {}", format.get_name());
        }
        assert_eq!(document.matches("\n| `").count(), formats.len(), "a row without a format");
    }
}
