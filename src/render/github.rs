//! `-o github`: workflow commands that annotate every finding that is not OK.

use crate::facts::{Finding, Status};
use crate::redact::sanitize;
use crate::report::{Provenance, Report};

/// Renders one line per finding, worst first; a notice if there are none.
pub(crate) fn render(report: &Report, from: &Provenance) -> String {
    let mut text = String::new();
    for (part, from) in report.parts(from) {
        let context_prefix = match (report.contexts.is_empty(), &from.context) {
            (false, Some(context)) => format!("{context}: "),
            _ => String::new(),
        };
        text.push_str(&annotations(part, &context_prefix));
    }
    if text.is_empty() {
        text = format!("::notice::cliplyctl {}: {}\n", report.command, report.status());
    }
    text
}

/// Renders the annotations of one report; `context_prefix` names the context if there are several.
fn annotations(report: &Report, context_prefix: &str) -> String {
    let mut text = String::new();
    for status in [Status::Critical, Status::Unknown, Status::Warning] {
        for finding in report.findings.iter().filter(|finding| finding.status == status) {
            text.push_str(&annotation(finding, context_prefix));
        }
    }
    for error in &report.errors {
        let (command, message) =
            (property(report.command), data(&format!("{context_prefix}{}", error.message)));
        text.push_str(&format!("::error title=cliplyctl {command}::{message}\n"));
    }
    text
}

fn annotation(finding: &Finding, context_prefix: &str) -> String {
    let level = if finding.status == Status::Warning { "warning" } else { "error" };
    let mut properties = String::new();
    if let Some(source_line) = &finding.place {
        let file = property(&source_line.file.display().to_string());
        properties = format!("file={file},line={},", source_line.line);
    }
    let (check, message) =
        (property(finding.check), data(&format!("{context_prefix}{}", finding.message)));
    format!("::{level} {properties}title={check}::{message}\n")
}

/// Escapes a message so that it cannot end the line or start another workflow command.
fn data(text: &str) -> String {
    let text = sanitize::lines(&text.replace("\r\n", "\n")).into_owned();
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Section;
    use crate::zod::model::SourceLine;

    #[test]
    fn external_text_cannot_start_a_workflow_command() {
        let source_line = SourceLine { file: "a,b:c.ts".into(), line: 7 };
        let finding = Finding::new("env.x", Section::Environment, Status::Warning, "A", "1%\n::x");
        let expected = "::warning file=a%2Cb%3Ac.ts,line=7,title=env.x::1%25%0A::x\n";
        assert_eq!(annotation(&finding.at(source_line), ""), expected);
    }
}
