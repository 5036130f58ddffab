//! One painting for all human formats: blocks of text with a meaning, never with colours.

use std::borrow::Cow;

use super::cell::{Cell, CellStyle};
use super::table::Table;
use crate::facts::{Finding, Status};

/// A block of a document.
#[derive(Debug, Clone)]
pub enum Block {
    /// The verdict and its sentence: where the eye lands.
    Headline {
        /// The verdict.
        verdict: Status,
        /// One sentence.
        text: String,
    },
    /// What a listing is of: `dead letters · prod · app@db:5432/app`.
    Title(Vec<Cell>),
    /// A heading over what follows.
    Heading(String),
    /// Names and values.
    Pairs(Vec<(&'static str, Cell)>),
    /// A table.
    Table(Table),
    /// A sentence in passing.
    Note(String),
    /// Text for other programs, as it is: our own, never from outside.
    Raw(String),
    /// Our own prose in markdown, never from outside: painted for a terminal, plain elsewhere.
    Markdown(Cow<'static, str>),
    /// Text that keeps its own lines: a payload, SQL, a stack trace.
    Verbatim(String),
    /// Commands to type next, each with what it is for.
    Next(Vec<(String, Cell)>),
}

/// A report for people.
#[derive(Debug, Clone, Default)]
pub struct Document {
    /// The blocks, top to bottom.
    pub blocks: Vec<Block>,
    /// Where the runbook is read in a browser: what is said of its sections becomes a link.
    pub runbook_url: Option<String>,
}

impl Document {
    /// Adds a block.
    pub fn push(&mut self, block: Block) {
        self.blocks.push(block);
    }

    /// The sentence of its headline, where it has one.
    #[must_use]
    pub fn headline_text(&self) -> Option<&str> {
        self.blocks.iter().find_map(|block| match block {
            Block::Headline { text, .. } => Some(text.as_str()),
            _ => None,
        })
    }

    /// The first command to type next, where there is one.
    #[must_use]
    pub fn first_command(&self) -> Option<&str> {
        let next = self.blocks.iter().find_map(|block| match block {
            Block::Next(commands) => commands.first(),
            _ => None,
        });
        next.map(|(command, _)| command.as_str())
    }

    /// Adds the verdict and its sentence.
    pub fn headline(&mut self, verdict: Status, text: impl Into<String>) {
        self.push(Block::Headline { verdict, text: text.into() });
    }

    /// Adds words to the sentence of its headline.
    pub fn extend_headline(&mut self, words: &str) {
        for block in &mut self.blocks {
            if let Block::Headline { text, .. } = block {
                text.push_str(words);
            }
        }
    }

    /// Adds a heading.
    pub fn heading(&mut self, text: impl Into<String>) {
        self.push(Block::Heading(text.into()));
    }

    /// Adds a sentence in passing.
    pub fn note(&mut self, text: impl Into<String>) {
        self.push(Block::Note(text.into()));
    }

    /// Adds a sentence in front of the commands to type next, of what is known after the fact.
    pub fn add_note(&mut self, text: impl Into<String>) {
        let next = self.blocks.iter().position(|block| matches!(block, Block::Next(_)));
        self.blocks.insert(next.unwrap_or(self.blocks.len()), Block::Note(text.into()));
    }

    /// Adds the next commands of findings that are not OK: the worst first, each once, with the section
    /// that explains it. Where a command would send to itself, the section is what to read next.
    pub fn next_of(&mut self, findings: &[Finding], own: &str) {
        let mut bad: Vec<_> = findings.iter().filter(|f| f.status != Status::Ok).collect();
        bad.sort_by_key(|finding| std::cmp::Reverse(finding.status.rank()));
        let mut commands: Vec<(String, Cell)> = Vec::new();
        for finding in bad {
            let Some(command) = &finding.next else { continue };
            let command = match command {
                itself if itself == own => {
                    format!("cliplyctl runbook {}", finding.section.number())
                }
                other => other.clone(),
            };
            if commands.iter().all(|(known, _)| *known != command) {
                let purpose = Cell::purpose(&command, finding.section);
                commands.push((command, purpose));
            }
        }
        self.next(commands);
    }

    /// Adds the commands to type next, unless there are none.
    pub fn next(&mut self, commands: Vec<(String, impl Into<Cell>)>) {
        if !commands.is_empty() {
            let muted = |why: Cell| Cell { tone: CellStyle::Muted, ..why };
            let commands = commands.into_iter().map(|(command, why)| (command, muted(why.into())));
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
        let finding = |verdict, section, next: &str| {
            Finding::new("x.y", section, verdict, "subject", "message").next(next)
        };
        let findings = [
            finding(Status::Warning, Section::DeadLetters, "cliplyctl dlq list"),
            finding(Status::Ok, Section::AppDown, "cliplyctl health"),
            finding(Status::Unknown, Section::NotReady, "cliplyctl runbook 4.1"),
            finding(Status::Critical, Section::Backlog, "cliplyctl queue"),
            finding(Status::Warning, Section::Backlog, "cliplyctl queue"),
        ];
        let mut document = Document::default();
        document.next_of(&findings, "cliplyctl queue");
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
