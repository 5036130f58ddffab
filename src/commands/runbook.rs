//! `runbook`: prints RUNBOOK.md, or one section or check of it.

use schemars::JsonSchema;
use serde::Serialize;

use crate::error::Error;
use crate::report::{Block, Document, Report};
use crate::settings::suggest::nearest;
use crate::suggest::{CommandText, ShellCommand};

const RUNBOOK: &str = include_str!("../../RUNBOOK.md");

/// A heading and the text below it, up to the next heading of the same or a higher level.
struct RunbookSection<'a> {
    /// The section number (`3.1`) or the check id.
    name: &'a str,
    text: &'a str,
}

/// Returns a section or the description of a check; the whole runbook without an argument.
pub(crate) fn run(section: Option<&str>) -> Result<Report, Error> {
    let Some(name) = section else {
        return Ok(report("all", RUNBOOK));
    };
    let sections = sections();
    match sections.iter().find(|section| section.name == name) {
        Some(section) => Ok(report(section.name, section.text)),
        None => Err(Error::usage(format!("the runbook has no section `{name}`")).hint(
            match nearest(name, names()) {
                Some(nearest) => format!("did you mean `{nearest}`?"),
                None => format!("sections: {}; checks: an id such as queue.stuck", numbers()),
            },
        )),
    }
}

/// Returns the section numbers for the hint. There are too many checks to list.
fn numbers() -> String {
    let numbers = names().filter(|name| name.starts_with(|c: char| c.is_ascii_digit()));
    numbers.collect::<Vec<_>>().join(", ")
}

/// Returns every name that `runbook` accepts.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    sections().into_iter().map(|section| section.name).filter(|name| is_name(name))
}

/// Returns whether a name is a section number or a check id, and not the first word of a title.
fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_digit()) || name.contains('.')
}

/// Splits the runbook into its sections.
fn sections() -> Vec<RunbookSection<'static>> {
    let mut start = 0;
    let mut headings = Vec::new();
    for line in RUNBOOK.split_inclusive('\n') {
        let level = line.bytes().take_while(|&byte| byte == b'#').count();
        // A shell comment in a code block has one `#`; headings of sections have two or three.
        if (2..=3).contains(&level) {
            headings.push((start, level, name(line.get(level..).unwrap_or(""))));
        }
        start += line.len();
    }
    let end = |index: usize, level: usize| {
        let next = headings.iter().skip(index + 1).find(|(_, other, _)| *other <= level);
        next.map_or(RUNBOOK.len(), |(start, ..)| *start)
    };
    let section = |(index, (start, level, name)): (usize, &(usize, usize, &'static str))| {
        RunbookSection { name, text: RUNBOOK.get(*start..end(index, *level)).unwrap_or("") }
    };
    headings.iter().enumerate().map(section).collect()
}

/// Returns the first word of a heading: a number, or a check id without its backticks.
fn name(heading: &'static str) -> &'static str {
    heading.split_whitespace().next().unwrap_or("").trim_matches('`')
}

/// `data` of `runbook`.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct RunbookJson {
    /// Number of the section or id of the check.
    section: String,
    /// Its text, Markdown.
    text: &'static str,
}

fn report(name: &str, text: &'static str) -> Report {
    let mut document = Document::default();
    document.push(Block::Markdown(with_commands(text)));
    let data = RunbookJson { section: name.to_owned(), text };
    Report::listing("runbook", data, document)
}

/// Returns a text of the runbook whose lines with a command get the flags that select the target of this run.
fn with_commands(text: &'static str) -> CommandText {
    text.split_inclusive('\n').fold(CommandText::default(), |page, line| {
        let (prompt, command) = line.split_at(line.strip_prefix("$ ").map_or(0, |_| 2));
        match command.strip_prefix(env!("CARGO_PKG_NAME")).and_then(|rest| rest.strip_prefix(' ')) {
            Some(words) => {
                let words = words.trim_end_matches('\n');
                page.text(prompt).command(ShellCommand::new(words)).text("\n")
            }
            None => page.text(line),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Section;
    use crate::suggest::TargetFlags;

    #[test]
    fn commands_of_a_page_get_the_target_flags() {
        let mut page = with_commands("Look:\n$ cliplyctl queue   # now\ncliplyctl ready > x\n");
        page.address(&TargetFlags::for_context("a"));
        let page = page.to_string();
        assert!(
            page.starts_with("Look:\n$ cliplyctl -c a queue   # now\ncliplyctl -c a ready > x\n"),
            "{page}"
        );
    }

    #[test]
    fn every_section_of_a_finding_is_in_the_runbook() {
        for section in Section::ALL {
            let sections = sections();
            let found = sections.iter().find(|found| found.name == section.number());
            let text = found.unwrap_or_else(|| panic!("no {}", section.number())).text;
            assert!(text.starts_with(&format!("## {} {}\n", section.number(), section.title())));
        }
    }

    #[test]
    fn runbook_names_are_section_numbers_and_check_ids() {
        assert!(names().any(|name| name == "3.4") && names().any(|name| name == "queue.stuck"));
        assert!(!names().any(|name| name == "Watching"));
    }

    #[test]
    fn unknown_section_is_a_usage_error_with_a_suggestion() {
        let error = run(Some("queue.oldest_deu")).unwrap_err();
        assert_eq!(error.exit_code().code(), 64);
        assert!(error.hints[0].to_string().contains("queue.oldest_due"), "{error:?}");
        let error = run(Some("nothing like it")).unwrap_err();
        assert!(error.hints[0].to_string().starts_with("sections: 1, 2, 3, 3.1, "), "{error:?}");
        assert!(!error.hints[0].to_string().contains("queue.oldest_due"), "{error:?}");
    }
}
