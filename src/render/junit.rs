//! `-o junit`: one test case per check, for the test reports of CI servers.

use std::fmt::Write as _;

use crate::facts::{Finding, Status};
use crate::redact::sanitize;
use crate::report::{Provenance, Report};
use crate::text;

/// Renders one suite per context. Findings below `--fail-on` pass, with a note.
pub(crate) fn render(report: &Report, from: &Provenance) -> String {
    let suites: Vec<_> =
        report.parts(from).into_iter().map(|(part, from)| suite(part, from)).collect();
    let counts = suites.iter().fold(Counts::default(), |sum, (counts, _)| sum.plus(counts));
    let seconds = from.duration_ms as f64 / 1e3;
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites {counts} time=\"{seconds:.3}\">\n"
    );
    suites.iter().for_each(|(_, suite)| text.push_str(suite));
    text.push_str("</testsuites>\n");
    text
}

/// The numbers of test cases by result.
#[derive(Default)]
struct Counts {
    tests: usize,
    failures: usize,
    errors: usize,
    skipped: usize,
}

impl Counts {
    fn plus(self, other: &Self) -> Self {
        Self {
            tests: self.tests + other.tests,
            failures: self.failures + other.failures,
            errors: self.errors + other.errors,
            skipped: self.skipped + other.skipped,
        }
    }
}

impl std::fmt::Display for Counts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { tests, failures, errors, skipped } = self;
        write!(
            f,
            "tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\""
        )
    }
}

fn suite(report: &Report, from: &Provenance) -> (Counts, String) {
    let cases: Vec<_> = report.findings.iter().map(|finding| case(report, finding)).collect();
    let errors: Vec<_> = report.errors.iter().map(|error| error.message.as_str()).collect();
    // A command that could not evaluate anything is a test case as well: without cases the suite
    // would count as passed.
    let command_error =
        (report.findings.is_empty() && !errors.is_empty()).then(|| errors.join("; "));
    let count = |expected: JunitKind| {
        report.findings.iter().filter(|f| kind(report, f) == expected).count()
    };
    let name = escape(&match &from.context {
        Some(context) => format!("cliplyctl {} ({context})", report.command),
        None => format!("cliplyctl {}", report.command),
    });
    let counts = Counts {
        tests: cases.len() + usize::from(command_error.is_some()),
        failures: count(JunitKind::Failure),
        errors: count(JunitKind::Error) + usize::from(command_error.is_some()),
        skipped: count(JunitKind::Skipped),
    };
    let seconds = from.duration_ms as f64 / 1e3;
    let started = from.started_at.strftime("%Y-%m-%dT%H:%M:%SZ");
    let mut text = format!(
        "  <testsuite name=\"{name}\" {counts} time=\"{seconds:.3}\" timestamp=\"{started}\">\n"
    );
    cases.iter().for_each(|case| text.push_str(case));
    if let Some(message) = command_error {
        let (command, message) = (escape(report.command), escape(&message));
        _ = writeln!(
            text,
            "    <testcase classname=\"cliplyctl\" name=\"{command}\">\n      \
             <error type=\"unknown\" message=\"{message}\"/>\n    </testcase>"
        );
    }
    text.push_str("  </testsuite>\n");
    (counts, text)
}

/// How a finding is reported.
#[derive(PartialEq, Eq)]
enum JunitKind {
    Passed,
    BelowFailOn,
    Failure,
    Error,
    Skipped,
}

fn kind(report: &Report, finding: &Finding) -> JunitKind {
    match finding.status {
        Status::Ok => JunitKind::Passed,
        Status::Skipped { .. } => JunitKind::Skipped,
        Status::Unknown => JunitKind::Error,
        Status::Warning | Status::Critical if report.is_failure(finding) => JunitKind::Failure,
        Status::Warning | Status::Critical => JunitKind::BelowFailOn,
    }
}

fn case(report: &Report, finding: &Finding) -> String {
    let class = finding.check.split_once('.').map_or(finding.check, |(category, _)| category);
    let name = escape(&format!("{}: {}", finding.check, finding.subject));
    let (status, message) = (finding.status.as_str(), escape(&finding.message));
    let next_steps = escape(&advice(finding));
    let element = match kind(report, finding) {
        JunitKind::Passed => format!("<system-out>{message}</system-out>"),
        JunitKind::BelowFailOn => {
            format!("<system-out>below --fail-on: {status}: {message}</system-out>")
        }
        JunitKind::Skipped => format!("<skipped message=\"{message}\"/>"),
        JunitKind::Failure => {
            format!("<failure type=\"{status}\" message=\"{message}\">{next_steps}</failure>")
        }
        JunitKind::Error => {
            format!("<error type=\"{status}\" message=\"{message}\">{next_steps}</error>")
        }
    };
    format!(
        "    <testcase classname=\"cliplyctl.{class}\" name=\"{name}\">\n      {element}\n    \
         </testcase>\n"
    )
}

fn advice(finding: &Finding) -> String {
    let (number, title) = (finding.section.number(), finding.section.title());
    let mut text = format!("runbook {number}: {title}");
    let next = finding.next_command().map(|command| format!("next: {command}"));
    let threshold =
        finding.threshold.map(|threshold| format!("threshold: {}", text::threshold(&threshold)));
    for part in threshold.into_iter().chain(next) {
        text.push_str("; ");
        text.push_str(&part);
    }
    text
}

/// Escapes text for elements and attributes. XML 1.0 cannot represent most control characters: the
/// sanitizer shows them as escapes.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in sanitize::line(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn xml_special_and_control_characters_are_escaped() {
        let text = "]]></failure><x a='b' c=\"d\">&amp;\u{1b}\u{0}\u{ffff}";
        let expected = "]]&gt;&lt;/failure&gt;&lt;x a=&apos;b&apos; c=&quot;d&quot;&gt;&amp;amp;\
                        \\x1b\\x00\u{fffd}";
        assert_eq!(escape(text), expected);
    }
}
