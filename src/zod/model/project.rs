//! What a project runs with, from package.json: it decides how `.env` files are read and which variables are set.

use std::collections::BTreeSet;

/// A project, as far as its package.json says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Project {
    /// What loads its `.env` files.
    pub(crate) loader: Loader,
    /// The framework that sets NODE_ENV.
    pub(crate) framework: Option<&'static str>,
    /// Names of its dependencies.
    pub(crate) dependencies: BTreeSet<String>,
}

/// What loads `.env` files, by what it makes of `$NAME`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Loader {
    /// Next.js, Vite, Bun, dotenv-expand, …: expands `$NAME` and `${NAME}`.
    Expands(&'static str),
    /// dotenv, Node's `--env-file`: a dollar is a character.
    Literal(&'static str),
    /// Not known.
    #[default]
    Unknown,
}

impl Loader {
    /// Whether each file is expanded before the files that it overrides are read: `.env.local` does not see `.env`.
    pub(crate) fn expands_file_by_file(self) -> bool {
        self == Self::Expands("Next.js")
    }

    /// Whether it is c12, which keeps a reference to a variable that is not set, and knows no defaults.
    pub(crate) fn keeps_unset(self) -> bool {
        self == Self::Expands("Nuxt")
    }
}

impl Project {
    /// Whether a variable is set by the framework in every process.
    pub(crate) fn sets(&self, name: &str) -> bool {
        name == "NODE_ENV" && self.framework.is_some()
    }
}
