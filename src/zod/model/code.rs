//! What the application's own sources read of the environment.

use std::path::PathBuf;

use super::{SourceLine, Unresolved};

/// How a key stands in the code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CodeForm {
    /// It is read from an object that is known to be the environment.
    Read,
    /// Its name stands there, and whether it is read cannot be told: `getEnv("KEY")`, `config.KEY`.
    Mention,
    /// The schema's own file hands it on: `KEY: process.env.KEY`.
    Plumbing,
}

/// One place where a key stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct CodeUse {
    /// Where.
    pub place: SourceLine,
    /// Its name.
    pub key: String,
    /// How.
    pub form: CodeForm,
}

/// A tree of sources, read and not executed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Code {
    /// The directory.
    pub root: PathBuf,
    /// Source files that were looked at.
    pub files: usize,
    /// Every use, by file and line.
    pub uses: Vec<CodeUse>,
    /// Where a name is computed: `process.env[name]`.
    pub computed: Vec<SourceLine>,
    /// What could not be read, and why.
    pub unread: Vec<Unresolved>,
}

impl Code {
    /// The uses of one key in this form.
    pub fn of<'a>(&'a self, key: &'a str, form: CodeForm) -> impl Iterator<Item = &'a CodeUse> {
        self.uses.iter().filter(move |found| found.form == form && found.key == key)
    }
}
