//! Suggested next steps: a command and what it is for.

use std::borrow::Cow;

use super::Section;
use crate::suggest::ShellCommand;

/// A suggested next step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    /// The command, without secrets.
    pub(crate) command: ShellCommand,
    /// What it is for.
    pub(crate) why: Cow<'static, str>,
    /// The section of the runbook that `why` names, if it names one.
    pub(crate) section: Option<Section>,
}

impl Suggestion {
    /// Creates a step.
    pub fn new(command: ShellCommand, why: impl Into<Cow<'static, str>>) -> Self {
        Self { command, why: why.into(), section: None }
    }

    /// Creates a step whose purpose is a section of the runbook.
    pub(crate) fn of_section(command: ShellCommand, section: Section) -> Self {
        Self { command, why: section.name().into(), section: Some(section) }
    }

    /// Creates the step that prints a section of the runbook.
    pub(crate) fn runbook(section: Section) -> Self {
        Self::of_section(ShellCommand::new("runbook").arg(section.number()), section)
    }

    /// Creates a step from words of the source code.
    pub(crate) const fn fixed(words: &'static str, why: &'static str) -> Self {
        Self { command: ShellCommand::new(words), why: Cow::Borrowed(why), section: None }
    }

    /// Creates a step with a command that has a target of its own.
    pub(crate) const fn without_target(words: &'static str, why: &'static str) -> Self {
        let command = ShellCommand::without_target(words);
        Self { command, why: Cow::Borrowed(why), section: None }
    }

    /// Links its purpose, which names a section of the runbook.
    #[must_use]
    pub(crate) const fn linked(mut self, section: Section) -> Self {
        self.section = Some(section);
        self
    }

    /// Appends text to its purpose.
    pub(crate) fn extend_why(&mut self, text: &str) {
        self.why.to_mut().push_str(text);
    }
}
