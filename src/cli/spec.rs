//! What is known about a command besides its arguments: [`Spec`], a constant next to the arguments. Dispatcher, help,
//! manual pages, formats and tests read it; a test compares the list in `mod.rs` with the parser.

use crate::render::Format;

/// An example: the command line without the program name, and what it does.
pub(crate) type Example = (&'static str, &'static str);

/// One command.
#[derive(Debug)]
pub struct Spec {
    /// The command without flags, as reports and the `application_name` of sessions contain it.
    pub name: &'static str,
    /// Whether its exit code is a status (0–3).
    pub(crate) reports_status: bool,
    /// Whether it runs in several contexts at once.
    pub(crate) several_contexts: bool,
    /// The supported formats.
    pub formats: &'static [Format],
    /// The format without `-o`.
    pub(crate) usual_format: Format,
    /// For `--help` and the manual page.
    pub(crate) examples: &'static [Example],
}

impl Spec {
    /// A command that shows or changes something: it exits 0 if it could.
    pub(super) const fn listing(name: &'static str, examples: &'static [Example]) -> Self {
        Self {
            name,
            reports_status: false,
            several_contexts: false,
            formats: &[Format::Table, Format::Json, Format::Markdown],
            usual_format: Format::Table,
            examples,
        }
    }

    /// A command whose exit code is a status, in every format of findings.
    pub(super) const fn status(name: &'static str, examples: &'static [Example]) -> Self {
        let formats = &Format::OF_FINDINGS;
        Self { reports_status: true, formats, ..Self::listing(name, examples) }
    }

    /// A command that prints a text of this program.
    pub(super) const fn text(name: &'static str, examples: &'static [Example]) -> Self {
        Self::listing(name, examples).with_formats(&[Format::Table, Format::Json])
    }

    pub(super) const fn with_formats(self, formats: &'static [Format]) -> Self {
        Self { formats, ..self }
    }

    pub(super) const fn with_usual_format(self, usual_format: Format) -> Self {
        Self { usual_format, ..self }
    }

    pub(super) const fn in_several_contexts(self) -> Self {
        Self { several_contexts: true, ..self }
    }

    /// Returns whether NDJSON of this command are rows and not a report.
    pub(crate) fn prints_rows(&self) -> bool {
        !self.reports_status && self.formats.contains(&Format::Ndjson)
    }
}
