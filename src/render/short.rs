//! `-o short`: one line to paste into a chat.

use super::sanitise;
use crate::facts::Verdict;
use crate::report::{Provenance, Report};

/// Findings that are named; the reader of a chat wants the worst.
const NAMED: usize = 3;

/// `CRITICAL triage prod: 3.3 Queue backlog …: 120 due and unclaimed; next: cliplyctl queue`
#[must_use]
pub fn render(report: &Report, from: &Provenance) -> String {
    let context = from.context.as_ref().map(|name| format!(" {name}")).unwrap_or_default();
    let mut line = format!("{} {}{context}: {}", label(report), report.command, sentence(report));
    if let Some(command) = report.document.first_command() {
        line.push_str("; next: ");
        line.push_str(command);
    }
    format!("{}\n", sanitise::line(&line))
}

/// The word for people.
pub fn label(report: &Report) -> String {
    report.status().to_uppercase()
}

/// The headline and what led to it, where the headline does not say that itself: the readings that
/// matched the section, else the worst findings.
pub fn sentence(report: &Report) -> String {
    let headline = report.document.sentence().unwrap_or_default();
    let bad = report.bad();
    let worst = bad.first().map_or(Verdict::Ok, |finding| finding.verdict);
    let reasons: Vec<&str> = match &report.section {
        Some(section) => section.matched.iter().map(|f| f.message.as_str()).collect(),
        None => bad.iter().filter(|f| f.verdict == worst).map(|f| f.message.as_str()).collect(),
    };
    let new: Vec<_> = reasons.into_iter().filter(|reason| !headline.contains(reason)).collect();
    let mut named = new.iter().take(NAMED).copied().collect::<Vec<_>>().join("; ");
    if new.len() > NAMED {
        named.push_str(&format!("; and {} more", new.len() - NAMED));
    }
    let parts: Vec<_> = [headline, &named].into_iter().filter(|part| !part.is_empty()).collect();
    if parts.is_empty() { "nothing to judge".to_owned() } else { parts.join(": ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::FailOn;
    use crate::facts::{Finding, Section};
    use crate::report::{Document, SectionVerdict};

    #[test]
    fn the_reason_given_is_the_sections_own() {
        let finding =
            |section, message| Finding::new("x.y", section, Verdict::Critical, "subject", message);
        let findings = vec![
            finding(Section::Backlog, "the oldest due job has waited 42m 00s"),
            finding(Section::NotReady, "db: connection refused"),
        ];
        let mut document = Document::default();
        document.headline(Verdict::Critical, "3.2 The app answers but is not ready");
        let mut report = Report::judged("triage", findings, FailOn::Warning, (), document);
        report.section = Some(SectionVerdict {
            section: Section::NotReady,
            verdict: Verdict::Critical,
            matched: vec![finding(Section::NotReady, "db: connection refused")],
            ruled_out: vec![],
            next: None,
        });
        let expected = "3.2 The app answers but is not ready: db: connection refused";
        assert_eq!(sentence(&report), expected);
    }
}
