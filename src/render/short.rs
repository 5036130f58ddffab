//! `-o short`: one line to paste into a chat.

use crate::redact::sanitize;
use crate::report::{Provenance, Report};

/// Renders one line: `CRITICAL triage prod: 3.3 Queue backlog …: 120 jobs due; next: cliplyctl
/// queue`.
pub(crate) fn render(report: &Report, from: &Provenance) -> String {
    let context = from.context.as_ref().map(|name| format!(" {name}")).unwrap_or_default();
    let mut line =
        format!("{} {}{context}: {}", label(report), report.command, report.one_line_summary());
    if let Some(command) = report.document.first_command() {
        line.push_str("; next: ");
        line.push_str(&command.to_string());
    }
    format!("{}\n", sanitize::line(&line))
}

/// Returns the status in capitals.
pub(crate) fn label(report: &Report) -> String {
    report.status().to_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::FailOn;
    use crate::facts::{Finding, Section, Status};
    use crate::report::Document;
    use crate::triage::Diagnosis;

    #[test]
    fn short_format_gives_the_reason_of_its_section() {
        let finding =
            |section, message| Finding::new("x.y", section, Status::Critical, "subject", message);
        let findings = vec![
            finding(Section::Backlog, "oldest job due for 42m 00s"),
            finding(Section::NotReady, "db: connection refused"),
        ];
        let mut document = Document::default();
        document.headline(Status::Critical, "3.2 The app answers but is not ready");
        let mut report = Report::from_findings("triage", findings, FailOn::Warning, (), document);
        report.section = Some(Diagnosis {
            section: Section::NotReady,
            result_in: None,
            status: Status::Critical,
            matched: vec![finding(Section::NotReady, "db: connection refused")],
            ruled_out: vec![],
            next: None,
        });
        let expected = "3.2 The app answers but is not ready: db: connection refused";
        assert_eq!(report.one_line_summary(), expected);
    }
}
