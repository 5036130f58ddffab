//! A page of the runbook, as what a text speaks of.

use crate::facts::Section;

/// A page of the runbook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunbookLink {
    /// A section.
    Section(Section),
    /// The page of a check, by its id.
    Check(&'static str),
}

impl RunbookLink {
    /// The fragment of its heading where RUNBOOK.md is shown as a page.
    #[must_use]
    pub fn anchor(self) -> String {
        match self {
            Self::Section(section) => section.anchor(),
            Self::Check(id) => id.replace('.', ""),
        }
    }
}
