//! The document model of all human formats: blocks of text with styles, never with colors.

use std::borrow::Cow;

use super::cell::{Cell, CellStyle};
use super::table::Table;
use crate::facts::{Finding, Status};
use crate::text::ShellCommand;

/// A block of a document.
#[derive(Debug, Clone)]
pub enum Block {
    /// The status and its sentence.
    Headline {
        /// The status.
        status: Status,
        /// One sentence.
        text: String,
        /// A second sentence, on a line of its own.
        also: Option<String>,
    },
    /// What the report is about: `dead letters · prod · app@db:5432/app`.
    Title(Vec<Cell>),
    /// A heading over what follows.
    Heading(String),
    /// Labels and values.
    Pairs(Vec<(&'static str, Cell)>),
    /// A table.
    Table(Table),
    /// A secondary sentence.
    Note(String),
    /// Text for other programs, written as is. Must not contain untrusted text.
    Raw(String),
    /// Markdown that is part of this program, styled on a terminal and plain otherwise. Must not
    /// contain untrusted text.
    Markdown(Cow<'static, str>),
    /// Text that keeps its line breaks: a payload, SQL, a stack trace.
    Verbatim(String),
    /// Suggested commands with their purposes.
    Next(Vec<(String, Cell)>),
}

/// A report for humans.
#[derive(Debug, Clone, Default)]
pub struct Document {
    /// The blocks, from top to bottom.
    pub(crate) blocks: Vec<Block>,
    /// The URL of the runbook; if set, names of its sections become links.
    pub(crate) runbook_url: Option<String>,
}

impl Document {
    /// Adds a block.
    pub fn push(&mut self, block: Block) {
        self.blocks.push(block);
    }

    /// Returns the headline in one line.
    pub(crate) fn headline_text(&self) -> Option<String> {
        self.blocks.iter().find_map(|block| match block {
            Block::Headline { text, also: Some(also), .. } => Some(format!("{text}; {also}")),
            Block::Headline { text, .. } => Some(text.clone()),
            _ => None,
        })
    }

    /// Returns the first suggested command.
    pub(crate) fn first_command(&self) -> Option<&str> {
        let next = self.blocks.iter().find_map(|block| match block {
            Block::Next(commands) => commands.first(),
            _ => None,
        });
        next.map(|(command, _)| command.as_str())
    }

    /// Adds the first line of a report without a status: what it found, with its numbers.
    pub(crate) fn summary(&mut self, text: impl Into<String>) {
        self.heading(text);
    }

    /// Adds the status and its sentence.
    pub fn headline(&mut self, status: Status, text: impl Into<String>) {
        self.push(Block::Headline { status, text: text.into(), also: None });
    }

    /// Appends text to the sentence of the headline.
    pub(crate) fn extend_headline(&mut self, suffix: &str) {
        for block in &mut self.blocks {
            if let Block::Headline { text, .. } = block {
                text.push_str(suffix);
            }
        }
    }

    /// Adds a heading.
    pub fn heading(&mut self, text: impl Into<String>) {
        self.push(Block::Heading(text.into()));
    }

    /// Adds a secondary sentence.
    pub fn note(&mut self, text: impl Into<String>) {
        self.push(Block::Note(text.into()));
    }

    /// Inserts a secondary sentence before the suggested commands.
    pub(crate) fn add_note(&mut self, text: impl Into<String>) {
        let next = self.blocks.iter().position(|block| matches!(block, Block::Next(_)));
        self.blocks.insert(next.unwrap_or(self.blocks.len()), Block::Note(text.into()));
    }

    /// Adds the suggested commands of the findings that are not OK: the worst first, each once,
    /// with the runbook section as their purpose. If a finding suggests the current command, its
    /// runbook section is suggested instead.
    pub(crate) fn next_steps_for(&mut self, findings: &[Finding], current: &str) {
        let mut problems: Vec<_> = findings.iter().filter(|f| f.status != Status::Ok).collect();
        problems.sort_by_key(|finding| std::cmp::Reverse(finding.status.rank()));
        let mut commands: Vec<(String, Cell)> = Vec::new();
        for finding in problems {
            let Some(command) = &finding.next else { continue };
            let command = if command == current {
                ShellCommand::new("runbook").arg(finding.section.number()).into()
            } else {
                command.clone()
            };
            if commands.iter().all(|(known, _)| *known != command) {
                let purpose = Cell::purpose(&command, finding.section);
                commands.push((command, purpose));
            }
        }
        self.next(commands);
    }

    /// Adds suggested commands, if there are any.
    pub fn next(&mut self, commands: Vec<(String, impl Into<Cell>)>) {
        if !commands.is_empty() {
            let muted = |purpose: Cell| Cell { style: CellStyle::Muted, ..purpose };
            let commands =
                commands.into_iter().map(|(command, purpose)| (command, muted(purpose.into())));
            self.push(Block::Next(commands.collect()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Section;

    #[test]
    fn next_steps_are_worst_first_and_omit_the_current_command() {
        let finding = |status, section, next: &str| {
            Finding::new("x.y", section, status, "subject", "message").next(next)
        };
        let findings = [
            finding(Status::Warning, Section::DeadLetters, "cliplyctl dlq list"),
            finding(Status::Ok, Section::AppDown, "cliplyctl health"),
            finding(Status::Unknown, Section::NotReady, "cliplyctl runbook 4.1"),
            finding(Status::Critical, Section::Backlog, "cliplyctl queue"),
            finding(Status::Warning, Section::Backlog, "cliplyctl queue"),
        ];
        let mut document = Document::default();
        document.next_steps_for(&findings, "cliplyctl queue");
        let Some(Block::Next(next)) = document.blocks.first() else { panic!("{document:?}") };
        let next: Vec<_> = next.iter().map(|(c, why)| (c.as_str(), why.text.as_str())).collect();
        let expected = [
            ("cliplyctl runbook 3.3", "3.3 Queue backlog or slow processing"),
            ("cliplyctl runbook 4.1", "4.1 Environment checks"),
            ("cliplyctl dlq list", "3.4 Dead letters grow"),
        ];
        assert_eq!(next, expected);
    }
}
