//! The report in Markdown.

use std::fmt::Write;

use crate::measure::Figures;
use crate::rows::Row;

/// One row of the bench.
#[derive(Debug, Default)]
pub struct Section {
    /// Figures, and what they are of (a size; may be empty).
    pub lines: Vec<(String, Figures)>,
    /// What was promised.
    pub targets: Vec<Target>,
    /// What else there is to say.
    pub notes: Vec<String>,
    /// Why it could not be measured.
    pub failure: Option<String>,
}

impl Section {
    /// A row that could not be run.
    pub fn failed(why: &str) -> Section {
        Section { failure: Some(why.to_owned()), ..Section::default() }
    }

    /// Adds figures of one size.
    pub fn lines(&mut self, size: &str, figures: impl IntoIterator<Item = Figures>) {
        self.lines.extend(figures.into_iter().map(|f| (size.to_owned(), f)));
    }

    /// A figure that may not be above its limit.
    pub fn at_most(
        &mut self,
        what: impl Into<String>,
        unit: &'static str,
        measured: f64,
        limit: f64,
    ) {
        self.targets.push(Target { what: what.into(), unit, measured, limit, at_most: true });
    }

    /// A figure that may not be below its limit.
    pub fn at_least(
        &mut self,
        what: impl Into<String>,
        unit: &'static str,
        measured: f64,
        limit: f64,
    ) {
        self.targets.push(Target { what: what.into(), unit, measured, limit, at_most: false });
    }

    /// The median of one not above that of the other.
    pub fn no_slower(&mut self, what: impl Into<String>, ours: &Figures, theirs: &Figures) {
        let what = format!("{}: {} / {}", what.into(), ours.name, theirs.name);
        self.at_most(what, "×", ours.median / theirs.median, 1.0);
    }
}

/// A figure and its limit.
#[derive(Debug)]
pub struct Target {
    what: String,
    unit: &'static str,
    measured: f64,
    limit: f64,
    at_most: bool,
}

impl Target {
    fn met(&self) -> bool {
        if self.at_most { self.measured <= self.limit } else { self.measured >= self.limit }
    }

    /// The cells of a table.
    fn cells(&self) -> String {
        format!(
            "{} | {} {unit} | {} {} {unit} | {}",
            cell(&self.what),
            number(self.measured),
            if self.at_most { "≤" } else { "≥" },
            number(self.limit),
            if self.met() { "met" } else { "**MISSED**" },
            unit = self.unit,
        )
    }
}

/// Three digits that count.
fn number(value: f64) -> String {
    match value.abs() {
        v if v >= 100.0 => format!("{value:.0}"),
        v if v >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

/// A bar would end the cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

/// The whole report.
pub fn markdown(about: &str, sections: &[(&Row, Section)]) -> String {
    let mut text = format!("# Benchmarks\n\n{about}\n");
    summary(&mut text, sections);
    for (row, section) in sections {
        let _ = write!(text, "\n## {}\n\n{}.\n", row.name, row.about);
        figures(&mut text, section);
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
    let (all, met) = (targets().count(), targets().filter(|(_, t)| t.met()).count());
    let _ = write!(text, "\n## Targets\n\n{met} of {all} met.\n");
    if all > 0 {
        text.push_str("\n| row | what | measured | target | |\n|---|---|---:|---:|---|\n");
    }
    for (row, target) in targets() {
        let _ = writeln!(text, "| {} | {} |", row.name, target.cells());
    }
}

fn figures(text: &mut String, section: &Section) {
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

/// One line for each target that was missed and each row that failed.
pub fn missed(sections: &[(&Row, Section)]) -> Vec<String> {
    let mut lines = Vec::new();
    for (row, section) in sections {
        let missed = section.targets.iter().filter(|t| !t.met());
        lines.extend(missed.map(|t| {
            let sign = if t.at_most { "≤" } else { "≥" };
            let (measured, limit) = (number(t.measured), number(t.limit));
            format!(
                "MISSED {}: {}: {measured} {u}, target {sign} {limit} {u}",
                row.name,
                t.what,
                u = t.unit
            )
        }));
        lines.extend(section.failure.iter().map(|why| format!("FAILED {}: {why}", row.name)));
    }
    lines
}
