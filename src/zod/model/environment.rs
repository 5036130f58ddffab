//! `.env` files, the values that an application starts with, and the uses of keys in its source code.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::{EnvSchema, Loader, Project, SchemaKey, SourceLine, Unresolved};

/// A value that may be a secret: `Debug` shows only whether it is set and its length.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct EnvValue(String);

impl EnvValue {
    /// Wraps a value.
    pub(crate) fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The value itself, for evaluation only: it must not reach any output.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What reports show instead of the value: `blank` or `set, 43 characters`.
    pub(crate) fn shape(&self) -> String {
        match self.0.chars().count() {
            0 => "blank".to_owned(),
            1 => "set, 1 character".to_owned(),
            count => format!("set, {count} characters"),
        }
    }
}

impl std::fmt::Debug for EnvValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.shape())
    }
}

/// Whether an entry sets its key or only documents it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EntryState {
    /// `KEY=value`
    Active,
    /// `# KEY=value`
    Commented,
}

/// The quotes around a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Quote {
    /// `'`: literal.
    Single,
    /// `"`: `\n` and `\r` are expanded.
    Double,
    /// `` ` ``: literal.
    Backtick,
}

/// A formatting issue of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Note {
    /// `export KEY=…`
    Export,
    /// `KEY: value`
    Colon,
    /// White space around the `=`, which shells do not accept.
    SpacedEquals,
    /// The value spans lines.
    MultiLine,
    /// A comment follows the value on its line.
    InlineComment,
    /// A `#` ends an unquoted value: the value of `KEY=a#b` is `a`.
    CutByHash,
    /// The value starts with a quote that is not closed.
    UnclosedQuote,
    /// The key is already set on an earlier line; the last entry wins.
    Duplicate {
        /// Line of the earlier entry, from 1.
        earlier: u32,
    },
}

/// A formatting issue of the whole file, or of a line that is not an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FileNote {
    /// The file starts with a UTF-8 byte order mark.
    ByteOrderMark,
    /// Every line ends in CRLF.
    Crlf,
    /// LF and CRLF are mixed; the line is the first with the less frequent ending.
    MixedLineEnds {
        /// From 1.
        line: u32,
    },
    /// The file is not valid UTF-8 from this line on.
    NotUtf8 {
        /// From 1.
        line: u32,
    },
    /// The file is UTF-16: dotenv finds no entry in it.
    Utf16,
    /// The line is neither an entry nor a comment: dotenv skips it.
    Ignored {
        /// From 1.
        line: u32,
    },
}

/// An entry of a `.env` file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvEntry {
    /// The name of the key.
    pub key: String,
    /// Active or commented out.
    pub state: EntryState,
    /// The value as dotenv parses it.
    pub value: EnvValue,
    /// The quotes around the value.
    pub(crate) quote: Option<Quote>,
    /// Line of the key, from 1.
    pub(crate) line: u32,
    /// The bytes of key and value in the file.
    pub span: Range<usize>,
    /// Formatting issues.
    pub(crate) notes: Vec<Note>,
    /// The value after the loader of the project expanded `$NAME`, if it differs.
    pub(crate) expanded: Option<EnvValue>,
}

impl EnvEntry {
    /// The value that the application sees.
    pub(crate) fn effective(&self) -> &str {
        self.expanded.as_ref().unwrap_or(&self.value).reveal()
    }
}

/// A `.env` file as dotenv parses it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EnvFile {
    /// The path it was read from.
    pub(crate) path: PathBuf,
    /// The entries, in file order.
    pub entries: Vec<EnvEntry>,
    /// Formatting issues of the file.
    pub(crate) notes: Vec<FileNote>,
}

/// A value after `$NAME` is replaced, if that changes it.
fn expansion(key: &str, value: &EnvValue, known: &BTreeMap<&str, &str>) -> Option<EnvValue> {
    let text = value.reveal();
    let expanded = crate::zod::env_file::expanded(key, text, known);
    (expanded != text).then(|| EnvValue::new(expanded))
}

impl EnvFile {
    /// Replaces `$NAME` in the values of active entries.
    pub(crate) fn expand(&mut self) {
        let active = |entry: &&EnvEntry| entry.state == EntryState::Active;
        let known: BTreeMap<String, String> = self
            .entries
            .iter()
            .filter(active)
            .map(|entry| (entry.key.clone(), entry.value.reveal().to_owned()))
            .collect();
        let known = known.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        for entry in self.entries.iter_mut().filter(|entry| active(&&**entry)) {
            entry.expanded = expansion(&entry.key, &entry.value, &known);
        }
    }

    /// The effective entry of each key: its last active entry, else its first commented one.
    pub(crate) fn in_force(&self) -> HashMap<&str, &EnvEntry> {
        let mut entries: HashMap<&str, &EnvEntry> = HashMap::new();
        for entry in &self.entries {
            let effective = entries.entry(&entry.key).or_insert(entry);
            if entry.state == EntryState::Active {
                *effective = entry;
            }
        }
        entries
    }
}

/// A variable that is set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetValue {
    /// Its name.
    pub(crate) key: String,
    /// Its value.
    pub(crate) value: EnvValue,
    /// Where its value comes from: `.env.local:3`, `the process`.
    pub(crate) origin: String,
    /// Origins whose values this one overrides, latest first.
    pub(crate) shadows: Vec<String>,
    /// The value comes from the process environment, which also contains undeclared variables.
    pub(crate) from_process: bool,
    /// The value after the loader of the project expanded `$NAME`, if it differs.
    pub(crate) expanded: Option<EnvValue>,
    /// The number of the file that sets it, in the order of the files.
    pub(crate) file: usize,
}

impl SetValue {
    /// The value that the application sees.
    pub(crate) fn effective(&self) -> &str {
        self.expanded.as_ref().unwrap_or(&self.value).reveal()
    }
}

/// The variables that an application starts with, in the order in which they were first set.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EnvValues {
    /// Each variable once.
    pub(crate) set: Vec<SetValue>,
    /// Files in an encoding that no loader reads.
    pub(crate) unreadable: Vec<String>,
    /// Number of files so far.
    pub(crate) files: usize,
}

impl EnvValues {
    /// Replaces `$NAME` in the values of files, as the loader does.
    pub(crate) fn expand(&mut self, loader: Loader) {
        let expanded: Vec<_> = self
            .set
            .iter()
            .map(|set| match set.from_process || !set.value.reveal().contains('$') {
                true => None,
                false => expansion(&set.key, &set.value, &self.visible(set, loader)),
            })
            .collect();
        for (set, expanded) in self.set.iter_mut().zip(expanded) {
            set.expanded = expanded;
        }
    }

    /// The variables that a value can refer to, before they are expanded.
    pub(crate) fn visible(&self, from: &SetValue, loader: Loader) -> BTreeMap<&str, &str> {
        let visible = self.set.iter().filter(|other| {
            other.from_process || other.file >= from.file || !loader.expands_file_by_file()
        });
        visible.map(|set| (set.key.as_str(), set.value.reveal())).collect()
    }

    /// Whether the process is among the sources, which has what the platform sets.
    pub(crate) fn has_process(&self) -> bool {
        self.set.iter().any(|set| set.from_process)
    }

    /// The variable with this name.
    pub(crate) fn get(&self, key: &str) -> Option<&SetValue> {
        self.set.iter().find(|set| set.key == key)
    }

    /// Sets a variable; a value that was set before is overridden.
    pub(crate) fn insert(&mut self, key: &str, value: EnvValue, origin: &str, from_process: bool) {
        let origin = origin.to_owned();
        if let Some(known) = self.set.iter_mut().find(|set| set.key == key) {
            let overridden = std::mem::replace(&mut known.origin, origin);
            known.shadows.insert(0, overridden);
            known.value = value;
            known.from_process = from_process;
            known.file = self.files;
        } else {
            let key = key.to_owned();
            self.set.push(SetValue {
                key,
                value,
                origin,
                shadows: Vec::new(),
                from_process,
                expanded: None,
                file: self.files,
            });
        }
    }
}

/// A key whose value the code takes from another key if its own is missing or blank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fallback {
    /// The key that the schema declares.
    pub(crate) key: String,
    /// The key that the code reads instead.
    pub(crate) from: String,
}

/// Settings for the evaluation that the schema does not contain.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EnvPolicy {
    /// Fallbacks that the application's code implements.
    pub(crate) fallbacks: Vec<Fallback>,
    /// The selected profile: `production`, `worker`.
    pub(crate) profile: Option<String>,
    /// Keys that the profile requires in addition to the schema.
    pub(crate) required: Vec<String>,
    /// Commented keys count as missing, and template warnings are critical.
    pub(crate) strict: bool,
}

/// Everything that was read about an environment: the input of the checks.
#[derive(Debug, Clone, PartialEq)]
pub struct Environment {
    /// The schema.
    pub(crate) schema: EnvSchema,
    /// Further schemas that the same template serves.
    pub(crate) others: Vec<EnvSchema>,
    /// What the project runs with.
    pub(crate) project: Project,
    /// The template, if one was read.
    pub(crate) template: Option<EnvFile>,
    /// The values, if any were read.
    pub(crate) values: Option<EnvValues>,
    /// The uses in the application's source code, if it was read.
    pub(crate) code: Option<Code>,
    /// Settings for the evaluation.
    pub(crate) policy: EnvPolicy,
}

impl Environment {
    /// A schema alone.
    #[cfg(test)]
    pub(crate) fn of(schema: EnvSchema) -> Self {
        Self {
            schema,
            others: Vec::new(),
            project: Project::default(),
            template: None,
            values: None,
            code: None,
            policy: EnvPolicy::default(),
        }
    }

    /// Every schema, the first one first.
    pub(crate) fn schemas(&self) -> impl Iterator<Item = &EnvSchema> + Clone {
        std::iter::once(&self.schema).chain(&self.others)
    }

    /// Every key of every schema, with its schema.
    pub(crate) fn keys(&self) -> impl Iterator<Item = (&EnvSchema, &SchemaKey)> + Clone {
        self.schemas().flat_map(|schema| schema.keys.iter().map(move |key| (schema, key)))
    }

    /// The first key of that name.
    pub(crate) fn key(&self, name: &str) -> Option<(&EnvSchema, &SchemaKey)> {
        self.keys().find(|(_, key)| key.name == name)
    }

    /// The first part of a schema that may declare further keys.
    pub(crate) fn open(&self) -> Option<&Unresolved> {
        self.schemas().find_map(|schema| schema.unresolved.first())
    }

    /// Makes the paths of schema and template relative to `root`.
    pub(crate) fn make_relative_to(&mut self, root: &Path) {
        let shorten = |file: &mut PathBuf| {
            if let Ok(relative) = file.strip_prefix(root) {
                *file = relative.to_owned();
            }
        };
        for schema in std::iter::once(&mut self.schema).chain(&mut self.others) {
            shorten(&mut schema.place.file);
            schema.keys.iter_mut().for_each(|key| shorten(&mut key.place.file));
            schema.unresolved.iter_mut().for_each(|what| shorten(&mut what.place.file));
        }
        if let Some(template) = &mut self.template {
            shorten(&mut template.path);
        }
    }
}

/// How source code uses a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CodeForm {
    /// It is read from an expression that is known to be the environment.
    Read,
    /// Its name occurs, and it is not known whether it is read: `getEnv("KEY")`, `config.KEY`.
    Mention,
    /// The schema's own file passes it to the schema: `KEY: process.env.KEY`.
    SchemaInput,
}

/// One place in the source code that uses a key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct CodeUse {
    /// The line.
    pub(crate) place: SourceLine,
    /// The name of the key.
    pub(crate) key: String,
    /// How it is used.
    pub(crate) form: CodeForm,
}

/// The uses of keys in a tree of source files.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Code {
    /// The root directory.
    pub(crate) root: PathBuf,
    /// Number of source files.
    pub(crate) files: usize,
    /// Every use, sorted by file and line.
    pub(crate) uses: Vec<CodeUse>,
    /// Lines that read a computed key: `process.env[name]`.
    pub(crate) computed: Vec<SourceLine>,
    /// Files that could not be read or parsed, with the reason.
    pub(crate) unread: Vec<Unresolved>,
}

impl Code {
    /// The uses of a key in the given form.
    pub(crate) fn of<'a>(
        &'a self,
        key: &'a str,
        form: CodeForm,
    ) -> impl Iterator<Item = &'a CodeUse> {
        self.uses.iter().filter(move |found| found.form == form && found.key == key)
    }
}
