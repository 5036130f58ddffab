//! The document model of all human formats: blocks of text with styles, never with colors.

use super::cell::Cell;
use super::table::Table;
use crate::facts::{Finding, Status, Suggestion};
use crate::suggest::{CommandText, ShellCommand};

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
    Note(CommandText),
    /// Text for other programs, written as is. Must not contain untrusted text.
    Raw(String),
    /// Markdown that is part of this program, styled on a terminal and plain otherwise. Must not
    /// contain untrusted text.
    Markdown(CommandText),
    /// Text that keeps its line breaks: a payload, SQL, a stack trace.
    Verbatim(String),
    /// SQL statements to review. A line that starts inside a name or a text in quotes is not indented, which would change it.
    Sql(String),
    /// Suggested commands with their purposes.
    Next(Vec<Suggestion>),
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
    pub(crate) fn first_command(&self) -> Option<&ShellCommand> {
        let next = self.blocks.iter().find_map(|block| match block {
            Block::Next(commands) => commands.first(),
            _ => None,
        });
        next.map(|step| &step.command)
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
    pub fn note(&mut self, text: impl Into<CommandText>) {
        self.push(Block::Note(text.into()));
    }

    /// Inserts a secondary sentence before the suggested commands.
    pub(crate) fn add_note(&mut self, text: impl Into<CommandText>) {
        let next = self.blocks.iter().position(|block| matches!(block, Block::Next(_)));
        self.blocks.insert(next.unwrap_or(self.blocks.len()), Block::Note(text.into()));
    }

    /// Adds the suggested commands of the findings that are not OK: the worst first, each once,
    /// with the runbook section as their purpose. If a finding suggests the current command, its
    /// runbook section is suggested instead.
    pub(crate) fn next_steps_for(&mut self, findings: &[Finding], current: &ShellCommand) {
        let mut problems: Vec<_> = findings.iter().filter(|f| f.status != Status::Ok).collect();
        problems.sort_by_key(|finding| std::cmp::Reverse(finding.status.rank()));
        let mut steps: Vec<Suggestion> = Vec::new();
        for finding in problems {
            let Some(next) = &finding.next else { continue };
            let step = match next.command == *current {
                true => Suggestion::runbook(finding.section),
                false => next.clone(),
            };
            if steps.iter().all(|known| known.command != step.command) {
                steps.push(step);
            }
        }
        self.next(steps);
    }

    /// Adds suggested commands, if there are any.
    pub fn next(&mut self, steps: Vec<Suggestion>) {
        if !steps.is_empty() {
            self.push(Block::Next(steps));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Section;

    #[test]
    fn next_steps_are_worst_first_and_omit_the_current_command() {
        let finding = |status, section, next: &'static str| {
            let finding = Finding::new("x.y", section, status, "subject", "message");
            finding.next(ShellCommand::new(next))
        };
        let findings = [
            finding(Status::Warning, Section::DeadLetters, "dlq list"),
            finding(Status::Ok, Section::AppDown, "health"),
            finding(Status::Unknown, Section::Environment, "runbook 4.1"),
            finding(Status::Critical, Section::Backlog, "queue"),
            finding(Status::Warning, Section::Backlog, "queue"),
        ];
        let mut document = Document::default();
        document.next_steps_for(&findings, &ShellCommand::new("queue"));
        let Some(Block::Next(next)) = document.blocks.first() else { panic!("{document:?}") };
        let next: Vec<_> = next.iter().map(|step| (step.command.to_string(), &*step.why)).collect();
        let expected = [
            ("cliplyctl runbook 3.3", "3.3 Queue backlog or slow processing"),
            ("cliplyctl runbook 4.1", "4.1 Environment checks"),
            ("cliplyctl dlq list", "3.4 Dead letters grow"),
        ];
        assert_eq!(next, expected.map(|(command, why)| (command.to_owned(), why)));
    }
}
