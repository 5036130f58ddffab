//! The environment as three parties see it: the schema, the template, the values.

mod code;
mod describe;
mod env_file;
mod rule;
mod values;

use std::path::PathBuf;

pub use code::{Code, CodeForm, CodeUse};
pub use env_file::{EntryState, EnvEntry, EnvFile, EnvValue, FileNote, Note, Quote};
pub use rule::{
    Constant, NumberCheck, Pattern, Rule, SchemaFunction, StringCheck, StringFormat, UrlOptions,
};
pub use values::{EnvPolicy, EnvValues, Environment, Fallback, SetValue};

/// A line of a file, as a reader would cite it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceLine {
    /// The file, as it was named or found.
    pub file: PathBuf,
    /// The line, from 1.
    pub line: u32,
}

impl std::fmt::Display for SourceLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.file.display(), self.line)
    }
}

/// Something in the schema that cannot be known without running it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Unresolved {
    /// Where it stands.
    pub place: SourceLine,
    /// What it is: `transform runs code`, `imported from package "x"`.
    pub reason: String,
}

impl std::fmt::Display for Unresolved {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.reason, self.place)
    }
}

/// Which zod judges the values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ZodMajor {
    /// zod 3.
    Three,
    /// zod 4.
    Four,
    /// Neither the import path nor a package.json says.
    Unknown,
}

/// What the schema does with keys it does not declare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ObjectMode {
    /// Drops them: the default.
    Strip,
    /// Refuses them.
    Strict,
    /// Passes them on.
    Loose,
}

/// Why this schema was taken and no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SchemaChoice {
    /// It bears the name asked for.
    ByName,
    /// It is the only schema that the file exports.
    OnlyExport,
    /// It is the only schema in the file.
    OnlyCandidate,
}

impl SchemaChoice {
    /// The reason in words.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Self::ByName => "by name",
            Self::OnlyExport => "the only schema exported",
            Self::OnlyCandidate => "the only schema in the file",
        }
    }
}

/// Which side of a split schema (`createEnv`) declares a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// Known to the server alone, or not split at all.
    Server,
    /// Compiled into what browsers load.
    Client,
    /// Both.
    Shared,
}

/// One declared key.
#[derive(Debug, Clone, PartialEq)]
pub struct SchemaKey {
    /// Its name.
    pub name: String,
    /// What its value must satisfy.
    pub rule: Rule,
    /// What the schema says about it.
    pub description: Option<String>,
    /// Where it is declared.
    pub place: SourceLine,
    /// Who may know it.
    pub side: Side,
}

/// The schema as its source declares it; nothing was executed.
#[derive(Debug, Clone, PartialEq)]
pub struct EnvSchema {
    /// The binding it was read from.
    pub name: String,
    /// Where that stands.
    pub place: SourceLine,
    /// Why this one.
    pub chosen: SchemaChoice,
    /// Which zod judges.
    pub zod: ZodMajor,
    /// What happens to undeclared keys.
    pub mode: ObjectMode,
    /// Blank values count as missing (`emptyStringAsUndefined`).
    pub blank_is_missing: bool,
    /// The keys, in the order of declaration.
    pub keys: Vec<SchemaKey>,
    /// What may add keys or refuse the whole, and cannot be known.
    pub unresolved: Vec<Unresolved>,
    /// Names that it knows and that the platform sets (`VERCEL_*`): no template has to have them.
    pub platform: Vec<&'static str>,
}

impl EnvSchema {
    /// Whether the platform sets this key, as far as the schema says.
    #[must_use]
    pub fn is_of_platform(&self, name: &str) -> bool {
        self.platform.iter().any(|known| match known.strip_suffix('*') {
            Some(start) => name.starts_with(start),
            None => name == *known,
        })
    }

    /// The key of that name.
    #[must_use]
    pub fn key(&self, name: &str) -> Option<&SchemaKey> {
        self.keys.iter().find(|key| key.name == name)
    }
}
