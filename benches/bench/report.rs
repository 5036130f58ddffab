//! The report in Markdown.

use std::fmt::Write;

use crate::chart::Point;
use crate::measure::Measurement;
use crate::rows::Row;

/// The results of one row.
#[derive(Debug, Default)]
pub struct Section {
    /// The measurements, each with its table size, which may be empty.
    pub lines: Vec<(String, Measurement)>,
    /// The targets and whether they are met.
    pub targets: Vec<Target>,
    /// The points of the growth chart.
    pub growth: Vec<Point>,
    /// Additional notes.
    pub notes: Vec<String>,
    /// The error, if the row could not be measured.
    pub failure: Option<String>,
}

impl Section {
    /// Returns the section of a row that could not run.
    pub fn failed(error: &str) -> Section {
        Section { failure: Some(error.to_owned()), ..Section::default() }
    }

    /// Adds measurements of one size.
    pub fn lines(&mut self, size: &str, measurements: impl IntoIterator<Item = Measurement>) {
        self.lines.extend(measurements.into_iter().map(|f| (size.to_owned(), f)));
    }

    /// Adds a target with an upper limit.
    pub fn at_most(
        &mut self,
        name: impl Into<String>,
        unit: &'static str,
        measured: f64,
        limit: f64,
    ) {
        self.targets.push(Target { name: name.into(), unit, measured, limit, at_most: true });
    }

    /// Adds a target with a lower limit.
    pub fn at_least(
        &mut self,
        name: impl Into<String>,
        unit: &'static str,
        measured: f64,
        limit: f64,
    ) {
        self.targets.push(Target { name: name.into(), unit, measured, limit, at_most: false });
    }

    /// Adds the target that one median is not above another.
    pub fn not_slower(
        &mut self,
        name: impl Into<String>,
        cliplyctl: &Measurement,
        reference: &Measurement,
    ) {
        let name = format!("{}: {} / {}", name.into(), cliplyctl.name, reference.name);
        self.at_most(name, "×", cliplyctl.median / reference.median, 1.0);
    }
}

/// A target: a value and its limit.
#[derive(Debug)]
pub struct Target {
    name: String,
    unit: &'static str,
    measured: f64,
    limit: f64,
    at_most: bool,
}

impl Target {
    fn is_met(&self) -> bool {
        if self.at_most { self.measured <= self.limit } else { self.measured >= self.limit }
    }

    /// Formats the cells of a table row.
    fn cells(&self) -> String {
        format!(
            "{} | {} {unit} | {} {} {unit} | {}",
            cell(&self.name),
            number(self.measured),
            if self.at_most { "≤" } else { "≥" },
            number(self.limit),
            if self.is_met() { "met" } else { "**MISSED**" },
            unit = self.unit,
        )
    }
}

/// Formats a number with three significant digits.
fn number(value: f64) -> String {
    match value.abs() {
        v if v >= 100.0 => format!("{value:.0}"),
        v if v >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

/// Escapes a table cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

/// Formats the whole report, with the growth chart if it has a file name.
pub fn markdown(about: &str, chart: Option<&str>, sections: &[(&Row, Section)]) -> String {
    let mut text = format!("# Benchmarks\n\n{about}\n");
    if let Some(file) = chart {
        let _ = write!(text, "\n![time and peak memory by size of the tables]({file})\n");
    }
    summary(&mut text, sections);
    for (row, section) in sections {
        let _ = write!(text, "\n## {}\n\n{}.\n", row.name, row.about);
        measurements(&mut text, section);
        for note in &section.notes {
            let _ = write!(text, "\n{note}.\n");
        }
        if let Some(failure) = &section.failure {
            let _ = write!(text, "\nNot measured: {failure}\n");
        }
    }
    text
}

fn summary(text: &mut String, sections: &[(&Row, Section)]) {
    let targets = || sections.iter().flat_map(|(row, s)| s.targets.iter().map(move |t| (row, t)));
    let (all, is_met) = (targets().count(), targets().filter(|(_, t)| t.is_met()).count());
    let _ = write!(text, "\n## Targets\n\n{is_met} of {all} met.\n");
    if all > 0 {
        text.push_str("\n| row | what | measured | target | |\n|---|---|---:|---:|---|\n");
    }
    for (row, target) in targets() {
        let _ = writeln!(text, "| {} | {} |", row.name, target.cells());
    }
}

fn measurements(text: &mut String, section: &Section) {
    if section.lines.is_empty() {
        return;
    }
    text.push_str("\n| rows | program | median ms | min | max | CPU ms | peak MB |\n");
    text.push_str("|---:|---|---:|---:|---:|---:|---:|\n");
    for (size, f) in &section.lines {
        let _ = writeln!(
            text,
            "| {size} | {} | {} | {} | {} | {} | {:.1} |",
            cell(&f.name),
            number(f.median),
            number(f.min),
            number(f.max),
            number(f.cpu),
            f.peak
        );
    }
}

/// Returns one line for each missed target and each failed row.
pub fn missed(sections: &[(&Row, Section)]) -> Vec<String> {
    let mut lines = Vec::new();
    for (row, section) in sections {
        let missed = section.targets.iter().filter(|t| !t.is_met());
        lines.extend(missed.map(|t| {
            let sign = if t.at_most { "≤" } else { "≥" };
            let (measured, limit) = (number(t.measured), number(t.limit));
            format!(
                "MISSED {}: {}: {measured} {u}, target {sign} {limit} {u}",
                row.name,
                t.name,
                u = t.unit
            )
        }));
        lines.extend(section.failure.iter().map(|error| format!("FAILED {}: {error}", row.name)));
    }
    lines
}
