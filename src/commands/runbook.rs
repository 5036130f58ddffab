//! `runbook`: RUNBOOK.md in the terminal.

use crate::error::Error;
use crate::report::{Block, Document, Report};
use crate::settings::suggest::nearest;

const RUNBOOK: &str = include_str!("../../RUNBOOK.md");

/// A heading and the text below it, up to the next one of the same rank or a higher one.
struct RunbookSection<'a> {
    /// What it is asked for by: a number (`3.1`) or a check's id.
    name: &'a str,
    text: &'a str,
}

/// Prints a section or a check's page; everything when none is named.
///
/// # Errors
/// When there is no such page.
pub fn run(section: Option<&str>) -> Result<Report, Error> {
    let Some(wanted) = section else {
        return Ok(report("all", RUNBOOK));
    };
    let pages = pages();
    match pages.iter().find(|page| page.name == wanted) {
        Some(page) => Ok(report(page.name, page.text)),
        None => Err(Error::usage(format!("the runbook has no section `{wanted}`")).hint(
            match nearest(wanted, names()) {
                Some(name) => format!("did you mean `{name}`?"),
                None => format!("one of: {}; or the id of a check: queue.stuck", sections()),
            },
        )),
    }
}

/// The numbered sections. There are too many checks to list.
fn sections() -> String {
    let numbered = names().filter(|name| name.starts_with(|c: char| c.is_ascii_digit()));
    numbered.collect::<Vec<_>>().join(", ")
}

/// Every name that `runbook` understands.
pub fn names() -> impl Iterator<Item = &'static str> {
    pages().into_iter().map(|page| page.name).filter(|name| is_name(name))
}

/// Whether people would ask for it: a number or a check's id, and not the first word of a title.
fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_digit()) || name.contains('.')
}

fn pages() -> Vec<RunbookSection<'static>> {
    let mut start = 0;
    let mut headings = Vec::new();
    for line in RUNBOOK.split_inclusive('\n') {
        let rank = line.bytes().take_while(|&byte| byte == b'#').count();
        // A shell comment in a block of commands has one `#`; our pages have two or three.
        if (2..=3).contains(&rank) {
            headings.push((start, rank, name(line.get(rank..).unwrap_or(""))));
        }
        start += line.len();
    }
    let end = |index: usize, rank: usize| {
        let behind = headings.iter().skip(index + 1).find(|(_, other, _)| *other <= rank);
        behind.map_or(RUNBOOK.len(), |(start, ..)| *start)
    };
    let page = |(index, (start, rank, name)): (usize, &(usize, usize, &'static str))| {
        RunbookSection { name, text: RUNBOOK.get(*start..end(index, *rank)).unwrap_or("") }
    };
    headings.iter().enumerate().map(page).collect()
}

/// The first word of a heading: a number, or a check's id between backticks.
fn name(heading: &'static str) -> &'static str {
    heading.split_whitespace().next().unwrap_or("").trim_matches('`')
}

fn report(name: &str, text: &'static str) -> Report {
    let mut document = Document::default();
    document.push(Block::Markdown(text.into()));
    let data = serde_json::json!({ "section": name, "text": text });
    Report::listing("runbook", data, document)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Section;

    #[test]
    fn every_section_of_a_finding_is_in_the_runbook() {
        for section in Section::ALL {
            let pages = pages();
            let page = pages.iter().find(|page| page.name == section.number());
            let text = page.unwrap_or_else(|| panic!("no {}", section.number())).text;
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
        assert!(error.hints[0].contains("queue.oldest_due"), "{error:?}");
        let error = run(Some("nothing like it")).unwrap_err();
        assert!(error.hints[0].starts_with("one of: 1, 2, 3, 3.1, "), "{error:?}");
        assert!(!error.hints[0].contains("queue.oldest_due"), "{error:?}");
    }
}
