//! Data types: the schema with its rules, `.env` files, values, and the uses of keys in source code.
//!
//! No algorithms beyond look-up and display.

mod code;
mod environment;
mod project;
mod rule;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

pub(crate) use code::{
    Condition, FunctionUse, Input, ObjectCheck, SchemaFunction, Script, Validation,
};
pub use environment::{
    Code, CodeForm, CodeUse, EntryState, EnvEntry, EnvFile, EnvPolicy, EnvValue, EnvValues,
    Environment, Fallback, FileNote, Note, Quote, SetValue,
};
pub use project::{Loader, Project};
pub(crate) use rule::{
    Constant, NumberCheck, Pattern, Rule, StringCheck, StringFormat, UrlOptions,
};

/// A line of a source file; displayed as `file:line`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceLine {
    /// The file, by the path under which it was given or found.
    pub file: PathBuf,
    /// The line, from 1.
    pub line: u32,
}

impl std::fmt::Display for SourceLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.file.display(), self.line)
    }
}

/// A part of the source whose meaning is only known when it is executed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Unresolved {
    /// Its line.
    pub place: SourceLine,
    /// Why it is unresolved: `transform runs code`, `imported from package "x"`.
    pub reason: String,
}

impl Unresolved {
    /// An unresolved part of a file.
    pub(crate) fn in_file(path: &Path, line: u32, reason: impl Into<String>) -> Self {
        let place = SourceLine { file: path.to_owned(), line };
        Self { place, reason: reason.into() }
    }
}

impl std::fmt::Display for Unresolved {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.reason, self.place)
    }
}

/// The major version of zod that a schema uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ZodMajor {
    /// zod 3.
    Three,
    /// zod 4.
    Four,
    /// Neither the import path nor a package.json determines it.
    Unknown,
}

/// What an object schema does with undeclared keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ObjectMode {
    /// Drops them: the default.
    Strip,
    /// Rejects them.
    Strict,
    /// Passes them on.
    Loose,
}

/// How the schema was selected among those of its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SchemaChoice {
    /// It has the requested or the default name.
    ByName,
    /// It is the only exported schema.
    OnlyExport,
    /// It is the only schema in the file.
    OnlyCandidate,
    /// It is what the file parses the environment with.
    Parsed,
    /// The file parses the environment with it in addition to the one that is meant.
    AlsoParsed,
}

impl SchemaChoice {
    /// The reason, as reports show it.
    pub fn reason(self) -> &'static str {
        match self {
            Self::ByName => "by name",
            Self::OnlyExport => "the only schema exported",
            Self::OnlyCandidate => "the only schema in the file",
            Self::Parsed => "parses the environment",
            Self::AlsoParsed => "parses the environment, too",
        }
    }

    /// Whether its file applies it to the environment.
    pub(crate) fn is_applied(self) -> bool {
        matches!(self, Self::Parsed | Self::AlsoParsed)
    }

    /// Whether another schema may be meant: nothing in the file uses this one or exports it.
    pub(crate) fn is_guess(self) -> bool {
        self == Self::OnlyCandidate
    }
}

/// The part of a `createEnv` schema that declares a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// `server`; also every key of a schema without parts.
    Server,
    /// `client`: compiled into the code that browsers load.
    Client,
    /// `shared`: both of them.
    Shared,
}

/// A key that the schema declares.
#[derive(Debug, Clone, PartialEq)]
pub struct SchemaKey {
    /// Its name.
    pub name: String,
    /// The rule that its value must satisfy.
    pub rule: Rule,
    /// The description in the schema.
    pub description: Option<String>,
    /// The line of its declaration.
    pub place: SourceLine,
    /// The part of the schema that declares it.
    pub side: Side,
    /// Where its value comes from.
    pub(crate) input: Input,
    /// A blank value counts as missing (`emptyStringAsUndefined`).
    pub(crate) blank_is_missing: bool,
    /// When its value is judged at all.
    pub(crate) validated: Vec<Validation>,
}

/// An environment schema, read from its source without executing it.
#[derive(Debug, Clone, PartialEq)]
pub struct EnvSchema {
    /// The name of its binding.
    pub name: String,
    /// The line of its expression.
    pub place: SourceLine,
    /// How it was selected.
    pub chosen: SchemaChoice,
    /// The major version of zod.
    pub zod: ZodMajor,
    /// The treatment of undeclared keys.
    pub mode: ObjectMode,
    /// Blank values count as missing (`emptyStringAsUndefined`).
    pub blank_is_missing: bool,
    /// The declared keys, in source order.
    pub keys: Vec<SchemaKey>,
    /// Code that may declare further keys.
    pub unresolved: Vec<Unresolved>,
    /// Checks of the whole object, in order.
    pub(crate) checks: Vec<ObjectCheck>,
    /// Each key is judged by itself (`createEnv`), not as a part of an object.
    pub(crate) keys_alone: bool,
    /// Variables that the files of the schema read anywhere: `process.env.X`.
    pub(crate) mentioned: BTreeSet<String>,
    /// The prefix of variables for browsers (`clientPrefix`).
    pub(crate) client_prefix: Option<String>,
    /// Names that the hosting platform sets, from presets (`VERCEL_*`); a template need not contain them.
    pub(crate) platform: Vec<&'static str>,
}

impl EnvSchema {
    /// Whether one of the platform presets of the schema contains this name.
    pub(crate) fn is_set_by_platform(&self, name: &str) -> bool {
        self.platform.iter().any(|known| match known.strip_suffix('*') {
            Some(prefix) => name.starts_with(prefix),
            None => name == *known,
        })
    }

    /// The variables that can provide the value of a key; none if it is not taken from variables by name.
    pub fn variables<'k>(&self, key: &'k SchemaKey) -> Vec<&'k str> {
        match &key.input {
            Input::Own => vec![&key.name],
            Input::Expression(script) => script.reads.iter().map(String::as_str).collect(),
            Input::OwnOr { otherwise, .. } => {
                let other = match &**otherwise {
                    Input::Expression(script) => &script.reads[..],
                    _ => &[],
                };
                let others = other.iter().map(String::as_str).filter(|name| *name != key.name);
                std::iter::once(key.name.as_str()).chain(others).collect()
            }
            Input::Never | Input::Whole(_) | Input::Unresolved(_) => Vec::new(),
        }
    }

    /// Variables that code of the schema reads besides its keys: conditions, and sources of keys.
    pub(crate) fn read_by_code(&self) -> BTreeSet<&str> {
        let mut names = BTreeSet::new();
        for key in &self.keys {
            for validation in &key.validated {
                if let Validation::If(condition, _) = validation {
                    names.extend(condition.reads().iter().map(String::as_str));
                }
            }
            if let Some(script) = key.input.script() {
                names.extend(script.reads.iter().map(String::as_str));
            }
            key.rule.collect_reads(&mut names);
        }
        names
    }

    /// Whether another schema evaluates everything of this one.
    pub(crate) fn is_part_of(&self, other: &Self) -> bool {
        self.keys.iter().all(|key| other.keys.contains(key))
            && self.checks.iter().all(|check| other.checks.contains(check))
            && self.unresolved.iter().all(|what| other.unresolved.contains(what))
    }

    /// Whether both schemas have a key that the same line declares.
    pub(crate) fn shares_key(&self, other: &Self) -> bool {
        let same = |a: &SchemaKey, b: &SchemaKey| a.name == b.name && a.place == b.place;
        self.keys.iter().any(|key| other.keys.iter().any(|own| same(key, own)))
    }

    /// The key of that name.
    #[cfg(test)]
    pub(crate) fn key(&self, name: &str) -> Option<&SchemaKey> {
        self.keys.iter().find(|key| key.name == name)
    }
}
