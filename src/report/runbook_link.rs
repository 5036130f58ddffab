//! Links to parts of the runbook.

use crate::facts::Section;

/// A part of the runbook that a text can link to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunbookLink {
    /// A section.
    Section(Section),
    /// The page of a check, by the id of the check.
    Check(&'static str),
}

impl RunbookLink {
    /// Returns the anchor of its heading in RUNBOOK.md.
    pub(crate) fn anchor(self) -> String {
        match self {
            Self::Section(section) => section.anchor(),
            Self::Check(id) => id.replace('.', ""),
        }
    }
}
