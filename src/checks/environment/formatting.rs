//! `env.hygiene`: every dotenv implementation parses the template in the same way.

use crate::checks::Check;
use crate::facts::{Finding, Section, Status, Thresholds};
use crate::zod::model::{EnvFile, Environment, FileNote, Note};

/// The check.
pub(crate) const CHECK: Check<Environment> = Check {
    id: "env.hygiene",
    title: "the template has no formatting issues",
    section: Section::Environment,
    evaluate,
};

fn evaluate(check: &Check<Environment>, facts: &Environment, _: &Thresholds) -> Vec<Finding> {
    let Some(template) = &facts.template else { return Vec::new() };
    let mut findings: Vec<Finding> = issues(template)
        .into_iter()
        .map(|(line, changes, text)| {
            let status = match (changes, facts.policy.strict) {
                (true, _) => Status::Warning,
                (false, true) => Status::Warning,
                (false, false) => Status::Ok,
            };
            let place = match line {
                Some(line) => format!("{}:{line}", template.path.display()),
                None => template.path.display().to_string(),
            };
            let message = format!("{place} {text}");
            check.finding(status, place, message)
        })
        .collect();
    if findings.is_empty() {
        let path = template.path.display().to_string();
        let message = format!("{path} has no formatting issues");
        findings.push(check.finding(Status::Ok, path, message));
    }
    findings
}

/// The line, whether a value may be lost, and the text of an issue.
type FormattingIssue = (Option<u32>, bool, String);

fn issues(file: &EnvFile) -> Vec<FormattingIssue> {
    let of_file = file.notes.iter().map(|note| match note {
        FileNote::ByteOrderMark => (None, false, "starts with a byte order mark".to_owned()),
        FileNote::Crlf => (None, false, "has CRLF line endings".to_owned()),
        FileNote::MixedLineEnds { line } => {
            (Some(*line), false, "has mixed line endings".to_owned())
        }
        FileNote::NotUtf8 { line } => (Some(*line), true, "is not UTF-8".to_owned()),
        FileNote::Utf16 => (None, true, "is UTF-16: dotenv reads nothing from it".to_owned()),
        FileNote::Ignored { line } => {
            (Some(*line), true, "is not an assignment: dotenv ignores it".to_owned())
        }
    });
    let of_entries = file.entries.iter().flat_map(|entry| {
        entry.notes.iter().filter_map(|note| {
            let (changes, text) = match note {
                Note::Duplicate { earlier } => {
                    (true, format!("sets {} again, after line {earlier}", entry.key))
                }
                Note::UnclosedQuote => {
                    (true, format!("has an unclosed quote in the value of {}", entry.key))
                }
                Note::CutByHash => {
                    (true, format!("truncates the value of {} at the #; quote it", entry.key))
                }
                Note::Colon => (false, format!("sets {} with a colon", entry.key)),
                Note::SpacedEquals => (
                    false,
                    format!("has spaces around the = of {}, which shells reject", entry.key),
                ),
                Note::Export => (false, format!("exports {}", entry.key)),
                Note::MultiLine | Note::InlineComment => return None,
            };
            Some((Some(entry.line), changes, text))
        })
    });
    of_file.chain(of_entries).collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{environment, worst};
    use super::*;

    fn status(template: &str) -> Status {
        let facts = environment("A: z.string()", Some(template), &[]);
        worst(&CHECK.run(&facts, &Thresholds::default()))
    }

    #[test]
    fn only_formatting_that_can_lose_a_value_is_a_warning() {
        for text in ["A=1\nA=2\n", "A=\"x\n", "A=x#y\n", "A=1\nB\n"] {
            assert_eq!(status(text), Status::Warning, "{text:?}");
        }
        for text in ["\u{feff}A=1\r\n", "export A=1\n", "A = 1\n", "A='x#y' # z\n"] {
            assert_eq!(status(text), Status::Ok, "{text:?}");
        }
    }
}
