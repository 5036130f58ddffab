//! The configuration files: `cliplyctl.toml` of the project, then `config.toml` of the user.
//!
//! The project's file is searched from the working directory up to the root of the repository (the
//! directory that contains `.git`). Outside a repository only the working directory is searched, so
//! that a file in a shared parent such as /tmp is never used. `--config FILE` or `CLIPLYCTL_CONFIG`
//! replaces both files.

mod acknowledged;
mod advice;
mod context;
pub(super) mod demo_context;
mod document;
mod env;
mod queue;
mod source;
#[cfg(test)]
mod tests;
mod thresholds;

use std::path::{Path, PathBuf};

pub(crate) use context::AgeUnit;
pub(super) use context::ContextSettings;
use document::TomlDocument;
pub(crate) use env::EnvTable;
pub(super) use source::Source;

use super::suggest::did_you_mean;
use super::{ProcessEnvironment, Setting, demo};
use crate::error::Error;
use crate::facts::acknowledged::Acknowledgement;
use crate::facts::advice::Advice;

/// The name of the project's file.
pub(crate) const FILE_NAME: &str = "cliplyctl.toml";

/// The merged contents of the configuration files.
#[derive(Debug, Default)]
pub(super) struct ConfigFile {
    /// The files that were read, highest precedence first.
    pub(super) files: Vec<PathBuf>,
    /// The context that is used without `-c`.
    pub(super) default_context: Option<Setting<String>>,
    /// The contexts of all files, highest precedence first. A name may occur twice.
    pub(super) contexts: Vec<ContextSettings>,
    /// How the app uses its environment, in addition to its schema.
    pub(super) env: EnvTable,
    /// Advice on causes in addition to the built-in table, highest precedence first.
    pub(super) advice: Vec<Advice>,
    /// Acknowledged groups; of two files, the one with the higher precedence decides about a group.
    pub(super) acknowledged: Vec<Setting<Acknowledgement>>,
}

impl ConfigFile {
    /// Reads the configuration files. `explicit` replaces the usual files and must exist.
    pub(super) fn load(
        explicit: Option<&Path>,
        environment: &ProcessEnvironment,
        cwd: &Path,
    ) -> Result<Self, Error> {
        let mut config = Self::default();
        let mut files = files(explicit, environment, cwd);
        let demo = demo::config_file(environment);
        files.extend(demo.clone());
        for path in files {
            let must_exist = explicit.is_some() && Some(&path) != demo.as_ref();
            match std::fs::read_to_string(&path) {
                Ok(text) => config.add(&path, &text)?,
                Err(error) if !must_exist && is_absent(&error) => {}
                Err(error) => {
                    return Err(
                        Error::config(format!("cannot read {}", path.display())).cause(error)
                    );
                }
            }
        }
        Ok(config)
    }

    /// The context with this name, of the file with the highest precedence.
    pub(super) fn context(&self, name: &str) -> Option<&ContextSettings> {
        self.contexts.iter().find(|context| context.name == name)
    }

    /// The context with this name that is used, and a warning if several files define it.
    ///
    /// # Errors
    /// If a running demo and a file both define it: suggested commands would reach the wrong one.
    pub(super) fn unambiguous(
        &self,
        name: &str,
        environment: &ProcessEnvironment,
    ) -> Result<Option<(&ContextSettings, Option<String>)>, Error> {
        let named: Vec<&ContextSettings> =
            self.contexts.iter().filter(|c| c.name == name).collect();
        let is_demo =
            |context: &&ContextSettings| demo_context::is_demo_context(context, environment);
        let (demo, own): (Vec<_>, Vec<_>) = named.iter().copied().partition(is_demo);
        if let (Some(demo), Some(own)) = (demo.first(), own.first()) {
            return Err(Error::config(format!("two contexts have the name `{name}`"))
                .cause(format!("{} and the running demo ({})", own.origin, demo.origin))
                .hint("rename the context in the file, or stop the demo"));
        }
        let warning = |first: &ContextSettings, second: &ContextSettings| {
            format!("context {name} of {} is used, not that of {}", first.origin, second.origin)
        };
        Ok(named.first().map(|first| (*first, named.get(1).map(|second| warning(first, second)))))
    }

    /// The hint for the name of a context that does not exist.
    pub(super) fn unknown_context_hint(&self, name: &str) -> String {
        let names: Vec<_> = self.contexts.iter().map(|context| context.name.as_str()).collect();
        if names.is_empty() {
            return format!("no context is defined; add [context.{name}] to {FILE_NAME}");
        }
        did_you_mean(name, &names)
    }

    /// Adds the entries of a file with a lower precedence.
    fn acknowledge(&mut self, entries: Vec<Setting<Acknowledgement>>) {
        for entry in entries {
            let is_same = |known: &Setting<Acknowledgement>| {
                acknowledged::is_same_group(&known.value, &entry.value)
            };
            if !self.acknowledged.iter().any(is_same) {
                self.acknowledged.push(entry);
            }
        }
    }

    /// Adds a file with a lower precedence than the files before it.
    fn add(&mut self, path: &Path, text: &str) -> Result<(), Error> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut document = TomlDocument::new(path, text);
        for (key, value) in &document.table()? {
            match key.get_ref().as_ref() {
                "default_context" => {
                    let name = document.string(key, value)?;
                    self.default_context.get_or_insert(name);
                }
                "context" => {
                    for (name, value) in document.subtable(key, value)? {
                        document.context = Some(name.get_ref().clone().into_owned());
                        let table = document.subtable(name, value)?;
                        self.contexts.push(ContextSettings::read(&document, name, table));
                        document.context = None;
                    }
                }
                "env" => self.env.add(&document, key, value)?,
                "advice" => self.advice.extend(advice::read(&document, key, value)?),
                "acknowledged" => self.acknowledge(acknowledged::read(&document, key, value)?),
                "thresholds" | "stuck_after" => {
                    let message = "thresholds belong to a context";
                    return Err(document
                        .error(key.span(), message)
                        .hint("write [context.NAME.thresholds], and use it with -c NAME"));
                }
                _ => {
                    let known = ["default_context", "context", "env", "advice", "acknowledged"];
                    return Err(document.unknown_key(key, &known));
                }
            }
        }
        self.files.push(path.to_owned());
        Ok(())
    }
}

/// The files to read, highest precedence first.
fn files(explicit: Option<&Path>, environment: &ProcessEnvironment, cwd: &Path) -> Vec<PathBuf> {
    if let Some(path) = explicit {
        return vec![cwd.join(path)];
    }
    let user = environment.xdg("XDG_CONFIG_HOME", ".config");
    let user = user.map(|directory| directory.join("cliplyctl").join("config.toml"));
    [Some(project_file(cwd)), user].into_iter().flatten().collect()
}

/// The nearest `cliplyctl.toml` between `cwd` and the root of its repository, otherwise the path of
/// the file in `cwd`.
fn project_file(cwd: &Path) -> PathBuf {
    let in_cwd = cwd.join(FILE_NAME);
    let Some(root) = cwd.ancestors().find(|directory| directory.join(".git").exists()) else {
        return in_cwd;
    };
    let directories = cwd.ancestors().take_while(|directory| directory.starts_with(root));
    directories
        .map(|directory| directory.join(FILE_NAME))
        .find(|path| path.exists())
        .unwrap_or(in_cwd)
}

/// Whether the error means that the file does not exist.
fn is_absent(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory)
}
